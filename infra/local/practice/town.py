"""The people of the practice town: always the same ones, in French and in English, without end.

Names are common ones put together at random; none means anybody.
"""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass

LANGUAGES = ("fr", "en")

_FIRST = {
    "fr": (
        "Camille Nathalie Étienne Fatou Marie-Ève Jérôme Anaïs Mohamed Sylvie Luc Chantal Mathieu Noémie Karim "
        "Isabelle Guillaume Zoé Yves Aminata Pascal Émilie Denis Geneviève Olivier Thérèse Hugo Inès Raphaël Manon "
        "Abdou Louise Simon Josée Bastien Sarah Réjean Léa Félix Mireille Youssef Annick Thomas"
    ),
    "en": (
        "Emma Liam Priya Jack Chloe Omar Hannah Declan Grace Wei Olivia Marcus Aisha Tom Rachel Kofi Megan Ravi Lauren "
        "Daniel Sofia Ben Joan Malik Ellen Patrick Mei Duncan Ruth Sean Naomi Victor Heather Imran Alice Gordon"
    ),
}  # fmt: skip
_LAST = {
    "fr": (
        "Tremblay Gagnon Diallo Bouchard Nguyen Lefebvre Côté Benali Roy Fortin Mercier Traoré Gauthier Ouellet Haddad "
        "Girard Morin Bergeron Sow Pelletier Lavoie Caron Fontaine Beaulieu Cissé Leblanc Renaud Poirier Dubois Martel "
        "Lachance Thériault Khelifi Savard Charron Vachon Moreau"
    ),
    "en": (
        "Murphy Singh Campbell Chen Walker Okafor Fraser Patel Hughes Brown MacLeod Rossi Ahmed Wilson Kowalski Reid "
        "Mensah Clarke Lee Novak Grant Hussain Baker Thompson Santos Doyle Kim Ferguson Osei Bennett Ivanov"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    name: str
    stem: str  # of the handle: lower-case letters, digits, underscores
    language: str
    followers: int
    following: int


def person(language: str, n: int) -> Person:
    """The nth (from 0) of those who speak `language`."""
    first, last = _FIRST[language].split(), _LAST[language].split()
    round_, f = divmod(n, len(first))
    again, turn = divmod(round_, len(last))
    name = f"{first[f]} {last[(turn + 7 * f) % len(last)]}"
    if again:
        # Once every pair has been used, names are doubled, and at the end counted.
        more, other = divmod(again - 1, len(last) - 1)
        name += f"-{last[(turn + 7 * f + other + 1) % len(last)]}" + (f" {more + 1}" if more else "")
    stem = stem_of(name)
    return Person(name, stem, language, *figures(stem))


def figures(stem: str) -> tuple[int, int]:
    """Followers and followed accounts, always the same for a name: most have some dozens, a few thousands."""
    draw = random.Random(stem)
    return int(draw.lognormvariate(4.3, 1.35)), int(draw.lognormvariate(4.8, 0.7))


def stem_of(name: str) -> str:
    """What a person of this name would be called as a user; empty where nothing of it can be."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:28].strip("_")
