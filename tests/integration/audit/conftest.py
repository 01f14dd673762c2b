import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import SQLModel

from sync_agent.audit import install_guards, tables

AUDIT_TABLES = [tables.LEAF, tables.TREE, tables.TILE, tables.CHECKPOINT, tables.ANCHOR, tables.ERASABLE]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Yield a ledger file with the log and its guards; every transaction takes the write lock at once."""
    made = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}", hide_parameters=True)

    @event.listens_for(made, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with made.begin() as conn:
        SQLModel.metadata.create_all(conn, tables=AUDIT_TABLES)
        install_guards(conn)
    yield made
    made.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """Yield one open write transaction on the ledger file."""
    with engine.connect() as connection, connection.begin():
        yield connection
