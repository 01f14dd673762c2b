"""What holds for a ledger on every database: nothing of a row gets into a log or an error, and who writes says so."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from sync_agent.errors import LedgerError

__all__ = ["WRITE", "ledger_problem", "place_of", "silent_engine", "told"]

WRITE = "ledger_write"
"""Execution option of a connection that will write: its transaction takes the write lock at once."""

_LOGGED_AS = "ledger"
_POOLS = ("QueuePool", "NullPool", "StaticPool")

_NOT_CONNECTED = (
    ("password authentication failed", "the database server refuses the password of the ledger"),
    ("no password supplied", "the database server asks for a password"),
    ("does not exist", "the database server knows no such database or user"),
    ("no pg_hba.conf entry", "the database server lets this user not in from here"),
    ("Connection refused", "no database server listens there"),
    ("No such file or directory", "no database server listens there"),
    ("timeout expired", "the database server does not answer"),
    ("failed to resolve host", "the name of the database server is not known"),
    ("could not translate host name", "the name of the database server is not known"),
    ("too many clients", "the database server takes no more connections"),
    ("remaining connection slots", "the database server takes no more connections"),
)
"""What a server or the network says when there is no connection, and then no SQLSTATE either."""

_BEGINNINGS = ("connection ", "failed to resolve ")


def silent_engine(url: URL, **options: Any) -> Engine:
    """Make an engine that neither quotes parameters in its errors nor logs rows, whatever level is asked of it."""
    logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGGED_AS}").setLevel(logging.WARNING)
    for pool in _POOLS:  # they log what the driver says of a connection that broke
        logging.getLogger(f"sqlalchemy.pool.impl.{pool}.{_LOGGED_AS}").setLevel(logging.CRITICAL)
    return create_engine(url, hide_parameters=True, logging_name=_LOGGED_AS, pool_logging_name=_LOGGED_AS, **options)


def place_of(url: URL) -> str:
    """Return where the ledger is, as people read it: the path of a file, or host and database."""
    return "/".join(part for part in (url.host, url.database) if part) or "ledger"


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turn what the driver raises inside the block into LedgerError."""
    try:
        yield
    except DBAPIError as error:
        raise ledger_problem(error, place_of(engine.url)) from None


def ledger_problem(error: DBAPIError, where: str) -> LedgerError:
    """Turn a driver's error into one line; its text may quote parameters and is dropped."""
    unconnected = _unconnected(error, where)
    if unconnected is not None:
        return unconnected
    kind = getattr(error.orig, "sqlite_errorname", None) or type(error.orig).__name__
    return LedgerError(
        "the ledger cannot be used ({kind})",
        where=where,
        todo="check free space, permissions and the database's own log",
        facts=(("kind", kind),),
    )


def _unconnected(error: DBAPIError, where: str) -> LedgerError | None:
    """Return why there is no connection to a server, from an allow-list; None when that is not what went wrong."""
    said = str(error.orig)
    if not said.startswith(_BEGINNINGS):
        return None
    for part, what in _NOT_CONNECTED:
        if part in said:
            todo = "check agent.ledger_url, the secret beside it, the network and the server"
            return LedgerError(what, where=where, todo=todo)
    return None
