"""From which cells of which row each value of a case was read: found by watching the compiled rules read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync_agent.mapping.columns import Singles
from sync_agent.mapping.compiler import Compiled
from sync_agent.mapping.lists import ReadList
from sync_agent.mapping.rules import ReadField
from sync_agent.mapping.values import UnreadableError
from sync_agent.source import Row

__all__ = ["Cell", "Origin", "origins"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of the local system at its `part.column`; `named` when the rule names this column as its place."""

    where: str
    value: object = field(repr=False)
    named: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """The cells that were looked at for a CaseFile path, in which entries of lists are numbered from 0.

    `read` tells whether they gave a value; one that cannot be read gives none.
    """

    path: str
    cells: tuple[Cell, ...]
    read: bool


class _Watched(Mapping[str, object]):
    """A row that remembers which of its columns were looked at."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.seen: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        value = self.seen[name] = self._row[name]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)


def origins(compiled: Compiled, parts: Mapping[str, Sequence[Row]], singles: Singles) -> Iterator[Origin]:
    """Yield where the values of a case come from; of two parts that fill one path only the one that did."""
    filled: set[str] = set()
    for single in compiled.singles:
        row = singles[single.part]
        for each in single.fields if row is not None else ():
            origin = _origin(each, each.path, single.part, row, singles) if row is not None else None
            if origin is not None and each.path not in filled:
                filled |= {each.path} if origin.read else set()
                yield origin
    for one in compiled.lists:
        yield from _entries(one, one.path, None, parts, singles)


def _entries(
    one: ReadList, path: str, around: Row | None, parts: Mapping[str, Sequence[Row]], singles: Singles
) -> Iterator[Origin]:
    for position, row in enumerate(one.rows_of_entries(parts, around, singles)):
        here = f"{path}[{position}]"
        if one.value is not None:
            found = _origin(one.value, here, one.part, row, singles)
            yield from [found] if found is not None else []
        for each in one.fields:
            found = _origin(each, here + each.path.removeprefix(one.path), one.part, row, singles)
            yield from [found] if found is not None else []
        for inner in one.lists:
            yield from _entries(inner, here + inner.path.removeprefix(one.path), row, parts, singles)


def _origin(rule: ReadField, path: str, part: str, row: Row, singles: Singles) -> Origin | None:
    """Return what a rule looked at; None where it left the field empty."""
    watched = _Watched(row)
    try:
        read = rule.read(watched, singles) is not None
    except UnreadableError:
        read = False
    else:
        if not read:
            return None
    named = rule.where.lower()
    cells = (Cell(f"{part}.{name}", value, f"{part}.{name}".lower() == named) for name, value in watched.seen.items())
    return Origin(path, tuple(cells), read)
