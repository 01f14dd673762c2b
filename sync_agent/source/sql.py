"""Reads a local SQL database, read-only: pages of changed cases and, per page, one query for each part of a case."""

import logging
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, TextClause, bindparam, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from sync_agent.errors import SourceError
from sync_agent.source.clock import local_text, to_utc
from sync_agent.source.rows import CaseRows, Change, Row
from sync_agent.source.spec import SourceSpec, parameters

__all__ = ["SqlSource"]

_PAGE = """
SELECT case_key, MAX(moment) AS changed_at
FROM (SELECT CAST(case_key AS TEXT) AS case_key, {moment} AS moment FROM (
{changes}
) AS feed) AS timed
WHERE case_key > :after AND (:since IS NULL OR moment IS NULL OR moment >= :since)
GROUP BY case_key ORDER BY case_key LIMIT :limit
"""

# Text that SQLite cannot read as a local time becomes NULL, so that its case is read again rather than lost.
_SQLITE_MOMENT = """CASE
    WHEN changed_at GLOB '*:*[-+Zz]*' THEN NULL
    WHEN length(changed_at) = 10 THEN datetime(changed_at, '+86399 seconds')
    ELSE datetime(changed_at)
END"""

_Fetched: TypeAlias = tuple[tuple[str, ...], Sequence[Sequence[Any]]]

# Every page has to sort all changes anew, so one query reads ahead this many cases: a few MB, and a full scan of
# hundreds of thousands stays linear.
_WINDOW = 20_000

_BUSY_SECONDS = 5.0

_LOGGED_AS = "source"

_MEND = "mend the query in the profile"
_MISSING = re.compile(r"no such (?P<kind>table|column|function): (?P<name>[\w.]+)")
_KNOWN_PROBLEMS = (
    ("unable to open database file", "the source cannot be opened", "check the path and the right to read it"),
    ("file is not a database", "the source is not a SQLite database", "check the path"),
    ("database is locked", "the source is locked by another program", "try again later"),
    ("syntax error", "the query {query} is not valid SQL", _MEND),
)


class SqlSource:
    """A local SQL database read through the queries of a profile. Every method may raise SourceError.

    `url` is `sqlite:///path`; the file is opened read-only and is never created. Each call opens its own connection,
    so that a database restored from a backup is seen at once, and reads inside one transaction.
    """

    def __init__(self, url: str, spec: SourceSpec) -> None:
        self.source_id = spec.id
        self._spec = spec
        self._zone = ZoneInfo(spec.zone)
        self._engine = _read_only_engine(url)
        self._changes = text(_PAGE.format(moment=_SQLITE_MOMENT, changes=spec.changes.strip().rstrip(";")))
        self._ahead: list[Change] = []
        self._next: tuple[datetime | None, str] | None = None
        self._parts = {name: _listed(sql) for name, sql in spec.parts.items()}
        self._key_parts = {
            name: (re.compile(part.pattern, re.ASCII), part.integer) for name, part in spec.key_parts.items()
        }

    def now(self) -> datetime:
        """Return the source's own clock, aware UTC."""
        with self._reading() as connection:
            _, records = _fetched(connection, "now", text(self._spec.now or "SELECT CURRENT_TIMESTAMP"))
        moment = to_utc(records[0][0] if records else None, self._zone if self._spec.now else ZoneInfo("UTC"))
        if moment is None:
            raise SourceError("the query {query} does not return a time", facts=(("query", "now"),))
        return moment

    def changes(self, since: datetime | None, *, after: str = "", limit: int = 500) -> list[Change]:
        """Return the next `limit` cases with key above `after`, by key; `since` (aware) None means every case.

        A row whose change time is NULL or unreadable always counts; a date without time counts as the day's end. The
        page after the one just returned may come from what was read with it.
        """
        if self._next != (since, after) or not after:
            self._ahead = self._window(since, after, max(limit, _WINDOW) if limit else 0)
        page, self._ahead = self._ahead[:limit], self._ahead[limit:]
        self._next = (since, page[-1].case_key) if page and self._ahead else None
        return page

    def read(self, keys: Sequence[str]) -> dict[str, CaseRows]:
        """Return the rows of these cases, one query per part; a case that is gone is absent.

        At most a few thousand keys: each is a bind parameter of every query.
        """
        found: dict[str, dict[str, list[Row]]] = {key: {name: [] for name in self._parts} for key in keys}
        with self._reading() as connection:
            for name in self._parts:
                columns, records = self._part(connection, name, list(found))
                position = columns.index("case_key")
                for record in records:
                    case = found.get(str(record[position]))
                    if case is not None:
                        case[name].append(dict(zip(columns, record, strict=True)))
        root = self._spec.root
        return {key: CaseRows(key, parts) for key, parts in found.items() if any(parts[name] for name in root)}

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Return the columns each part returns, by the name of the part, reading no case."""
        with self._reading() as connection:
            return {name: self._part(connection, name, [])[0] for name in self._parts}

    def probe(self) -> list[str]:
        """Try every query without reading a case; return their names, raise SourceError at the first that fails."""
        self.now()
        self.changes(datetime.now(UTC), limit=0)
        return ["now", "changes", *(f"parts.{name}" for name in self.columns())]

    def close(self) -> None:
        """Let go of the connection."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            connection = self._engine.connect()
        except SQLAlchemyError as error:
            failure = _explained("connect", error)
        else:
            with connection:
                yield connection
            return
        raise failure

    def _window(self, since: datetime | None, after: str, limit: int) -> list[Change]:
        bounds = {"since": local_text(since, self._zone) if since else None, "after": after, "limit": limit}
        with self._reading() as connection:
            _, records = _fetched(connection, "changes", self._changes, bounds)
        if any(_damaged(record[0]) for record in records):
            facts = (("query", "changes"), ("error", UnicodeError.__name__))
            raise SourceError("the query {query} failed in the source ({error})", facts=facts)
        return [Change(record[0], to_utc(record[1], self._zone)) for record in records]

    def _part(self, connection: Connection, name: str, keys: Sequence[str]) -> _Fetched:
        query = f"parts.{name}"
        statement, names = self._parts[name]
        columns, records = _fetched(connection, query, statement, {each: self._values(each, keys) for each in names})
        repeated = sorted({column for column in columns if columns.count(column) > 1})
        if repeated:
            facts = (("query", query), ("column", repeated[0]))
            raise SourceError("the query {query} returns several columns named {column}", todo=_MEND, facts=facts)
        if "case_key" not in columns:
            raise SourceError("the query {query} returns no column case_key", todo=_MEND, facts=(("query", query),))
        return columns, records

    def _values(self, name: str, keys: Sequence[str]) -> list[Any]:
        if name == "keys":
            return list(keys)
        pattern, integer = self._key_parts[name]
        found = {match[1] for key in keys if (match := pattern.search(key)) and match[1] is not None}
        return sorted(int(value) for value in found) if integer else sorted(found)


