"""How PostgreSQL is read: every transaction read-only and one snapshot, dates that Python lacks kept as text."""

import re
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format
from psycopg.types.string import TextLoader
from sqlalchemy import Date, DateTime
from sqlalchemy.engine import URL

from sync_agent.source.dialect import Dialect, Session
from sync_agent.source.problems import Kind, Problem

__all__ = ["DIALECT"]

_CONNECT_SECONDS: Final = 10

# A timestamptz is written in the session's zone, which is the profile's. Written in full, so that a date far away or an
# infinite one is text here and never a value the driver must understand.
_PAGE: Final = r"""
SELECT case_key, MAX(moment) AS changed_at
FROM (
    SELECT case_key, CASE
        WHEN said !~ ('^(19|[2-9][0-9])[0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
            || '([ T]([01][0-9]|2[0-3])[:][0-5][0-9]([:][0-5][0-9]([.][0-9]+)?)?)?$') THEN NULL
        WHEN said ~ '^[0-9-]+([ T]00[:]00([:]00([.]0+)?)?)?$' THEN left(said, 10) || ' 23:59:59'
        ELSE replace(left(said || '\:00', 19), 'T', ' ') END COLLATE "C" AS moment
    FROM (
        SELECT CAST(case_key AS text) COLLATE "C" AS case_key, CASE
            WHEN pg_typeof(changed_at) = CAST('timestamptz' AS regtype) THEN left(CAST(changed_at AS text), 19)
            ELSE CAST(changed_at AS text) END AS said
        FROM (
{changes}
) AS feed) AS told) AS timed
WHERE case_key > :after AND (moment IS NULL OR moment >= :floor)
GROUP BY case_key ORDER BY case_key LIMIT :limit
"""

_MAY_WRITE: Final = """
SELECT EXISTS (
    SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg~_%' ESCAPE '~'
      AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
"""

_READABLE: Final = """
SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema'
  AND n.nspname NOT LIKE 'pg~_%' ESCAPE '~' AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
"""

_CODES: Final = {
    "25006": Kind.WRITES,
    "28000": Kind.ACCOUNT,
    "28P01": Kind.ACCOUNT,
    "3D000": Kind.DATABASE,
    "3F000": Kind.TABLE,
    "40001": Kind.LOCKED,  # on a standby: what was read is being removed
    "40P01": Kind.LOCKED,
    "42501": Kind.FORBIDDEN,
    "42601": Kind.SYNTAX,
    "42703": Kind.COLUMN,
    "42804": Kind.TYPES,
    "42883": Kind.FUNCTION,
    "42P01": Kind.TABLE,
    "53300": Kind.LOST,  # too many connections
    "55P03": Kind.LOCKED,
    "57014": Kind.TIMEOUT,
    "57P01": Kind.LOST,
    "57P02": Kind.LOST,
    "57P03": Kind.LOST,
}

_NAMED: Final = re.compile(r'(?:relation|column|function) "?(?P<name>[\w.]+)')

# Why a connection was refused has no code in libpq. Under other words it is tried again for a while, then told as lost.
_REFUSED: Final = (
    (re.compile(r'database "[^"]*" does not exist'), Kind.DATABASE),
    (
        re.compile(r"authentication failed|no password supplied|pg_hba\.conf|permission denied for database"),
        Kind.ACCOUNT,
    ),
    (re.compile(r'role "[^"]*" (?:does not exist|is not permitted)'), Kind.ACCOUNT),
    (re.compile(r"not support (?:SSL|GSSAPI)|certificate"), Kind.ENCRYPTION),  # "SSL" alone may be a lost connection
)


class _Dated(Loader):
    """Reads a time as the driver does, without its zone; what Python has no date for (infinity, year 10000) is text."""

    def __init__(self, oid: int, context: psycopg.abc.AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        kind = psycopg.adapters.get_loader(oid, Format.TEXT)
        self._own = (kind or TextLoader)(oid, context)

    def load(self, data: Buffer) -> Any:
        """Return a date, a naive local time, or text."""
        try:
            value = self._own.load(data)
        except psycopg.DataError:
            return bytes(data).decode()
        return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _options(_url: URL, _session: Session) -> dict[str, Any]:
    return {
        "use_native_hstore": False,  # or each new connection would ask for it
        "connect_args": {
            "connect_timeout": _CONNECT_SECONDS,
            "client_encoding": "utf8",
            "prepare_threshold": None,
            "keepalives_idle": 30,  # a server that vanished is noticed within a minute
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    }


def _prepare(connection: psycopg.Connection[Any]) -> None:
    for name in ("date", "timestamp", "timestamptz"):
        connection.adapters.register_loader(name, _Dated)
    for name in ("uuid", "json", "jsonb"):
        connection.adapters.register_loader(name, TextLoader)


def _opening(session: Session) -> tuple[str, ...]:
    # local to the transaction, so that a pooler cannot hand them to somebody else
    return (
        "BEGIN READ WRITE" if session.writes else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        f"SET LOCAL statement_timeout = '{session.seconds}s'",
        f"SET LOCAL TimeZone = '{session.zone.key}'",
        "SET LOCAL DateStyle = 'ISO'",
    )


def _problem(error: BaseException) -> Problem:
    code = getattr(error, "sqlstate", None)
    if code is None:
        return Problem(_unanswered(error))
    kind = Kind.LOST if code.startswith("08") else _CODES.get(code, Kind.OTHER)
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    named = _NAMED.search(said or "")
    if kind is Kind.FUNCTION and named is None:  # an operator is a function, too
        kind = Kind.TYPES
    return Problem(kind, named["name"] if named else "", code)


def _unanswered(error: BaseException) -> Kind:
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return Kind.OTHER
    return next((kind for words, kind in _REFUSED if words.search(str(error))), Kind.LOST)


DIALECT: Final = Dialect(
    page=_PAGE,
    clock="SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')",
    may_write=_MAY_WRITE,
    readable=_READABLE,
    earliest=("-infinity", "-infinity"),
    options=_options,
    opening=_opening,
    problem=_problem,
    prepare=_prepare,
    types={"since": DateTime(), "since_day": Date()},
)
