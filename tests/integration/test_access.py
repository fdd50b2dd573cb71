"""Who may do what: every route of the application is asked, so that one that is missed shows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from chalicelib.alerts.alert import Alert
from chalicelib.api.routes import ROUTES
from chalicelib.api.routing import Route
from chalicelib.api.tokens import principal_of
from chalicelib.errors import Unauthenticated, Upstream
from chalicelib.inbox.ingesting import take_in
from chalicelib.networks.contract import Citizen, Inbound
from chalicelib.profiles.profile import Profile
from chalicelib.settings import Settings, read
from chalicelib.team.actor import ACTS
from chalicelib.team.founding import take_in as take_in_person
from chalicelib.wiring import House
from infra.local.stack import Stack
from tests.integration.client import Client, wait_for
from tests.integration.conftest import Agency
from tests.integration.practice import Practice

PUBLIC = {
    ("POST", "/api/session"),
    ("POST", "/api/session/refresh"),
    ("DELETE", "/api/session"),
    # Coming in takes more than one step; whoever takes them has no token yet.
    ("POST", "/api/session/challenge"),
    ("POST", "/api/session/recovery"),
    ("POST", "/api/session/reset"),
    ("GET", "/api/health"),
    ("GET", "/api/openapi.json"),
    # The link, or the network's signature, is the proof.
    ("POST", "/api/session/reset/completion"),
    ("POST", "/api/session/invitation"),
    ("POST", "/api/session/invitation/acceptance"),
    ("GET", "/api/review/{token}"),
    ("POST", "/api/review/{token}"),
    ("GET", "/api/shared/{token}"),
    # A calendar program cannot sign in; the key in its address is the proof.
    ("GET", "/api/calendar.ics"),
    ("GET", "/api/webhooks/{network}"),
    ("POST", "/api/webhooks/{network}"),
}
"""Everything that the world may ask for without signing in. A route is added here on purpose or not at all."""

CLOSED = [route for route in ROUTES if (route.method, route.path) not in PUBLIC]


def _named(route: Route) -> str:
    return f"{route.method} {route.path}"


def _path(route: Route, id_: str = "nothing") -> str:
    return route.path.replace("{id}", id_).replace("{format}", "pdf")


# ---------------------------------------------------------------- nobody


def test_the_public_routes_are_those_of_the_list() -> None:
    assert {(route.method, route.path) for route in ROUTES if route.public} == PUBLIC


@pytest.mark.parametrize("route", CLOSED, ids=_named)
def test_a_route_refuses_who_is_not_signed_in(nobody: Client, route: Route) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        answer = nobody.call(route.method, _path(route), {}, version=1, headers=headers)
        assert answer.status_code == 401, (headers, answer.text)
        assert answer.json()["error"]["code"] == "unauthenticated"


def test_an_unknown_path_is_not_found_and_says_so_in_json(nobody: Client, administrator: Client) -> None:
    for client in (nobody, administrator):
        answer = client.call("GET", "/api/nothing/of/the/kind")
        assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"


# ---------------------------------------------------------------- tokens


def _segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _refused(nobody: Client, token: str) -> None:
    answer = nobody.call("GET", "/api/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"]["code"] == "unauthenticated"


def test_a_token_by_another_key_is_refused(nobody: Client, administrator: Client) -> None:
    header = jwt.get_unverified_header(administrator.token)
    claims = jwt.decode(administrator.token, options={"verify_signature": False})
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode({**claims, "exp": time.time() + 600}, other, algorithm="RS256", headers={"kid": header["kid"]})
    _refused(nobody, forged)
    _refused(nobody, jwt.encode(claims, other, algorithm="RS256", headers={"kid": "another"}))
    _refused(nobody, jwt.encode(claims, other, algorithm="RS256"))


def test_a_token_whose_claims_were_changed_is_refused(nobody: Client, administrator: Client) -> None:
    header, _, signature = administrator.token.split(".")
    claims = jwt.decode(administrator.token, options={"verify_signature": False})
    _refused(nobody, f"{header}.{_segment({**claims, 'username': 'voisine.zoe'})}.{signature}")
    _refused(nobody, f"{header}.{_segment({**claims, 'exp': claims['exp'] + 999_999})}.{signature}")


def test_a_token_without_a_signature_is_refused(nobody: Client, administrator: Client) -> None:
    header = jwt.get_unverified_header(administrator.token)
    claims = jwt.decode(administrator.token, options={"verify_signature": False})
    for algorithm in ("none", "None", "NONE"):
        unsigned = f"{_segment({**header, 'alg': algorithm})}.{_segment(claims)}."
        _refused(nobody, unsigned)
        _refused(nobody, unsigned + administrator.token.split(".")[2])


def test_the_public_key_does_not_serve_as_a_shared_secret(
    stack: Stack, nobody: Client, administrator: Client, environment: dict[str, str]
) -> None:
    """The classic confusion: HS256 with the RSA public key, in each form in which one may have it."""
    header = jwt.get_unverified_header(administrator.token)
    claims = jwt.decode(administrator.token, options={"verify_signature": False})
    key = jwt.PyJWKClient(environment["PARVIS_USER_POOL_KEYS_URL"], timeout=5).get_signing_key(header["kid"]).key
    said = f"{_segment({**header, 'alg': 'HS256'})}.{_segment(claims)}"
    for form in (
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        signature = hmac.digest(form, said.encode(), hashlib.sha256)
        _refused(nobody, f"{said}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")


def test_an_id_token_is_not_an_access_token(
    stack: Stack, nobody: Client, agency: Agency, environment: dict[str, str]
) -> None:
    answer = _by_the_pool(stack, agency, environment)
    _refused(nobody, answer["IdToken"])
    _refused(nobody, answer["RefreshToken"])


def _by_the_pool(stack: Stack, agency: Agency, environment: dict[str, str]) -> dict[str, Any]:
    """Tokens that the pool gave to somebody who went around us, with the rights of our own role."""
    result: dict[str, Any] = stack.client("cognito-idp").admin_initiate_auth(
        UserPoolId=environment["PARVIS_USER_POOL"],
        ClientId=environment["PARVIS_USER_POOL_CLIENT"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": f"{agency.id}.camille", "PASSWORD": agency.password},
    )["AuthenticationResult"]
    return result


def test_a_token_of_no_session_of_ours_is_refused(
    stack: Stack, nobody: Client, agency: Agency, environment: dict[str, str]
) -> None:
    token = _by_the_pool(stack, agency, environment)["AccessToken"]
    answer = nobody.call("GET", "/api/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session_ended")


def test_the_pools_own_door_is_shut(stack: Stack, agency: Agency, environment: dict[str, str]) -> None:
    """Nobody counts the tries there."""
    cognito = stack.client("cognito-idp")
    with pytest.raises(cognito.exceptions.InvalidParameterException):
        cognito.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=environment["PARVIS_USER_POOL_CLIENT"],
            AuthParameters={"USERNAME": f"{agency.id}.camille", "PASSWORD": agency.password},
        )


def test_a_token_for_another_application_is_refused(
    stack: Stack, nobody: Client, agency: Agency, environment: dict[str, str]
) -> None:
    cognito = stack.client("cognito-idp")
    other = cognito.create_user_pool_client(
        UserPoolId=environment["PARVIS_USER_POOL"],
        ClientName="other",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )["UserPoolClient"]["ClientId"]
    answer = cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=other,
        AuthParameters={"USERNAME": f"{agency.id}.camille", "PASSWORD": agency.password},
    )
    _refused(nobody, answer["AuthenticationResult"]["AccessToken"])


def test_nonsense_is_refused(nobody: Client) -> None:
    for token in (
        "",
        ".",
        "..",
        "a.b.c",
        "Bearer",
        "x" * 5000,
        _segment([]) + ".e30.x",
        _segment({"kid": 5}) + ".e30.x",
    ):
        _refused(nobody, token)


@pytest.fixture(scope="module")
def issuer(environment: dict[str, str]) -> Iterator[tuple[Settings, Any]]:
    """A pool of which the test holds the key: (settings that trust it, a function that makes tokens)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": "k1", "use": "sig", "alg": "RS256"}

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"keys": [public]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = read(environment).model_copy(
        update={"user_pool_keys_url": f"http://127.0.0.1:{server.server_port}/keys", "user_pool_client": "ours"}
    )

    def token(**changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": settings.user_pool_issuer,
            "exp": now + 300,
            "iat": now,
            "token_use": "access",
            "client_id": "ours",
            "username": "rivemont.camille",
            "origin_jti": "the-session",
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, key, algorithm="RS256", headers={"kid": "k1"})

    yield settings, token
    server.shutdown()
    server.server_close()


