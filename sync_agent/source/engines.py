"""Which kind of database an address means, and how it is opened: no connection kept, nothing of a row ever logged."""

import logging
from importlib import import_module
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from sync_agent.errors import SourceError
from sync_agent.source.dialect import Dialect, Session

__all__ = ["ADDRESSES", "open_engine"]

ADDRESSES: Final = {
    "sqlite": "sqlite",
    "postgresql+psycopg": "postgres",
    "mysql+pymysql": "mysql",
    "mariadb+pymysql": "mysql",
    "mssql+mssqlpython": "mssql",
    "files": "folder",
}
"""The beginning of an address, and the module that knows this kind of database."""

_LOGGED_AS: Final = "source"


def open_engine(address: str, password: str | None, session: Session) -> tuple[Dialect, Engine]:
    """Return the kind of database at `address` and an engine that connects when it is used. Raises SourceError."""
    url = _url(address)
    kind = ADDRESSES[url.drivername]
    try:
        dialect: Dialect = import_module(f"sync_agent.source.{kind}").DIALECT
        return dialect, _engine(url if password is None else url.set(password=password), dialect, session)
    except ModuleNotFoundError:
        pass
    raise SourceError(
        "the driver for the source is not installed",
        todo="pip install 'sync-agent[{extra}]'",
        facts=(("extra", kind),),
    )


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in ADDRESSES:
        todo = "write sqlite:///path, files:///folder, or for a server {kinds} and then ://account@host/database"
        kinds = ", ".join(sorted(kind for kind in ADDRESSES if "+" in kind))
        raise SourceError("the address of the source is not of a known kind", todo=todo, facts=(("kinds", kinds),))
    return url


def _engine(url: URL, dialect: Dialect, session: Session) -> Engine:
    for name in ("engine.Engine", "pool.impl.NullPool"):  # below this they log rows, and what the driver says
        logging.getLogger(f"sqlalchemy.{name}.{_LOGGED_AS}").setLevel(logging.CRITICAL)
    options = dialect.options(url, session)
    engine = create_engine(
        url.set(drivername="sqlite") if url.drivername == "files" else url,
        poolclass=NullPool,
        hide_parameters=True,
        logging_name=_LOGGED_AS,
        pool_logging_name=_LOGGED_AS,
        isolation_level="AUTOCOMMIT",  # the statements of `opening` make the transaction
        **options,
    )
    if (connect := dialect.connect) is not None:
        event.listen(engine, "do_connect", lambda _dialect, _record, given, named: connect(*given, **named))
    event.listen(engine, "connect", lambda connection, _record: dialect.prepare(connection))
    event.listen(engine, "begin", lambda connection: _open(connection, dialect.opening(session)))
    return engine


def _open(connection: Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
