"""Facebook's login against the practice server: the choice among Pages, and what is done as a Page afterwards; and each
request of it against Meta's specification."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from chalicelib.networks.contract import (
    Account,
    AddressRefused,
    Connected,
    CredentialsRefused,
    Published,
    Unavailable,
)
from chalicelib.networks.facebook import SCOPES, Facebook
from chalicelib.networks.transport import Transport
from infra.local.practice import facebook as practice
from infra.local.practice import graph_private
from infra.local.practice.meta_login import PRACTICE_APP
from infra.local.practice.server import running
from tests.contract.networks.conftest import REDIRECT, _sign_in, account_of, publication
from tests.unit.networks.graph_spec import Recording, refusals, unknown_fields, what
from tests.unit.networks.material import specs


class Town:
    def __init__(self, url: str) -> None:
        self.url = url
        self.transport = Recording(allow_loopback=True)
        self.network = Facebook(self.transport, lambda: PRACTICE_APP)
        for handle, password in (("mairie", "sesame"), ("police.mairie", "sesame"), ("autre", "another")):
            self.control("accounts", network="facebook", handle=handle, display_name=handle.title(), password=password)

    def control(self, path: str, **body: object) -> dict[str, object]:
        answer = requests.post(f"{self.url}/practice/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return dict(answer.json())

    def pages(self, handle: str = "mairie", password: str = "sesame") -> list[Connected]:
        start = self.network.start_oauth(server=self.url, redirect_uri=REDIRECT, state="s1")
        code = _sign_in(start.authorize_url, {"username": handle, "password": password})
        return list(self.network.finish_oauth(server=self.url, redirect_uri=REDIRECT, code=code, keep=start.keep))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with running(tmp_path / "practice") as server:
        yield Town(server.url)


def _open() -> None:
    pass


def test_every_page_of_the_person_is_offered_with_its_own_token(town: Town) -> None:
    found = town.pages()
    assert sorted(each.handle for each in found) == ["mairie", "police.mairie"]
    assert len({each.secrets["access"] for each in found}) == 2
    assert all(each.expires_at is None for each in found), "the token of a Page does not end by date"
    for each in found:
        assert each.secrets["access"] not in repr(each)
        page = account_of(each)
        outcome = town.network.publish(page, publication(f"Le pont de {each.handle}"), _open)
        assert isinstance(outcome, Published)
        assert outcome.remote_id.startswith(page.remote_id)


def test_the_token_of_one_page_opens_no_other(town: Town) -> None:
    first, second = (account_of(each) for each in town.pages())
    answer = requests.post(
        f"{town.url}/v25.0/{first.remote_id}/feed",
        data={"message": "x"},
        headers={"Authorization": f"Bearer {second.secrets['access']}"},
        timeout=10,
    )
    assert answer.json()["error"]["code"] == 200


def test_a_page_token_brought_by_hand_goes_on_working(town: Town) -> None:
    assert town.network.capabilities().connect == "oauth"
    connected = town.network.connect_password(server=town.url, identifier="mairie", app_password="sesame")
    assert connected.handle == "mairie"


def test_a_wrong_password_lets_nobody_in_and_a_code_is_good_once(town: Town) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        town.pages(password="not the password")
    assert refused.value.code == "code_refused"
    start = town.network.start_oauth(server=town.url, redirect_uri=REDIRECT, state="s1")
    code = _sign_in(start.authorize_url, {"username": "mairie", "password": "sesame"})
    with pytest.raises(CredentialsRefused):
        town.network.finish_oauth(server=town.url, redirect_uri=f"{REDIRECT}2", code=code, keep=start.keep)


def test_who_refuses_comes_back_without_a_code(town: Town) -> None:
    start = town.network.start_oauth(server=town.url, redirect_uri=REDIRECT, state="s1")
    page = requests.get(start.authorize_url, timeout=10).text
    assert "Facebook" in page and 'name="username"' in page and 'name="decision"' in page
    answer = requests.post(start.authorize_url, data={"decision": "deny"}, allow_redirects=False, timeout=10)
    assert answer.headers["location"].startswith(f"{REDIRECT}?error=access_denied")
    assert "code=" not in answer.headers["location"].replace("error_code=", "")


@pytest.mark.parametrize("change", ["client_id=700000000000001", "redirect_uri=http"])
def test_the_dialog_sends_nobody_to_where_it_should_not(town: Town, change: str) -> None:
    start = town.network.start_oauth(server=town.url, redirect_uri=REDIRECT, state="s1")
    wrong = change.replace("700", "701") if "client_id" in change else "redirect_uri=javascript"
    assert change in start.authorize_url
    answer = requests.get(start.authorize_url.replace(change, wrong), allow_redirects=False, timeout=10)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_an_application_with_another_secret_gets_no_token(town: Town) -> None:
    other = Facebook(Transport(allow_loopback=True), lambda: {**PRACTICE_APP, "client_secret": "wr0ng"})
    start = other.start_oauth(server=town.url, redirect_uri=REDIRECT, state="s1")
    code = _sign_in(start.authorize_url, {"username": "mairie", "password": "sesame"})
    with pytest.raises(Unavailable) as raised:
        other.finish_oauth(server=town.url, redirect_uri=REDIRECT, code=code, keep=start.keep)
    assert "wr0ng" not in str(raised.value)


def test_the_dialog_is_metas_own_and_asks_for_what_is_needed(town: Town) -> None:
    start = Facebook(Transport(), lambda: PRACTICE_APP).start_oauth(server="", redirect_uri=REDIRECT, state="s1")
    assert start.authorize_url.startswith("https://www.facebook.com/v25.0/dialog/oauth?client_id=700000000000001&")
    assert all(scope in start.authorize_url for scope in SCOPES)
    assert PRACTICE_APP["client_secret"] not in start.authorize_url
    with pytest.raises(AddressRefused):
        Facebook(Transport(), lambda: PRACTICE_APP).start_oauth(server=town.url, redirect_uri=REDIRECT, state="s")


def test_a_comment_is_hidden_shown_again_and_deleted(town: Town) -> None:
    page = account_of(town.pages()[0])
    outcome = town.network.publish(page, publication("Le pont"), _open)
    assert isinstance(outcome, Published)
    body = {"post": outcome.remote_id, "author": "Zoé", "text": "Vendu"}
    comment = str(town.control("facebook/comments", **body)["id"])
    for hidden in (True, True, False):
        town.network.hide(page, comment, hidden=hidden)
        assert ("Vendu" in requests.get(f"{town.url}/{outcome.remote_id}", timeout=10).text) is not hidden
        assert [each.text for each in town.network.inbox(page, cursor=None).messages] == ["Vendu"]
    town.network.delete(page, comment)
    town.network.delete(page, comment)
    assert town.network.inbox(page, cursor=None).messages == []


def test_a_page_that_is_given_back_is_not_subscribed_any_more(town: Town) -> None:
    page, other = (account_of(each) for each in town.pages())

    def subscribed(page: Account = page) -> bool:
        answer = requests.get(
            f"{town.url}/v25.0/{page.remote_id}/subscribed_apps",
            headers={"Authorization": f"Bearer {page.secrets['access']}"},
            timeout=10,
        )
        return bool(answer.json()["data"])

    assert not subscribed(), "it was offered, and nobody has chosen it"
    town.network.subscribe(page)
    town.network.subscribe(page)
    assert (subscribed(), subscribed(other)) == (True, False)
    town.network.unsubscribe(page)
    town.network.unsubscribe(page)
    assert not subscribed()


def test_pages_and_tokens_outlive_a_restart(tmp_path: Path) -> None:
    with running(tmp_path / "practice") as server:
        page = account_of(Town(server.url).pages()[0])
        port = int(server.url.rpartition(":")[2])
    with running(tmp_path / "practice", port=port):
        outcome = Facebook(Transport(allow_loopback=True)).publish(page, publication("Toujours là"), _open)
        assert isinstance(outcome, Published)


def test_every_request_is_in_metas_specification(town: Town) -> None:
    folder = specs()
    page = account_of(town.pages()[0])
    town.network.subscribe(page)
    outcome = town.network.publish(page, publication("Le pont"), _open)
    assert isinstance(outcome, Published)
    body = {"post": outcome.remote_id, "author": "Zoé", "text": "Vendu"}
    comment = str(town.control("facebook/comments", **body)["id"])
    town.network.hide(page, comment, hidden=True)
    town.network.delete(page, comment)
    town.network.delete(page, outcome.remote_id)
    town.network.unsubscribe(page)
    assert refusals(town.transport.sent, folder) == []
    assert {what(each) for each in town.transport.sent} == {
        "GET oauth/access_token",
        "GET debug_token",
        "GET User/accounts",
        "POST Page/subscribed_apps",
        "DELETE Page/subscribed_apps",
        "POST Page/feed",
        "POST Comment",
        "DELETE Comment",
        "DELETE PagePost",
    }
    assert unknown_fields("Page", practice.MANAGED_PAGE_FIELDS, folder) is None


def test_a_private_message_is_told_as_private(town: Town) -> None:
    page = account_of(town.pages()[0])
    network = Facebook(town.transport, lambda: PRACTICE_APP, private_pace=timedelta(0))
    cursor = network.inbox(page, cursor=None).cursor
    message = town.control("facebook/messages", page="mairie", author="Zoé", text="Entre nous")["id"]
    town.control("facebook/messages", page="mairie", author="Zoé", text="Bonjour", own=True)
    batch = network.inbox(page, cursor=cursor)
    assert [(each.remote_id, each.kind, each.author.name) for each in batch.messages] == [(message, "private", "Zoé")]
    assert network.inbox(page, cursor=batch.cursor).messages == []
    assert refusals(town.transport.sent, specs()) == []
    assert unknown_fields("UnifiedThread", graph_private.CONVERSATION_FIELDS, specs()) is None


def test_a_page_that_was_connected_without_private_messages_is_read_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.networks.facebook.SCOPES", tuple(e for e in SCOPES if e != "pages_messaging"))
    page = account_of(town.pages()[0])
    outcome = town.network.publish(page, publication("Le pont"), _open)
    assert isinstance(outcome, Published)
    town.control("facebook/messages", page="mairie", author="Zoé", text="Entre nous")
    town.control("facebook/comments", post=outcome.remote_id, author="Zoé", text="Vendu")
    assert [each.text for each in town.network.inbox(page, cursor=None).messages] == ["Vendu"]
