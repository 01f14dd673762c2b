"""Reads a local SQL database, read-only: pages of changed cases and, per page, one query for each part of a case."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Connection, String, TextClause, bindparam, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from tenacity import Retrying, retry_if_exception_type, stop_before_delay, wait_exponential

from sync_agent.errors import SourceError
from sync_agent.source.clock import local_text, to_utc
from sync_agent.source.dialect import Dialect, Session
from sync_agent.source.engines import open_engine
from sync_agent.source.problems import SourceLostError, explained
from sync_agent.source.rows import CaseRows, Change, Row, SourceFile
from sync_agent.source.spec import SourceSpec, parameters

__all__ = ["SqlSource"]

_Fetched: TypeAlias = tuple[tuple[str, ...], Sequence[Sequence[Any]]]
_Result = TypeVar("_Result")

# Every page has to sort all changes anew, so one query reads ahead this many cases: a few MB, and a full scan of
# hundreds of thousands stays linear.
_WINDOW: Final = 20_000

_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 10.0
_pause = time.sleep

_FULL: Final = re.compile(r":since\s+IS\s+NULL\b", re.IGNORECASE)
"""How a profile asks whether everything is read: `:since` itself always has a value."""

_LARGEST: Final = 2**63 - 1


class SqlSource:
    """A local SQL database read through the queries of a profile. Every method may raise SourceError.

    `url` is an address of `engines`, without the `password`. Each call opens its own connection, so that a database
    that was restarted or restored is seen at once, and reads one snapshot inside one read-only transaction. A call
    whose connection is refused or lost is made again for up to `reconnect_seconds`; on a server a statement may take
    `statement_seconds`.
    """

    def __init__(
        self,
        url: str,
        spec: SourceSpec,
        *,
        password: str | None = None,
        statement_seconds: int = 120,
        reconnect_seconds: int = 60,
    ) -> None:
        self.source_id = spec.id
        self._spec = spec
        self._zone = ZoneInfo(spec.zone)
        self._seconds = statement_seconds
        self._reconnect_seconds = reconnect_seconds
        self._dialect, self._engine = open_engine(url, password, Session(statement_seconds, self._zone, spec.tables))
        self._pages = {full: _page(self._dialect, spec.changes, full=full) for full in (True, False)}
        self._ahead: list[Change] = []
        self._last = False  # nothing comes after what was read ahead
        self._next: tuple[datetime | None, str] | None = None
        self._parts = {name: _listed(sql, spec) for name, sql in spec.parts.items()}
        self._most_keys = self._dialect.most_parameters // max(map(_lists, spec.parts.values()))
        self._key_parts = {
            name: (re.compile(part.pattern, re.ASCII), part.integer) for name, part in spec.key_parts.items()
        }

    def now(self) -> datetime:
        """Return the source's own clock, aware UTC."""
        query = text(self._spec.now or self._dialect.clock)
        _, records = self._asked(lambda connection: self._fetched(connection, "now", query))
        moment = to_utc(records[0][0] if records else None, self._zone if self._spec.now else ZoneInfo("UTC"))
        if moment is None:
            raise SourceError("the query {query} does not return a time", facts=(("query", "now"),))
        return moment

    def changes(self, since: datetime | None, *, after: str = "", limit: int = 500) -> list[Change]:
        """Return the next `limit` cases with key above `after`, by key; `since` (aware) None means every case.

        A row whose change time is NULL, unreadable or before 1900 always counts; a date without time, which midnight
        is taken for, counts as the day's end. The page after the one just returned may come from what was read with it.
        """
        if self._next != (since, after) or not after:
            window = max(limit, _WINDOW) if limit else 0
            self._ahead = self._window(since, after, window)
            self._last = len(self._ahead) < window
        page, self._ahead = self._ahead[:limit], self._ahead[limit:]
        self._next = (since, page[-1].case_key) if page and (self._ahead or self._last) else None
        return page

    def read(self, keys: Sequence[str]) -> dict[str, CaseRows]:
        """Return the rows of these cases, their columns in small letters; a case that is gone is absent.

        Each part is one query, or several where the database takes fewer parameters than there are keys.
        """
        return self._asked(lambda connection: self._cases(connection, keys))

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Return the columns each part returns, in small letters, by the name of the part, reading no case."""
        return self._asked(lambda connection: {name: self._part(connection, name, [])[0] for name in self._parts})

    def probe(self) -> list[str]:
        """Try every query without reading a case; return their names, raise SourceError at the first that fails."""
        self.now()
        self.changes(datetime.now(UTC), limit=0)
        return ["now", "changes", *(f"parts.{name}" for name in self.columns())]

    def may_write(self) -> bool:
        """Return whether the account could change the local system; False for a file, which is opened read-only."""
        query = self._dialect.may_write
        if not query:
            return False
        _, records = self._asked(lambda connection: self._fetched(connection, "rights", text(query)))
        return bool(records[0][0])

    def files(self) -> list[SourceFile]:
        """Return the files that were read as tables; none where the source is a database."""
        query = self._dialect.inventory
        if not query:
            return []
        _, records = self._asked(lambda connection: self._fetched(connection, "files", text(query)))
        return [SourceFile(table, file, int(rows), *told) for table, file, rows, *told in records]

    def beside(self) -> list[str] | None:
        """Return the tables that the account may read although no query names them, sorted; None for a file."""
        if not self._dialect.readable:
            return None
        _, records = self._asked(lambda connection: self._fetched(connection, "rights", text(self._dialect.readable)))
        queries = " ".join((self._spec.changes, self._spec.now or "", *self._spec.parts.values())).casefold()
        named = frozenset(re.findall(r"[\w$]+", queries))
        return sorted(name for (name,) in records if name.casefold() not in named)

    def close(self) -> None:
        """Let go of the connection."""
        self._engine.dispose()

    def _asked(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do `work` in a transaction of its own; while no connection can be had or it is lost, do all of it again."""
        retrying = Retrying(
            retry=retry_if_exception_type(SourceLostError),
            stop=stop_before_delay(self._reconnect_seconds),
            wait=wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT),
            sleep=_pause,
            reraise=True,
        )
        result: _Result = retrying(self._once, work)
        return result

    def _once(self, work: Callable[[Connection], _Result]) -> _Result:
        try:
            connection = self._engine.connect()
        except (SQLAlchemyError, RuntimeError) as error:
            failure = self._explained("connect", error)
        else:
            try:
                return work(connection)
            finally:
                with suppress(SQLAlchemyError):  # of a connection that was lost; nothing was written that could be
                    connection.close()
        # raised outside the handler: the driver's own text can quote a value and must not be chained
        raise failure

    def _window(self, since: datetime | None, after: str, limit: int) -> list[Change]:
        statement, bounds = self._pages[since is None], self._bounds(since) | {"after": after, "limit": limit}
        known = {name: value for name, value in bounds.items() if name in statement.compile().params}
        _, records = self._asked(lambda connection: self._fetched(connection, "changes", statement, known))
        keys = [self._key(record[0]) for record in records]
        if any(map(_damaged, keys)):
            facts = (("query", "changes"), ("error", UnicodeError.__name__))
            raise SourceError("the query {query} failed in the source ({error})", facts=facts)
        return [Change(key, to_utc(record[1], self._zone)) for key, record in zip(keys, records, strict=True)]

    def _bounds(self, since: datetime | None) -> dict[str, Any]:
        earliest, first_day = self._dialect.earliest
        if since is None:
            return {"since": earliest, "since_day": first_day, "floor": ""}
        floor = local_text(since, self._zone)
        if isinstance(earliest, str):
            return {"since": floor, "since_day": floor[: len("2026-01-01")], "floor": floor}
        local = datetime.fromisoformat(floor)
        return {"since": local, "since_day": local.date(), "floor": floor}

    def _key(self, key: Any) -> str:
        return str(key, self._dialect.key_encoding, "surrogateescape") if isinstance(key, bytes) else str(key)

    def _cases(self, connection: Connection, keys: Sequence[str]) -> dict[str, CaseRows]:
        found: dict[str, dict[str, list[Row]]] = {key: {name: [] for name in self._parts} for key in keys}
        for name in self._parts:
            for some in _sliced(list(found), self._most_keys):
                columns, records = self._part(connection, name, some)
                position = columns.index("case_key")
                for record in records:
                    case = found.get(str(record[position]))
                    if case is not None:
                        case[name].append(dict(zip(columns, record, strict=True)))
        root = self._spec.root
        return {key: CaseRows(key, parts) for key, parts in found.items() if any(parts[name] for name in root)}

    def _part(self, connection: Connection, name: str, keys: Sequence[str]) -> _Fetched:
        query = f"parts.{name}"
        statement, names = self._parts[name]
        bound = {each: self._values(each, keys) for each in names}
        columns, records = self._fetched(connection, query, statement, bound)
        repeated = sorted({column for column in columns if columns.count(column) > 1})
        if repeated:
            facts = (("query", query), ("column", repeated[0]))
            raise SourceError(
                "the query {query} returns several columns named {column}",
                todo="mend the query in the profile",
                facts=facts,
            )
        if "case_key" not in columns:
            raise SourceError(
                "the query {query} returns no column case_key",
                todo="mend the query in the profile",
                facts=(("query", query),),
            )
        return columns, records

    def _values(self, name: str, keys: Sequence[str]) -> list[Any]:
        """Return the list of one parameter; [None], which equals nothing, where an empty one would be no SQL."""
        if name == "keys":
            return list(keys) or [None]
        pattern, integer = self._key_parts[name]
        found = {match[1] for key in keys if (match := pattern.search(key)) and match[1] is not None}
        if not integer:
            return sorted(found) or [None]
        return sorted({number for value in found if (number := int(value)) <= _LARGEST}) or [None]

    def _fetched(
        self, connection: Connection, query: str, statement: TextClause, bound: Mapping[str, Any] | None = None
    ) -> _Fetched:
        """Return the columns of a query, in small letters as no database but ours tells them apart, and its records."""
        try:
            result = connection.execute(statement, bound or {})
            return tuple(column.lower() for column in result.keys()), result.all()  # noqa: SIM118 - not a dict
        except (SQLAlchemyError, ValueError) as error:  # a ValueError is a driver's that cannot read what was sent
            failure = self._explained(query, error)
        raise failure

    def _explained(self, query: str, error: Exception) -> SourceError:
        driver = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        return explained(query, driver, self._dialect.problem(driver), seconds=self._seconds)


def _damaged(key: str) -> bool:
    """Tell whether a key could not even be asked for again."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return True
    return False


def _page(dialect: Dialect, changes: str, *, full: bool) -> TextClause:
    asked = _FULL.sub("1 = 1" if full else "1 = 0", changes.strip().rstrip(";"))
    types = [bindparam(name, type_=kind) for name, kind in dialect.types.items() if name in parameters(asked)]
    return text(dialect.page.replace("{changes}", asked)).bindparams(*types)


def _listed(sql: str, spec: SourceSpec) -> tuple[TextClause, frozenset[str]]:
    names = parameters(sql)
    whole = {name for name, part in spec.key_parts.items() if part.integer}
    lists = (
        bindparam(name, expanding=True, type_=BigInteger() if name in whole else String()) for name in sorted(names)
    )
    return text(sql).bindparams(*lists), names


def _lists(sql: str) -> int:
    """Return how many lists stand in a query; some drivers count one that stands there twice as two."""
    return sum(len(re.findall(rf":{name}\b", sql)) for name in parameters(sql))


def _sliced(keys: list[str], most: int) -> Iterator[list[str]]:
    return (keys[start : start + most] for start in range(0, len(keys), most))
