"""Decides which cases are gone from the local system: those that two complete full scans in a row did not find.

What the national side has of them stays as it is; nothing of them is sent any more. A case that is read again returns.
"""

from collections.abc import Sequence

from sync_agent.audit import Event
from sync_agent.domain.findings import Finding, Level
from sync_agent.errors import SourceError
from sync_agent.ledger import (
    KnownCase,
    Leaving,
    Seen,
    SourceRow,
    Transaction,
    count_absence,
    known_by_id,
    present_cases,
    save_rows,
    unseen_cases,
)
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import UNSETTLED
from sync_agent.sync.record import drop, record_findings, save_messages

__all__ = ["count_missing", "mark_gone", "require_answer", "unseen_pages"]

_PAGE = 200


def require_answer(agent: Agent, read: int) -> None:
    """Raise SourceError when a full scan read nothing although there was something: that is no local system."""
    if read:
        return
    with agent.ledger.read() as connection:
        known = present_cases(connection, agent.ledger.source_id)
    if known:
        raise SourceError(
            "the source returned no case at all, the ledger knows {count}: nothing was concluded from it",
            todo="check source.url, the rights of its account and the query changes",
            facts=(("count", str(known)),),
        )


def unseen_pages(agent: Agent, seen: Seen) -> list[list[tuple[int, str]]]:
    """Return row id and key, by pages, of the cases that a full scan has not seen."""
    with agent.ledger.read() as connection:
        return list(unseen_cases(connection, agent.ledger.source_id, seen))


def count_missing(agent: Agent, tx: Transaction, before: SourceRow, missing: Sequence[int]) -> None:
    """Count one complete full scan that did not find these cases, in the transaction that ends it.

    Two scans closer together than `settle` count as one: a system that writes a case anew is seen without it.
    """
    last = before.full_scan_at
    count_absence(tx.connection, missing, again=last is None or tx.now - last >= agent.settings.settle)


def mark_gone(tx: Transaction, leaving: Sequence[Leaving]) -> None:
    """Mark cases as gone: what was acknowledged and what is in doubt stays, the rest waits for their return."""
    for start in range(0, len(leaving), _PAGE):
        ids = [one.case_id for one in leaving[start : start + _PAGE]]
        known = known_by_id(tx.connection, ids)
        for case in known:
            _leave(tx, case)
        record_findings(tx, [(case, _finding(case)) for case in known])
        save_messages(tx, known)
        save_rows(tx.connection, [case.row for case in known])


def _leave(tx: Transaction, case: KnownCase) -> None:
    case.row.gone_since, case.row.absent_scans, case.row.present = tx.now, 0, False
    case.row.look_at, case.row.dirty = None, False
    case.record(tx, Event.GONE)
    for message in case.messages.values():
        drop(tx, case, message)


def _finding(case: KnownCase) -> list[Finding]:
    """Return what stands against a case that is gone: that the national side has what nobody can read any more."""
    sent = any(message.ack_digest is not None or message.state in UNSETTLED for message in case.messages.values())
    return [Finding("source_missing", Level.WARN)] if sent else []
