"""An account from its invitation to the end of its session, in the browser, where a second factor is demanded."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chalicelib.settings import read
from chalicelib.team.founding import found_agency, take_in
from chalicelib.team.people import Agency
from chalicelib.wiring import House
from infra.local.deploy import functions_environment
from infra.local.mail import Mailbox
from tests.e2e.conftest import Invite
from tests.e2e.person import Person
from tests.e2e.product import Product
from tests.fakes.pool import totp

pytestmark = pytest.mark.browser

BOSS = "boss@lilas.example"


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Accounts pass through functions that no other test has warmed, on a machine that may be busy."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def password(product: Product) -> Iterator[str]:
    """Of the administrator of an agency that asks everybody for a second factor."""
    from chalicelib.aws import clients

    made = (clients.dynamodb, clients.kms, clients.cognito, clients.sqs)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in functions_environment(product.cloud).items():
            patch.setenv(name, value)
        for client in made:
            client.cache_clear()
        house = House(read(os.environ))
        secret = secrets.token_urlsafe(16)
        found_agency(
            agency="lilas",
            name="Les Lilas",
            zone="Europe/Paris",
            departments={"water": "Eau", "police": "Police"},
            store=house.store,
            clock=house.clock,
        )
        agency = house.store.get(Agency, Agency.key_of("lilas"))
        assert agency is not None
        house.store.save(agency.but(second_factor="everyone"))
        take_in(
            agency="lilas",
            person="boss",
            name="Bérénice Aubry",
            email=BOSS,
            language="fr",
            roles={"water": "administrator", "police": "administrator"},
            password=secret,
            store=house.store,
            pool=house.pool,
            clock=house.clock,
        )
        yield secret
        for client in made:
            client.cache_clear()


def mailed(product: Product, to: str, page: str) -> str:
    """The path of the link that was mailed, its token after the #."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for mail in Mailbox(product.state / "mail").list():
            link = re.search(rf"/{page}#[\w-]{{43}}", mail.text)
            if link and to in mail.recipients:
                return link[0]
        time.sleep(0.3)
    raise AssertionError(f"no mail to {to}")


def out(person: Person) -> None:
    """Their session is about to be ended: whatever their page looks after by itself is refused."""
    for path in ("approvals", "deliveries", "pauses", "alerts", "calendar", "conversations", "profiles", "campaigns"):
        person.watch.expect(f"/api/{path}", 401)
    for path in ("me/second-factor", "me/sessions", "posts", "people"):
        person.watch.expect(f"/api/{path}", 401)


def look(person: Person, name: str) -> None:
    """Keep a picture, where somebody wants to look at them."""
    folder = os.environ.get("PARVIS_PICTURES")
    if folder:
        person.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def set_up(person: Person) -> str:
    """From the screen that demands it to the application; the authenticator's secret."""
    expect(person.page.get_by_role("heading", level=1)).to_have_text(person.say("secondFactor.title"))
    look(person, f"{person.language}-enrol-1")
    person.button("secondFactor.begin").click()
    expect(person.page.get_by_role("img", name=person.say("secondFactor.picture"))).to_be_visible()
    secret = person.page.locator("code").inner_text().replace(" ", "")
    look(person, f"{person.language}-enrol-2")
    type_code(person, secret)
    person.button("secondFactor.verify").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text(person.say("recovery.title"))
    codes = person.page.get_by_role("list", name=person.say("recovery.title")).get_by_role("listitem")
    expect(codes).to_have_count(10)
    look(person, f"{person.language}-enrol-3")
    go_on = person.button("recovery.goOn")
    expect(go_on).to_be_disabled()
    person.page.get_by_label(person.say("recovery.kept")).check()
    go_on.click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text(person.say("nav.calendar"))
    return secret


def type_code(person: Person, secret: str) -> None:
    left = 30 - time.time() % 30
    if left < 3:  # the code of the moment should still be that of the moment when it is looked at
        time.sleep(left + 0.1)
    person.page.get_by_label(person.say("secondFactor.code")).fill(totp(secret, datetime.now(UTC)))