def test_a_sound_token_names_agency_and_person(issuer: tuple[Settings, Any]) -> None:
    settings, token = issuer
    assert principal_of(token(), settings) == {"agency": "rivemont", "person": "camille", "session": "the-session"}


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"iss": "https://cognito-idp.ca-central-1.amazonaws.com/another"},
        {"iss": None},
        {"token_use": "id"},
        {"token_use": None},
        {"client_id": "theirs"},
        {"client_id": None},
        {"username": None},
        {"username": "camille"},
        {"username": ".camille"},
        {"origin_jti": None},
        {"origin_jti": ""},
        {"origin_jti": 5},
        {"nbf": 4_000_000_000},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(issuer: tuple[Settings, Any], changes: dict[str, Any]) -> None:
    settings, token = issuer
    with pytest.raises(Unauthenticated) as refused:
        principal_of(token(**changes), settings)
    assert refused.value.code == "unauthenticated"


def test_keys_that_cannot_be_had_are_not_the_visitors_fault(issuer: tuple[Settings, Any]) -> None:
    settings, token = issuer
    away = settings.model_copy(update={"user_pool_keys_url": "http://127.0.0.1:9/keys"})
    with pytest.raises(Upstream):
        principal_of(token(), away)


# ---------------------------------------------------------------- roles


