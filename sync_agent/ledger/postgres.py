"""How a ledger on PostgreSQL is opened: on a direct connection, durable, one writer at a time.

A transaction that writes takes an advisory lock as its first statement and holds it to its end, as BEGIN IMMEDIATE
does in SQLite: what it reads cannot change before it writes, whoever else writes. A transaction that only reads sees
one state of the ledger throughout, and the server refuses it every change.

Advisory locks belong to one database; their second number is that of the schema, so ledgers side by side do not meet.
They also belong to a session, which a pooler would hand to others between two transactions: so a pooler is refused.
"""

import logging
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.pool import NullPool

from sync_agent.errors import LedgerError
from sync_agent.ledger.quiet import WRITE, place_of, silent_engine

if TYPE_CHECKING:
    from psycopg import Connection as Driver

__all__ = [
    "BACKEND",
    "DRIVER",
    "give_back",
    "open_direct",
    "open_session",
    "open_unordered",
    "require_direct",
    "take",
    "version",
]

BACKEND: Final = "postgresql"
DRIVER: Final = "postgresql+psycopg"

_OLDEST = 14
"""The first version with CREATE OR REPLACE TRIGGER."""

_WRITERS, _HOLDER = 0x73796E63, 0x73796E64  # "sync", "synd": as pg_locks shows them in `classid`
_SCHEMA = "(SELECT oid::int4 FROM pg_namespace WHERE nspname = current_schema())"

_SESSION = {
    "application_name": "sync-agent",
    "synchronous_commit": "on",  # an intent that a power cut forgets would be sent twice
    "default_transaction_isolation": "read committed",
    "lock_timeout": "30s",
    "statement_timeout": "10min",
    "idle_in_transaction_session_timeout": "10min",
    "timezone": "UTC",
    "tcp_keepalives_idle": "30",  # the lock of a machine that lost its power is free after about a minute
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

_CONNECT = {
    "connect_timeout": 10,
    "client_encoding": "utf8",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

_TUNED = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())

_HARMLESS = frozenset({"host", "sslmode", "sslrootcert", "sslcert", "sslkey"})


def require_direct(url: URL) -> None:
    """Raise LedgerError for an address that may lead to several servers, or sets what is not to be set."""
    hosts = [url.host or "", str(url.query.get("host", ""))]
    if not url.database or any("," in host for host in hosts) or not set(url.query) <= _HARMLESS:
        raise LedgerError(
            "the address of the ledger must name one server and one database",
            where="agent.ledger_url",
            todo="write postgresql+psycopg://user@host/database; after ? only {names}",
            facts=(("names", ", ".join(sorted(_HARMLESS))),),
        )


def open_direct(url: URL) -> Engine:
    """Open the ledger at `url`. Every connection raises LedgerError when it goes through a pooler."""
    engine = _engine(url, pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITE, False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS}, {_SCHEMA})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine


def open_unordered(url: URL) -> Engine:
    """Open the ledger for who only reads, or adds what depends on nothing it has read: no writer waits for another."""
    return _engine(url, pool_pre_ping=True)


def open_session(engine: Engine) -> Engine:
    """Return an engine for one connection to the same database that stays out of the pool and out of transactions."""
    return _engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def take(session: Connection) -> bool:
    """Take the lock of the instance, for as long as the session lasts; tell whether it was free."""
    return bool(session.exec_driver_sql(f"SELECT pg_try_advisory_lock({_HOLDER}, {_SCHEMA})").scalar())


def give_back(session: Connection) -> None:
    """Give the lock of the instance back."""
    session.exec_driver_sql(f"SELECT pg_advisory_unlock({_HOLDER}, {_SCHEMA})")


def version(connection: Connection) -> str:
    """Return the version of the server as it says it: `15.4`."""
    return str(connection.exec_driver_sql("SHOW server_version").scalar()).split()[0]


def _engine(url: URL, **options: Any) -> Engine:
    require_direct(url)
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # it logs what the server says
    try:
        engine = silent_engine(url, connect_args=_CONNECT, **options)
    except ImportError:
        engine = None
    if engine is None:
        raise LedgerError(
            "the driver for PostgreSQL is not installed",
            where="agent.ledger_url",
            todo="pip install sync-agent[postgres]",
        )

    @event.listens_for(engine, "connect")
    def _configure(connection: "Driver[tuple[Any, ...]]", _record: object) -> None:
        _examine(connection, place_of(url))
        connection.execute(_TUNED)
        connection.commit()

    return engine


def _examine(connection: "Driver[tuple[Any, ...]]", where: str) -> None:
    """Raise LedgerError unless the server itself is at the other end, and fit to keep a ledger."""
    row = connection.execute("SELECT pg_backend_pid(), current_schema()").fetchone()
    backend, schema = cast("tuple[int, str | None]", row)
    if backend != connection.info.backend_pid:
        raise LedgerError(
            "there is a connection pooler before the ledger's database",
            where=where,
            todo="connect to the database server itself: host and port in agent.ledger_url",
        )
    major = connection.info.server_version // 10_000
    if major < _OLDEST:
        facts = (("found", str(major)), ("needed", str(_OLDEST)))
        raise LedgerError("PostgreSQL {found} is too old, the ledger needs {needed}", where=where, facts=facts)
    if schema is None:
        todo = "create a schema for the ledger and name it in the user's search_path"
        raise LedgerError("the user of the ledger has no schema in its database", where=where, todo=todo)
