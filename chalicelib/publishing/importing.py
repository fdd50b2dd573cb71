"""A sheet of posts becomes posts: every row judged as POST /api/posts and its schedule would judge it, then each
written in a transaction of its own, or not at all.

A row is known by what would go out: its words, its profiles, its moment. A mark under a hash of these is written with
the post, on the condition that there is none, so that the same file sent twice, by two people at once, or with its
columns or its way of writing dates changed, makes no doubles. What was imported and then deleted may be imported again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, TypeVar

from chalicelib.approvals.workflow import workflows
from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.errors import Conflict, InvalidInput, ParvisError
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.campaign import Campaign
from chalicelib.publishing.checking import check
from chalicelib.publishing.due_time import acceptable, instant_of, zone_named
from chalicelib.publishing.planning import Bench, place
from chalicelib.publishing.post import Content, Post
from chalicelib.publishing.sheet import Sheet, SheetRow
from chalicelib.publishing.wall_time import wall_of
from chalicelib.store import Lost
from chalicelib.team.actor import Actor

T = TypeVar("T")

ROWS_WRITTEN = 200
ROWS_LOOKED_AT = 1_000
"""Of one request at most. What is not reached is asked for with the cursor that the answer gives."""

PATIENCE = timedelta(seconds=12)
"""After which a request begins no further batch of rows: API Gateway gives up after 29 seconds."""

_BATCH = 50
_SIDE_BY_SIDE = 8
_TRIES = 4
_KEPT = timedelta(days=30)
"""How long a mark outlives its post's time. Then the row is refused in any case: its time has passed."""

TEXT_LENGTH_MAX = 65_000
TARGETS_MAX, TAGS_MAX, TAG_LENGTH_MAX = 25, 20, 40
"""As POST /api/posts takes them."""

_LANGUAGE = re.compile(r"(?=.{2,35}$)[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_LINK = re.compile(r"https?://[^\s/]\S{0,1990}")

VALUE_LENGTH = 80
"""Of a cell that is not understood, as it is shown."""

Outcome = Literal["ok", "bad", "already_imported"]
Becomes = Literal["scheduled", "draft"]


class ImportedRow(Entity):
    """That a row was imported, and as which post. digest: of what would go out."""

    KIND: ClassVar[str] = "imported_row"
    TABLE: ClassVar[str] = "state"

    agency: str
    digest: str
    post: str
    due_at: Moment

    @staticmethod
    def key_of(agency: str, digest: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "IMPORTED", digest), "sk": "IMPORTED"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.digest)

    def item(self) -> dict[str, Any]:
        return {**super().item(), "expires": int((self.due_at + _KEPT).timestamp())}


@dataclass(frozen=True)
class Options:
    """campaign: for the rows that name none. zone: likewise, an IANA name."""

    department: str
    zone: str
    campaign: str | None = None
    dry_run: bool = True


@dataclass(frozen=True)
class RowProblem:
    """column: one of sheet.COLUMNS, or "row". value: how what stands there begins. profile: whose network objects."""

    column: str
    code: str
    hint: str
    profile: str | None = None
    value: str = ""


@dataclass(frozen=True)
class Judged:
    """What is made of a row. because: approval_required or may_not_publish, where it becomes only a draft."""

    number: int
    outcome: Outcome
    title: str
    zone: str
    due_at: datetime | None = None
    profiles: tuple[str, ...] = ()
    becomes: Becomes | None = None
    because: str | None = None
    post: str | None = None
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True)
class Slice:
    """rows: in their order. following: the number of the row to go on from; None after the last."""

    rows: tuple[Judged, ...]
    following: int | None


@dataclass
class _Read:
    """A row with its words understood, as far as they could be."""

    row: SheetRow
    zone: str
    text: str = ""
    due_at: datetime | None = None
    profiles: tuple[Profile, ...] = ()
    campaign: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def content(self) -> Content:
        return Content(
            text=self.text,
            targets=tuple(each.id for each in self.profiles),
            campaign=self.campaign,
            tags=self.tags,
            language=self.language,
        )

    @property
    def digest(self) -> str | None:
        """None for what could not be understood: it is never imported."""
        if self.problems or self.due_at is None:
            return None
        said = [self.text, stamp(self.due_at), sorted(each.id for each in self.profiles)]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class _Known:
    """What all rows are held against, read once."""

    profiles: tuple[Profile, ...]
    campaigns: tuple[Campaign, ...]
    reviewing: frozenset[str]
    """The departments that let nothing leave unreviewed."""


