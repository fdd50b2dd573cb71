"""Asking those who must decide: a telling for each, and a link for each outside, in the transaction of its cause."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chalicelib.alerts.telling import Letter, Telling, TellQueue, make_telling
from chalicelib.approvals import letters
from chalicelib.approvals.link import ReviewLink, make_link
from chalicelib.approvals.review import Review
from chalicelib.clock import Clock
from chalicelib.profiles.credentials import Vault
from chalicelib.publishing.planning import Bench
from chalicelib.store import Store
from chalicelib.team.people import Agency, Person


@dataclass(frozen=True)
class Panel:
    """What approvals need around them. site_url: where people open the application."""

    bench: Bench
    vault: Vault
    tell_queue: TellQueue
    site_url: str

    @property
    def store(self) -> Store:
        return self.bench.store

    @property
    def clock(self) -> Clock:
        return self.bench.clock


@dataclass(frozen=True)
class Asked:
    """To be written with whatever opens the step, then handed to the queue (Panel.tell_queue)."""

    tellings: tuple[Telling, ...] = ()
    links: tuple[ReviewLink, ...] = field(default=(), repr=False)


def ask(review: Review, panel: Panel) -> Asked:
    """Everybody whom the open step of this review waits for."""
    now, step = panel.clock.now(), review.steps[review.step]
    tellings = []
    for person in _people(review.agency, step.members, panel):
        letter = letters.asked_inside(
            review, reader=person.name, language=person.language, link=_address(review, panel)
        )
        tellings.append(_telling(review, f"asked {review.step}", person, letter, panel))
    links = []
    if step.emails:
        agency = panel.store.get(Agency, Agency.key_of(review.agency), consistent=False)
        for email in step.emails:
            token, link = make_link(review, email, now)
            letter = letters.asked_outside(
                review,
                agency=agency.name if agency else review.agency,
                expires_at=link.expires_at,
                link=f"{panel.site_url}/review/{token}",
            )
            links.append(link)
            tellings.append(_telling(review, f"asked {review.step}", email, letter, panel))
    return Asked(tuple(tellings), tuple(links))


def tell_authors(review: Review, panel: Panel, *, late: bool = False) -> tuple[Telling, ...]:
    """Who wrote and who submitted it learn how the round ended: approved or sent back."""
    told = []
    for person in _people(review.agency, dict.fromkeys([review.author, review.asked_by]), panel):
        link = _address(review, panel)
        if review.state == "approved":
            letter = letters.approved(review, reader=person.name, language=person.language, link=link, late=late)
        else:
            letter = letters.sent_back(review, reader=person.name, language=person.language, link=link)
        told.append(_telling(review, review.state, person, letter, panel))
    return tuple(told)


def hand_over(tellings: Sequence[Telling], panel: Panel) -> None:
    if tellings:
        panel.tell_queue.send(tellings)


def _people(agency: str, ids: Iterable[str], panel: Panel) -> list[Person]:
    """Those who are still there."""
    found = panel.store.get_many([(Person, Person.key_of(agency, each)) for each in ids])
    return [each for each in found if isinstance(each, Person)]


def _address(review: Review, panel: Panel) -> str:
    return f"{panel.site_url}/posts/{review.post}"


def _telling(review: Review, cause: str, to: Person | str, letter: Letter, panel: Panel) -> Telling:
    address = to.email if isinstance(to, Person) else to
    said = f"{review.agency}|{review.id}|{cause}|{to.id if isinstance(to, Person) else to}"
    return make_telling(
        letter,
        agency=review.agency,
        id=hashlib.sha256(said.encode()).hexdigest()[:32],
        about=f"POST#{review.post}",
        channel="mail",
        person=to.id if isinstance(to, Person) else None,
        address=address,
        vault=panel.vault,
        now=panel.clock.now(),
    )
