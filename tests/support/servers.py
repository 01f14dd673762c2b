"""Databases of their own on the real servers of the machine, made for one test and dropped after it.

Where no server answers the test is skipped with the reason, or fails where SYNC_AGENT_REQUIRE_SERVERS is set.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

__all__ = ["MARIADB", "POSTGRES", "REQUIRED", "fresh_database"]

REQUIRED = bool(os.environ.get("SYNC_AGENT_REQUIRE_SERVERS"))
POSTGRES = os.environ.get("SYNC_AGENT_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/postgres")
MARIADB = os.environ.get("SYNC_AGENT_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/test")


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Make an empty database on `server` (POSTGRES or MARIADB), give its URL, and drop it."""
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    name = f"sync_agent_test_{uuid.uuid4().hex[:12]}"
    try:
        _run(engine, f"CREATE DATABASE {name}{_text_as_used(engine)}")
    except DBAPIError as error:
        reason = f"no server answers at {make_url(server).host}:{make_url(server).port} ({type(error.orig).__name__})"
        pytest.fail(reason) if REQUIRED else pytest.skip(reason)
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _run(engine, f"DROP DATABASE {name}{_by_force(engine)}")


def _text_as_used(engine: Engine) -> str:
    return " CHARACTER SET utf8mb4" if engine.name == "mysql" else " ENCODING 'UTF8' TEMPLATE template0"


def _by_force(engine: Engine) -> str:
    return "" if engine.name == "mysql" else " WITH (FORCE)"


def _run(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
