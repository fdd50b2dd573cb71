"""What each target's network would make of a post, by that network's own counting, before it is scheduled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chalicelib.errors import InvalidInput
from chalicelib.networks.contract import MediaFile, Network, Problem
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.post import Content
from chalicelib.publishing.publication import files_of, stored_media
from chalicelib.store import Store


@dataclass(frozen=True)
class Verdict:
    """length, limit: in the network's own counting. renditions: the files of which it gets a copy made for it."""

    profile: Profile
    length: int
    limit: int
    problems: tuple[Problem, ...]
    renditions: tuple[MediaFile, ...] = ()


def check(
    agency: str,
    content: Content,
    profiles: Sequence[Profile],
    *,
    store: Store,
    network_named: Callable[[str], Network],
) -> list[Verdict]:
    stored = stored_media(agency, content, store=store)
    verdicts = []
    for profile in profiles:
        network = network_named(profile.network)
        limits = network.limits(profile.limits)
        if content.reply_to is not None:  # what a post must hold, a comment need not
            limits = replace(limits, images_min=0)
        text = content.text_for(profile.network)
        files, missing = files_of(content, stored, limits=limits)
        problems = [*network.check(text, files, limits), *(_not_ready(each) for each in missing)]
        able = network.capabilities()
        if content.reply_to is None and not able.publishes:
            hint = f"{able.name} takes replies to what people write there, and no posts."
            problems.insert(0, Problem("posts_not_supported", "text", hint))
        copies = tuple(each for each in files if each.original_sha256 is not None)
        verdicts.append(Verdict(profile, network.length(text, limits), limits.text_max, tuple(problems), copies))
    return verdicts


def refuse_problems(
    agency: str,
    content: Content,
    profiles: Sequence[Profile],
    *,
    store: Store,
    network_named: Callable[[str], Network],
) -> None:
    """Raises InvalidInput for the first thing that a network would refuse; it names the profile and the rule."""
    for verdict in check(agency, content, profiles, store=store, network_named=network_named):
        for problem in verdict.problems:
            raise InvalidInput(
                problem.code,
                f"{verdict.profile.network} ({verdict.profile.handle}): {problem.hint}",
                field=f"targets/{verdict.profile.id}/{problem.field}",
            )


def _not_ready(media: str) -> Problem:
    return Problem("media_not_ready", f"media/{media}", "This file is not uploaded or was refused.")
