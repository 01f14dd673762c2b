"""How long somebody stays signed in, and by which token a form shows that it came from our own page.

Sessions live in the memory of this process: nothing to forge, signing out is final, and a restart ends them all.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Session", "Sessions"]

_BYTES: Final = 32
_MOST_EACH: Final = 8  # sessions of one account; the oldest ends


@dataclass(slots=True)
class Session:
    """One sign-in. `version` is that of the account: another one, and the session is over."""

    account: str
    version: int
    begun: float
    seen: float


class Sessions:
    """Every session there is. `idle` and `longest` are seconds, `now` a clock that never goes back."""

    def __init__(self, idle: float, longest: float, now: Callable[[], float] = time.monotonic) -> None:
        self._idle, self._longest, self._now = idle, longest, now
        self._open: dict[bytes, Session] = {}
        self._key = secrets.token_bytes(_BYTES)

    @staticmethod
    def new_token() -> str:
        """Return a value for a cookie that nobody can guess."""
        return secrets.token_urlsafe(_BYTES)

    def begin(self, account: str, version: int) -> str:
        """Begin a session under a new token, whatever the browser had before, and return the token."""
        self._sweep()
        own = [key for key, session in self._open.items() if session.account == account]
        for key in own[: len(own) - _MOST_EACH + 1]:
            del self._open[key]
        token, now = self.new_token(), self._now()
        self._open[_hashed(token)] = Session(account, version, now, now)
        return token

    def find(self, token: str) -> Session | None:
        """Return the session of a token unless it is over; it was used now."""
        session = self._open.get(_hashed(token))
        if session is None or self._is_over(session):
            return None
        session.seen = self._now()
        return session

    def end(self, token: str) -> None:
        """End a session for good."""
        self._open.pop(_hashed(token), None)

    def form_token(self, token: str, account: str) -> str:
        """Return what every form must send back that a browser with this cookie was given."""
        return hmac.new(self._key, f"{token}\0{account}".encode(), hashlib.sha256).hexdigest()

    def _is_over(self, session: Session) -> bool:
        now = self._now()
        return now - session.seen > self._idle or now - session.begun > self._longest

    def _sweep(self) -> None:
        for key in [key for key, session in self._open.items() if self._is_over(session)]:
            del self._open[key]


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
