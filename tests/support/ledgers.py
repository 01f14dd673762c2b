"""Ledgers of tests: on both databases, what they belong to, and when everything in them happens."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from sync_agent.audit import Seals
from sync_agent.ledger import Environment, migrate, open_engine
from tests.support.servers import POSTGRES, fresh_database

__all__ = [
    "DATABASES",
    "NOW",
    "ON_BOTH",
    "ON_POSTGRES",
    "ON_SQLITE",
    "WANTED",
    "changing",
    "ledger_url",
    "new_state",
]

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
WANTED = Environment("test", "kntc", "https://national.example/", "tinh", "nho", "a" * 64, "b" * 64)

DATABASES = ("sqlite", "postgresql")
ON_BOTH = pytest.mark.parametrize("database", DATABASES, indirect=True)
"""For a test whose fixture `database` is otherwise one of them."""

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For a test of what only a file has: its fixture `database` is SQLite alone."""

ON_POSTGRES = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@contextmanager
def ledger_url(database: str, path: Path) -> Iterator[str]:
    """Give the address of a ledger that is not made yet: the file `path`, or a database of its own on the server."""
    if database == "sqlite":
        yield f"sqlite:///{path}"
    else:
        with fresh_database(POSTGRES) as url:
            yield url


@cache
def _empty() -> bytes:
    """Return the file of a ledger as the migrations leave it; to run them takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/ledger.db", create=True)
        migrate.upgrade(engine)
        engine.dispose()
        return (Path(folder) / "ledger.db").read_bytes()


def new_state(state: Path) -> None:
    """Put a new ledger and the key of its seals into a state folder, as the first opening of an agent would."""
    ledger = state / "ledger.db"
    ledger.touch(mode=0o600)
    ledger.write_bytes(_empty())
    Seals(state).make()


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes past the ledger, as somebody with a database tool would, and commit it."""
    with engine.connect().execution_options(ledger_write=True) as connection, connection.begin():
        yield connection