def test_from_an_invitation_to_the_end_of_a_session(product: Product, invite: Invite, password: str) -> None:
    boss = invite("fr")
    boss.email = BOSS
    boss.arrive()
    boss.sign_in(password)
    set_up(boss)
    boss.go("people")
    look(boss, "fr-people-1")
    boss.button("people.invite").click()
    dialog = boss.dialog("people.inviteTitle")
    dialog.get_by_label(boss.say("people.email")).fill("lou@lilas.example")
    dialog.get_by_label(boss.say("people.language")).select_option("en")
    boss.button("people.send", dialog).click()
    expect(dialog.get_by_role("alert")).to_have_text(boss.say("people.rolesMissing"))
    water = dialog.get_by_role("group", name=boss.say("people.rolesIn", department="Eau"))
    water.get_by_label(boss.say("notifications.roles.publisher")).check()
    look(boss, "fr-people-2-invite")
    boss.button("people.send", dialog).click()
    expect(boss.page.get_by_role("heading", name=boss.say("people.pending"))).to_be_visible()

    lou = invite("en", "phone")
    lou.email = "lou@lilas.example"
    lou.arrive(mailed(product, lou.email, "welcome"))
    expect(lou.page.get_by_role("heading", level=1)).to_have_text(lou.say("welcome.title"))
    expect(lou.page.get_by_text(lou.say("welcome.lead", by="Bérénice Aubry", agency="Les Lilas"))).to_be_visible()
    assert "#" not in lou.page.url, "the token leaves the address at once"
    look(lou, "en-phone-welcome")
    lou.page.get_by_label(lou.say("welcome.name")).fill("Lou Martin")
    own = secrets.token_urlsafe(16)
    lou.page.get_by_label(lou.say("signIn.password")).fill("too short")
    lou.button("welcome.accept").click()
    expect(lou.page.get_by_text(lou.say("errors.password_too_short"), exact=True)).to_be_visible()
    lou.page.get_by_label(lou.say("signIn.password")).fill(own)
    lou.button("welcome.accept").click()
    secret = set_up(lou)

    lou.open_account()
    lou.button("nav.signOut").click()
    lou.watch.expect("/api/session/challenge", 401)
    lou.sign_in(own)
    lou.page.get_by_label(lou.say("secondFactor.code")).fill("000000")
    look(lou, "en-phone-challenge")
    lou.button("signIn.submit").click()
    expect(lou.page.get_by_role("alert")).to_have_text(lou.say("errors.code_refused"))
    type_code(lou, secret)
    lou.page.keyboard.press("Enter")
    expect(lou.page.get_by_role("heading", level=1)).to_have_text(lou.say("nav.calendar"))
    lou.open_account()
    lou.page.get_by_role("link", name=lou.say("security.title")).click()
    expect(lou.page.get_by_text(lou.say("security.thisOne"))).to_be_visible()
    look(lou, "en-phone-security")

    boss.page.reload()
    row = boss.page.get_by_role("listitem").filter(has_text="Lou Martin")
    expect(row).to_be_visible()
    look(boss, "fr-people-3")
    out(lou)
    boss.button("people.endSessions", row).click()
    asked = boss.dialog("people.endSessionsTitle", name="Lou Martin")
    boss.button("people.endSessions", asked).click()
    expect(boss.page.get_by_text(boss.say("people.sessionsEnded"))).to_be_visible()
    expect(lou.page.get_by_role("heading", level=1)).to_have_text(lou.say("signIn.title"), timeout=60_000)


def test_a_forgotten_password_is_set_by_a_link(product: Product, invite: Invite) -> None:
    person = invite("fr")
    person.email = "hana@rivemont.example"
    person.arrive()
    person.page.get_by_role("link", name=person.say("signIn.forgotten")).click()
    person.page.get_by_label(person.say("signIn.email")).fill(person.email)
    look(person, "fr-reset-1")
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_text(person.say("reset.askedWords", email=person.email))).to_be_visible()
    link = mailed(product, person.email, "reset")
    person.page.goto("about:blank")
    person.arrive(link)
    person.page.get_by_label(person.say("password.new")).fill(product.password)
    look(person, "fr-reset-2")
    person.button("reset.set").click()
    expect(person.page.get_by_text(person.say("reset.done"))).to_be_visible()
    person.page.goto("about:blank")
    person.watch.expect("/api/session/reset/completion", 410)
    person.arrive(link)
    person.page.get_by_label(person.say("password.new")).fill(product.password)
    person.button("reset.set").click()
    expect(person.page.get_by_role("alert")).to_have_text(person.say("link.used"))
    person.come_in()


def test_ones_own_account_by_keyboard(invite: Invite) -> None:
    """Setting up, replacing nothing, ending other sessions: in the demonstration nothing is demanded."""
    person = invite("en")
    person.email = "emma@rivemont.example"
    other = invite("en")
    other.email = person.email
    other.come_in()
    person.come_in("/security")
    expect(person.page.get_by_text(person.say("secondFactor.offWords"))).to_be_visible()
    look(person, "en-security-1")
    out(other)
    person.button("security.endOthers").press("Enter")
    confirm = person.dialog("security.endOthersTitle")
    person.button("security.endOthers", confirm).press("Enter")
    expect(person.page.get_by_text(person.say("security.othersEnded"))).to_be_visible()
    expect(confirm).to_be_hidden()  # what lies below a dialog takes no key
    person.button("secondFactor.begin").press("Enter")
    dialog = person.dialog("secondFactor.title")
    person.button("secondFactor.begin", dialog).press("Enter")
    secret = dialog.locator("code").inner_text().replace(" ", "")
    look(person, "en-security-2-dialog")
    type_code(person, secret)
    person.page.keyboard.press("Enter")
    codes = person.dialog("recovery.title")
    expect(codes.get_by_role("listitem")).to_have_count(10)
    codes.get_by_label(person.say("recovery.kept")).focus()
    person.page.keyboard.press("Space")
    person.button("recovery.goOn", codes).press("Enter")
    expect(person.page.get_by_text(re.compile("^On since"))).to_be_visible()
    person.watch.expect("/api/me/second-factor/removal", 422)
    person.button("secondFactor.remove").click()
    remove = person.dialog("secondFactor.removeTitle")
    remove.get_by_label(person.say("password.current")).fill("not this one")
    person.button("secondFactor.remove", remove).click()
    expect(remove.get_by_role("alert")).to_have_text(person.say("errors.password_wrong"))
    remove.get_by_label(person.say("password.current")).fill(person.product.password)
    person.button("secondFactor.remove", remove).click()
    expect(person.page.get_by_text(person.say("secondFactor.removed"))).to_be_visible()
    other.page.reload()
    expect(other.page.get_by_role("heading", level=1)).to_have_text(other.say("signIn.title"))
