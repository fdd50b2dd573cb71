"""What happened, kept: the event log that the archive and the audit stand on."""
