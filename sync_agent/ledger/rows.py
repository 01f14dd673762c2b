"""Rows in bulk: the table classes describe a row, SQLAlchemy Core moves many of them at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, make_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Select, Table, Update, bindparam, insert, update
from sqlmodel import SQLModel

__all__ = ["fetch", "insert_rows", "plain", "save_rows", "table_of", "values_of"]

Row = TypeVar("Row", bound=SQLModel)


def plain(model: type[Row]) -> type[Row]:
    """Return a class with the fields, defaults and properties of a table class, and nothing that watches them.

    Rows come in thousands and are moved by Core: what the mapper does at each assignment costs more than all the rest.
    """
    fields: list[tuple[str, Any, Any]] = []
    for name, info in model.model_fields.items():
        fields.append((name, Any, field() if info.is_required() else field(default=info.default)))
    kept: dict[str, Any] = {name: value for name, value in vars(model).items() if isinstance(value, property)}
    kept |= {"__table__": table_of(model), "__doc__": model.__doc__, "__repr__": _shown, "__module__": model.__module__}
    made = make_dataclass(model.__name__, fields, namespace=kept, repr=False, kw_only=True, slots=True)
    return cast("type[Row]", made)


def _shown(row: object) -> str:
    """Show nothing but the number of a row."""
    return f"{type(row).__name__}(id={getattr(row, 'id', None)})"


def table_of(model: type[SQLModel]) -> Table:
    """Return the Core table of a table class."""
    return cast("Table", cast("Any", model).__table__)


def fetch(connection: Connection, model: type[Row], statement: Select[Any]) -> list[Row]:
    """Return the rows of `statement`, which selects the whole table of `model`."""
    names = table_of(model).c.keys()
    return [model(**dict(zip(names, row, strict=True))) for row in connection.execute(statement)]


def values_of(row: SQLModel) -> dict[str, Any]:
    """Return the values of a row by column."""
    names, getter = _columns(table_of(type(row)))
    return dict(zip(names, getter(row), strict=True))


def insert_rows(connection: Connection, rows: Sequence[SQLModel]) -> None:
    """Insert new rows and give them the ids the database chose."""
    if not rows:
        return
    table = table_of(type(rows[0]))
    values = [values_of(row) for row in rows]
    if "id" not in table.c:
        connection.execute(insert(table), values)
        return
    for each in values:
        del each["id"]
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    for row, chosen in zip(rows, connection.execute(statement, values).scalars(), strict=True):
        cast("Any", row).id = chosen


def save_rows(connection: Connection, rows: Iterable[SQLModel]) -> None:
    """Write back changed rows by their `id`."""
    pending = list(rows)
    if not pending:
        return
    table = table_of(type(pending[0]))
    statement, names = _update_of(table)
    _, getter = _columns(table)
    connection.execute(statement, [dict(zip(names, getter(row), strict=True)) for row in pending])


@cache  # building it costs more than running it
def _update_of(table: Table) -> tuple[Update, list[str]]:
    """Return what updates a row by its id, and the names of its parameters in the order of the columns."""
    columns: dict[str, Any] = {column.name: bindparam(f"v_{column.name}") for column in table.c if column.name != "id"}
    statement = update(table).where(table.c.id == bindparam("v_id")).values(columns)
    return statement, [f"v_{column.name}" for column in table.c]


@cache
def _columns(table: Table) -> tuple[list[str], Callable[[object], tuple[Any, ...]]]:
    names = table.c.keys()
    return names, attrgetter(*names)