@pytest.fixture(scope="module")
def spectator(stack: Stack, house: House, agency: Agency) -> Client:
    """Somebody of the agency with no role in any department."""
    password = secrets.token_urlsafe(16)
    take_in_person(
        agency=agency.id,
        person="sam",
        name="Sam",
        email="sam@rivemont.example",
        language="en",
        roles={},
        password=password,
        store=house.store,
        pool=house.pool,
        clock=house.clock,
    )
    return Client(stack.api_url).sign_in("sam@rivemont.example", password)


@pytest.mark.parametrize("route", CLOSED, ids=_named)
def test_a_role_may_do_what_its_acts_say_and_nothing_else(
    administrator: Client, publisher: Client, contributor: Client, spectator: Client, route: Route
) -> None:
    assert route.act is not None, "a route that is not public names an act"
    for role, client in (("administrator", administrator), ("publisher", publisher), ("contributor", contributor)):
        answer = client.call(route.method, _path(route), {"no": "such field"}, version=999)
        if route.act in ACTS[role]:
            assert answer.status_code not in (401, 403) and answer.status_code < 500, (role, answer.text)
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), (role, answer.text)
    answer = spectator.call(route.method, _path(route), {}, version=999)
    assert answer.status_code == 403


def test_a_contributor_of_one_department_writes_in_no_other(contributor: Client, connected: dict[str, str]) -> None:
    for body in ({"department": "police", "text": "x"}, {"department": "nowhere", "text": "x"}):
        answer = contributor.call("POST", "/api/posts", {**body, "targets": []})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


def test_what_a_contributor_wrote_they_cannot_send(contributor: Client, connected: dict[str, str]) -> None:
    draft = contributor.draft("À relire", [connected["bluesky"]])
    answer = contributor.call("POST", f"/api/posts/{draft['id']}/schedule", {"now": True}, version=draft["version"])
    assert answer.status_code == 403
    assert contributor.post(draft["id"])["state"] == "draft"


def test_a_contributor_cannot_change_what_is_scheduled(
    contributor: Client, publisher: Client, connected: dict[str, str]
) -> None:
    planned = publisher.schedule(publisher.draft("Planifié", [connected["bluesky"]]), due_at="2027-11-01T00:00:00Z")
    body = {"text": "Changé", "targets": [connected["bluesky"]]}
    assert contributor.call("PATCH", f"/api/posts/{planned['id']}", body, version=planned["version"]).status_code == 403
    assert contributor.call("DELETE", f"/api/posts/{planned['id']}", version=planned["version"]).status_code == 403
    assert publisher.post(planned["id"])["text"] == "Planifié"


# ---------------------------------------------------------------- another agency


BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/profiles/{id}"): {"department": "communications"},
    ("POST", "/api/profiles/{id}/reconnect"): {"identifier": "x", "app_password": "y"},
    ("POST", "/api/connections/{id}/code"): {"code": "c", "state": "s"},
    ("POST", "/api/connections/{id}/choice"): {"remote_id": "1"},
    ("POST", "/api/conversations/{id}/moderation"): {"message": "m1", "act": "hide", "reason": "r"},
    ("PATCH", "/api/campaigns/{id}"): {"name": "Pris"},
    ("PATCH", "/api/events/{id}"): {"title": "Pris", "starts_on": "2027-11-01"},
    ("PATCH", "/api/posts/{id}"): {"text": "Pris", "targets": []},
    ("POST", "/api/posts/{id}/schedule"): {"now": True},
    ("POST", "/api/deliveries/{id}/reschedule"): {"due_at": "2027-11-01T00:00:00Z"},
    ("POST", "/api/deliveries/{id}/resolution"): {"published": True},
    ("PATCH", "/api/workflows/{id}"): {
        "name": "Le leur",
        "department": "communications",
        "steps": [{"name": "Relecture", "roles": ["administrator"]}],
    },
    ("POST", "/api/posts/{id}/submission"): {},
    ("POST", "/api/posts/{id}/decisions"): {"review": "0" * 16, "version": 1, "decision": "approve"},
    ("PATCH", "/api/conversations/{id}"): {"state": "done"},
    ("PUT", "/api/conversations/{id}/presence"): {"writing": True},
    ("POST", "/api/conversations/{id}/replies"): {"to": "m", "text": "Bonjour", "answers_seen": 0},
    ("PATCH", "/api/people/{id}"): {"roles": []},
    ("PATCH", "/api/alert-rules/{id}"): {"method": "seasonal", "sensitivity": "medium", "floor": 5, "active": True},
}
"""A body that each route with an id would take; a route that takes one and is missing here fails the test."""

WITH_ID = [route for route in CLOSED if "{id}" in route.path]


def _held(department: str, role: str) -> dict[str, str]:
    return {"department": department, "role": role}


@pytest.fixture(scope="module")
def theirs(foreigner: Client, practice: Practice, house: House) -> dict[str, str]:
    """resource of the path -> the id of one that the neighbour has."""
    profile = practice.connect(foreigner, "bluesky", "voisine")
    media = foreigner.ok(
        "POST",
        "/api/media",
        {"department": "communications", "filename": "a.png", "content_type": "image/png", "size": 10},
    )
    campaign = foreigner.ok("POST", "/api/campaigns", {"name": "Leur campagne", "department": "communications"})
    planned = foreigner.schedule(foreigner.draft("Le leur", [profile]), due_at="2027-11-01T00:00:00Z")
    scope = {"kind": "campaign", "id": campaign["id"]}
    pause = foreigner.ok("POST", "/api/pauses", {"scope": scope, "reason": "Essai"})
    handshake = foreigner.ok(
        "POST",
        "/api/connections",
        {"network": "mastodon", "department": "communications", "server": practice.url},
    )
    department = foreigner.ok("POST", "/api/departments", {"name": "Voirie"})["id"]
    steps = [{"name": "Relecture", "roles": ["administrator"]}]
    foreigner.ok("POST", "/api/workflows", {"name": "Le leur", "department": department, "steps": steps})
    report = foreigner.ok(
        "POST", "/api/reports", {"kind": "post_performance", "first": "2026-01-01", "last": "2026-01-02"}
    )
    ready = f"/api/reports/{report['id']}"
    wait_for(lambda: foreigner.ok("GET", ready)["state"] == "ready", 60, "their report")
    now = house.clock.now()
    own = house.store.get(Profile, Profile.key_of(foreigner.me["agency"]["id"], profile))
    assert own is not None
    wrote = Inbound("at://leur/1", "mention", Citizen("did:plc:eux", "eux.test"), "Bonjour", now)
    take_in(own, [wrote], desk=house.desk)
    [conversation] = foreigner.ok("GET", "/api/conversations")["items"]
    invited = {"email": "lou@voisine.example", "language": "fr", "roles": [_held("communications", "analyst")]}
    device = {"name": "Leur téléphone", "token": secrets.token_urlsafe(24)}
    alert = Alert(
        agency=own.agency,
        id=Alert.id_of(own.id, now),
        profile=own.id,
        network=own.network,
        handle=own.handle,
        department=own.department,
        raised_at=now,
        method="seasonal",
        sensitivity="medium",
        count=40,
        expected=2,
        ratio=20,
        hourly_average=2,
        authors=1,
        sampled=1,
    )
    house.store.save(alert)
    return {
        "workflows": department,
        "conversations": conversation["id"],
        "keywords": foreigner.ok("POST", "/api/keywords", {"words": "voisine", "profile": profile})["id"],
        "alerts": alert.id,
        "alert-rules": profile,
        "me": foreigner.ok("POST", "/api/me/devices", device)["id"],
        "reports": report["id"],
        "share-links": foreigner.ok("POST", "/api/share-links", {"report": report["id"]})["id"],
        "profiles": profile,
        "media": media["media"]["id"],
        "campaigns": campaign["id"],
        "posts": planned["id"],
        "deliveries": planned["deliveries"][0]["id"],
        "pauses": pause["id"],
        "people": foreigner.me["id"],
        "invitations": foreigner.ok("POST", "/api/invitations", invited)["id"],
        "sessions": foreigner.ok("GET", "/api/me/sessions")["items"][0]["id"],
        "connections": handshake["id"],
        "events": foreigner.ok("POST", "/api/events", {"title": "Leur marché", "starts_on": "2027-11-01"})["id"],
        "feed-keys": foreigner.ok("POST", "/api/me/feed-keys", {"name": "Leur agenda"})["id"],
    }


