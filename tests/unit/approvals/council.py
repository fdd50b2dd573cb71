"""A house with a department whose posts are reviewed: two steps, an approver inside, then a lawyer outside."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from chalicelib.alerts.telling import Telling
from chalicelib.approvals import workflow
from chalicelib.approvals.deciding import Decision, decide_inside, decide_outside
from chalicelib.approvals.review import Approval, Decided, Review, Verdict, latest
from chalicelib.approvals.submitting import submit
from chalicelib.approvals.workflow import Step
from chalicelib.media.media import Media
from chalicelib.publishing import planning
from chalicelib.publishing.planning import Planned
from chalicelib.publishing.post import Post, post_state
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, AGENCY, CONTRIBUTOR, ZONE, FakeHouse

ANNE = Actor(AGENCY, "anne", "Anne Approver", {"water": "approver"})
BRUNO = Actor(AGENCY, "bruno", "Bruno Approver", {"water": "approver"})
LAWYER = "me.dubois@cabinet.example"
INSIDE = Step(name="Chef de service", people=("anne",))
OUTSIDE = Step(name="Juriste", emails=(LAWYER,))
_MOMENT = 0.02  # people's acts follow each other
TEXT = "La rue Haute est fermée."


class Council(FakeHouse):
    def __init__(self) -> None:
        super().__init__()
        self.profile("p1")
        self.profile("p2")
        self.sweep()
        for actor in (ANNE, BRUNO):
            self.person(actor, email=f"{actor.person}@ville.example", language="fr")

    def workflow(
        self, *steps: Step, required: bool = True, active: bool = True, department: str = "water"
    ) -> workflow.Workflow:
        return workflow.set_up(
            department=department,
            name="Relecture",
            steps=steps or (INSIDE, OUTSIDE),
            required=required,
            active=active,
            actor=ADMINISTRATOR,
            store=self.store,
            clock=self.clock,
        )

    def image(self, media: str = "m1", content: bytes = b"octets") -> str:
        """One that was uploaded and judged."""
        made = Media(
            agency=AGENCY,
            id=media,
            department="water",
            filename=f"{media}.png",
            content_type="image/png",
            size=len(content),
            state="ready",
            width=40,
            height=30,
            sha256=hashlib.sha256(content).hexdigest(),
            by="carla",
            created_at=self.clock.now(),
        )
        self.store.save(made)
        self.bucket.objects[made.object_key] = content
        return media

    def draft(self, text: str = TEXT, *targets: str, **more: Any) -> Planned:
        return self.written(text, *targets, **{"actor": CONTRIBUTOR, **more})

    def submit(
        self, planned: Planned, due: float | None = 600, *, actor: Actor = CONTRIBUTOR, note: str = ""
    ) -> Planned:
        """due: so many seconds from now; None leaves the time open."""
        self.clock.advance(_MOMENT)
        return submit(
            planned.post.id,
            due_at=None if due is None else self.clock.now() + timedelta(seconds=due),
            zone=ZONE,
            note=note,
            expected=self.now(planned).post.rev,
            actor=actor,
            panel=self.panel,
        )

    def submitted(
        self, due: float | None = 600, text: str = TEXT, *targets: str, note: str = "", **more: Any
    ) -> Planned:
        return self.submit(self.draft(text, *targets, **more), due, note=note)

    def edit(self, planned: Planned, text: str, *, actor: Actor = CONTRIBUTOR) -> Planned:
        self.clock.advance(_MOMENT)
        present = self.now(planned).post
        content = present.content.model_copy(update={"text": text})
        return planning.change(present.id, content, expected=present.rev, actor=actor, bench=self.bench)

    def withdraw(self, planned: Planned, *, actor: Actor = CONTRIBUTOR) -> Planned:
        self.clock.advance(_MOMENT)
        return planning.withdraw(planned.post.id, expected=self.now(planned).post.rev, actor=actor, bench=self.bench)

    def decide(
        self,
        planned: Planned,
        verdict: Verdict = "approve",
        *,
        actor: Actor = ANNE,
        comment: str = "",
        version: int | None = None,
        review: str | None = None,
    ) -> Review:
        """About what is in review now, unless something else was seen."""
        self.clock.advance(_MOMENT)
        post = self.now(planned).post
        decision = Decision(verdict, post.version if version is None else version, comment)
        named = review or f"{post.id}-{post.reviews}"
        return decide_inside(post.id, named, decision, actor=actor, panel=self.panel)

    def decide_by(self, token: str, verdict: Verdict = "approve", *, version: int = 1, comment: str = "") -> Decided:
        self.clock.advance(_MOMENT)
        return decide_outside(token, Decision(verdict, version, comment), panel=self.panel)

    def approved(self, due: float | None = 600, text: str = TEXT, *targets: str) -> Planned:
        planned = self.submitted(due, text, *targets)
        self.decide(planned)
        self.decide_by(self.token())
        return self.now(planned)

    def approved_by_anne(self, due: float | None = 600, text: str = TEXT, *targets: str) -> Planned:
        """Where a workflow has her step alone."""
        planned = self.submitted(due, text, *targets)
        self.decide(planned)
        return self.now(planned)

    # ------------------------------------------------------------ what is to be seen afterwards

    def now(self, planned: Planned) -> Planned:
        return planning.load(AGENCY, planned.post.id, store=self.store)

    def state(self, planned: Planned) -> str:
        present = self.now(planned)
        return post_state(present.post, present.deliveries)

    def review(self, planned: Planned, number: int | None = None) -> Review:
        post = self.now(planned).post
        found = latest(post if number is None else post.model_copy(update={"reviews": number}), store=self.store)
        assert found is not None
        return found

    def approval(self, post: Post) -> Approval | None:
        return self.store.get(Approval, Approval.key_of(AGENCY, post.id))

    def letter(self, telling: Telling) -> dict[str, str]:
        opened = self.vault.open(telling.sealed, agency=telling.agency, owner=telling.id)
        said: dict[str, str] = json.loads(opened["letter"])
        return said

    def letters(self, address: str) -> list[dict[str, str]]:
        return [self.letter(each) for each in self.tell_queue.sent if each.address == address]

    def token(self, address: str = LAWYER) -> str:
        """Of the last review link that was mailed there."""
        return re.findall(r"/review/([\w-]+)", self.letters(address)[-1]["body"])[-1]
