"""Carries out what people ask of the service, one after the other, and says so in the audit log.

A thread of its own notes at once that a request was seen, how far the one being carried out is, and wakes the service;
what is asked is done in its main thread alone. What an earlier service began and did not end is not begun again: some
of it may have been done, and only a person can tell whether the rest is still wanted.
"""

import threading
from collections.abc import Callable
from typing import Final

from sync_agent.audit import CODE, Event
from sync_agent.errors import EpochLostError, LedgerError, SyncAgentError
from sync_agent.i18n import tr
from sync_agent.ledger import (
    Ledger,
    Request,
    RequestKind,
    Transaction,
    begin_request,
    begun_requests,
    count_waiting,
    fail_request,
    finish_request,
    is_claim_allowed,
    mark_requests_seen,
    next_request,
    note_request_progress,
    opened_note,
    request_note,
)
from sync_agent.logs import LogEvent, log
from sync_agent.service.manager import Manager
from sync_agent.sync import ACTIONS, INTERRUPTED, Action, Agent, Errand

__all__ = ["Requests"]

_LOOK_EACH: Final = 1.0
"""Seconds between two looks at the table."""

_LEFT_WITHIN: Final = 5.0
"""Seconds that the end of the service waits for a look that is under way."""


class Requests:
    """What people ask. `agent` returns the one in force; `wake` has `answer` called in the main thread."""

    def __init__(self, agent: Callable[[], Agent], wake: Callable[[], None], manager: Manager) -> None:
        self._agent, self._wake, self._manager = agent, wake, manager
        self._waiting, self._ending = threading.Event(), threading.Event()
        self._begun: _Begun | None = None
        self._thread = threading.Thread(target=self._look_on, name="requests", daemon=True)

    @property
    def waiting(self) -> bool:
        """Tell whether somebody waits for an answer: what the service does by itself makes way."""
        return self._waiting.is_set()

    def start(self) -> None:
        """Fail what an earlier service left, then look on."""
        ledger = self._agent().ledger
        with ledger.read() as connection:
            left = begun_requests(connection)
        for request in left:
            self._fail(request, INTERRUPTED, "interrupted")
        self._thread.start()

    def stop(self) -> None:
        """Look no more. What nobody has begun stays for the next service."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(_LEFT_WITHIN)

    def answer(self) -> None:
        """Carry out all that was asked, in order. Raises LedgerError when the ledger fails."""
        self._waiting.clear()
        while request := self._next():
            self._carry_out(request)

    def _next(self) -> Request | None:
        with self._agent().ledger.read() as connection:
            return next_request(connection)

    def _carry_out(self, request: Request) -> None:
        agent = self._agent()
        try:
            action = _action_of(agent, request)
            order = action.read(request.content or {})
        except SyncAgentError as error:
            self._refuse(request, error)
            return
        self._begun = _Begun(request.id, agent.ledger, self._manager)
        try:
            self._begin(request)
            errand = Errand(agent=agent, actor=request.actor, note=_note_of(agent, request), progress=self._begun)
            result = action.told(action.perform(order, errand))
        except LedgerError:
            raise
        except SyncAgentError as error:
            self._fail(request, error, type(error).__name__)
        except KeyboardInterrupt:
            self._fail(request, INTERRUPTED, "interrupted")
            raise
        else:
            with agent.ledger.write() as tx:
                self._begun.note(tx)
                finish_request(tx, request.id, result, run=self._begun.run)
        finally:
            self._begun = None

    def _begin(self, request: Request) -> None:
        reason = (request.content or {}).get("reason")
        with self._agent().ledger.write(actor=request.actor) as tx:
            begin_request(tx, request.id)
            tx.record(Event.REQUEST_TAKEN, new_state=request.kind, reason=reason if CODE.accepts(reason) else None)

    def _refuse(self, request: Request, error: SyncAgentError) -> None:
        """Refuse what nobody may ask, or nobody understands: nothing of it is done."""
        kind, role = request.kind, request.database_role
        with self._agent().ledger.write() as tx:
            fail_request(tx, request.id, error)
            tx.record(
                Event.REQUEST_REFUSED,
                new_state=kind if CODE.accepts(kind) else None,
                account=role if CODE.accepts(role) else None,
            )

    def _fail(self, request: Request, error: SyncAgentError, reason: str) -> None:
        with self._agent().ledger.write() as tx:
            fail_request(tx, request.id, error, run=self._begun.run if self._begun else None)
            tx.record(Event.REQUEST_FAILED, new_state=request.kind, reason=reason)

    def _look_on(self) -> None:
        """Look at the table once a second. A ledger that fails ends the service where it works, not here."""
        while not self._ending.wait(_LOOK_EACH):
            try:
                self._look()
            except EpochLostError:
                return
            except SyncAgentError as error:
                log(LogEvent.REQUESTS_UNREADABLE, "warning", error=type(error).__name__)

    def _look(self) -> None:
        ledger = _beside(self._agent().ledger)
        with ledger.read() as connection:
            unseen, waiting = count_waiting(connection, unseen=True), count_waiting(connection)
        if waiting and not self._waiting.is_set():
            self._waiting.set()
            self._wake()
        if unseen:
            with ledger.write() as tx:
                mark_requests_seen(tx)
        begun = self._begun
        if begun is not None:
            begun.save(ledger)


class _Begun:
    """How far the request is that is being carried out. Signs of life are the commits, not these."""

    def __init__(self, number: int, ledger: Ledger, manager: Manager) -> None:
        self.run: str | None = None
        self._number, self._ledger, self._manager = number, ledger, manager
        self._lock = threading.Lock()
        self._stage: str | None = None
        self._done = 0
        self._total: int | None = None
        self._saved: tuple[str | None, int] = (None, 0)

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage."""
        self.run = self._ledger.run
        with self._lock:
            self._stage, self._done, self._total = name, 0, total
        self._manager.say(tr(name))

    def advance(self, count: int = 1) -> None:
        """Count; several threads do."""
        with self._lock:
            self._done += count

    def finish(self) -> None:
        """Leave it to the result."""

    def save(self, ledger: Ledger) -> None:
        """Write it where whoever asked sees it, when something has changed."""
        if (self._stage, self._done) != self._saved:
            with ledger.write() as tx:
                self.note(tx)

    def note(self, tx: Transaction) -> None:
        """Write it in a transaction."""
        with self._lock:
            stage, done, total = self._stage, self._done, self._total
        note_request_progress(tx, self._number, stage=stage, done=done, total=total, run=self.run)
        self._saved = (stage, done)


def _action_of(agent: Agent, request: Request) -> Action:
    """Return what is asked for. Raises SyncAgentError for what nobody may ask, or nobody knows."""
    with agent.ledger.read() as connection:
        allowed = is_claim_allowed(connection, request)
    if not allowed or not CODE.accepts(request.actor):
        raise SyncAgentError("this was asked in the name of somebody else: nothing was done", where="request.actor")
    kind = next((each for each in ACTIONS if each == request.kind), None)
    if kind is None or request.content is None:
        raise SyncAgentError("what was asked cannot be understood", where="request")
    return ACTIONS[RequestKind(kind)]


def _note_of(agent: Agent, request: Request) -> str | None:
    with agent.ledger.read() as connection:
        sealed = request_note(connection, request.id)
    return opened_note(agent.installation_key, sealed) if sealed is not None else None


def _beside(ledger: Ledger) -> Ledger:
    """Return the same ledger under the same claim, whose commits are no sign that the service moves on."""
    beside = Ledger(ledger.engine, source_id=ledger.source_id, clock=ledger.clock)
    beside.epoch = ledger.epoch
    return beside
