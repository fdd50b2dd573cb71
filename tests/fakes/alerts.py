"""What alerts go out through, in memory, and a town hall to which citizens write."""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from chalicelib.alerts import detecting
from chalicelib.alerts.alert import Alert
from chalicelib.alerts.channels import DeviceGone, NotTaken
from chalicelib.alerts.detecting import Detected, Lookout
from chalicelib.alerts.judging import Verdict
from chalicelib.alerts.rule import AlertRule
from chalicelib.alerts.sending import Office, TellingWaits, carry_out
from chalicelib.alerts.tally import Tally
from chalicelib.alerts.telling import Letter, Telling
from chalicelib.inbox.message import Author, Message
from chalicelib.team.people import Person
from tests.fakes.fate import mortal
from tests.fakes.house import AGENCY, FakeHouse
from tests.fakes.queue import Killed


class Channel:
    """Accepts what it is given, unless told otherwise. accepted: (whom, letter)."""

    def __init__(self) -> None:
        self.accepted: list[tuple[str, Letter]] = []
        self.attempts = 0
        self._outcomes: deque[Exception | Callable[[], None] | None] = deque()
        self.half: random.Random | None = None

    def next_outcomes(self, *outcomes: Exception | Callable[[], None] | None) -> None:
        """What becomes of the coming calls, in order: an exception is raised before anything is accepted, a callable
        is called after it was (and may raise: accepted, and not heard), None is as it should be."""
        self._outcomes.extend(outcomes)

    def _take(self, to: str, letter: Letter) -> None:
        self.attempts += 1
        if self.half is not None and self.half.random() < 0.5:
            raise NotTaken("topic_not_taken", "Throttling")
        outcome = self._outcomes.popleft() if self._outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        self.accepted.append((to, letter))
        if outcome is not None:
            outcome()

    @property
    def told(self) -> list[str]:
        return [to for to, _ in self.accepted]


class FakeMailer(Channel):
    def send(self, *, to: str, letter: Letter) -> None:
        self._take(to, letter)


class FakeMailingList(Channel):
    """confirms: addresses are confirmed at once, as on the local stack. lists: arn -> [address, to, confirmed]."""

    def __init__(self, *, confirms: bool = True) -> None:
        super().__init__()
        self.confirms = confirms
        self.lists: dict[str, list[Any]] = {}
        self.asked = 0

    def subscribe(self, address: str, *, to: str) -> str:
        self.asked += 1
        for arn, (known, _, _) in self.lists.items():
            if known == address:
                self.lists[arn][1] = to
                return arn
        arn = f"arn:topic:{len(self.lists)}"
        self.lists[arn] = [address, to, self.confirms]
        return arn

    def confirmed(self, subscription: str) -> bool:
        return subscription in self.lists and bool(self.lists[subscription][2])

    def confirm(self) -> None:
        for each in self.lists.values():
            each[2] = True

    def unsubscribe(self, subscription: str) -> None:
        self.lists.pop(subscription, None)

    def publish(self, *, to: str, letter: Letter) -> None:
        self._take(to, letter)


class FakePush(Channel):
    """endpoints: endpoint -> enabled."""

    def __init__(self) -> None:
        super().__init__()
        self.endpoints: dict[str, bool] = {}

    def register(self, token: str) -> str:
        endpoint = f"arn:endpoint:{token}"
        self.endpoints[endpoint] = True
        return endpoint

    def forget(self, endpoint: str) -> None:
        self.endpoints.pop(endpoint, None)

    def send(self, *, endpoint: str, letter: Letter) -> None:
        if not self.endpoints.get(endpoint):
            raise DeviceGone("device_gone", "EndpointDisabled")
        self._take(endpoint, letter)