def _damaged(key: object) -> bool:
    """Tell whether a key could not even be asked for again."""
    try:
        str(key).encode()
    except UnicodeEncodeError:
        return True
    return False


def _listed(sql: str) -> tuple[TextClause, frozenset[str]]:
    names = parameters(sql)
    return text(sql).bindparams(*(bindparam(name, expanding=True) for name in sorted(names))), names


def _fetched(
    connection: Connection, query: str, statement: TextClause, bound: Mapping[str, Any] | None = None
) -> _Fetched:
    try:
        result = connection.execute(statement, bound or {})
        return tuple(result.keys()), result.all()
    except SQLAlchemyError as error:
        failure = _explained(query, error)
    # raised outside the handler: the driver's own text can quote a value and must not be chained
    raise failure


def _explained(query: str, error: SQLAlchemyError) -> SourceError:
    """Return what went wrong from an allow-list: names of tables, columns and queries, never the driver's text."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    said = str(driver)
    missing = _MISSING.search(said)
    if missing:
        return SourceError(
            "the source has no {kind} {name}, which the query {query} needs",
            todo=_MEND,
            facts=(("kind", missing["kind"]), ("name", missing["name"]), ("query", query)),
        )
    for part, what, todo in _KNOWN_PROBLEMS:
        if part in said:
            return SourceError(what, todo=todo, facts=(("query", query),))
    facts = (("query", query), ("error", type(driver).__name__))
    return SourceError("the query {query} failed in the source ({error})", facts=facts)


def _read_only_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "sqlite":
        raise SourceError("the address of the source is not of a known kind", todo="write sqlite:///path")
    if parsed.database in {None, "", ":memory:"}:
        raise SourceError("the address of the source names no file", todo="write sqlite:///path")
    file = f"{Path(str(parsed.database)).absolute().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            file, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        # one text in another character set must not make the whole page unreadable: the mapping reports that field
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA temp_store = MEMORY")  # a large sort would write rows into a file
        return connection

    logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGGED_AS}").setLevel(logging.WARNING)  # below that it logs rows
    engine = create_engine(
        "sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True, logging_name=_LOGGED_AS
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
