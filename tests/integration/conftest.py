"""One local stack, one practice server and two agencies for all tests of this folder, talked to over HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from chalicelib.aws import clients
from chalicelib.settings import read
from chalicelib.team.founding import found_agency, take_in
from chalicelib.team.people import Role
from chalicelib.wiring import House
from infra.local.demo.staff import AGENCY, DEPARTMENTS, NAME, PEOPLE, ZONE
from infra.local.package import REGION
from infra.local.practice.exchange import Settings as PracticeSettings
from infra.local.practice.server import running
from infra.local.stack import Stack, start
from tests.integration.client import Client
from tests.integration.practice import Practice

NEIGHBOUR = "voisine"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What must wait begins first and is looked at last, with everything else in between."""
    places = [place for place, item in enumerate(items) if "tests/integration/" in item.nodeid]
    ours = sorted((items[place] for place in places), key=_turn)
    for place, item in zip(places, ours, strict=True):
        item.add_marker(pytest.mark.stack)
        items[place] = item


def _turn(item: pytest.Item) -> int:
    if "test_publishing.py" not in item.nodeid:
        return 1
    return 2 if "killed" in item.name else 0


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with start(tmp_path_factory.mktemp("stack")) as running_stack:
        yield running_stack


@pytest.fixture(scope="session")
def environment(stack: Stack) -> dict[str, str]:
    """What the functions find in theirs."""
    configured = stack.client("lambda").get_function_configuration(FunctionName=stack.resources["APIHandler"])
    variables: dict[str, str] = configured["Environment"]["Variables"]
    return variables


@pytest.fixture(scope="session")
def house(stack: Stack, environment: dict[str, str]) -> Iterator[House]:
    """The application's own adapters, for what has no route: founding, and looking at what is stored."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            **environment,
            "AWS_ENDPOINT_URL": stack.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "000000000000",
            "AWS_SECRET_ACCESS_KEY": "local",
        }.items():
            patch.setenv(name, value)
        made = (clients.dynamodb, clients.sqs, clients.s3, clients.sns, clients.sns_once, clients.ses_once, clients.kms)
        made += (clients.cognito,)
        for client in made:
            client.cache_clear()
        yield House(read(environment))
        for client in made:
            client.cache_clear()


@dataclass(frozen=True)
class Agency:
    id: str
    password: str
    emails: dict[str, str]
    """role -> e-mail address"""


@pytest.fixture(scope="session")
def agency(house: House) -> Agency:
    """The demonstration's town."""
    password = secrets.token_urlsafe(16)
    found_agency(agency=AGENCY, name=NAME, zone=ZONE, departments=DEPARTMENTS, store=house.store, clock=house.clock)
    emails = {}
    for employee in PEOPLE:
        take_in(
            agency=AGENCY,
            person=employee.id,
            name=employee.name,
            email=employee.email,
            language=employee.language,
            roles=employee.roles,
            password=password,
            store=house.store,
            pool=house.pool,
            clock=house.clock,
        )
        emails[next(iter(employee.roles.values()))] = employee.email
    return Agency(AGENCY, password, {str(role): email for role, email in emails.items()})


Engage = Callable[[str, Mapping[str, tuple[str, Role]]], dict[str, Client]]
"""(department, person -> (name, role)) -> person -> signed in."""


@pytest.fixture(scope="session")
def engage(stack: Stack, house: House, agency: Agency) -> Engage:
    """People of a department of their own, so that what binds it binds no other test."""

    def engaged(department: str, people: Mapping[str, tuple[str, Role]]) -> dict[str, Client]:
        password = secrets.token_urlsafe(16)
        signed_in = {}
        for person, (name, role) in people.items():
            take_in(
                agency=agency.id,
                person=person,
                name=name,
                email=f"{person}@{agency.id}.example",
                language="fr",
                roles={department: role},
                password=password,
                store=house.store,
                pool=house.pool,
                clock=house.clock,
            )
            signed_in[person] = Client(stack.api_url).sign_in(f"{person}@{agency.id}.example", password)
        return signed_in

    return engaged


@pytest.fixture(scope="session")
def neighbour(house: House) -> Agency:
    """Another agency on the same deployment, whose things must not exist for the first."""
    password = secrets.token_urlsafe(16)
    found_agency(
        agency=NEIGHBOUR,
        name="Ville voisine",
        zone="Europe/Paris",
        departments={"communications": "Communication"},
        store=house.store,
        clock=house.clock,
    )
    role: Role = "administrator"
    take_in(
        agency=NEIGHBOUR,
        person="zoe",
        name="Zoé",
        email="zoe@voisine.example",
        language="fr",
        roles={"communications": role},
        password=password,
        store=house.store,
        pool=house.pool,
        clock=house.clock,
    )
    return Agency(NEIGHBOUR, password, {"administrator": "zoe@voisine.example"})


@pytest.fixture(scope="session")
def nobody(stack: Stack) -> Client:
    return Client(stack.api_url)


@pytest.fixture(scope="session")
def administrator(stack: Stack, agency: Agency) -> Client:
    return Client(stack.api_url).sign_in(agency.emails["administrator"], agency.password)


@pytest.fixture(scope="session")
def publisher(stack: Stack, agency: Agency) -> Client:
    return Client(stack.api_url).sign_in(agency.emails["publisher"], agency.password)


@pytest.fixture(scope="session")
def contributor(stack: Stack, agency: Agency) -> Client:
    return Client(stack.api_url).sign_in(agency.emails["contributor"], agency.password)


@pytest.fixture(scope="session")
def foreigner(stack: Stack, neighbour: Agency) -> Client:
    return Client(stack.api_url).sign_in(neighbour.emails["administrator"], neighbour.password)


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with running(tmp_path_factory.mktemp("practice"), settings=PracticeSettings(rate_limits=False)) as server:
        yield Practice(server.url)


@pytest.fixture(scope="session")
def pool() -> Iterator[ThreadPoolExecutor]:
    """For what must wait: stories run beside each other."""
    with ThreadPoolExecutor(16) as workers:
        yield workers


@pytest.fixture(scope="session")
def connected(administrator: Client, practice: Practice) -> dict[str, str]:
    """network -> the id of a profile connected for tests that only need one to exist."""
    return {network: practice.connect(administrator, network, "commun") for network in ("bluesky", "mastodon")}


@pytest.fixture(scope="session")
def stack_url(stack: Stack) -> str:
    """A server that is up and speaks no network's language."""
    return stack.endpoint
