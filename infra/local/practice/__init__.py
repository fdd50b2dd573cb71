"""Practice networks: a small server that speaks Bluesky's and Mastodon's wire protocols and misbehaves on request."""
