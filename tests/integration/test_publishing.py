"""The main job, end to end: what staff plan leaves at its second, once, as it was written last.

What must wait is begun at once, side by side (the `story` fixture); the tests then look at how each went.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from chalicelib.publishing.delivery import LEASE
from infra.local.stack import Stack
from tests.integration.client import Client, picture, run_schedule, wait_for
from tests.integration.practice import Practice

NETWORKS = ("bluesky", "mastodon")
ON_TIME_S = 10.0
"""How late a post may be here, on a machine that does much else: what its message carried is within it, what waited for
a sweep to send it again (thirty seconds at least) is not. How late posts really are is measured by the bench."""

T = TypeVar("T")


@pytest.fixture(scope="session")
def killed(
    stack: Stack, administrator: Client, publisher: Client, practice: Practice, pool: ThreadPoolExecutor
) -> dict[str, Future[dict[str, Any]]]:
    """Workers die by SIGKILL, on each network, after it accepted the post and before they heard of it.

    Runs first and alone, because a kill takes every worker; the ninety seconds of the leases are then waited out beside
    the other stories.
    """
    begun: dict[str, tuple[str, str, dict[str, Any]]] = {}
    for network in NETWORKS:
        profile = practice.connect(administrator, network, "tue")
        practice.fault(profile, "timeout_after_accept", seconds=60, count=1)
        text = f"Coupure d'eau rue Haute ({network})"
        begun[network] = (profile, text, publisher.schedule(publisher.draft(text, [profile]), now=True))
    for profile, text, _ in begun.values():
        wait_for(lambda profile=profile, text=text: practice.arrived(profile, text), 15, "the network to accept")  # type: ignore[misc]
    assert stack.workers("Publish")
    for pid in stack.workers("Publish"):
        os.kill(pid, signal.SIGKILL)

    def end(profile: str, text: str, post: dict[str, Any]) -> dict[str, Any]:
        time.sleep(LEASE.total_seconds() + 1)

        def settled() -> dict[str, Any] | None:
            run_schedule(stack, "Sweep")
            delivery: dict[str, Any] = publisher.post(post["id"])["deliveries"][0]
            return delivery if delivery["state"] not in ("publishing", "queued") and not delivery["next_at"] else None

        # Where only a match can tell (Mastodon), the network is given its time to show the post before one is taken.
        delivery = wait_for(settled, 150, "the delivery to be settled", every=2)
        return {"delivery": delivery, "arrived": practice.arrived(profile, text)}

    return {network: pool.submit(end, *begun[network]) for network in NETWORKS}


@pytest.fixture(scope="session")
def story(
    killed: Any, pool: ThreadPoolExecutor, administrator: Client, publisher: Client, practice: Practice
) -> Callable[[str], Any]:
    """Every story that waits, under way at once; story(name) is how it ended."""
    tell = _Stories(administrator, publisher, practice)
    names = [name for name in dir(tell) if not name.startswith("_")]
    under_way: dict[str, Future[Any]] = {name: pool.submit(getattr(tell, name)) for name in names}
    return lambda name: under_way[name].result(timeout=150)


def _soon(seconds: float) -> datetime:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0) + timedelta(seconds=1)


class _Stories:
    """Each method is a story with profiles of its own, so that none meets another's faults or pauses."""

    def __init__(self, administrator: Client, publisher: Client, practice: Practice) -> None:
        self._administrator, self._publisher, self._practice = administrator, publisher, practice

    def _profiles(self, name: str) -> dict[str, str]:
        return {network: self._practice.connect(self._administrator, network, name) for network in NETWORKS}

    def _end(self, post_id: str, seconds: float = 30) -> dict[str, Any]:
        """The post when nothing more will happen to it by itself."""

        def ended() -> dict[str, Any] | None:
            post = self._publisher.post(post_id)
            return post if not any(each["next_at"] for each in post["deliveries"]) else None

        return wait_for(ended, seconds, "the post to come to an end")

    def on_time(self) -> dict[str, Any]:
        profiles = self._profiles("heure")
        bytes_ = picture("navy")
        media = self._publisher.upload(bytes_)
        assert media["state"] == "ready", media
        alt, text = "Le marché de Noël, la nuit — 🎄", "Le marché ouvre à 17 h.\nVenez à pied ! 🎄 #Rivemont"
        draft = self._publisher.draft(text, list(profiles.values()), media=[{"media": media["id"], "alt": alt}])
        due_at = _soon(5)
        planned = self._publisher.schedule(draft, due_at=due_at.isoformat())
        post = self._end(draft["id"])
        return {
            "profiles": profiles,
            "planned": planned,
            "post": post,
            "due_at": due_at.timestamp(),
            "text": text,
            "alt": alt,
            "image": bytes_,
        }

    def now(self) -> dict[str, Any]:
        profiles = self._profiles("maintenant")
        began = time.time()
        planned = self._publisher.schedule(self._publisher.draft("Tout de suite", list(profiles.values())), now=True)
        return {"profiles": profiles, "post": self._end(planned["id"]), "began": began}

    def edited(self) -> dict[str, Any]:
        profiles = self._profiles("corrige")
        planned = self._publisher.schedule(
            self._publisher.draft("Lundi, marché", list(profiles.values())), due_at=_soon(6).isoformat()
        )
        body = {"text": "Mardi, marché", "targets": list(profiles.values())}
        self._publisher.ok("PATCH", f"/api/posts/{planned['id']}", body, version=planned["version"])
        return {"profiles": profiles, "post": self._end(planned["id"])}

    def rescheduled_later(self) -> dict[str, Any]:
        profiles = self._profiles("tard")
        planned = self._publisher.schedule(
            self._publisher.draft("Reporté", list(profiles.values())), due_at=_soon(4).isoformat()
        )
        later = _soon(10)
        self._publisher.schedule(planned, due_at=later.isoformat())
        return {"profiles": profiles, "post": self._end(planned["id"]), "due_at": later.timestamp()}

    def rescheduled_sooner(self) -> dict[str, Any]:
        profiles = self._profiles("tot")
        planned = self._publisher.schedule(
            self._publisher.draft("Avancé", list(profiles.values())), due_at=_soon(150).isoformat()
        )
        sooner = _soon(4)
        self._publisher.schedule(planned, due_at=sooner.isoformat())
        return {"profiles": profiles, "post": self._end(planned["id"]), "due_at": sooner.timestamp()}

    def cancelled(self) -> dict[str, Any]:
        profiles = self._profiles("annule")
        due_at = _soon(5)
        planned = self._publisher.schedule(
            self._publisher.draft("Annulé", list(profiles.values())), due_at=due_at.isoformat()
        )
        self._publisher.ok("POST", f"/api/posts/{planned['id']}/cancellation", version=planned["version"])
        time.sleep(max(0.0, due_at.timestamp() - time.time()) + 3)
        return {"profiles": profiles, "post": self._publisher.post(planned["id"])}

    def deleted(self) -> dict[str, Any]:
        profiles = self._profiles("efface")
        due_at = _soon(5)
        planned = self._publisher.schedule(
            self._publisher.draft("Effacé", list(profiles.values())), due_at=due_at.isoformat()
        )
        self._publisher.ok("DELETE", f"/api/posts/{planned['id']}", version=planned["version"])
        time.sleep(max(0.0, due_at.timestamp() - time.time()) + 3)
        return {"profiles": profiles, "answer": self._publisher.call("GET", f"/api/posts/{planned['id']}")}

    def one_dropped_then_edited(self) -> dict[str, Any]:
        """What a person dropped stays dropped when the text is corrected afterwards."""
        profiles = self._profiles("retire")
        due_at = _soon(7)
        planned = self._publisher.schedule(
            self._publisher.draft("Sans Mastodon", list(profiles.values())), due_at=due_at.isoformat()
        )
        dropped = next(each for each in planned["deliveries"] if each["profile"] == profiles["mastodon"])
        self._publisher.ok("POST", f"/api/deliveries/{dropped['id']}/cancellation")
        body = {"text": "Sans Mastodon, corrigé", "targets": list(profiles.values())}
        self._publisher.ok("PATCH", f"/api/posts/{planned['id']}", body, version=planned["version"])
        post = self._end(planned["id"])
        time.sleep(max(0.0, due_at.timestamp() - time.time()) + 2)
        return {"profiles": profiles, "post": post}

    def paused(self) -> dict[str, Any]:
        """One profile of two is paused over what falls due, then resumed, then one by one released."""
        profiles = self._profiles("pause")
        planned = self._publisher.schedule(
            self._publisher.draft("Pendant la pause", list(profiles.values())), due_at=_soon(5).isoformat()
        )
        scope = {"kind": "profile", "id": profiles["bluesky"]}
        pause = self._publisher.ok("POST", "/api/pauses", {"scope": scope, "reason": "Exercice"})
        shown = self._administrator.ok("GET", "/api/pauses")["items"]
        post = self._end(planned["id"])
        held = next(each for each in post["deliveries"] if each["profile"] == profiles["bluesky"])
        refused = self._publisher.call("POST", f"/api/deliveries/{held['id']}/release")
        resumed = self._publisher.ok("DELETE", f"/api/pauses/{pause['id']}")
        time.sleep(3)
        after_resume = self._practice.count(profiles["bluesky"])
        waiting = [each["id"] for each in self._publisher.ok("GET", "/api/deliveries")["items"]]
        self._publisher.ok("POST", f"/api/deliveries/{held['id']}/release")
        return {
            "profiles": profiles,
            "pause": pause,
            "shown": shown,
            "during": post,
            "held": held,
            "refused": refused,
            "resumed": resumed,
            "after_resume": after_resume,
            "waiting": waiting,
            "post": self._end(planned["id"]),
        }

    def timed_out(self) -> dict[str, Any]:
        profiles = self._profiles("delai")
        for profile in profiles.values():
            self._practice.fault(profile, "timeout_after_accept", seconds=30, count=1)
        planned = self._publisher.schedule(self._publisher.draft("Sans réponse", list(profiles.values())), now=True)
        post = self._end(planned["id"], 100)
        time.sleep(3)
        return {"profiles": profiles, "post": post}

    def refused_for_good(self) -> dict[str, Any]:
        profiles = self._profiles("suspendu")
        self._practice.fault(profiles["mastodon"], "suspended")
        planned = self._publisher.schedule(self._publisher.draft("Suspendu", list(profiles.values())), now=True)
        return {"profiles": profiles, "post": self._end(planned["id"], 60)}

    def briefly_down(self) -> dict[str, Any]:
        """Connections that are dropped before anything is accepted, then a network that is up again."""
        profiles = self._profiles("panne")
        for profile in profiles.values():
            self._practice.fault(profile, "rate_limit", seconds=2, count=1)
        planned = self._publisher.schedule(self._publisher.draft("Ralentis", list(profiles.values())), now=True)
        return {"profiles": profiles, "post": self._end(planned["id"], 90)}


