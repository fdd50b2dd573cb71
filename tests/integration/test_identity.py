"""Accounts on the stack: the emulator's Cognito, real limits, real mail, sessions that end with the next request."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from chalicelib.team.founding import found_agency, take_in
from chalicelib.team.people import Agency as AgencyItem
from chalicelib.team.people import Person
from chalicelib.wiring import House
from infra.local.stack import Stack
from tests.fakes.pool import totp
from tests.integration.client import TIMEOUT_S, Client, wait_for

AGENCY = "valmont"
BOSS, NINA = "boss@valmont.example", "nina@valmont.example"


@pytest.fixture(scope="module")
def password(house: House) -> str:
    """Of everybody at an agency that demands a second factor of everybody."""
    secret = secrets.token_urlsafe(16)
    departments = {"water": "Eau", "police": "Police"}
    found_agency(
        agency=AGENCY,
        name="Valmont",
        zone="Europe/Paris",
        departments=departments,
        store=house.store,
        clock=house.clock,
    )
    agency = house.store.get(AgencyItem, AgencyItem.key_of(AGENCY))
    assert agency is not None
    if agency.second_factor != "everyone":
        house.store.save(agency.but(second_factor="everyone"))
    for email, roles in ((BOSS, {"water": "administrator", "police": "administrator"}), (NINA, {"water": "publisher"})):
        take_in(
            agency=AGENCY,
            person=email.partition("@")[0],
            name=email.partition("@")[0].title(),
            email=email,
            language="fr",
            roles=roles,  # type: ignore[arg-type]
            password=secret,
            store=house.store,
            pool=house.pool,
            clock=house.clock,
        )
    return secret


class Somebody(Client):
    """secret: of their authenticator."""

    secret: str = ""
    codes: tuple[str, ...] = ()

    def come(self, email: str, password: str) -> dict[str, Any]:
        answer = self.call("POST", "/api/session", {"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return self.kept(answer.json())

    def kept(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["access_token"]:
            self.token, self.me = said["access_token"], said["me"]
        return said

    def enrol(self, password: str | None = None) -> None:
        begun = self.ok("POST", "/api/me/second-factor", {"password": password} if password else {})
        self.secret = begun["secret"]
        assert f"secret={self.secret}" in begun["address"]
        said = self.ok("POST", "/api/me/second-factor/verification", {"code": self.code})
        self.codes = tuple(said["codes"])

    @property
    def code(self) -> str:
        return totp(self.secret, datetime.now(UTC))

    def come_with_code(self, email: str, password: str) -> dict[str, Any]:
        challenge = self.come(email, password)["challenge"]
        assert challenge["kind"] == "code"
        body = {"email": email, "kind": "code", "challenge": challenge["challenge"], "code": self.code}
        return self.kept(self.ok("POST", "/api/session/challenge", body))


@pytest.fixture(scope="module")
def boss(stack: Stack, password: str) -> Somebody:
    somebody = Somebody(stack.api_url)
    somebody.come(BOSS, password)
    somebody.enrol()
    return somebody


@pytest.fixture
def nina(stack: Stack, house: House, password: str) -> Iterator[Somebody]:
    """Without an authenticator, whatever the test before did."""
    person = house.store.get(Person, Person.key_of(AGENCY, "nina"))
    assert person is not None
    house.pool.enable(person.username)
    house.pool.remove_second_factor(person.username)
    house.store.save(person.but(second_factor_at=None, deactivated_at=None, roles={"water": ("publisher",)}))
    house.pool.create(person.username, email=NINA, password=password)
    yield Somebody(stack.api_url)


def mails(stack: Stack, to: str) -> list[str]:
    """The text of what was sent to an address, the latest last."""
    sent = requests.get(f"{stack.endpoint}/_ministack/ses/messages", timeout=TIMEOUT_S).json()["messages"]
    return [each["BodyText"] for of_account in sent.values() for each in of_account if each["To"] == [to]]


def token_in_mail(stack: Stack, to: str, page: str, but: str = "") -> str:
    def look() -> str | None:
        for each in reversed(mails(stack, to)):
            link = re.search(rf"/{page}#([A-Za-z0-9_-]{{40,}})", each)
            if link and link[1] != but:
                return link[1]
        return None

    return wait_for(look, 30, f"a mail to {to}")


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_who_must_enrol_gets_only_to_that_and_is_challenged_from_then_on(nina: Somebody, password: str) -> None:
    said = nina.come(NINA, password)
    assert said["me"]["second_factor"] == {"enrolled": False, "required": True, "waived": True}
    assert refused(nina.call("GET", "/api/posts")) == (403, "second_factor_required")
    assert refused(nina.call("GET", "/api/me/sessions")) == (403, "second_factor_required")
    nina.ok("POST", "/api/me/second-factor", {})
    assert refused(nina.call("POST", "/api/me/second-factor/verification", {"code": "000000"})) == (422, "code_refused")
    nina.enrol()
    assert len(set(nina.codes)) == 10
    assert nina.call("GET", "/api/posts").status_code == 200
    assert nina.ok("GET", "/api/me")["second_factor"]["enrolled"] is True
    assert nina.ok("GET", "/api/me/second-factor")["recovery_codes"] == 10

    challenge = nina.come(NINA, password)["challenge"]
    body = {"email": NINA, "kind": "code", "challenge": challenge["challenge"]}
    assert refused(nina.call("POST", "/api/session/challenge", {**body, "code": "000000"})) == (401, "code_refused")
    assert nina.kept(nina.ok("POST", "/api/session/challenge", {**body, "code": nina.code}))["me"]["id"] == "nina"


def test_a_recovery_code_lets_in_once_and_asks_to_enrol_anew(nina: Somebody, password: str) -> None:
    nina.come(NINA, password)
    nina.enrol()
    body = {"email": NINA, "password": password, "code": nina.codes[2]}
    said = nina.kept(nina.ok("POST", "/api/session/recovery", body))
    assert said["me"]["second_factor"]["enrolled"] is False
    assert refused(nina.call("GET", "/api/posts")) == (403, "second_factor_required")
    nina.enrol()
    assert refused(nina.call("POST", "/api/session/recovery", body)) == (401, "code_refused")
    assert nina.come_with_code(NINA, password)


def test_sessions_are_listed_and_end_with_the_next_request(stack: Stack, nina: Somebody, password: str) -> None:
    nina.come(NINA, password)
    nina.enrol()
    other = Somebody(stack.api_url)
    other.secret = nina.secret
    other.session.headers["User-Agent"] = "Mozilla/5.0 (iPhone)"
    other.come_with_code(NINA, password)
    kept = other.session.cookies.copy()
    listed = nina.ok("GET", "/api/me/sessions")["items"]
    assert [each["agent"] for each in listed if not each["current"]][:1] == ["Mozilla/5.0 (iPhone)"]
    assert sum(each["current"] for each in listed) == 1
    theirs = next(each["id"] for each in listed if each["agent"] == "Mozilla/5.0 (iPhone)")
    assert other.call("GET", "/api/me").status_code == 200, "the authorizer has it in its cache from here on"
    nina.ok("DELETE", f"/api/me/sessions/{theirs}")
    began = time.monotonic()
    assert refused(other.call("GET", "/api/me")) == (401, "session_ended")
    assert time.monotonic() - began < 5
    cookie = next((each.value for each in kept if each.name == "parvis_refresh"), "")
    again = nina.call("POST", "/api/session/refresh", headers={"Cookie": f"parvis_refresh={cookie}"})
    assert refused(again) == (401, "session_ended")
    assert refused(nina.call("DELETE", f"/api/me/sessions/{theirs}")) == (404, "not_found")


def test_all_others_end_and_an_administrator_ends_all(
    stack: Stack, boss: Somebody, nina: Somebody, password: str
) -> None:
    nina.come(NINA, password)
    nina.enrol()
    others = [Somebody(stack.api_url) for _ in range(2)]
    for each in others:
        each.secret = nina.secret
        each.come_with_code(NINA, password)
    nina.ok("DELETE", "/api/me/sessions")
    assert [each.call("GET", "/api/me").status_code for each in (*others, nina)] == [401, 401, 200]
    boss.ok("DELETE", "/api/people/nina/sessions")
    assert nina.call("GET", "/api/me").status_code == 401


def test_signing_out_ends_the_session_at_once(nina: Somebody, password: str) -> None:
    answer = nina.call("POST", "/api/session", {"email": NINA, "password": password})
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    nina.kept(answer.json())
    assert nina.call("GET", "/api/me").status_code == 200
    assert nina.call("DELETE", "/api/session", headers={"Cookie": cookie}).status_code == 204
    assert refused(nina.call("GET", "/api/me")) == (401, "session_ended")


def test_an_invitation_by_mail_becomes_an_account(stack: Stack, boss: Somebody) -> None:
    email = "lea@valmont.example"
    roles = [{"department": "water", "role": "responder"}, {"department": "police", "role": "analyst"}]
    made = boss.ok("POST", "/api/invitations", {"email": email, "language": "fr", "roles": roles})
    first = token_in_mail(stack, email, "welcome")
    assert refused(boss.call("POST", "/api/invitations", {"email": email, "language": "fr", "roles": roles})) == (
        409,
        "already_invited",
    )
    boss.ok("POST", f"/api/invitations/{made['id']}/sending")
    token = token_in_mail(stack, email, "welcome", but=first)
    lea = Somebody(stack.api_url)
    assert refused(lea.call("POST", "/api/session/invitation", {"token": first})) == (410, "link_replaced")
    shown = lea.ok("POST", "/api/session/invitation", {"token": token})
    assert (shown["agency"], shown["email"], shown["second_factor"]) == ("Valmont", email, True)
    body = {"token": token, "name": "Léa Roy", "password": "short"}
    path = "/api/session/invitation/acceptance"
    assert refused(lea.call("POST", path, body)) == (422, "password_too_short")
    secret = secrets.token_urlsafe(16)
    lea.kept(lea.ok("POST", path, {**body, "password": secret}))
    assert refused(lea.call("GET", "/api/posts")) == (403, "second_factor_required")
    lea.enrol()
    assert lea.come_with_code(email.upper(), secret)["me"]["name"] == "Léa Roy"
    assert refused(lea.call("POST", path, {**body, "password": secret})) == (410, "link_used")
    assert email not in {each["email"] for each in boss.ok("GET", "/api/invitations")["items"]}
    [person] = [each for each in boss.ok("GET", "/api/people")["items"] if each["email"] == email]
    assert {(each["department"], each["role"]) for each in person["roles"]} == {
        ("water", "responder"),
        ("police", "analyst"),
    }
    path = f"/api/people/{person['id']}"
    kept = {"roles": [{"department": "water", "role": "responder"}]}
    assert refused(boss.call("PATCH", path, kept, version=person["version"] + 7)) == (412, "version_stale")
    changed = boss.ok("PATCH", path, kept, version=person["version"])
    assert changed["roles"] == kept["roles"]
    assert boss.ok("POST", f"{path}/deactivation")["deactivated_at"]
    assert lea.call("GET", "/api/me").status_code == 401
    answer = lea.call("POST", "/api/session", {"email": email, "password": secret})
    assert refused(answer) == (401, "sign_in_refused")
    boss.ok("POST", f"{path}/reactivation")
    assert lea.come_with_code(email, secret)
    boss.ok("DELETE", f"{path}/second-factor")
    assert lea.come(email, secret)["me"]["second_factor"]["enrolled"] is False


def test_a_withdrawn_invitation_is_worth_nothing(stack: Stack, boss: Somebody) -> None:
    email = "max@valmont.example"
    body = {"email": email, "language": "en", "roles": [{"department": "water", "role": "analyst"}]}
    made = boss.ok("POST", "/api/invitations", body)
    token = token_in_mail(stack, email, "welcome")
    boss.ok("DELETE", f"/api/invitations/{made['id']}")
    answer = Client(stack.api_url).call("POST", "/api/session/invitation", {"token": token})
    assert refused(answer) == (410, "link_withdrawn")


def test_a_forgotten_password_is_set_by_mail_and_nobody_learns_who_exists(
    stack: Stack, nina: Somebody, password: str
) -> None:
    nina.come(NINA, password)
    answers, took = [], []
    for email in ("nobody@valmont.example", NINA):
        began = time.monotonic()
        answers.append(nina.call("POST", "/api/session/reset", {"email": email}))
        took.append(time.monotonic() - began)
    assert [each.status_code for each in answers] == [204, 204]
    assert answers[0].content == answers[1].content and set(answers[0].headers) == set(answers[1].headers)
    assert abs(took[0] - took[1]) < 0.5, took
    token = token_in_mail(stack, NINA, "reset")
    new, path = secrets.token_urlsafe(16), "/api/session/reset/completion"
    assert refused(nina.call("POST", path, {"token": "x" * 43, "password": new})) == (404, "not_found")
    assert nina.call("POST", path, {"token": token, "password": new}).status_code == 204
    assert refused(nina.call("POST", path, {"token": token, "password": new})) == (410, "link_used")
    assert nina.call("GET", "/api/me").status_code == 401, "sessions end"
    answer = nina.call("POST", "/api/session", {"email": NINA, "password": password})
    assert refused(answer) == (401, "sign_in_refused")
    assert nina.come(NINA, new)


def test_a_password_is_changed_by_its_owner(stack: Stack, nina: Somebody, password: str) -> None:
    nina.come(NINA, password)
    nina.enrol()
    other = Somebody(stack.api_url)
    other.secret = nina.secret
    other.come_with_code(NINA, password)
    new = secrets.token_urlsafe(16)
    wrong = nina.call("POST", "/api/me/password", {"old": "not this one", "password": new})
    assert refused(wrong) == (422, "password_wrong")
    nina.ok("POST", "/api/me/password", {"old": password, "password": new})
    assert other.call("GET", "/api/me").status_code == 401
    assert nina.call("GET", "/api/me").status_code == 200
    assert nina.come_with_code(NINA, new)


def test_failures_lock_a_place_and_say_when_it_opens(stack: Stack, nobody: Client) -> None:
    body = {"email": "brute@valmont.example", "password": "guess"}
    headers = {"X-Forwarded-For": "192.0.2.77, 198.51.100.1"}
    codes = [refused(nobody.call("POST", "/api/session", body, headers=headers)) for _ in range(6)]
    assert codes == [(401, "sign_in_refused")] * 5 + [(429, "too_many_attempts")]
    locked = nobody.call("POST", "/api/session", body, headers=headers)
    assert 0 < int(locked.headers["Retry-After"]) <= 900
    elsewhere = {"X-Forwarded-For": "192.0.2.78, 198.51.100.1"}
    assert refused(nobody.call("POST", "/api/session", body, headers=elsewhere)) == (401, "sign_in_refused")
    assert b"brute" not in locked.content


def test_the_audit_tells_it_all_and_no_secret(boss: Somebody, nina: Somebody, password: str) -> None:
    nina.come(NINA, password)
    nina.enrol()
    boss.ok("DELETE", "/api/people/nina/second-factor")
    day = datetime.now(UTC).date().isoformat()
    said = boss.call("GET", f"/api/audit?day={day}")
    kinds = {each["kind"] for each in said.json()["items"]}
    assert {"session.begun", "second_factor.enrolled", "second_factor.reset", "sessions.ended"} <= kinds
    for secret in (password, nina.secret, *nina.codes, nina.token):
        assert secret not in said.text


def test_a_policy_is_changed_at_the_version_that_was_read(boss: Somebody) -> None:
    policy = boss.ok("GET", "/api/policy")
    assert policy["second_factor"] == "everyone" and policy["waived"] is True
    stale = boss.call("PUT", "/api/policy", {"second_factor": "everyone"}, version=policy["version"] + 5)
    assert refused(stale) == (412, "version_stale")
    assert boss.ok("PUT", "/api/policy", {"second_factor": "everyone"}, version=policy["version"]) == policy
