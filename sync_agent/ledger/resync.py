"""Decides which messages a person means to have sent again, and keeps their marks.

A mark says why. It stays until the message is acknowledged or cannot go up: so what was asked for outlives a crash.
What is on its way or in doubt is never meant, nor a case that is gone from the local system.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar, Final
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field
from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select, update

from sync_agent.ledger.cases import Due, only_again
from sync_agent.ledger.messages import State
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import CaseRow, MessageRow

__all__ = [
    "Chosen",
    "Selection",
    "cases_again",
    "chosen_messages",
    "forced_cases",
    "forced_messages",
    "mark_forced",
    "midnight",
]

_CASE, _MESSAGE = table_of(CaseRow), table_of(MessageRow)
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_UNSETTLED: Final = (State.IN_FLIGHT, State.UNCERTAIN)
_MANY: Final = 500
"""So many values in one list."""

_MOST: Final = 10_000
"""So many cases can be named; no database takes any number of values in one statement."""

_FIRST, _LAST = date(1900, 1, 1), date(9000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is to be sent again: all that is given must be true of a message; nothing given is no message.

    `since` and `until` are days in Viet Nam, both included, on which it was acknowledged, or else last tried.
    """

    __pydantic_config__: ClassVar[ConfigDict] = {
        "extra": "forbid"
    }  # a word that is not understood would mean more than was asked for

    cases: Annotated[tuple[str, ...], Field(max_length=_MOST)] = field(default=(), repr=False)
    since: date | None = None
    until: date | None = None
    state: str | None = None
    step: str | None = None
    agency: str | None = None
    everything: bool = False

    @property
    def says_nothing(self) -> bool:
        """Tell whether nothing was given at all."""
        return self == Selection()


@dataclass(frozen=True, slots=True)
class Chosen:
    """One message that is meant."""

    message_id: int
    case_id: int
    case_key: str = field(repr=False)
    kind: str | None
    step: str
    local_key: str = field(repr=False)
    state: str


def chosen_messages(connection: Connection, source_id: str, selection: Selection) -> Iterator[Chosen]:
    """Yield the messages that are meant, in the order of their rows."""
    columns = (_MESSAGE.c.id, _CASE.c.id, _CASE.c.case_key, _CASE.c.kind)
    statement = _chosen(source_id, selection, *columns, _MESSAGE.c.step, _MESSAGE.c.local_key, _MESSAGE.c.state)
    for row in connection.execute(statement.order_by(_MESSAGE.c.id)):
        yield Chosen(*row)


def _chosen(source_id: str, selection: Selection, *columns: Any) -> Select[Any]:
    found = select(*columns).join(_CASE, _MESSAGE.c.case_id == _CASE.c.id)
    return found.where(_CASE.c.source_id == source_id, _CASE.c.gone_since.is_(None), *_conditions(selection))


def _conditions(selection: Selection) -> Iterator[ColumnElement[bool]]:
    never = _MESSAGE.c.ack_digest.is_(None)
    yield _MESSAGE.c.state.not_in(_UNSETTLED)
    yield ~(never & (_MESSAGE.c.state == State.NOT_READY) & _MESSAGE.c.wanted_digest.is_(None))  # no part of its case
    if selection.says_nothing:
        yield _MESSAGE.c.id.is_(None)
    if selection.cases:
        keys = selection.cases
        yield or_(*(_CASE.c.case_key.in_(keys[at : at + _MANY]) for at in range(0, len(keys), _MANY)))
    went_up = func.coalesce(_MESSAGE.c.ack_at, _MESSAGE.c.intent_at)
    if selection.since is not None:
        yield went_up >= midnight(selection.since)
    if selection.until is not None:
        yield went_up < midnight(selection.until) + timedelta(days=1)
    for column, value in (
        (_MESSAGE.c.state, selection.state),
        (_MESSAGE.c.step, selection.step),
        (_CASE.c.agency, selection.agency),
    ):
        if value is not None:
            yield column == value


def midnight(day: date) -> datetime:
    """Return when a day begins in Viet Nam; one that no clock reaches is the nearest that it does."""
    return datetime.combine(min(max(day, _FIRST), _LAST), time(), _ZONE)


def mark_forced(tx: Transaction, source_id: str, selection: Selection, reason: str) -> None:
    """Mark the messages that are meant, and have their cases looked at.

    What the national side has already is let through the volume guard as the ledger knows it now: a person has seen
    how much it is. What changes until it is read, and what was never there, is not.
    """
    meant = _chosen(source_id, selection, _MESSAGE.c.id)
    let_through = case((_MESSAGE.c.ack_digest.is_not(None), _MESSAGE.c.wanted_mark), else_=_MESSAGE.c.accepted_mark)
    values = {"forced": reason, "accepted_mark": let_through}
    due = _chosen(source_id, selection, _MESSAGE.c.case_id)
    sleeping = _CASE.c.look_at.is_(None) | (_CASE.c.dirty.is_(False) & (_CASE.c.look_at > tx.now))
    tx.connection.execute(update(_CASE).where(_CASE.c.id.in_(due), sleeping).values(look_at=tx.now))
    tx.connection.execute(update(_MESSAGE).where(_MESSAGE.c.id.in_(meant)).values(values))


def cases_again(
    connection: Connection, source_id: str, now: datetime, *, keys: Sequence[str] = (), limit: int
) -> list[Due]:
    """Return the cases of which only what is sent again is due, those first that were not looked at for longest.

    So one that cannot go now, for its account rests, does not stand before the others for ever.
    """
    columns = (func.coalesce(_CASE.c.due_on, ""), _CASE.c.id, _CASE.c.case_key)
    found = select(*columns).where(_CASE.c.source_id == source_id, _CASE.c.look_at <= now, only_again())
    found = found.where(_CASE.c.case_key.in_(keys)) if keys else found
    return [Due(*row) for row in connection.execute(found.order_by(_CASE.c.look_at, _CASE.c.id).limit(limit))]


def forced_messages(connection: Connection, source_id: str) -> dict[int, str]:
    """Return the states, by row id, of the messages that are marked still."""
    statement = select(_MESSAGE.c.id, _MESSAGE.c.state).join(_CASE, _MESSAGE.c.case_id == _CASE.c.id)
    found = connection.execute(statement.where(_MESSAGE.c.forced > "", _CASE.c.source_id == source_id))
    return {row.id: row.state for row in found}


def forced_cases(connection: Connection, case_ids: Collection[int]) -> set[int]:
    """Return those of some cases that have a marked message."""
    statement = select(_MESSAGE.c.case_id).where(_MESSAGE.c.forced > "", _MESSAGE.c.case_id.in_(case_ids))
    return set(connection.execute(statement).scalars())