# ---------------------------------------------------------------- how they went


@pytest.mark.parametrize("network", NETWORKS)
def test_a_post_stands_at_its_second_and_not_before(
    story: Callable[[str], Any], practice: Practice, network: str
) -> None:
    told = story("on_time")
    profile = told["profiles"][network]
    arrived = practice.arrived(profile, told["text"])
    assert len(arrived) == practice.count(profile) == 1
    assert 0 <= arrived[0].arrived_at - told["due_at"] <= ON_TIME_S
    shown = practice.shown(profile, arrived[0].remote_id)
    assert shown.text.replace("<br>", "\n").replace("<br/>", "\n").replace("<br />", "\n").startswith("Le marché ouvre")
    assert shown.alts == [told["alt"]]
    assert shown.images == [told["image"]]
    assert shown.languages == ["fr"]


def test_the_post_tells_where_it_stands(story: Callable[[str], Any], practice: Practice) -> None:
    told = story("on_time")
    assert told["planned"]["state"] == "scheduled"
    assert {each["state"] for each in told["planned"]["deliveries"]} == {"queued"}
    assert told["post"]["state"] == "done"
    for delivery in told["post"]["deliveries"]:
        arrived = practice.arrived(delivery["profile"], told["text"])
        assert delivery["state"] == "published" and delivery["attempts"] == 1 and delivery["reason"] is None
        assert delivery["remote_id"] == arrived[0].remote_id
        assert delivery["published_at"] is not None
        # A Bluesky server of one's own has no page for people that could be known; Mastodon says where its is.
        assert (delivery["url"] is None) == (delivery["network"] == "bluesky")


