"""Sends what was let through: cases in the order of their legal dates, each message after its intent is committed.

Several cases are under way at once, one message of a case at a time; only this thread writes to the ledger.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from itertools import chain
from typing import Final

from tenacity import Retrying, retry_if_exception_type, retry_if_not_exception_type, stop_after_delay, wait_fixed

from sync_agent.domain.steps import Step
from sync_agent.errors import EpochLostError, LedgerError, NationalUnreachableError, SourceError
from sync_agent.interrupt import undivided
from sync_agent.ledger import (
    Due,
    MessageRow,
    State,
    Transaction,
    cases,
    holders_of,
    known_by_id,
    load_messages,
    resync,
    save_rows,
)
from sync_agent.logs import LogEvent, bound, carried, log
from sync_agent.mapping import Mapped
from sync_agent.national import FILE_CHANGED, Accepted, AccountRefusedError, Ids, Message, NotProcessed, Outcome
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import next_due, next_look, sendable
from sync_agent.sync.lanes import ClosedLane, Lanes
from sync_agent.sync.large import OneLarge
from sync_agent.sync.observe import Observed, observe
from sync_agent.sync.order import due_pages
from sync_agent.sync.outcome import apply_outcome, intend
from sync_agent.sync.progress import Progress
from sync_agent.sync.rate import Pace
from sync_agent.sync.record import unforce
from sync_agent.sync.scan import read_page
from sync_agent.sync.uncertain import remote_wait

__all__ = ["WORKERS", "DeliveryReport", "deliver"]

WORKERS: Final = "deliver"
"""What the names of the threads that send begin with."""

_LANDED_WITHIN = 15
"""Seconds in which a pass that has to end waits for the answers under way; what comes later is a doubt."""

_AHEAD = 2
"""So many cases for each worker are kept at hand while the next ones are looked at."""

_COMPANY = 0.002
"""Seconds that an answer waits for others, to be committed with them: about as long as a commit takes."""

_RECORDED_WITHIN = 10
"""Seconds in which a ledger that just failed may come back: an answer it does not get would become a doubt."""

_SOURCES_LIST = 5
"""The national code list that is asked for: it is short, and every account may read it."""


@dataclass(slots=True)
class DeliveryReport:
    """What delivery did: messages by the state their try led to, cases still settling, accounts that were refused."""

    outcomes: Counter[str] = field(default_factory=Counter)
    settling: int = 0
    closed: dict[str, ClosedLane] = field(default_factory=dict)
    resting: dict[str, datetime] = field(default_factory=dict)  # accounts not used before an instant
    creations_stopped: bool = False  # only what the national side knows already is sent
    kept_back: set[int] = field(default_factory=set)  # row ids of messages that would have gone up for the first time
    listener: Callable[[MessageRow, Outcome], None] | None = None  # hears every outcome before it is forgotten


@dataclass(slots=True)
class _Flight:
    """One message on its way."""

    observed: Observed
    row: MessageRow
    message: Message
    account: str
    asks_first: bool = False  # a question goes before it, which makes no record


def deliver(
    agent: Agent,
    progress: Progress,
    *,
    keys: Sequence[str],
    limit: int | None,
    report: DeliveryReport,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Send what is due until `stop` says so, and count it in `report`, which also tells what was done when this raises.

    A refused account stops only its own messages. Raises NationalUnreachableError when nothing gets through,
    ConfigError when every account that had something to send is refused.
    """
    progress.stage("sending", None)
    pool = ThreadPoolExecutor(agent.settings.delivery.workers, thread_name_prefix=WORKERS)
    try:
        sender = _Sender(agent, pool, progress, report, limit, stop=stop)
        try:
            for page, seen in _read_ahead(agent, due_pages(agent, keys)):
                sender.send(_look_again(agent, page, seen, sender.at_hand))
                if sender.spent:
                    break
            sender.finish()
        except BaseException:
            sender.bring_home()
            raise
    finally:
        pool.shutdown(wait=False)  # whoever still waits for an answer then is waited for by nobody
    with agent.ledger.read() as connection:
        report.settling = cases.settling_cases(connection, agent.ledger.source_id, agent.clock())


def _read_ahead(agent: Agent, pages: Iterable[list[Due]]) -> Iterator[tuple[list[Due], list[Mapped]]]:
    """Read the cases a second time, each page while the one before it is looked at and sent."""
    reader = ThreadPoolExecutor(1, thread_name_prefix=WORKERS)
    before: tuple[list[Due], Future[list[Mapped]]] | None = None
    try:
        for page in chain(pages, [[]]):
            ahead = reader.submit(carried(read_page), agent, [due.case_key for due in page]) if page else None
            if before is not None:
                yield before[0], before[1].result()
            before = (page, ahead) if ahead else None
    finally:
        reader.shutdown(wait=False, cancel_futures=True)