def take_in(sheet: Sheet, options: Options, *, begin: int, actor: Actor, bench: Bench) -> Slice:
    """Judge, and unless it is a dry run write, the rows from number `begin` on: as many as one request has time for.

    Raises Forbidden; InvalidInput zone_unknown or campaign_unknown for the options. What is wrong with a row stands
    in the row.
    """
    actor.require("write", options.department)
    zone_named(options.zone)
    known = _known(actor, bench)
    if options.campaign is not None and all(each.id != options.campaign for each in known.campaigns):
        raise InvalidInput("campaign_unknown", "There is no such campaign.", field="campaign")
    read = [_read(row, options, known) for row in sheet.rows]
    _refuse_repeated(read)
    wanted = [each for each in read if each.row.number >= begin]
    most = ROWS_LOOKED_AT if options.dry_run else ROWS_WRITTEN
    began, judged = bench.clock.now(), list[Judged]()
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        while len(judged) < min(most, len(wanted)) and bench.clock.now() - began <= PATIENCE:
            batch = wanted[len(judged) : len(judged) + _BATCH]
            before = _imported(batch, actor.agency, bench)

            def one(each: _Read, before: Mapping[str, _Before] = before) -> Judged:
                return _judge(each, before, options, known, actor, bench)

            judged += pool.map(one, batch)
    following = wanted[len(judged)].row.number if len(judged) < len(wanted) else None
    return Slice(tuple(judged), following)


def _known(actor: Actor, bench: Bench) -> _Known:
    agency, store = actor.agency, bench.store
    return _Known(
        profiles=tuple(store.query(Profile, Profile.partition(agency), consistent=True)),
        campaigns=tuple(store.query(Campaign, Campaign.partition(agency), consistent=True)),
        reviewing=frozenset(
            each.department for each in workflows(agency, store=store) if each.active and each.required
        ),
    )


# ---------------------------------------------------------------- what a row says


def _read(row: SheetRow, options: Options, known: _Known) -> _Read:
    cell = {column: words for column, words in row.cells.items() if words}
    read = _Read(row, zone=options.zone)

    def understood(column: str, understand: Callable[[], T], otherwise: T) -> T:
        try:
            return understand()
        except InvalidInput as error:
            where = error.field if error.field in ("date", "time", "zone") else column
            value = cell.get(where, "")[:VALUE_LENGTH]
            read.problems.append(RowProblem(where, error.code, error.hint or "", value=value))
            return otherwise

    if row.surplus:
        hint = "More cells than the header has: is a text with the separator in it not between quotation marks?"
        read.problems.append(RowProblem("row", "too_many_cells", hint))
    read.text = understood("text", lambda: _text_of(cell.get("text", "")), cell.get("text", ""))
    link = understood("link", lambda: _link_of(cell.get("link", "")), "")
    if link and link not in read.text:
        read.text = f"{read.text}\n\n{link}".strip()
    zone = understood("zone", lambda: zone_named(cell.get("zone", options.zone)), None)
    if zone is not None:
        read.zone = zone.key
    wall = understood("date", lambda: wall_of(cell.get("date", ""), cell.get("time", "")), None)
    if wall is not None and zone is not None:
        read.due_at = understood("time", lambda: instant_of(wall, zone, None), None)
    read.profiles, unknown = _profiles_of(cell.get("profiles", ""), known.profiles)
    read.problems += unknown
    if "campaign" in cell:
        read.campaign = understood("campaign", lambda: _campaign_of(cell["campaign"], known.campaigns), None)
    else:
        read.campaign = options.campaign
    read.tags = understood("tags", lambda: _tags_of(cell.get("tags", "")), ())
    if "language" in cell:
        read.language = understood("language", lambda: _language_of(cell["language"]), None)
    return read