def test_its_history_tells_each_step_once(story: Callable[[str], Any], publisher: Client) -> None:
    told = story("on_time")
    events = publisher.ok("GET", f"/api/posts/{told['post']['id']}/history")["items"]
    kinds = [each["kind"] for each in events]
    assert kinds[:2] == ["post.created", "post.scheduled"]
    assert sorted(kinds[2:]) == ["delivery.published"] * 2
    assert events[0]["actor"]["name"] == "Marc Leduc" and events[-1]["actor"] is None
    published = [each["detail"] for each in events[2:]]
    assert all(each["began_at_ms"] >= each["due_at_ms"] == told["due_at"] * 1000 for each in published)


def test_the_calendar_shows_it(story: Callable[[str], Any], publisher: Client) -> None:
    told = story("on_time")
    day = datetime.fromtimestamp(told["due_at"], UTC)
    span = f"from={(day - timedelta(hours=1)):%Y-%m-%dT%H:%M:%SZ}&to={(day + timedelta(hours=1)):%Y-%m-%dT%H:%M:%SZ}"
    rows = {row["id"]: row for row in publisher.ok("GET", f"/api/calendar?{span}")["items"]}
    row = rows[told["post"]["id"]]
    assert row["state"] == "done" and row["media"] == 1
    assert {each["state"] for each in row["deliveries"]} == {"published"}
    assert told["post"]["id"] not in [each["id"] for each in publisher.ok("GET", "/api/posts")["items"]]


