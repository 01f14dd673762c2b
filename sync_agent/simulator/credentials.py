"""Decides whose request it is: HTTP Basic or Bearer, compared without telling by time how much was right."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Credentials"]

_ANYONE = "bearer"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The accounts with their passwords, and those with their tokens; with neither, anyone who names himself."""

    accounts: Mapping[str, str] = field(repr=False)
    tokens: Mapping[str, str] = field(repr=False)

    def account(self, header: str) -> str:
        """Return the account that an `Authorization` header proves, or an empty string."""
        scheme, _, proof = header.strip().partition(" ")
        proof = proof.strip()
        if scheme.lower() == "basic":
            return self._basic(proof)
        if scheme.lower() == "bearer" and proof:
            return self._bearer(proof)
        return ""

    @property
    def _open(self) -> bool:
        return not self.accounts and not self.tokens

    def _basic(self, proof: str) -> str:
        try:
            user, found, password = base64.b64decode(proof, validate=True).decode("utf-8").partition(":")
        except ValueError:
            return ""
        if self._open:
            return user if found else ""
        return user if _same(self.accounts.get(user, ""), password) else ""

    def _bearer(self, proof: str) -> str:
        if self._open:
            return _ANYONE
        return next((name for name, token in self.tokens.items() if _same(token, proof)), "")


def _same(expected: str, given: str) -> bool:
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
