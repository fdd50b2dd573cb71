"""What people are told about their account, in their language: plain text."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.alerts.telling import Letter
from chalicelib.team.people import Agency, Language, Person

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "invited_subject": "{agency}: your account on Parvis",
        "invited": (
            "Hello,\n\n{by} invites you to Parvis, with which {agency} plans its social media, answers citizens and "
            "hears of trouble early.\n\nSet your name and password here:\n{link}\n\n"
            "The link is for you alone and works once, until {until}. Whoever holds it can take your place: please do "
            "not forward it. If you did not expect this, do nothing.\n"
        ),
        "reset_subject": "Parvis: a new password",
        "reset": (
            "Hello {reader},\n\nA new password was asked for, for your account on Parvis. Set it here:\n{link}\n\n"
            "The link works once, until {until}. Your sessions end when you have set it; the code of your "
            "authenticator is asked for as before.\n\nIf it was not you, do nothing: your password stays as it is.\n"
        ),
        "changed_subject": "Parvis: {what}",
        "changed": (
            "Hello {reader},\n\n{what}.\n\nIf it was you, there is nothing to do. If it was not, ask for a new "
            "password at once and tell an administrator of your agency:\n{link}\n"
        ),
        "password_changed": "Your password was changed, and your other sessions ended",
        "password_reset": "Your password was set anew by a link, and your sessions ended",
        "recovery_code": "Somebody came in with one of your recovery codes; your authenticator was taken off",
        "second_factor_removed": "Your authenticator was taken off",
        "second_factor_reset": "An administrator took off your authenticator, and your sessions ended",
        "time": "%Y-%m-%d %H:%M",
    },
    "fr": {
        "invited_subject": "{agency} : votre compte Parvis",
        "invited": (
            "Bonjour,\n\n{by} vous invite sur Parvis, avec lequel {agency} prépare ses réseaux sociaux, répond aux "
            "citoyens et apprend tôt ce qui se passe.\n\nChoisissez votre nom et votre mot de passe ici :\n{link}\n\n"
            "Le lien est pour vous seul et sert une fois, jusqu’au {until}. Qui le détient peut prendre votre place : "
            "merci de ne pas le transmettre. Si vous ne l’attendiez pas, ne faites rien.\n"
        ),
        "reset_subject": "Parvis : un nouveau mot de passe",
        "reset": (
            "Bonjour {reader},\n\nUn nouveau mot de passe a été demandé pour votre compte Parvis. Choisissez-le ici :\n"
            "{link}\n\nLe lien sert une fois, jusqu’au {until}. Vos sessions se terminent quand vous l’avez choisi ; "
            "le code de votre application d’authentification est demandé comme avant.\n\n"
            "Si ce n’était pas vous, ne faites rien : votre mot de passe reste tel quel.\n"
        ),
        "changed_subject": "Parvis : {what}",
        "changed": (
            "Bonjour {reader},\n\n{what}.\n\nSi c’était vous, il n’y a rien à faire. Sinon, demandez aussitôt un "
            "nouveau mot de passe et prévenez un administrateur de votre collectivité :\n{link}\n"
        ),
        "password_changed": "Votre mot de passe a été changé et vos autres sessions sont terminées",
        "password_reset": "Votre mot de passe a été choisi à nouveau par un lien et vos sessions sont terminées",
        "recovery_code": (
            "Quelqu’un est entré avec un de vos codes de secours ; votre application d’authentification a été retirée"
        ),
        "second_factor_removed": "Votre application d’authentification a été retirée",
        "second_factor_reset": (
            "Un administrateur a retiré votre application d’authentification et vos sessions sont terminées"
        ),
        "time": "%d/%m/%Y à %H h %M",
    },
}


def invited(language: Language, *, agency: Agency, by: str, link: str, until: datetime) -> Letter:
    return _letter(
        "invited",
        language,
        link=link,
        agency=_line(agency.name),
        by=_line(by),
        until=_time(until, agency.zone, language),
    )


def reset(person: Person, *, agency: Agency, link: str, until: datetime) -> Letter:
    language = person.language
    return _letter("reset", language, link=link, reader=_line(person.name), until=_time(until, agency.zone, language))


def changed(person: Person, what: str, *, site_url: str) -> Letter:
    """what: password_changed, password_reset, recovery_code, second_factor_removed or second_factor_reset."""
    words = _WORDS[person.language]
    return _letter("changed", person.language, link=f"{site_url}/reset", reader=_line(person.name), what=words[what])


def _letter(kind: str, language: Language, *, link: str, **said: str) -> Letter:
    words = _WORDS[language]
    return Letter(words[f"{kind}_subject"].format(**said), words[kind].format(link=link, **said), link)


def _time(moment: datetime, zone: str, language: Language) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)).strftime(_WORDS[language]['time'])} ({zone})"


def _line(words: str) -> str:
    """On one line: a subject and a name hold no line break."""
    return " ".join(words.split())
