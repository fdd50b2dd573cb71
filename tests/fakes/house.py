"""All of Parvis in memory: an agency, its people and profiles, and the triggers' work, with one clock for everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.approvals.asking import Panel
from chalicelib.errors import InvalidInput
from chalicelib.media.media import Media, Shelf
from chalicelib.networks.contract import CardLimits, Limits
from chalicelib.profiles.connecting import Connecting
from chalicelib.profiles.profile import Profile
from chalicelib.publishing import arming, planning
from chalicelib.publishing.bookkeeping import Desk, give_up
from chalicelib.publishing.campaign import Campaign
from chalicelib.publishing.delivering import deliver
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.message import DeliveryDue
from chalicelib.publishing.planning import Bench, Planned
from chalicelib.publishing.post import Attachment, Content
from chalicelib.records.event import Event
from chalicelib.settings import Settings
from chalicelib.team.actor import Actor
from chalicelib.team.people import Agency, AgencyListed, Department, Person
from chalicelib.team.policy import Policies
from chalicelib.team.reception import Reception
from chalicelib.team.sessions import Session
from tests.fakes.bucket import FakeBucket
from tests.fakes.clock import FakeClock
from tests.fakes.fate import Fate, mortal
from tests.fakes.networks import LIMITS, FakeNetwork
from tests.fakes.pages import FakePages
from tests.fakes.pool import FakePool
from tests.fakes.pushes import FakeIngestQueue, FakeNetworkApps
from tests.fakes.queue import FakeQueue, Killed
from tests.fakes.store import FakeStore
from tests.fakes.tell_queue import FakeTellQueue
from tests.fakes.topic import FakeTopic
from tests.fakes.vault import FakeVault

AGENCY = "ville"
SESSION = "s1"
LONG = timedelta(days=3650)
ZONE = "Europe/Paris"

PUBLISHER = Actor(AGENCY, "paul", "Paul Publisher", {"water": "publisher", "police": "publisher"})
CONTRIBUTOR = Actor(AGENCY, "carla", "Carla Contributor", {"water": "contributor", "police": "contributor"})
ADMINISTRATOR = Actor(AGENCY, "ada", "Ada Admin", {"water": "administrator", "police": "administrator"})
STRANGER = Actor("autre", "sam", "Sam Stranger", {"water": "administrator"})

SETTINGS = Settings(
    stage="test",
    site_url="https://parvis.example",
    table_content="content",
    table_team="team",
    table_state="state",
    table_audit="audit",
    table_inbox="inbox",
    queue_publish="publish",
    queue_media="media",
    queue_poll="poll",
    queue_ingest="ingest",
    queue_tell="tell",
    queue_measure="measure",
    queue_report="report",
    bucket_media="media",
    bucket_reports="reports",
    topic_operations="operations",
    topic_alerts="alerts",
    mail_from="parvis@parvis.example",
    network_apps="/parvis/test/network-apps",
    user_pool="pool",
    user_pool_client="client",
    user_pool_keys_url="https://keys.example",
    user_pool_issuer="https://issuer.example",
    key="key",
)


class FakeHouse:
    """What wiring.House offers, made of fakes. The worker's and the sweep's steps may be their last (`fate`)."""

    def __init__(self, *, chosen_id: bool = False, network: FakeNetwork | None = None) -> None:
        self.settings = SETTINGS
        self.clock = FakeClock()
        self.store = FakeStore()
        self.queue = FakeQueue(self.clock)
        self.tell_queue = FakeTellQueue()
        self.topic = FakeTopic()
        self.vault = FakeVault()
        self.pool = FakePool(self.clock)
        self.policies = Policies(self.store, self.clock, waived=True)
        self.bucket = FakeBucket()
        self.pages = FakePages()
        self.ingest_queue = FakeIngestQueue()
        self.network_apps = FakeNetworkApps()
        self.network = network or FakeNetwork(clock=self.clock.now, chosen_id=chosen_id)
        self.network.clock = self.clock.now
        self.fate = Fate()
        self.bench = Bench(store=self.store, queue=self.queue, clock=self.clock, network_named=self.network_named)
        self.panel = Panel(self.bench, self.vault, self.tell_queue, SETTINGS.site_url)
        self.desk = self._desk()
        self.reception = self._reception()
        for agency in (AGENCY, "autre"):
            self.store.save(Agency(id=agency, name=agency.title(), zone=ZONE))
            self.store.save(AgencyListed(id=agency))
            for department in ("water", "police"):
                self.store.save(Department(agency=agency, id=department, name=department.title()))
            campaign: dict[str, Any] = {
                "agency": agency,
                "id": "c1",
                "department": "water",
                "name": "Winter",
                "owner": "camille",
            }
            self.store.save(
                Campaign.model_validate({**campaign, "owner_name": "Camille", "created_at": self.clock.now()})
            )
        for actor in (PUBLISHER, CONTRIBUTOR, ADMINISTRATOR, STRANGER):
            self.person(actor)

    def _desk(self) -> Desk:
        fate = self.fate  # dying before or after a read is dying between its neighbours
        return Desk(
            store=mortal(self.store, fate, "save", "commit", "remove"),
            queue=mortal(self.queue, fate, "send"),
            topic=mortal(self.topic, fate, "publish"),
            vault=mortal(self.vault, fate, "seal"),
            clock=self.clock,
            network_named=lambda name: mortal(self.network_named(name), fate, "publish", "find", "refresh"),
            shelf=Shelf(self.bucket.read, self.bucket.chunks, self.bucket.public_address),
        )

    def _reception(self) -> Reception:
        return Reception(
            store=self.store,
            pool=self.pool,
            vault=self.vault,
            tell_queue=self.tell_queue,
            clock=self.clock,
            policies=self.policies,
            site_url=SETTINGS.site_url,
        )

    def demand_second_factors(self) -> None:
        """As every deployment but a demonstration does."""
        self.policies = Policies(self.store, self.clock, waived=False)
        self.reception = self._reception()

    def judged(self, object_key: str, *, every: Sequence[Limits | CardLimits] = (LIMITS,)) -> str:
        """What the media function makes of an upload. every: the limits for which it makes copies."""
        from chalicelib.media.judging import judge_file  # Pillow and libmediainfo, where they are used
        from chalicelib.media.making import make_renditions
        from chalicelib.media.uploading import Workshop, judge_upload

        return judge_upload(object_key, Workshop(judge_file, make_renditions, lambda: every, self.store, self.bucket))

    def network_named(self, name: str) -> FakeNetwork:
        if name != self.network.name:
            raise InvalidInput("network_unknown", field="network")
        return self.network

    @property
    def connecting(self) -> Connecting:
        return Connecting(self.store, self.vault, self.clock, "https://parvis.example/oauth/callback")

    # ------------------------------------------------------------ what people did before

    def person(self, actor: Actor, **more: Any) -> None:
        """Somebody of the agency, with the roles that they act in, signed in by the session SESSION."""
        fields: dict[str, Any] = {
            "agency": actor.agency,
            "id": actor.person,
            "name": actor.name,
            "email": f"{actor.person}@{actor.agency}.example",
            "roles": dict(actor.roles),
            "created_at": self.clock.now(),
        }
        made = Person(**{**fields, **more})
        self.store.save(made)
        self.sign_in(made)

    def sign_in(self, person: Person) -> None:
        """For a test that asks the API: by the session SESSION, which does not end while it runs."""
        now = self.clock.now()
        begun = Session.begun(person, SESSION, agent="a browser", now=now)
        self.store.save(begun.model_copy(update={"until": now + LONG}))

    def profile(self, profile: str = "p1", *, department: str = "water", agency: str = AGENCY, **more: Any) -> Profile:
        """A connected profile, whose account on the network is `<profile>@`."""
        account = self.network.account(account_id=f"{profile}@", profile_id=profile)
        fields: dict[str, Any] = {
            "agency": agency,
            "id": profile,
            "network": self.network.name,
            "server": "https://fake.example",
            "remote_id": account.remote_id,
            "handle": f"@{profile}",
            "display_name": profile,
            "department": department,
            "connected_at": self.clock.now(),
            "sealed": self.vault.seal(account.secrets, agency=agency, owner=profile),
            **more,
        }
        made = Profile(**fields)
        self.store.save(made)
        return made

    def film(self, media: str = "film", **more: Any) -> Media:
        """A video that may be used."""
        fields: dict[str, Any] = {
            "agency": AGENCY,
            "id": media,
            "department": "water",
            "filename": f"{media}.mp4",
            "content_type": "video/mp4",
            "size": 1000,
            "state": "ready",
            "width": 1280,
            "height": 720,
            "sha256": "0" * 64,
            "by": "paul",
            "created_at": self.clock.now(),
            **more,
        }
        made = Media(**fields)
        self.store.save(made)
        return made

    def written(
        self,
        text: str = "La rue Haute est fermée.",
        *targets: str,
        actor: Actor = PUBLISHER,
        department: str = "water",
        media: Mapping[str, str] | None = None,
        campaign: str | None = None,
        thread: Sequence[str] = (),
    ) -> Planned:
        """A draft. media: id -> description. thread: the parts that follow."""
        content = Content(
            text=text,
            targets=targets or ("p1",),
            media=tuple(Attachment(media=each, alt=alt) for each, alt in (media or {}).items()),
            campaign=campaign,
            thread={self.network.name: tuple(thread)} if thread else {},
        )
        return planning.write(content, department=department, zone=ZONE, actor=actor, bench=self.bench)

    def scheduled(
        self, due: float | timedelta | datetime = 0, text: str = "La rue Haute est fermée.", *targets: str, **more: Any
    ) -> Planned:
        """A post that is to leave at, or so long (seconds) from now."""
        draft = self.written(text, *targets, **more)
        return self.schedule(draft, due)

    def schedule(
        self,
        planned: Planned,
        due: float | timedelta | datetime,
        *,
        actor: Actor = PUBLISHER,
        expected: int | None = None,
    ) -> Planned:
        if not isinstance(due, datetime):
            due = self.clock.now() + (due if isinstance(due, timedelta) else timedelta(seconds=due))
        return planning.schedule(
            planned.post.id, due_at=due, zone=ZONE, expected=expected, actor=actor, bench=self.bench
        )

    # ------------------------------------------------------------ what Parvis does

    def deliver(self, message: DeliveryDue) -> str:
        """One worker, which may die of it (queue.Killed)."""
        self.fate.reborn()
        return deliver(message, self.desk)

    def sweep(self) -> arming.Sweep | None:
        """As triggers.sweep does; None when it died of it."""
        self.fate.reborn()
        try:
            swept = arming.sweep(store=self.desk.store, queue=self.desk.queue, clock=self.clock)
            for delivery in swept.given_up:
                give_up(delivery, self.desk)
        except Killed:
            return None
        return swept

    def run(self, lasting: float | timedelta, *, sweeping: bool = True) -> list[str]:
        """Let time pass: the sweep on each minute, each message at its second. Returns what became of the messages."""
        until = self.clock.now() + (lasting if isinstance(lasting, timedelta) else timedelta(seconds=lasting))
        results: list[str] = []
        while self.clock.now() < until:
            minute = self.clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
            results += self.queue.run(self.deliver, until=min(minute, until))
            if sweeping and minute <= until:
                self.sweep()
        return results

    # ------------------------------------------------------------ what is to be seen afterwards

    def delivery(self, planned: Planned, profile: str = "p1") -> Delivery:
        found = self.store.get(Delivery, Delivery.key_of(planned.post.agency, planned.post.id, profile))
        assert found is not None
        return found

    def deliveries(self, agency: str = AGENCY) -> list[Delivery]:
        return self.store.all(Delivery, agency)

    def events(self, planned: Planned) -> list[Event]:
        return list(self.store.query(Event, Event.partition(planned.post.agency, f"POST#{planned.post.id}")))

    def kinds(self, planned: Planned) -> list[str]:
        return [event.what for event in self.events(planned)]

    def profile_now(self, profile: str = "p1") -> Profile:
        found = self.store.get(Profile, Profile.key_of(AGENCY, profile))
        assert found is not None
        return found

    def texts(self, profile: str = "p1") -> list[str]:
        """What stands on the network."""
        return [post.publication.text for post in self.network.posts_of(f"{profile}@")]