def _look_again(
    agent: Agent, page: Sequence[Due], seen: Sequence[Mapped], at_hand: Sequence[Observed]
) -> list[Observed]:
    """Compare what was read a second time: only what reads as it did `settle` ago may be sent.

    A case `at_hand` that this look has changed, as one that is now protected by another, is not sent as it was seen.
    """
    present = {mapped.case.case_key for mapped in seen}
    with agent.ledger.write() as tx:
        found = observe(agent, tx, seen, plan=present)
        for observed in found:
            row = observed.row
            if tx.now - row.digest_seen_at >= agent.settings.settle:
                row.dirty = False
            row.look_at = next_look(agent, observed.case, tx.now)
        save_rows(tx.connection, [observed.row for observed in found])
        _note_absent(tx, [due.case_id for due in page if due.case_key not in present])
        kept = _keep_beside_restless(agent, tx, found)
        _take_anew(tx, at_hand)
        ready = [o for o in found if not o.row.dirty and o.row.id not in kept]
        return [o for o in ready if o.row.look_at is not None and o.row.look_at <= tx.now]


def _keep_beside_restless(agent: Agent, tx: Transaction, found: Sequence[Observed]) -> set[int]:
    """Keep back cases that share something with one not settled: it may yet protect them. Return their row ids.

    Where nothing waits to settle, a case protects its group when it is first seen.
    """
    if not agent.settings.settle:
        return set()
    rows = {o.row.id: o.row for o in found if o.row.protected_since is None and o.row.look_at is not None}
    kept = cases.restless_beside(tx.connection, list(rows))
    for case_id, look_at in kept.items():
        rows[case_id].look_at = look_at
    save_rows(tx.connection, [rows[case_id] for case_id in kept])
    return set(kept)


def _take_anew(tx: Transaction, at_hand: Sequence[Observed]) -> None:
    """Replace the rows that are not what they were when their cases were looked at: they are dirty, so nothing goes."""
    rows = {row.id: row for row in cases.load_by_id(tx.connection, [o.row.id for o in at_hand])}
    for observed in at_hand:
        if rows[observed.row.id].rev != observed.row.rev:
            observed.case.row = rows[observed.row.id]


def _note_absent(tx: Transaction, ids: Sequence[int]) -> None:
    """Keep what the source no longer returns as it is; it is looked at again when it returns."""
    for case in known_by_id(tx.connection, resync.forced_cases(tx.connection, ids)):
        marked = [message for message in case.messages.values() if message.forced is not None]
        for message in marked:
            unforce(tx, case, message, "unreadable")
        save_rows(tx.connection, marked)
    rows = cases.load_by_id(tx.connection, ids)
    for row in rows:
        row.present, row.look_at = False, None
    save_rows(tx.connection, rows)


