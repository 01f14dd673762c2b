"""Decides how entries of the audit log stand in an XLSX file: sheets to filter, and two that explain them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count, islice
from typing import Any, BinaryIO, Final

from sync_agent.i18n import Language, language, mark, tr
from sync_agent.reports.auditlog import LOG_COLUMNS, Cell
from sync_agent.reports.events import EVENT_SENTENCES
from sync_agent.reports.workbook import Sheet, cell_formats, fill, heading, new_book, ready_to_read, sheet_names
from sync_agent.reports.worklist import Column

__all__ = ["write_log_book"]

_MOST: Final = 1_000_000  # lines of a sheet; Excel takes 1,048,576
_TIME: Final = {Language.VI: "dd/mm/yyyy hh:mm:ss.000", Language.EN: "yyyy-mm-dd hh:mm:ss.000"}


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the list and what it means."""

    word: str
    meaning: str


def write_log_book(file: BinaryIO, rows: Iterable[Mapping[str, Cell]], *, most: int = _MOST) -> int:
    """Write a workbook, `most` lines on a sheet; return how many lines. Raises ConfigError without XlsxWriter."""
    with new_book(file, tr("Audit log"), long=True) as book:
        formats = {**_formats(book), **cell_formats(book)}
        total = sum(_fill(book, name, page, formats) for name, page in _pages(rows, most))
        for sheet in (_columns(), _events()):
            fill(book.add_worksheet(sheet.name), sheet, formats)
    return total


def _pages(rows: Iterable[Mapping[str, Cell]], most: int) -> Iterator[tuple[str, Iterable[Mapping[str, Cell]]]]:
    """Yield name and lines of each sheet, at least one."""
    left, names = iter(rows), []
    for number in count():
        first = list(islice(left, 1))
        if not first and number:
            return
        names.append(tr("Entries"))
        yield sheet_names(names)[-1], chain(first, islice(left, most - 1))


def _fill(book: Any, name: str, rows: Iterable[Mapping[str, Cell]], formats: Mapping[str, Any]) -> int:
    """Write a sheet line after line; cells an entry has nothing for are not written at all."""
    page, lines = book.add_worksheet(name), 0
    for place, column in enumerate(LOG_COLUMNS):
        page.set_column(place, place, column.width)
        page.write_string(0, place, heading(tr(column.title)), formats["head"])
    for lines, row in enumerate(rows, 1):
        for place, column in enumerate(LOG_COLUMNS):
            _write(page, lines, place, row.get(column.name), formats)
    ready_to_read(page, lines, len(LOG_COLUMNS))
    return lines


def _write(page: Any, row: int, place: int, value: Cell, formats: Mapping[str, Any]) -> None:
    match value:
        case None:
            return
        case datetime():
            page.write_datetime(row, place, value, formats["time"])
        case bool():
            page.write_boolean(row, place, value)
        case int():
            page.write_number(row, place, value)
        case _:
            page.write_string(row, place, value)  # whatever it begins with


def _formats(book: Any) -> dict[str, Any]:
    return {"time": book.add_format({"num_format": _TIME[language()], "align": "left"})}


def _columns() -> Sheet:
    words = [_Word(heading(tr(column.title)), tr(column.meaning)) for column in LOG_COLUMNS]
    return Sheet(tr("Columns"), _headers(mark("column")), words)


def _events() -> Sheet:
    blank = {"step": tr("step"), "new": "…"}
    words = [_Word(event, heading(tr(sentence, **blank))) for event, sentence in EVENT_SENTENCES.items()]
    return Sheet(tr("Events"), _headers(mark("event")), words)


def _headers(word: str) -> tuple[Column, ...]:
    return Column("word", word, 28), Column("meaning", mark("meaning"), 90)
