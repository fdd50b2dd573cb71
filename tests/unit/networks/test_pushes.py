"""What a signed push says, message by message."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.networks import registry
from chalicelib.networks.contract import Citizen, Inbound, InboundMedia, NotUnderstood
from chalicelib.networks.pushes import revision_of
from tests.fakes.pushes import comment, notification, notifications, push

AT = datetime(2026, 11, 23, 14, 5, 9, tzinfo=UTC)


def told(*changes: dict[str, Any]) -> list[Inbound]:
    return [each.inbound for each in registry.parse_push("facebook", push(*changes, at=AT))]


def test_a_comment_is_told_whole() -> None:
    assert told(comment()) == [
        Inbound(
            remote_id="9_1",
            kind="comment",
            author=Citizen("777", "Zoé Citoyenne", "Zoé Citoyenne"),
            text="Où est l’eau ?",
            written_at=datetime.fromtimestamp(1_795_000_000, UTC),
            url="https://www.facebook.com/123/posts/9",
            parent="123_9",
            root="123_9",
            revision=revision_of("Où est l’eau ?"),
        )
    ]


def test_an_answer_to_a_comment_names_it_and_the_post() -> None:
    (answer,) = told(comment(parent_id="9_1", comment_id="9_2"))
    assert (answer.parent, answer.root) == ("9_1", "123_9")


def test_what_the_page_itself_wrote_is_left_out() -> None:
    own = {"from": {"id": "123", "name": "Ville"}}
    post = {"field": "feed", "value": {**own, "item": "status", "verb": "add", "post_id": "123_9", "message": "x"}}
    assert told(comment(**own), post, comment(2)) == told(comment(2))


@pytest.mark.parametrize("verb", ["edited", "edit"])
def test_an_edited_comment_is_the_same_message_with_another_revision(verb: str) -> None:
    (before,), (after,) = told(comment()), told(comment(text="Où est l’eau, enfin ?", verb=verb))
    assert before.remote_id == after.remote_id
    assert before.revision != after.revision
    assert told(comment(verb=verb))[0].revision == before.revision, "the same words are the same revision"


@pytest.mark.parametrize(
    "change",
    [
        comment(verb="remove"),
        comment(verb="hide"),
        comment(item="reaction", reaction_type="love"),
        comment(item="like"),
        comment(item="event"),
        comment(comment_id=""),
        comment(message={"not": "text"}),
        comment(created_time="yesterday"),
        {"field": "messages", "value": {}},
        {"field": "feed"},
        {"field": "feed", "value": None},
        {"field": "feed", "value": []},
    ],
)
def test_what_is_no_message_is_passed_over(change: dict[str, Any]) -> None:
    assert told(change, comment(2)) == told(comment(2))


def test_a_visitors_post_is_a_mention() -> None:
    value = {
        "item": "status",
        "verb": "add",
        "post_id": "123_77",
        "message": "Bonjour la mairie",
        "created_time": 1_795_000_001,
        "from": {"id": "777", "name": "Zoé"},
    }
    (mention,) = told({"field": "feed", "value": value})
    assert (mention.kind, mention.remote_id, mention.parent, mention.root) == ("mention", "123_77", None, None)
    assert mention.url == "https://www.facebook.com/123_77"


def test_a_picture_in_a_comment_is_kept_by_its_address() -> None:
    (seen,) = told(comment(photo="https://scontent.example/p.jpg", message=""))
    assert seen.media == (InboundMedia("image", "https://scontent.example/p.jpg"),)
    assert seen.text == ""


def test_an_author_that_facebook_does_not_name_has_no_name() -> None:
    change = comment()
    del change["value"]["from"]
    assert told(change)[0].author == Citizen("", "", "")


def test_each_message_goes_to_its_own_account() -> None:
    body = push(comment(1), at=AT)
    body["entry"] += push(comment(2), at=AT, page="124")["entry"]
    pushed = registry.parse_push("facebook", body)
    assert [(each.account_remote_id, each.inbound.remote_id) for each in pushed] == [("123", "9_1"), ("124", "9_2")]


def test_it_is_understood_as_json_and_as_the_text_of_it() -> None:
    body = push(comment(), at=AT)
    text = json.dumps(body)
    assert registry.parse_push("facebook", text) == registry.parse_push("facebook", text.encode())
    assert registry.parse_push("facebook", text) == registry.parse_push("facebook", body)


@pytest.mark.parametrize("body", [{}, "", "[", "[]", b"\xff", {"object": "page", "entry": [{"id": "1"}]}])
def test_what_is_no_push_is_not_understood(body: Any) -> None:
    with pytest.raises(NotUnderstood):
        registry.parse_push("facebook", body)


@pytest.mark.parametrize("network", ["x", "bluesky", "mastodon", "myspace"])
def test_a_network_without_pushes_tells_nothing(network: str) -> None:
    with pytest.raises(NotUnderstood):
        registry.parse_push(network, push(comment(), at=AT))


# ---------------------------------------------------------------- LinkedIn

ORGANISATION = "urn:li:organization:96072893"
SHARE = "urn:li:share:7094637247487995904"


def linkedin_told(*each: dict[str, Any]) -> list[Inbound]:
    return [pushed.inbound for pushed in registry.parse_push("linkedin", notifications(*each))]


def test_linkedins_comment_is_told_whole() -> None:
    (pushed,) = registry.parse_push("linkedin", notifications(notification(at=AT)))
    assert pushed.account_remote_id == ORGANISATION
    urn = "urn:li:comment:(urn:li:activity:7094637247890620418,1)"
    assert pushed.inbound == Inbound(
        remote_id=urn,
        kind="comment",
        author=Citizen("urn:li:person:zLqTygBP8S", ""),
        text="Où est l’eau ?",
        written_at=AT,
        url=pushed.inbound.url,
        parent=SHARE,
        root=SHARE,
        revision=revision_of("Où est l’eau ?"),
        native={"notification": "5603453321"},
    )
    assert str(pushed.inbound.url).startswith("https://www.linkedin.com/feed/update/urn:li:activity:70946")


def test_linkedins_edit_is_the_same_message_with_another_revision() -> None:
    (before,) = linkedin_told(notification(at=AT))
    (after,) = linkedin_told(notification(text="Où donc ?", action="COMMENT_EDIT", at=AT))
    assert before.remote_id == after.remote_id and before.revision != after.revision


def test_an_answer_on_linkedin_names_what_it_answers() -> None:
    answered = notification(2, at=AT)
    answered["decoratedGeneratedActivity"]["comment"]["parentComment"] = (
        "urn:li:comment:(urn:li:activity:7094637247890620418,1)"
    )
    (answer,) = linkedin_told(answered)
    assert answer.parent == "urn:li:comment:(urn:li:activity:7094637247890620418,1)" and answer.root == SHARE


def test_a_mention_on_linkedin_is_plain_text() -> None:
    share = {"entity": "urn:li:share:9", "owner": "urn:li:person:z", "text": r"Bonjour \(tous\) {hashtag|\#|pont}"}
    told_of = notification(at=AT, action="SHARE_MENTION", decoratedGeneratedActivity={"share": share})
    (mention,) = linkedin_told(told_of)
    assert (mention.kind, mention.remote_id, mention.root) == ("mention", "urn:li:share:9", None)
    assert mention.text == "Bonjour (tous) #pont"


@pytest.mark.parametrize(
    "more",
    [
        {"action": "LIKE", "decoratedGeneratedActivity": {}},
        {"action": "COMMENT_DELETE"},
        {"action": "ADMIN_COMMENT"},
        {"decoratedGeneratedActivity": {}},
        {"decoratedGeneratedActivity": {"comment": {"owner": ORGANISATION, "text": "nous", "entity": "x"}}},
        {"decoratedGeneratedActivity": {"comment": {"owner": "urn:li:person:z", "text": "?"}}, "generatedActivity": ""},
    ],
)
def test_what_is_no_message_on_linkedin_is_passed_over(more: dict[str, Any]) -> None:
    assert linkedin_told(notification(at=AT, **more), notification(2, at=AT)) == linkedin_told(notification(2, at=AT))


@pytest.mark.parametrize("body", [{}, "[]", {"type": "LEAD_ACTION", "notifications": []}, notifications({"a": 1})])
def test_what_is_no_push_of_linkedins_is_not_understood(body: Any) -> None:
    with pytest.raises(NotUnderstood):
        registry.parse_push("linkedin", body)
