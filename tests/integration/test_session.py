"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import requests

from infra.local.stack import Stack
from tests.integration.client import TIMEOUT_S, Client
from tests.integration.conftest import Agency


def _cookie(answer: requests.Response) -> tuple[str, set[str]]:
    """(value, attributes) of the refresh cookie that an answer sets."""
    pair, *attributes = answer.headers["Set-Cookie"].split("; ")
    name, _, value = pair.partition("=")
    assert name == "parvis_refresh"
    return value, set(attributes)


def _sign_in(nobody: Client, agency: Agency, email: str | None = None) -> requests.Response:
    body = {"email": email or agency.emails["publisher"], "password": agency.password}
    return nobody.call("POST", "/api/session", body)


def _refresh(nobody: Client, cookie: str) -> requests.Response:
    # The jar of a browser would send it by its path; behind the gateway's own address the path is another.
    return nobody.call("POST", "/api/session/refresh", headers={"Cookie": f"parvis_refresh={cookie}"})


def test_signing_in_tells_who_one_is(nobody: Client, agency: Agency) -> None:
    answer = _sign_in(nobody, agency)
    assert answer.status_code == 200
    me = answer.json()["me"]
    assert (me["name"], me["language"], me["agency"]["id"]) == ("Marc Leduc", "fr", agency.id)
    assert {each["role"] for each in me["roles"]} == {"publisher"}
    assert answer.json()["expires_in"] <= 15 * 60
    assert answer.headers["Cache-Control"] == "no-store"
    assert agency.password not in answer.text


def test_an_address_is_the_same_in_capitals(nobody: Client, agency: Agency) -> None:
    assert _sign_in(nobody, agency, " " + agency.emails["publisher"].upper()).status_code == 200


def test_the_refresh_token_is_for_no_script_and_no_other_site(nobody: Client, agency: Agency) -> None:
    answer = _sign_in(nobody, agency)
    value, attributes = _cookie(answer)
    assert {"HttpOnly", "SameSite=Strict", "Path=/api/session"} <= attributes
    assert "Domain" not in " ".join(attributes)
    assert value and value not in answer.text


def test_a_wrong_password_and_an_unknown_address_look_the_same(nobody: Client, agency: Agency) -> None:
    wrong = nobody.call("POST", "/api/session", {"email": agency.emails["publisher"], "password": "not this one"})
    unknown = nobody.call("POST", "/api/session", {"email": "nobody@rivemont.example", "password": "not this one"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json() == {"error": {"code": "sign_in_refused"}}
    assert "Set-Cookie" not in wrong.headers and "Set-Cookie" not in unknown.headers
    assert set(wrong.headers) == set(unknown.headers)


def test_what_is_no_sign_in_is_refused_without_saying_it_back(nobody: Client) -> None:
    for body in ({}, {"email": "x@y"}, {"email": "a" * 300, "password": "p"}, {"email": "x@y", "password": "p" * 300}):
        answer = nobody.call("POST", "/api/session", body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")
        assert "p" * 300 not in answer.text and "a" * 300 not in answer.text


def test_refreshing_gives_a_token_that_works(stack: Stack, nobody: Client, agency: Agency) -> None:
    first = _sign_in(nobody, agency)
    answer = _refresh(nobody, _cookie(first)[0])
    assert answer.status_code == 200
    _, attributes = _cookie(answer)
    assert {"HttpOnly", "SameSite=Strict", "Path=/api/session"} <= attributes
    me = requests.get(
        f"{stack.api_url}/api/me",
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        timeout=TIMEOUT_S,
    )
    assert me.status_code == 200 and me.json()["name"] == "Marc Leduc"


def test_no_cookie_or_a_made_up_one_refreshes_nothing(nobody: Client) -> None:
    for answer in (nobody.call("POST", "/api/session/refresh"), _refresh(nobody, "made-up"), _refresh(nobody, "")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session_ended")


def test_signing_out_ends_the_session(nobody: Client, agency: Agency) -> None:
    kept, _ = _cookie(_sign_in(nobody, agency))
    answer = nobody.call("DELETE", "/api/session", headers={"Cookie": f"parvis_refresh={kept}"})
    assert answer.status_code == 204
    value, attributes = _cookie(answer)
    assert value == "" and "Max-Age=0" in attributes and "Path=/api/session" in attributes
    assert _refresh(nobody, kept).status_code == 401


def test_signing_out_twice_or_without_a_session_is_no_error(nobody: Client) -> None:
    assert nobody.call("DELETE", "/api/session").status_code == 204
    assert nobody.call("DELETE", "/api/session", headers={"Cookie": "parvis_refresh=made-up"}).status_code == 204
