"""What can go wrong in the domain. Each carries a code; the HTTP edge gives each class its status, once."""

from __future__ import annotations


class ParvisError(Exception):
    """code: stable, for programs. field: the part of the input concerned. hint: one English sentence."""

    def __init__(self, code: str, hint: str | None = None, *, field: str | None = None) -> None:
        super().__init__(code if hint is None else f"{code}: {hint}")
        self.code = code
        self.hint = hint
        self.field = field


class InvalidInput(ParvisError):
    """The request cannot be done as asked; the same request will never succeed."""


class Unauthenticated(ParvisError):
    """Nobody is signed in, or the proof of it does not stand."""


class Gone(ParvisError):
    """It was there and is not any more: used up, expired, revoked or overtaken."""


class TooLarge(ParvisError):
    """More bytes than are taken here."""


class Forbidden(ParvisError):
    """Signed in, but not allowed."""

    def __init__(self, hint: str | None = None) -> None:
        super().__init__("forbidden", hint)


class EnrolmentRequired(ParvisError):
    """Signed in, but without the second factor that they must have: nothing but setting it up is allowed."""

    def __init__(self) -> None:
        super().__init__("second_factor_required", "POST /api/me/second-factor, then its verification.")


class NotFound(ParvisError):
    """There is no such thing in this agency. What another agency has does not exist either."""

    def __init__(self, hint: str | None = None) -> None:
        super().__init__("not_found", hint)


class Conflict(ParvisError):
    """The thing's present state does not allow this."""


class Stale(ParvisError):
    """The thing has changed since it was read."""

    def __init__(self, hint: str = "It has changed since you read it: read it again.") -> None:
        super().__init__("version_stale", hint)


class VersionRequired(ParvisError):
    """A change must say, by If-Match, which version it changes."""

    def __init__(self) -> None:
        super().__init__("version_required", 'Send If-Match with the version you read, e.g. If-Match: "3".')


class TooMany(ParvisError):
    """Refused for now; wait_s says how long to wait, in seconds."""

    def __init__(self, code: str, hint: str | None = None, *, wait_s: int = 60) -> None:
        super().__init__(code, hint)
        self.wait_s = wait_s


class Upstream(ParvisError):
    """Something that Parvis depends on did not answer as it should; the same request may succeed later."""
