"""How SQL Server would be read. Untested: no part of this has run against a real server."""

import re
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.engine import URL

from sync_agent.source.dialect import Dialect, Session
from sync_agent.source.problems import Kind, Problem

__all__ = ["DIALECT"]

# Bytes, because every collation of text takes keys for equal that differ in spaces at the end. A time with an offset of
# its own always counts as changed.
_PAGE: Final = """
SELECT TOP (:limit) case_key, MAX(moment) AS changed_at
FROM (
    SELECT case_key, CASE
        WHEN said < '1900' THEN NULL
        WHEN RIGHT(said, 8) = '00:00:00' THEN LEFT(said, 10) + ' 23:59:59'
        ELSE said END AS moment
    FROM (
        SELECT CAST(CAST(case_key AS nvarchar(200)) AS varbinary(400)) AS case_key,
            REPLACE(LEFT(CONVERT(varchar(33), TRY_CONVERT(datetime2, CASE
                WHEN written LIKE '%[+-][0-9][0-9]:[0-9][0-9]' OR written LIKE '%Z' THEN NULL
                ELSE written END), 126), 19), 'T', ' ') AS said
        FROM (
            SELECT case_key, CONVERT(varchar(40), changed_at, 126) AS written
            FROM (
{changes}
) AS feed) AS plain) AS told) AS timed
WHERE case_key > CAST(CAST(:after AS nvarchar(200)) AS varbinary(400)) AND (moment IS NULL OR moment >= :floor)
GROUP BY case_key ORDER BY case_key
"""

_MAY_WRITE: Final = """
SELECT CASE WHEN 1 IN (
    HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'INSERT'),
    HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UPDATE'),
    HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'DELETE')) THEN 1 ELSE 0 END
"""

_DRIVER: Final = {
    "Disconnect error": Kind.LOST,
    "Client unable to establish connection": Kind.LOST,
    "Connection not open": Kind.LOST,
    "Connection failure during transaction": Kind.LOST,
    "Communication link failure": Kind.LOST,
    "Connection timeout expired": Kind.LOST,
    "Server rejected the connection": Kind.ACCOUNT,
    "Invalid authorization specification": Kind.ACCOUNT,
    "Invalid catalog name": Kind.DATABASE,
    "Base table or view not found": Kind.TABLE,
    "Column not found": Kind.COLUMN,
    "Timeout expired": Kind.TIMEOUT,
    "Serialization failure": Kind.LOCKED,
}
_SERVER: Final = (
    ("permission was denied", Kind.FORBIDDEN),
    ("is not a recognized", Kind.FUNCTION),
    ("Snapshot isolation", Kind.SNAPSHOT),
    ("Lock request time out", Kind.LOCKED),
    ("Incorrect syntax", Kind.SYNTAX),
)
_NAMED: Final = re.compile(r"(?:object|column) name '(?P<name>[\w.]+)'|\]'(?P<function>[\w.]+)' is not a recognized")


def _options(_url: URL, session: Session) -> dict[str, Any]:
    return {"connect_args": {"timeout": session.seconds}}  # of each query: this driver cancels it itself


def _opening(session: Session) -> tuple[str, ...]:
    # there is no read-only session: the account must have no right to write, and whatever it wrote is rolled back
    return (
        f"SET LOCK_TIMEOUT {session.seconds * 1000}",
        f"SET TRANSACTION ISOLATION LEVEL {'READ COMMITTED' if session.writes else 'SNAPSHOT'}",
        "BEGIN TRANSACTION",
    )


def _problem(error: BaseException) -> Problem:
    said = str(getattr(error, "ddbc_error", ""))
    kind = _DRIVER.get(str(getattr(error, "driver_error", "")))
    if kind is None:
        kind = next((kind for part, kind in _SERVER if part in said), Kind.OTHER)
    named = _NAMED.search(said)
    return Problem(kind, (named["name"] or named["function"]) if named else "")


DIALECT: Final = Dialect(
    page=_PAGE,
    clock="SELECT CONVERT(varchar(19), SYSUTCDATETIME(), 120)",
    may_write=_MAY_WRITE,
    readable="SELECT table_name FROM information_schema.tables",
    earliest=(datetime.min, date.min),  # noqa: DTZ901 - a value of the database's own kind, which has no zone
    options=_options,
    opening=_opening,
    problem=_problem,
    key_encoding="utf-16-le",
    most_parameters=2_000,  # the server takes 2,100
)
