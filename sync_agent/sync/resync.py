"""Sends again what a person names: marks it in one transaction, then makes passes until every mark is off.

The marks are in the ledger, so that any later pass goes on with them. They go the way of everything else: settled
reads, gate, holds, guards and the contract; what these forbid loses its mark, and the log says why.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from sync_agent.audit import Event, StoredEntry, entries, head
from sync_agent.domain.canonical import keyed_digest
from sync_agent.errors import GuardError
from sync_agent.ledger import Selection, State, Transaction, known_by_id, save_rows
from sync_agent.ledger import resync as marks
from sync_agent.sync.binding import alone
from sync_agent.sync.context import Agent
from sync_agent.sync.notes import note_about_many, require_reason
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.retry import plan_again
from sync_agent.sync.run import run_pass

__all__ = ["ResyncPlan", "ResyncReport", "plan_resync", "resync", "send_again"]

_PAGE: Final = 500


@dataclass(slots=True)
class ResyncPlan:
    """What is meant: messages by kind of case, step and state, how many cases, and the digest that names the set."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    cases: int = 0
    digest: str = ""

    @property
    def messages(self) -> int:
        """How many messages are meant."""
        return self.counts.total()


@dataclass(slots=True)
class ResyncReport:
    """What came of it: how many messages were marked now, how many had a mark in all, and what became of these.

    `dropped` counts by the reason why they cannot go up again, `left` by state what is marked still; `since` is the
    size of the log before.
    """

    marked: int
    total: int = 0
    since: int = 0
    passes: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> int:
        """How many went up again and were acknowledged."""
        return self.total - self.dropped.total() - self.left.total()


def plan_resync(agent: Agent, selection: Selection) -> ResyncPlan:
    """Return what a selection means now. Writes nothing. The cases are named by key."""
    with agent.ledger.read() as connection:
        return _meant(agent, connection, selection)[0]


def resync(
    agent: Agent,
    selection: Selection,
    *,
    reason: str,
    note: str | None = None,
    actor: str,
    accepted: str | None = None,
    progress: Progress | None = None,
    held: bool = False,
) -> ResyncReport:
    """Have what is meant sent again; `reason` is a code, `accepted` the digest of the plan that was shown.

    `held`: the caller holds the ledger, and later passes send. Raises GuardError when the set is not the accepted one
    any more, SyncAgentError for a reason that is no code or a note that tells of somebody, the errors of a pass.
    """
    require_reason(reason)
    with alone(agent, held=held):
        start = _log_size(agent)
        report = ResyncReport(_mark(agent, selection, reason=reason, note=note, actor=actor, accepted=accepted))
        report.total, report.since = len(_open(agent)), start
        if held:
            return report
        return send_again(
            agent, report, lambda shown: run_pass(agent, actor=actor, progress=shown, held=True), progress
        )


def send_again(
    agent: Agent, report: ResyncReport, a_pass: Callable[[Progress], object], progress: Progress | None = None
) -> ResyncReport:
    """Have passes made until they change nothing of what is marked: what is left then waits for time or a person.

    `a_pass` makes one, and tells a progress of it. Raises what it raises: the marks stay for a later one.
    """
    left = _open(agent)
    watch = _Watch(len(left), progress or NoProgress())
    try:
        while left:
            a_pass(watch)
            report.passes += 1
            before, left = left, _open(agent)
            watch.is_left(len(left))
            if left == before:
                break
    finally:
        watch.end()
    report.left = Counter(left.values())
    report.dropped = Counter(each.entry.reason or "" for each in _dropped_since(agent, report.since))
    return report


def _meant(agent: Agent, connection: Connection, selection: Selection) -> tuple[ResyncPlan, list[marks.Chosen]]:
    """Return the plan of a selection and the refused messages and cases in it that need more than a mark."""
    plan, seen, cases, rows = ResyncPlan(), hashlib.sha256(), set[int](), []
    for each in marks.chosen_messages(connection, agent.ledger.source_id, selection):
        plan.counts[each.kind or "", each.step, each.state] += 1
        seen.update(f"{each.case_key}\n{each.step}\n{each.local_key}\n".encode())
        cases.add(each.case_id)
        rows.append(each)
    plan.cases = len(cases)
    plan.digest = keyed_digest(agent.installation_key, "resync", seen.digest())
    return plan, rows


def _mark(
    agent: Agent, selection: Selection, *, reason: str, note: str | None, actor: str, accepted: str | None
) -> int:
    """Mark what is meant, whole or not at all, with the entry that says who wanted it; return how many it is."""
    with agent.ledger.write(actor=actor) as tx:
        plan, meant = _meant(agent, tx.connection, selection)
        if accepted is not None and accepted != plan.digest:
            raise GuardError(
                "what was shown has changed since, {count} messages are meant now: nothing was marked",
                where="resync",
                todo="look at it again: sync-agent resync … --dry-run",
                facts=(("count", str(plan.messages)),),
            )
        if not meant:
            return 0
        commitment = note_about_many(agent, tx, list(dict.fromkeys(each.case_key for each in meant)), note)
        marks.mark_forced(tx, agent.ledger.source_id, selection, reason)
        _try_refused(tx, meant)
        tx.record(Event.RESYNC_REQUESTED, reason=reason, note=commitment, set_digest=plan.digest, counts=_figures(plan))
    return plan.messages


def _figures(plan: ResyncPlan) -> dict[str, int]:
    figures = Counter[str]({"messages": plan.messages, "cases": plan.cases})
    for (_, step, state), number in plan.counts.items():
        figures[f"{step}.{state}"] += number
    return dict(figures)


def _try_refused(tx: Transaction, meant: list[marks.Chosen]) -> None:
    """Have what was refused tried now, as a person's retry does."""
    wanted = {each.message_id: each.case_id for each in meant if each.state == State.REJECTED}
    ids = sorted(set(wanted.values()))
    for start in range(0, len(ids), _PAGE):
        for case in known_by_id(tx.connection, ids[start : start + _PAGE]):
            refused = [message for message in case.messages.values() if message.id in wanted]
            for message in refused:
                plan_again(tx, case, message, str(message.forced))
            save_rows(tx.connection, refused)


def _open(agent: Agent) -> dict[int, str]:
    with agent.ledger.read() as connection:
        return marks.forced_messages(connection, agent.ledger.source_id)


def _log_size(agent: Agent) -> int:
    with agent.ledger.read() as connection:
        return head(connection).size


def _dropped_since(agent: Agent, start: int) -> Iterator[StoredEntry]:
    with agent.ledger.read() as connection:
        yield from entries(connection, event=Event.RESYNC_DROPPED, since_idx=start)


class _Watch:
    """Tells of all passes together how far it is: by what each of them sends, put right when it has ended."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = total
        self._progress = progress
        self._shown = 0
        self._sending = False
        progress.stage("sending again", total)

    def stage(self, name: str, _total: int | None) -> None:
        """Note whether a pass is sending."""
        self._sending = name == "sending"

    def advance(self, count: int = 1) -> None:
        """Count what was sent."""
        if self._sending:
            self._show(self._shown + count)

    def finish(self) -> None:
        """Leave it to the next pass."""

    def is_left(self, left: int) -> None:
        """Show as many as are done with by now."""
        self._show(self._total - left)

    def end(self) -> None:
        """End it."""
        self._progress.finish()

    def _show(self, done: int) -> None:
        done = min(done, self._total)
        if done > self._shown:
            self._progress.advance(done - self._shown)
            self._shown = done
