"""One canonical form for everything that is digested, and the keyed digests over it.

A digest never stands alone: it is keyed, so that a short secret such as an ID number cannot be found by trying.
"""

import base64
import hashlib
import hmac
from decimal import Decimal
from typing import Any

import orjson

__all__ = ["canonical_bytes", "correlation_token", "keyed_digest"]

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_bytes(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON with sorted keys and no white space; decimals as plain strings."""
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def keyed_digest(key: bytes, purpose: str, content: bytes) -> str:
    """Return HMAC-SHA256 in hex; `purpose` keeps the uses of one key apart."""
    return hmac.digest(key, purpose.encode("ascii") + b"\x00" + content, "sha256").hex()  # at once: half the time


def correlation_token(installation_key: bytes, source_id: str, case_key: str) -> str:
    """Return the 26 base32 characters by which a case can be looked up; they tell nothing about anyone."""
    content = canonical_bytes([source_id, case_key])
    digest = hmac.new(installation_key, b"token\x00" + content, hashlib.sha256).digest()
    return base64.b32encode(digest)[:26].decode("ascii")
