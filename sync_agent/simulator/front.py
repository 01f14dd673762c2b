"""Decides what the LGSP before the service lets through: who is given a token, how long it holds, what calls carry."""

import base64
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qs

import orjson

from sync_agent.simulator.refusals import RefusedError

__all__ = ["TOKEN_PATH", "Front"]

TOKEN_PATH: Final = "/token"  # noqa: S105 - an address
_IDENTITY: Final = "lgspaccesstoken"
_BUSINESS: Final = ("SENDER_CODE", "TRAN_CODE", "RECEIVER_CODE")
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Given:
    account: str
    ends_at: float


@dataclass(slots=True)
class Front:
    """The LGSP: `keys` holds the secret key of each access key, which is the account's name. Tokens are in memory."""

    keys: Mapping[str, str] = field(repr=False)
    seconds: float
    clock: Callable[[], datetime]
    _given: dict[str, _Given] = field(init=False, repr=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def grant(self, headers: Message, body: bytes) -> dict[str, Any]:
        """Return the answer to a request for a token. Raises RefusedError with status 400 or 401."""
        if headers.get("Content-Type", "").partition(";")[0].strip().lower() != _FORM:
            raise RefusedError("unsupported_media_type", 415)
        if parse_qs(body.decode("latin-1")).get("grant_type") != ["client_credentials"]:
            raise RefusedError("unsupported_grant_type", 400)
        account = self._identified(headers)
        token, now = secrets.token_urlsafe(32), self.clock().timestamp()
        with self._lock:
            self._given = {each: given for each, given in self._given.items() if given.ends_at > now}
            self._given[token] = _Given(account, now + self.seconds)
        return {"access_token": token, "token_type": "Bearer", "expires_in": round(self.seconds)}

    def account(self, headers: Message) -> str:
        """Return whose call it is. Raises RefusedError: 401 for who it says it is, 400 for what it does not carry."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        given = self._given.get(token)
        if scheme != "Bearer" or given is None or given.ends_at <= self.clock().timestamp():
            raise RefusedError("invalid_token", 401)
        if self._identified(headers) != given.account:
            raise RefusedError("invalid_token", 401)
        missing = [name for name in _BUSINESS if not headers.get(name, "").strip()]
        if missing:
            raise RefusedError(f"missing_header {missing[0]}", 400)
        return given.account

    def revoke(self) -> None:
        """End every token that was given."""
        with self._lock:
            self._given = {}

    def _identified(self, headers: Message) -> str:
        told = _told(headers.get(_IDENTITY, ""))
        names = ("AccessKey", "SecretKey", "AppName", "PartnerCode")
        if not all(isinstance(told.get(name), str) and told[name] for name in names) or "PartnerCodeCus" not in told:
            raise RefusedError("invalid_client", 401)
        expected = self.keys.get(told["AccessKey"], "")
        if not expected or not compare_digest(expected.encode(), told["SecretKey"].encode()):
            raise RefusedError("invalid_client", 401)
        return str(told["AccessKey"])


def _told(header: str) -> dict[str, Any]:
    try:
        told = orjson.loads(base64.b64decode(header, validate=True))
    except ValueError:  # as base64 and as JSON say it
        return {}
    return told if isinstance(told, dict) else {}
