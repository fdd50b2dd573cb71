"""Content addresses as the AT Protocol computes them: DAG-CBOR, CIDv1, and the TIDs that name records.

Sources: https://atproto.com/specs/data-model (DAG-CBOR, no floats, CIDv1 with sha-256, codecs dag-cbor and raw) and
https://atproto.com/specs/tid.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from typing import Any

DAG_CBOR = 0x71
RAW = 0x55

_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_CID = re.compile(r"b[a-z2-7]{58}")


class NotEncodable(ValueError):
    """The value has no place in the AT Protocol's data model (a float, a key that is not text, a bad link)."""


def cid(data: bytes, codec: int) -> str:
    """The CIDv1 (base32, sha-256) of bytes under `codec` (DAG_CBOR or RAW)."""
    raw = bytes([1, codec, 0x12, 0x20]) + hashlib.sha256(data).digest()
    return "b" + base64.b32encode(raw).decode("ascii").lower().rstrip("=")


def record_cid(record: Any) -> str:
    """The CID of a record given in its JSON form, in which {"$link": …} and {"$bytes": …} stand for links and bytes."""
    return cid(dag_cbor(record), DAG_CBOR)


def is_cid(value: object) -> bool:
    """Whether `value` is a CIDv1 with sha-256 under one of the two codecs that the AT Protocol blesses."""
    if not isinstance(value, str) or not _CID.fullmatch(value):
        return False
    raw = _cid_bytes(value)
    return len(raw) == 36 and raw[0] == 1 and raw[1] in (DAG_CBOR, RAW) and raw[2:4] == b"\x12\x20"


def _cid_bytes(text: str) -> bytes:
    body = text[1:].upper()
    return base64.b32decode(body + "=" * (-len(body) % 8))


def dag_cbor(value: Any) -> bytes:
    """Deterministic encoding: shortest heads, map keys sorted by length and then bytes, links under tag 42.

    Raises NotEncodable.
    """
    out = bytearray()
    _encode(value, out)
    return bytes(out)


def _head(major: int, n: int, out: bytearray) -> None:
    major <<= 5
    if n < 24:
        out.append(major | n)
    elif n < 1 << 8:
        out += bytes((major | 24, n))
    elif n < 1 << 16:
        out += struct.pack(">BH", major | 25, n)
    elif n < 1 << 32:
        out += struct.pack(">BI", major | 26, n)
    elif n < 1 << 64:
        out += struct.pack(">BQ", major | 27, n)
    else:
        raise NotEncodable("integer out of range")


def _encode(value: Any, out: bytearray) -> None:
    if value is None:
        out.append(0xF6)
    elif value is True:
        out.append(0xF5)
    elif value is False:
        out.append(0xF4)
    elif isinstance(value, int):
        _head(0, value, out) if value >= 0 else _head(1, -1 - value, out)
    elif isinstance(value, str):
        data = value.encode()
        _head(3, len(data), out)
        out += data
    elif isinstance(value, list):
        _head(4, len(value), out)
        for item in value:
            _encode(item, out)
    elif isinstance(value, dict):
        _encode_map(value, out)
    else:
        raise NotEncodable(f"{type(value).__name__} is not allowed in a record")


def _encode_map(value: dict[Any, Any], out: bytearray) -> None:
    if value.keys() == {"$link"}:
        if not is_cid(value["$link"]):
            raise NotEncodable("$link is not a CID")
        raw = b"\x00" + _cid_bytes(value["$link"])
        _head(6, 42, out)
        _head(2, len(raw), out)
        out += raw
        return
    if value.keys() == {"$bytes"}:
        try:
            text = str(value["$bytes"])
            raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError as e:
            raise NotEncodable("$bytes is not base64") from e
        _head(2, len(raw), out)
        out += raw
        return
    if not all(isinstance(key, str) for key in value):
        raise NotEncodable("a map's keys are strings")
    _head(5, len(value), out)
    for key in sorted(value, key=lambda k: (len(k.encode()), k.encode())):
        _encode(key, out)
        _encode(value[key], out)


def is_tid(value: object) -> bool:
    return isinstance(value, str) and bool(_TID.fullmatch(value))


class TidClock:
    """Makes TIDs that always rise: microseconds since 1970 in 53 bits, then a clock identifier in ten."""

    def __init__(self, clock_id: int = 0) -> None:
        self._clock_id = clock_id & 0x3FF
        self._last = 0

    def next(self, now: float) -> str:
        """`now`: seconds since 1970."""
        self._last = max(int(now * 1_000_000), self._last + 1)
        return _tid(self._last, self._clock_id)


def tid_of(at: float, clock_id: int) -> str:
    """The TID of a moment (seconds since 1970)."""
    return _tid(int(at * 1_000_000), clock_id & 0x3FF)


def _tid(microseconds: int, clock_id: int) -> str:
    n = microseconds << 10 | clock_id
    return "".join(_TID_ALPHABET[n >> shift & 31] for shift in range(60, -1, -5))
