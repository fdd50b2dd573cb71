"""Coming in, staying in, being thrown out."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from chalicelib.errors import InvalidInput, NotFound, ParvisError, TooMany, Unauthenticated
from chalicelib.records.event import Event
from chalicelib.team import sessions
from chalicelib.team.people import Person, SignInName
from chalicelib.team.reception import Challenge, Visitor
from chalicelib.team.recovery import Recovery
from chalicelib.team.second_factor import begin, new_codes, verify
from chalicelib.team.session import (
    NOBODY,
    Entered,
    answer_challenge,
    proven,
    recover,
    refreshed,
    sign_in,
    sign_out,
)
from tests.fakes.house import AGENCY, FakeHouse
from tests.fakes.pool import totp
from tests.unit.team.conftest import ELSEWHERE, HERE, PASSWORD, newcomer, now_of

EMAIL = "nina@ville.example"


def come_in(house: FakeHouse, visitor: Visitor = HERE, email: str = EMAIL, password: str = PASSWORD) -> Entered:
    come = sign_in(email, password, visitor, house.reception)
    assert isinstance(come, Entered)
    return come


def enrol(house: FakeHouse, entered: Entered) -> tuple[str, ...]:
    begin(now_of(house, entered.person), entered.tokens.access, None, HERE, house.reception)
    code = house.pool.code(entered.person.username)
    return verify(now_of(house, entered.person), entered.tokens.access, code, entered.session, house.reception)


def challenged(house: FakeHouse, visitor: Visitor = HERE) -> Challenge:
    come = sign_in(EMAIL, PASSWORD, visitor, house.reception)
    assert isinstance(come, Challenge)
    return come


def standing(house: FakeHouse, person: Person) -> list[str]:
    return [each.id for each in sessions.standing(person, store=house.store, now=house.clock.now())]


def kinds(house: FakeHouse, person: Person) -> list[str]:
    return [each.what for each in house.store.query(Event, Event.partition(person.agency, f"PERSON#{person.id}"))]


def refusal(error: type[ParvisError], code: str) -> pytest.RaisesContext[ParvisError]:  # type: ignore[name-defined]
    return pytest.raises(error, match=f"^{code}(:|$)")


# ---------------------------------------------------------------- the password


def test_an_address_signs_in_however_it_is_written_and_a_session_stands(house: FakeHouse, nina: Person) -> None:
    come = come_in(house, email=" NINA@ville.EXAMPLE ")
    assert come.person.id == "nina"
    [session] = sessions.standing(nina, store=house.store, now=house.clock.now())
    assert (session.id, session.agent) == (come.session, HERE.agent)
    assert kinds(house, nina) == ["session.begun"]


def test_who_is_unknown_and_who_is_refused_look_the_same(house: FakeHouse, nina: Person) -> None:
    said = []
    for email, password in ((EMAIL, "wrong"), ("nobody@ville.example", "wrong"), ("x@y.example", PASSWORD)):
        with pytest.raises(Unauthenticated) as refused:
            sign_in(email, password, HERE, house.reception)
        said.append((refused.value.code, refused.value.hint))
    assert set(said) == {("sign_in_refused", None)}
    assert house.pool.asked[-2:] == [NOBODY, NOBODY], "the pool is asked in either case"
    assert kinds(house, nina) == ["session.refused"]


def test_whoever_was_removed_or_deactivated_signs_in_no_more(house: FakeHouse, nina: Person) -> None:
    house.store.save(nina.but(deactivated_at=house.clock.now()))
    with refusal(Unauthenticated, "sign_in_refused"):
        come_in(house)
    house.store.remove(now_of(house, nina))
    assert house.store.get(SignInName, SignInName.key_of(EMAIL))
    with refusal(Unauthenticated, "sign_in_refused"):
        come_in(house)


@pytest.mark.parametrize("email", [EMAIL, "nobody@ville.example"])
def test_five_failures_from_one_place_lock_it_and_no_other_and_tell_nothing(
    house: FakeHouse, nina: Person, email: str
) -> None:
    for _ in range(5):
        with refusal(Unauthenticated, "sign_in_refused"):
            sign_in(email, "wrong", HERE, house.reception)
    with refusal(TooMany, "too_many_attempts") as refused:
        sign_in(email, PASSWORD, HERE, house.reception)
    assert 0 < refused.value.wait_s <= 900
    if email == EMAIL:
        assert come_in(house, ELSEWHERE), "whoever tries somewhere else does not lock her out"
    house.clock.advance(timedelta(minutes=15))
    with refusal(Unauthenticated, "sign_in_refused"):
        sign_in(email, "wrong", HERE, house.reception)


def test_fifty_failures_from_everywhere_lock_a_person(house: FakeHouse, nina: Person) -> None:
    for number in range(50):
        with refusal(Unauthenticated, "sign_in_refused"):
            sign_in(EMAIL, "wrong", Visitor(f"192.0.2.{number}", ""), house.reception)
    with refusal(TooMany, "too_many_attempts"):
        come_in(house, ELSEWHERE)
    house.clock.advance(timedelta(hours=1))
    assert come_in(house, ELSEWHERE)


def test_a_hundred_failures_of_anybody_lock_a_place_and_successes_do_not_count(house: FakeHouse, nina: Person) -> None:
    for _ in range(120):
        come_in(house)
    for number in range(100):
        with refusal(Unauthenticated, "sign_in_refused"):
            sign_in(f"n{number}@ville.example", "wrong", HERE, house.reception)
    with refusal(TooMany, "too_many_attempts"):
        come_in(house)


def test_success_forgets_the_failures_before_it(house: FakeHouse, nina: Person) -> None:
    for _ in range(3):
        for _ in range(4):
            with refusal(Unauthenticated, "sign_in_refused"):
                sign_in(EMAIL, "wrong", HERE, house.reception)
        come_in(house)


def test_many_tries_at_the_same_time_are_no_way_around(house: FakeHouse, nina: Person) -> None:
    before = len(house.pool.asked)
    gate = threading.Barrier(16)

    def once() -> None:
        gate.wait()
        with pytest.raises((Unauthenticated, TooMany)):
            sign_in(EMAIL, "wrong", HERE, house.reception)

    threads = [threading.Thread(target=once) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(house.pool.asked) - before <= 5


def test_a_password_is_proven_without_leaving_a_session(house: FakeHouse, nina: Person) -> None:
    come_in(house)
    proven(nina, PASSWORD, HERE, house.reception)
    assert len(standing(house, nina)) == 1
    assert len(house.pool.users[nina.username].families) == 1
    with refusal(InvalidInput, "password_wrong"):
        proven(nina, "wrong", HERE, house.reception)


# ---------------------------------------------------------------- sessions


def test_a_session_is_renewed_until_its_end(house: FakeHouse, nina: Person) -> None:
    come = come_in(house)
    assert come.tokens.refresh
    house.clock.advance(timedelta(minutes=14))
    again = refreshed(come.tokens.refresh, house.reception)
    assert again.session == come.session
    [session] = sessions.standing(nina, store=house.store, now=house.clock.now())
    assert session.seen_at == house.clock.now() > session.begun_at
    house.clock.advance(timedelta(hours=12))
    with refusal(Unauthenticated, "session_ended"):
        refreshed(come.tokens.refresh, house.reception)


def test_signing_out_ends_this_session_and_no_other_and_twice_is_no_error(house: FakeHouse, nina: Person) -> None:
    first, second = come_in(house), come_in(house, ELSEWHERE)
    assert first.tokens.refresh
    sign_out(first.tokens.refresh, house.reception)
    sign_out(first.tokens.refresh, house.reception)
    sign_out("made up", house.reception)
    assert standing(house, nina) == [second.session]
    with refusal(Unauthenticated, "session_ended"):
        refreshed(first.tokens.refresh, house.reception)


def test_a_session_that_was_ended_is_not_renewed(house: FakeHouse, nina: Person) -> None:
    first, second = come_in(house), come_in(house, ELSEWHERE)
    now = house.clock.now()
    sessions.end(nina, first.session, by=nina, store=house.store, now=now)
    assert first.tokens.refresh and second.tokens.refresh
    with refusal(Unauthenticated, "session_ended"):
        refreshed(first.tokens.refresh, house.reception)
    assert refreshed(second.tokens.refresh, house.reception)
    with pytest.raises(NotFound):
        sessions.end(nina, first.session, by=nina, store=house.store, now=now)
    with pytest.raises(NotFound):
        sessions.end(newcomer(house, "otto", {}), second.session, by=nina, store=house.store, now=now)


def test_all_but_one_end_however_many(house: FakeHouse, nina: Person) -> None:
    kept = [come_in(house) for _ in range(120)][57]
    ended = sessions.end_all(nina, by=nina, store=house.store, now=house.clock.now(), but=kept.session)
    assert (ended, standing(house, nina)) == (119, [kept.session])


# ---------------------------------------------------------------- the second factor


def test_an_authenticator_once_set_up_is_asked_for(house: FakeHouse, nina: Person) -> None:
    entered = come_in(house)
    codes = enrol(house, entered)
    assert len(set(codes)) == 10
    challenge = challenged(house)
    with refusal(Unauthenticated, "code_refused"):
        answer_challenge(EMAIL, challenge, "000000", HERE, house.reception)
    again = answer_challenge(EMAIL, challenge, house.pool.code(nina.username), HERE, house.reception)
    assert again.recovery == () and set(standing(house, nina)) == {entered.session, again.session}
    told = ["second_factor.enrolled", "session.begun", "session.begun", "session.refused"]
    assert sorted(kinds(house, nina)) == told


def test_setting_one_up_ends_the_other_sessions(house: FakeHouse, nina: Person) -> None:
    come_in(house, ELSEWHERE)
    entered = come_in(house)
    enrol(house, entered)
    assert standing(house, nina) == [entered.session]


def test_a_wrong_first_code_changes_nothing(house: FakeHouse, nina: Person) -> None:
    entered = come_in(house)
    begin(nina, entered.tokens.access, None, HERE, house.reception)
    with refusal(InvalidInput, "code_refused"):
        verify(nina, entered.tokens.access, "000000", entered.session, house.reception)
    assert now_of(house, nina).second_factor_at is None
    assert come_in(house)


def test_another_authenticator_takes_its_place_only_by_the_password(house: FakeHouse, nina: Person) -> None:
    entered = come_in(house)
    first = enrol(house, entered)
    for password in (None, "", "wrong"):
        with refusal(InvalidInput, "password_wrong"):
            begin(now_of(house, nina), entered.tokens.access, password, HERE, house.reception)
    before = house.pool.users[nina.username].secret
    begin(now_of(house, nina), entered.tokens.access, PASSWORD, HERE, house.reception)
    assert house.pool.users[nina.username].secret == before, "until its first code"
    pending = house.pool.users[nina.username].pending
    assert pending
    code = totp(pending, house.clock.now())
    second = verify(now_of(house, nina), entered.tokens.access, code, entered.session, house.reception)
    assert not set(first) & set(second)
    with refusal(Unauthenticated, "code_refused"):
        recover(EMAIL, PASSWORD, first[0], HERE, house.reception)


def test_five_wrong_codes_are_enough(house: FakeHouse, nina: Person) -> None:
    enrol(house, come_in(house))
    challenge = challenged(house)
    for _ in range(5):
        with refusal(Unauthenticated, "code_refused"):
            answer_challenge(EMAIL, challenge, "000000", HERE, house.reception)
    with refusal(TooMany, "too_many_attempts"):
        answer_challenge(EMAIL, challenged(house), house.pool.code(nina.username), HERE, house.reception)


def test_a_challenge_is_answered_by_whom_it_was_put_to(house: FakeHouse, nina: Person) -> None:
    enrol(house, come_in(house))
    otto = newcomer(house, "otto", {"water": ("publisher",)})
    challenge, code = challenged(house), house.pool.code(nina.username)
    for email in (otto.email, "nobody@ville.example"):
        with refusal(Unauthenticated, "challenge_ended"):
            answer_challenge(email, challenge, code, HERE, house.reception)
    with refusal(Unauthenticated, "challenge_ended"):
        answer_challenge(EMAIL, Challenge("code", "made up"), code, HERE, house.reception)
    with refusal(Unauthenticated, "challenge_ended"):
        answer_challenge(EMAIL, Challenge("set_up", challenge.session), code, HERE, house.reception)


def test_tokens_given_without_a_code_to_who_has_one_are_not_believed(house: FakeHouse, nina: Person) -> None:
    """Whoever steals an access token can take the authenticator off at the pool itself."""
    enrol(house, come_in(house))
    house.pool.remove_second_factor(nina.username)
    before = set(house.pool.users[nina.username].families)
    with refusal(Unauthenticated, "second_factor_missing"):
        sign_in(EMAIL, PASSWORD, ELSEWHERE, house.reception)
    assert house.pool.users[nina.username].families == before


def test_a_pool_that_demands_one_has_it_set_up_on_the_way_in(house: FakeHouse, nina: Person) -> None:
    house.pool.demands = True
    challenge = challenged(house)
    assert challenge.kind == "set_up" and challenge.secret
    with refusal(Unauthenticated, "code_refused"):
        answer_challenge(EMAIL, challenge, "000000", HERE, house.reception)
    code = totp(challenge.secret, house.clock.now())
    entered = answer_challenge(EMAIL, challenge, code, HERE, house.reception)
    assert len(entered.recovery) == 10 and now_of(house, nina).second_factor_at == house.clock.now()
    assert challenged(house).kind == "code"


# ---------------------------------------------------------------- recovery codes


def test_a_recovery_code_lets_in_once_and_takes_everything_off(house: FakeHouse, nina: Person) -> None:
    codes = enrol(house, come_in(house))
    with refusal(Unauthenticated, "sign_in_refused"):
        recover(EMAIL, "wrong", codes[0], HERE, house.reception)
    with refusal(Unauthenticated, "code_refused"):
        recover(EMAIL, PASSWORD, "0000-0000-0000-0000", HERE, house.reception)
    entered = recover(EMAIL, PASSWORD, f" {codes[3].upper()} ".replace("-", " "), HERE, house.reception)
    assert now_of(house, nina).second_factor_at is None and entered.session in standing(house, nina)
    assert house.store.get(Recovery, Recovery.key_of(AGENCY, "nina")) is None
    assert "recovery_code.used" in kinds(house, nina)
    assert [each.address for each in house.tell_queue.sent] == [nina.email]
    for code in codes:
        house.clock.advance(timedelta(minutes=16))
        with refusal(Unauthenticated, "code_refused"):
            recover(EMAIL, PASSWORD, code, HERE, house.reception)


def test_what_is_kept_of_codes_is_not_the_codes(house: FakeHouse, nina: Person) -> None:
    codes = enrol(house, come_in(house))
    kept = house.store.get(Recovery, Recovery.key_of(AGENCY, "nina"))
    assert kept is not None
    said = str(kept.item())
    assert not any(code in said or code.replace("-", "") in said for code in codes)
    assert not any(digest in repr(kept) for digest in kept.digests)


def test_new_codes_void_the_old_and_ask_for_the_password(house: FakeHouse, nina: Person) -> None:
    old = enrol(house, come_in(house))
    with refusal(InvalidInput, "password_wrong"):
        new_codes(now_of(house, nina), "wrong", HERE, house.reception)
    new = new_codes(now_of(house, nina), PASSWORD, HERE, house.reception)
    with refusal(Unauthenticated, "code_refused"):
        recover(EMAIL, PASSWORD, old[0], HERE, house.reception)
    assert recover(EMAIL, PASSWORD, new[0], HERE, house.reception)


def test_a_code_used_by_two_at_once_lets_one_in(house: FakeHouse, nina: Person) -> None:
    codes = enrol(house, come_in(house))
    gate, came = threading.Barrier(2), []

    def once(visitor: Visitor) -> None:
        gate.wait()
        with suppress(ParvisError):
            came.append(recover(EMAIL, PASSWORD, codes[0], visitor, house.reception))

    threads = [threading.Thread(target=once, args=(each,)) for each in (HERE, ELSEWHERE)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(came) == 1
