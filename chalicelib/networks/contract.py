"""What every network connector offers, and the closed set of outcomes it may answer with.

Feature code (publishing, inbox, ...) knows a network only through this file. A vendor's error codes, field names
and quirks stay in that network's own file; what leaves it is one of the outcomes below.

A connector never decides to try again: it makes at most one attempt at each outward step and says what is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

# ---------------------------------------------------------------- outcomes


@dataclass(frozen=True)
class Published:
    """The network accepted the post and said so.

    remote_id: the network's own id (an at:// URI, a status id). url: where a person can read it, if known.
    native: the few fields of the answer that are worth keeping (ids, revision); never a token.
    """

    remote_id: str
    url: str | None = None
    native: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pending:
    """The network holds the material, and nothing of it stands in public: it is published by a call to come.

    ticket: keep it and give it back (Publication.ticket) to the next attempt, after check_after. A network that
    publishes in two steps never publishes at an attempt without a ticket, so that what is being published is on record
    before it is. unfinished: the attempt with this ticket hands over more (the whole of a carousel, of its parts), or
    looks whether it is prepared (a video), and publishes nothing either, so that it may come before the time."""

    ticket: str
    check_after: timedelta
    unfinished: bool = False


@dataclass(frozen=True)
class RetryAfter:
    """Nothing was accepted, and the same request may be made again after `wait` (a rate limit, an outage that
    was noticed before anything was sent)."""

    wait: timedelta
    code: str
    detail: str = ""


@dataclass(frozen=True)
class Rejected:
    """The network refused this content for good. `code` is ours (see ERROR CODES in each connector)."""

    code: str
    detail: str = ""


@dataclass(frozen=True)
class Reauthorise:
    """The credentials no longer stand; a person must connect the profile again. Nothing was accepted."""

    code: str
    detail: str = ""


@dataclass(frozen=True)
class OutcomeUnknown:
    """The request left us and no trustworthy answer came back: it may or may not have been accepted.

    The only honest next step is to look at the profile's own recent posts.
    """

    code: str
    detail: str = ""


Outcome = Published | Pending | RetryAfter | Rejected | Reauthorise | OutcomeUnknown

# ---------------------------------------------------------------- errors of calls that only read or connect


class NetworkError(Exception):
    """A call that publishes nothing did not succeed. `code` is one of ours."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Unavailable(NetworkError):
    """The network or the way to it is down or slow; the same call may succeed later. Never disconnects a profile."""

    def __init__(self, code: str, detail: str = "", wait: timedelta = timedelta(seconds=30)) -> None:
        super().__init__(code, detail)
        self.wait = wait


class CredentialsRefused(NetworkError):
    """The network said that these credentials do not stand (wrong, revoked or expired beyond refresh)."""


class NotPermitted(NetworkError):
    """These credentials stand but do not reach this far (`scope_missing`: connected before we asked for it): a person
    may connect the profile again to have it. Never disconnects a profile; publishing goes on."""


class AddressRefused(NetworkError):
    """A server address that a person typed is not one we will connect to (see transport.py)."""


class NotUnderstood(NetworkError):
    """The server answered something that is not this network's API."""


# ---------------------------------------------------------------- what goes out


@dataclass(frozen=True)
class MediaFile:
    """One image or video that goes with a post. `read` fetches the bytes when, and only when, they are needed.

    address: for the networks that fetch a file themselves: makes a public https address of these very bytes, each time
    it is called, that stands for an hour; None where there is none to be had. duration_s: of a video. chunks: the same
    bytes in pieces of a size (the last may be shorter), for what is too large to be held; None where there is only
    `read`. located: the bytes say where it was taken. original_sha256: where these bytes are a copy made for this
    network, of the file that people approved; original_located: that one says where it was taken.
    """

    media_id: str
    filename: str
    content_type: str  # by content, not by name: image/jpeg, image/png, image/gif, image/webp, video/mp4
    size: int  # bytes
    width: int  # pixels
    height: int  # pixels
    alt: str
    sha256: str  # hex, of the bytes
    read: Callable[[], bytes]
    address: Callable[[], str] | None = None
    duration_s: float | None = None
    chunks: Callable[[int], Iterator[bytes]] | None = None
    located: bool = False
    original_sha256: str | None = None
    original_located: bool = False

    @property
    def approved_sha256(self) -> str:
        return self.original_sha256 or self.sha256

    @property
    def is_video(self) -> bool:
        return self.content_type.startswith("video/")


@dataclass(frozen=True)
class LinkCard:
    """What is shown of a link below a post: plain text, and a picture where there is one that the network takes."""

    url: str  # http or https
    title: str
    description: str = ""
    image: MediaFile | None = None


