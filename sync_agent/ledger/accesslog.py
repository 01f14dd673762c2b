"""Who looked at which page: one row each, never what was searched; and what the audit log says of a whole day of it."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select

from sync_agent.audit import Event, Frontier, entries, instant, leaf_hash
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.store import Ledger, Transaction
from sync_agent.ledger.tables import AccessRow

__all__ = ["close_access_days", "day_root", "note_access"]

_ACCESS: Final = table_of(AccessRow)
_HERE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_PAGE: Final = 5000


def note_access(
    tx: Transaction, page: str, status: int, *, account: str | None, case_id: int | None, origin: str | None
) -> None:
    """Note that somebody looked at a page, or tried to. `origin` stands for their address, keyed."""
    row = {"at": tx.now, "account": account, "page": page, "case_id": case_id, "status": status, "origin": origin}
    tx.connection.execute(insert(_ACCESS).values(row))


def day_root(connection: Connection, day: date) -> tuple[int, str]:
    """Return how many rows a day in Viet Nam has and the root of the Merkle tree over them, in their order."""
    first, last = _bounds(day)
    frontier, rows = Frontier(), select(_ACCESS).where(_ACCESS.c.at >= first, _ACCESS.c.at < last)
    for row in connection.execute(rows.order_by(_ACCESS.c.id), execution_options={"yield_per": _PAGE}):
        said = [row.id, instant(row.at), row.account, row.page, row.case_id, row.status, row.origin]
        frontier.append(leaf_hash(canonical_bytes(said)))
    return frontier.size, frontier.head().root.hex()


def close_access_days(ledger: Ledger) -> int:
    """Put into the audit log what each finished day of the access log came to, once; return how many days that were."""
    with ledger.write() as tx:
        today = tx.now.astimezone(_HERE).date()
        days = _open_days(tx.connection, today)
        for day in days:
            number, root = day_root(tx.connection, day)
            tx.record(Event.ACCESS_DAY_CLOSED, new_state=day.isoformat(), counts={"pages": number}, set_digest=root)
    return len(days)


def _open_days(connection: Connection, today: date) -> list[date]:
    """Return the finished days that the audit log lacks, oldest first; the first row ever begins the first of them."""
    closed = next(entries(connection, event=Event.ACCESS_DAY_CLOSED, limit=1, newest_first=True), None)
    if closed is not None:
        day = date.fromisoformat(str(closed.entry.new_state)) + timedelta(days=1)
    else:
        first: datetime | None = connection.execute(select(func.min(_ACCESS.c.at))).scalar()
        day = first.astimezone(_HERE).date() if first else today
    return [day + timedelta(days=number) for number in range((today - day).days)]


def _bounds(day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, time(), _HERE), datetime.combine(day + timedelta(days=1), time(), _HERE)
