"""docs/capabilities.md, made from the connectors themselves: python -m infra.capabilities > docs/capabilities.md"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from chalicelib.networks.contract import Capabilities
from chalicelib.networks.registry import NETWORKS, build
from chalicelib.networks.transport import Transport

_WORDS = Path(__file__).parents[1] / "web" / "src" / "locales" / "en.json"
_CONNECT = {"app_password": "app password", "oauth": "OAuth", "address": "address"}
_UNITS = {
    "graphemes": "characters as a reader sees them",
    "mastodon": "characters; a link counts 23, a remote mention without its server",
    "threads": "characters; an emoji counts its bytes",
    "tweet": "twitter-text’s weights; a link counts 23",
}


def table() -> str:
    """Markdown. What a network does not allow is said in the interface in the same words."""
    networks = [build(name, Transport(), dict) for name in NETWORKS]
    able = [network.capabilities() for network in networks]
    rows: list[tuple[str, Callable[[Capabilities], str]]] = [
        ("connected by", lambda each: _CONNECT[each.connect]),
        ("takes posts", lambda each: _yes(each.publishes)),
        ("takes answers", lambda each: _yes(each.answers)),
        ("text", _text),
        ("counted in", lambda each: _UNITS[each.limits.text_unit] if each.answers else "–"),
        ("images", _images),
        ("image types", lambda each: ", ".join(kind.rpartition("/")[2] for kind in each.limits.image_types) or "–"),
        ("bytes an image", lambda each: f"{each.limits.image_bytes_max:,}" if each.limits.images_max else "–"),
        ("description", lambda each: f"{each.limits.alt_max:,}" if each.limits.alt_max else _unstated(each)),
        ("video", _video),
        ("threads", lambda each: _yes(each.threads)),
        ("link card", _card),
        ("published in two steps", _two_steps),
        ("the same request twice is one post", lambda each: _yes(each.chosen_id)),
        ("absence is believed after", _absence),
        ("read", lambda each: ", ".join(sorted(each.reads)) or "–"),
        ("calls us", lambda each: _yes(each.pushes)),
        ("measured of a post", lambda each: ", ".join(sorted(each.measures)) or "–"),
        ("moderated", lambda each: ", ".join(sorted(each.moderates)) or "–"),
        ("told when a profile is removed", lambda each: _yes(each.revokes or each.subscribes)),
        ("price", lambda each: "; ".join(f"{one.what} {one.usd:g} USD" for one in each.prices) or "none"),
    ]
    lines = [
        "# What each network can do",
        "",
        "Made from the connectors by `make api`; a test holds this page to them. The interface reads the same from "
        "`GET /api/networks`.",
        "",
        "| | " + " | ".join(each.name for each in able) + " |",
        "|---|" + "---|" * len(able),
        *(f"| {name} | " + " | ".join(said(each) for each in able) + " |" for name, said in rows),
        "",
        "What people are told before they try:",
        "",
        *_notices(able),
        "",
        "Where the limits come from:",
        "",
        *(f"- **{each.name}**: {each.limits.source}." for each in able),
        *(f"- **{each.name}**, prices: {one.source}, {one.as_of}." for each in able for one in each.prices[:1]),
    ]
    return "\n".join(lines)


def _text(each: Capabilities) -> str:
    if not each.answers:
        return "–"
    return f"{each.limits.text_max:,}" if each.publishes else "answers only"


def _absence(each: Capabilities) -> str:
    return f"{each.absence_after.total_seconds():g} s" if each.answers else "–"


def _unstated(each: Capabilities) -> str:
    return "no limit stated" if each.answers else "–"


def _yes(it_does: bool) -> str:
    return "yes" if it_does else "no"


def _two_steps(each: Capabilities) -> str:
    return "yes" if each.two_steps else "with a video" if each.videos_ahead else "no"


def _images(each: Capabilities) -> str:
    limits = each.limits
    if not limits.images_max:
        return "–"
    ratio = f", ratio {limits.image_ratio_min:g} to {limits.image_ratio_max:g}" if limits.image_ratio_min else ""
    return f"{limits.images_min or 0} to {limits.images_max}{ratio}"


def _video(each: Capabilities) -> str:
    limits = each.limits
    if not limits.videos_max:
        return "–"
    return f"{limits.videos_max}, {limits.video_bytes_max:,} bytes, {limits.video_seconds_max:g} s"


def _card(each: Capabilities) -> str:
    if each.card_limits is None:
        return "its own" if each.link_cards == "theirs" else "none"
    return f"ours, picture of {each.card_limits.image_bytes_max:,} bytes"


def _notices(able: list[Capabilities]) -> list[str]:
    words = json.loads(_WORDS.read_text("utf-8"))["notices"]
    return [f"- **{each.name}**: " + " ".join(words[code] for code in each.notices) for each in able if each.notices]


if __name__ == "__main__":
    print(table())
