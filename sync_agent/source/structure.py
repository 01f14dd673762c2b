"""What tables and columns a local database has, for the draft of a profile. No row is read but to count codes."""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Inspector, inspect, text, types
from sqlalchemy.engine.interfaces import Dialect as Spelling
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from sync_agent.source.dialect import Session
from sync_agent.source.engines import open_engine
from sync_agent.source.problems import explained

__all__ = ["Column", "Structure", "Table", "count_values", "read_structure"]

_KINDS: Final = (
    (types.DateTime, "time"),
    (types.Date, "date"),
    (types.Boolean, "integer"),
    (types.Integer, "integer"),
    (types.Numeric, "number"),
    (types.String, "text"),
)
_MOST: Final = 20
_SHORT: Final = re.compile(r"[A-Za-z0-9_.-]{1,6}")
"""What is a code and no more: no name in words, no number of a person."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `sql` is its name as a query spells it, `kind` integer, number, text, date, time or other."""

    name: str
    sql: str
    kind: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view. `links` are its foreign keys: (own columns, other table, its columns)."""

    name: str
    sql: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    links: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True)
class Structure:
    """The tables of a database by name, and which kind of database it is."""

    database: str
    tables: tuple[Table, ...]


def read_structure(address: str, password: str | None, *, seconds: int) -> Structure:
    """Return the tables and views an account sees in its default schema. Raises SourceError."""
    with _connected(address, password, seconds) as (connection, spelling):
        inspector = inspect(connection)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a type that is not known is `other`
            return Structure(spelling.name, tuple(_tables(inspector, spelling)))


def count_values(
    address: str, password: str | None, wanted: Iterable[tuple[Table, Column]], *, seconds: int
) -> dict[tuple[str, str], dict[str, int]]:
    """Return how often each value stands in some columns, by table and column, those with few short codes only.

    A column with more than 20 values, or with one that is no short code, is left out. Raises SourceError.
    """
    found = {}
    with _connected(address, password, seconds) as (connection, _):
        for table, column in wanted:
            query = f"SELECT {column.sql}, count(*) FROM {table.sql} GROUP BY {column.sql}"  # noqa: S608 - quoted names
            rows = connection.execute(text(query)).fetchmany(_MOST + 1)
            counts = {"" if value is None else str(value): int(count) for value, count in rows}
            if len(rows) <= _MOST and all(not value or _SHORT.fullmatch(value) for value in counts):
                found[table.name, column.name] = counts
    return found


@contextmanager
def _connected(address: str, password: str | None, seconds: int) -> Iterator[tuple[Connection, Spelling]]:
    dialect, engine = open_engine(address, password, Session(seconds, ZoneInfo("UTC")))
    failure = None
    try:
        with engine.connect() as connection:
            yield connection, engine.dialect
    except (SQLAlchemyError, ValueError) as error:
        driver = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        failure = explained("structure", driver, dialect.problem(driver), seconds=seconds)
    finally:
        engine.dispose()
    if failure is not None:  # raised outside the handler: the driver's own text can quote a value
        raise failure


def _tables(inspector: Inspector, spelling: Spelling) -> Iterator[Table]:
    keys = inspector.get_multi_pk_constraint(kind=ObjectKind.ANY)
    links = inspector.get_multi_foreign_keys(kind=ObjectKind.ANY)
    for name, columns in sorted(inspector.get_multi_columns(kind=ObjectKind.ANY).items(), key=lambda each: each[0][1]):
        yield Table(
            name[1],
            _spelled(name[1], spelling),
            tuple(Column(each["name"], _spelled(each["name"], spelling), _kind(each["type"])) for each in columns),
            tuple(_at(keys, name, "constrained_columns")),
            tuple(
                (tuple(each["constrained_columns"]), each["referred_table"], tuple(each["referred_columns"]))
                for each in links.get(name, ())
            ),
        )


def _at(keys: Mapping[Any, Any], name: object, word: str) -> Iterable[str]:
    found: Iterable[str] = (keys.get(name) or {}).get(word, ())
    return found


def _spelled(name: str, spelling: Spelling) -> str:
    """Return a name as a query of a profile spells it: quoted where it must be, capitals on PostgreSQL only."""
    preparer = spelling.identifier_preparer
    plain = name if spelling.name == "postgresql" else name.lower()
    quoted: str = preparer.quote_identifier(name) if preparer._requires_quotes(plain) else name  # noqa: SLF001 - there is no public one
    return quoted.replace(":", r"\:")  # which would name a parameter


def _kind(type_: types.TypeEngine[Any]) -> str:
    return next((kind for cls, kind in _KINDS if isinstance(type_, cls)), "other")
