"""One pass from end to end: take over, settle what is uncertain, scan, guard, deliver; or a rehearsal of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from sync_agent.audit import Event
from sync_agent.errors import GuardError, SyncAgentError
from sync_agent.ledger import Ledger, RunRow, Transaction, copy_in_memory, end_run, exclusive, start_run
from sync_agent.logs import LogEvent, bound, log
from sync_agent.sync.binding import claim, environment_of
from sync_agent.sync.context import Agent
from sync_agent.sync.creations import creations_stopped
from sync_agent.sync.deliver import DeliveryReport, deliver
from sync_agent.sync.empty import EmptyPasses, is_empty, range_of
from sync_agent.sync.plan import Plan, let_through, make_plan
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.scan import ScanReport, scan
from sync_agent.sync.uncertain import recover, settle_uncertain
from sync_agent.sync.writeback import tell_local

__all__ = ["PassReport", "claim", "environment_of", "on_a_copy", "recorded", "rehearse", "run_pass"]


class _Report(Protocol):
    """What a run says of itself when it ends."""

    scanned: ScanReport | None

    @property
    def plan(self) -> Plan | None: ...

    @property
    def counts(self) -> dict[str, int]: ...


@dataclass(slots=True)
class PassReport:
    """What one pass did. `plan` is what stood to be sent when delivery began."""

    scanned: ScanReport | None = None
    plan: Plan | None = None
    settled: Counter[str] = field(default_factory=Counter)
    delivered: DeliveryReport = field(default_factory=DeliveryReport)
    told: Counter[str] = field(default_factory=Counter)  # the local system, of what was acknowledged

    @property
    def counts(self) -> dict[str, int]:
        """All figures by code, as the run and its audit entry keep them."""
        figures = {f"delivered.{state}": number for state, number in self.delivered.outcomes.items()}
        figures |= {f"uncertain.{how}": number for how, number in self.settled.items()}
        if self.scanned is not None:
            figures |= {"read": self.scanned.read, "changed": self.scanned.changed}
            if self.scanned.missing:
                figures["missing"] = self.scanned.missing
        if self.delivered.closed:
            figures["accounts_refused"] = len(self.delivered.closed)
        if self.delivered.resting:
            figures["accounts_resting"] = len(self.delivered.resting)
        if self.delivered.creations_stopped:
            figures["creations_stopped"] = len(self.delivered.kept_back)
        return figures | self.told | {"settling": self.delivered.settling}


def run_pass(
    agent: Agent,
    *,
    actor: str = "agent",
    keys: Sequence[str] = (),
    full: bool = False,
    limit: int | None = None,
    accepted: str | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    held: bool = False,
    empty: EmptyPasses | None = None,
) -> PassReport:
    """Make the national side equal to the local side once. Holds the ledger alone while it runs.

    `keys` restricts the pass to some cases, `full` reads all of them, `limit` is the most messages it sends; `accepted`
    is the digest of a plan that a person has looked at. Once `stop` says so nothing more leaves: a pass that begins
    then only reads. `held`: the caller holds the ledger and has claimed it. A pass that changes and sends nothing is
    counted in `empty`, if given, and leaves no run of its own. Raises the errors of `errors.py`; what was under way is
    recorded first.
    """
    progress = progress or NoProgress()
    report = PassReport()
    holding = nullcontext() if held else exclusive(agent.settings.state, agent.ledger.engine)
    may_send = not stop()
    with holding, recorded(agent, report, actor, held=held, empty=empty):
        recover(agent)
        if may_send:
            report.settled = settle_uncertain(agent)
        report.told = tell_local(agent)
        report.scanned = scan(agent, progress, keys=keys, full=full)
        report.plan = make_plan(agent, keys)
        if may_send:
            let_through(agent, report.plan, accepted=accepted, actor=actor, keys=keys)
            report.delivered.creations_stopped = creations_stopped(agent)
            deliver(agent, progress, keys=keys, limit=limit, report=report.delivered, stop=stop)
            report.told += tell_local(agent)
        progress.finish()
    return report


def rehearse(
    agent: Agent, *, keys: Sequence[str] = (), full: bool = False, progress: Progress | None = None
) -> PassReport:
    """Do all of a pass but sending, on a copy of the ledger in memory: nothing is written anywhere."""
    progress, rehearsal = progress or NoProgress(), on_a_copy(agent)
    report = PassReport(scanned=scan(rehearsal, progress, keys=keys, full=full))
    report.plan = make_plan(rehearsal, keys, listed=True)
    progress.finish()
    return report


def on_a_copy(agent: Agent) -> Agent:
    """Return the agent on a copy of its ledger in memory, claimed: what it does leaves no trace.

    Raises GuardError where a pass would not begin, ConfigError when the ledger belongs elsewhere.
    """
    agent.ledger.require_newest()
    copy = Ledger(copy_in_memory(agent.ledger.engine), source_id=agent.ledger.source_id, clock=agent.clock)
    rehearsal = replace(agent, ledger=copy)
    claim(rehearsal)
    return rehearsal


@contextmanager
def recorded(
    agent: Agent,
    report: _Report,
    actor: str,
    *,
    kind: str = "sync",
    reason: str | None = None,
    held: bool = False,
    empty: EmptyPasses | None = None,
) -> Iterator[None]:
    """Open a run and close it with what came of it, also when it fails. `held`: the ledger is claimed already.

    With `empty` it is opened by the first transaction that records something; one that finds nothing to do is counted
    there instead.
    """
    if held:
        agent.ledger.require_newest()  # it may have been put back meanwhile
    else:
        claim(agent)
    with _Run(agent, kind, reason) as run:
        if empty is None:
            with agent.ledger.write(actor=actor) as tx:
                tx.open_run()
        yield from _concluded(agent, report, run, empty)


def _concluded(agent: Agent, report: _Report, run: "_Run", empty: EmptyPasses | None) -> Iterator[None]:
    """Yield once, and conclude a run with what came of it."""
    result = "failed"
    try:
        log(LogEvent.PASS_STARTED)
        yield
        result = "done"
    except GuardError:
        result = "guard"
        count = report.plan.count if report.plan else None
        log(LogEvent.GUARD_STOPPED, "warning", run=agent.ledger.run, count=count)
        raise
    except KeyboardInterrupt:
        result = "interrupted"
        raise
    except SyncAgentError as error:
        result = type(error).__name__
        raise
    finally:
        if (
            empty is not None
            and result == "done"
            and agent.ledger.run is None
            and is_empty(report.scanned, report.counts)
        ):
            agent.ledger.opens = None
            empty.add(report.scanned, run.began)
        else:
            run.end(result, report)
        sent = any(name.startswith("delivered.") for name in report.counts)
        agent.ledger.sign_head(sent=sent, outside=result != "interrupted")
        agent.ledger.keep_head()
        log(LogEvent.PASS_ENDED, run=agent.ledger.run, result=result, counts=report.counts)


class _Run:
    """The row and the entries of one run. Inside it the ledger and the log know of it, and afterwards no more."""

    def __init__(self, agent: Agent, kind: str, reason: str | None) -> None:
        self._agent, self._kind, self._reason = agent, kind, reason
        self._row: RunRow
        self.began = agent.clock()
        self._lines = ExitStack()

    def __enter__(self) -> Self:
        """Have it opened by the first transaction that records something."""
        self._agent.ledger.opens = self.open
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing of it to the next, whatever went wrong."""
        self._lines.close()
        self._agent.ledger.run = self._agent.ledger.opens = None

    def open(self, tx: Transaction) -> None:
        """Open it, as the first thing that a transaction records."""
        self._row = start_run(tx, self._kind, at=self.began)
        tx.run = f"run-{self._row.id}"
        self._lines.enter_context(bound(run=tx.run))
        tx.record(Event.RUN_STARTED, versions=self._agent.versions, reason=self._reason)

    def end(self, result: str, report: _Report) -> None:
        """Close it with what came of it."""
        with self._agent.ledger.write() as tx:
            tx.open_run()
            end_run(tx, self._row, result, report.counts)
            scanned = report.scanned
            read = {} if scanned is None else {"range": range_of(scanned), "set_digest": scanned.key_set}
            tx.record(Event.RUN_ENDED, new_state=result, counts=report.counts or None, **read)
