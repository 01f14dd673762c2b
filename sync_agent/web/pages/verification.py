"""Verify now: one check of the whole log at a time, beside the pages; its result stays until the next."""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sync_agent.errors import SyncAgentError
from sync_agent.ledger import Outside, Verification, verify
from sync_agent.reports import verdict
from sync_agent.web.front import Desk
from sync_agent.web.rendering import page

__all__ = ["Verifier", "begin", "verification"]


@dataclass(slots=True)
class Verifier:
    """The check that runs, if one does, and the result of the last."""

    desk: Desk
    lock: threading.Lock = field(default_factory=threading.Lock)
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float = 0.0
    by: str = ""
    result: Verification | None = None
    failure: Exception | None = None

    @property
    def running(self) -> bool:
        """Tell whether a check runs."""
        return self.begun_at is not None

    def begin(self, by: str) -> threading.Thread | None:
        """Begin a check unless one runs."""
        with self.lock:
            if self.running:
                return None
            self.begun_at, self.by = self.desk.ledger.clock(), by
        thread = threading.Thread(target=self._check, name="verify", daemon=True)
        thread.start()
        return thread

    def _check(self) -> None:
        settings, began = self.desk.settings, time.monotonic()
        result, failure = None, None
        try:
            result = verify(self.desk.ledger, Outside(settings.audit.anchors, settings.folder), rows=False)
        except Exception as error:  # noqa: BLE001 - told on the page: a check that failed is no check
            failure = error
        with self.lock:
            self.result, self.failure, self.seconds = result, failure, time.monotonic() - began
            self.begun_at, self.ended_at = None, self.desk.ledger.clock()


def begin(request: Request) -> Response:
    """Begin a check and go to where its result will stand."""
    _verifier(request).begin(request.state.viewer.name)
    return RedirectResponse("/audit/verification", 303)


def verification(request: Request) -> Response:
    """Show the result of the last check, or that one runs."""
    verifier = _verifier(request)
    with verifier.lock:
        facts: dict[str, Any] = {name: getattr(verifier, name) for name in ("result", "seconds", "by", "ended_at")}
        facts |= {"running": verifier.running, "begun_at": verifier.begun_at, "failure": verifier.failure}
    known = isinstance(facts["failure"], SyncAgentError)
    answer = page(request, "verification.html", sentences=verdict, known=known, **facts)
    if facts["running"]:
        answer.headers["refresh"] = "2"
    return answer


def _verifier(request: Request) -> Verifier:
    state = request.app.state
    if not hasattr(state, "verifier"):
        state.verifier = Verifier(state.desk)
    found: Verifier = state.verifier
    return found
