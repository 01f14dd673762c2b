"""Decides what is counted day by day for the pages: what became of attempts, and how much stood open.

A day is one in Viet Nam. What a run did is added up; what stands open is as the last run of the day left it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update

from sync_agent.ledger.messages import State
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import MessageRow, TallyRow

__all__ = ["BACKLOG", "DELIVERED", "Tally", "count", "tallies"]

DELIVERED: Final = "delivered."
BACKLOG: Final = "backlog."
_OPEN: Final = (State.PENDING, State.IN_FLIGHT, State.WAITING, State.REJECTED, State.UNCERTAIN, State.HELD)
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_TALLY: Final = table_of(TallyRow)
_STATE: Final = table_of(MessageRow).c.state


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something happened on a day, or how much there was of it at its end."""

    day: str
    name: str
    number: int


def count(tx: Transaction, counts: Mapping[str, int]) -> None:
    """Add what a run delivered to its day, and keep how much it left open: of each state, none of it included."""
    day = _day(tx.now)
    known = {each.name: each.number for each in tallies(tx.connection, day, day)}
    wanted = {name: known.get(name, 0) + n for name, n in counts.items() if n and name.startswith(DELIVERED)}
    wanted |= _open(tx.connection)
    for name, number in wanted.items():
        if known.get(name) != number:
            _save(tx.connection, day, name, number, known=name in known)


def tallies(connection: Connection, since: str, until: str) -> list[Tally]:
    """Return what was counted from one day to another (ISO), both included."""
    query = select(_TALLY).where(_TALLY.c.day >= since, _TALLY.c.day <= until).order_by(_TALLY.c.day, _TALLY.c.name)
    return [Tally(*row) for row in connection.execute(query)]


def _open(connection: Connection) -> dict[str, int]:
    query = select(_STATE, func.count()).where(_STATE.in_(_OPEN)).group_by(_STATE)
    found = {str(state): number for state, number in connection.execute(query)}
    return {f"{BACKLOG}{state.value}": found.get(state, 0) for state in _OPEN}


def _save(connection: Connection, day: str, name: str, number: int, *, known: bool) -> None:
    if known:
        ours = (_TALLY.c.day == day) & (_TALLY.c.name == name)
        connection.execute(update(_TALLY).where(ours).values(number=number))
    else:
        connection.execute(insert(_TALLY).values(day=day, name=name, number=number))


def _day(moment: datetime) -> str:
    day: date = moment.astimezone(_ZONE).date()
    return day.isoformat()
