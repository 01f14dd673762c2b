import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import SQLModel

from sync_agent.audit import install_guards, tables
from tests.support.ledgers import DATABASES
from tests.support.servers import POSTGRES, fresh_database

AUDIT_TABLES = [tables.LEAF, tables.TREE, tables.TILE, tables.CHECKPOINT, tables.ANCHOR, tables.ERASABLE]


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Return which database keeps the log."""
    return str(request.param)


def with_log(made: Engine) -> Engine:
    """Give a database the log and its guards."""
    with made.begin() as conn:
        SQLModel.metadata.create_all(conn, tables=AUDIT_TABLES)
        install_guards(conn)
    return made


def in_file(path: Path) -> Engine:
    """Open a file in which every transaction takes the write lock at once."""
    made = create_engine(f"sqlite:///{path}", hide_parameters=True)

    @event.listens_for(made, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


@contextmanager
def on_server() -> Iterator[Engine]:
    """Give a log on a server."""
    with fresh_database(POSTGRES) as url:
        made = with_log(create_engine(url, hide_parameters=True))
        yield made
        made.dispose()


@pytest.fixture(scope="session")
def shared() -> Iterator[Engine]:
    """Yield a log on a server that stays empty: every test rolls back."""
    with on_server() as made:
        yield made


@pytest.fixture
def engine(database: str, tmp_path: Path) -> Iterator[Engine]:
    """Yield a log of the test's own."""
    if database == "postgresql":
        with on_server() as made:
            yield made
        return
    made = with_log(in_file(tmp_path / "ledger.db"))
    yield made
    made.dispose()


@pytest.fixture
def conn(database: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """Yield one open write transaction on a log, which comes to nothing."""
    chosen: Engine = request.getfixturevalue("shared" if database == "postgresql" else "engine")
    with chosen.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
