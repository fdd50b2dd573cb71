"""The Instagram connector against the practice server: two steps, comments, mentions, figures, moderation; and every
request of it against Meta's specification."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from chalicelib.networks.contract import (
    Account,
    AddressRefused,
    CredentialsRefused,
    MediaFile,
    NotPermitted,
    OutcomeUnknown,
    Pending,
    Publication,
    Published,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.instagram import PERMISSIONS, Instagram
from chalicelib.networks.instagram_reading import Place
from chalicelib.networks.transport import Transport
from infra.local.practice import instagram as practice
from infra.local.practice.meta_login import PRACTICE_APP
from infra.local.practice.server import running
from tests.contract.networks.conftest import PRACTICE_PASSWORD, REDIRECT, _sign_in, account_of, publication
from tests.contract.networks.two_steps import Shelf, finished, jpeg, picture
from tests.unit.networks.graph_spec import Recording, calls_outside_spec, refusals, unknown_fields, what
from tests.unit.networks.material import specs

VIDEO = b"\0\0\0\x18ftypmp42" + b"\0" * 64


def _open() -> None:
    pass


class Town:
    """A practice server of its own, whose clock and settings a test may change."""

    def __init__(self, url: str, files: Shelf, ahead: list[float]) -> None:
        self.url = url
        self.files = files
        self.ahead = ahead
        self.transport = Recording(allow_loopback=True)
        self.network = Instagram(self.transport, lambda: PRACTICE_APP)
        self.made("instagram", "mairie")
        self.account = self.connect("mairie")

    def made(self, network: str, handle: str, password: str = PRACTICE_PASSWORD) -> None:
        body = {"network": network, "handle": handle, "display_name": "Mairie", "password": password}
        requests.post(f"{self.url}/practice/accounts", json=body, timeout=10).raise_for_status()

    def connect(self, handle: str, password: str = PRACTICE_PASSWORD) -> Account:
        start = self.network.start_oauth(server=self.url, redirect_uri=REDIRECT, state="s1")
        code = _sign_in(start.authorize_url, {"username": handle, "password": password})
        found = self.network.finish_oauth(server=self.url, redirect_uri=REDIRECT, code=code, keep=start.keep)
        return account_of(next(each for each in found if each.handle == handle))

    def settings(self, **values: Any) -> None:
        requests.put(f"{self.url}/practice/settings", json=values, timeout=10).raise_for_status()

    def faults(self, *rules: dict[str, Any]) -> None:
        requests.put(f"{self.url}/practice/faults", json=list(rules), timeout=10).raise_for_status()

    def write(self, text: str, **more: Any) -> str:
        body = {"network": "instagram", "text": text, "author": "alice", **more}
        if "reply_to" in body:
            body["reply_to"] = Place.read(body["reply_to"]).node
        answer = requests.post(f"{self.url}/practice/citizens/write", json=body, timeout=10)
        answer.raise_for_status()
        made = str(answer.json()["written"][0]["remote_id"])
        above = Place.read(str(more.get("reply_to", "")))
        # The practice network names a comment as Instagram does, by its own number.
        return above.answer(made).written() if above.media else made

    def standing(self) -> int:
        answer = requests.get(f"{self.url}/practice/accepted", params={"network": "instagram"}, timeout=10)
        return len(answer.json()["accepted"])

    def picture(self, **changes: Any) -> MediaFile:
        return picture(self.files, **changes)

    def post(self, **more: Any) -> Publication:
        return publication(f"Le pont {uuid4().hex}", **{"media": (self.picture(),), **more})

    def published(self, **more: Any) -> str:
        outcome = finished(self.network, self.account, self.post(**more), _open)
        assert isinstance(outcome, Published), outcome
        return outcome.remote_id


@pytest.fixture
def town(tmp_path: Any, files: Shelf) -> Iterator[Town]:
    import time

    ahead = [0.0]
    with running(tmp_path / "practice", clock=lambda: time.time() + ahead[0]) as server:
        yield Town(server.url, files, ahead)


def pending(town: Town, post: Publication) -> Publication:
    outcome = town.network.publish(town.account, post, _open)
    assert isinstance(outcome, Pending), outcome
    return replace(post, ticket=outcome.ticket)


SINCE: Callable[[], datetime] = lambda: datetime.now(UTC) - timedelta(seconds=1)  # noqa: E731


# ---------------------------------------------------------------- two steps


def test_nothing_stands_in_public_before_the_ticket_is_given_back(town: Town) -> None:
    waiting = pending(town, town.post())
    assert town.standing() == 0
    outcome = town.network.publish(town.account, waiting, _open)
    assert isinstance(outcome, Published)
    assert outcome.url == f"{town.url}/p/{outcome.remote_id}"
    assert town.standing() == 1


def test_trap_11_an_answer_of_400_to_what_was_created_does_not_make_a_second_post(town: Town) -> None:
    since = SINCE()
    waiting = pending(town, town.post())
    town.faults({"kind": "refused_after_accept", "network": "instagram", "operation": "publish", "count": 1})
    assert isinstance(town.network.publish(town.account, waiting, _open), OutcomeUnknown)
    for _ in range(3):
        assert town.network.publish(town.account, waiting, _open) == OutcomeUnknown("published_before")
    assert town.standing() == 1
    assert len(town.network.find(town.account, waiting, since=since)) == 1


@pytest.mark.parametrize(
    "kind", ["error_5xx_after_accept", "drop_after_accept", "malformed", "rate_limit", "refused_after_accept"]
)
def test_trap_2_a_repeated_attempt_after_a_fault_makes_one_post(town: Town, kind: str) -> None:
    waiting = pending(town, town.post())
    town.faults({"kind": kind, "network": "instagram", "operation": "publish", "count": 1})
    for _ in range(3):
        town.network.publish(town.account, waiting, _open)
    assert town.standing() == 1


def test_trap_11_a_comment_that_was_refused_and_stands_is_found(town: Town) -> None:
    since = SINCE()
    post = town.published()
    asked = town.write("Où ?", reply_to=post)
    reply = publication(f"Ici {uuid4().hex}", reply_to=asked)
    town.faults({"kind": "refused_after_accept", "network": "instagram", "operation": "publish", "count": 1})
    assert isinstance(town.network.publish(town.account, reply, _open), OutcomeUnknown)
    assert len(town.network.find(town.account, reply, since=since)) == 1
    assert town.network.find(town.account, replace(reply, text="Autre"), since=since) == []


def test_trap_12_a_container_in_progress_is_not_published(town: Town) -> None:
    town.settings(media_processing_seconds=60.0)
    waiting = pending(town, town.post())
    for _ in range(2):
        again = town.network.publish(town.account, waiting, _open)
        assert isinstance(again, Pending)
        assert again.ticket == waiting.ticket
    assert town.standing() == 0
    town.ahead[0] = 61.0
    assert isinstance(town.network.publish(town.account, waiting, _open), Published)


def test_trap_12_another_post_that_is_newer_is_not_taken_for_ours(town: Town) -> None:
    since = SINCE()
    waiting = pending(town, town.post())
    town.faults({"kind": "malformed", "network": "instagram", "operation": "publish", "count": 1})
    assert isinstance(town.network.publish(town.account, waiting, _open), OutcomeUnknown)
    other = town.published()
    found = town.network.find(town.account, waiting, since=since)
    assert other not in [each.remote_id for each in found]
    assert len(found) == 1


def test_where_the_container_is_published_and_nothing_is_seen_nothing_is_proven(town: Town) -> None:
    since = SINCE()
    waiting = pending(town, town.post())
    town.faults(
        {"kind": "late_visibility", "network": "instagram", "operation": "publish", "seconds": 3000},
        {"kind": "malformed", "network": "instagram", "operation": "publish", "count": 1},
    )
    assert isinstance(town.network.publish(town.account, waiting, _open), OutcomeUnknown)
    with pytest.raises(Unavailable) as raised:
        town.network.find(town.account, waiting, since=since)
    assert raised.value.code == "published_unseen"


def test_a_container_that_expired_is_made_anew(town: Town) -> None:
    waiting = pending(town, town.post())
    town.ahead[0] = 25 * 3600.0
    renewed = town.network.publish(town.account, waiting, _open)
    assert isinstance(renewed, Pending)
    assert renewed.ticket != waiting.ticket
    outcome = town.network.publish(town.account, replace(waiting, ticket=renewed.ticket), _open)
    assert isinstance(outcome, Published)
    assert town.standing() == 1


def test_a_container_that_failed_for_a_passing_reason_is_made_again_three_times(town: Town) -> None:
    town.faults({"kind": "container_error", "network": "instagram", "subcode": 2207032})
    post = town.post()
    tickets = []
    outcome = town.network.publish(town.account, post, _open)
    while isinstance(outcome, Pending):
        tickets.append(outcome.ticket)
        outcome = town.network.publish(town.account, replace(post, ticket=outcome.ticket), _open)
    assert len(set(tickets)) == len(tickets) == 3
    assert isinstance(outcome, Rejected)
    assert (outcome.code, "teal.jpg" in outcome.detail) == ("media_refused", True)


def test_trap_13_a_container_that_cannot_be_processed_names_its_file(town: Town) -> None:
    town.faults({"kind": "container_error", "network": "instagram", "subcode": 2207026})
    waiting = pending(town, town.post())
    outcome = town.network.publish(town.account, waiting, _open)
    assert isinstance(outcome, Rejected)
    assert outcome.detail.startswith("teal.jpg: ")


def test_a_carousel_is_put_together_when_its_parts_are_ready(town: Town) -> None:
    since = SINCE()
    video = town.picture(
        media_id="v1", filename="v.mp4", content_type="video/mp4", address=lambda: town.files.put(VIDEO, "video/mp4")
    )
    post = town.post(media=(town.picture(), town.picture(colour="orange"), video))
    first = town.network.publish(town.account, post, _open)
    assert isinstance(first, Pending)
    assert first.ticket.startswith("parts.1.")
    outcome = finished(town.network, town.account, replace(post, ticket=first.ticket), _open)
    assert isinstance(outcome, Published), outcome
    assert [each.remote_id for each in town.network.find(town.account, post, since=since)] == [outcome.remote_id]
    assert town.network.find(town.account, replace(post, media=post.media[:2]), since=since) == []


def test_a_video_becomes_a_reel(town: Town) -> None:
    video = town.picture(
        media_id="v1", filename="v.mp4", content_type="video/mp4", address=lambda: town.files.put(VIDEO, "video/mp4")
    )
    waiting = pending(town, town.post(media=(video,)))
    assert isinstance(town.network.publish(town.account, waiting, _open), Published)
    made = next(each for each in town.transport.sent if "video_url" in each.form)
    assert (made.form["media_type"], made.form["share_to_feed"]) == ("REELS", "true")


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (b"", RetryAfter(timedelta(seconds=15), "error_9004", "teal.jpg")),
        (b"no image", Rejected("media_refused", "teal.jpg: The image format is not supported.")),
        (jpeg(size=(900, 100)), Rejected("media_refused", "teal.jpg: The aspect ratio is not supported.")),
    ],
)
def test_an_address_at_which_there_is_no_good_file_is_noticed(town: Town, content: bytes, outcome: object) -> None:
    file = town.picture(address=lambda: town.files.put(content, "image/jpeg") if content else f"{town.files.url}/gone")
    assert town.network.publish(town.account, town.post(media=(file,)), _open) == outcome


def test_the_practice_network_fetches_from_this_machine_only(town: Town) -> None:
    file = town.picture(address=lambda: "https://192.0.2.1/x.jpg")
    outcome = town.network.publish(town.account, town.post(media=(file,)), _open)
    assert isinstance(outcome, RetryAfter)
    assert outcome.code == "error_9004"


def test_a_days_posts_that_are_used_up_are_waited_for_before_anything_is_handed_over(town: Town) -> None:
    practice_posts = practice.POSTS_A_DAY
    try:
        practice.POSTS_A_DAY = 1
        waiting = pending(town, town.post())
        town.published()
        assert town.network.publish(town.account, waiting, _open) == RetryAfter(timedelta(minutes=5), "rate_limited")
        outcome = town.network.publish(town.account, town.post(), _open)
        assert outcome == RetryAfter(timedelta(hours=1), "rate_limited")
    finally:
        practice.POSTS_A_DAY = practice_posts


# ---------------------------------------------------------------- reading


def test_comments_are_read_answered_and_found_again(town: Town) -> None:
    since = SINCE()
    cursor = town.network.inbox(town.account, cursor=None).cursor
    post = town.published()
    first = town.write("Où est l’eau ?", reply_to=post)
    second = town.write("Oui, où ?", reply_to=first)
    tagged = town.write("Merci", mention="mairie")
    batch = town.network.inbox(town.account, cursor=cursor)
    told = {each.remote_id: each for each in batch.messages}
    assert set(told) == {first, second, tagged}
    assert (told[first].kind, told[first].parent, told[first].root) == ("comment", post, post)
    assert (told[second].parent, told[second].root) == (first, post)
    assert (told[tagged].kind, told[tagged].text) == ("mention", "@mairie Merci")
    assert told[first].author.handle == "alice"
    assert [each.remote_id for each in town.network.thread(town.account, second)] == [post, first]
    assert town.network.thread(town.account, post) == []

    reply = publication(f"Nous cherchons {uuid4().hex}", reply_to=second)
    outcome = town.network.publish(town.account, reply, _open)
    assert isinstance(outcome, Published), outcome
    assert [each.remote_id for each in town.network.find(town.account, reply, since=since)] == [outcome.remote_id]
    thanks = publication(f"Avec plaisir {uuid4().hex}", reply_to=tagged)
    assert isinstance(town.network.publish(town.account, thanks, _open), Published)
    with pytest.raises(Unavailable):
        town.network.find(town.account, thanks, since=since)
    assert town.network.inbox(town.account, cursor=batch.cursor).messages == [], "nothing twice, nothing of our own"


def test_a_flood_is_told_whole_and_once(town: Town) -> None:
    post = town.published()
    cursor = town.network.inbox(town.account, cursor=None).cursor
    first = town.write("zéro", reply_to=post)
    cursor = town.network.inbox(town.account, cursor=cursor).cursor
    sent = {town.write(f"{n}", reply_to=post) for n in range(70)}
    told = []
    while batch := town.network.inbox(town.account, cursor=cursor, limit=20):
        told += [each.remote_id for each in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            break
    assert len(told) == len(sent)
    assert set(told) == sent
    assert first not in told


def test_figures_are_read_and_what_is_gone_is_said(town: Town) -> None:
    post = town.published()
    comment = town.write("Merci", reply_to=post)
    metrics = town.network.post_metrics(town.account, [comment, post, "18009999999999999"])
    assert [each.gone for each in metrics] == [False, False, True]
    assert metrics[1].replies == 1
    assert None not in (metrics[0].likes, metrics[1].likes, metrics[1].shares, metrics[1].impressions)
    counted = town.network.profile_metrics(town.account)
    assert counted.posts == 1
    assert counted.followers is not None


def test_a_comment_is_hidden_shown_again_and_deleted(town: Town) -> None:
    comment = town.write("Vendu", reply_to=town.published())
    for hidden in (True, True, False):
        town.network.hide(town.account, comment, hidden=hidden)
        shown = requests.get(
            f"{town.url}/v25.0/{Place.read(comment).node}",
            params={"fields": "hidden"},
            headers={"Authorization": f"Bearer {town.account.secrets['access']}"},
            timeout=10,
        ).json()
        assert shown["hidden"] is hidden
    town.network.delete(town.account, comment)
    town.network.delete(town.account, comment)
    assert town.network.post_metrics(town.account, [comment])[0].gone
    with pytest.raises(NotPermitted):
        town.network.delete(town.account, town.write("Ailleurs"))


# ---------------------------------------------------------------- connecting


def test_every_account_behind_the_pages_of_a_person_is_offered_with_its_own_token(town: Town) -> None:
    town.made("instagram", "police.mairie")
    town.made("instagram", "autre", password="another")
    start = town.network.start_oauth(server=town.url, redirect_uri=REDIRECT, state="s1")
    code = _sign_in(start.authorize_url, {"username": "mairie", "password": PRACTICE_PASSWORD})
    found = town.network.finish_oauth(server=town.url, redirect_uri=REDIRECT, code=code, keep=start.keep)
    assert sorted(each.handle for each in found) == ["mairie", "police.mairie"]
    assert len({each.secrets["access"] for each in found}) == 2
    assert all(each.secrets["access"] not in repr(each) for each in found)
    with pytest.raises(CredentialsRefused) as refused:
        town.network.finish_oauth(server=town.url, redirect_uri=REDIRECT, code=code, keep=start.keep)
    assert refused.value.code == "code_refused", "a code is good once"


def test_without_leave_for_loopback_nothing_is_begun(town: Town) -> None:
    with pytest.raises(AddressRefused):
        Instagram(Transport(), lambda: PRACTICE_APP).start_oauth(server=town.url, redirect_uri=REDIRECT, state="s")


def test_a_deployment_without_an_application_says_so(town: Town) -> None:
    with pytest.raises(Unavailable) as raised:
        Instagram(Transport(), dict).start_oauth(server="", redirect_uri=REDIRECT, state="s")
    assert raised.value.code == "application_missing"


def test_tokens_containers_and_comments_outlive_a_restart(tmp_path: Any, files: Shelf) -> None:
    with running(tmp_path / "practice") as server:
        town = Town(server.url, files, [0.0])
        comment = town.write("Où ?", reply_to=town.published())
        waiting = pending(town, town.post())
        port = int(server.url.rpartition(":")[2])
    with running(tmp_path / "practice", port=port):
        assert isinstance(town.network.publish(town.account, waiting, _open), Published)
        assert [each.remote_id for each in town.network.inbox(town.account, cursor=None).messages] == [comment]
        assert isinstance(finished(town.network, town.account, town.post(), _open), Published)


# ---------------------------------------------------------------- Meta's specification


def test_every_request_is_in_metas_specification(town: Town) -> None:
    folder = specs()
    cursor = town.network.inbox(town.account, cursor=None).cursor
    town.network.find(town.account, town.post(), since=SINCE())
    post = town.published(media=(town.picture(), town.picture(colour="orange")))
    video = town.picture(content_type="video/mp4", address=lambda: town.files.put(VIDEO, "video/mp4"))
    town.published(media=(video,))
    comments = [town.write(f"{n}", reply_to=post) for n in range(60)]
    tagged = town.write("Merci", mention="mairie")
    town.network.inbox(town.account, cursor=cursor)
    town.network.inbox(town.account, cursor=f"{(SINCE() - timedelta(hours=1)).isoformat()}|")
    town.network.thread(town.account, comments[0])
    for target in (comments[0], post, tagged):
        answer = publication("Bonjour", reply_to=target)
        town.network.publish(town.account, answer, _open)
        if target != tagged:
            town.network.find(town.account, answer, since=SINCE())
    town.network.post_metrics(town.account, [post, comments[0]])
    town.network.profile_metrics(town.account)
    town.network.hide(town.account, comments[0], hidden=True)
    town.network.delete(town.account, comments[0])
    town.network.delete(town.account, post)
    assert refusals(town.transport.sent, folder) == []
    assert calls_outside_spec(town.transport.sent, folder) == 0
    assert {what(each) for each in town.transport.sent} == {
        "GET oauth/access_token",
        "GET User/accounts",
        "GET Page/conversations",
        "POST IGUser/media",
        "POST IGUser/media_publish",
        "POST IGUser/mentions",
        "GET IGUser/media",
        "GET IGUser/tags",
        "GET IGUser/content_publishing_limit",
        "GET IGUser",
        "GET IGContainer",
        "GET IGMedia",
        "GET IGMedia/comments",
        "POST IGMedia/comments",
        "GET IGComment",
        "GET IGComment/replies",
        "POST IGComment/replies",
        "POST IGComment",
        "DELETE IGComment",
        "DELETE IGMedia",
    }


def test_the_specification_refuses_what_it_does_not_know(town: Town) -> None:
    folder = specs()
    before = len(town.transport.sent)
    for url in (
        "17841000000000001?fields=shoe_size",
        "17841000000000001/media?colour=red",
        "17841000000000001/shoes",
        "18000000000000001?fields=comments.limit(5){id,shoe_size}",
        "17800000000000001?fields=permalink",
    ):
        town.transport.get(f"{town.url}/v25.0/{url}")
    town.transport.post(f"{town.url}/v25.0/17841000000000001/media_publish", form=[])
    assert len(refusals(town.transport.sent[before:], folder)) == 6


def test_the_practice_server_knows_no_field_that_meta_does_not() -> None:
    folder = specs()
    assert unknown_fields("IGUser", practice.USER_FIELDS, folder) is None
    assert unknown_fields("IGMedia", practice.MEDIA_FIELDS, folder) is None
    assert unknown_fields("IGComment", practice.COMMENT_FIELDS, folder) is None
    assert unknown_fields("IGContainer", practice.CONTAINER_FIELDS, folder) is None


def test_the_pages_show_what_was_published(town: Town) -> None:
    post = town.published(media=(town.picture(alt="Le pont fermé"), town.picture(colour="orange")))
    comment = town.write("<script>alert(1)</script>", reply_to=post)
    for address in (f"/p/{post}", f"/p/{Place.read(comment).node}", "/instagram/mairie", "/?network=instagram"):
        shown = requests.get(town.url + address, timeout=10).text
        assert "Le pont fermé" in shown, address
        assert "<script>alert" not in shown
    assert "&lt;script&gt;" in requests.get(f"{town.url}/p/{post}", timeout=10).text
    image = requests.get(f"{town.url}/p/{post}", timeout=10).text.split('<img src="/instagram/files/')[1].split('"')[0]
    assert io.BytesIO(requests.get(f"{town.url}/instagram/files/{image}", timeout=10).content).read(2) == b"\xff\xd8"
    assert requests.get(f"{town.url}/p/1", timeout=10).status_code == 404


# ---------------------------------------------------------------- private messages


def test_a_private_message_is_told_as_private(town: Town) -> None:
    network = Instagram(town.transport, lambda: PRACTICE_APP, private_pace=timedelta(0))
    cursor = network.inbox(town.account, cursor=None).cursor
    secret = town.write("Entre nous", mention="mairie", private=True)
    (message,) = network.inbox(town.account, cursor=cursor).messages
    assert (message.remote_id, message.kind, message.text) == (secret, "private", "Entre nous")
    assert (message.author.handle, message.parent, message.root) == ("alice", None, None)
    batch = network.inbox(town.account, cursor=cursor)
    assert network.inbox(town.account, cursor=batch.cursor).messages == []
    with pytest.raises(requests.HTTPError):
        town.write("Entre nous", private=True)
    assert "GET Page/conversations" in {what(each) for each in town.transport.sent}
    assert refusals(town.transport.sent, specs()) == []


def test_an_account_that_was_connected_without_private_messages_is_read_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = tuple(each for each in PERMISSIONS if each != "instagram_manage_messages")
    monkeypatch.setattr("chalicelib.networks.instagram.PERMISSIONS", less)
    account = town.connect("mairie")
    town.write("Entre nous", mention="mairie", private=True)
    tagged = town.write("Beau pont", mention="mairie")
    assert [each.remote_id for each in town.network.inbox(account, cursor=None).messages] == [tagged]


def test_private_messages_are_told_while_comments_cannot_be_read(town: Town) -> None:
    secret = town.write("Entre nous", mention="mairie", private=True)
    town.faults({"kind": "error_5xx_before", "network": "instagram", "operation": "read"})
    assert [each.remote_id for each in town.network.inbox(town.account, cursor=None).messages] == [secret]