class _Sender:
    """Keeps the workers busy; what they bring back and the next intents are written in one transaction."""

    def __init__(
        self,
        agent: Agent,
        pool: ThreadPoolExecutor,
        progress: Progress,
        report: DeliveryReport,
        limit: int | None,
        *,
        stop: Callable[[], bool],
    ) -> None:
        self._agent = agent
        self._pool = pool
        self._progress = progress
        self._report = report
        self._left = limit
        self._stop = stop
        self._ending = False
        self._enough = _AHEAD * agent.settings.delivery.workers
        self._waiting: deque[Observed] = deque()
        self._held: dict[int, Observed] = {}  # every case not done with, by row id: waiting, parked or on its way
        self._flying: dict[Future[Outcome], _Flight] = {}
        self._landed: list[tuple[_Flight, Outcome]] = []
        self._lanes = Lanes(agent, report.closed, report.resting)
        self._large = OneLarge(agent.settings.delivery.large_bytes)
        self._pace = Pace(agent.settings.delivery.rate_per_second, agent.settings.delivery.burst)

    @property
    def spent(self) -> bool:
        """Tell whether the pass has sent as much, and for as long, as it was allowed to."""
        return self._left == 0 or self._stop()

    @property
    def at_hand(self) -> list[Observed]:
        """The cases that are not done with."""
        return list(self._held.values())

    def send(self, ready: Sequence[Observed]) -> None:
        """Send what is sendable of some cases, until there is little left to keep the workers busy."""
        self._waiting.extend(ready)
        self._held.update((observed.row.id, observed) for observed in ready)
        while len(self._held) > self._enough:
            self._turn()

    def finish(self) -> None:
        """Send the rest and record every outcome. Say so when nothing at all got through."""
        while self._held:
            self._turn()
        self._lanes.require_work_done(none=set(self._report.outcomes) == {State.WAITING})

    def _turn(self) -> None:
        """Record what came back, let the next leave and wait for an answer."""
        self._waiting.extendleft(reversed(self._pace.ready()))
        landed = len(self._landed)
        with undivided():
            self._launch(self._write())
        self._progress.advance(landed)
        self._lanes.require_open()
        self._lanes.require_reachable()
        self._land()

    def _write(self) -> list[_Flight]:
        """Record what came back and the intents of what goes next; return the latter."""
        if not (self._landed or self._waiting):
            return []
        with self._agent.ledger.write() as tx:
            done = self._record(tx, self._landed)
            launched: list[_Flight] = []
            while self._waiting and not self._full(launched):
                flight = self._choose(self._waiting.popleft(), tx, done)
                if flight is not None:
                    intend(self._agent, tx, flight.observed.case, flight.row, flight.account)
                    launched.append(flight)
            for observed in done:
                observed.row.look_at = next_look(self._agent, observed.case, tx.now)
                observed.row.due_on = next_due(observed.case.messages.values())
            tried = [flight for flight, _ in self._landed] + launched
            save_rows(tx.connection, {id(flight.row): flight.row for flight in tried}.values())
            save_rows(tx.connection, [observed.row for observed in done])
        for observed in done:
            del self._held[observed.row.id]
        self._report_landed()
        return launched

    def _full(self, launched: Sequence[_Flight]) -> bool:
        """Tell whether no more may leave now: the workers have enough, or nothing gets through."""
        busy = len(self._flying) + len(launched) >= self._agent.settings.delivery.workers
        return busy or self._lanes.out_of_reach

    def _record(self, tx: Transaction, landed: Sequence[tuple[_Flight, Outcome]]) -> list[Observed]:
        """Give each message the state its outcome means; return the cases that are done with for it.

        The caller saves the rows.
        """
        ids = [outcome.national_id for _, outcome in landed if isinstance(outcome, Accepted)]
        done, holders = [], holders_of(tx.connection, ids)
        for flight, outcome in landed:
            apply_outcome(self._agent, tx, flight.observed.case, flight.row, outcome, holders=holders)
            self._waiting.extendleft(reversed(self._large.land(flight.message)))
            self._waiting.extendleft(reversed(self._lanes.land(tx, flight.account, outcome)))
            if flight.row.state == State.ACKNOWLEDGED:
                self._waiting.appendleft(flight.observed)
            else:
                done.append(flight.observed)
        return done

    def _report_landed(self) -> None:
        """Tell what became of the tries whose outcomes the ledger has now."""
        now = self._agent.clock()
        for flight, outcome in self._landed:
            self._report.outcomes[flight.row.state] += 1
            if self._report.listener is not None:
                self._report.listener(flight.row, outcome)
            _tell(flight, outcome, now)
        self._landed = []

    def _choose(self, observed: Observed, tx: Transaction, done: list[Observed]) -> _Flight | None:
        """Return the next message of a case if it may go now. A case that is done with for now is put to `done`."""
        flight = self._next(observed, tx.now)
        if flight is not None and not self._lanes.is_closed(flight.account, tx.now) and not self.spent:
            if self._lanes.is_on_trial(flight.account):
                self._lanes.park(flight.account, observed)
                return None
            if self._large.must_wait(flight.message):
                self._large.park(observed)
                return None
            if not self._pace.take(flight.account):
                self._pace.park(flight.account, observed)
                return None
            self._lanes.begin(tx, flight.account)
            flight.asks_first = self._lanes.asks_first(flight.account)
            self._large.begin(flight.message)
            self._left = None if self._left is None else self._left - 1
        else:
            flight = None
        if flight is None:
            done.append(observed)
        return flight

    def _next(self, observed: Observed, now: datetime) -> _Flight | None:
        """Return the next message of a case, None when none is due."""
        look_at = next_look(self._agent, observed.case, now)
        if observed.row.dirty or look_at is None or look_at > now:
            return None
        due = (r for r in self._allowed(observed) if r.next_try_at is None or r.next_try_at <= now)
        row = next(due, None)
        if row is None:
            return None
        message = observed.payloads[Step(row.step), row.local_key]
        return _Flight(observed, row, message, self._account(observed, row, message))

    def _allowed(self, observed: Observed) -> list[MessageRow]:
        """Return what may be sent of a case; while nothing may be created, only what was acknowledged before."""
        rows = sendable(observed.case.messages)
        if not self._report.creations_stopped:
            return rows
        self._report.kept_back.update(row.id for row in rows if row.ack_digest is None)
        return [row for row in rows if row.ack_digest is not None]

    def _account(self, observed: Observed, row: MessageRow, message: Message) -> str:
        """Return the account that minted an id for what hangs on it, else that of the agency."""
        case = observed.case.messages[Step.CASE, ""]
        minted = row.ack_account or case.ack_account
        return minted or self._agent.accounts.for_agency(message.agency) or ""

    def _launch(self, flights: Sequence[_Flight]) -> None:
        for flight in flights:
            with bound(case=flight.observed.row.pseudonym, step=flight.row.step):
                self._flying[self._pool.submit(carried(self._attempt), flight)] = flight

    def _attempt(self, flight: _Flight) -> Outcome:
        """Run in a worker: build the request and send it; its files are read on the way."""
        messages, row = flight.observed.case.messages, flight.row
        parent = messages.get((Step.SETTLEMENT, row.parent_key))
        ids = Ids(
            case=messages[Step.CASE, ""].ack_id or "",
            parent=(parent.ack_id or "") if parent else "",
            own=row.ack_id or "",
        )
        request = replace(
            self._agent.contract.request(flight.message, ids, self._agent.files.open),
            overslept=lambda: self._overslept(row),
        )
        try:
            stopped = self._ask(flight.account) if flight.asks_first else None
            return stopped or self._agent.gateway.send(request, flight.account)
        except SourceError:
            # Nothing was sent; the next look digests the file as it is then, or finds that it is gone.
            return NotProcessed(cause=FILE_CHANGED)

    def _overslept(self, row: MessageRow) -> bool:
        """Tell whether the intent is too old: another process may have looked for it, and have sent it again.

        Nor does anything leave once the pass no longer waits for it.
        """
        now = self._agent.clock()
        return self._ending or now - (row.intent_at or now) >= remote_wait(self._agent)

    def _ask(self, account: str) -> NotProcessed | None:
        """Ask for a code list by an account that was forbidden to send; return what keeps its message from going."""
        try:
            self._agent.gateway.code_list(_SOURCES_LIST, account)
        except AccountRefusedError:
            return NotProcessed("forbidden", HTTPStatus.FORBIDDEN.value)
        except NationalUnreachableError:
            return NotProcessed("question_unanswered")
        return None

    def _land(self) -> None:
        """Wait until something comes back. What a worker raised is raised here; its message stays in flight."""
        seconds = self._pace.wait
        if seconds is not None and not self._flying and not self._waiting:
            time.sleep(seconds)
        done, others = wait(self._flying, timeout=seconds, return_when=FIRST_COMPLETED)
        if done and others:
            done |= wait(others, timeout=_COMPANY).done
        with undivided():
            failures = self._take_in(done)
        if failures:
            raise failures[0]

    def _take_in(self, done: Iterable[Future[Outcome]]) -> list[BaseException]:
        """Note the outcomes that came back; return what was raised instead of one."""
        failures: list[BaseException] = []
        for future in done:
            flight, failure = self._flying.pop(future), future.exception()
            if failure is None:
                self._landed.append((flight, future.result()))
            else:
                failures.append(failure)
        return failures

    def bring_home(self) -> None:
        """After a failure, record what was still under way, also when the ledger needs a moment to come back.

        Whoever ends this process waits for half a minute, and then kills it.
        """
        self._waiting.clear()
        self._pace.clear()
        done, _ = wait(self._flying, timeout=_LANDED_WITHIN)
        self._ending = True
        self._take_in(done)
        if not self._landed:
            return
        for attempt in Retrying(
            retry=retry_if_exception_type(LedgerError) & retry_if_not_exception_type(EpochLostError),
            stop=stop_after_delay(_RECORDED_WITHIN),
            wait=wait_fixed(1),
            reraise=True,
        ):
            with attempt, undivided():
                self._record_anew()

    def _record_anew(self) -> None:
        """Record the outcomes that the ledger does not have yet, by what it says: what is in memory may be ahead of it.

        These cases are to be looked at again.
        """
        with self._agent.ledger.write() as tx:
            stored = load_messages(tx.connection, [flight.row.case_id for flight, _ in self._landed])
            for flight, _ in self._landed:
                flight.row = stored[flight.row.case_id][Step(flight.row.step), flight.row.local_key]
                flight.observed.row.look_at = tx.now
            self._record(tx, [each for each in self._landed if each[0].row.state == State.IN_FLIGHT])
            save_rows(tx.connection, [flight.row for flight, _ in self._landed])
            save_rows(tx.connection, {id(one.observed): one.observed.row for one, _ in self._landed}.values())
        self._report_landed()


def _tell(flight: _Flight, outcome: Outcome, now: datetime) -> None:
    """Log what became of a try, by the pseudonym of its case."""
    row = flight.row
    log(
        LogEvent.MESSAGE_TRIED,
        case=flight.observed.row.pseudonym,
        step=row.step,
        state=row.state,
        cause=row.reason,
        account=flight.account,
        http_status=outcome.status or None,
        seconds=(now - row.intent_at).total_seconds() if row.intent_at else None,
    )
