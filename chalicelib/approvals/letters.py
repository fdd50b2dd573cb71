"""What people are told about a review, in their language: plain text; who, what, by when."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.alerts.telling import Letter
from chalicelib.approvals.review import Review
from chalicelib.team.people import Language

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "asked_subject": "To approve: {title}",
        "asked": (
            "Hello {reader},\n\n{asker} asks for your decision about a post.\n\n"
            "Post: {title}\nWritten by: {author}\nStep: {step}\nTo leave: {due}\n{note}\n"
            "Read it, with exact previews, and approve it or send it back here:\n{link}\n\n"
            "What is not approved when it is due does not leave. Opening the link decides nothing.\n"
        ),
        "outside_subject": "{agency} asks for your approval: {title}",
        "outside": (
            "Hello,\n\n{asker} of {agency} asks for your decision about a post, before it is published.\n\n"
            "Post: {title}\nWritten by: {author}\nStep: {step}\nTo leave: {due}\n{note}\n"
            "You need no account. Read it, with exact previews, and approve it or send it back here:\n{link}\n\n"
            "Opening the link decides nothing. It is for you alone, for this version, and works once, until {expires}. "
            "Please do not forward it: whoever holds it may decide in your name.\n"
        ),
        "approved_subject": "Approved: {title}",
        "approved": (
            "Hello {reader},\n\nYour post was approved; the last to approve was {by}.\n\n"
            "Post: {title}\nTo leave: {due}\n{comment}\n{after}\n{link}\n"
        ),
        "approved_planned": "It leaves at that time.",
        "approved_undated": "It has no time yet: a publisher chooses one.",
        "approved_late": "That time had passed: it waits until a publisher releases it.",
        "sent_back_subject": "Sent back: {title}",
        "sent_back": (
            "Hello {reader},\n\n{by} sent your post back (step: {step}).\n\nPost: {title}\n{comment}\n"
            "It is a draft again. Change it and submit it anew here:\n{link}\n"
        ),
        "note": "Note: {note}\n",
        "comment": "Comment: {comment}\n",
        "undated": "no time yet",
        "time": "%Y-%m-%d %H:%M",
    },
    "fr": {
        "asked_subject": "À approuver : {title}",
        "asked": (
            "Bonjour {reader},\n\n{asker} demande votre décision sur une publication.\n\n"
            "Publication : {title}\nAuteur : {author}\nÉtape : {step}\nDépart prévu : {due}\n{note}\n"
            "Lisez-la, avec les aperçus exacts, puis approuvez-la ou renvoyez-la ici :\n{link}\n\n"
            "Ce qui n’est pas approuvé à l’heure prévue ne part pas. Ouvrir le lien ne décide de rien.\n"
        ),
        "outside_subject": "{agency} demande votre approbation : {title}",
        "outside": (
            "Bonjour,\n\n{asker} ({agency}) demande votre décision sur une publication avant qu’elle ne paraisse.\n\n"
            "Publication : {title}\nAuteur : {author}\nÉtape : {step}\nDépart prévu : {due}\n{note}\n"
            "Aucun compte n’est nécessaire. Lisez-la, avec les aperçus exacts, puis approuvez-la ou renvoyez-la ici :\n"
            "{link}\n\n"
            "Ouvrir le lien ne décide de rien. Il est pour vous seul, pour cette version, et sert une seule fois, "
            "jusqu’au {expires}. Merci de ne pas le transmettre : qui le détient peut décider en votre nom.\n"
        ),
        "approved_subject": "Approuvée : {title}",
        "approved": (
            "Bonjour {reader},\n\nVotre publication est approuvée ; {by} a donné la dernière approbation.\n\n"
            "Publication : {title}\nDépart prévu : {due}\n{comment}\n{after}\n{link}\n"
        ),
        "approved_planned": "Elle partira à cette heure.",
        "approved_undated": "Elle n’a pas encore d’heure : il revient à un responsable de publication de la fixer.",
        "approved_late": "Cette heure était passée : elle attend qu’un responsable de publication la libère.",
        "sent_back_subject": "Renvoyée : {title}",
        "sent_back": (
            "Bonjour {reader},\n\n{by} a renvoyé votre publication (étape : {step}).\n\nPublication : {title}\n"
            "{comment}\nElle est de nouveau un brouillon. Modifiez-la et soumettez-la à nouveau ici :\n{link}\n"
        ),
        "note": "Note : {note}\n",
        "comment": "Commentaire : {comment}\n",
        "undated": "pas encore fixé",
        "time": "%d/%m/%Y à %H h %M",
    },
}


def asked_inside(review: Review, *, reader: str, language: Language, link: str) -> Letter:
    return _letter("asked", language, review, link=link, reader=_line(reader))


def asked_outside(review: Review, *, agency: str, expires_at: datetime, link: str) -> Letter:
    """In the author's language: nothing is known of the reader's."""
    expires = _time(expires_at, review.zone, review.language)
    return _letter("outside", review.language, review, link=link, agency=agency, expires=expires)


def approved(review: Review, *, reader: str, language: Language, link: str, late: bool) -> Letter:
    after = "approved_late" if late else "approved_undated" if review.due_at is None else "approved_planned"
    return _letter("approved", language, review, link=link, reader=_line(reader), after=_WORDS[language][after])


def sent_back(review: Review, *, reader: str, language: Language, link: str) -> Letter:
    return _letter("sent_back", language, review, link=link, reader=_line(reader))


def _letter(kind: str, language: Language, review: Review, *, link: str, **more: str) -> Letter:
    words = _WORDS[language]
    last = review.decisions[-1] if review.decisions else None
    said = {
        "title": review.title,
        "author": _line(review.author_name),
        "asker": _line(review.asked_by_name),
        "step": _line(review.steps[review.step].name),
        "due": _time(review.due_at, review.zone, language),
        "note": words["note"].format(note=review.note) if review.note else "",
        "by": _line(last.name) if last else "",
        "comment": words["comment"].format(comment=last.comment) if last and last.comment else "",
        "link": link,
        **more,
    }
    return Letter(_line(words[f"{kind}_subject"].format_map(said)), words[kind].format_map(said), link)


def _time(moment: datetime | None, zone: str, language: Language) -> str:
    if moment is None:
        return _WORDS[language]["undated"]
    return f"{moment.astimezone(ZoneInfo(zone)).strftime(_WORDS[language]['time'])} ({zone})"


def _line(words: str) -> str:
    """On one line: a subject and a name hold no line break."""
    return " ".join(words.split())
