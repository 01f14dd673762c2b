"""Decides in which order cases are listed, and how a list goes on: after the last one seen, whatever came or went.

A protected case stands where its pseudonym puts it: beside its neighbours, or by the number of its row, its key could
be guessed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Connection, case, exists, func, literal, select, tuple_

from sync_agent.ledger.messages import State
from sync_agent.ledger.pages import CaseSearch, case_conditions, message_conditions
from sync_agent.ledger.rows import fetch, table_of
from sync_agent.ledger.tables import CaseRow, MessageRow

__all__ = ["CaseOrder", "CasePlace", "list_cases"]

_CASE: Final = table_of(CaseRow)
_MESSAGE: Final = table_of(MessageRow)
_NAME: Final = case((_CASE.c.protected_since.is_(None), _CASE.c.case_key), else_=_CASE.c.pseudonym)
_LAST: Final = "9"
"""What stands behind every day: a case without one."""

_GRAVEST: Final = (
    State.UNCERTAIN,
    State.REJECTED,
    State.HELD,
    State.WAITING,
    State.PENDING,
    State.IN_FLIGHT,
    State.NOT_READY,
    State.ACKNOWLEDGED,
)


class CaseOrder(StrEnum):
    """By what cases are sorted; those alike by the name under which they are shown."""

    KEY = "key"
    RECEIVED = "received"
    DUE = "due"  # the nearest legal date of what is not up
    STATE = "state"  # the gravest state of a message first


@dataclass(frozen=True, slots=True)
class CasePlace:
    """Where a case stands in a list: what it is sorted by, if not by its name, and the name under which it is shown."""

    value: str
    name: str

    def __str__(self) -> str:
        """Return the word by which the list goes on."""
        return f"{self.value}:{self.name}" if self.value else self.name

    @classmethod
    def parse(cls, word: str, order: CaseOrder) -> Self:
        """Return the place of a word in a list of that order. Raises ValueError."""
        value, colon, name = word.partition(":") if order is not CaseOrder.KEY else ("", ":", word)
        if not (colon and name):
            raise ValueError("no place")
        return cls(value, name)


def list_cases(
    connection: Connection,
    source_id: str,
    wanted: CaseSearch,
    *,
    today: str,
    order: CaseOrder = CaseOrder.KEY,
    after: CasePlace | None = None,
    limit: int = 100,
) -> list[tuple[CaseRow, CasePlace]]:
    """Return a keyset page of cases with their places; `today` (ISO) decides what is late."""
    value = _sorted_by(order)
    query = select(_CASE.c.id, value.label("value"), _NAME.label("name")).where(*case_conditions(source_id, wanted))
    if wanted.by_message:
        query = query.where(exists().where(_MESSAGE.c.case_id == _CASE.c.id, *message_conditions(wanted, today)))
    if after is not None:
        query = query.where(tuple_(value, _NAME) > tuple_(literal(after.value), literal(after.name)))
    found = connection.execute(query.order_by(value, _NAME).limit(limit)).all()
    cases = fetch(connection, CaseRow, select(_CASE).where(_CASE.c.id.in_([row.id for row in found])))
    rows = {each.id: each for each in cases}
    return [(rows[row.id], CasePlace(row.value, row.name)) for row in found]


def _sorted_by(order: CaseOrder) -> ColumnElement[Any]:
    match order:
        case CaseOrder.KEY:
            return literal("")
        case CaseOrder.RECEIVED:
            return func.coalesce(_CASE.c.received_on, _LAST)
        case CaseOrder.DUE:
            open_ones = _of_messages(func.min(_MESSAGE.c.due_on)).where(_MESSAGE.c.first_ack_at.is_(None))
            return func.coalesce(open_ones.scalar_subquery(), _LAST)
        case CaseOrder.STATE:
            rank = case(
                {state: str(place) for place, state in enumerate(_GRAVEST)}, value=_MESSAGE.c.state, else_=_LAST
            )
            return func.coalesce(_of_messages(func.min(rank)).scalar_subquery(), _LAST)


def _of_messages(what: ColumnElement[Any]) -> Any:
    return select(what).where(_MESSAGE.c.case_id == _CASE.c.id)
