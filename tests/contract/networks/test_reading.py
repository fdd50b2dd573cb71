"""What every network tells us, on every target alike: inbox, search, threads, figures, and a reply that arrives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.networks.contract import CredentialsRefused, Unavailable, addressed
from infra.servers.bluesky_network import until
from tests.contract.networks.conftest import publication
from tests.contract.networks.reading import READ_FROM, Town, build, counted, unusual


@pytest.fixture(scope="module", params=READ_FROM)
def town(request: pytest.FixtureRequest) -> Town:
    return build(request.param, request)


def _start(town: Town) -> str | None:
    """Where reading begins: what came before is not told again."""
    return town.network.inbox(town.account, cursor=None, limit=40).cursor


def test_it_says_what_it_reads(town: Town) -> None:
    capabilities = town.network.capabilities()
    assert capabilities.reads >= {"inbox", "search", "thread", "post_metrics", "profile_metrics"}
    assert capabilities.measures >= {"likes", "shares", "replies"}


def test_a_mention_reaches_the_inbox_as_plain_text(town: Town) -> None:
    cursor = _start(town)
    words = f"{unusual()} : été 🎉 à côté, https://ville.example/travaux?rue=1&côté=2"
    remote_id = town.say(words, to_agency=True)
    (message,), _ = town.new(cursor, remote_id)
    assert message.remote_id == remote_id
    assert message.kind == "mention"
    assert words in message.text
    assert message.author.remote_id
    assert "alice" in message.author.handle
    assert message.parent is None
    assert abs(message.written_at - datetime.now(UTC)) < timedelta(minutes=2)
    assert message.written_at <= datetime.now(UTC)


def test_a_reply_says_what_it_answers(town: Town) -> None:
    cursor = _start(town)
    post = town.publish(f"Le pont est fermé {unusual()}")
    first = town.say("Jusqu'à quand ?", reply_to=post)
    (message,), cursor = town.new(cursor, first)
    assert (message.remote_id, message.kind, message.parent) == (first, "reply", post)
    assert message.root == (post if town.follows_parents else None)
    assert [above.remote_id for above in town.network.thread(town.account, first)] == [post]
    second = town.say("Et à pied ?", reply_to=first, to_agency=True)
    above = until(lambda: town.network.thread(town.account, second), seconds=40)
    assert [message.remote_id for message in above] == [post, first]
    assert "Jusqu'à quand ?" in above[1].text
    town.new(cursor, second)


def test_nothing_stands_above_what_begins_a_thread_or_is_not_there(town: Town) -> None:
    post = town.publish(f"Premier {unusual()}")
    assert list(town.network.thread(town.account, post)) == []
    assert list(town.network.thread(town.account, post[:-4] + "2222")) == []


def test_what_comes_between_two_readings_is_told_once_in_batches_no_larger_than_asked(town: Town) -> None:
    cursor = _start(town)
    sent = {town.say(f"{number} {unusual()}", to_agency=True) for number in range(5)}
    until(lambda: sent <= {told.remote_id for told in town.network.inbox(town.account, cursor=cursor).messages})
    told, cursor = town.new(cursor, *sent, limit=2)
    assert sorted(message.remote_id for message in told) == sorted(sent)
    batch = town.network.inbox(town.account, cursor=cursor, limit=2)
    while batch.more:
        assert not sent & {message.remote_id for message in batch.messages}
        batch = town.network.inbox(town.account, cursor=batch.cursor, limit=2)
    assert not sent & {message.remote_id for message in batch.messages}


def test_a_first_reading_tells_the_newest_oldest_first(town: Town) -> None:
    cursor = _start(town)
    first = town.say(f"un {unusual()}", to_agency=True)
    _, cursor = town.new(cursor, first)
    second = town.say(f"deux {unusual()}", to_agency=True)
    town.new(cursor, second)
    batch = town.network.inbox(town.account, cursor=None, limit=2)
    assert [message.remote_id for message in batch.messages] == [first, second]
    assert not batch.more


def test_a_search_finds_what_strangers_say_in_public_and_not_what_we_do(town: Town) -> None:
    word = unusual()
    cursor = town.network.search(town.account, word, cursor=None).cursor
    own = town.publish(f"Nous disons {word}")
    theirs = town.proclaim(f"Ils disent {word}")
    found = []

    def look() -> bool:
        nonlocal cursor
        batch = town.network.search(town.account, word, cursor=cursor, limit=10)
        cursor = batch.cursor
        found.extend(batch.messages)
        return bool(found)

    until(look, seconds=40)
    assert [(message.remote_id, message.kind) for message in found] == [(theirs, "keyword")]
    assert own not in {message.remote_id for message in found}
    again = town.network.search(town.account, word, cursor=cursor, limit=10)
    assert again.messages == []


def test_figures_are_counted_in_the_order_asked_for(town: Town) -> None:
    post, other = town.publish(f"Compté {unusual()}"), town.publish(f"Autre {unusual()}")
    town.say("Une réponse", reply_to=post)
    town.like(post)
    figures = counted(town, post, lambda figures: (figures.likes, figures.replies) == (1, 1))
    assert figures.clicks is None
    assert (figures.impressions is not None) is ("impressions" in town.network.capabilities().measures)
    nowhere = post[:-4] + "2222"
    asked = [other, nowhere, post]
    answered = town.network.post_metrics(town.account, asked)
    assert [figures.remote_id for figures in answered] == asked
    assert [figures.gone for figures in answered] == [False, True, False]
    assert answered[1].likes is None


def test_a_profile_is_counted(town: Town) -> None:
    figures = town.network.profile_metrics(town.account)
    assert all(value is None or value >= 0 for value in (figures.followers, figures.following, figures.posts))
    assert figures.followers is not None


def test_a_private_message_is_told_as_private(town: Town) -> None:
    if town.private is None:
        pytest.skip("this network has no private messages that we may read")
    cursor = _start(town)
    remote_id = town.private(f"Entre nous {unusual()}")
    (message,), _ = town.new(cursor, remote_id)
    assert message.kind == "private"


def test_our_reply_stands_below_the_citizens_post_and_reaches_them(town: Town) -> None:
    cursor = _start(town)
    asked = town.say(f"Une question {unusual()}", to_agency=True)
    (message,), _ = town.new(cursor, asked)
    word = unusual()
    text = addressed(f"Merci, c'est noté. {word}", town.citizen(message).handle, town.network.capabilities())
    answer = town.publish(text, reply_to=asked)
    above = until(lambda: town.network.thread(town.account, answer), seconds=40)
    assert [each.remote_id for each in above] == [asked]
    heard = town.heard
    if heard is not None:
        until(lambda: any(word in text for text in heard()), seconds=40)
    if not town.network.capabilities().chosen_id:
        again = publication(text, reply_to=asked)
        found = town.network.find(town.account, again, since=datetime.now(UTC) - timedelta(minutes=2))
        assert answer in {sighting.remote_id for sighting in found}


def test_a_token_that_does_not_stand_is_refused(town: Town) -> None:
    stranger = replace(town.account, secrets={**town.account.secrets, "access": "not-a-token"})
    for read in (
        lambda: town.network.inbox(stranger, cursor=None),
        lambda: town.network.search(stranger, "pont", cursor=None),
    ):
        with pytest.raises(CredentialsRefused) as refused:
            read()
        assert "not-a-token" not in str(refused.value)


def test_a_server_that_is_away_disconnects_nobody(town: Town) -> None:
    if town.name == "fake":
        pytest.skip("the fake is never away")
    post = town.publish(f"Là {unusual()}")
    nobody = replace(town.account, server="http://127.0.0.1:9")
    for read in (
        lambda: town.network.inbox(nobody, cursor=None),
        lambda: town.network.search(nobody, "pont", cursor=None),
        lambda: town.network.thread(nobody, post),
        lambda: town.network.post_metrics(nobody, [post]),
        lambda: town.network.profile_metrics(nobody),
    ):
        with pytest.raises(Unavailable):
            read()
