"""python -m infra.local.demo --api URL --practice URL: puts the demonstration on a running stack.

Run again, it changes nothing that stands. The functions' environment (PARVIS_*) is expected. Prints how to sign in.
"""

from __future__ import annotations

import argparse
import os

from chalicelib.wiring import house
from infra.local.demo.connections import connect_accounts
from infra.local.demo.posts import write_posts
from infra.local.demo.staff import PEOPLE, found
from infra.local.demo.visitor import Visitor


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--api", required=True, help="where the application is served")
    arguments.add_argument("--practice", required=True, help="where the practice networks are")
    given = arguments.parse_args()
    password = os.environ["PARVIS_DEMO_PASSWORD"]
    found(house(), password)
    visitor = Visitor(given.api, PEOPLE[0].email, password)
    profiles = connect_accounts(visitor, given.practice, password)
    write_posts(visitor, profiles)
    print(f"Sign in    {PEOPLE[0].email}   (administrator)")
    for person in PEOPLE[1:]:
        print(f"           {person.email}   ({next(iter(person.roles.values()))})")


if __name__ == "__main__":
    main()
