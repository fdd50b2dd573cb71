"""The pool of users in memory, as Cognito is documented to behave: passwords, authenticators, families of tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.errors import InvalidInput, Unauthenticated
from chalicelib.team.reception import Challenge
from tests.fakes.clock import FakeClock


def totp(secret: str, now: datetime) -> str:
    """What an authenticator with this secret shows (RFC 6238, SHA-1, six digits, thirty seconds)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(now.timestamp()) // 30), hashlib.sha1).digest()
    place = mac[-1] & 0x0F
    return f"{(struct.unpack('>I', mac[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


@dataclass(frozen=True)
class FakeTokens:
    username: str
    session: str
    access: str
    refresh: str | None
    expires_in: int = 900


@dataclass
class User:
    email: str
    password: str
    secret: str | None = None
    pending: str | None = None
    enabled: bool = True
    families: set[str] = field(default_factory=set)


class FakePool:
    """demands: as a Cognito pool with MfaConfiguration ON, it asks everybody to set up an authenticator (MFA_SETUP).
    asked: every name that a password was tried for."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.users: dict[str, User] = {}
        self.asked: list[str] = []
        self.demands = False
        self._challenges: dict[str, tuple[str, str]] = {}

    # ------------------------------------------------------------ coming in

    def sign_in(self, username: str, password: str) -> FakeTokens | Challenge:
        self.asked.append(username)
        user = self.users.get(username)
        if user is None or not user.enabled or user.password != password:
            raise Unauthenticated("sign_in_refused")
        if user.secret is not None:
            return Challenge("code", self._challenge(username, user.secret))
        if self.demands:
            secret = self._secret()
            return Challenge("set_up", self._challenge(username, secret), secret)
        return self._tokens(username)

    def answer(self, username: str, challenge: Challenge, code: str) -> FakeTokens:
        whose, secret = self._challenges.get(challenge.session, ("", ""))
        if whose != username or (self.users[username].secret is None) != (challenge.kind == "set_up"):
            raise Unauthenticated("challenge_ended")
        self._check(secret, code)
        del self._challenges[challenge.session]
        self.users[username].secret = secret
        return self._tokens(username)

    def refresh(self, refresh_token: str) -> FakeTokens:
        username, _, family = refresh_token.removeprefix("refresh:").partition("/")
        user = self.users.get(username)
        if user is None or not user.enabled or family not in user.families:
            raise Unauthenticated("session_ended")
        return FakeTokens(username, family, f"access:{username}/{family}/{secrets.token_hex(4)}", None)

    def revoke(self, refresh_token: str) -> None:
        username, _, family = refresh_token.removeprefix("refresh:").partition("/")
        if username in self.users:
            self.users[username].families.discard(family)

    # ------------------------------------------------------------ accounts

    def create(self, username: str, *, email: str, password: str) -> None:
        if len(password) < 12:
            raise InvalidInput("password_refused", field="password")
        self.users.setdefault(username, User(email, password)).password = password

    def change_password(self, access_token: str, *, old: str, new: str) -> None:
        user = self._bearer(access_token)
        if user.password != old:
            raise Unauthenticated("password_wrong")
        user.password = new

    def end_sessions(self, username: str) -> None:
        self.users[username].families.clear()

    def disable(self, username: str) -> None:
        self.users[username].enabled = False
        self.users[username].families.clear()

    def enable(self, username: str) -> None:
        self.users[username].enabled = True

    # ------------------------------------------------------------ the second factor

    def begin_enrolment(self, access_token: str) -> str:
        user = self._bearer(access_token)
        user.pending = self._secret()
        return user.pending

    def finish_enrolment(self, access_token: str, code: str) -> None:
        user = self._bearer(access_token)
        if user.pending is None:
            raise Unauthenticated("code_refused")
        self._check(user.pending, code)
        user.secret, user.pending = user.pending, None

    def remove_second_factor(self, username: str) -> None:
        self.users[username].secret = None

    # ------------------------------------------------------------ steps

    def code(self, username: str) -> str:
        """What their authenticator shows now."""
        secret = self.users[username].secret or self.users[username].pending
        assert secret is not None
        return totp(secret, self._clock.now())

    def _bearer(self, access_token: str) -> User:
        username, _, rest = access_token.removeprefix("access:").partition("/")
        user = self.users.get(username)
        if user is None or rest.partition("/")[0] not in user.families:
            raise Unauthenticated("session_ended")
        return user

    def _tokens(self, username: str) -> FakeTokens:
        family = secrets.token_hex(8)
        self.users[username].families.add(family)
        return FakeTokens(username, family, f"access:{username}/{family}/0", f"refresh:{username}/{family}")

    def _challenge(self, username: str, secret: str) -> str:
        session = secrets.token_urlsafe(24)
        self._challenges[session] = username, secret
        return session

    def _check(self, secret: str, code: str) -> None:
        if code != totp(secret, self._clock.now()):
            raise Unauthenticated("code_refused")

    @staticmethod
    def _secret() -> str:
        return base64.b32encode(secrets.token_bytes(20)).decode()