@dataclass(frozen=True)
class Publication:
    """One post as one network shall show it.

    key: chosen by us, stable over every attempt of the same delivery and unique to it (a connector derives from it
    an idempotency key or a record id). written_at: UTC, stable over every attempt, so that a repeated request is the
    same request to the byte. language: BCP 47 or None. ticket: what an earlier attempt of this delivery left with the
    network (Pending.ticket), None at the first. card: only of a post without media that is no reply.
    """

    key: str
    text: str
    written_at: datetime
    media: Sequence[MediaFile] = ()
    language: str | None = None
    reply_to: str | None = None
    ticket: str | None = None
    card: LinkCard | None = None


@dataclass(frozen=True)
class Account:
    """A connected profile with its secrets opened. Lives in memory only; `repr` shows no secret."""

    profile_id: str
    server: str  # origin of the API, e.g. https://mastodon.example
    remote_id: str  # the account's own id on the network (a DID, an account id)
    handle: str
    secrets: Mapping[str, str] = field(repr=False, default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)  # what the server says of itself, see Limits


class Halted(Exception):
    """Raised by a Gate: this step must not begin (a pause stands, or approval was withdrawn)."""


class Stalled(Exception):
    """Raised when more than a second passed between reading the fence and the first byte. Nothing was sent."""


Gate = Callable[[], None]
"""Called by the transport when the connection stands and nothing of the request has been written.

It reads the pause fence, strongly consistent, and returns if the step may begin; raises Halted if it may not. The
transport measures the time from the beginning of that call to the first byte and raises Stalled past one second.
"""

# ---------------------------------------------------------------- what is seen again


@dataclass(frozen=True)
class Sighting:
    """One of the profile's own posts that is, or could be, a given publication.

    exact: True when an id chosen by us proves that it is this very publication; False when only text, media count
    and time agree, so that a twin (same words, same profile) could have made it.
    """

    remote_id: str
    url: str | None
    created_at: datetime
    exact: bool


# ---------------------------------------------------------------- what comes in

InboundKind = Literal["mention", "reply", "quote", "comment", "private", "keyword"]


@dataclass(frozen=True)
class Citizen:
    """Who wrote a message, as the network names them. followers: None where the network does not say.

    name and handle are whatever people typed: never markup, never trusted."""

    remote_id: str
    handle: str
    name: str = ""
    url: str | None = None
    avatar_url: str | None = None
    followers: int | None = None


@dataclass(frozen=True)
class InboundMedia:
    """A file that came with a message, where the network keeps it. kind: image, video, audio or other."""

    kind: str
    url: str
    alt: str = ""


