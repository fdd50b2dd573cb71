"""/api/session, /api/me: coming in, and who is signed in."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import session as shapes
from chalicelib.api.shapes.base import Empty
from chalicelib.errors import NotFound, Unauthenticated
from chalicelib.store import Lost
from chalicelib.team import inviting, passwords, session
from chalicelib.team.people import Agency, Department, Person
from chalicelib.team.policy import Policies
from chalicelib.team.reception import Challenge, Visitor
from chalicelib.team.second_factor import address_of
from chalicelib.team.session import Entered

_COOKIE = "parvis_refresh"
_COOKIE_FOR_S = 12 * 3600  # as long as the token in it (infra/resources/people.json)
_ATTRIBUTES = "Path=/api/session; HttpOnly; SameSite=Strict"


def post_session(call: Call, asked: shapes.SignIn) -> shapes.SignedIn:
    """Sign in with e-mail address and password; a challenge may follow."""
    come = session.sign_in(asked.email, asked.password.get_secret_value(), visitor(call), call.house.reception)
    return _signed_in(call, come, asked.email)


def post_challenge(call: Call, asked: shapes.ChallengeAnswer) -> shapes.SignedIn:
    """The authenticator's code, after the password."""
    challenge = Challenge(asked.kind, asked.challenge)
    come = session.answer_challenge(asked.email, challenge, asked.code, visitor(call), call.house.reception)
    return _signed_in(call, come, asked.email)


def post_recovery(call: Call, asked: shapes.RecoverySignIn) -> shapes.SignedIn:
    """Sign in with a recovery code: the authenticator is taken off."""
    come = session.recover(
        asked.email,
        asked.password.get_secret_value(),
        asked.code.get_secret_value(),
        visitor(call),
        call.house.reception,
    )
    return _signed_in(call, come, asked.email)


def post_refresh(call: Call, asked: Empty) -> shapes.Session:
    """A new access token for the refresh cookie."""
    kept = call.cookies.get(_COOKIE)
    if not kept:
        raise Unauthenticated("session_ended")
    come = session.refreshed(kept, call.house.reception)
    _keep(call, come.tokens.refresh or kept)
    return shapes.Session(access_token=come.tokens.access, expires_in=come.tokens.expires_in, me=_me(call, come.person))


def delete_session(call: Call) -> None:
    """Sign out: the session ends and the cookie is cleared."""
    kept = call.cookies.get(_COOKIE)
    if kept:
        session.sign_out(kept, call.house.reception)
    call.headers["Set-Cookie"] = f"{_COOKIE}=; Max-Age=0; {_ATTRIBUTES}{_secure(call)}"


def post_reset(call: Call, asked: shapes.ResetAsked) -> None:
    """Ask for a link to set a new password; the answer is the same whether the address is known or not."""
    call.headers["Cache-Control"] = "no-store"
    passwords.ask_for_reset(asked.email, visitor(call), call.house.reception)


def post_reset_completion(call: Call, asked: shapes.PasswordReset) -> None:
    """Set a new password by the link of a mail. All sessions end."""
    call.headers["Cache-Control"] = "no-store"
    token, password = asked.token.get_secret_value(), asked.password.get_secret_value()
    passwords.reset(token, password, visitor(call), call.house.reception)


def post_invitation_opening(call: Call, asked: shapes.LinkOpened) -> shapes.InvitationShown:
    """What the link of a mail invites to. Reading it accepts nothing."""
    call.headers["Cache-Control"] = "no-store"
    opened = inviting.open_link(asked.token.get_secret_value(), visitor(call), call.house.reception)
    invitation = opened.invitation
    return shapes.InvitationShown(
        agency=opened.agency.name,
        email=invitation.email,
        language=invitation.language,
        by=invitation.by_name,
        until=invitation.until,
        second_factor=call.house.policies.required(inviting.person_of(invitation, "", now=call.house.clock.now())),
    )


def post_acceptance(call: Call, asked: shapes.Acceptance) -> shapes.SignedIn:
    """Accept an invitation: the account is made, and its owner is in."""
    come, email = inviting.accept(
        asked.token.get_secret_value(),
        name=asked.name,
        password=asked.password.get_secret_value(),
        visitor=visitor(call),
        at=call.house.reception,
    )
    return _signed_in(call, come, email)


def get_me(call: Call) -> shapes.Me:
    """Who is signed in, and what they may do."""
    return _me(call, call.signed_in)


def patch_me(call: Call, asked: shapes.MeChange) -> shapes.Me:
    """Choose the language of the interface."""
    for _ in range(3):
        person = call.house.store.get(Person, call.signed_in.key())
        if person is None:
            break
        try:
            changed = person.but(language=asked.language)
            call.house.store.save(changed)
            return _me(call, changed)
        except Lost:
            continue
    raise NotFound


def visitor(call: Call) -> Visitor:
    return Visitor(call.address, call.sent.get("user-agent", ""))


def _signed_in(call: Call, come: Entered | Challenge, email: str) -> shapes.SignedIn:
    call.headers["Cache-Control"] = "no-store"
    if isinstance(come, Entered):
        if come.tokens.refresh is not None:
            _keep(call, come.tokens.refresh)
        return shapes.SignedIn(
            access_token=come.tokens.access,
            expires_in=come.tokens.expires_in,
            me=_me(call, come.person),
            recovery_codes=list(come.recovery),
        )
    address = address_of(come.secret, email.strip().lower()) if come.secret else None
    return shapes.SignedIn(
        challenge=shapes.Challenge(kind=come.kind, challenge=come.session, secret=come.secret, address=address)
    )


def _keep(call: Call, refresh: str) -> None:
    call.headers["Set-Cookie"] = f"{_COOKIE}={refresh}; Max-Age={_COOKIE_FOR_S}; {_ATTRIBUTES}{_secure(call)}"
    call.headers["Cache-Control"] = "no-store"


def _secure(call: Call) -> str:
    return "; Secure" if call.house.settings.site_url.startswith("https://") else ""


def _me(call: Call, person: Person) -> shapes.Me:
    agency = call.house.store.get(Agency, Agency.key_of(person.agency), consistent=False)
    if agency is None:
        raise NotFound
    departments = call.house.store.query(Department, Department.partition(person.agency))
    policies: Policies = call.house.policies
    return shapes.Me(
        id=person.id,
        name=person.name,
        email=person.email,
        language=person.language,
        agency=shapes.Agency(id=agency.id, name=agency.name, zone=agency.zone),
        departments=[shapes.Department(id=each.id, name=each.name) for each in departments],
        roles=shapes.roles_held(person.roles),
        second_factor=shapes.SecondFactorState(
            enrolled=person.second_factor_at is not None,
            required=policies.required(person),
            waived=policies.waived,
        ),
    )