def _text_of(words: str) -> str:
    if len(words) > TEXT_LENGTH_MAX:
        raise InvalidInput("text_too_long", f"At most {TEXT_LENGTH_MAX} characters.")
    return words


def _link_of(words: str) -> str:
    if words and not _LINK.fullmatch(words):
        raise InvalidInput("link_invalid", "An address that begins with https:// or http://.")
    return words


def _profiles_of(words: str, profiles: Sequence[Profile]) -> tuple[tuple[Profile, ...], list[RowProblem]]:
    """By handle, with or without its @, by network:handle, by name, or by id. Those that are found, and what is wrong
    with the others."""
    named = list(dict.fromkeys(_parts(words)))
    if not named:
        return (), [RowProblem("profiles", "no_targets", "Name at least one profile.")]
    if len(named) > TARGETS_MAX:
        value = words[:VALUE_LENGTH]
        return (), [RowProblem("profiles", "too_many_profiles", f"At most {TARGETS_MAX}.", value=value)]
    chosen: dict[str, Profile] = {}
    problems = []
    for each in named:
        found = _profiles_named(each, profiles)
        value = each[:VALUE_LENGTH]
        if len(found) == 1:
            chosen[found[0].id] = found[0]
        elif found:
            ways = ", ".join(f"{other.network}:{other.handle}" for other in found)
            problems.append(RowProblem("profiles", "profile_ambiguous", f"It may be any of {ways}.", value=value))
        else:
            problems.append(RowProblem("profiles", "profile_unknown", "There is no such profile.", value=value))
    return tuple(chosen.values()), problems


def _profiles_named(name: str, profiles: Sequence[Profile]) -> list[Profile]:
    by_id = [each for each in profiles if each.id == name]
    if by_id:
        return by_id
    network, colon, rest = name.partition(":")
    within = [each for each in profiles if colon and each.network == network.strip().casefold()]
    wanted = _bare(rest if within else name)
    for attribute in ("handle", "display_name"):
        found = [each for each in within or profiles if _bare(getattr(each, attribute)) == wanted]
        if found:
            return found
    return []


def _bare(name: str) -> str:
    return name.strip().casefold().removeprefix("@")


def _campaign_of(words: str, campaigns: Sequence[Campaign]) -> str:
    found = [each for each in campaigns if each.id == words]
    found = found or [each for each in campaigns if each.name.strip().casefold() == words.casefold()]
    if not found:
        raise InvalidInput("campaign_unknown", f"{words}: there is no such campaign.")
    if len(found) > 1:
        raise InvalidInput("campaign_ambiguous", f"{len(found)} campaigns are called {words}: give the id.")
    return found[0].id


def _tags_of(words: str) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(tag for each in _parts(words) if (tag := each.removeprefix("#").strip())))
    if len(tags) > TAGS_MAX or any(len(each) > TAG_LENGTH_MAX for each in tags):
        raise InvalidInput("tags_refused", f"At most {TAGS_MAX} tags of at most {TAG_LENGTH_MAX} characters.")
    return tags


def _language_of(words: str) -> str:
    if not _LANGUAGE.fullmatch(words):
        raise InvalidInput("language_invalid", "A code such as fr or en-CA.")
    return words


def _parts(words: str) -> list[str]:
    return [part for each in re.split(r"[,;|\n]", words) if (part := each.strip())]


def _refuse_repeated(read: Sequence[_Read]) -> None:
    first: dict[str, int] = {}
    for each in read:
        digest = each.digest
        if digest is not None and (before := first.setdefault(digest, each.row.number)) != each.row.number:
            hint = f"Row {before} sends the same words to the same profiles at the same time."
            each.problems.append(RowProblem("row", "row_repeated", hint))


# ---------------------------------------------------------------- what becomes of it


@dataclass(frozen=True)
class _Before:
    """mark: left by an import. stands: whether the post that it made is still there."""

    mark: ImportedRow
    stands: bool