@dataclass(frozen=True)
class Inbound:
    """One message that reached a profile, as plain text.

    remote_id: the network's own id, unique on the network. written_at: by the network's word, UTC. parent: the
    message that it answers; root: the first of its thread; both remote ids, None where it begins a thread or the
    network does not say. revision: changes when the author edits (a content hash, an edit time); "" where the network
    knows no edits. native: the few fields worth keeping for the record; never a token.
    """

    remote_id: str
    kind: InboundKind
    author: Citizen
    text: str
    written_at: datetime
    url: str | None = None
    parent: str | None = None
    root: str | None = None
    language: str | None = None
    media: Sequence[InboundMedia] = ()
    revision: str = ""
    native: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Messages, oldest first. cursor: give it back at the next reading, which then begins after these, also where
    there were none yet; None only where there is nothing to give back. more: the network has more now, ask again at
    once (a backlog may be told from its newest batch down)."""

    messages: Sequence[Inbound]
    cursor: str | None
    more: bool = False


@dataclass(frozen=True)
class Pushed:
    """One message that a network told us of by itself, and the account (its remote id) that it reached."""

    account_remote_id: str
    inbound: Inbound


@dataclass(frozen=True)
class PostMetrics:
    """What a network counts of one post, so far. None: this network does not say (never zero).

    gone: the network no longer has the post."""

    remote_id: str
    likes: int | None = None
    shares: int | None = None  # reposts, boosts
    replies: int | None = None
    quotes: int | None = None
    clicks: int | None = None
    impressions: int | None = None
    gone: bool = False


@dataclass(frozen=True)
class ProfileMetrics:
    """What a network counts of the account itself, now. None: this network does not say."""

    followers: int | None = None
    following: int | None = None
    posts: int | None = None


def addressed(text: str, handle: str, capabilities: Capabilities) -> str:
    """The text of a reply, as a reply box begins it: with the citizen's handle where the network wants it and the text
    does not have it. It is part of the text from then on: seen, counted, approved and found again like every word."""
    if not capabilities.mentions_in_replies or not handle:
        return text
    mention = f"@{handle.removeprefix('@')}"
    known = re.search(rf"(?<![\w@/.-]){re.escape(mention)}(?![\w@-]|\.\w)", text, re.IGNORECASE)
    return text if known else f"{mention} {text}"


# ---------------------------------------------------------------- limits and checks


TextUnit = Literal["graphemes", "mastodon", "threads", "tweet"]
"""By what a text is counted: what a reader calls a character; the same with Mastodon's rule for links and mentions; the
same with Threads' for emoji; twitter-text's weights. The interface counts by the same names (web/src/text/count.ts)."""


@dataclass(frozen=True)
class Limits:
    """What a network (or one server of it) allows. Published to the composer as it stands here."""

    text_unit: TextUnit
    text_max: int
    text_bytes_max: int | None
    url_length: int | None  # every link counts as so many, or None: as long as it is
    images_max: int
    image_bytes_max: int
    image_types: tuple[str, ...]
    alt_max: int | None
    source: str  # where the figures come from, with a date
    image_pixels_max: int | None = None  # width times height of one image, where a server refuses larger ones
    images_min: int = 0  # a post without so many images or videos is none (Instagram)
    image_ratio_min: float | None = None  # width over height
    image_ratio_max: float | None = None
    videos_max: int = 0
    video_bytes_max: int = 0
    video_seconds_max: float = 0
    video_types: tuple[str, ...] = ()
    video_with_images: bool = False  # in one post
    video_pixels_max: int | None = None  # width times height, where a server refuses larger ones
    video_seconds_min: float = 0
    video_ratio_min: float | None = None  # width over height
    video_ratio_max: float | None = None


@dataclass(frozen=True)
class Problem:
    """Why a post cannot go to a network as it is. field: "text", "media/<id>" or "card/<field>"; hint: one English
    sentence."""

    code: str
    field: str
    hint: str
    limit: int | None = None
    actual: int | None = None


@dataclass(frozen=True)
class Price:
    """what: "post", "post_with_link", "read" (a post), "private_read" (a message). As the network stated it on as_of
    (ISO date), at source."""

    what: str
    usd: float
    as_of: str
    source: str


@dataclass(frozen=True)
class CardLimits:
    """Which picture a network takes in a link card that we build; another is left out, and the card goes without."""

    image_bytes_max: int
    image_types: tuple[str, ...]
    source: str
    image_pixels_max: int | None = None

    def takes(self, image: MediaFile) -> bool:
        return (
            image.content_type in self.image_types
            and image.size <= self.image_bytes_max
            and (self.image_pixels_max is None or image.width * image.height <= self.image_pixels_max)
        )


CARD_TITLE_MAX = 200
CARD_DESCRIPTION_MAX = 500
"""In characters. Ours: neither Bluesky's lexicon nor LinkedIn's reference states one, and no reader sees more."""

LinkCards = Literal["ours", "theirs", "none"]
"""Whose card stands below a post with a link: the one that people wrote and approved; the one that the network makes
of the page by itself; nobody's."""


@dataclass(frozen=True)
class Capabilities:
    network: str
    name: str  # as people write it
    connect: Literal["app_password", "oauth", "address"]
    """By an address: see AddressNetwork. A network of OAuth that has connect_password takes a token by hand too."""
    needs_server: bool  # a person chooses the server
    limits: Limits  # the network's defaults; a profile may have its server's own
    chosen_id: bool  # we choose the remote id: a repeated request cannot post twice
    absence_after: timedelta  # how long after an attempt its absence from our own posts proves it was not accepted
    reads: frozenset[str] = frozenset()
    """What it can tell us: "inbox", "search", "thread", "post_metrics", "profile_metrics"."""
    pushes: bool = False
    """It calls a webhook of ours when something reaches a profile."""
    measures: frozenset[str] = frozenset()
    """The fields of PostMetrics that this network ever fills."""
    threads: bool = False
    """Several posts of ours may stand as a thread, each an answer to the one before."""
    mentions_in_replies: bool = False
    """A reply reaches the person answered only where its text mentions them: see `addressed`."""
    moderates: frozenset[str] = frozenset()
    """What can be done about a message under our posts: "hide" (and show again), "delete"."""
    revokes: bool = False
    """Credentials are voided when a profile is removed: see RevokingNetwork."""
    subscribes: bool = False
    """The network tells us of an account from when a person chose it until nobody has it: see SubscribingNetwork."""
    two_steps: bool = False
    """The material is handed over first and published by a later attempt: see Pending."""
    videos_ahead: bool = False
    """The same, of a post with a video and of no other (videos.py)."""
    reads_a_minute: int = 3
    """How often its inbox is asked for, evenly spaced, six times at most (polling reads nothing twice within ten
    seconds): less where a network counts every request by the day, more where asking is free."""
    publishes: bool = True
    """It takes posts of ours; where it does not, it takes replies alone, if `answers`."""
    answers: bool = True
    """It takes replies of ours to what is read there."""
    notices: tuple[str, ...] = ()
    """What the network does not allow, by codes of ours that people are told before they try."""
    prices: tuple[Price, ...] = ()
    """What the network itself asks for; empty where it asks for nothing."""
    link_cards: LinkCards = "none"
    card_limits: CardLimits | None = None
    """Only where the card is ours."""

    def prepares(self, *, video: bool) -> bool:
        """Whether the first attempt at a post hands its material over and publishes nothing. video: it has one."""
        return self.two_steps or (video and self.videos_ahead)


