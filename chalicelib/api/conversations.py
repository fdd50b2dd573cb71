"""/api/conversations, /api/keywords: what citizens write, and answering it."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import inbox as shapes
from chalicelib.api.shapes.base import Page


def get_conversations(call: Call) -> Page[shapes.ConversationSummary]:
    """Conversations of one state, the one that moved last first."""
    raise NotImplementedError


def get_conversation(call: Call) -> shapes.Conversation:
    """One conversation with what stands above it."""
    raise NotImplementedError


def patch_conversation(call: Call, asked: shapes.ConversationChange) -> shapes.Conversation:
    """Assign, tag, close or open again."""
    raise NotImplementedError


def put_presence(call: Call, asked: shapes.Presence) -> shapes.PresenceList:
    """Say that one is looking or writing, and hear who else is."""
    raise NotImplementedError


def delete_presence(call: Call) -> None:
    """Say that one has left."""
    raise NotImplementedError


def post_reply(call: Call, asked: shapes.NewReply) -> shapes.Conversation:
    """Answer a message."""
    raise NotImplementedError


def get_keywords(call: Call) -> Page[shapes.Keyword]:
    """The words that are searched for."""
    raise NotImplementedError


def post_keyword(call: Call, asked: shapes.NewKeyword) -> shapes.Keyword:
    """Search for more words."""
    raise NotImplementedError


def delete_keyword(call: Call) -> None:
    """Search for these words no longer."""
    raise NotImplementedError
