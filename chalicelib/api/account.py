"""/api/me/…: one's own account: password, second factor, sessions, keys of the calendar feed."""

from __future__ import annotations

from typing import Any

from chalicelib.api.routing import Call
from chalicelib.api.session import visitor
from chalicelib.api.shapes import team as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.team import feed_keys, passwords, second_factor, sessions


def post_password(call: Call, asked: shapes.PasswordChange) -> None:
    """Change one's own password. All other sessions end."""
    passwords.change(
        call.signed_in,
        _access_token(call),
        old=asked.old.get_secret_value(),
        new=asked.password.get_secret_value(),
        session=call.session,
        at=call.house.reception,
    )


def get_second_factor(call: Call) -> shapes.SecondFactor:
    """One's own authenticator, and how many recovery codes are left."""
    person = call.signed_in
    return shapes.SecondFactor(
        enrolled_at=person.second_factor_at,
        required=call.house.policies.required(person),
        recovery_codes=second_factor.left(person, call.house.reception),
    )


def post_second_factor(call: Call, asked: shapes.SecondFactorBegin) -> shapes.SecondFactorBegun:
    """Begin to set up an authenticator."""
    call.headers["Cache-Control"] = "no-store"
    password = asked.password.get_secret_value() if asked.password else None
    secret = second_factor.begin(call.signed_in, _access_token(call), password, visitor(call), call.house.reception)
    return shapes.SecondFactorBegun(secret=secret, address=second_factor.address_of(secret, call.signed_in.email))


def post_second_factor_verification(call: Call, asked: shapes.FirstCode) -> shapes.RecoveryCodes:
    """Its first code: from now on one is asked for at sign-in. All other sessions end."""
    call.headers["Cache-Control"] = "no-store"
    codes = second_factor.verify(call.signed_in, _access_token(call), asked.code, call.session, call.house.reception)
    return shapes.RecoveryCodes(codes=list(codes))


def post_second_factor_removal(call: Call, asked: shapes.Proof) -> None:
    """Take off one's own authenticator, where policy does not demand it."""
    second_factor.remove(call.signed_in, asked.password.get_secret_value(), visitor(call), call.house.reception)


def post_recovery_codes(call: Call, asked: shapes.Proof) -> shapes.RecoveryCodes:
    """New recovery codes; those before are void."""
    call.headers["Cache-Control"] = "no-store"
    password = asked.password.get_secret_value()
    codes = second_factor.new_codes(call.signed_in, password, visitor(call), call.house.reception)
    return shapes.RecoveryCodes(codes=list(codes))


def get_sessions(call: Call) -> Page[shapes.SessionShown]:
    """One's own sessions."""
    standing = sessions.standing(call.signed_in, store=call.house.store, now=call.house.clock.now())
    return Page(
        items=[
            shapes.SessionShown(
                id=each.id,
                agent=each.agent,
                begun_at=each.begun_at,
                seen_at=each.seen_at,
                until=each.until,
                current=each.id == call.session,
            )
            for each in standing
        ]
    )


def delete_own_session(call: Call) -> None:
    """End one of one's own sessions, at once."""
    person = call.signed_in
    sessions.end(person, call.path["id"], by=person, store=call.house.store, now=call.house.clock.now())


def delete_other_sessions(call: Call) -> None:
    """End all of one's own sessions but this one, at once."""
    person, now = call.signed_in, call.house.clock.now()
    sessions.end_all(person, by=person, store=call.house.store, now=now, but=call.session)


def get_feed_keys(call: Call) -> Page[shapes.FeedKey]:
    """The keys of one's own calendar feed."""
    found = feed_keys.keys_of(call.signed_in, store=call.house.store)
    return Page(items=[shapes.FeedKey.model_validate(_listed(each)) for each in found])


def post_feed_key(call: Call, asked: shapes.NewFeedKey) -> shapes.FeedKeyMade:
    """A new key of one's own calendar feed, shown once. An Idempotency-Key is not honoured: that would keep it."""
    call.headers["Cache-Control"] = "no-store"
    house = call.house
    made, secret = feed_keys.make(call.signed_in, asked.name, store=house.store, now=house.clock.now())
    address = f"{house.settings.site_url}/api/calendar.ics?key={secret}"
    return shapes.FeedKeyMade.model_validate({**_listed(made), "address": address})


def delete_feed_key(call: Call) -> None:
    """Revoke a key of one's own calendar feed, at once."""
    person, now = call.signed_in, call.house.clock.now()
    feed_keys.revoke(person, call.path["id"], by=person, store=call.house.store, now=now)


def _listed(key: feed_keys.FeedKey) -> dict[str, Any]:
    return {"id": key.id, "name": key.name, "made_at": key.made_at, "used_at": key.used_at}


def _access_token(call: Call) -> str:
    """The pool takes it as proof of who enrols; the authorizer has verified it."""
    return call.sent.get("authorization", "").partition(" ")[2]
