"""The words that tell of an alert, French and English: plain text that can be read on a watch at three in the morning.

What citizens wrote goes into the mail only, one line a post, without anything that could steer a mail or turn the
direction of the text. A push shows on a locked screen: figures only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.alerts.alert import Alert
from chalicelib.alerts.evidence import Post
from chalicelib.alerts.telling import Letter
from chalicelib.networks.names import NAMES
from chalicelib.team.people import Language

_POSTS, _QUOTED = 3, 160

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "subject": "Parvis: pic de messages sur {handle}: {count} en une heure, {expected} attendus (x{ratio})",
        "subject_grown": "Parvis: le pic grandit sur {handle}: {count} en une heure, {expected} attendus (x{ratio})",
        "head": "Pic de messages sur {handle} ({network}), à {time}.",
        "head_grown": "Le pic de messages sur {handle} ({network}) grandit encore, à {time}.",
        "figures": "{count} messages en une heure ; {expected} attendus ; x{ratio}. Auteurs différents : {authors}.",
        "terms": "Ce qui revient : {terms}.",
        "posts": "Les messages qui portent le plus loin :",
        "post": "- {author}{followers} : « {text} »",
        "followers": " ({followers} abonnés)",
        "open": "Ouvrir l’alerte : {link}",
        "do": "À faire : prenez-la en charge, pour que chacun le sache ; au besoin, mettez les publications en pause.",
        "again": "Alerte {id}. Si ce message vous arrive deux fois, c’est la même.",
        "push": "{count} messages en une heure, {expected} attendus (x{ratio})",
    },
    "en": {
        "subject": "Parvis: spike of messages on {handle}: {count} in an hour, {expected} expected (x{ratio})",
        "subject_grown": "Parvis: the spike grows on {handle}: {count} in an hour, {expected} expected (x{ratio})",
        "head": "Spike of messages on {handle} ({network}), at {time}.",
        "head_grown": "The spike of messages on {handle} ({network}) is still growing, at {time}.",
        "figures": "{count} messages in an hour; {expected} expected; x{ratio}. Different authors: {authors}.",
        "terms": "What keeps coming up: {terms}.",
        "posts": "The posts that reach furthest:",
        "post": "- {author}{followers}: “{text}”",
        "followers": " ({followers} followers)",
        "open": "Open the alert: {link}",
        "do": "What to do: acknowledge it, so that the others know; pause what is due to be published, if need be.",
        "again": "Alert {id}. Should this reach you twice, it is the same one.",
        "push": "{count} messages in an hour, {expected} expected (x{ratio})",
    },
}


def letter_of(alert: Alert, *, language: Language, zone: str, site_url: str) -> Letter:
    """The mail. It quotes three posts, or as many as can be sealed."""
    for quoted in range(_POSTS, -1, -1):
        letter = _letter(alert, alert.posts[:quoted], language, zone, site_url)
        if letter.fits:
            break
    return letter


def push_of(alert: Alert, *, language: Language, site_url: str) -> Letter:
    figures, words = _figures(alert, language), _WORDS[language]
    subject = words["subject_grown" if alert.escalated_at else "subject"]
    # "Parvis: pic de messages sur @mairie": the figures are the body.
    title = ":".join(subject.split(":")[:2]).format(**figures)
    return Letter(title, words["push"].format(**figures), _link(alert, site_url))


def plain(text: str) -> str:
    """One line, without control characters, and without those that turn or hide text."""
    return " ".join("".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text).split())


def _letter(alert: Alert, posts: tuple[Post, ...], language: Language, zone: str, site_url: str) -> Letter:
    words, figures = _WORDS[language], _figures(alert, language)
    grown = "_grown" if alert.escalated_at else ""
    figures |= {
        "network": NAMES.get(alert.network, alert.network),
        "time": _time(alert.escalated_at or alert.raised_at, language, zone),
        "authors": _number(alert.authors, language),
        "terms": ", ".join(f"{plain(term.word)} ({term.messages})" for term in alert.terms),
    }
    lines = [words["head" + grown].format(**figures), words["figures"].format(**figures)]
    if alert.terms:
        lines.append(words["terms"].format(**figures))
    if posts:
        lines += ["", words["posts"]]
        lines += [_post(each, language) for each in posts]
    link = _link(alert, site_url)
    lines += ["", words["open"].format(link=link), words["do"], "", words["again"].format(id=alert.id)]
    return Letter(words["subject" + grown].format(**figures), "\n".join(lines) + "\n", link)


def _figures(alert: Alert, language: Language) -> dict[str, str]:
    handle = plain(alert.handle)
    return {
        "handle": handle if handle.startswith("@") else f"@{handle}",
        "count": _number(alert.count, language),
        "expected": _decimal(alert.expected, language)
        if 0 < alert.expected < 1
        else _number(round(alert.expected), language),
        "ratio": _decimal(alert.ratio, language),
    }


def _post(post: Post, language: Language) -> str:
    words, text = _WORDS[language], plain(post.text)
    followers = post.author.followers
    return words["post"].format(
        author=plain(post.author.handle)[:60],
        followers=words["followers"].format(followers=_number(followers, language)) if followers is not None else "",
        text=text if len(text) <= _QUOTED else text[: _QUOTED - 1].rstrip() + "…",
    )


def _link(alert: Alert, site_url: str) -> str:
    return f"{site_url}/alerts/{alert.id}"


def _number(value: int, language: Language) -> str:
    grouped = f"{value:,}"
    return grouped.replace(",", "\u202f") if language == "fr" else grouped


def _decimal(value: float, language: Language) -> str:
    text = f"{value:.1f}" if value < 100 else f"{value:.0f}"
    return text.replace(".", ",") if language == "fr" else text


def _time(moment: datetime, language: Language, zone: str) -> str:
    here = moment.astimezone(ZoneInfo(zone))
    return (
        f"{here:%H:%M} le {here:%d/%m/%Y} ({zone})" if language == "fr" else f"{here:%H:%M} on {here:%Y-%m-%d} ({zone})"
    )
