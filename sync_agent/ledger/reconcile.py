"""Which cases the ledger compares with the two other sides, and by which of them a look-up can be tried."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from sync_agent.domain.steps import Step
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import CaseRow, MessageRow

__all__ = ["holder_of", "keys_known", "mark_message", "surely_there"]

_CASE, _MESSAGE = table_of(CaseRow), table_of(MessageRow)


def keys_known(connection: Connection, source_id: str, since: datetime | None = None) -> list[str]:
    """Return the keys of the cases of a source; with `since` only of those that changed or went up since."""
    statement = select(_CASE.c.case_key).where(_CASE.c.source_id == source_id)
    if since is not None:
        went_up = select(_MESSAGE.c.case_id).where(_MESSAGE.c.ack_at >= since)
        statement = statement.where((_CASE.c.digest_seen_at >= since) | _CASE.c.id.in_(went_up))
    return list(connection.execute(statement.order_by(_CASE.c.id)).scalars())


def surely_there(
    connection: Connection, source_id: str, before: datetime, limit: int
) -> list[tuple[str, str, str, str]]:
    """Return (source, key, national id, account) of cases sent from here and acknowledged before, the newest first.

    Source and key are those by which the national side knows them.
    """
    statement = (
        select(
            func.coalesce(_CASE.c.origin_source, _CASE.c.source_id),
            func.coalesce(_CASE.c.origin_key, _CASE.c.case_key),
            _MESSAGE.c.ack_id,
            _MESSAGE.c.ack_account,
        )
        .join(_MESSAGE, _MESSAGE.c.case_id == _CASE.c.id)
        .where(_CASE.c.source_id == source_id, _MESSAGE.c.step == Step.CASE, _MESSAGE.c.ack_id.is_not(None))
        .where(_MESSAGE.c.ack_at < before, _MESSAGE.c.intent_at.is_not(None), _MESSAGE.c.ack_account.is_not(None))
    )
    found = connection.execute(statement.order_by(_MESSAGE.c.ack_at.desc()).limit(limit))
    return [(source, key, national_id, account) for source, key, national_id, account in found]


def holder_of(connection: Connection, step: str, national_id: str) -> int | None:
    """Return the row id of the message that has a national id, None where none has."""
    found = select(_MESSAGE.c.id).where(_MESSAGE.c.step == step, _MESSAGE.c.ack_id == national_id)
    return connection.execute(found).scalar()


def mark_message(tx: Transaction, message_id: int, reason: str) -> None:
    """Have one acknowledged message sent again as it is, and its case looked at."""
    this = _MESSAGE.c.id == message_id
    values = {"forced": reason, "accepted_mark": _MESSAGE.c.wanted_mark}
    tx.connection.execute(update(_MESSAGE).where(this).values(values))
    of_it = select(_MESSAGE.c.case_id).where(this)
    tx.connection.execute(update(_CASE).where(_CASE.c.id.in_(of_it)).values(look_at=tx.now))
