"""Messages in the ledger: their states, and the two facts kept apart, acknowledged and delivery."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Select, bindparam, collate, select, update

from sync_agent.domain.steps import STEP_ORDER, Step
from sync_agent.ledger.rows import fetch, table_of
from sync_agent.ledger.tables import CaseRow, MessageRow

__all__ = [
    "Doubt",
    "MessageKey",
    "PlannedRow",
    "State",
    "accept_plan",
    "accounts_used",
    "ever_sent",
    "holders_of",
    "id_is_taken",
    "load_messages",
    "planned",
    "sort_key",
    "went_up",
]

MessageKey = tuple[Step, str]

_MESSAGE = table_of(MessageRow)
_CASE = table_of(CaseRow)
_PAGE = 1000
_HOLDERS = select(_MESSAGE.c.step, _MESSAGE.c.ack_id, _MESSAGE.c.id).where(
    _MESSAGE.c.step.in_(list(Step)),  # by which the index is ordered
    _MESSAGE.c.ack_id.in_(bindparam("ids", expanding=True)),
)


class State(StrEnum):
    """How delivery of a message stands."""

    NOT_READY = "not_ready"  # the local system has not finished this step
    PENDING = "pending"  # to be sent
    IN_FLIGHT = "in_flight"  # intent committed; bytes may have left
    ACKNOWLEDGED = "acknowledged"  # the national side has this content
    WAITING = "waiting"  # surely not processed; tried again at `next_try_at`
    REJECTED = "rejected"  # refused; a person, a mapping or a change of the source must help
    UNCERTAIN = "uncertain"  # sent, outcome unknown; settled before anything may be sent
    HELD = "held"  # confidentiality, validation, guard or capability


class Doubt(StrEnum):
    """Whether the national side may hold a message that was never sent from here: why a person or a look-up is asked.

    All but `NOT_FOUND` keep it from going up.
    """

    ADOPTION = "adoption"  # a person must look
    LOOK_UP = "look_up"  # to be looked up, by the next adoption that may ask
    UNPROVEN = "unproven"  # looked up and not found, by a look-up that is not proven
    SHARED_ID = "shared_id"  # its local national id stands at another case or decision too
    NOT_FOUND = "not_found"  # it is not there: it may go up, and is not looked up again


def sort_key(row: MessageRow) -> tuple[int, str]:
    """Order the messages of a case as they go up."""
    return STEP_ORDER[Step(row.step)], row.local_key


def load_messages(connection: Connection, case_ids: Collection[int]) -> dict[int, dict[MessageKey, MessageRow]]:
    """Return the messages of the cases, by case row id and message key."""
    found: dict[int, dict[MessageKey, MessageRow]] = {case_id: {} for case_id in case_ids}
    for row in fetch(connection, MessageRow, select(_MESSAGE).where(_MESSAGE.c.case_id.in_(case_ids))):
        found[row.case_id][Step(row.step), row.local_key] = row
    return found


def id_is_taken(connection: Connection, step: str, national_id: str, message_id: int) -> bool:
    """Tell whether another message of the ledger already has this national id."""
    statement = select(_MESSAGE.c.id).where(
        _MESSAGE.c.step == step, _MESSAGE.c.ack_id == national_id, _MESSAGE.c.id != message_id
    )
    return connection.execute(statement).first() is not None


def holders_of(connection: Connection, national_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Return which message (by row id) has each of these national ids, by step and id, as far as one has it."""
    if not national_ids:
        return {}
    found = connection.execute(_HOLDERS, {"ids": list(national_ids)})
    return {(step, national_id): message_id for step, national_id, message_id in found}


def ever_sent(connection: Connection) -> bool:
    """Tell whether anything may ever have left this ledger, or was taken over into it."""
    statement = select(_MESSAGE.c.id).where(went_up()).limit(1)
    return connection.execute(statement).first() is not None


def accounts_used(connection: Connection) -> list[str]:
    """Return the accounts that minted an id, or sent something whose outcome is not known yet."""
    open_states = _MESSAGE.c.state.in_([State.IN_FLIGHT, State.UNCERTAIN])
    minted = select(_MESSAGE.c.ack_account).where(_MESSAGE.c.ack_account.is_not(None))
    sent = select(_MESSAGE.c.account).where(open_states, _MESSAGE.c.account.is_not(None))
    return sorted(connection.execute(minted.union(sent)).scalars())


def went_up() -> ColumnElement[bool]:
    """Return the condition of a message that the national side may know."""
    return (_MESSAGE.c.attempts > 0) | _MESSAGE.c.intent_at.is_not(None) | _MESSAGE.c.ack_digest.is_not(None)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One message that stands to be sent; `mark` names its content."""

    case_key: str = field(repr=False)
    step: str
    local_key: str = field(repr=False)
    update: bool
    mark: str
    protected: bool = False
    tried: bool = False

    @property
    def why(self) -> str:
        """Say in one word why it would be sent."""
        return "retry" if self.tried else "changed" if self.update else "new"


def planned(connection: Connection, source_id: str, keys: Sequence[str] = ()) -> Iterator[PlannedRow]:
    """Yield what would be sent for the first time with its content and was not let through yet.

    By case key, step and local key, in the order of their bytes: on every database the same.
    """
    names = (_CASE.c.case_key, _MESSAGE.c.step, _MESSAGE.c.local_key)
    bytewise = "C" if connection.dialect.name == "postgresql" else "BINARY"
    statement = (
        select(
            *names,
            _MESSAGE.c.ack_digest.is_not(None),
            _MESSAGE.c.wanted_mark,
            _CASE.c.protected_since.is_not(None),
            _MESSAGE.c.attempts > 0,
        )
        .join(_CASE)
        .where(*_not_let_through(source_id, keys))
        .order_by(*(collate(name, bytewise) for name in names))
    )
    with connection.execute(statement, execution_options={"yield_per": _PAGE}) as rows:
        for row in rows:
            yield PlannedRow(*row)


def accept_plan(connection: Connection, source_id: str, now: datetime, keys: Sequence[str] = ()) -> None:
    """Mark everything that is planned now as let through the volume guard, and have its cases looked at."""
    new = _not_let_through(source_id, keys)
    # A dirty case is looked at anyway when it has settled.
    sleeping = _CASE.c.look_at.is_(None) | (_CASE.c.dirty.is_(False) & (_CASE.c.look_at > now))
    of_new = select(_MESSAGE.c.case_id).where(*new)
    connection.execute(update(_CASE).where(_CASE.c.id.in_(of_new), sleeping).values(look_at=now))
    connection.execute(update(_MESSAGE).where(*new).values(accepted_mark=_MESSAGE.c.wanted_mark))


def _not_let_through(source_id: str, keys: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        _MESSAGE.c.case_id.in_(_of_source(source_id, keys)),
        _MESSAGE.c.state == State.PENDING,
        _MESSAGE.c.accepted_mark.is_distinct_from(_MESSAGE.c.wanted_mark),
    )


def _of_source(source_id: str, keys: Sequence[str]) -> Select[tuple[int]]:
    cases = select(_CASE.c.id).where(_CASE.c.source_id == source_id)
    return cases.where(_CASE.c.case_key.in_(keys)) if keys else cases