@pytest.mark.parametrize("route", WITH_ID, ids=_named)
def test_what_another_agency_has_does_not_exist(administrator: Client, theirs: dict[str, str], route: Route) -> None:
    place = route.path.split("/")
    id_ = theirs[place[3] if place[2] == "me" and place[3] in theirs else place[2]]
    body = BODIES[route.method, route.path] if route.takes is not None else None
    mine, invented = (
        administrator.call(
            route.method,
            _path(route, each),
            {**body, "department": each} if "workflows" in route.path else body,
            version=1,
        )
        for each in (id_, "0" * len(id_))
    )
    assert mine.status_code == 404, mine.text
    assert mine.json()["error"]["code"] == "not_found"
    assert mine.json() == invented.json(), "nothing tells it from what never was"


def test_theirs_is_as_it_was(
    administrator: Client, foreigner: Client, theirs: dict[str, str], practice: Practice
) -> None:
    assert foreigner.post(theirs["posts"])["state"] == "scheduled"
    assert foreigner.ok("GET", f"/api/campaigns/{theirs['campaigns']}")["name"] == "Leur campagne"
    assert [each["id"] for each in foreigner.ok("GET", "/api/pauses")["items"]] == [theirs["pauses"]]
    assert foreigner.ok("GET", f"/api/conversations/{theirs['conversations']}")["state"] == "open"
    assert [each["id"] for each in foreigner.ok("GET", "/api/alerts")["items"]] == [theirs["alerts"]]
    for path in (
        "/api/conversations",
        "/api/alerts",
        "/api/alert-rules",
        "/api/keywords",
        "/api/reports",
        "/api/workflows",
    ):
        assert not {each["id"] for each in administrator.ok("GET", path)["items"]} & set(theirs.values()), path
    for path in ("/api/profiles", "/api/campaigns", "/api/posts", "/api/deliveries", "/api/pauses", "/api/people"):
        ids = {each["id"] for each in administrator.ok("GET", path)["items"]}
        assert not ids & set(theirs.values()), path


def test_a_post_aimed_at_another_agencys_profile_is_refused(administrator: Client, theirs: dict[str, str]) -> None:
    body = {"department": "communications", "text": "Chez eux", "targets": [theirs["profiles"]]}
    answer = administrator.call("POST", "/api/posts", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_another_agencys_image_is_not_ready_for_us(
    administrator: Client, connected: dict[str, str], theirs: dict[str, str]
) -> None:
    draft = administrator.draft("Leur image", [connected["bluesky"]], media=[{"media": theirs["media"], "alt": "x"}])
    answer = administrator.call("POST", f"/api/posts/{draft['id']}/schedule", {"now": True}, version=draft["version"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "media_not_ready")


def test_another_agencys_cursor_is_refused(administrator: Client, foreigner: Client) -> None:
    for number in range(51):
        foreigner.draft(f"Brouillon {number}", [])
    following = foreigner.ok("GET", "/api/posts")["next"]
    assert following is not None
    assert foreigner.ok("GET", f"/api/posts?cursor={following}")["items"]
    answer = administrator.call("GET", f"/api/posts?cursor={following}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "cursor_invalid")
