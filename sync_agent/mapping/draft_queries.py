"""The queries of a draft: how the rows of a case are found from the table of cases, and what tells that it changed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sync_agent.i18n import tr
from sync_agent.mapping.likeness import Join, named_in, words
from sync_agent.source import Column, Table

__all__ = ["Queries", "Reached"]

Reached = tuple[Table, tuple[Join, ...]]
"""A table, and the way to it from the table of cases."""

_TIMES = ("changed", "created")
_KINDS = frozenset({"time", "date", "text"})


@dataclass(frozen=True, slots=True)
class Queries:
    """Writes queries for one kind of `database`; a case is a row of `root` known by the columns `key`."""

    database: str
    root: Table
    key: tuple[Column, ...]

    @property
    def numbered(self) -> bool:
        """Whether a case is known by one whole number."""
        return len(self.key) == 1 and self.key[0].kind == "integer"

    def part(self, way: tuple[Join, ...]) -> list[str]:
        """Return the query of the table at the end of a way."""
        own = "t" if way else "r"
        keyed = f"{self._key_sql()} IN :keys"
        where = f"r.{self.key[0].sql} IN :so AND {keyed}" if self.numbered else keyed
        return [f"SELECT {self._key_sql()} AS case_key, {own}.*", *self._from(way), f"WHERE {where}"]

    def changes(self, tables: Iterable[Reached], ask: Callable[[str, str], str]) -> list[str]:
        """Return the query of changes: a time of every table that has one, and every row of the table of cases."""
        timed = [(table, way, column) for table, way in tables if (column := _time_of(table)) is not None]
        found = [self._changed(table, way, column) for table, way, column in timed]
        if all(table != self.root for table, _, _ in timed):
            told = tr("{table} has no change time: every case is read in every pass", table=self.root.name)
            ask("source.changes", told)
            found.insert(0, [f"SELECT {self._key_sql()} AS case_key, {self._no_time()} AS changed_at", *self._from(())])
        ask("source.changes", tr("does every edit leave a later time in one of these columns?"))
        return [line for number, lines in enumerate(found) for line in (["UNION ALL"] if number else []) + lines]

    def _changed(self, table: Table, way: tuple[Join, ...], column: Column) -> list[str]:
        spelled = f"{'t' if way else 'r'}.{column.sql}"
        select = [f"SELECT {self._key_sql()} AS case_key, {spelled} AS changed_at", *self._from(way)]
        if column.kind == "text" and self.database != "sqlite":
            return select  # a time in a text column is compared by the agent, not by the database
        since = ":since" if column.kind == "time" else ":since_day"
        absent = f" OR {spelled} IS NULL" if table == self.root else ""
        return [*select, f"WHERE {spelled} >= {since}{absent}"]

    def _no_time(self) -> str:
        return "CAST(NULL AS timestamp)" if self.database == "postgresql" else "NULL"

    def _key_sql(self) -> str:
        columns = [f"r.{column.sql}" for column in self.key]
        if len(columns) == 1 and not self.numbered:
            return columns[0]
        return "concat('D', " + ", '-', ".join(columns) + ")"

    def _from(self, way: tuple[Join, ...]) -> list[str]:
        lines, names = [f"FROM {self.root.sql} r"], {self.root.name: "r"}
        for number, join in enumerate(way, 1):
            names[join.table.name] = name = "t" if number == len(way) else f"j{number}"
            on = " AND ".join(_equal(names[join.before.name], a, name, b) for a, b in join.on)
            lines.append(f"JOIN {join.table.sql} {name} ON {on}")
        return lines


def _time_of(table: Table) -> Column | None:
    """Return the column that tells when a row was changed, else when it was made."""
    named = (named_in(table, words("times")[kind]) for kind in _TIMES)
    return next((column for column in named if column is not None and column.kind in _KINDS), None)


def _equal(one: str, a: Column, other: str, b: Column) -> str:
    """Return the comparison of two columns; a number and a text are compared as text, in every database."""
    sides = [f"{other}.{b.sql}", f"{one}.{a.sql}"]
    if {a.kind, b.kind} == {"integer", "text"}:
        sides = [f"concat('', {side})" if c.kind == "integer" else side for side, c in zip(sides, (b, a), strict=True)]
    return " = ".join(sides)
