"""What the pages share in one process: the desk, the sessions, the throttles, and who may speak for others."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import HTTPConnection

from sync_agent.ledger import Account, Ledger, find_account
from sync_agent.privacy import KeyNames
from sync_agent.settings import Settings
from sync_agent.web.sessions import Sessions
from sync_agent.web.throttle import Throttle

__all__ = ["Desk", "Front"]


class Desk(Protocol):
    """What is needed to look at the ledger."""

    @property
    def settings(self) -> Settings:
        """Return the settings."""

    @property
    def ledger(self) -> Ledger:
        """Return the ledger, opened as the pages may use it."""

    @property
    def names(self) -> KeyNames:
        """Return what names cases."""


@dataclass(slots=True)
class Front:
    """Who is at the door. `proxy_secret` is what the trusted proxy sends when it names an account.

    `seal` closes a person's note, so that only the service reads it.
    """

    desk: Desk
    sessions: Sessions
    seal: Callable[[str], bytes] = field(repr=False)
    by_account: Throttle
    by_origin: Throttle
    proxy_secret: str = field(default="", repr=False)

    @property
    def cookie(self) -> str:
        """The name of the cookie; by `__Host-` browsers keep to it that it is ours alone."""
        return "__Host-session" if self.desk.settings.web.secure else "session"

    def set_cookie(self, token: str) -> str:
        """Return the header that gives a browser its token: for this host alone, for no script, until it is closed."""
        secure = "; Secure" if self.desk.settings.web.secure else ""
        return f"{self.cookie}={token}; Path=/; HttpOnly; SameSite=Strict{secure}"

    def origin(self, request: HTTPConnection) -> str:
        """Return the address from which somebody asks; what a proxy says of it counts for the trusted one only."""
        peer = request.client.host if request.client else ""
        if not self._from_proxy(peer):
            return peer
        said = request.headers.getlist("x-forwarded-for")  # a visitor's own line may stand above the proxy's
        forwarded = said[-1].rpartition(",")[2].strip() if said else ""
        return forwarded or peer

    def named_by_proxy(self, request: HTTPConnection) -> str | None:
        """Return the account that the trusted proxy names, None where it names none or somebody else would."""
        web = self.desk.settings.web
        names = request.headers.getlist(web.proxy_header) if web.proxy_header else []
        proofs = request.headers.getlist("x-sync-agent-proxy")
        peer = request.client.host if request.client else ""
        if len(names) != 1 or len(proofs) != 1 or not self._from_proxy(peer):
            return None
        return names[0] if hmac.compare_digest(proofs[0].encode(), self.proxy_secret.encode()) else None

    def account(self, name: str) -> Account | None:
        """Return an account that may come in."""
        with self.desk.ledger.read() as connection:
            found = find_account(connection, name)
        return found if found is not None and found.disabled_at is None else None

    def _from_proxy(self, peer: str) -> bool:
        return bool(peer) and peer == self.desk.settings.web.trusted_proxy
