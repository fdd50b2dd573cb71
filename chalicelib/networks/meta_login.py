"""Facebook Login, by which a person lets us into the Pages that they manage, and the Instagram accounts behind these.

The code is exchanged for a token of the person, that one for a token that stands 60 days, and this lists the Pages,
each with a token of its own, which does not end by date. The person's own token is then thrown away: all that is done
afterwards is done as a Page.

Sources: developers.facebook.com (facebook-login/guides/advanced/manual-flow, access-tokens/get-long-lived;
graph-api/reference/user/accounts), 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from pydantic import Field

from chalicelib.networks.contract import App, CredentialsRefused, OAuthStart
from chalicelib.networks.graph import GRAPH, META, VERSION, Paging, failure_of, node_address, require_ok
from chalicelib.networks.oauth import client_of
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, bearer

DIALOG = "https://www.facebook.com"
_PAGE_FIELDS = "id,name,username,picture,access_token"
_ACCOUNT_FIELDS = "id,username,name,profile_picture_url"
_PAGE = 50
_PAGES_MAX = 20


class _Token(Wire):
    access_token: str = Field(min_length=1)


class _PictureData(Wire):
    url: str | None = None


class _Picture(Wire):
    data: _PictureData = Field(default_factory=_PictureData)


class InstagramAccount(Wire):
    id: str = Field(min_length=1)
    username: str = Field(min_length=1)
    name: str | None = None
    profile_picture_url: str | None = None


class ManagedPage(Wire):
    """access_token is missing where the person may do nothing for the Page."""

    id: str = Field(min_length=1)
    name: str = ""
    username: str | None = None
    picture: _Picture | None = None
    access_token: str | None = Field(None, repr=False)
    instagram_business_account: InstagramAccount | None = None


class _ManagedPages(Wire):
    data: list[ManagedPage] = Field(default_factory=list)
    paging: Paging = Field(default_factory=Paging)


def start(app: App, origin: str, scopes: Sequence[str], *, redirect_uri: str, state: str) -> OAuthStart:
    """Nothing needs to be kept until the code comes: Meta's exchange has no verifier."""
    client_id, _ = client_of(app)
    query = urlencode(
        [
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("state", state),
            ("response_type", "code"),
            ("scope", ",".join(scopes)),
        ]
    )
    return OAuthStart(f"{DIALOG if origin == GRAPH else origin}/{VERSION}/dialog/oauth?{query}", {})


def pages(
    transport: Transport, app: App, origin: str, *, redirect_uri: str, code: str, instagram: bool
) -> list[ManagedPage]:
    """Those that we were let into, each with its token. instagram: with the account behind it, where it has one.

    Raises CredentialsRefused code_refused, nothing_to_connect; Unavailable; NotUnderstood."""
    client_id, secret = client_of(app)
    ours = [("client_id", client_id), ("client_secret", secret)]
    answer = _exchange(transport, origin, [*ours, ("redirect_uri", redirect_uri), ("code", code)])
    failure = failure_of(answer)
    if failure is not None and failure.code in (100, 190):  # a code that was used, has expired or is another's
        raise CredentialsRefused("code_refused")
    short = _token(answer)
    longer = [*ours, ("grant_type", "fb_exchange_token"), ("fb_exchange_token", short)]
    person = _token(_exchange(transport, origin, longer))
    found = [each for each in _managed(transport, origin, person, instagram=instagram) if each.access_token]
    if not found:
        raise CredentialsRefused("nothing_to_connect")
    return found


def _exchange(transport: Transport, origin: str, query: Sequence[tuple[str, str]]) -> Answer:
    return transport.get(node_address(origin, VERSION, "oauth", "access_token"), query=query)


def _token(answer: Answer) -> str:
    require_ok(answer, META)
    return answer.read(_Token).access_token


def _managed(transport: Transport, origin: str, token: str, *, instagram: bool) -> Iterator[ManagedPage]:
    fields = _PAGE_FIELDS + (f",instagram_business_account{{{_ACCOUNT_FIELDS}}}" if instagram else "")
    after = ""
    for _ in range(_PAGES_MAX):
        query = [("fields", fields), ("limit", str(_PAGE)), *([("after", after)] if after else [])]
        answer = transport.get(node_address(origin, VERSION, "me", "accounts"), query=query, headers=bearer(token))
        require_ok(answer, META)
        page = answer.read(_ManagedPages)
        yield from page.data
        after = page.paging.cursors.after or ""
        if not page.paging.next or not after:
            return
