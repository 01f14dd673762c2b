"""How a SQLite file is read: never created, opened read-only, with the one standard function it may lack."""

import re
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import URL

from sync_agent.errors import SourceError
from sync_agent.source.dialect import Dialect, Session
from sync_agent.source.problems import Kind, Problem

__all__ = ["DIALECT"]

_BUSY_SECONDS = 5.0

# datetime() gives NULL for what it cannot read as a local time, so that its case is read again rather than lost.
_PAGE: Final = """
SELECT case_key, MAX(moment) AS changed_at
FROM (
    SELECT CAST(case_key AS TEXT) COLLATE BINARY AS case_key, CASE
        WHEN changed_at GLOB '*:*[-+Zz]*' OR datetime(changed_at) < '1900' THEN NULL
        WHEN datetime(changed_at) GLOB '* 00:00:00' THEN date(changed_at) || ' 23:59:59'
        ELSE datetime(changed_at) END AS moment
    FROM (
{changes}
) AS feed) AS timed
WHERE case_key > :after AND (moment IS NULL OR moment >= :floor)
GROUP BY case_key ORDER BY case_key LIMIT :limit
"""

_MISSING: Final = re.compile(r"no such (?P<kind>table|column|function): (?P<name>[\w.]+)")
_KINDS: Final = {"table": Kind.TABLE, "column": Kind.COLUMN, "function": Kind.FUNCTION}
_SAID: Final = (
    ("unable to open database file", Kind.NO_FILE),
    ("file is not a database", Kind.NO_SQLITE),
    ("database is locked", Kind.LOCKED),
    ("attempt to write a readonly database", Kind.WRITES),
    ("syntax error", Kind.SYNTAX),
)


def _options(url: URL, session: Session) -> dict[str, Any]:
    if url.database in {None, "", ":memory:"}:
        raise SourceError("the address of the source names no file", todo="write sqlite:///path")
    file = f"{Path(str(url.database)).absolute().as_uri()}?mode={'rw' if session.writes else 'ro'}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(file, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    return {"creator": connect}


def _prepare(connection: sqlite3.Connection) -> None:
    # one text in another character set must not make the whole page unreadable: the mapping reports that field
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA temp_store = MEMORY")  # a large sort would write rows into a file
    if sqlite3.sqlite_version_info < (3, 44):
        connection.create_function("concat", -1, _concat, deterministic=True)


def _concat(*values: object) -> str:
    """Return the values as one text, NULL as '': SQLite's own function of this name, which older versions lack."""
    return "".join([str(value) for value in values if value is not None])


def _opening(session: Session) -> tuple[str, ...]:
    return ("PRAGMA query_only = OFF", "BEGIN IMMEDIATE") if session.writes else ("BEGIN",)


def _problem(error: BaseException) -> Problem:
    said = str(error)
    missing = _MISSING.search(said)
    if missing:
        return Problem(_KINDS[missing["kind"]], missing["name"])
    return Problem(next((kind for part, kind in _SAID if part in said), Kind.OTHER))


DIALECT: Final = Dialect(
    page=_PAGE,
    clock="SELECT CURRENT_TIMESTAMP",
    may_write="",
    readable="",
    earliest=("", ""),
    options=_options,
    opening=_opening,
    problem=_problem,
    prepare=_prepare,
)
