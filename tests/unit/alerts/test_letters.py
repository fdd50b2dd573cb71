"""What an alert saw, and the words that say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.alerts.alert import Alert
from chalicelib.alerts.evidence import POSTS, QUOTED, Post, Step, Term, posts_of, steps_of, terms_of
from chalicelib.alerts.letters import letter_of, plain, push_of
from chalicelib.inbox.message import Author, Message

NOW = datetime(2026, 11, 24, 8, 15, 30, tzinfo=UTC)


def alert(**more: object) -> Alert:
    return Alert.model_validate(
        {
            "agency": "ville",
            "id": Alert.id_of("p1", NOW),
            "profile": "p1",
            "network": "mastodon",
            "handle": "mairie",
            "department": "water",
            "raised_at": NOW,
            "method": "seasonal",
            "sensitivity": "medium",
            "count": 86,
            "expected": 8.96,
            "ratio": 9.6,
            "hourly_average": 7.0,
            "terms": [Term(word="pont", messages=34), Term(word="#inondation", messages=21)],
            "posts": [post("Le pont est fermé\nà tous", followers=12_400)],
            "authors": 41,
            "sampled": 86,
            **more,
        }
    )


def post(text: str, *, handle: str = "lea", followers: int | None = None) -> Post:
    author = Author(remote_id=handle, handle=handle, followers=followers)
    return Post(conversation="c1", author=author, text=text, written_at=NOW)


def message(text: str, author: str, *, followers: int | None = None, at: datetime = NOW) -> Message:
    return Message(
        agency="ville",
        profile="p1",
        network="fake",
        department="water",
        remote_id=f"{author}{at}{text}",
        anchor="a1",
        conversation="c1",
        type="mention",
        author=Author(remote_id=author, handle=author, followers=followers),
        text=text,
        written_at=at,
        received_at=at,
    )


# ---------------------------------------------------------------- what it saw


def test_words_are_counted_without_accents_and_case_and_shown_as_they_are_written() -> None:
    found = terms_of(["Le pont FERMÉ", "l’école est ferme", "L'ÉCOLE fermé !", "École #Pont", "fermé"])
    assert [(each.word.casefold(), each.messages) for each in found] == [("fermé", 4), ("école", 3)]


def test_a_word_counts_once_a_message_and_stands_in_two_at_least() -> None:
    assert terms_of(["eau eau eau eau", "eau potable"]) == [Term(word="eau", messages=2)]


def test_empty_words_of_both_languages_mentions_addresses_and_figures_are_no_terms() -> None:
    said = "Bonjour @mairie@ville.example, est-ce que c'est vrai ? What's the 2026 https://x.example/inondation don't"
    assert {each.word for each in terms_of([said, said])} <= {"est-ce", "vrai"}


def test_hashtags_are_kept_as_such() -> None:
    assert terms_of(["#Inondation au pont", "#inondation !"])[0] == Term(word="#Inondation", messages=2)


def test_posts_are_those_that_reach_furthest_one_an_author_then_the_newest() -> None:
    found = posts_of(
        [
            message("ancien", "b", at=NOW - timedelta(minutes=9)),
            message("nouveau", "c", at=NOW),
            message("grand", "a", followers=1000, at=NOW - timedelta(hours=1)),
            message("grand encore", "a", followers=1000, at=NOW - timedelta(minutes=30)),
        ]
    )
    assert [each.text for each in found] == ["grand encore", "nouveau", "ancien"]
    many = posts_of([message("x" * 5000, f"a{number}") for number in range(30)])
    assert len(many) == POSTS and all(len(each.text) == QUOTED for each in many)


def test_steps_end_with_this_minute_and_hold_three_hours() -> None:
    steps = steps_of([(NOW, 5), (NOW - timedelta(minutes=9), 2), (NOW - timedelta(minutes=10), 1)], NOW)
    assert len(steps) == 18 and steps[-1] == Step(at=NOW.replace(minute=6, second=0), count=7)
    assert steps[-2].count == 1 and sum(each.count for each in steps) == 8


# ---------------------------------------------------------------- the words


def test_the_french_mail() -> None:
    letter = letter_of(alert(), language="fr", zone="Europe/Paris", site_url="https://parvis.example")
    assert letter.subject == "Parvis: pic de messages sur @mairie: 86 en une heure, 9 attendus (x9,6)"
    assert letter.body.splitlines() == [
        "Pic de messages sur @mairie (Mastodon), à 09:15 le 24/11/2026 (Europe/Paris).",
        "86 messages en une heure ; 9 attendus ; x9,6. Auteurs différents : 41.",
        "Ce qui revient : pont (34), #inondation (21).",
        "",
        "Les messages qui portent le plus loin :",
        "- lea (12\u202f400 abonnés) : « Le pont est fermé à tous »",
        "",
        "Ouvrir l’alerte : https://parvis.example/alerts/20261124T081530-p1",
        "À faire : prenez-la en charge, pour que chacun le sache ; au besoin, mettez les publications en pause.",
        "",
        "Alerte 20261124T081530-p1. Si ce message vous arrive deux fois, c’est la même.",
    ]


def test_the_english_mail_of_a_spike_that_grows() -> None:
    grown = alert(escalated_at=NOW + timedelta(minutes=9), count=1240)
    letter = letter_of(grown, language="en", zone="America/Toronto", site_url="https://parvis.example")
    assert letter.subject == "Parvis: the spike grows on @mairie: 1,240 in an hour, 9 expected (x9.6)"
    assert letter.body.startswith(
        "The spike of messages on @mairie (Mastodon) is still growing, at 03:24 on 2026-11-24"
    )


def test_what_citizens_write_cannot_steer_a_mail_or_turn_its_text() -> None:
    hostile = "bad\r\nBcc: all@example.org\u202egnp.exe\u2066\x00"
    letter = letter_of(
        alert(posts=[post(hostile, handle="x\r\ny")], handle="ma\nirie"),
        language="en",
        zone="UTC",
        site_url="https://p",
    )
    [line] = [each for each in letter.body.splitlines() if "Bcc" in each]
    assert line == "- x y: “bad Bcc: all@example.org gnp.exe”"
    assert "\n" not in letter.subject and plain("\u200b\u202e") == ""


@pytest.mark.parametrize("letters", ["🎄", "é", "ع", '"\\'])
def test_a_mail_always_fits_into_the_vault(letters: str) -> None:
    long = letters * 1000
    full = alert(
        posts=[post(long[:QUOTED], handle=long[:300], followers=10**9)] * 10,
        terms=[Term(word=long[:40], messages=400)] * 8,
        handle=long[:60],
    )
    for language in ("fr", "en"):
        letter = letter_of(full, language=language, zone="America/Argentina/ComodRivadavia", site_url="https://p" * 8)  # type: ignore[arg-type]
        assert letter.fits and letter.body.rstrip().endswith(("la même.", "same one."))


def test_a_push_says_the_figures() -> None:
    push = push_of(alert(), language="fr", site_url="https://parvis.example")
    assert (push.subject, push.body) == (
        "Parvis: pic de messages sur @mairie",
        "86 messages en une heure, 9 attendus (x9,6)",
    )
    assert push_of(alert(escalated_at=NOW), language="en", site_url="x").subject == "Parvis: the spike grows on @mairie"
