"""Opaque ids: 80 random bits in the alphabet of Crockford's base 32, sixteen characters, safe in a URL and a key."""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))
