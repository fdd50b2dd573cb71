"""How a Bluesky server is spoken to, and what its errors mean to a call that publishes nothing."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from chalicelib.networks import wire
from chalicelib.networks.contract import CredentialsRefused
from chalicelib.networks.steps import raise_for_status
from chalicelib.networks.transport import Answer, Transport, is_loopback

POST = "app.bsky.feed.post"

_EXPIRED = {"ExpiredToken"}
SUSPENDED = {"AccountTakedown", "RepoTakendown", "AccountSuspended", "RepoSuspended"}
DEACTIVATED = {"AccountDeactivated", "RepoDeactivated"}
_NOT_AUTHORISED = {
    "AuthMissing",
    "AuthenticationRequired",
    "AuthRequired",
    "BadJwtAudience",
    "InvalidToken",
    "MissingJwt",
    "UntrustedIss",
}


class Wire(wire.Wire):
    """The lexicons' names are camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


class Error(Wire):
    error: str = ""
    message: str = ""


class Record(Wire):
    uri: str = Field(pattern=r"^at://")
    cid: str = ""
    value: dict[str, object]


def method_url(origin: str, method: str) -> str:
    return f"{origin}/xrpc/{method}"


def said_of(answer: Answer) -> Error:
    return answer.read_or_none(Error) or Error()


def credentials_code(status: int, error: str) -> str | None:
    """The error's name decides, since servers put the same refusal under 400 and 401."""
    if status not in (400, 401, 403):
        return None
    if error in _EXPIRED:
        return "token_expired"
    if error in SUSPENDED:
        return "account_suspended"
    if error in DEACTIVATED:
        return "account_deactivated"
    if error in _NOT_AUTHORISED or status in (401, 403):
        return "credentials_refused"
    return None


def require_ok(answer: Answer, now: datetime) -> None:
    """Raises CredentialsRefused, Unavailable, NotUnderstood."""
    if answer.status == 200:
        return
    credentials = credentials_code(answer.status, said_of(answer).error)
    if credentials:
        raise CredentialsRefused(credentials)
    raise_for_status(answer, now)


def get_record(transport: Transport, origin: str, repo: str, collection: str, key: str, access: str) -> Answer:
    return transport.get(
        method_url(origin, "com.atproto.repo.getRecord"),
        query=[("repo", repo), ("collection", collection), ("rkey", key)],
        headers=wire.bearer(access),
    )


def public_url(server: str, did: str, key: str) -> str | None:
    """Where people read a post. A server on this machine is not part of the public network."""
    return None if is_loopback(server) else f"https://bsky.app/profile/{did}/post/{key}"
