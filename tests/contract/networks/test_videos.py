"""A video on every target that takes one in the way of videos.py: handed over, prepared, posted once, found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from chalicelib.networks.contract import (
    Account,
    Halted,
    MediaFile,
    OutcomeUnknown,
    Pending,
    Published,
    Rejected,
    Unavailable,
)
from tests.contract.networks.conftest import Target, image, publication
from tests.contract.networks.two_steps import InOneStep, finished


def mp4(size: int = 3_000_000) -> bytes:
    """So long that Facebook and X take it in parts. No picture in it: what is told of it is what its head says."""
    head = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
    rest = hashlib.sha256(uuid4().bytes).digest() * (size // 32)
    return head + (len(rest) + 8).to_bytes(4, "big") + b"mdat" + rest


def film(content: bytes | None = None, **changes: object) -> MediaFile:
    content = content or mp4()
    made = replace(
        image("Le pont, filmé du quai — 🌉"),
        media_id="m-film",
        filename="pont.mp4",
        content_type="video/mp4",
        size=len(content),
        width=1280,
        height=720,
        duration_s=4.0,
        sha256=hashlib.sha256(content).hexdigest(),
        read=lambda: content,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def _open() -> None:
    pass


def _since() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def _text(words: str) -> str:
    return f"{words} n° {uuid4().hex[:12]}"


@pytest.fixture
def takes(target: Target, account: Account) -> Target:
    if isinstance(target.network, InOneStep):
        pytest.skip("its videos are containers, which have tests of their own")
    if not target.network.limits(account.limits).videos_max:
        pytest.skip("this one takes no video")
    return target


Settings = Callable[..., None]


@pytest.fixture
def settings(takes: Target, account: Account) -> Iterator[Settings]:
    """Of the practice server; as they were afterwards."""
    if not takes.name.startswith("practice-"):
        pytest.skip("how long a real server prepares is its own affair")
    url = f"{account.server}/practice/settings"
    before = requests.get(url, timeout=10).json()

    def put(**changed: object) -> None:
        requests.put(url, json=changed, timeout=10).raise_for_status()

    yield put
    put(media_processing_seconds=before["media_processing_seconds"])


def test_a_video_is_handed_over_first_and_posted_by_its_ticket(takes: Target, account: Account) -> None:
    before, since = takes.standing(account), _since()
    post = publication(_text("Un film"), media=(film(),))
    handed = takes.network.publish(account, post, _open)
    assert isinstance(handed, Pending), handed
    assert takes.standing(account) == before, "nothing of it stands in public"
    assert takes.network.find(account, replace(post, ticket=handed.ticket), since=since) == []
    outcome = finished(takes.network, account, replace(post, ticket=handed.ticket), _open)
    assert isinstance(outcome, Published), outcome
    assert takes.standing(account) == before + 1
    found = takes.network.find(account, replace(post, ticket=handed.ticket), since=since)
    assert outcome.remote_id in [each.remote_id for each in found]


def test_trap_12_nothing_is_posted_while_it_is_prepared(takes: Target, account: Account, settings: Settings) -> None:
    if takes.network.capabilities().network in ("bluesky", "facebook"):
        pytest.skip("prepares it only once it is posted")
    settings(media_processing_seconds=0.6)
    before = takes.standing(account)
    post = publication(_text("Un film"), media=(film(),))
    handed = takes.network.publish(account, post, _open)
    assert isinstance(handed, Pending)
    assert handed.unfinished, "the attempt with this ticket may come before the time"
    looked = takes.network.publish(account, replace(post, ticket=handed.ticket), _open)
    assert isinstance(looked, Pending)
    assert (looked.ticket, looked.unfinished, takes.standing(account)) == (handed.ticket, True, before)
    outcome = finished(takes.network, account, replace(post, ticket=handed.ticket), _open)
    assert isinstance(outcome, Published), outcome
    assert takes.standing(account) == before + 1


def test_trap_2_a_video_that_facebook_prepares_is_found_by_its_ticket_when_it_is_ready(
    takes: Target, account: Account, settings: Settings
) -> None:
    if takes.network.capabilities().network != "facebook":
        pytest.skip("Facebook alone prepares a video beside its post")
    settings(media_processing_seconds=7.0)
    before, since = takes.standing(account), _since()
    post = publication(_text("Un film"), media=(film(),))
    handed = takes.network.publish(account, post, _open)
    assert isinstance(handed, Pending)
    ticketed = replace(post, ticket=handed.ticket)
    assert takes.network.publish(account, ticketed, _open) == OutcomeUnknown("being_processed")
    with pytest.raises(Unavailable) as looking:
        takes.network.find(account, ticketed, since=since)
    assert looking.value.code == "being_processed"
    assert takes.network.publish(account, ticketed, _open) == OutcomeUnknown("being_processed"), (
        "it is not closed twice"
    )
    until = datetime.now(UTC) + timedelta(seconds=15)
    found: list[object] = []
    while not found and datetime.now(UTC) < until:
        try:
            found = [
                (each.exact, each.created_at > since) for each in takes.network.find(account, ticketed, since=since)
            ]
        except Unavailable:
            continue
    assert found == [(True, True)]
    assert takes.standing(account) == before + 1


def test_what_is_no_video_is_refused_and_stands_nowhere(takes: Target, account: Account) -> None:
    if takes.name not in ("practice-mastodon", "practice-facebook", "practice-x"):
        pytest.skip("takes any bytes that are called a video")
    before = takes.standing(account)
    broken = film(b"no video at all, but long enough to be one" * 1000)
    outcome = finished(takes.network, account, publication(_text("Rien"), media=(broken,)), _open)
    assert isinstance(outcome, Rejected), outcome
    assert outcome.code == "media_refused"
    assert "pont.mp4" in outcome.detail
    assert takes.standing(account) == before


def test_a_description_goes_with_a_video_where_the_network_has_one(takes: Target, account: Account) -> None:
    able = takes.network.capabilities()
    outcome = finished(takes.network, account, publication(_text("Décrit"), media=(film(),)), _open)
    assert isinstance(outcome, Published), outcome
    if takes.name.startswith("practice-") and "no_description_of_videos" not in able.notices:
        shown = (
            requests.get(outcome.url or "", timeout=10).text if able.network != "bluesky" else _record(account, outcome)
        )
        assert "filmé du quai" in shown


def _record(account: Account, outcome: Published) -> str:
    _, _, repo, collection, key = outcome.remote_id.split("/")
    query = {"repo": repo, "collection": collection, "rkey": key}
    answer = requests.get(f"{account.server}/xrpc/com.atproto.repo.getRecord", params=query, timeout=10)
    return str(answer.json()["value"]["embed"]["alt"])


def test_trap_14_a_halt_at_the_gate_leaves_nothing_behind(takes: Target, account: Account) -> None:
    def halt() -> None:
        raise Halted

    before = takes.standing(account)
    post = publication(_text("Arrêté"), media=(film(),))
    with pytest.raises(Halted):
        takes.network.publish(account, post, halt)
    handed = takes.network.publish(account, post, _open)
    while isinstance(handed, Pending) and handed.unfinished:
        handed = takes.network.publish(account, replace(post, ticket=handed.ticket), _open)
    assert isinstance(handed, Pending)
    with pytest.raises(Halted):
        takes.network.publish(account, replace(post, ticket=handed.ticket), halt)
    assert takes.standing(account) == before


def test_bytes_that_changed_since_approval_do_not_leave(takes: Target, account: Account) -> None:
    changed = film(sha256="0" * 64)
    outcome = takes.network.publish(account, publication(_text("Autre"), media=(changed,)), _open)
    assert outcome == Rejected("media_changed", "pont.mp4 is not the file that was attached.")


def test_a_video_and_an_image_do_not_go_together(takes: Target, account: Account) -> None:
    files = (film(), image())
    problems = takes.network.check("Le pont", files, takes.network.limits(account.limits))
    assert [each.code for each in problems] == ["video_with_images"]
    outcome = takes.network.publish(account, publication(_text("Ensemble"), media=files), _open)
    assert isinstance(outcome, Rejected)
