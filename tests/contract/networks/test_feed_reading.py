"""The rules of a search, asked of a feed: the practice newspapers, in both formats. A feed has no inbox, no threads, no
figures and takes nothing, so that nothing else of the reading suite can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import requests

from chalicelib.networks.contract import Account, CredentialsRefused, NetworkError, Unavailable
from chalicelib.networks.rss import Rss
from chalicelib.networks.transport import Transport
from tests.contract.networks.conftest import account_of
from tests.contract.networks.reading import unusual

_papers = count(1)


@dataclass
class Paper:
    url: str
    handle: str
    network: Rss
    account: Account

    def prints(self, text: str, **more: object) -> str:
        asked = {"network": "rss", "mention": self.handle, "text": text, **more}
        answer = requests.post(f"{self.url}/practice/citizens/write", json=asked, timeout=10)
        answer.raise_for_status()
        return str(answer.json()["written"][0]["remote_id"])

    def fault(self, kind: str, **more: object) -> None:
        rule = {"kind": kind, "network": "rss", "handle": self.handle, "count": 1, **more}
        requests.put(f"{self.url}/practice/faults", json=[rule], timeout=10).raise_for_status()

    def reads(self) -> list[int]:
        asked = {"network": "rss", "handle": self.handle}
        entries = requests.get(f"{self.url}/practice/log", params=asked, timeout=10).json()["entries"]
        return [entry["status"] for entry in entries]


@pytest.fixture(params=["xml", "atom"])
def paper(request: pytest.FixtureRequest, practice_url: str) -> Iterator[Paper]:
    handle = f"journal{next(_papers)}"
    account = {"network": "rss", "handle": handle, "display_name": "Le Journal", "password": "nobody signs in"}
    requests.post(f"{practice_url}/practice/accounts", json=account, timeout=10).raise_for_status()
    network = Rss(Transport(allow_loopback=True, read_timeout=2.0))
    connected = network.connect_address(address=f"{practice_url}/feeds/{handle}.{request.param}")
    assert connected.display_name == "Le Journal"
    yield Paper(practice_url, handle, network, account_of(connected))
    requests.delete(f"{practice_url}/practice/faults", timeout=10).raise_for_status()


def test_a_search_finds_what_is_printed_and_only_what_has_the_words(paper: Paper) -> None:
    word = unusual()
    cursor = paper.network.search(paper.account, word, cursor=None).cursor
    assert cursor is not None
    paper.prints("Autre chose")
    wanted = paper.prints(f"Été {word.upper()} 1 < 2\nLa suite & la fin.", author="Zoé Martin")
    (message,) = paper.network.search(paper.account, word, cursor=cursor).messages
    assert (message.remote_id, message.kind, message.parent) == (wanted, "keyword", None)
    assert message.text == f"Été {word.upper()} 1 < 2\n\nLa suite & la fin."
    assert message.author.name == "Zoé Martin"
    assert message.url and message.url.startswith(f"{paper.url}/feeds/{paper.handle}/")
    assert timedelta() <= datetime.now(UTC) - message.written_at < timedelta(minutes=2)


def test_what_comes_between_two_readings_is_told_once_in_batches_no_larger_than_asked(paper: Paper) -> None:
    word = unusual()
    cursor = paper.network.search(paper.account, word, cursor=None, limit=2).cursor
    printed = [paper.prints(f"{word} {number}") for number in range(4)]
    printed.append(paper.prints(f"{word} tard", at=1_700_000_000))
    told: list[str] = []
    more = True
    while more:
        batch = paper.network.search(paper.account, word, cursor=cursor, limit=2)
        assert len(batch.messages) <= 2
        told += [message.remote_id for message in batch.messages]
        cursor, more = batch.cursor, batch.more
    assert sorted(told) == sorted(printed)
    assert list(paper.network.search(paper.account, word, cursor=cursor).messages) == []
    assert paper.reads()[-1] == 304


def test_a_first_reading_tells_the_newest_oldest_first(paper: Paper) -> None:
    word = unusual()
    printed = [paper.prints(f"{word} {number}", at=1_700_000_000 + number) for number in range(4)]
    batch = paper.network.search(paper.account, word, cursor=None, limit=2)
    assert [message.remote_id for message in batch.messages] == printed[2:]
    assert not batch.more


@pytest.mark.parametrize(
    ("kind", "raised", "code"),
    [
        ("rate_limit", Unavailable, "rate_limited"),
        ("error_5xx_before", Unavailable, "http_500"),
        ("drop_before", Unavailable, "connection_lost"),
        ("timeout_after_accept", Unavailable, "timeout"),
        ("token_revoked", CredentialsRefused, "feed_protected"),
        ("suspended", CredentialsRefused, "feed_gone"),
        ("malformed", NetworkError, "not_a_feed"),
    ],
)
def test_it_says_what_went_wrong_and_loses_nothing(
    paper: Paper, kind: str, raised: type[NetworkError], code: str
) -> None:
    word = unusual()
    cursor = paper.network.search(paper.account, word, cursor=None).cursor
    printed = paper.prints(word)
    paper.fault(kind, **({"form": "html"} if kind == "malformed" else {"status": 500}))
    read: Callable[[], object] = lambda: paper.network.search(paper.account, word, cursor=cursor)  # noqa: E731
    with pytest.raises(raised) as error:
        read()
    assert error.value.code == code
    found = paper.network.search(paper.account, word, cursor=cursor).messages
    assert [message.remote_id for message in found] == [printed]