class FakeTellings:
    """The tell queue: bodies as on the wire. down: takes nothing. doubles: each message comes twice."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.down = False
        self.doubles = False

    def send(self, tellings: Sequence[Telling]) -> int:
        if self.down:
            return 0
        for telling in tellings:
            body = json.dumps({"v": 1, "agency": telling.agency, "telling": telling.id})
            self.waiting += [body] * (2 if self.doubles else 1)
        return len(tellings)


class FakeDetector:
    """Rings for so many times what an hour has brought on average; needs no hours to learn from."""

    TIMES: Mapping[str, float] = {"high": 2.0, "medium": 3.0, "low": 5.0}
    COOLDOWN = timedelta(hours=6)
    GROWN = 2.0

    def begin(self, zone: str) -> str:
        return json.dumps({"recent": {}, "hours": 0, "came": 0, "hour": None, "rang": None, "at": 0, "grown": False})

    def follow(self, known: str, *, now: datetime, counts: Mapping[datetime, int]) -> str:
        state = json.loads(known)
        recent: dict[str, int] = state["recent"] | {f"{int(each.timestamp() // 60)}": n for each, n in counts.items()}
        hour = int(now.timestamp() // 3600)
        if state["hour"] is not None and hour > state["hour"]:
            in_it = [n for minute, n in recent.items() if int(minute) // 60 == state["hour"]]
            state |= {"hours": state["hours"] + 1, "came": state["came"] + sum(in_it)}
        oldest = int(now.timestamp() // 60) - 60
        state |= {"recent": {minute: n for minute, n in recent.items() if int(minute) > oldest}, "hour": hour}
        return json.dumps(state)

    def seen_to(self, known: str) -> datetime | None:
        minutes = [int(each) for each in json.loads(known)["recent"]]
        return datetime.fromtimestamp(max(minutes) * 60, UTC) if minutes else None

    def learned_hours(self, known: str) -> int:
        return int(json.loads(known)["hours"])

    def judge(self, known: str, *, now: datetime, rule: AlertRule) -> tuple[Verdict, str]:
        state: dict[str, Any] = json.loads(known)
        count = sum(state["recent"].values())
        average = state["came"] / state["hours"] if state["hours"] else 0.0
        over = count >= rule.floor and count > self.TIMES[rule.sensitivity] * average
        rang = datetime.fromisoformat(state["rang"]) if state["rang"] else None
        says: Literal["quiet", "ring", "grow"] = "quiet"
        if over and (rang is None or now - rang >= self.COOLDOWN):
            says, state = "ring", state | {"rang": now.isoformat(), "at": count, "grown": False}
        elif over and not state["grown"] and count >= self.GROWN * state["at"]:
            says, state = "grow", state | {"grown": True}
        return Verdict(says, count, average, count / max(average, 1.0), average), json.dumps(state)


class TownHall:
    """A house with duty officers in both languages, who watch one profile: `p1` of the water department."""

    def __init__(self, *, confirms: bool = True) -> None:
        self.house = FakeHouse()
        self.store, self.clock, self.fate = self.house.store, self.house.clock, self.house.fate
        self.mailer, self.mailing_list, self.push = FakeMailer(), FakeMailingList(confirms=confirms), FakePush()
        self.tellings = FakeTellings()
        self.house.profile("p1")
        self.fleur = self.person("fleur", "fr")
        self.ed = self.person("ed", "en")
        self.written = 0
        mine = mortal(self.store, self.fate, "save", "commit", "remove")
        self.lookout = Lookout(
            store=mine,
            queue=mortal(self.tellings, self.fate, "send"),
            vault=self.house.vault,
            topic=self.house.topic,
            clock=self.clock,
            detector=FakeDetector(),
            site_url="https://parvis.example",
        )
        self.office = Office(
            store=mine,
            vault=self.house.vault,
            mailer=mortal(self.mailer, self.fate, "send"),
            mailing_list=mortal(self.mailing_list, self.fate, "publish"),
            push=mortal(self.push, self.fate, "send"),
            topic=self.house.topic,
            clock=self.clock,
        )

    def person(self, name: str, language: Any = "fr", role: Any = "duty_officer", department: str = "water") -> Person:
        made = Person(
            agency=AGENCY,
            id=name,
            name=name.title(),
            email=f"{name}@ville.example",
            language=language,
            roles={department: (role,)},
            created_at=self.clock.now(),
        )
        self.store.save(made)
        self.house.sign_in(made)
        return made

    def write(
        self,
        count: int = 1,
        text: str = "Le pont est fermé",
        *,
        profile: str = "p1",
        agency: str = AGENCY,
        at: datetime | None = None,
        followers: int | None = None,
        author: str | None = None,
    ) -> list[str]:
        """Citizens write so many messages, which are kept in one batch."""
        at = at or self.clock.now()
        ids = []
        for _ in range(count):
            self.written += 1
            who = author or f"citizen{self.written}"
            message = Message(
                agency=agency,
                profile=profile,
                network="fake",
                department="water",
                remote_id=f"m{self.written}",
                anchor=f"m{self.written}",
                conversation=f"c{self.written}",
                type="mention",
                author=Author(remote_id=who, handle=who, followers=followers),
                text=text,
                written_at=at,
                received_at=at,
            )
            self.store.save(message)
            ids.append(message.id)
        batch = Tally(agency=agency, profile=profile, at=at, batch=f"b{self.written}", messages=tuple(ids))
        self.store.save(batch)
        return ids

    def detect(self, **more: Any) -> Detected | None:
        """One run of the minute; None when it died of it."""
        self.fate.reborn()
        try:
            return detecting.detect(self.lookout, until=self.clock.now() + timedelta(seconds=45), **more)
        except Killed:
            return None

    def tell(self) -> list[str]:
        """What came of every message that waits in the queue."""
        results = []
        bodies, self.tellings.waiting = self.tellings.waiting, []
        for body in bodies:
            self.fate.reborn()
            try:
                results.append(carry_out(TellingWaits.model_validate_json(body), self.office))
            except Killed:
                results.append("killed")
        return results

    def minutes(self, count: int) -> list[str]:
        """Time passes: detection each minute, and those who tell."""
        results = []
        for _ in range(count):
            self.clock.advance(60)
            self.detect()
            results += self.tell()
        return results

    def usual(self, hours: int = 6, each: int = 4) -> None:
        """Ordinary hours: so many messages in each."""
        for _ in range(hours):
            for place in range(6):
                if place < each:
                    self.write(1, "Bonjour, une question")
                self.minutes(10)

    def alerts(self) -> list[Alert]:
        return self.store.all(Alert, AGENCY)

    def told(self) -> list[Telling]:
        return self.store.all(Telling, AGENCY)
