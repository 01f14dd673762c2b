"""Decides who does what a person asks: this process when nobody holds the ledger, else the service that holds it.

Of a service it is asked by a row in the ledger. The row stays when whoever waits for it leaves; no row keeps a word
that a person typed and that may be a name.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Final

from sync_agent.errors import LockedError, SyncAgentError
from sync_agent.i18n import tr
from sync_agent.ledger import (
    Request,
    RequestKind,
    RequestState,
    ask,
    exclusive,
    fail_request,
    find_request,
    known_by_name,
    sealed_note,
)
from sync_agent.sync.actions import ACTIONS, Errand
from sync_agent.sync.binding import claim
from sync_agent.sync.context import Agent
from sync_agent.sync.notes import require_reason
from sync_agent.sync.progress import Progress

__all__ = ["INTERRUPTED", "do"]

_SEEN_WITHIN: Final = 30.0
"""Seconds in which a service notes that it knows of a request; whoever else holds the ledger never does."""

_LOOK_EACH: Final = 0.3
_TRY_EACH: Final = 2.0
"""Seconds between two looks at the request, and between two whether anybody holds the ledger still."""

_NO_NAME: Final = re.compile(r"[!-~]{0,128}")
_TYPED: Final = ("rule", "digest", "accepted", "arrived", "local_key", "agency")

INTERRUPTED: Final = LockedError(
    "the service ended while it carried this out: what it had done by then stands",
    todo="see how it stands, then ask again",
)


def do(kind: RequestKind, order: Any, errand: Errand, say: Callable[[str], None]) -> Any:
    """Do what is ordered and return what came of it, by whom ever; `say` is told when a service does it.

    Raises what the action raises, LockedError when whoever holds the ledger does not answer.
    """
    with ExitStack() as held:
        if _is_held(held, errand):
            claim(errand.agent)
            return ACTIONS[kind].perform(order, errand)
    return _Asked(kind, order, errand, say).outcome()


def _is_held(held: ExitStack, errand: Errand) -> bool:
    """Tell whether the ledger is ours now, until `held` is closed."""
    try:
        held.enter_context(exclusive(errand.agent.settings.state, errand.agent.ledger.engine))
    except LockedError:
        return False
    return True


class _Asked:
    """One request that is waited for."""

    def __init__(self, kind: RequestKind, order: Any, errand: Errand, say: Callable[[str], None]) -> None:
        self._kind, self._order, self._errand, self._say = kind, order, errand, say
        self._action, self._ledger = ACTIONS[kind], errand.agent.ledger
        self._shown = _Shown(errand.progress)
        note = sealed_note(errand.agent.installation_key, errand.note) if errand.note else None
        content = self._action.said(order)
        _require_nameless(errand.agent, content | content.get("selection", {}))
        with self._ledger.write() as tx:
            self._number = ask(tx, kind, content, actor=errand.actor, note=note)

    def outcome(self) -> Any:
        """Wait until it is done; return what came of it, or raise it."""
        try:
            self._say(tr("The ledger is held: its service is asked, by request {number}.", number=self._number))
            return self._followed()
        except KeyboardInterrupt:
            self._say(tr("Request {number} stands: the service carries it out.", number=self._number))
            raise

    def _followed(self) -> Any:
        asked = tried = time.monotonic()
        while True:
            request = self._look()
            self._shown.show(request)
            if request.ended_at is not None:
                return self._result(request)
            now = time.monotonic()
            if now - tried >= _TRY_EACH:
                tried = now
                with ExitStack() as held:
                    if _is_held(held, self._errand):
                        return self._take_back()
            if request.seen_at is None and now - asked >= _SEEN_WITHIN:
                self._give_up()
            time.sleep(_LOOK_EACH)

    def _look(self) -> Request:
        with self._ledger.read() as connection:
            request = find_request(connection, self._number)
        if request is None:
            raise SyncAgentError("the request is no longer in the ledger", todo="see how it stands, then ask again")
        return request

    def _result(self, request: Request) -> Any:
        if request.error is not None:
            raise request.error
        return self._action.heard(request.result)

    def _take_back(self) -> Any:
        """Do it here: whoever held the ledger is gone. What it had begun is not begun again."""
        claim(self._errand.agent)
        request = self._look()
        if request.ended_at is not None:
            return self._result(request)
        error = _taken_back() if request.state is RequestState.ASKED else INTERRUPTED
        with self._ledger.write() as tx:
            fail_request(tx, self._number, error)
        if error is INTERRUPTED:
            raise error
        return self._action.perform(self._order, self._errand)

    def _give_up(self) -> None:
        """Take it back and say that nobody answers, unless somebody does at this moment."""
        error = LockedError(
            "what holds the ledger is no service that answers", todo="wait for it to end, or stop it; then try again"
        )
        with self._ledger.write() as tx:
            request = find_request(tx.connection, self._number)
            if request is None or request.seen_at is not None:
                return
            fail_request(tx, self._number, error)
        raise error


def _require_nameless(agent: Agent, said: Mapping[str, Any]) -> None:
    """Raise SyncAgentError for what could not be done anyway, and must be in no row: it may be a name."""
    with agent.ledger.read() as connection:
        for name in [said["key"]] if "key" in said else said.get("cases", ()):
            if "key" in said or not agent.names.declared(name):
                known_by_name(connection, agent.ledger.source_id, name)
    if "reason" in said:
        require_reason(said["reason"])
    if not all(_NO_NAME.fullmatch(said.get(word) or "") for word in _TYPED):
        raise SyncAgentError("what was asked cannot be understood")


def _taken_back() -> LockedError:
    return LockedError("nobody carried it out: whoever asked did it instead")


class _Shown:
    """Shows a person what the service says of how far it is."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._stage: str | None = None
        self._done = 0

    def show(self, request: Request) -> None:
        """Show it as it is now."""
        if request.stage is None:
            return
        if request.stage != self._stage or request.done < self._done:
            self._begin(request.stage, request.total)
        self._progress.advance(request.done - self._done)
        self._done = request.done

    def _begin(self, stage: str, total: int | None) -> None:
        self._stage, self._done = stage, 0
        self._progress.stage(stage, total)
