"""How a filled-in list of unmapped codes becomes lines of the code tables: all of it or nothing, comments kept.

The list went through a spreadsheet. What may have been changed there on the way is refused, naming file and line.
"""

import csv
import io
import re
import stat
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from sync_agent.durable import replace_durably
from sync_agent.errors import ConfigError
from sync_agent.mapping.codes import CodeTable, load_code_tables

__all__ = ["NEEDED", "Filled", "TableChange", "additions", "read_filled"]

NEEDED: Final = ("ref", "table", "local", "code", "valid_from", "valid_to")
"""The columns an import reads; others, and their order, are the reader's own affair."""

_DAY: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)
_GUARDED: Final = ("'", "=", "+", "-", "@", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


@dataclass(frozen=True, slots=True)
class Filled:
    """One filled-in line: `local` means `code` from `valid_from` to `valid_to`, both inclusive, None = open."""

    where: str  # file:line
    ref: str
    table: str
    local: str = field(repr=False)
    code: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class TableChange:
    """What a code table would become. `before` and `after` are the tables, `text` the whole new file."""

    path: Path
    before: CodeTable
    after: CodeTable
    text: str = field(repr=False)
    read: bytes = field(repr=False)
    added: tuple[Filled, ...]

    def write(self) -> None:
        """Put the new file in the place of the old one. Raises ConfigError when that was changed meanwhile."""
        if self.path.read_bytes() != self.read:
            raise ConfigError(
                "the code table was changed meanwhile", where=str(self.path), todo="import the list again"
            )
        try:
            replace_durably(self.path, self.text.encode("utf-8"), mode=stat.S_IMODE(self.path.stat().st_mode))
        except OSError as error:
            facts = (("reason", error.strerror or type(error).__name__),)
            raise ConfigError("the file cannot be written ({reason})", where=str(self.path), facts=facts) from None


def read_filled(path: Path) -> list[Filled]:
    """Return the lines of a filled-in list that have a code. Raises ConfigError naming file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        todo = "save it in the spreadsheet as “CSV UTF-8”"
        raise ConfigError("the file is not in UTF-8", where=str(path), todo=todo) from None
    except OSError as error:
        facts = (("reason", error.strerror or type(error).__name__),)
        raise ConfigError("the file cannot be read ({reason})", where=str(path), facts=facts) from None
    try:
        return list(_lines(text, path))
    except csv.Error as error:
        raise ConfigError("not a CSV file: {reason}", where=str(path), facts=(("reason", str(error)),)) from None


def _lines(text: str, path: Path) -> Iterator[Filled]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)  # spreadsheets write the separator of their own language
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = [cell.strip() for cell in next(reader, [])]
    missing = [name for name in NEEDED if header.count(name) != 1]
    if missing:
        lacking = (("columns", ", ".join(missing)),)
        todo = "fill in the file that `codes unmapped --output FILE` writes, and keep its header"
        raise ConfigError("the header lacks these columns: {columns}", where=f"{path}:1", todo=todo, facts=lacking)
    places = [header.index(name) for name in NEEDED]
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path}:{reader.line_num}"
        if len(row) < max(places) + 1:
            facts = (("wanted", str(len(header))), ("found", str(len(row))))
            raise ConfigError("the line has {found} columns instead of {wanted}", where=where, facts=facts)
        ref, table, local, code, start, end = (_plain(row[place]) for place in places)
        if code:
            yield Filled(where, ref, table, local, code, _day(start, where), _day(end, where))


def _plain(cell: str) -> str:
    """Return a cell without the sign that kept a spreadsheet from reading it as a number or formula."""
    text = unicodedata.normalize("NFC", cell).strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_GUARDED) else text


def _day(text: str, where: str) -> date | None:
    if not text:
        return None
    spoken = _DAY.fullmatch(text)
    try:
        return date(*map(int, reversed(spoken.groups()))) if spoken else date.fromisoformat(text)
    except ValueError:
        raise ConfigError("a day must be written YYYY-MM-DD or DD/MM/YYYY", where=where) from None


def additions(
    folder: Path, filled: Iterable[Filled], *, name_of: Callable[[Filled], str], source: str
) -> list[TableChange]:
    """Return what each code table would become; lines it holds already change nothing.

    `name_of` gives the national name that is written beside the code, and raises ConfigError for a code that may not
    stand there; `source` is what the new lines name as their source. Raises ConfigError naming the line of the list.
    """
    by_table: dict[str, list[Filled]] = {}
    for each in filled:
        by_table.setdefault(each.table, []).append(each)
    changes = [_change(folder, table, lines, name_of, source) for table, lines in sorted(by_table.items())]
    return [change for change in changes if change.added]


def _change(
    folder: Path, table: str, lines: list[Filled], name_of: Callable[[Filled], str], source: str
) -> TableChange:
    before = load_code_tables(folder).table(table, lines[0].where)
    taken = [(entry.local, entry.national, entry.valid_from, entry.valid_to, table) for entry in before.entries]
    added: list[Filled] = []
    rows: list[list[str]] = []
    for each in lines:
        if (each.local, each.code, each.valid_from, each.valid_to) in {entry[:4] for entry in taken}:
            continue
        _require_free(each, taken)
        taken.append((each.local, each.code, each.valid_from, each.valid_to, each.where))
        added.append(each)
        rows.append([each.local, each.code, name_of(each), _iso(each.valid_from), _iso(each.valid_to), source])
    path = folder / f"{table}.csv"
    read = path.read_bytes()
    text = _with_lines(read.decode("utf-8"), rows)
    return TableChange(path, before, _parsed(table, text), text, read, tuple(added))


def _require_free(line: Filled, taken: Iterable[tuple[str, str, date | None, date | None, str]]) -> None:
    start, end = line.valid_from or date.min, line.valid_to or date.max
    if start > end:
        raise ConfigError("the period ends before it begins", where=line.where)
    for local, national, other_start, other_end, where in taken:
        if local == line.local and start <= (other_end or date.max) and (other_start or date.min) <= end:
            raise ConfigError(
                "this local code already means {code} in this period, by {where}",
                where=line.where,
                todo="give the periods days that do not overlap, or correct the line there first",
                facts=(("code", national), ("where", where)),
            )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _with_lines(text: str, rows: list[list[str]]) -> str:
    """Return the text of a table with rows at its end, and everything else as it was."""
    end = "\r\n" if "\r\n" in text else "\n"
    new = io.StringIO(newline="")
    csv.writer(new, lineterminator=end).writerows(rows)
    return text + ("" if text.endswith("\n") else end) + new.getvalue()


def _parsed(table: str, text: str) -> CodeTable:
    """Return the table as the agent will read it. Raises ConfigError: nothing was written yet."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{table}.csv").write_bytes(text.encode("utf-8"))
        return load_code_tables(Path(folder)).table(table)
