"""How the national side has treated each account lately, kept from pass to pass."""

from enum import StrEnum

from sqlalchemy import Connection, select

from sync_agent.ledger.rows import fetch, insert_rows, table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import LaneRow

__all__ = ["LaneState", "load_lanes", "save_lane"]


class LaneState(StrEnum):
    """Whether messages of an account may leave."""

    CLOSED = "closed"  # as in a circuit: they pass
    OPEN = "open"  # none leaves before `next_probe_at`
    HALF_OPEN = "half_open"  # one has left, and its answer decides


def load_lanes(connection: Connection) -> dict[str, LaneRow]:
    """Return what is known of each account that ever sent something, by alias."""
    return {row.account: row for row in fetch(connection, LaneRow, select(table_of(LaneRow)))}


def save_lane(transaction: Transaction, row: LaneRow) -> None:
    """Write what is known of one account."""
    table = table_of(LaneRow)
    transaction.connection.execute(table.delete().where(table.c.account == row.account))
    insert_rows(transaction.connection, [row])
