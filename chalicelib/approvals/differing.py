"""What changed between two versions of a post, word by word, at a cost that long texts cannot blow up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from chalicelib.publishing.post import Card, Content

Op = Literal["same", "added", "removed"]

_UNITS_MAX = 1_000
"""difflib's time grows with the square of this at best; a thousand units on either side take well under a second."""

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_SENTENCE = re.compile(r"[^\n.!?…]*[\n.!?…]*\s*")


@dataclass(frozen=True)
class Piece:
    """The same and the removed pieces make the text before; the same and the added ones the text after."""

    op: Op
    text: str


@dataclass(frozen=True)
class TextDifference:
    """network: None for the text itself."""

    network: str | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class CardDifference:
    """A card that came or went differs from one without words."""

    url: tuple[Piece, ...]
    title: tuple[Piece, ...]
    description: tuple[Piece, ...]
    picture: Literal["same", "added", "removed", "changed"]


@dataclass(frozen=True)
class Difference:
    """media, targets: ids, in the order of the version that has them. card: None where it is the same."""

    texts: tuple[TextDifference, ...]
    media_added: tuple[str, ...]
    media_removed: tuple[str, ...]
    alt_changed: tuple[str, ...]
    targets_added: tuple[str, ...]
    targets_removed: tuple[str, ...]
    card: CardDifference | None = None
    tracking_changed: bool = False


def difference(before: Content, after: Content) -> Difference:
    """A network whose own text, or thread, came or went is compared by what it would have shown."""
    networks = sorted({*before.variants, *after.variants, *before.thread, *after.thread})
    texts = [TextDifference(None, pieces(before.text, after.text))]
    texts += [TextDifference(each, pieces(_shown(before, each), _shown(after, each))) for each in networks]
    old, new = {each.media: each.alt for each in before.media}, {each.media: each.alt for each in after.media}
    return Difference(
        texts=tuple(texts),
        media_added=tuple(each for each in new if each not in old),
        media_removed=tuple(each for each in old if each not in new),
        alt_changed=tuple(each for each in new if each in old and old[each] != new[each]),
        targets_added=tuple(each for each in after.targets if each not in before.targets),
        targets_removed=tuple(each for each in before.targets if each not in after.targets),
        card=_card_difference(before.card, after.card),
        tracking_changed=before.tracking != after.tracking,
    )


def _card_difference(before: Card | None, after: Card | None) -> CardDifference | None:
    if before == after:
        return None
    old, new = before or Card(url=""), after or Card(url="")
    picture: Literal["same", "added", "removed", "changed"] = "same"
    if old.image != new.image:
        picture = "added" if old.image is None else "removed" if new.image is None else "changed"
    return CardDifference(
        url=pieces(old.url, new.url),
        title=pieces(old.title, new.title),
        description=pieces(old.description, new.description),
        picture=picture,
    )


def _shown(content: Content, network: str) -> str:
    return "\n\n".join(content.parts_for(network))


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """By words; by sentences where there are too many of them; as a whole where there are too many of those too."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    found = [Piece("same", "".join(old[:head]))]
    found += _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    found.append(Piece("same", "".join(old[len(old) - tail :])))
    return tuple(_joined(found))


def _middle(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    if max(len(old), len(new)) > _UNITS_MAX:
        old, new = _SENTENCE.findall("".join(old)), _SENTENCE.findall("".join(new))
    if max(len(old), len(new)) > _UNITS_MAX:
        return [Piece("removed", "".join(old)), Piece("added", "".join(new))]
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(old[a:b])))
        else:
            found += [Piece("removed", "".join(old[a:b])), Piece("added", "".join(new[c:d]))]
    return found


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many they have in common at the beginning."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _joined(found: Sequence[Piece]) -> Iterator[Piece]:
    """Without empty pieces, and neighbours of a kind made one."""
    last: Piece | None = None
    for piece in found:
        if not piece.text:
            continue
        if last is not None and last.op == piece.op:
            last = Piece(last.op, last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
