"""A video that a network takes first and posts later: every row of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.networks.contract import Outcome, OutcomeUnknown, Pending, Published, Rejected, RetryAfter
from chalicelib.networks.registry import NETWORKS, build
from chalicelib.networks.steps import Stop
from chalicelib.networks.transport import Transport
from chalicelib.networks.videos import Held, Ticket, in_two_steps, is_id
from tests.unit.networks.material import image, publication

FILM = image(filename="pont.mp4", content_type="video/mp4")
SOON = timedelta(seconds=4)


@dataclass
class Network:
    """What each step answers; done: which steps were taken."""

    given: Held = field(default_factory=lambda: Held("v1", SOON))
    seen: Held | None = None
    posted: Outcome | None = field(default_factory=lambda: Published("9"))
    done: list[str] = field(default_factory=list)

    def attempt(self, ticket: str | None) -> Outcome:
        def step(name: str, result: Callable[[], object]) -> Callable[..., object]:
            def taken(*what: str) -> object:
                self.done.append(" ".join((name, *what)))
                return result()

            return taken

        return in_two_steps(
            replace(publication(), media=(FILM,), ticket=ticket),
            FILM,
            hand_over=step("hand over", lambda: self.given),  # type: ignore[arg-type]
            look=step("look", lambda: self.seen),  # type: ignore[arg-type]
            post=step("post", lambda: self.posted),  # type: ignore[arg-type]
        )


def test_the_first_attempt_hands_over_and_posts_nothing() -> None:
    network = Network()
    assert network.attempt(None) == Pending("held.1.v1", SOON, unfinished=True)
    ready = Network(Held("v1"))
    assert ready.attempt(None) == Pending("ready.1.v1", timedelta(0))
    assert network.done == ready.done == ["hand over"]


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (Held("v1", SOON), Pending("held.2.v1", SOON, unfinished=True)),
        (Held("v1"), Pending("ready.2.v1", timedelta(0))),
    ],
)
def test_a_look_posts_nothing_whatever_it_sees(seen: Held, outcome: Outcome) -> None:
    network = Network(seen=seen)
    assert network.attempt("held.2.v1") == outcome
    assert network.done == ["look v1"]


def test_what_is_ready_is_posted_without_another_look() -> None:
    network = Network()
    assert network.attempt("ready.1.v1") == Published("9")
    assert network.done == ["post v1"]


@pytest.mark.parametrize("ticket", ["held.1.v0", "ready.1.v0"])
def test_what_the_network_lost_is_handed_over_again_after_a_while(ticket: str) -> None:
    network = Network(posted=None)
    assert network.attempt(ticket) == Pending("held.2.v1", timedelta(seconds=15), unfinished=True)
    at_once = Network(Held("v1"), posted=None)
    assert at_once.attempt(ticket) == Pending("ready.2.v1", timedelta(seconds=15))


@pytest.mark.parametrize("ticket", ["held.3.v0", "ready.3.v0"])
def test_what_the_network_loses_each_time_is_given_up(ticket: str) -> None:
    network = Network(posted=None)
    outcome = network.attempt(ticket)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "media_expired"
    assert "pont.mp4" in outcome.detail
    assert "hand over" not in network.done


@pytest.mark.parametrize("ticket", ["", "701", "parts.1.v1", "held.1.", "ready.x.v1", "held.1.a b", "ready.1.v1\n"])
def test_a_ticket_of_another_form_posts_nothing_and_asks_to_look(ticket: str) -> None:
    network = Network()
    assert network.attempt(ticket) == OutcomeUnknown("ticket_unreadable")
    assert network.done == []


def test_what_a_step_is_answered_passes_through() -> None:
    refused = Network(posted=OutcomeUnknown("timeout"))
    assert refused.attempt("ready.1.v1") == OutcomeUnknown("timeout")

    def stop() -> Held:
        raise Stop(RetryAfter(SOON, "http_503"))

    with pytest.raises(Stop):
        in_two_steps(publication(), FILM, hand_over=stop, look=Held, post=lambda _: None)


@given(st.from_regex(r"[0-9A-Za-z_:.-]{1,300}", fullmatch=True), st.booleans(), st.integers(1, 99))
def test_a_ticket_is_read_as_it_was_written(held: str, ready: bool, times: int) -> None:
    assert Ticket.read(Ticket(held, ready, times).written()) == Ticket(held, ready, times)
    assert is_id(held)


@pytest.mark.parametrize("held", ["", "a b", "a/b", "é", "x" * 301, "a\n"])
def test_what_cannot_stand_in_a_ticket_is_no_id(held: str) -> None:
    assert not is_id(held)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_says_whether_a_video_comes_first(name: str) -> None:
    """Whoever takes videos prepares them; nobody else is given a post before its time."""
    able = build(name, Transport(), dict).capabilities()
    assert able.prepares(video=True) is (able.limits.videos_max > 0)
    assert able.prepares(video=False) is able.two_steps
