"""The words of documents that leave the application: the PDF and the CSV. The screen has its own (web/src/locales)."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from chalicelib.reports.definitions import BY_NAME
from chalicelib.team.people import Language

NARROW = "\u202f"
_HARD = "\u00a0"

WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "post_performance": "Performance des publications",
        "profile_performance": "Performance des profils",
        "period": "Du {first} au {last}",
        "zone": "Heures : {zone}",
        "made": "Établi le {at}",
        "measured": "Dernière lecture des réseaux : {at}",
        "not_measured": "Rien n’a encore été lu des réseaux pour cette période.",
        "before": "période précédente : {value}",
        "not_given": "non fourni",
        "not_given_note": "« non fourni » : le réseau ne donne pas ce chiffre, ou ne l’a pas encore donné. "
        "Ce n’est pas zéro.",
        "empty": "Aucune publication pendant cette période.",
        "totals": "Ensemble",
        "definitions": "Définitions",
        "page": "Page {page} sur {pages}",
        "by_day": "Interactions par jour de publication",
        "top": "Les publications qui ont suscité le plus d’interactions",
        "all": "Toutes les publications",
        "post": "Publication",
        "profile": "Profil",
        "network": "Réseau",
        "handle": "Compte",
        "at": "Publiée le",
        "url": "Adresse",
        "day": "Jour",
        "published": "Publications",
        "likes": "Mentions « j’aime »",
        "shares": "Partages",
        "replies": "Réponses",
        "quotes": "Citations",
        "interactions": "Interactions",
        "impressions": "Impressions",
        "interaction_rate": "Taux d’interaction",
        "interactions_per_post": "Interactions par publication",
        "followers": "Abonnés",
        "followers_gained": "Abonnés gagnés",
        "given": "chiffre donné par le réseau, à la dernière lecture",
        "f.published": "publications sorties pendant la période",
        "f.interactions": "mentions « j’aime » + partages + réponses + citations, pour ce que le réseau compte",
        "f.interaction_rate": "100 × interactions ÷ impressions, pour les publications qui ont les deux",
        "f.interactions_per_post": "interactions ÷ publications",
        "f.followers": "à la dernière lecture de la période",
        "f.followers_gained": "abonnés à la dernière lecture de la période moins ceux à la dernière lecture d’avant",
    },
    "en": {
        "post_performance": "Post performance",
        "profile_performance": "Profile performance",
        "period": "From {first} to {last}",
        "zone": "Times: {zone}",
        "made": "Made on {at}",
        "measured": "Networks last read: {at}",
        "not_measured": "Nothing has been read from the networks for this period yet.",
        "before": "period before: {value}",
        "not_given": "not given",
        "not_given_note": "“not given”: the network does not give this figure, or has not given it yet. "
        "It is not zero.",
        "empty": "No post was published in this period.",
        "totals": "All together",
        "definitions": "Definitions",
        "page": "Page {page} of {pages}",
        "by_day": "Interactions by day of publication",
        "top": "The posts that drew the most interactions",
        "all": "All posts",
        "post": "Post",
        "profile": "Profile",
        "network": "Network",
        "handle": "Account",
        "at": "Published",
        "url": "Address",
        "day": "Day",
        "published": "Posts",
        "likes": "Likes",
        "shares": "Shares",
        "replies": "Replies",
        "quotes": "Quotes",
        "interactions": "Interactions",
        "impressions": "Impressions",
        "interaction_rate": "Interaction rate",
        "interactions_per_post": "Interactions per post",
        "followers": "Followers",
        "followers_gained": "Followers gained",
        "given": "as the network gave it, at the last reading",
        "f.published": "posts published in the period",
        "f.interactions": "likes + shares + replies + quotes, of those that the network counts",
        "f.interaction_rate": "100 × interactions ÷ impressions, over the posts that have both",
        "f.interactions_per_post": "interactions ÷ posts",
        "f.followers": "at the last reading in the period",
        "f.followers_gained": "followers at the last reading in the period less those at the last reading before it",
    },
}

_MONTHS: dict[Language, tuple[str, ...]] = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def say(language: Language, key: str, **values: object) -> str:
    return WORDS[language][key].format(**values)


def meaning(language: Language, name: str) -> str:
    return WORDS[language].get(f"f.{name}") or WORDS[language]["given"]


def day(language: Language, moment: date) -> str:
    month = _MONTHS[language][moment.month - 1]
    if language == "fr":
        return f"{'1er' if moment.day == 1 else moment.day} {month} {moment.year}"
    return f"{month} {moment.day}, {moment.year}"


def short_day(language: Language, moment: date) -> str:
    """For the foot of a chart: 2 nov. in French, Nov 2 in English."""
    month = _MONTHS[language][moment.month - 1]
    if language == "en":
        return f"{month[:3]} {moment.day}"
    cut = {"juin": "juin", "juillet": "juil.", "mars": "mars", "mai": "mai", "août": "août"}.get(month, f"{month[:4]}.")
    return f"{moment.day} {cut.replace('nove', 'nov').replace('octo', 'oct').replace('déce', 'déc')}"


def day_and_time(language: Language, moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    hour = f"{local:%H}{_HARD}h{_HARD}{local:%M}" if language == "fr" else f"{local:%H:%M}"
    return f"{day(language, local.date())}, {hour}"


def number(language: Language, name: str, value: float | None) -> str:
    """As people read it: 1 234 and 3,5 % in French, 1,234 and 3.5% in English."""
    if value is None:
        return WORDS[language]["not_given"]
    unit = BY_NAME[name].unit
    written = f"{value:,.0f}" if unit == "count" else f"{value:,.1f}" if unit == "decimal" else f"{value:,.2f}"
    if language == "fr":
        written = written.replace(",", NARROW).replace(".", ",")
        return f"{written}{NARROW}%" if unit == "percent" else written
    return f"{written}%" if unit == "percent" else written
