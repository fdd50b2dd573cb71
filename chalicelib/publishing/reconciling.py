"""Finding out what became of an attempt whose answer was never heard.

The profile's own recent posts are read and matched. A match is recorded; an absence is believed only when the network
has had its time to show the post (`absence_after`), and only then is the delivery sent again. What cannot be read for
half an hour is shown to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from chalicelib.errors import Upstream
from chalicelib.networks.contract import Halted, Network, NetworkError, Sighting
from chalicelib.profiles.credentials import with_account
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.bookkeeping import Desk, doubt, put_back, record_published, stop
from chalicelib.publishing.delivery import ATTEMPTS_MAX, LATEST, Delivery
from chalicelib.publishing.post import Post
from chalicelib.publishing.publication import publication_of
from chalicelib.publishing.remote import Remote

FIRST_LOOK = timedelta(seconds=2)
_LOOKS = (timedelta(seconds=8), timedelta(seconds=20), timedelta(seconds=30), timedelta(seconds=30))
_SKEW = timedelta(minutes=2)
"""How far a network's clock may be from ours."""
_UNREADABLE_FOR = timedelta(minutes=30)
_REACHED_SOON = timedelta(seconds=45)
_PREPARED_SOON = timedelta(seconds=15)
"""The network has taken it and prepares it still (a video)."""


def reconcile(delivery: Delivery, now: datetime, desk: Desk) -> str:
    """One look. The delivery is leased first, so that two workers cannot both conclude that it is absent."""
    looking = delivery.looking(now)
    desk.store.save(looking)
    post, profile = desk.store.get_many(
        [
            (Post, {"pk": delivery.key()["pk"], "sk": "POST"}),
            (Profile, Profile.key_of(delivery.agency, delivery.profile)),
        ]
    )
    if not isinstance(post, Post) or not isinstance(profile, Profile):
        doubt(looking, reason="profile_removed", detail="", look_in=None, desk=desk)
        return "unconfirmed"
    network = desk.network_named(profile.network)
    try:
        sightings = _sightings(looking, post, profile, network, desk)
    except (NetworkError, Halted, Upstream) as error:
        longest = looking.unsure_since is not None and now > looking.unsure_since + _UNREADABLE_FOR
        prepared = isinstance(error, NetworkError) and error.code == "being_processed"
        reason, wait = ("being_processed", _PREPARED_SOON) if prepared else ("not_reached", _REACHED_SOON)
        doubt(looking, reason=reason, detail="", look_in=None if longest else wait, desk=desk)
        return "unconfirmed"
    remotes = _remotes(looking, sightings, desk)
    for sighting in _candidates(looking, sightings, remotes, network, now):
        if record_published(
            looking,
            remote_id=sighting.remote_id,
            url=sighting.url,
            certain=sighting.exact,
            at=_seen_at(sighting, looking, now),
            desk=desk,
        ):
            return "found"
    return _absent(looking, remotes, network, now, desk)


def _remotes(looking: Delivery, sightings: Sequence[Sighting], desk: Desk) -> list[Remote | None]:
    """To which deliveries the posts that were seen belong already."""
    wanted = [(Remote, Remote.key_of(looking.agency, looking.profile, each.remote_id)) for each in sightings[:100]]
    return [each if isinstance(each, Remote) else None for each in desk.store.get_many(wanted)]


def _candidates(
    looking: Delivery,
    sightings: Sequence[Sighting],
    remotes: Sequence[Remote | None],
    network: Network,
    now: datetime,
) -> list[Sighting]:
    """Which of the posts that were seen may be this delivery's, the likeliest first.

    A worker that died may have heard the network's answer and written down whose the post is, and no more. That post
    is taken before any other; and until the network has had its time to show it, no other is taken by match.
    """
    known = list(zip(sightings, remotes, strict=False))
    own = [each for each, remote in known if remote and remote.belongs_to(looking)]
    if own:
        return own
    others = {each.remote_id for each, remote in known if remote and remote.post == looking.post}  # parts of its thread
    sightings = [each for each in sightings if each.remote_id not in others]
    shown_by = (looking.unsure_since or now) + network.capabilities().absence_after
    if looking.reason == "worker_lost" and now < shown_by:
        return [each for each in sightings if each.exact]
    return list(sightings)


def _sightings(looking: Delivery, post: Post, profile: Profile, network: Network, desk: Desk) -> list[Sighting]:
    """Raises NetworkError, Halted, Upstream when they cannot be read now."""
    # What is prepared ahead begins before its time, but nothing of it stands in public before.
    since = max(looking.first_began_at or looking.due_at, looking.due_at) - _SKEW
    publication = publication_of(looking, post, profile, desk)
    return with_account(
        profile,
        lambda account: network.find(account, publication, since=since),
        network=network,
        store=desk.store,
        vault=desk.vault,
        clock=desk.clock,
    )


def _absent(looking: Delivery, remotes: Sequence[Remote | None], network: Network, now: datetime, desk: Desk) -> str:
    since = max([looking.unsure_since or now, *_unsure_twins(remotes, desk)])
    proven_at = since + network.capabilities().absence_after
    if now < proven_at:
        step = _LOOKS[min(looking.looks, len(_LOOKS)) - 1]
        wait = max(min(step, proven_at - now + timedelta(seconds=1)), timedelta(seconds=1))
        doubt(looking, reason=looking.reason or "not_confirmed", detail="", look_in=wait, desk=desk)
        return "unconfirmed"
    if now > looking.due_at + LATEST:
        stop(looking.held("late"), "delivery.held", desk)
        return "held"
    if looking.absences + 1 >= ATTEMPTS_MAX:
        stop(looking.failed("attempts_exhausted"), "delivery.failed", desk)
        return "failed"
    counted = looking.model_copy(update={"absences": looking.absences + 1})
    put_back(counted, wait=timedelta(0), reason="absent", detail="", desk=desk)
    return "absent"


def _unsure_twins(remotes: Sequence[Remote | None], desk: Desk) -> list[datetime]:
    """Since when the twins are unsure that were given a post by match only.

    What a twin was given may be ours, and ours then is the one that the twin's own attempt made: until the network has
    had its time to show that one too, our absence proves nothing.
    """
    matched = [each for each in remotes if each is not None and not each.certain]
    twins = desk.store.get_many([(Delivery, Delivery.key_of(each.agency, each.post, each.profile)) for each in matched])
    return [each.unsure_since for each in twins if isinstance(each, Delivery) and each.unsure_since is not None]


def _seen_at(sighting: Sighting, looking: Delivery, now: datetime) -> datetime:
    """The network's own time of it, unless its clock is plainly wrong. Some cut their times to the second, and nothing
    is let through before its time."""
    earliest = looking.first_began_at or looking.due_at
    if timedelta(0) < looking.due_at - sighting.created_at < timedelta(seconds=1):
        return looking.due_at
    return sighting.created_at if earliest - _SKEW <= sighting.created_at <= now else now
