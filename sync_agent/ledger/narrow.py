"""What the pages can do to a ledger: read it but for its secrets, ask the service for something, note who looked.

The database itself refuses them everything else: PostgreSQL by the role of their user, SQLite by an authorizer on each
of their connections. Neither lets them read the secrets of the cases or the notes, nor change what they wrote.
"""

import sqlite3
from contextlib import ExitStack
from typing import Final

from sqlalchemy import URL, Connection, Engine, event, text

from sync_agent.errors import ConfigError
from sync_agent.ledger import migrate, postgres, sqlite
from sync_agent.ledger.engine import on_server
from sync_agent.ledger.quiet import WRITE, told

__all__ = ["open_for_pages"]

_ADDED_TO: Final = ("request", "access_log")
_HIDDEN: Final = frozenset({("audit_erasable", "value"), ("request", "note")})
_READING: Final = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
        sqlite3.SQLITE_RECURSIVE,
    }
)
_LOOKED_UP: Final = frozenset({"table_info", "table_xinfo", "index_list", "index_info", "foreign_key_list"})

_ONCE: Final = (
    "CREATE TEMP TRIGGER once_{table} BEFORE INSERT ON main.{table} WHEN EXISTS (SELECT 1 FROM main.{table} WHERE"
    " id = NEW.id) BEGIN SELECT RAISE(ABORT, 'not authorized'); END"
)
"""INSERT OR REPLACE would otherwise take a row away, and SQLite asks no authorizer about that."""

_POWERS: Final = text("""
    SELECT CASE
        WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'superuser'
        WHEN pg_has_role(c.relowner, 'MEMBER') THEN 'owner'
        ELSE wanted || ' ' || c.relname
        END AS power
    FROM pg_class c CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS wanted
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
        AND NOT (wanted = 'INSERT' AND c.relname IN ('request', 'access_log') AND NOT pg_has_role(c.relowner, 'MEMBER'))
        AND (has_table_privilege(c.oid, wanted) OR pg_has_role(c.relowner, 'MEMBER')
            OR (wanted IN ('INSERT', 'UPDATE') AND has_any_column_privilege(c.oid, wanted)))
    UNION SELECT 'SELECT audit_erasable' WHERE has_column_privilege('audit_erasable', 'value', 'SELECT')
    ORDER BY 1
""")
"""What lets the user of a connection do more than the pages need."""


def open_for_pages(address: URL) -> Engine:
    """Open the ledger as the pages may use it, at the schema this agent needs. Raises LedgerError or ConfigError."""
    engine = _on_server(address) if on_server(address) else _in_file(address)
    with ExitStack() as failed:
        failed.callback(engine.dispose)
        with told(engine):
            if on_server(address):
                _require_narrow(engine)
            migrate.require_current(engine)
        failed.pop_all()
    return engine


def _on_server(address: URL) -> Engine:
    """Open the ledger on a server. What is only added needs no lock before all others."""
    engine = postgres.open_unordered(address)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(WRITE, False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine


def _require_narrow(engine: Engine) -> None:
    with engine.connect() as connection:
        powers = list(connection.execute(_POWERS).scalars())
    if powers:
        raise ConfigError(
            "the user of the pages may do more to the ledger than they need: {powers}",
            where="web.ledger_user",
            todo="name a user whose only role is sync_agent_web",
            facts=(("powers", ", ".join(powers[:5])),),
        )


def _in_file(address: URL) -> Engine:
    engine = sqlite.open_file(address, create=False)

    @event.listens_for(engine, "connect")  # after what `open_file` sets: that is not for the pages to do
    def _narrow(connection: sqlite3.Connection, _record: object) -> None:
        for table in _ADDED_TO:
            connection.execute(_ONCE.format(table=table))
        connection.set_authorizer(_authorizer)

    return engine


def _authorizer(action: int, first: str | None, second: str | None, database: str | None, inside: str | None) -> int:
    return sqlite3.SQLITE_OK if _allowed(action, first, second, database, inside) else sqlite3.SQLITE_DENY


def _allowed(action: int, first: str | None, second: str | None, database: str | None, inside: str | None) -> bool:
    del inside
    match action:
        case sqlite3.SQLITE_READ:
            return (first, second) not in _HIDDEN
        case sqlite3.SQLITE_FUNCTION:
            return second != "load_extension"
        case sqlite3.SQLITE_INSERT:
            return first in _ADDED_TO and database == "main"
        case sqlite3.SQLITE_PRAGMA:
            return first in _LOOKED_UP
        case _:
            return action in _READING
