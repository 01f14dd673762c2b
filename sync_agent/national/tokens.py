"""Decides how long a token is used and who renews it: one thread at a time, before it expires, in memory only."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Any

import orjson

from sync_agent.national.exchange import NotSentError, Reply

__all__ = ["Token", "TokenError", "Tokens", "token_of"]

_LEAST_MARGIN, _MARGIN_SHARE = 30.0, 0.1
_UNTOLD, _LONGEST = 300.0, 86_400.0
_PAUSE = 10.0  # seconds until a renewal that failed is tried again, while the old token still holds
_WORD = re.compile(r"[A-Za-z0-9._~+/-]{1,16384}=*")  # RFC 6750, section 2.1
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_REFUSALS = frozenset({"invalid_client", "unauthorized_client"})  # RFC 6749, section 5.2, with status 400


class TokenError(NotSentError):
    """There is no token, so nothing was sent. `refused`: it is the account that is not let in.

    `cause` is a code that begins with `token_`; `retry_after` is what the endpoint asked for, in seconds.
    """

    def __init__(self, cause: str, *, refused: bool = False, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.refused = refused
        self.retry_after = retry_after

    def again(self) -> "TokenError":
        """Return the same failure for another thread."""
        return TokenError(self.cause, refused=self.refused, retry_after=self.retry_after)


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its times, in seconds of a clock that only runs forward, and the identity it was given to."""

    value: str = field(repr=False)
    identity: str = field(repr=False)
    renew_at: float
    expires_at: float


def token_of(reply: Reply, identity: str, asked_at: float, retry_after: float | None = None) -> Token:
    """Return the token of an endpoint's answer; its time runs from when it was asked for. Raises TokenError."""
    content = _content(reply.body)
    if reply.status in _REFUSED or (reply.status == HTTPStatus.BAD_REQUEST and str(content.get("error")) in _REFUSALS):
        raise TokenError("token_refused", refused=True)
    if reply.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise TokenError(f"token_status_{reply.status}", retry_after=retry_after)
    value, lasts = content.get("access_token"), _seconds(content.get("expires_in"))
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise TokenError("token_malformed")
    margin = min(max(_LEAST_MARGIN, lasts * _MARGIN_SHARE), lasts / 2)  # a short one is not renewed at every use
    return Token(value, identity, asked_at + lasts - margin, asked_at + lasts)


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def _seconds(told: Any) -> float:
    """Return how long a token lasts: at most a day, and some minutes where the answer does not say it usably."""
    if isinstance(told, str) and _SECONDS.fullmatch(told.strip()):
        told = float(told)
    if isinstance(told, bool) or not isinstance(told, int | float) or not told > 0:
        return _UNTOLD
    return min(float(told), _LONGEST)


class Tokens:
    """The token of one account. `fetch` asks for one by the account's identity. Safe to share between threads."""

    def __init__(self, fetch: Callable[[str], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._renewing = Lock()
        self._held: Token | None = None
        self._paused_until = 0.0
        self._tried = 0
        self._failure: TokenError | None = None  # of the last try

    def current(self, identity: str) -> Token:
        """Return a token that holds: the one in hand, or a new one when that ends soon. Raises TokenError."""
        held, now = self._held, self._clock()
        if held is None or held.identity != identity:
            return self._renewed(identity, held, usable=False)
        usable = now < held.expires_at
        if usable and now < max(held.renew_at, self._paused_until):
            return held
        return self._renewed(identity, held, usable=usable)

    def instead_of(self, refused: Token, identity: str) -> Token:
        """Return another token than the refused one: a newer one in hand, else a new one. Raises TokenError."""
        held = self._held
        if held is not None and held is not refused and self._holds(held, identity):
            return held
        return self._renewed(identity, refused, usable=False)

    def seconds_left(self, identity: str) -> float:
        """Return in how many seconds the token expires, after asking for one if need be. Raises TokenError."""
        return self.current(identity).expires_at - self._clock()

    def held_seconds(self) -> float | None:
        """Return in how many seconds the token in hand expires, None where there is none; asks for nothing."""
        held = self._held
        return None if held is None else held.expires_at - self._clock()

    def _renewed(self, identity: str, old: Token | None, *, usable: bool) -> Token:
        tried = self._tried
        if not self._renewing.acquire(blocking=not usable) and old is not None:
            return old  # somebody is at it, and this one still holds
        try:
            held = self._held
            if held is not None and held is not old and self._holds(held, identity):
                return held  # renewed while we waited
            if self._tried != tried and self._failure is not None:  # tried while we waited
                return self._outlasting(self._failure.again(), old if usable else None)
            return self._asked(identity, old if usable else None)
        finally:
            self._renewing.release()

    def _asked(self, identity: str, usable: Token | None) -> Token:
        """Ask for a token, in the one thread that may. A usable one outlasts a failure that is no refusal.

        Raises TokenError.
        """
        self._held, self._failure = usable, None
        try:
            token = self._fetch(identity)
        except TokenError as error:
            self._failure = error.again()
            self._held = None if error.refused else usable
            self._paused_until = self._clock() + _PAUSE
            return self._outlasting(error, usable)
        else:
            self._held = token
            return token
        finally:
            self._tried += 1

    def _outlasting(self, failure: TokenError, usable: Token | None) -> Token:
        if usable is None or failure.refused:
            raise failure
        return usable

    def _holds(self, token: Token, identity: str) -> bool:
        return token.identity == identity and self._clock() < token.expires_at
