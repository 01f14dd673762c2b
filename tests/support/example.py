"""An example database on disk, and ways to look into it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sync_agent.example import Special, Stock, generate

TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Example:
    """Where a generated database and its files are, and what is in them."""

    path: Path
    files: Path
    stock: Stock

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query, values).fetchall()

    def values(self, table: str, column: str) -> set[Any]:
        """Return the different values of a column."""
        return {value for (value,) in self.rows(f"SELECT DISTINCT {column} FROM {table}")}  # noqa: S608 - names in tests

    def petitions(self, special: Special) -> set[str]:
        """Return the beginnings of the case keys (`D<petition>`) of an oddity."""
        return {key.partition("-")[0] for key in self.stock.special[special]}


def make(folder: Path, *, cases: int = 500, seed: int = 1) -> Example:
    """Generate a database in `folder`."""
    path, files = folder / "local.db", folder / "files"
    return Example(path, files, generate(path, files, cases=cases, seed=seed, today=TODAY))
