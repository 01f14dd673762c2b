"""Which files of a folder make a table, and what of a file becomes its columns and rows: all of it is text.

Text, so that tables kept in Excel and in CSV join, and so that a key is found however its program stored it.
"""

import codecs
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from sync_agent.errors import SourceError
from sync_agent.i18n import mark

__all__ = ["ADDED", "Cells", "FileKind", "Table", "TableFiles", "distinct_columns", "kind_of", "stored", "tabled"]

ADDED: Final = ("_file", "_sheet", "_changed_at")
"""The columns every table has beside its own: where a row stands, and the local time at which that file changed."""

Cells: TypeAlias = tuple[int, Sequence[object]]
"""The number of a row or line, from 1, and its values."""


class FileKind(StrEnum):
    """How a file is read."""

    WORKBOOK = "workbook"
    DELIMITED = "delimited"
    LINES = "lines"


_KINDS: Final = {
    ".xlsx": FileKind.WORKBOOK,
    ".xlsm": FileKind.WORKBOOK,
    ".xls": FileKind.WORKBOOK,
    ".ods": FileKind.WORKBOOK,
    ".csv": FileKind.DELIMITED,
    ".tsv": FileKind.DELIMITED,
    ".txt": FileKind.DELIMITED,
    ".jsonl": FileKind.LINES,
    ".ndjson": FileKind.LINES,
}

_ONLY: Final = {
    "sheet": {FileKind.WORKBOOK},
    "delimiter": {FileKind.DELIMITED},
    "encoding": {FileKind.DELIMITED},
    "header": {FileKind.WORKBOOK, FileKind.DELIMITED},
}


def kind_of(name: str) -> FileKind | None:
    """Return how a file of this name is read; None for one of no known kind."""
    return _KINDS.get(PurePosixPath(name).suffix.lower())


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class TableFiles(BaseModel):
    """One table of the profile: the files it is in, below the folder of the source, and how they are laid out.

    `file` is a name or a pattern such as `so-don-*.xlsx`, or several; each must be there. `header` is the number of the
    row with the names of the columns. `columns` are there even where no file has them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: Annotated[
        tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]), Field(min_length=1)
    ]
    sheet: str | None = None
    header: int = Field(default=1, ge=1)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    columns: tuple[str, ...] = ()
    index: tuple[str, ...] = ()

    @field_validator("file")
    @classmethod
    def _below_the_folder(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            path = PurePosixPath(each)
            if path.is_absolute() or ".." in path.parts or "\\" in each:
                raise ValueError("a file must lie below the folder of the source, its path written with /")
            if kind_of(each) is None:
                raise ValueError("a file must end in one of: " + ", ".join(_KINDS))
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            return None if value is None else codecs.lookup(value).name
        except LookupError:
            raise ValueError("not an encoding such as utf-8 or windows-1258") from None

    @model_validator(mode="after")
    def _words_fit(self) -> "TableFiles":
        kinds = {kind_of(each) for each in self.file}
        for word in sorted(self.model_fields_set & set(_ONLY)):
            if not kinds <= _ONLY[word]:
                raise ValueError(f"files of this kind have no {word}")
        return self


@dataclass(frozen=True, slots=True)
class Table:
    """What one file, or one sheet of it, holds. `encoding` and `delimiter` are those of a text file, else ''."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str | None, ...]] = field(repr=False)
    sheet: str | None = None
    encoding: str = ""
    delimiter: str = ""


def stored(value: object) -> str | None:
    """Return a value as text: blank is NULL, a whole number has no fraction, true is 1, a day or time is ISO."""
    if value is None or isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def tabled(records: Iterable[Cells], spec: TableFiles, where: str) -> Table:
    """Return the columns and rows below the header row, blank rows left out; raises SourceError naming file and row."""
    header: Sequence[object] | None = None
    found: list[tuple[str | None, ...]] = []
    for number, cells in records:
        if number == spec.header:
            header = cells
        elif header is not None and any(row := tuple(map(stored, cells))):
            found.append(row)
    names = [_named(cell) for cell in header or ()]
    if not any(names):
        todo = mark("say with `header` in which row the names of the columns stand")
        raise SourceError("the header row is blank", where=f"{where}:{spec.header}", todo=todo)
    places = [place for place, name in enumerate(names) if name]
    for place in sorted(set(range(len(names))) - set(places)):
        if any(row[place] for row in found):
            raise SourceError(
                "there is data below column {column}, which has no name",
                where=f"{where}:{spec.header}",
                todo=mark("write a name into the header row, or undo its merged cells"),
                facts=(("column", _letters(place)),),
            )
    distinct_columns(names, f"{where}:{spec.header}")
    return Table(tuple(names[place] for place in places), [tuple(row[place] for place in places) for row in found])


def distinct_columns(names: Sequence[str], where: str) -> None:
    """Raise SourceError where two columns have one name; they are told by their place, as a name may be a value."""
    seen = {name: _letters(-1) for name in ADDED}
    for place, name in enumerate(names):
        if name and name.casefold() in seen:
            raise SourceError(
                "the columns {first} and {second} have the same name",
                where=where,
                todo=mark("give each column a name of its own"),
                facts=(("first", seen[name.casefold()]), ("second", _letters(place))),
            )
        seen[name.casefold()] = _letters(place)


def _named(cell: object) -> str:
    """Return the name of a column as a query quotes it: composed, its line breaks as spaces."""
    return " ".join(unicodedata.normalize("NFC", stored(cell) or "").split())


def _letters(place: int) -> str:
    """Return a column's letters as Excel shows them; `-` for one of ours."""
    letters = "" if place >= 0 else "-"
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters
