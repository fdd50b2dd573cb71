"""What each target's network would make of a post, by that network's own counting, before it is scheduled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chalicelib.errors import InvalidInput
from chalicelib.networks.checks import check_card
from chalicelib.networks.contract import Capabilities, MediaFile, Network, Problem
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.post import Content
from chalicelib.publishing.publication import card_of, files_of, holds_link, stored_media
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
        text, *rest = content.parts_for(profile.network)
        files, missing = files_of(content, stored, limits=limits)
        problems = [*network.check(text, files, limits), *(_not_ready(each) for each in missing)]
        able = network.capabilities()
        if rest and not able.threads:
            problems.append(Problem("thread_not_supported", "thread", f"{able.name} has no threads."))
        for number, part in enumerate(rest, 1):  # no part but the first must have an image, and none has
            found = network.check(part, [], replace(limits, images_min=0))
            problems += [replace(each, field=f"thread/{number}") for each in found]
        if content.reply_to is None and not able.publishes:
            hint = f"{able.name} takes {'replies to what people write there, and ' if able.answers else ''}no posts."
            problems.insert(0, Problem("posts_not_supported", "text", hint))
        if content.reply_to is not None and not able.answers:
            problems.insert(0, Problem("replies_not_offered", "text", f"{able.name} is only read from here."))
        problems += _check_card(agency, content, able, store=store)
        copies = tuple(each for each in files if each.original_sha256 is not None)
        verdicts.append(Verdict(profile, network.length(text, limits), limits.text_max, tuple(problems), copies))
    return verdicts


def _check_card(agency: str, content: Content, able: Capabilities, *, store: Store) -> list[Problem]:
    """A network with words of its own may do without the link, and then shows no card. Where the common words lack it,
    the card was left behind by a link that people changed."""
    if content.card is None or content.media or content.reply_to is not None or able.link_cards == "none":
        return []
    if able.network not in content.variants and not holds_link(content.text, content.card.url):
        return [Problem("card_link_not_in_text", "card/url", "The text does not hold the card's link.")]
    card, missing = card_of(agency, content, able, store=store)
    problems = [Problem("media_not_ready", "card/image", "The card's picture is not uploaded or was refused.")]
    return [*(problems if missing else []), *(check_card(card) if card and able.link_cards == "ours" else [])]


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
