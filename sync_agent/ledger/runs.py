"""Passes: when each began and ended, with what result and counts."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from sync_agent.ledger.rows import fetch, insert_rows, save_rows, table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import RunRow
from sync_agent.ledger.tallies import count

__all__ = ["end_run", "last_runs", "start_run"]


def start_run(transaction: Transaction, kind: str, *, at: datetime | None = None) -> RunRow:
    """Open a run that began now, or `at` an instant before."""
    row = RunRow(kind=kind, started_at=at or transaction.now)
    insert_rows(transaction.connection, [row])
    return row


def end_run(transaction: Transaction, row: RunRow, result: str, counts: Mapping[str, int]) -> None:
    """Close a run with its result code and what it did."""
    row.ended_at = transaction.now
    row.result = result
    row.counts = " ".join(f"{name}={number}" for name, number in sorted(counts.items()))
    save_rows(transaction.connection, [row])
    count(transaction, counts)


def last_runs(connection: Connection, limit: int, before: int | None = None) -> list[RunRow]:
    """Return the newest runs first, those before a number."""
    table = table_of(RunRow)
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    return fetch(connection, RunRow, statement if before is None else statement.where(table.c.id < before))
