"""What an alert saw: the words, the authors and the posts of the hour. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from chalicelib.alerts.stop_words import STOP_WORDS
from chalicelib.entity import Moment
from chalicelib.inbox.message import Author, Message

TERMS, POSTS = 8, 10
QUOTED = 1_000
"""Characters of a post that are kept with the alert; the whole is in the inbox."""
STEP = timedelta(minutes=10)
STEPS = 18
"""Three hours: what rises shows against what was before."""

_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_MENTION = re.compile(r"@[\w.-]+(?:@[\w.-]+)?")
_WORD = re.compile(r"#?[^\W\d_][\w'’-]*")
_ELISION = re.compile(r"^(?:[ldjnscmt]|qu|jusqu|lorsqu|puisqu)['’](?=\w)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)


class Term(BaseModel):
    """messages: in how many of the hour's messages it stands."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    word: str
    messages: int


class Post(BaseModel):
    """A message that drives it, as it was when the alert rang."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    conversation: str
    author: Author
    text: str
    written_at: Moment
    url: str | None = None


class Step(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)

    at: Moment
    count: int


def folded(word: str) -> str:
    """Without case and accents, for counting."""
    parts = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    return "".join(each for each in parts if not unicodedata.combining(each))


def terms_of(texts: Iterable[str]) -> list[Term]:
    """The words and hashtags that stand in most of the texts (in two at least), as they are mostly written."""
    found: Counter[str] = Counter()
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        here: dict[str, str] = {}
        for raw in _WORD.findall(_MENTION.sub(" ", _ADDRESS.sub(" ", text))):
            word = _POSSESSIVE.sub("", _ELISION.sub("", raw)).strip("'’-")[:40]
            known = folded(word)
            if len(known) > 2 and known not in STOP_WORDS:
                here.setdefault(known, word)
        found.update(here.keys())
        for known, word in here.items():
            written[known][word] += 1
    # "#pont" and "pont" are two entries: a hashtag is what people agreed on, and says so by itself.
    risen = sorted(
        ((count, known) for known, count in found.items() if count > 1), key=lambda each: (-each[0], each[1])
    )
    return [Term(word=written[known].most_common(1)[0][0], messages=count) for count, known in risen[:TERMS]]


def posts_of(messages: Iterable[Message]) -> list[Post]:
    """Those that reach most people first: by followers, then the newest. One an author."""
    ordered = sorted(messages, key=lambda each: (each.author.followers or 0, each.written_at), reverse=True)
    chosen: dict[str, Message] = {}
    for message in ordered:
        chosen.setdefault(message.author.remote_id, message)
        if len(chosen) == POSTS:
            break
    return [
        Post(
            conversation=each.conversation,
            author=each.author,
            text=each.text if len(each.text) <= QUOTED else each.text[: QUOTED - 1] + "…",
            written_at=each.written_at,
            url=each.url,
        )
        for each in chosen.values()
    ]


def authors_of(messages: Iterable[Message]) -> int:
    return len({each.author.remote_id for each in messages})


def steps_of(counts: Sequence[tuple[datetime, int]], now: datetime) -> list[Step]:
    """counts: (moment, messages). Ten-minute steps, the last of which ends with this minute."""
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    sums = [0] * STEPS
    for at, count in counts:
        place = STEPS - 1 - int((end - at) / STEP)
        if 0 <= place < STEPS and at < end:
            sums[place] += count
    return [Step(at=end - STEP * (STEPS - place), count=count) for place, count in enumerate(sums)]
