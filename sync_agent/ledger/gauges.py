"""What a monitoring system asks of the ledger, read in one transaction: counts, last times, sizes. Reads only."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from sync_agent.audit import head, last_checkpoint, last_done
from sync_agent.domain.findings import Level
from sync_agent.ledger import postgres, queries, sqlite, timeliness
from sync_agent.ledger.lanes import load_lanes
from sync_agent.ledger.requests import count_waiting
from sync_agent.ledger.rows import fetch, table_of
from sync_agent.ledger.tables import LaneRow, MessageRow, RunRow
from sync_agent.ledger.writebacks import write_back_counts

__all__ = ["Gauges", "last_done_at", "newest_run", "reached", "read_gauges", "runs_after"]

_RUN = table_of(RunRow)
_DATABASE_BYTES = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True, slots=True)
class Gauges:
    """How everything stands.

    `late` and `due_soon` count by step, `held` by rule; `anchored_at` is the last head that reached each place.
    """

    overview: queries.Overview
    late: Counter[str]
    due_soon: Counter[str]
    held: Counter[str]
    lanes: dict[str, LaneRow] = field(repr=False)
    write_backs: int
    requests: int
    last_done_at: datetime | None
    last_acknowledged_at: datetime | None
    entries: int
    checkpoint_at: datetime | None
    anchored_at: dict[str, datetime | None]
    ledger_bytes: int


def read_gauges(connection: Connection, source_id: str, *, today: date, soon: date, places: Iterable[str]) -> Gauges:
    """Return how everything stands on a day in Viet Nam; what is due until `soon` is due soon.

    `places` are those to which heads of the audit log go.
    """
    signed = last_checkpoint(connection)
    return Gauges(
        overview=queries.overview(connection, source_id),
        late=_by_step(timeliness.late_counts(connection, source_id, today)),
        due_soon=_by_step(timeliness.due_soon_counts(connection, source_id, today, soon)),
        held=_held(connection, source_id),
        lanes=load_lanes(connection),
        write_backs=sum(write_back_counts(connection, source_id).values()),
        requests=count_waiting(connection),
        last_done_at=last_done_at(connection),
        last_acknowledged_at=connection.execute(select(func.max(table_of(MessageRow).c.ack_at))).scalar(),
        entries=head(connection).size,
        checkpoint_at=datetime.fromisoformat(signed.signed_at) if signed else None,
        anchored_at=reached(connection, places),
        ledger_bytes=_ledger_bytes(connection),
    )


def newest_run(connection: Connection) -> int:
    """Return the number of the run that began last, 0 while there is none."""
    return int(connection.execute(select(func.coalesce(func.max(_RUN.c.id), 0))).scalar_one())


def runs_after(connection: Connection, number: int) -> list[RunRow]:
    """Return the runs that began after the one of `number` and have ended, in their order."""
    ended = select(_RUN).where(_RUN.c.id > number, _RUN.c.ended_at.is_not(None))
    return fetch(connection, RunRow, ended.order_by(_RUN.c.id))


def last_done_at(connection: Connection) -> datetime | None:
    """Return when a pass last ended as it should."""
    done = select(_RUN.c.ended_at).where(_RUN.c.kind == "sync", _RUN.c.result == "done")
    found: datetime | None = connection.execute(done.order_by(_RUN.c.id.desc()).limit(1)).scalar()
    return found


def reached(connection: Connection, places: Iterable[str]) -> dict[str, datetime | None]:
    """Return when a head of the audit log last reached each place, None: never."""
    records = {place: last_done(connection, [place]) for place in places}
    return {place: datetime.fromisoformat(record.anchored_at) if record else None for place, record in records.items()}


def _by_step(counts: Mapping[tuple[str, str, str], int]) -> Counter[str]:
    by_step: Counter[str] = Counter()
    for (_, _, step), number in counts.items():
        by_step[step] += number
    return by_step


def _held(connection: Connection, source_id: str) -> Counter[str]:
    """Count what keeps cases from going up, by rule: once for each field of a case."""
    held: Counter[str] = Counter()
    for (level, rule, _), number in queries.hold_counts(connection, source_id).items():
        held[rule] += number if level != Level.WARN else 0
    return +held


def _ledger_bytes(connection: Connection) -> int:
    """Return how much room the database of the ledger takes."""
    on_server = connection.engine.url.get_backend_name() == postgres.BACKEND
    if not on_server:
        return sqlite.size_of(connection)
    return int(connection.exec_driver_sql(_DATABASE_BYTES).scalar_one())
