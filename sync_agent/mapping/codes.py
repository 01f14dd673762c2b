"""Which national code a local code stands for on a given day: dated CSV tables, one file each, nothing guessed.

Columns: local, national, name, valid_from, valid_to, source. Days are ISO, both inclusive, blank = open; `#` comments.
"""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from sync_agent.domain.canonical import canonical_bytes
from sync_agent.errors import ConfigError
from sync_agent.mapping.naming import bare_name, body_name, unaccented
from sync_agent.mapping.words import unknown_word

__all__ = ["HEADER", "CodeEntry", "CodeTable", "CodeTables", "load_code_tables"]

HEADER = ("local", "national", "name", "valid_from", "valid_to", "source")


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One line of a table: `local` means `national` from `valid_from` to `valid_to`, both inclusive, None = open."""

    local: str
    national: str
    name: str
    valid_from: date | None
    valid_to: date | None
    source: str

    def covers(self, day: date) -> bool:
        """Return whether the entry is in force on `day`."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


class CodeTable:
    """A checked table: for one local code the periods never overlap."""

    def __init__(self, name: str, entries: Iterable[CodeEntry]) -> None:
        self.name = name
        self.entries = tuple(entries)
        self._by_local: dict[str, list[CodeEntry]] = {}
        for entry in self.entries:
            self._by_local.setdefault(entry.local, []).append(entry)

    def find(self, local: str, day: date | None) -> str | None:
        """Return the national code on `day`, or None.

        Without a day: the code when every period agrees on one, else the one still in force without end, never today's.
        """
        return _one_code(self._by_local.get(local, []), day)

    def find_name(self, name: str, day: date | None) -> str | None:
        """Return the national code of the one body that is called so (`naming`) on `day`, or None; days as above.

        Both columns count, `name` and `local`: so a line of its own can say what else a body is called.
        """
        bare, (by_name, by_bare) = bare_name(name), self._names
        return _one_code(by_name.get(body_name(name), []) if bare is None else by_bare.get(bare, []), day)

    @cached_property
    def _names(self) -> tuple[dict[str, list[CodeEntry]], dict[str, list[CodeEntry]]]:
        """The entries by name, and by name without accents; made when the first name is looked up."""
        by_name: dict[str, list[CodeEntry]] = {}
        by_bare: dict[str, list[CodeEntry]] = {}
        for entry in self.entries:
            for full in {body_name(entry.name), body_name(entry.local)} - {""}:
                by_name.setdefault(full, []).append(entry)
                by_bare.setdefault(unaccented(full), []).append(entry)
        return by_name, by_bare

    def content(self, *, names: bool = False) -> bytes:
        """Return the canonical bytes of what the table says; `names` where codes are found by them."""
        rows = [
            [entry.local, entry.national, str(entry.valid_from or ""), str(entry.valid_to or "")]
            + ([entry.name] if names else [])
            for entry in self.entries
        ]
        return canonical_bytes(sorted(rows))


class CodeTables:
    """The folder of code tables; a table is read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables: dict[str, CodeTable] = {}

    def names(self) -> list[str]:
        """Return the names of the files there, without `.csv`."""
        return sorted(path.stem for path in self._folder.glob("*.csv"))

    def table(self, name: str, where: str = "") -> CodeTable:
        """Return one table; `where` is the place that asked. Raises ConfigError with `file:line`."""
        if name not in self._tables:
            if name not in self.names():
                raise unknown_word("there is no code table '{word}'", name, self.names(), where or str(self._folder))
            path = self._folder / f"{name}.csv"
            self._tables[name] = CodeTable(name, _checked(_read(path), path))
        return self._tables[name]


def load_code_tables(folder: Path) -> CodeTables:
    """Return the code tables of a folder; raises ConfigError when there is no such folder."""
    if not folder.is_dir():
        raise ConfigError("there is no folder of code tables", where=str(folder))
    return CodeTables(folder)


def _one_code(entries: Sequence[CodeEntry], day: date | None) -> str | None:
    codes = {entry.national for entry in entries if day is None or entry.covers(day)}
    if day is None and len(codes) != 1:
        codes = {entry.national for entry in entries if entry.valid_to is None}
    return codes.pop() if len(codes) == 1 else None


def _read(path: Path) -> Iterator[tuple[int, CodeEntry]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header: list[str] | None = None
            for row in reader:
                if not row or row[0].startswith("#"):
                    continue
                if header is None:
                    header = [cell.strip() for cell in row]
                    if tuple(header) != HEADER:
                        what = "the header of a code table must be {header}"
                        facts = (("header", ",".join(HEADER)),)
                        raise ConfigError(what, where=f"{path}:{reader.line_num}", facts=facts)
                else:
                    yield reader.line_num, _entry(row, f"{path}:{reader.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        facts = (("reason", type(error).__name__),)
        raise ConfigError("the code table cannot be read ({reason})", where=str(path), facts=facts) from None


def _entry(row: list[str], where: str) -> CodeEntry:
    if len(row) != len(HEADER):
        facts = (("wanted", str(len(HEADER))), ("found", str(len(row))))
        raise ConfigError("the line has {found} columns instead of {wanted}", where=where, facts=facts)
    local, national, name, start, end, source = (unicodedata.normalize("NFC", cell).strip() for cell in row)
    if not local or not national:
        raise ConfigError("the line has no local or no national code", where=where)
    entry = CodeEntry(local, national, name, _day(start, where), _day(end, where), source)
    if entry.valid_from and entry.valid_to and entry.valid_from > entry.valid_to:
        raise ConfigError("the period ends before it begins", where=where)
    return entry


def _day(text: str, where: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigError("a day must be written YYYY-MM-DD", where=where) from None


def _checked(lines: Iterable[tuple[int, CodeEntry]], path: Path) -> Iterator[CodeEntry]:
    seen: dict[str, list[CodeEntry]] = {}
    for line, entry in lines:
        earlier = seen.setdefault(entry.local, [])
        if any(_overlap(entry, other) for other in earlier):
            what = "the local code {code} already has a national code in this period"
            raise ConfigError(what, where=f"{path}:{line}", facts=(("code", entry.local),))
        earlier.append(entry)
        yield entry


def _overlap(one: CodeEntry, other: CodeEntry) -> bool:
    return (one.valid_from or date.min) <= (other.valid_to or date.max) and (other.valid_from or date.min) <= (
        one.valid_to or date.max
    )
