"""Who must have a second factor: administrators always, everybody where the agency says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.clock import Clock
from chalicelib.store import Store
from chalicelib.team.people import Agency, Person

_KEPT = timedelta(seconds=30)


class Policies:
    """Agencies' policies, kept for half a minute: a change of one holds everywhere within that time.

    waived: this deployment does not ask administrators for a second factor, unless their agency asks everybody. For a
    demonstration on one machine only.
    """

    def __init__(self, store: Store, clock: Clock, *, waived: bool) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[str, tuple[datetime, bool]] = {}
        self.waived = waived

    def required(self, person: Person) -> bool:
        if not self.waived and person.actor().may("administer"):
            return True
        return self._everyone(person.agency)

    def missing(self, person: Person) -> bool:
        """They must have one and do not: they get no further than to setting it up."""
        return person.second_factor_at is None and self.required(person)

    def _everyone(self, agency: str) -> bool:
        now = self._clock.now()
        read_at, everyone = self._kept.get(agency, (None, True))
        if read_at is None or not read_at <= now < read_at + _KEPT:
            found = self._store.get(Agency, Agency.key_of(agency), consistent=False)
            everyone = found is None or found.second_factor == "everyone"
            self._kept[agency] = (now, everyone)
        return everyone

    def forget(self, agency: str) -> None:
        """It was changed here."""
        self._kept.pop(agency, None)