def _imported(batch: Sequence[_Read], agency: str, bench: Bench) -> dict[str, _Before]:
    digests = [digest for each in batch if (digest := each.digest) is not None]
    found = bench.store.get_many([(ImportedRow, ImportedRow.key_of(agency, each)) for each in digests])
    marks = [each for each in found if isinstance(each, ImportedRow)]
    places = [{"pk": Post.partition(agency, each.post), "sk": "POST"} for each in marks]
    posts = bench.store.get_many([(Post, key) for key in places])
    return {mark.digest: _Before(mark, post is not None) for mark, post in zip(marks, posts, strict=True)}


def _judge(
    read: _Read, before: Mapping[str, _Before], options: Options, known: _Known, actor: Actor, bench: Bench
) -> Judged:
    shown = Judged(
        number=read.row.number,
        outcome="bad",
        title=read.content.title(),
        zone=read.zone,
        due_at=read.due_at,
        profiles=tuple(each.id for each in read.profiles),
        problems=tuple(read.problems),
    )
    digest = read.digest
    if digest is None or read.due_at is None:
        # What its networks would say is told along with what was not understood: one look at the file is enough.
        return replace(shown, problems=(*read.problems, *_objections(read, actor, bench)))
    known_before = before.get(digest)
    if known_before is not None and known_before.stands:
        return replace(shown, outcome="already_imported", post=known_before.mark.post)
    problems = _objections(read, actor, bench)
    departments = {options.department, *(each.department for each in read.profiles)}
    try:
        due_at = acceptable(read.due_at, now=bench.clock.now())
    except InvalidInput as error:
        problems.insert(0, RowProblem("date", error.code, error.hint or ""))
    if problems:
        return replace(shown, problems=tuple(problems))
    because = None
    if not all(actor.may("publish", each) for each in departments):
        because = "may_not_publish"
    elif departments & known.reviewing:
        because = "approval_required"
    becomes: Becomes = "draft" if because else "scheduled"
    good = replace(shown, outcome="ok", becomes=becomes, because=because)
    if options.dry_run:
        return good
    try:
        return _written(read, good, due_at, digest, known_before, options, actor, bench)
    except ParvisError as error:
        return replace(shown, problems=(RowProblem("row", error.code, error.hint or ""),))


def _objections(read: _Read, actor: Actor, bench: Bench) -> list[RowProblem]:
    """Of rights and of networks."""
    objections = [
        RowProblem("profiles", "forbidden", f"{each.handle}: your role there does not allow it.", each.id)
        for each in read.profiles
        if not actor.may("write", each.department)
    ]
    for verdict in check(
        actor.agency, read.content, read.profiles, store=bench.store, network_named=bench.network_named
    ):
        named = f"{verdict.profile.network} ({verdict.profile.handle})"
        objections += [
            RowProblem("text", each.code, f"{named}: {each.hint}", verdict.profile.id) for each in verdict.problems
        ]
    return objections


def _written(
    read: _Read,
    good: Judged,
    due_at: datetime,
    digest: str,
    found: _Before | None,
    options: Options,
    actor: Actor,
    bench: Bench,
) -> Judged:
    """found: the mark of an import whose post was deleted. Raises Conflict busy."""
    for _ in range(_TRIES):

        def mark(post: str, before: _Before | None = found) -> ImportedRow:
            if before is not None:  # what it made was deleted
                return before.mark.but(post=post, due_at=due_at)
            return ImportedRow(agency=actor.agency, digest=digest, post=post, due_at=due_at.astimezone(UTC))

        try:
            placed = place(
                read.content,
                department=options.department,
                zone=read.zone,
                due_at=due_at,
                profiles=read.profiles,
                as_draft=good.becomes == "draft",
                beside=mark,
                actor=actor,
                bench=bench,
            )
        except Lost:  # somebody imports the same row at this moment
            found = _imported([read], actor.agency, bench).get(digest)
            if found is not None and found.stands:
                return replace(good, outcome="already_imported", becomes=None, because=None, post=found.mark.post)
            continue
        return replace(good, post=placed.post.id, due_at=due_at)
    raise Conflict("busy", "It keeps changing: send the file again in a moment.")
