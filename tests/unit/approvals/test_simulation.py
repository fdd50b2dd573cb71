"""Whatever people do in whatever order, and whoever dies of it: nothing that was not approved as it stands leaves a
department that reviews everything, and what was approved in time is not lost.

A machine of rules chooses the acts; the network itself looks at the approval in the very moment it is called.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chalicelib.approvals.review import Approval, open_reviews
from chalicelib.approvals.workflow import Step
from chalicelib.errors import ParvisError
from chalicelib.networks.contract import Account, Gate, Outcome, OutcomeUnknown, Publication
from chalicelib.publishing import planning, waiting
from chalicelib.publishing.planning import Planned
from chalicelib.publishing.post import Post
from tests.fakes.house import AGENCY, CONTRIBUTOR, PUBLISHER
from tests.fakes.networks import accept_and_answer
from tests.unit.approvals.council import ANNE, BRUNO, LAWYER, Council

EXAMPLES = int(os.environ.get("PARVIS_EXAMPLES", "100"))
STEPS = 120

posts = st.integers(0, 3)
texts = st.sampled_from(["un", "deux", "trois"])
inside = st.sampled_from([ANNE, BRUNO, PUBLISHER, CONTRIBUTOR])
writers = st.sampled_from([CONTRIBUTOR, PUBLISHER])
verdicts = st.sampled_from(["approve", "approve", "send_back"])
waits = st.sampled_from([None, 0, 5, 60, 4000])


class Agency(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        council = self.council = Council()
        council.workflow(
            Step(name="Deux", people=("anne", "bruno"), need="all"),
            Step(name="Dehors ou publication", roles=("publisher",), emails=(LAWYER,)),
        )
        self.posts: list[Planned] = [council.draft(f"texte {each}", "p1", "p2") for each in range(4)]
        self.sent: list[str] = []
        self.wrong: list[str] = []
        publish = council.network.publish

        def watched(account: Account, publication: Publication, gate: Gate) -> Outcome:
            outcome = publish(account, publication, gate)
            # The gate let it pass just now, and nothing has moved since: the approval must stand for these words.
            self.sent.append(publication.key)
            self.wrong += self.not_approved(publication)
            return outcome

        council.network.publish = watched  # type: ignore[method-assign]

    def not_approved(self, publication: Publication) -> list[str]:
        """What is wrong with its leaving. Said later: what a worker raises, its queue takes for a worker's failure."""
        council, post_id = self.council, publication.key.split("-")[1]
        post = council.store.get(Post, {"pk": Post.partition(AGENCY, post_id), "sk": "POST"})
        approval = council.store.get(Approval, Approval.key_of(AGENCY, post_id))
        if post is None or approval is None:
            return ["it left without an approval"]
        review = council.review(self.planned(post_id))
        first = {each.person for each in review.decisions if each.step == 0 and each.decision == "approve"}
        holds = {
            "it is approved as it stands": approval.fingerprint == post.content.fingerprint(),
            "what is sent is what stands": publication.text == post.content.text,
            "the review is of this version": (review.state, review.version) == ("approved", post.version),
            "all of the first step agreed": first == {"anne", "bruno"},
            "nobody decided about their own": not {each.person for each in review.decisions} & {*review.barred},
        }
        return [words for words, held in holds.items() if not held]

    def planned(self, post_id: str) -> Planned:
        return next(each for each in self.posts if each.post.id == post_id)

    @rule(post=posts, text=texts, who=writers)
    def edit(self, post: int, text: str, who: object) -> None:
        with suppress(ParvisError):
            self.council.edit(self.posts[post], f"{text} {post}", actor=who)  # type: ignore[arg-type]

    @rule(post=posts, due=waits, who=writers)
    def submit(self, post: int, due: float | None, who: object) -> None:
        with suppress(ParvisError):
            self.council.submit(self.posts[post], due, actor=who)  # type: ignore[arg-type]

    @rule(post=posts, who=inside, verdict=verdicts, old=st.integers(0, 1))
    def decide(self, post: int, who: object, verdict: str, old: int) -> None:
        version = self.council.now(self.posts[post]).post.version - old
        with suppress(ParvisError):
            self.council.decide(self.posts[post], verdict, actor=who, comment="x", version=version)  # type: ignore[arg-type]

    @rule(post=posts)
    def approve_by_both(self, post: int) -> None:
        """What happens most, so that the second step is reached often enough."""
        for who in (ANNE, BRUNO):
            with suppress(ParvisError):
                self.council.decide(self.posts[post], actor=who)

    @rule(which=st.integers(0, 5), verdict=verdicts, version=st.integers(1, 6))
    def decide_outside(self, which: int, verdict: str, version: int) -> None:
        letters = self.council.letters(LAWYER)
        if letters:
            token = letters[-1 - which % len(letters)]["body"].partition("/review/")[2].split()[0]
            with suppress(ParvisError):
                self.council.decide_by(token, verdict, version=version, comment="x")  # type: ignore[arg-type]

    @rule(post=posts)
    def approve_by_the_last_letter(self, post: int) -> None:
        version = self.council.now(self.posts[post]).post.version
        with suppress(ParvisError, IndexError):
            self.council.decide_by(self.council.token(), version=version)

    @rule(post=posts, due=waits)
    def go_the_whole_way(self, post: int, due: float | None) -> None:
        self.submit(post, due, CONTRIBUTOR)
        self.approve_by_both(post)
        self.approve_by_the_last_letter(post)

    @rule(post=posts)
    def withdraw(self, post: int) -> None:
        with suppress(ParvisError):
            self.council.withdraw(self.posts[post])

    @rule(post=posts, due=st.sampled_from([0, 5, 60]))
    def schedule(self, post: int, due: float) -> None:
        with suppress(ParvisError):
            self.council.schedule(self.council.now(self.posts[post]), due)

    @rule(post=posts)
    def cancel(self, post: int) -> None:
        with suppress(ParvisError):
            planning.cancel(self.posts[post].post.id, expected=None, actor=PUBLISHER, bench=self.council.bench)

    @rule(profile=st.sampled_from(["p1", "p2"]), post=posts, act=st.sampled_from(["release", "drop", "later"]))
    def person(self, profile: str, post: int, act: str) -> None:
        delivery, council = f"{self.posts[post].post.id}-{profile}", self.council
        with suppress(ParvisError):
            if act == "release":
                waiting.release(delivery, actor=PUBLISHER, bench=council.bench)
            elif act == "drop":
                waiting.drop(delivery, actor=PUBLISHER, bench=council.bench)
            else:
                later = council.clock.now() + timedelta(seconds=30)
                waiting.reschedule(delivery, later, actor=PUBLISHER, bench=council.bench)

    @rule(at=st.integers(1, 12), after=st.booleans())
    def death(self, at: int, after: bool) -> None:
        self.council.fate.kill(at, after=after)

    @rule()
    def doubt(self) -> None:
        self.council.network.next_outcomes(accept_and_answer(OutcomeUnknown("timeout")))

    @rule(lasting=st.sampled_from([1, 10, 120]))
    def time(self, lasting: float) -> None:
        self.council.run(lasting)

    @invariant()
    def what_is_stored_agrees(self) -> None:
        council = self.council
        assert self.wrong == []
        for planned in self.posts:
            present = council.now(planned)
            post, approval = present.post, council.approval(planned.post)
            assert (approval is not None) == (post.decided == "approved")
            assert approval is None or approval.fingerprint == post.content.fingerprint()
            live = [each for each in present.deliveries if each.state != "cancelled"]
            assert all(each.reviewed for each in live)
            assert not live or post.decided is not None, "it would leave, or wait, without a review"
            assert all(each.version == post.version for each in live)
        under_way = {each.post for each in open_reviews(AGENCY, store=council.store)}
        assert under_way == {each.post.id for each in map(council.now, self.posts) if each.post.decided == "in_review"}

    def teardown(self) -> None:
        self.council.fate.spare()
        self.council.run(timedelta(minutes=5))
        assert self.wrong == []
        _REACHED.update(self.sent)


_REACHED: set[str] = set()

Agency.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    derandomize="PARVIS_EXAMPLES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAgency = Agency.TestCase


def test_the_simulation_does_publish_now_and_then() -> None:
    """Runs after it: a world in which nothing ever leaves would hold every promise."""
    assert len(_REACHED) >= EXAMPLES / 4
