"""A review link: one version, one person, one use, an expiry; whatever else comes with it is told so, or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.approvals.link import ReviewLink, open_link
from chalicelib.approvals.workflow import Step
from chalicelib.errors import Conflict, Gone, InvalidInput, NotFound
from tests.fakes.house import AGENCY
from tests.unit.approvals.council import INSIDE, LAWYER, OUTSIDE, Council

OTHER = "maire@voisine.example"


@pytest.fixture
def token(council: Council) -> str:
    council.workflow(OUTSIDE)
    council.submitted()
    return council.token()


def opened(council: Council, token: str) -> ReviewLink:
    return open_link(token, store=council.store, now=council.clock.now()).link


def test_opening_it_writes_nothing_and_it_can_be_opened_again(council: Council, token: str) -> None:
    before = council.store.writes
    assert opened(council, token) == opened(council, token)
    assert council.store.writes == before


def test_it_decides_once(council: Council, token: str) -> None:
    assert council.decide_by(token).decision == "approve"
    for act in (lambda: council.decide_by(token), lambda: opened(council, token)):
        with pytest.raises(Gone, match="link_used"):
            act()


def test_pressed_twice_at_once_it_decides_once(council: Council, token: str) -> None:
    commit = council.store.commit

    def first(*saves: object, **more: object) -> None:
        council.store.commit = commit  # type: ignore[method-assign]
        council.decide_by(token)
        commit(*saves, **more)  # type: ignore[arg-type]

    council.store.commit = first  # type: ignore[method-assign,assignment]
    with pytest.raises(Gone, match="link_used"):
        council.decide_by(token)


def test_a_refused_decision_does_not_use_it_up(council: Council, token: str) -> None:
    with pytest.raises(InvalidInput, match="comment_required"):
        council.decide_by(token, "send_back")
    with pytest.raises(Conflict, match="version_old"):
        council.decide_by(token, version=2)
    assert council.decide_by(token, "send_back", comment="Non.").comment == "Non."


def test_one_that_is_none_of_ours_does_not_exist(council: Council, token: str) -> None:
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    stored = council.store.all(ReviewLink, AGENCY)[0].digest
    for guessed in (altered, token.swapcase(), token[:-1], token + "A", "x" * 43, stored):
        with pytest.raises(NotFound):
            council.decide_by(guessed)


def test_what_is_stored_does_not_hold_the_token(council: Council, token: str) -> None:
    assert all(token not in str(item) for item in council.store._items.values())
    assert token not in str(council.tell_queue.sent)
    assert len(token) >= 43


@pytest.mark.parametrize(
    ("due", "lasts"),
    [
        (None, timedelta(days=7)),
        (600, timedelta(days=1, seconds=600)),
        (20 * 86_400, timedelta(days=21)),
        (90 * 86_400, timedelta(days=30)),
    ],
    ids=["no time", "today", "in three weeks", "in three months"],
)
def test_it_expires(council: Council, due: float | None, lasts: timedelta) -> None:
    council.workflow(OUTSIDE)
    council.submitted(due)
    token = council.token()
    council.clock.advance(lasts - timedelta(seconds=1))
    opened(council, token)
    council.clock.advance(1)
    for act in (lambda: opened(council, token), lambda: council.decide_by(token)):
        with pytest.raises(Gone, match="link_expired"):
            act()


def test_an_edit_overtakes_it_and_the_new_round_mails_another(council: Council) -> None:
    council.workflow(OUTSIDE)
    planned = council.submitted()
    old = council.token()
    council.edit(planned, "Autrement.")
    with pytest.raises(Gone, match="link_overtaken"):
        council.decide_by(old)
    council.submit(planned)
    for act in (
        lambda: opened(council, old),
        lambda: council.decide_by(old),
        lambda: council.decide_by(old, version=2),
    ):
        with pytest.raises(Gone, match="link_overtaken"):
            act()
    assert council.token() != old
    council.decide_by(council.token(), version=2)
    assert council.state(planned) == "scheduled"


def test_submitted_again_unchanged_the_old_link_is_overtaken_too(council: Council) -> None:
    council.workflow(OUTSIDE)
    planned = council.submitted()
    old = council.token()
    council.withdraw(planned)
    council.submit(planned)
    with pytest.raises(Gone, match="link_overtaken"):
        council.decide_by(old)


def test_what_others_decided_meanwhile_overtakes_it(council: Council) -> None:
    council.workflow(Step(name="Dehors", emails=(LAWYER, OTHER)), INSIDE)
    council.submitted()
    council.decide_by(council.token(OTHER))
    with pytest.raises(Gone, match="link_overtaken"):
        council.decide_by(council.token(LAWYER))


def test_of_all_outside_each_decides_by_their_own(council: Council) -> None:
    council.workflow(Step(name="Dehors", emails=(LAWYER, OTHER), need="all"))
    planned = council.submitted()
    council.decide_by(council.token(OTHER))
    assert council.state(planned) == "in_review"
    council.decide_by(council.token(LAWYER))
    assert council.state(planned) == "scheduled"


def test_a_deleted_posts_link_is_overtaken(council: Council) -> None:
    from chalicelib.publishing import planning
    from tests.fakes.house import CONTRIBUTOR

    council.workflow(OUTSIDE)
    planned = council.submitted()
    rev = council.now(planned).post.rev
    planning.delete(planned.post.id, expected=rev, actor=CONTRIBUTOR, bench=council.bench)
    with pytest.raises(Gone, match="link_overtaken"):
        council.decide_by(council.token())
