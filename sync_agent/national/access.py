"""Decides by which headers an account proves itself, and whether a proof that was refused has a successor."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sync_agent.national.accounts import Accounts
from sync_agent.national.exchange import Transport
from sync_agent.national.lgsp import LgspSettings, ask_for_token, call_headers
from sync_agent.national.tokens import Token, Tokens

__all__ = ["Access", "Proof"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What one request proves its account by; `token` only where the way leads through an LGSP."""

    alias: str
    credential: str = field(repr=False)
    token: Token | None = field(default=None, repr=False)


class Access:
    """The proofs of all accounts. `clock` only runs forward. Safe to share between threads."""

    def __init__(
        self,
        accounts: Accounts,
        transport: Transport,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = accounts
        self._lgsp: dict[str, tuple[LgspSettings, Tokens]] = {}
        for alias in accounts.aliases:
            settings = accounts.lgsp(alias)
            if settings is not None:
                fetch = partial(ask_for_token, settings, transport=transport, clock=clock, now=now)
                self._lgsp[alias] = settings, Tokens(fetch, clock)

    def proof(self, alias: str) -> Proof:
        """Return what proves an account now. Raises ConfigError for an unknown one, TokenError without a token."""
        credential = self._accounts.authorization(alias)
        found = self._lgsp.get(alias)
        return Proof(alias, credential, None if found is None else found[1].current(credential))

    def headers(self, proof: Proof, action: str) -> dict[str, str]:
        """Return the headers by which a request for `action` carries the proof."""
        if proof.token is None:
            return {"Authorization": proof.credential}
        return call_headers(self._lgsp[proof.alias][0], proof.credential, proof.token, action)

    def instead_of(self, refused: Proof) -> Proof | None:
        """Return a proof by another token than the one that was refused, None where there are none to be had.

        Raises TokenError.
        """
        if refused.token is None:
            return None
        credential = self._accounts.authorization(refused.alias)
        token = self._lgsp[refused.alias][1].instead_of(refused.token, credential)
        return Proof(refused.alias, credential, token)

    def is_changed(self, used: Proof) -> bool:
        """Tell whether the account's secret is another than the one that was used."""
        return self._accounts.authorization(used.alias) != used.credential

    def token_seconds(self, alias: str, *, ask: bool) -> float | None:
        """Return in how many seconds the account's token expires, None where it needs none. Raises TokenError.

        Without `ask` None also where there is none in hand.
        """
        found = self._lgsp.get(alias)
        if found is None:
            return None
        return found[1].seconds_left(self._accounts.authorization(alias)) if ask else found[1].held_seconds()
