"""python -m infra.local.demo --api URL --practice URL: puts the demonstration on a running stack.

Run again, it changes nothing that stands. The functions' environment (PARVIS_*) is expected. Prints how to sign in.
"""

from __future__ import annotations

import argparse
import os

from chalicelib.wiring import house
from infra.local.demo.citizens import ask_questions
from infra.local.demo.connections import connect_accounts
from infra.local.demo.past import give_past
from infra.local.demo.posts import write_posts
from infra.local.demo.review import set_up_review
from infra.local.demo.staff import AGENCY, PEOPLE, found
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
    give_past(house(), AGENCY, profiles.values())
    write_posts(visitor, profiles)
    set_up_review(visitor)
    ask_questions(given.practice)
    print(f"Sign in    {PEOPLE[0].email}   (administrator)")
    for person in PEOPLE[1:]:
        print(f"           {person.email}   ({str(next(iter(person.roles.values()))).replace('_', ' ')})")


if __name__ == "__main__":
    main()
