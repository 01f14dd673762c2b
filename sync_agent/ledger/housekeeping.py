"""Decides what of the working data is let go of with time, and what the database does for itself. Never the audit log.

Of passes, requests and states of which people were told, the log keeps what happened; their rows only show it.
"""

import time
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    delete,
    func,
    select,
    text,
    tuple_,
    union,
)
from sqlmodel import SQLModel

from sync_agent.audit import Event, entries
from sync_agent.ledger import sqlite
from sync_agent.ledger.accesslog import close_access_days
from sync_agent.ledger.engine import on_server
from sync_agent.ledger.quiet import WRITE, told
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.store import Ledger
from sync_agent.ledger.tables import NoticeRow, RequestRow, RunRow
from sync_agent.ledger.tallies import count

__all__ = ["keep_house", "last_told", "tidy_database"]

_RUN: Final = table_of(RunRow)
_REQUEST: Final = table_of(RequestRow)
_NOTICE: Final = table_of(NoticeRow)
_BATCH: Final = 5000
"""Rows that are let go of in one transaction: nobody waits for long."""

_PARTS: Final = ("*.part", "*.new")
"""What a killed process leaves of a file that it wrote; the whole one has another name."""

_DAY: Final = 86_400.0

_MINE = text("""
    SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'USAGE')
""")
"""Those of PostgreSQL that the user of the connection may analyse; of the others the server does it by itself."""


def keep_house(ledger: Ledger, state: Path, *, keep: timedelta) -> Counter[str]:
    """Let go of rows older than `keep` and of parts of files; close the days of the access log; note what stands open.

    Returns how many there were of each. Raises LedgerError.
    """
    counts = Counter(access_days=close_access_days(ledger))
    before = ledger.clock() - keep
    for name, rows in _passed(before).items():
        counts[name] = _let_go(ledger, *rows)
    counts["parts"] = _remove_parts(state)
    with ledger.write() as tx:
        count(tx, {})
        tx.record(Event.HOUSE_KEPT, counts=dict(counts))
    return counts


def tidy_database(ledger: Ledger) -> None:
    """Have the database look after itself, for a few seconds at most. Raises LedgerError."""
    engine = ledger.engine
    with told(engine):
        if not on_server(engine.url):
            sqlite.tidy(engine)
            return
        with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
            ours = set(SQLModel.metadata.tables) & set(connection.execute(_MINE).scalars())
            if ours:
                connection.exec_driver_sql(f"ANALYZE {', '.join(sorted(ours))}")


def last_told(connection: Connection, event: Event) -> datetime | None:
    """Return when the log last told of something, None when it never did."""
    newest = next(entries(connection, event=event, limit=1, newest_first=True), None)
    return None if newest is None else datetime.fromisoformat(newest.entry.time)


def _passed(before: datetime) -> dict[str, tuple[Table, ColumnElement[bool]]]:
    """Return what may go, by name.

    The newest run and the newest request stay: the database gives no number twice. So does the last good pass.
    """
    return {
        "runs": (_RUN, (_RUN.c.started_at < before) & _RUN.c.id.not_in(_kept_runs())),
        "requests": (_REQUEST, (_REQUEST.c.ended_at < before) & _REQUEST.c.id.not_in(_newest(_REQUEST))),
        "notices": (_NOTICE, _NOTICE.c.ended_at < before),
    }


def _kept_runs() -> CompoundSelect[int]:
    passes = _RUN.c.kind == "sync"
    done, ended = passes & (_RUN.c.result == "done"), passes & _RUN.c.ended_at.is_not(None)
    return union(_newest(_RUN), _newest(_RUN).where(done), _newest(_RUN).where(ended))


def _newest(table: Table) -> Select[int]:
    return select(func.coalesce(func.max(table.c.id), 0))


def _let_go(ledger: Ledger, table: Table, which: ColumnElement[bool]) -> int:
    """Delete rows, in several transactions where there are many."""
    key = tuple_(*table.primary_key)
    some = select(*table.primary_key).where(which).limit(_BATCH)
    gone = 0
    while True:
        with ledger.write() as tx:
            number = tx.connection.execute(delete(table).where(key.in_(some))).rowcount
        gone += number
        if number < _BATCH:
            return gone


def _remove_parts(state: Path) -> int:
    """Remove parts of files below the state folder that nobody can be writing any more, by the clock of the files."""
    old = time.time() - _DAY
    gone = 0
    for path in (path for pattern in _PARTS for path in state.rglob(pattern)):
        with suppress(OSError):  # it is gone by now, or somebody else's
            if path.is_file() and path.stat().st_mtime < old:
                path.unlink()
                gone += 1
    return gone
