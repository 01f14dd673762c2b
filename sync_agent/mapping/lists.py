"""How rows become the entries of a list: which belong, in which order, and that one row read twice is one entry."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as field_of
from decimal import Decimal
from typing import Any

from sync_agent.domain.findings import Level
from sync_agent.mapping.columns import Columns, Singles
from sync_agent.mapping.conditions import Test
from sync_agent.mapping.rules import ReadField
from sync_agent.mapping.values import Unmapped, UnreadableError, local_or_none
from sync_agent.source import Row

__all__ = ["Data", "Fault", "ReadList", "distinct", "fill"]

Data = dict[str, Any]
"""What will become a part of the CaseFile: names to values, parts and lists."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a path, in the entry with this local key ('' when the path is in no keyed list).

    `level` is what the profile says of it; None leaves it to the rule and the path.
    """

    rule: str
    path: str
    where: str
    local_key: str = ""
    level: Level | None = None
    unmapped: Unmapped | None = field_of(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReadList:
    """A compiled list. `ready` is the ready_when of its step, tested on the row of each entry."""

    path: str
    name: tuple[str, ...]
    part: str
    sort: tuple[str, ...]
    only: Test | None
    on: tuple[tuple[str, str], ...]
    value: ReadField | None
    fields: tuple[ReadField, ...]
    lists: tuple["ReadList", ...]
    ready: Test | None
    columns: Columns

    def read(
        self, parts: Mapping[str, Sequence[Row]], around: Row | None, singles: Singles, faults: list[Fault]
    ) -> tuple[list[Any], set[str]]:
        """Return the entries in order, and the local keys of those that are ready."""
        entries: list[Any] = []
        ready: set[str] = set()
        for row in self._rows(parts, around, singles):
            entry, found = self._entry(row, parts, singles)
            key = str(entry.get("local_key", "")) if isinstance(entry, dict) else ""
            faults.extend(replace(each, local_key=key) for each in found)
            if entry:
                entries.append(entry)
            if self.ready is not None and self.ready(row, singles):
                ready.add(key)
        return self._told_apart(entries, faults), ready

    def keyed(self, parts: Mapping[str, Sequence[Row]], singles: Singles) -> Iterator[tuple[str, Row]]:
        """Yield the row of each entry with its local key; nothing for a key that cannot be read or is claimed twice."""
        of_key = [each for each in self.fields if each.path == f"{self.path}.local_key"]
        entries: list[tuple[object, Row]] = []
        for row in self._rows(parts, None, singles):
            data: Data = {}
            fill(data, of_key, row, singles, [])  # faults are those of the entry itself
            entries.append((data.get("local_key"), row))
        keys = [key for key, _ in entries]
        yield from ((str(key), row) for key, row in entries if key is not None and keys.count(key) == 1)

    def rows_of_entries(self, parts: Mapping[str, Sequence[Row]], around: Row | None, singles: Singles) -> list[Row]:
        """Return the row of each entry that `read` returns, in their order."""
        pairs = [(self._entry(row, parts, singles)[0], row) for row in self._rows(parts, around, singles)]
        kept = self._told_apart([entry for entry, _ in pairs if entry], [])
        return [row for entry, row in pairs if any(entry is each for each in kept)]

    def _rows(self, parts: Mapping[str, Sequence[Row]], around: Row | None, singles: Singles) -> Sequence[Row]:
        rows: Sequence[Row] = parts.get(self.part, ())
        if self.on and around is not None:
            rows = [row for row in rows if all(_same(row[mine], around[theirs]) for mine, theirs in self.on)]
        if self.only is not None:
            rows = [row for row in rows if self.only(row, singles)]
        if len(rows) <= 1:
            return rows
        used = sorted(self.columns.used[self.part])
        order = (*self.sort, *used)
        return sorted(distinct(rows, used), key=lambda row: tuple(_order(row[column]) for column in order))

    def _entry(self, row: Row, parts: Mapping[str, Sequence[Row]], singles: Singles) -> tuple[Any, list[Fault]]:
        faults: list[Fault] = []
        if self.value is not None:
            single: Data = {}
            fill(single, (self.value,), row, singles, faults)
            return single.get(self.value.leaf), faults
        entry: Data = {}
        fill(entry, self.fields, row, singles, faults)
        for inner in self.lists:
            entries, _ = inner.read(parts, row, singles, faults)
            if entries:
                put(entry, inner.name[:-1], inner.name[-1], entries)
        return entry, faults

    def _told_apart(self, entries: list[Any], faults: list[Fault]) -> list[Any]:
        """Return the entries without those that claim one local key: which of them is meant is not guessed."""
        keys = [entry.get("local_key") for entry in entries if isinstance(entry, dict)]
        repeated = {key for key in keys if key is not None and keys.count(key) > 1} if len(keys) > 1 else set()
        faults.extend(Fault("rows_disagree", self.path, self.part, str(key)) for key in sorted(repeated))
        return [entry for entry in entries if entry.get("local_key") not in repeated] if repeated else entries


def fill(data: Data, fields: Iterable[ReadField], row: Row, singles: Singles, faults: list[Fault]) -> None:
    """Read fields of one row into `data`; what is there already stays, what cannot be read becomes a fault."""
    for field in fields:
        if field.doubt is not None and field.doubt[0](row, singles):
            faults.append(Fault("doubtful", field.path, field.where, level=field.doubt[1]))
        try:
            value = field.read(row, singles)
        except UnreadableError as bad:
            faults.append(Fault(bad.rule, field.path, bad.where or field.where, unmapped=bad.unmapped))
            value = bad.kept
        if value is None:
            continue
        if field.parents:
            put(data, field.parents, field.leaf, value)
        else:
            data.setdefault(field.leaf, value)


def put(data: Data, parents: Iterable[str], leaf: str, value: object) -> None:
    """Set a value inside nested parts unless it is there."""
    for name in parents:
        data = data.setdefault(name, {})
    data.setdefault(leaf, value)


def distinct(rows: Sequence[Row], columns: Sequence[str]) -> list[Row]:
    """Return the rows that differ in any of the columns, each once."""
    seen: dict[tuple[object, ...], Row] = {}
    for row in rows:
        seen.setdefault(tuple(row[column] for column in columns), row)
    return list(seen.values())


def _same(mine: object, theirs: object) -> bool:
    known = local_or_none(mine)
    return known is not None and known == local_or_none(theirs)


def _order(value: object) -> tuple[int, Any]:
    if value is None:
        return 0, ""
    if isinstance(value, (int, float, Decimal)):
        return 1, value
    return 2, str(value)
