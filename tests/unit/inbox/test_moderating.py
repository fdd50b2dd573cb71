"""Hiding, showing and deleting what citizens wrote under our posts: with a reason, on record, and safe to ask again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, ParvisError, Upstream
from chalicelib.inbox.message import Message
from chalicelib.inbox.moderating import Act, moderate, possible
from chalicelib.networks.contract import (
    Account,
    Capabilities,
    CredentialsRefused,
    NetworkError,
    NotPermitted,
    NotUnderstood,
    Unavailable,
)
from chalicelib.records.event import Event
from chalicelib.team.actor import Actor
from tests.fakes.citizens import ANNE, POLICE, RITA, CitizenNetwork, InboxHouse, inbound
from tests.fakes.house import AGENCY

REASON = "Coordonnées d’une personne privée"


class ModeratedNetwork(CitizenNetwork):
    """done: what was done, in order. error: what the network answers instead, or after it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.done: list[tuple[str, str]] = []
        self.error: NetworkError | None = None
        self.moderates = frozenset({"hide", "delete"})

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), moderates=self.moderates)

    def hide(self, account: Account, remote_id: str, *, hidden: bool) -> None:
        self._do("hide" if hidden else "show", remote_id)

    def delete(self, account: Account, remote_id: str) -> None:
        self._do("delete", remote_id)

    def _do(self, what: str, remote_id: str) -> None:
        if self.error is not None:
            raise self.error
        self.done.append((what, remote_id))


@pytest.fixture
def network(inbox: InboxHouse) -> ModeratedNetwork:
    """Nadia has commented c1 under a post of ours."""
    network = ModeratedNetwork(clock=inbox.clock.now)
    network._tokens = inbox.network._tokens
    inbox.network = network
    inbox.take(inbound("c1", kind="comment"))
    return network


def ask(inbox: InboxHouse, act: Act = "hide", *, to: str = "c1", reason: str = REASON, actor: Actor = RITA) -> Message:
    message = inbox.message(to)
    return moderate(
        message.conversation,
        message_id=message.id,
        act=act,
        reason=reason,
        actor=actor,
        store=inbox.store,
        vault=inbox.vault,
        clock=inbox.clock,
        network_named=inbox.network_named,
    )


def told(inbox: InboxHouse) -> list[tuple[str, object]]:
    subject = f"CONVERSATION#{inbox.message('c1').conversation}"
    events = inbox.store.query(Event, Event.partition(AGENCY, subject))
    return [(each.what, each.detail.get("reason")) for each in events if "received" not in each.what]


@pytest.mark.parametrize(("act", "standing"), [("hide", "hidden"), ("delete", "deleted")])
def test_it_is_done_and_on_record_with_who_and_why(
    inbox: InboxHouse, network: ModeratedNetwork, act: Act, standing: str
) -> None:
    before = inbox.message("c1")
    after = ask(inbox, act)
    assert network.done == [(act, "c1")]
    assert (after.standing, after.moderated_by_name, after.moderation_reason) == (standing, RITA.name, REASON)
    assert (after.text, after.author) == (before.text, before.author)
    assert inbox.message("c1") == after
    assert told(inbox) == [("message.moderation_asked", REASON), (f"message.{standing}", REASON)]


def test_what_was_hidden_can_be_shown_again(inbox: InboxHouse, network: ModeratedNetwork) -> None:
    assert possible(ask(inbox, "hide"), network) == ["show", "delete"]
    shown = ask(inbox, "show", reason="Erreur de notre part")
    assert (shown.standing, network.done) == ("shown", [("hide", "c1"), ("show", "c1")])
    assert possible(shown, network) == ["hide", "delete"]


def test_what_was_deleted_is_done_with(inbox: InboxHouse, network: ModeratedNetwork) -> None:
    assert possible(ask(inbox, "delete"), network) == []
    with pytest.raises(Conflict) as refused:
        ask(inbox, "hide")
    assert refused.value.code == "moderation_not_offered"


@pytest.mark.parametrize("error", [Unavailable("timeout"), NotUnderstood("answer_malformed")])
def test_an_unknown_outcome_stays_said_as_under_way_and_may_be_asked_again(
    inbox: InboxHouse, network: ModeratedNetwork, error: NetworkError
) -> None:
    network.error = error
    with pytest.raises(Upstream) as failed:
        ask(inbox, "hide")
    assert failed.value.code == "network_unavailable"
    waiting = inbox.message("c1")
    assert waiting.standing == "hiding"
    assert possible(waiting, network) == ["hide", "show", "delete"]
    network.error = None
    assert ask(inbox, "hide").standing == "hidden"


@pytest.mark.parametrize("error", [NotPermitted("forbidden"), CredentialsRefused("credentials_refused")])
def test_what_the_network_does_not_let_us_do_leaves_it_as_it_was(
    inbox: InboxHouse, network: ModeratedNetwork, error: NetworkError
) -> None:
    network.error = error
    with pytest.raises(Conflict) as refused:
        ask(inbox, "hide")
    assert refused.value.code == "moderation_refused"
    assert inbox.message("c1").standing == "shown"
    assert told(inbox) == [("message.moderation_asked", REASON), ("message.moderation_refused", REASON)]


@pytest.mark.parametrize("kind", ["mention", "keyword", "quote", "private"])
def test_what_stands_under_no_post_of_ours_is_not_ours_to_moderate(
    inbox: InboxHouse, network: ModeratedNetwork, kind: str
) -> None:
    inbox.take(inbound("m2", "omar", kind=kind))  # type: ignore[arg-type]
    with pytest.raises(Conflict) as refused:
        ask(inbox, "delete", to="m2")
    assert refused.value.code == "moderation_not_offered"
    assert network.done == []


def test_a_network_that_cannot_is_not_asked(inbox: InboxHouse, network: ModeratedNetwork) -> None:
    network.moderates = frozenset({"delete"})
    assert possible(inbox.message("c1"), network) == ["delete"]
    with pytest.raises(Conflict):
        ask(inbox, "hide")


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_without_a_reason_nothing_is_done(inbox: InboxHouse, network: ModeratedNetwork, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask(inbox, "hide", reason=reason)
    assert (refused.value.code, refused.value.field) == ("reason_missing", "reason")
    assert network.done == []


@pytest.mark.parametrize(("actor", "error"), [(ANNE, Forbidden), (POLICE, NotFound)])
def test_only_who_answers_there_moderates(
    inbox: InboxHouse, network: ModeratedNetwork, actor: Actor, error: type[ParvisError]
) -> None:
    with pytest.raises(error):
        ask(inbox, "hide", actor=actor)
    assert (network.done, inbox.message("c1").standing) == ([], "shown")


def test_an_edit_by_its_author_keeps_what_was_done(inbox: InboxHouse, network: ModeratedNetwork) -> None:
    ask(inbox, "hide")
    inbox.take(inbound("c1", kind="comment", text="Autre chose", revision="2"))
    edited = inbox.message("c1")
    assert (edited.text, edited.standing, edited.moderated_by) == ("Autre chose", "hidden", "rita")
