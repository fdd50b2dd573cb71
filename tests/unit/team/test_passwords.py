"""A new password: asked for, set by a link, changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.alerts.telling import Letter
from chalicelib.errors import Gone, InvalidInput, NotFound, TooMany, Unauthenticated
from chalicelib.team.passwords import ANSWER_TAKES_S, PasswordLink, ask_for_reset, change, judge, reset
from chalicelib.team.people import Person
from chalicelib.team.session import sign_in
from tests.fakes.house import FakeHouse
from tests.unit.team.conftest import ELSEWHERE, HERE, PASSWORD
from tests.unit.team.test_session import EMAIL, challenged, come_in, enrol, kinds, refusal, standing

NEW = "another long password"


def letters(house: FakeHouse) -> list[Letter]:
    return [
        Letter.unpacked(house.vault.open(each.sealed, agency=each.agency, owner=each.id)["letter"])
        for each in house.tell_queue.sent
    ]


def token_of(house: FakeHouse) -> str:
    """Of the last letter's link."""
    address, _, token = letters(house)[-1].link.partition("#")
    assert address.startswith("https://parvis.example/") and token in letters(house)[-1].body
    return token


def test_a_link_sets_a_password_once_and_ends_all_sessions(house: FakeHouse, nina: Person) -> None:
    come_in(house), come_in(house, ELSEWHERE)
    ask_for_reset(" NINA@ville.example", HERE, house.reception)
    token = token_of(house)
    assert [each.address for each in house.tell_queue.sent] == [EMAIL]
    reset(token, NEW, ELSEWHERE, house.reception)
    assert standing(house, nina) == [] and not house.pool.users[nina.username].families
    with refusal(Gone, "link_used"):
        reset(token, "yet another password", HERE, house.reception)
    with refusal(Unauthenticated, "sign_in_refused"):
        sign_in(EMAIL, PASSWORD, HERE, house.reception)
    assert come_in(house, password=NEW)
    assert {"password.reset_asked", "password.reset", "sessions.ended"} <= set(kinds(house, nina))


def test_asking_answers_the_same_and_takes_the_same_time_whoever_is_meant(house: FakeHouse, nina: Person) -> None:
    took = []
    for email in (EMAIL, "nobody@ville.example"):
        began = house.clock.now()
        ask_for_reset(email, HERE, house.reception)
        took.append((house.clock.now() - began).total_seconds())
    assert took == [ANSWER_TAKES_S, ANSWER_TAKES_S]
    assert len(house.tell_queue.sent) == 1
    for email in (EMAIL, "nobody@ville.example"):
        ask_for_reset(email, HERE, house.reception)
        ask_for_reset(email, HERE, house.reception)
        with refusal(TooMany, "too_many_attempts"):
            ask_for_reset(email, HERE, house.reception)


def test_a_place_asks_thirty_times_an_hour(house: FakeHouse) -> None:
    for number in range(30):
        ask_for_reset(f"n{number}@ville.example", HERE, house.reception)
    with refusal(TooMany, "too_many_attempts"):
        ask_for_reset("other@ville.example", HERE, house.reception)


def test_a_link_expires_and_an_invented_one_is_none(house: FakeHouse, nina: Person) -> None:
    ask_for_reset(EMAIL, HERE, house.reception)
    token = token_of(house)
    with pytest.raises(NotFound):
        reset("invented", NEW, HERE, house.reception)
    house.clock.advance(timedelta(hours=1))
    with refusal(Gone, "link_expired"):
        reset(token, NEW, HERE, house.reception)
    assert come_in(house)


def test_a_password_that_is_none_leaves_the_link_as_it_is(house: FakeHouse, nina: Person) -> None:
    ask_for_reset(EMAIL, HERE, house.reception)
    token = token_of(house)
    with refusal(InvalidInput, "password_too_short"):
        reset(token, "short", HERE, house.reception)
    reset(token, NEW, HERE, house.reception)


def test_a_pool_that_refuses_it_leaves_the_link_as_it_is(house: FakeHouse, nina: Person) -> None:
    ask_for_reset(EMAIL, HERE, house.reception)
    token = token_of(house)
    create, house.pool.create = house.pool.create, _refusing  # type: ignore[method-assign]
    with refusal(InvalidInput, "password_refused"):
        reset(token, NEW, HERE, house.reception)
    house.pool.create = create  # type: ignore[method-assign]
    reset(token, NEW, HERE, house.reception)


def _refusing(username: str, *, email: str, password: str) -> None:
    raise InvalidInput("password_refused", field="password")


def test_a_new_password_takes_no_authenticator_off(house: FakeHouse, nina: Person) -> None:
    enrol(house, come_in(house))
    ask_for_reset(EMAIL, HERE, house.reception)
    token = token_of(house)
    reset(token, PASSWORD, HERE, house.reception)
    assert challenged(house).kind == "code"


def test_the_token_stands_nowhere(house: FakeHouse, nina: Person) -> None:
    ask_for_reset(EMAIL, HERE, house.reception)
    token = token_of(house)
    link = house.store.get(PasswordLink, PasswordLink.key_of(token))
    assert link is not None and token not in str(link.item())
    assert token not in str([each.item() for each in house.tell_queue.sent])


def test_changing_asks_for_the_old_one_and_ends_the_other_sessions(house: FakeHouse, nina: Person) -> None:
    come_in(house, ELSEWHERE)
    here = come_in(house)
    access = here.tokens.access
    with refusal(InvalidInput, "password_wrong"):
        change(nina, access, old="wrong", new=NEW, session=here.session, at=house.reception)
    with refusal(InvalidInput, "password_too_short"):
        change(nina, access, old=PASSWORD, new="short", session=here.session, at=house.reception)
    change(nina, access, old=PASSWORD, new=NEW, session=here.session, at=house.reception)
    assert standing(house, nina) == [here.session]
    assert come_in(house, password=NEW)
    assert "password.changed" in kinds(house, nina) and NEW not in str(letters(house))


def test_the_old_password_is_not_guessed_by_changing(house: FakeHouse, nina: Person) -> None:
    here = come_in(house)
    for _ in range(5):
        with refusal(InvalidInput, "password_wrong"):
            change(nina, here.tokens.access, old="wrong", new=NEW, session=here.session, at=house.reception)
    with refusal(TooMany, "too_many_attempts"):
        change(nina, here.tokens.access, old=PASSWORD, new=NEW, session=here.session, at=house.reception)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_too_short"),
        ("someone@ville.example", "password_is_address"),
        ("SOMEONE@ville.example", "password_is_address"),
    ],
)
def test_a_password_is_long_and_not_the_address(password: str, code: str) -> None:
    with refusal(InvalidInput, code):
        judge(password, email="someone@ville.example")