# ---------------------------------------------------------------- connecting


@dataclass(frozen=True)
class Connected:
    """A connection that works: verified by a call made with it."""

    server: str
    remote_id: str
    handle: str
    display_name: str
    avatar_url: str | None
    secrets: Mapping[str, str] = field(repr=False, default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    expires_at: datetime | None = None  # of the access token, if it expires


@dataclass(frozen=True)
class OAuthStart:
    """authorize_url: where the person goes. keep: what must be kept (encrypted) until the code comes back."""

    authorize_url: str
    keep: Mapping[str, str] = field(repr=False, default_factory=dict)


class Network(Protocol):
    """One network. Stateless but for its HTTP transport; safe to use from several threads.

    Errors: `publish` never raises for anything the network does (it answers an Outcome); it lets Halted pass.
    All others raise a NetworkError.
    """

    def capabilities(self) -> Capabilities: ...

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """The limits of one account: the network's defaults overlaid with what its server said on connecting."""

    def length(self, text: str, limits: Limits) -> int:
        """How long the network takes this text to be, in limits.text_unit."""

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        """Everything that would make the network refuse this, by the network's own counting. Empty when it may go."""

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        """One attempt. The gate is passed before every request that changes something on the network."""

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """Own posts made at or after `since` that are, or could be, this publication; oldest first."""

    def refresh(self, account: Account) -> Connected | None:
        """New credentials for this account, or None where they do not expire. The old ones may be void at once."""


class ReadingNetwork(Network, Protocol):
    """What the inbox, the alerts and the reports stand on. capabilities().reads says which of these a network has.

    All raise a NetworkError: Unavailable (wait says how long), CredentialsRefused, NotPermitted, NotUnderstood; never a
    vendor's own exception, whatever the server answers.
    """

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        """What reached the account after `cursor`: mentions, replies, quotes, comments, private messages.

        Without a cursor: the newest `limit` that there are. Nothing is passed over between two readings; what is seen
        twice is the caller's to recognise by remote_id."""

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        """Public posts with these words, of kind "keyword", under the same rules."""

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """What stands above a message, the thread's first post first; empty where it begins one or is gone."""

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """One for each id asked for (at most 25), in that order."""

    def profile_metrics(self, account: Account) -> ProfileMetrics: ...


class ModeratingNetwork(Network, Protocol):
    """capabilities().moderates says which of these a network has. Each may be repeated: what is so already is no error.

    All raise a NetworkError, as a ReadingNetwork does; what the network does not let us touch is NotPermitted.
    """

    def hide(self, account: Account, remote_id: str, *, hidden: bool) -> None:
        """Hide a citizen's message under a post of ours from others, or show it again."""

    def delete(self, account: Account, remote_id: str) -> None:
        """Take a post or comment of ours (or, where the network lets us, a citizen's under ours) off the network."""


class RevokingNetwork(Network, Protocol):
    def revoke(self, account: Account) -> None:
        """This profile is removed here: its credentials are voided, and no others'. Raises a NetworkError."""


class SubscribingNetwork(Network, Protocol):
    def subscribe(self, account: Account) -> None:
        """A person chose this account: have the network tell our webhook of it, of none that were merely offered.

        May be repeated. Raises Unavailable, NotUnderstood, CredentialsRefused (permission_missing, ...): without it
        the account is not connected at all."""

    def unsubscribe(self, account: Account) -> None:
        """No profile stands for this account any more: have the network tell us nothing of it. May be repeated.
        Raises a NetworkError."""


class PasswordNetwork(Network, Protocol):
    def connect_password(self, *, server: str, identifier: str, app_password: str) -> Connected: ...


class AddressNetwork(Network, Protocol):
    def connect_address(self, *, address: str) -> Connected:
        """What stands at an address of the web, as a person typed it; nobody signs in. Raises a NetworkError."""


class OAuthNetwork(Network, Protocol):
    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart: ...

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """The accounts (pages, organisations) that the person may connect, at least one, each with its own secrets.

        Raises CredentialsRefused nothing_to_connect where the person manages none."""


App = Callable[[], Mapping[str, str]]
"""The secrets of our application with one network (client_id, client_secret, ...), read when they are needed; empty
where this deployment has none. Raises errors.Upstream."""
