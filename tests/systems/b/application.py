"""The program that writes the petition system: non-strict sessions, empty rows of all steps, nothing that ties rows.

Its clock is set by the caller, and with it every change time that the database writes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

__all__ = ["STEPS", "Application"]

STEPS: Final = ("phanloaidonthu", "theodoidonthu", "giaoxacminh", "ketquagiaiquyet", "thongtinrutdonthu", "doanxacminh")
_SCHEMA: Final = Path(__file__).parent / "schema.sql"


class Application:
    """Writes one database as the users' program does: each statement commits by itself."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def at(self, now: datetime) -> None:
        """Set the clock (aware)."""
        self._run("SET timestamp = %s", now.timestamp())

    def add(self, table: str, **columns: Any) -> int:
        """Insert one row; a column that is not named gets '', 0 or a zero date. Return the id it was given."""
        names, marks = ", ".join(f"`{name}`" for name in columns), ", ".join(["%s"] * len(columns))
        done = self._run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *columns.values())  # noqa: S608 - own names
        return int(done.lastrowid or 0)

    def edit(self, table: str, where: Mapping[str, Any], **columns: Any) -> None:
        """Update the rows that have these values."""
        parts = ", ".join(f"`{name}` = %s" for name in columns)
        test = " AND ".join(f"`{name}` = %s" for name in where)
        sql = f"UPDATE {table} SET {parts} WHERE {test}"  # noqa: S608 - own names
        assert self._run(sql, *columns.values(), *where.values()).rowcount

    def petition(self, *, year: int = 2026, **columns: Any) -> int:
        """Enter a petition: its row, then its number, then an empty row of each step. Return its id."""
        number = self.add("donthu", **columns)
        called = f"{number}/{year}"
        self.edit("donthu", {"donthuid": number}, sothuly=called, filepath=f"/file/donthu_{number}_{year}")
        for table in STEPS:
            self.add(table, donthuid=number, sothuly=called)
        return number

    def step(self, table: str, number: int, **columns: Any) -> None:
        """Fill in the row of one step."""
        self.edit(table, {"donthuid": number}, **columns)

    def delete(self, number: int, *, torn: bool = False) -> None:
        """Delete a petition and five of its steps; `torn`: only the petition, as when the program dies. People stay."""
        for table in ("donthu",) if torn else ("donthu", *STEPS[:5]):
            self._run(f"DELETE FROM {table} WHERE donthuid = %s", number)  # noqa: S608 - own names

    def run(self, sql: str, *values: Any) -> None:
        """Run one statement of a test."""
        self._run(sql, *values)

    def _run(self, sql: str, *values: Any) -> Any:
        return self._connection.exec_driver_sql(sql, values)

    @classmethod
    @contextmanager
    def opened(cls, url: str, *, create: bool = False) -> Iterator["Application"]:
        """Open the database as the program does; with `create` make its tables first."""
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("SET SESSION sql_mode = '', time_zone = '+07:00'")
            if create:
                text = "\n".join(line.partition("--")[0] for line in _SCHEMA.read_text(encoding="utf-8").splitlines())
                for statement in filter(str.strip, text.split(";")):
                    connection.exec_driver_sql(statement)
            yield cls(connection)