@pytest.mark.parametrize("network", NETWORKS)
def test_now_is_now(story: Callable[[str], Any], practice: Practice, network: str) -> None:
    told = story("now")
    arrived = practice.arrived(told["profiles"][network], "Tout de suite")
    assert len(arrived) == 1 and arrived[0].arrived_at - told["began"] < 2 * ON_TIME_S
    assert told["post"]["state"] == "done"


@pytest.mark.parametrize("network", NETWORKS)
def test_an_edit_between_arming_and_due_is_what_goes_out(
    story: Callable[[str], Any], practice: Practice, network: str
) -> None:
    told = story("edited")
    profile = told["profiles"][network]
    assert len(practice.arrived(profile, "Mardi, marché")) == practice.count(profile) == 1


@pytest.mark.parametrize("name", ["rescheduled_later", "rescheduled_sooner"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_new_time_wins_over_the_message_under_way(
    story: Callable[[str], Any], practice: Practice, network: str, name: str
) -> None:
    """Traps 4 and 8: a rescheduled post goes out at its new time, once."""
    told = story(name)
    profile = told["profiles"][network]
    arrived = practice.arrived(profile, "Reporté" if name == "rescheduled_later" else "Avancé")
    assert len(arrived) == practice.count(profile) == 1
    assert 0 <= arrived[0].arrived_at - told["due_at"] <= ON_TIME_S


@pytest.mark.parametrize("network", NETWORKS)
def test_what_was_cancelled_never_leaves(story: Callable[[str], Any], practice: Practice, network: str) -> None:
    """Trap 4."""
    told = story("cancelled")
    assert practice.calls(told["profiles"][network]) == []
    assert told["post"]["state"] == "cancelled"


@pytest.mark.parametrize("network", NETWORKS)
def test_what_was_deleted_never_leaves(story: Callable[[str], Any], practice: Practice, network: str) -> None:
    """Trap 4."""
    told = story("deleted")
    assert practice.calls(told["profiles"][network]) == []
    assert told["answer"].status_code == 404


def test_what_was_dropped_stays_dropped_through_an_edit(story: Callable[[str], Any], practice: Practice) -> None:
    """Trap 4."""
    told = story("one_dropped_then_edited")
    assert practice.calls(told["profiles"]["mastodon"]) == []
    assert practice.count(told["profiles"]["bluesky"]) == 1
    assert {each["network"]: each["state"] for each in told["post"]["deliveries"]} == {
        "bluesky": "published",
        "mastodon": "cancelled",
    }


def test_a_pause_holds_what_falls_due_and_only_that(story: Callable[[str], Any], practice: Practice) -> None:
    told = story("paused")
    states = {each["network"]: each["state"] for each in told["during"]["deliveries"]}
    assert states == {"bluesky": "held", "mastodon": "published"}
    assert told["held"]["reason"]["code"] == "paused"
    begun, acknowledged = (datetime.fromisoformat(told["pause"][name]) for name in ("begun_at", "acknowledged_at"))
    assert acknowledged - begun >= timedelta(seconds=1)
    assert told["pause"]["id"] in [each["id"] for each in told["shown"]]


def test_resuming_sends_nothing_and_a_release_sends_it_once(story: Callable[[str], Any], practice: Practice) -> None:
    """Trap 14."""
    told = story("paused")
    assert (told["refused"].status_code, told["refused"].json()["error"]["code"]) == (409, "paused")
    assert told["resumed"]["held"] == 1
    assert told["after_resume"] == 0
    assert told["held"]["id"] in told["waiting"]
    assert len(practice.arrived(told["profiles"]["bluesky"], "Pendant la pause")) == 1
    assert told["post"]["state"] == "done"


@pytest.mark.parametrize("network", NETWORKS)
def test_a_time_out_after_acceptance_is_one_post(story: Callable[[str], Any], practice: Practice, network: str) -> None:
    """Traps 2 and 11."""
    told = story("timed_out")
    profile = told["profiles"][network]
    arrived = practice.arrived(profile, "Sans réponse")
    assert len(arrived) == 1
    assert len(practice.calls(profile)) == 1, "found by reading, not by sending again"
    delivery = next(each for each in told["post"]["deliveries"] if each["profile"] == profile)
    assert delivery["state"] == "published" and delivery["remote_id"] == arrived[0].remote_id


def test_a_refusal_for_good_is_said_and_touches_nobody_else(story: Callable[[str], Any], practice: Practice) -> None:
    told = story("refused_for_good")
    states = {each["network"]: each["state"] for each in told["post"]["deliveries"]}
    assert states["bluesky"] == "published" and states["mastodon"] in ("failed", "held")
    refused = next(each for each in told["post"]["deliveries"] if each["network"] == "mastodon")
    assert refused["reason"]["code"]
    assert practice.count(told["profiles"]["mastodon"]) == 0


@pytest.mark.parametrize("network", NETWORKS)
def test_a_rate_limit_delays_by_what_the_network_says(
    story: Callable[[str], Any], practice: Practice, network: str
) -> None:
    """Trap 10."""
    told = story("briefly_down")
    profile = told["profiles"][network]
    calls = practice.calls(profile)
    assert [each["accepted"] for each in calls] == [False, True]
    assert calls[1]["arrived_at"] - calls[0]["arrived_at"] < 30
    assert len(practice.arrived(profile, "Ralentis")) == 1


@pytest.mark.parametrize("network", NETWORKS)
def test_a_worker_killed_between_acceptance_and_answer_is_one_post(
    killed: dict[str, Future[dict[str, Any]]], network: str
) -> None:
    """Traps 1 and 9: the lease runs out into reading our own posts."""
    told = killed[network].result(timeout=280)
    assert len(told["arrived"]) == 1
    assert told["delivery"]["state"] == "published"
    assert told["delivery"]["remote_id"] == told["arrived"][0].remote_id
