"""The demonstration's accounts have a past: the detector knows what is usual for them, as if it had listened for weeks.

Without it a new account would be learned for six hours before anything could ring (docs/alerts.md). For an account that
was connected by hand to a running Parvis:

python -m infra.local.demo.past --cloud http://127.0.0.1:8001 PROFILE-ID ...
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.alerts.detecting import Known
from chalicelib.store import Lost
from chalicelib.team.people import Agency
from chalicelib.wiring import House

DAYS = 21
_BY_HOUR = (0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 3, 4, 4, 3, 3, 4, 5, 4, 3, 2, 2, 1, 0)
"""Messages that an ordinary hour of a town's day brings, by the clock of the town."""


def give_past(house: House, agency: str, profiles: Iterable[str]) -> None:
    """Only to those of which nothing is known yet, or less than a day."""
    found = house.store.get(Agency, Agency.key_of(agency))
    zone = found.zone if found else "UTC"
    for profile in profiles:
        present = house.store.get(Known, Known.key_of(agency, profile))
        if present is not None and house.detector.learned_hours(present.volume) >= 24:
            continue
        volume = _weeks(house, zone, profile)
        with suppress(Lost):  # the minute's detection looked at it just now: it keeps what it saw
            house.store.save(
                present.but(volume=volume) if present else Known(agency=agency, profile=profile, volume=volume)
            )


def _weeks(house: House, zone: str, seed: str) -> str:
    town, chance = ZoneInfo(zone), random.Random(seed)
    last = house.clock.now().replace(second=0, microsecond=0) - timedelta(minutes=1)
    minutes = [last - timedelta(minutes=back) for back in range(DAYS * 24 * 60 - 1, -1, -1)]

    def count(minute: datetime) -> int:
        return int(chance.random() < _BY_HOUR[minute.astimezone(town).hour] / 60)

    known = house.detector.begin(zone)
    return house.detector.follow(known, now=last, counts={each: count(each) for each in minutes})


def main() -> None:
    from chalicelib.settings import read
    from infra.local.demo.staff import AGENCY
    from infra.local.deploy import functions_environment

    arguments = argparse.ArgumentParser()
    arguments.add_argument("--cloud", required=True, help="where the local cloud is")
    arguments.add_argument("profiles", nargs="+")
    given = arguments.parse_args()
    os.environ.update(functions_environment(given.cloud))
    give_past(House(read(os.environ)), AGENCY, given.profiles)


if __name__ == "__main__":
    main()
