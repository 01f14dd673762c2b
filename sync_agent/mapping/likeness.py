"""What a table and a column are probably for, by their names: Vietnamese words in any spelling, from a dictionary."""

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from sync_agent.source import Column, Table

__all__ = ["Guess", "Join", "code_list", "columns_for", "joins", "link", "named_in", "role_of", "squeezed", "words"]

_SURE: Final = 0.99
_LEAST: Final = 0.5
_SHORTEST: Final = 4
_LIST_COLUMNS: Final = 6
_GENERIC: Final = frozenset({"id", "ma", "stt", "code", "key", "so"})


def words(section: str) -> Mapping[str, Any]:
    """Return a section of the dictionary."""
    found: Mapping[str, Any] = _dictionary()[section]
    return found


@cache
def _dictionary() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "draft_words.toml").read_text(encoding="utf-8"))


def squeezed(name: str) -> str:
    """Return a name without accents, capitals and separators: `NgayNhan`, `ngay_nhan` and `ngaynhan` are one."""
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain.casefold() if letter.isascii() and letter.isalnum())


def role_of(table: Table) -> str:
    """Return what a row of a table is by the longest word in its name, "" when no word is known."""
    name = squeezed(table.name)
    found = [(len(word), role) for role, known in words("tables").items() for word in known if word in name]
    return max(found)[1] if found else ""


@dataclass(frozen=True, slots=True)
class Guess:
    """A column that seems to be a field; not `sure` when only a part of its name says so."""

    path: str
    column: Column
    sure: bool


def columns_for(role: str, columns: Iterable[Column]) -> list[Guess]:
    """Return which columns of a table seem to be which fields, each field and each column once, best first."""
    known: Mapping[str, list[str]] = words("columns").get(role, {})
    pairs = [
        (_likeness(squeezed(column.name), names), -place, path, column)
        for place, (path, names) in enumerate(known.items())
        for column in columns
    ]
    found: list[Guess] = []
    for score, _, path, column in sorted(pairs, key=lambda pair: pair[:2], reverse=True):
        taken = any(guess.path == path or guess.column == column for guess in found)
        if score >= _LEAST and not taken:
            found.append(Guess(path, column, score >= _SURE - len(known) / 1000))
    order = list(known)
    return sorted(found, key=lambda guess: order.index(guess.path))


def _likeness(name: str, known: list[str]) -> float:
    """Return how much a name is like the words of a field: nearly 1 when it is one, the first of them most."""
    if name in known:
        return _SURE + 0.01 - known.index(name) / 1000
    parts = [len(word) for word in known if len(word) >= _SHORTEST and word in name]
    return min(max(parts, default=0) / max(len(name), 1), _SURE - 0.1)


def named_in(table: Table, known: Iterable[str]) -> Column | None:
    """Return the column of a table that has one of some names, the first of them that is there."""
    columns = {squeezed(column.name): column for column in reversed(table.columns)}
    return next((columns[name] for name in known if name in columns), None)


@dataclass(frozen=True, slots=True)
class Join:
    """How a table is joined to one before it: (column there, column here)."""

    before: Table
    table: Table
    on: tuple[tuple[Column, Column], ...]


def link(one: Table, other: Table) -> tuple[tuple[Column, Column], ...]:
    """Return the columns by which a row of `one` names rows of `other` by their key; empty when it does not."""
    for own, target, theirs in one.links:
        if target == other.name:
            return tuple((one.column(mine), other.column(its)) for mine, its in zip(own, theirs, strict=True))
    if len(other.key) != 1:
        return ()
    key = squeezed(other.key[0])
    table = squeezed(other.name)
    names = {key} if key not in _GENERIC else {f"id{table}", f"{table}id", f"ma{table}", f"{table}ma", table}
    mine = next((column for column in one.columns if squeezed(column.name) in names), None)
    return ((mine, other.column(other.key[0])),) if mine is not None else ()


def code_list(table: Table, root: Table) -> bool:
    """Tell whether a table only says what codes mean: few columns, one of them a name, and none names a case."""
    named = any(squeezed(column.name).startswith(("ten", "name")) for column in table.columns)
    return named and len(table.columns) <= _LIST_COLUMNS and not link(table, root)


def joins(root: Table, tables: Iterable[Table], most: int = 3) -> dict[str, tuple[Join, ...]]:
    """Return the shortest way from the table of cases to every table that belongs to it, by its name."""
    rest = [table for table in tables if table != root and not code_list(table, root)]
    found: dict[str, tuple[Join, ...]] = {}
    frontier: list[tuple[Table, tuple[Join, ...]]] = [(root, ())]
    for _ in range(most):
        reached = [(each, (*way, step)) for before, way in frontier for each, step in _reached(before, rest, found)]
        frontier = []
        for table, way in reached:
            if table.name not in found:
                found[table.name] = way
                frontier.append((table, way))
    return found


def _reached(before: Table, rest: list[Table], found: Mapping[str, object]) -> Iterator[tuple[Table, Join]]:
    for table in rest:
        if table.name in found:
            continue
        if on := link(table, before):
            yield table, Join(before, table, tuple((there, here) for here, there in on))
        elif on := link(before, table):
            yield table, Join(before, table, on)
