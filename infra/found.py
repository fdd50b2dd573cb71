"""python -m infra.found --stage production --agency rivemont --name "Ville de Rivemont" --zone America/Toronto ...

The first act on a fresh deployment: an agency with one department and its first administrator, who signs in with the
password that this asks for. With the credentials and region of the environment. Not run against AWS.
"""

from __future__ import annotations

import argparse
import getpass
import os

import boto3


def main() -> None:
    arguments = argparse.ArgumentParser()
    for name in ("agency", "name", "zone", "department", "person", "email"):
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--stage", default="production")
    arguments.add_argument("--language", choices=("fr", "en"), default="en")
    given = arguments.parse_args()
    _take_environment(given.stage)

    from chalicelib.team.founding import found_agency, take_in
    from chalicelib.wiring import house

    kept = house()
    found_agency(
        agency=given.agency,
        name=given.name,
        zone=given.zone,
        departments={"communications": given.department},
        store=kept.store,
        clock=kept.clock,
    )
    take_in(
        agency=given.agency,
        person="administrator",
        name=given.person,
        email=given.email,
        language=given.language,
        roles={"communications": "administrator"},
        password=os.environ.get("PARVIS_PASSWORD") or getpass.getpass("Password (12 characters at least): "),
        store=kept.store,
        pool=kept.pool,
        clock=kept.clock,
    )
    print(f"{given.email} signs in at {kept.settings.site_url}")


def _take_environment(stage: str) -> None:
    """The functions' own variables, from the deployed API function."""
    cloudformation = boto3.client("cloudformation")
    resource = cloudformation.describe_stack_resource(StackName=f"parvis-{stage}", LogicalResourceId="APIHandler")
    name = resource["StackResourceDetail"]["PhysicalResourceId"]
    configured = boto3.client("lambda").get_function_configuration(FunctionName=name)
    os.environ.update(configured["Environment"]["Variables"])


if __name__ == "__main__":
    main()
