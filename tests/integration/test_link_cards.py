"""A link's card on the stack: read from a page, its picture judged, reviewed, published to Bluesky and LinkedIn as it
was approved; and voided by a change of its title."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from chalicelib.team.people import Role
from infra.local.demo.connections import agree
from infra.local.network_apps import practice_apps, put_apps
from infra.local.practice.server import running
from infra.local.stack import Stack
from tests.integration.client import TIMEOUT_S, Client, picture, wait_for
from tests.integration.conftest import Engage
from tests.integration.test_each_network import accepted, made

DEPARTMENT = "police"
PICTURE = picture("orange", (1200, 630))
PAGE = """<!doctype html><html><head><meta charset="windows-1252"><title>Autre</title>
<meta property="og:title" content="Pont &amp; quai “fermés”"><meta property="og:image" content="/vue">
<meta name="description" content="Jusqu’à midi"></head><body><script>document.title = 'x'</script></body></html>"""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/court":
                self.send_response(302)
                self.send_header("Location", "/avis/pont")
                self.end_headers()
                return
            found = {"/avis/pont": ("text/html", PAGE.encode("cp1252")), "/vue": ("image/x-unknown", PICTURE)}
            kind, content = found.get(self.path, ("application/pdf", b"%PDF"))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def networks(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    apps = practice_apps(stack.state)
    put_apps(stack, apps)
    with running(tmp_path_factory.mktemp("networks"), apps=json.loads(apps.read_text())) as server:
        yield server.url


@pytest.fixture(scope="module")
def staff(engage: Engage) -> dict[str, Client]:
    people: dict[str, tuple[str, Role]] = {"redac": ("Rémi Rédac", "contributor"), "relit": ("Rita Relit", "approver")}
    return engage(DEPARTMENT, people)


@pytest.fixture(scope="module")
def profiles(administrator: Client, networks: str, staff: dict[str, Client]) -> dict[str, str]:
    steps = [{"name": "Relecture", "people": ["relit"]}]
    administrator.review(DEPARTMENT, steps)
    secret = secrets.token_urlsafe(9)
    made(networks, "bluesky", "cartes.practice.test", secret)
    made(networks, "linkedin", "cartes", secret)
    place = {"department": DEPARTMENT, "server": networks}
    known = {"network": "bluesky", "identifier": "cartes.practice.test", "app_password": secret}
    bluesky = administrator.ok("POST", "/api/connections", {**place, **known})["profile"]
    begun = administrator.ok("POST", "/api/connections", {**place, "network": "linkedin"})
    answer = agree(begun["authorize_url"], "cartes", secret)
    linkedin = administrator.ok("POST", f"/api/connections/{begun['id']}/code", answer)["profile"]
    return {"bluesky": bluesky["id"], "linkedin": linkedin["id"]}


def suggested(author: Client, url: str) -> dict[str, Any]:
    """The page's card, with its picture when that is ready."""
    found = author.ok("POST", "/api/link-cards", {"url": url, "department": DEPARTMENT})
    assert found["picture"]["state"] == "awaiting" and found["picture_refused"] is None
    image = found["picture"]["id"]
    wait_for(lambda: author.ok("GET", f"/api/media/{image}")["state"] == "ready", 60, "the picture to be judged")
    return {**found["card"], "image": image}


def submitted(author: Client, post: dict[str, Any], seconds: float) -> dict[str, Any]:
    due_at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    path = f"/api/posts/{post['id']}/submission"
    found: dict[str, Any] = author.ok("POST", path, {"due_at": due_at}, version=post["version"])
    return found


def approve(person: Client, post: dict[str, Any]) -> None:
    body = {"review": post["review"], "version": post["content_version"], "decision": "approve"}
    person.ok("POST", f"/api/posts/{post['id']}/decisions", body)


def code(author: Client, url: str, department: str = DEPARTMENT) -> tuple[int, str]:
    answer = author.call("POST", "/api/link-cards", {"url": url, "department": department})
    return answer.status_code, answer.json()["error"]["code"]


def test_what_is_no_page_for_us(staff: dict[str, Client], site: str) -> None:
    author = staff["redac"]
    assert code(author, "https://169.254.169.254/latest/meta-data/") == (422, "address_refused")
    assert code(author, "https://10.0.0.1/") == (422, "address_refused")
    assert code(author, "https://ville.invalid/") == (422, "page_not_reached")
    assert code(author, f"{site}/plan.pdf") == (422, "not_a_page")
    assert code(author, f"{site}/avis/pont", "communications") == (403, "forbidden")


def test_a_card_is_published_as_it_was_approved(
    staff: dict[str, Client], profiles: dict[str, str], networks: str, site: str
) -> None:
    author, approver, url = staff["redac"], staff["relit"], f"{site}/court"
    card = suggested(author, url)
    assert (card["title"], card["description"]) == ("Pont & quai “fermés”", "Jusqu’à midi")
    draft = author.draft(f"Voir {url}", list(profiles.values()), department=DEPARTMENT, card=card)
    post = submitted(author, draft, 20)
    approve(approver, post)

    changed = {"text": post["text"], "targets": post["targets"], "language": "fr", "card": {**card, "title": "Le pont"}}
    path = f"/api/posts/{post['id']}"
    voided = author.ok("PATCH", path, changed, version=author.post(post["id"])["version"])
    assert voided["state"] == "draft" and voided["card"]["title"] == "Le pont"
    assert author.ok("GET", f"{path}/review")["state"] == "void"

    again = submitted(author, voided, 10)
    query = f"before={post['content_version']}&after={again['content_version']}"
    difference = author.ok("GET", f"{path}/difference?{query}")["card"]
    assert difference["picture"] == "same" and len(difference["title"]) > 1
    approve(approver, again)

    def left() -> list[dict[str, Any]] | None:
        deliveries: list[dict[str, Any]] = author.post(post["id"])["deliveries"]
        return deliveries if all(each["state"] == "published" for each in deliveries) else None

    deliveries = {each["network"]: each for each in wait_for(left, 60, "both networks to have it")}

    did, collection, key = deliveries["bluesky"]["remote_id"].removeprefix("at://").split("/")
    asked = {"repo": did, "collection": collection, "rkey": key}
    record = requests.get(f"{networks}/xrpc/com.atproto.repo.getRecord", params=asked, timeout=TIMEOUT_S).json()[
        "value"
    ]
    external = record["embed"]["external"]
    assert (external["uri"], external["title"], external["description"]) == (url, "Le pont", "Jusqu’à midi")
    blob = requests.get(
        f"{networks}/xrpc/com.atproto.sync.getBlob",
        params={"did": did, "cid": external["thumb"]["ref"]["$link"]},
        timeout=TIMEOUT_S,
    )
    assert blob.content == PICTURE

    page = requests.get(f"{networks}/feed/update/{deliveries['linkedin']['remote_id']}/", timeout=TIMEOUT_S).text
    assert '<div class="link-card">' in page and "<strong>Le pont</strong>" in page and "Jusqu’à midi" in page
    for network, handle in (("bluesky", "cartes.practice.test"), ("linkedin", "cartes")):
        assert len(accepted(networks, network, handle)) == 1
