"""The inbox at its HTTP edge: what is answered, with which status, and to whom nothing of it exists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.api.routes import ROUTES
from chalicelib.api.routing import Asked, Reply, answer
from chalicelib.networks.contract import Rejected
from chalicelib.team.actor import Actor
from tests.fakes.citizens import ANNE, OMAR, POLICE, RITA, InboxHouse, inbound
from tests.fakes.house import ADMINISTRATOR, CONTRIBUTOR, PUBLISHER, SESSION, STRANGER


@pytest.fixture
def inbox() -> InboxHouse:
    made = InboxHouse()
    made.take(inbound("m1", text="<b>Plus d'eau</b>"))
    made.clock.advance(60)
    return made


def ask(
    inbox: InboxHouse,
    method: str,
    path: str,
    body: Any = None,
    *,
    actor: Actor = RITA,
    version: int | None = None,
    **query: str,
) -> Reply:
    """path: with the conversation's id (or a keyword's) in its place."""
    parts = path.split("/")
    found = next(
        each
        for each in ROUTES
        if each.method == method
        and len(each.path.split("/")) == len(parts)
        and all(ours in (theirs, "{id}") for ours, theirs in zip(each.path.split("/"), parts, strict=True))
    )
    ids = [theirs for ours, theirs in zip(found.path.split("/"), parts, strict=True) if ours == "{id}"]
    headers = {} if version is None else {"if-match": f'"{version}"'}
    content = b"" if body is None else json.dumps(body).encode()
    principal = {"agency": actor.agency, "person": actor.person, "session": SESSION}
    asked = Asked(method, {"id": ids[0]} if ids else {}, query, headers, content, principal)
    return answer(found, asked, inbox)  # type: ignore[arg-type]


def said(reply: Reply, status: int = 200) -> Any:
    assert reply.status == status, reply.body
    return json.loads(reply.body or "null")


def code(reply: Reply) -> tuple[int, str]:
    return reply.status, json.loads(reply.body or "{}")["error"]["code"]


def the(inbox: InboxHouse) -> str:
    return f"/api/conversations/{inbox.conversation_of('m1').id}"


def reply_of(inbox: InboxHouse, **more: Any) -> dict[str, Any]:
    return {"to": inbox.message("m1").id, "text": "Une équipe arrive.", "answers_seen": 0, **more}


def test_the_list_and_one_conversation(inbox: InboxHouse) -> None:
    page = said(ask(inbox, "GET", "/api/conversations"))
    assert [each["excerpt"] for each in page["items"]] == ["<b>Plus d'eau</b>"]
    assert page["next"] is None
    whole = said(ask(inbox, "GET", the(inbox), actor=ANNE))
    assert whole["messages"][0]["text"] == "<b>Plus d'eau</b>", (
        "words as they were written; whoever shows them shows text"
    )
    assert whole["citizen"]["handle"] == "nadia@there.example"
    assert (whole["can_reply"], whole["reply_limit"], whole["above"], whole["earlier"]) == (True, 300, [], False)
    assert page["items"][0].items() <= whole.items()


def test_filters_of_the_list(inbox: InboxHouse) -> None:
    def found(**query: str) -> int:
        return len(said(ask(inbox, "GET", "/api/conversations", **query))["items"])

    assert (found(assignee="none"), found(assignee="rita"), found(state="done"), found(tag="eau")) == (1, 0, 0, 0)
    assert (found(profile="p1"), found(profile="p2"), found(assignee="", tag="", profile="")) == (1, 0, 1)
    assert code(ask(inbox, "GET", "/api/conversations", state="closed")) == (422, "invalid_input")
    assert code(ask(inbox, "GET", "/api/conversations", cursor="x")) == (422, "cursor_invalid")


@pytest.mark.parametrize("actor", [POLICE, CONTRIBUTOR, STRANGER])
def test_for_whom_the_inbox_is_not_it_does_not_exist(inbox: InboxHouse, actor: Actor) -> None:
    refused = {(403, "forbidden")} if actor is CONTRIBUTOR else {(404, "not_found")}
    asked = (
        ask(inbox, "GET", the(inbox), actor=actor),
        ask(inbox, "PATCH", the(inbox), {"state": "done"}, actor=actor, version=0),
        ask(inbox, "PUT", f"{the(inbox)}/presence", {}, actor=actor),
        ask(inbox, "POST", f"{the(inbox)}/replies", reply_of(inbox), actor=actor),
    )
    assert {code(each) for each in asked} == refused


def test_a_change_needs_the_version_that_was_read(inbox: InboxHouse) -> None:
    version = said(ask(inbox, "GET", the(inbox)))["version"]
    assert code(ask(inbox, "PATCH", the(inbox), {"state": "done"})) == (428, "version_required")
    changed = said(ask(inbox, "PATCH", the(inbox), {"assignee": "omar", "tags": ["eau"]}, version=version))
    assert (changed["assignee"], changed["tags"]) == ({"id": "omar", "name": "Omar Responder"}, ["eau"])
    assert code(ask(inbox, "PATCH", the(inbox), {"state": "done"}, version=version)) == (412, "version_stale")
    kept = said(ask(inbox, "PATCH", the(inbox), {"state": "done"}, version=changed["version"]))
    assert (kept["state"], kept["assignee"]["id"]) == ("done", "omar")
    taken = said(ask(inbox, "PATCH", the(inbox), {"assignee": None}, version=kept["version"]))
    assert taken["assignee"] is None
    assert code(ask(inbox, "PATCH", the(inbox), {"assignee": "anne"}, version=taken["version"])) == (
        422,
        "assignee_unknown",
    )


def test_two_see_each_other_and_one_of_them_answers(inbox: InboxHouse) -> None:
    assert said(ask(inbox, "PUT", f"{the(inbox)}/presence", {}))["present"] == []
    other = said(ask(inbox, "PUT", f"{the(inbox)}/presence", {"writing": True}, actor=OMAR))
    assert [(each["person"]["id"], each["writing"]) for each in other["present"]] == [("rita", False)]
    seen = said(ask(inbox, "GET", the(inbox)))
    assert [(each["person"]["id"], each["writing"]) for each in seen["present"]] == [("omar", True)]

    answered = said(ask(inbox, "POST", f"{the(inbox)}/replies", reply_of(inbox)), 201)
    [given] = answered["replies"]
    assert (given["text"], given["state"], given["by"]["id"]) == ("Une équipe arrive.", "queued", "rita")
    assert (answered["answers"], answered["waiting_since"]) == (1, None)
    refused = ask(inbox, "POST", f"{the(inbox)}/replies", reply_of(inbox, text="Moi aussi."), actor=OMAR)
    assert code(refused) == (409, "answered_meanwhile")
    assert "Rita Responder" in json.loads(refused.body or "")["error"]["hint"]
    now = said(ask(inbox, "PUT", f"{the(inbox)}/presence", {}, actor=OMAR))
    assert (now["version"], now["answers"]) == (answered["version"], 1)

    assert ask(inbox, "DELETE", f"{the(inbox)}/presence", actor=OMAR).status == 204
    assert said(ask(inbox, "GET", the(inbox)))["present"] == []


def test_what_became_of_a_reply_shows_in_its_conversation_and_in_needs_attention(inbox: InboxHouse) -> None:
    inbox.network.next_outcomes(Rejected("content_refused", "Non."))
    [given] = said(ask(inbox, "POST", f"{the(inbox)}/replies", reply_of(inbox)), 201)["replies"]
    inbox.run(5)
    [failed] = said(ask(inbox, "GET", the(inbox)))["replies"]
    assert (failed["state"], failed["reason"]) == ("failed", {"code": "content_refused", "detail": "Non."})
    [waiting] = said(ask(inbox, "GET", "/api/deliveries"))["items"]
    assert (waiting["id"], waiting["title"]) == (given["delivery"], "Une équipe arrive.")
    post = said(ask(inbox, "GET", f"/api/posts/{given['id']}"))
    assert (post["text"], post["deliveries"][0]["state"]) == ("Une équipe arrive.", "failed")
    assert said(ask(inbox, "GET", "/api/posts", actor=PUBLISHER))["items"] == []


def test_what_stands_in_the_way_of_an_answer_is_said(inbox: InboxHouse) -> None:
    too_long = ask(inbox, "POST", f"{the(inbox)}/replies", reply_of(inbox, text="x" * 301))
    assert code(too_long) == (422, "text_too_long")
    assert code(ask(inbox, "POST", f"{the(inbox)}/replies", reply_of(inbox, to="p1-x"))) == (422, "message_unknown")
    assert code(ask(inbox, "POST", f"{the(inbox)}/replies", reply_of(inbox), actor=ANNE)) == (403, "forbidden")
    inbox.store.save(inbox.profile_now().but(status="broken"))
    assert said(ask(inbox, "GET", the(inbox)))["can_reply"] is False
    assert code(ask(inbox, "POST", f"{the(inbox)}/replies", reply_of(inbox))) == (409, "profile_broken")
    inbox.store.remove(inbox.profile_now())
    gone = said(ask(inbox, "GET", the(inbox)))
    assert (gone["can_reply"], gone["reply_limit"]) == (False, 0)


# ---------------------------------------------------------------- keywords


def test_words_are_added_listed_and_taken_away(inbox: InboxHouse) -> None:
    body = {"words": "  rue   Haute ", "profile": "p1"}
    made = said(ask(inbox, "POST", "/api/keywords", body, actor=ADMINISTRATOR), 201)
    assert (made["words"], made["by"]["id"]) == ("rue Haute", "ada")
    assert said(ask(inbox, "GET", "/api/keywords"))["items"] == [made]
    assert said(ask(inbox, "GET", "/api/keywords", actor=POLICE))["items"] == []
    assert code(ask(inbox, "POST", "/api/keywords", body, actor=RITA)) == (403, "forbidden")
    again = {"words": "RUE haute", "profile": "p1"}
    assert code(ask(inbox, "POST", "/api/keywords", again, actor=ADMINISTRATOR)) == (409, "keyword_exists")
    assert ask(inbox, "DELETE", f"/api/keywords/{made['id']}", actor=ADMINISTRATOR).status == 204
    assert code(ask(inbox, "DELETE", f"/api/keywords/{made['id']}", actor=ADMINISTRATOR)) == (404, "not_found")


def test_words_that_cannot_be_searched_for_are_refused(inbox: InboxHouse) -> None:
    def refused(words: str, profile: str = "p1", actor: Actor = ADMINISTRATOR) -> tuple[int, str]:
        return code(ask(inbox, "POST", "/api/keywords", {"words": words, "profile": profile}, actor=actor))

    assert refused("x" * 121) == refused("   ") == (422, "invalid_input")
    assert refused("eau", "p9") == refused("eau", actor=STRANGER) == (404, "not_found")
    inbox.network.reads = frozenset({"inbox"})
    assert refused("eau") == (422, "search_not_offered")
    inbox.network.reads = frozenset({"inbox", "search"})
    for number in range(20):
        said(ask(inbox, "POST", "/api/keywords", {"words": f"mot {number}", "profile": "p1"}, actor=ADMINISTRATOR), 201)
    assert refused("un de trop") == (422, "too_many_keywords")
