"""Rows in bulk: the table classes describe a row, SQLAlchemy Core moves many of them at once."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Select, Table, Update, bindparam, insert, update
from sqlmodel import SQLModel

__all__ = ["fetch", "insert_rows", "save_rows", "table_of"]

Row = TypeVar("Row", bound=SQLModel)


def table_of(model: type[SQLModel]) -> Table:
    """Return the Core table of a table class."""
    return cast("Table", cast("Any", model).__table__)


def fetch(connection: Connection, model: type[Row], statement: Select[Any]) -> list[Row]:
    """Return the rows of `statement`, which selects the whole table of `model`."""
    return [model(**row) for row in connection.execute(statement).mappings()]


def insert_rows(connection: Connection, rows: Sequence[SQLModel]) -> None:
    """Insert new rows and give them the ids the database chose."""
    if not rows:
        return
    table = table_of(type(rows[0]))
    values = [_values(row, table, skip_id=True) for row in rows]
    if "id" not in table.c:
        connection.execute(insert(table), values)
        return
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    for row, chosen in zip(rows, connection.execute(statement, values).scalars(), strict=True):
        cast("Any", row).id = chosen


def save_rows(connection: Connection, rows: Iterable[SQLModel]) -> None:
    """Write back changed rows by their `id`."""
    pending = list(rows)
    if not pending:
        return
    table = table_of(type(pending[0]))
    connection.execute(
        _update_of(table), [{f"v_{name}": value for name, value in _values(row, table).items()} for row in pending]
    )


@cache  # building it costs more than running it
def _update_of(table: Table) -> Update:
    columns: dict[str, Any] = {column.name: bindparam(f"v_{column.name}") for column in table.c if column.name != "id"}
    return update(table).where(table.c.id == bindparam("v_id")).values(columns)


def _values(row: SQLModel, table: Table, *, skip_id: bool = False) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in table.c if not (skip_id and column.name == "id")}
