"""A local system in which every free text, name, number and file carries a marker of its own, and how to find one."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.traces import readings

__all__ = ["Loud", "Marks", "union"]

_LETTERS = "abcdefghijklmnop"
_WORD = re.compile(r"zet([a-p]{4})oq")
_DIGITS = re.compile(r"\d{10,}")

STAFF = {"CanBoXuLy", "CanBoDuyetKQXL", "CanBoDuyet", "CanBoTiep", "LanhDaoTiep", "LanhDaoUyQuyen"}
NAMES = {"HoTen", "NguoiDuyet"}
CODES = re.compile(r"^(Ma|Id|ID|mattcp|GanVuViec|ma$|ten$|ThamQuyen|Ngay)")


@dataclass
class Marks:
    """Hands out markers and knows where each was put."""

    words: dict[str, str] = field(default_factory=dict, repr=False)
    numbers: dict[str, str] = field(default_factory=dict, repr=False)

    def word(self, place: str) -> str:
        """Return a word of Vietnamese letters that stands at `place` only."""
        number = len(self.words)
        code = "".join(_LETTERS[number >> shift & 15] for shift in (12, 8, 4, 0))
        self.words[code] = place
        return f"Zệt{code}ỗq"

    def number(self, place: str, digits: int) -> str:
        """Return an ID number (12 digits) or a telephone (10) that stands at `place` only."""
        text = f"09{len(self.numbers) * 7919 + 10 ** (digits - 3):0{digits - 2}d}"
        self.numbers[text] = place
        return text

    def found(self, data: bytes) -> set[str]:
        """Return the places of every marker that `data` holds in any form."""
        return {place for text in readings(data) for place in self._in(text)}

    def _in(self, plain: str) -> Iterator[str]:
        for code in _WORD.findall(plain):
            yield self.words.get(code, "?")
        for run in _DIGITS.findall(plain):
            for size in (10, 12):
                for start in range(len(run) - size + 1):
                    if run[start : start + size] in self.numbers:
                        yield self.numbers[run[start : start + size]]


@dataclass
class Loud:
    """Makes a local database loud. `files` is the folder of its attachments."""

    path: Path
    files: Path
    marks: Marks = field(default_factory=Marks)

    def everywhere(self) -> None:
        """Put a marker into every free column of every row, into each file and its name."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                columns = list(connection.execute(f"PRAGMA table_info({table})"))
                if any(name == "ten" for _, name, *_ in columns) or table.startswith("sqlite_"):
                    continue  # a code list
                for _, column, kind, *_ in columns:
                    if kind.startswith(("TEXT", "VARCHAR")) and not CODES.match(column):
                        self._fill(connection, table, column)

    def put(self, table: str, column: str, row: int) -> None:
        """Put a marker into one place that takes no free text: row number `row` of a table, counted round."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            ids = connection.execute(f"SELECT rowid FROM {table} ORDER BY rowid").fetchall()  # noqa: S608 - own names
            self._set(connection, table, column, ids[row % len(ids)][0], self.marks.word(f"{table}.{column}"))

    def _fill(self, connection: sqlite3.Connection, table: str, column: str) -> None:
        filled = f"SELECT rowid, {column} FROM {table} WHERE {column} > ''"  # noqa: S608 - own names
        rows = connection.execute(filled).fetchall()
        for rowid, old in rows:
            place = f"{table}.{column}#{rowid}"
            if column == "LinkFileDinhKem":
                new = self._renamed(str(old), place)
            elif column.startswith("SoDinhDanh"):
                new = self.marks.number(place, 12)
            elif column.startswith("SoDienThoai"):
                new = self.marks.number(place, 10)
            else:
                new = self._text(column, place)
            self._set(connection, table, column, rowid, new)

    def _set(self, connection: sqlite3.Connection, table: str, column: str, rowid: int, value: str) -> None:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, rowid))  # noqa: S608 - own names

    def _text(self, column: str, place: str) -> str:
        word = self.marks.word(place)
        if column in STAFF:
            return f"Trần {word} - Chuyên viên"
        return f"Nguyễn Thị {word}" if column in NAMES else word

    def _renamed(self, link: str, place: str) -> str:
        new = f"{self.marks.word(place)}.pdf"
        for old in self.files.glob(f"*/{link}"):
            old.write_bytes(self.marks.word(f"bytes of {place}").encode())
            old.rename(old.with_name(new))
        return new


def union(found: Iterable[set[str]]) -> set[str]:
    """Return all places of several findings."""
    return set().union(*found)
