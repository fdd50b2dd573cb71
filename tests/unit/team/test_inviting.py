"""Invitations: by whom, to what, and what becomes of their links."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, Forbidden, Gone, InvalidInput, NotFound
from chalicelib.records.event import Event
from chalicelib.team.inviting import Invitation, accept, invite, open_link, send_again, waiting, withdraw
from chalicelib.team.people import Person
from chalicelib.team.session import Entered
from tests.fakes.house import AGENCY, FakeHouse
from tests.unit.team.conftest import HERE, PASSWORD, newcomer
from tests.unit.team.test_passwords import letters, token_of
from tests.unit.team.test_session import come_in, refusal

EMAIL = "Lea.Roy@ville.example"


def invited(house: FakeHouse, boss: Person, **more: object) -> Invitation:
    given = {"language": "fr", "roles": {"water": ["responder", "approver"]}, **more}
    return invite(EMAIL, actor=boss, at=house.reception, **given)  # type: ignore[arg-type]


def taken(house: FakeHouse, token: str, password: str = PASSWORD) -> Entered:
    come, email = accept(token, name="  Léa   Roy ", password=password, visitor=HERE, at=house.reception)
    assert isinstance(come, Entered) and email == EMAIL
    return come


def test_an_invitation_becomes_an_account_once(house: FakeHouse, boss: Person) -> None:
    invitation = invited(house, boss)
    [letter] = letters(house)
    assert "Boss" in letter.body and house.tell_queue.sent[0].address == EMAIL
    token = token_of(house)
    shown = open_link(token, HERE, house.reception)
    assert (shown.invitation.id, shown.agency.id) == (invitation.id, AGENCY)
    come = taken(house, token)
    assert come.person.name == "Léa Roy" and come.person.roles == {"water": ("responder", "approver")}
    assert waiting(AGENCY, house.reception) == []
    for again in (lambda: taken(house, token), lambda: open_link(token, HERE, house.reception)):
        with refusal(Gone, "link_used"):
            again()
    assert come_in(house, email=EMAIL.upper()).person.id == come.person.id


def test_an_expired_invitation_is_worth_nothing_until_it_is_sent_again(house: FakeHouse, boss: Person) -> None:
    invitation = invited(house, boss)
    first = token_of(house)
    house.clock.advance(timedelta(days=7))
    with refusal(Gone, "link_expired"):
        taken(house, first)
    assert [each.id for each in waiting(AGENCY, house.reception)] == [invitation.id]
    send_again(invitation.id, actor=boss, at=house.reception)
    second = token_of(house)
    assert second != first
    with refusal(Gone, "link_replaced"):
        taken(house, first)
    assert taken(house, second)


def test_a_withdrawn_invitation_is_worth_nothing_and_another_may_follow(house: FakeHouse, boss: Person) -> None:
    invitation = invited(house, boss)
    token = token_of(house)
    withdraw(invitation.id, actor=boss, at=house.reception)
    with refusal(Gone, "link_withdrawn"):
        taken(house, token)
    with pytest.raises(NotFound):
        send_again(invitation.id, actor=boss, at=house.reception)
    invited(house, boss)
    assert taken(house, token_of(house))
    assert f"{AGENCY}.{invitation.person}" not in house.pool.users, "nobody was made of the one before"


def test_one_invitation_an_address_and_none_of_who_is_here(house: FakeHouse, boss: Person, nina: Person) -> None:
    invited(house, boss)
    with refusal(Conflict, "already_invited"):
        invite(EMAIL.lower(), language="en", roles={"water": ["analyst"]}, actor=boss, at=house.reception)
    with refusal(Conflict, "email_taken"):
        invite(nina.email.upper(), language="en", roles={"water": ["analyst"]}, actor=boss, at=house.reception)


def test_only_its_owner_learns_that_an_address_signs_in_at_another_agency(house: FakeHouse, boss: Person) -> None:
    other = newcomer(house, "zoe", {"water": ("publisher",)}, agency="autre")
    invite(other.email, language="en", roles={"water": ["analyst"]}, actor=boss, at=house.reception)
    with refusal(Conflict, "email_taken"):
        accept(token_of(house), name="Zoé", password=PASSWORD, visitor=HERE, at=house.reception)


def test_nobody_gives_away_what_is_not_theirs(house: FakeHouse, boss: Person) -> None:
    water = newcomer(house, "wanda", {"water": ("administrator",), "police": ("publisher",)})
    for roles in ({"police": ["analyst"]}, {"water": ["analyst"], "police": ["analyst"]}):
        with pytest.raises(Forbidden):
            invited(house, water, roles=roles)
    with refusal(InvalidInput, "department_unknown"):
        invited(house, boss, roles={"nowhere": ["analyst"]})
    for nothing in ({}, {"water": []}):
        with refusal(InvalidInput, "roles_missing"):
            invited(house, boss, roles=nothing)
    theirs = invited(house, boss, roles={"police": ["analyst"]})
    for act in (send_again, withdraw):
        with pytest.raises(Forbidden):
            act(theirs.id, actor=water, at=house.reception)


def test_another_agencys_invitation_does_not_exist(house: FakeHouse, boss: Person) -> None:
    stranger = newcomer(house, "zed", {"water": ("administrator",)}, agency="autre")
    invitation = invited(house, boss)
    for act in (send_again, withdraw):
        with pytest.raises(NotFound):
            act(invitation.id, actor=stranger, at=house.reception)


def test_a_refused_password_leaves_the_link_as_it_is(house: FakeHouse, boss: Person) -> None:
    invited(house, boss)
    token = token_of(house)
    with refusal(InvalidInput, "password_too_short"):
        taken(house, token, "short")
    assert taken(house, token)


def test_the_audit_knows_who_invited_whom_to_what_and_no_token(house: FakeHouse, boss: Person) -> None:
    invitation = invited(house, boss)
    send_again(invitation.id, actor=boss, at=house.reception)
    token = token_of(house)
    withdraw(invitation.id, actor=boss, at=house.reception)
    events = list(house.store.query(Event, Event.partition(AGENCY, "TEAM")))
    told = [each for each in events if each.what.startswith("invitation.")]
    assert {each.what for each in told} == {"invitation.sent", "invitation.sent_again", "invitation.withdrawn"}
    assert all(each.actor == boss.id and each.detail["email"] == EMAIL for each in told)
    assert told[0].detail["roles"] == "water: responder, approver"
    assert token not in str([each.item() for each in events])
