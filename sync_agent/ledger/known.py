"""A case as the ledger knows it: its row, its secret and its messages together, loaded in bulk."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select

from sync_agent.audit import CaseSecret, Event, load_secrets, owner_of
from sync_agent.errors import LedgerError, SyncAgentError
from sync_agent.ledger.cases import find_case, load_by_id, load_cases
from sync_agent.ledger.messages import MessageKey, State, load_messages
from sync_agent.ledger.rows import save_rows, table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import CaseRow, MessageRow

__all__ = [
    "KnownCase",
    "case_behind",
    "known_by_id",
    "known_by_key",
    "known_by_name",
    "subject_of",
    "unacknowledged",
    "with_messages_in",
]

_MESSAGE = table_of(MessageRow)
_CASE = table_of(CaseRow)


@dataclass(slots=True)
class KnownCase:
    """One case of the ledger. What it records speaks of the case by its commitment only."""

    row: CaseRow
    secret: CaseSecret = field(repr=False)
    messages: dict[MessageKey, MessageRow] = field(default_factory=dict, repr=False)

    @property
    def subject(self) -> str:
        """The commitment by which the audit log speaks of the case, whatever its key is now."""
        return self.secret.subject(*self.row.origin)

    def record(self, tx: Transaction, event: Event, **facts: Any) -> None:
        """Add an audit entry about the case. `facts` are fields of `audit.Entry`."""
        tx.record(event, subject=self.subject, **facts)

    def record_message(self, tx: Transaction, event: Event, message: MessageRow, **facts: Any) -> None:
        """Add an audit entry about one message of the case and the state it is in now."""
        self.record(tx, event, step=message.step, item=self.item(message.local_key), new_state=message.state, **facts)

    def item(self, local_key: str) -> str | None:
        """Return the commitment of a local key, None for a step that occurs once."""
        return self.secret.item(local_key) if local_key else None

    def look_again(self, tx: Transaction) -> None:
        """Have the case read and judged again, although its rows may not have changed."""
        self.row.look_at, self.row.dirty, self.row.rev = tx.now, True, self.row.rev + 1
        save_rows(tx.connection, [self.row])


def known_by_key(connection: Connection, source_id: str, keys: Collection[str]) -> dict[str, KnownCase]:
    """Return the known cases among `keys`, with secrets and messages."""
    return {case.row.case_key: case for case in _known(connection, load_cases(connection, source_id, keys).values())}


def known_by_id(connection: Connection, ids: Collection[int]) -> list[KnownCase]:
    """Return cases by their row ids, with secrets and messages."""
    return _known(connection, load_by_id(connection, ids))


def known_by_name(connection: Connection, source_id: str, name: str) -> KnownCase:
    """Return the case whose key or pseudonym is `name`. Raises SyncAgentError when there is none."""
    row = find_case(connection, source_id, name)
    if row is None:
        # what was typed is not repeated: it may be a name
        raise SyncAgentError("the ledger knows no such case", todo="see: sync-agent cases list")
    return _known(connection, [row])[0]


def subject_of(connection: Connection, source_id: str, name: str) -> str:
    """Return the commitment by which the audit log speaks of a case. Raises SyncAgentError when there is none."""
    return known_by_name(connection, source_id, name).subject


def case_behind(connection: Connection, commitment: str) -> CaseRow | None:
    """Return the case that a subject or a note of the log is about, None when it is erased or about none."""
    owner = owner_of(connection, commitment)
    return find_case(connection, *owner) if owner else None


def with_messages_in(
    connection: Connection, source_id: str, state: State, *, before: datetime | None = None
) -> list[KnownCase]:
    """Return the cases that have a message in `state`, its intent no later than `before` if given."""
    statement = (
        select(_CASE.c.id)
        .join(_MESSAGE, _MESSAGE.c.case_id == _CASE.c.id)
        .where(_CASE.c.source_id == source_id, _MESSAGE.c.state == state)
    )
    if before is not None:
        statement = statement.where(_MESSAGE.c.intent_at <= before)
    return known_by_id(connection, set(connection.execute(statement).scalars()))


def unacknowledged(connection: Connection, source_id: str, *, after: int, limit: int) -> list[KnownCase]:
    """Return a page (by row id) of the cases with a message that was never acknowledged."""
    open_ones = exists().where(_MESSAGE.c.case_id == _CASE.c.id, _MESSAGE.c.ack_digest.is_(None))
    statement = select(_CASE.c.id).where(_CASE.c.source_id == source_id, _CASE.c.id > after, open_ones)
    ids = list(connection.execute(statement.order_by(_CASE.c.id).limit(limit)).scalars())
    return sorted(known_by_id(connection, ids), key=lambda case: case.row.id)


def _known(connection: Connection, rows: Iterable[CaseRow]) -> list[KnownCase]:
    found = list(rows)
    if not found:
        return []
    secrets = load_secrets(connection, found[0].source_id, [row.case_key for row in found])
    if len(secrets) != len(found):
        raise LedgerError(
            "{count} cases of the ledger have no secret any more",
            where="audit_erasable",
            todo="see: sync-agent audit verify; of a copy that was put back: sync-agent db restored --reason CODE",
            facts=(("count", str(len(found) - len(secrets))),),
        )
    messages = load_messages(connection, [row.id for row in found])
    return [KnownCase(row, secrets[row.case_key], messages[row.id]) for row in found]
