"""Decides how a list stands in an XLSX file: sheets ready to filter, to sort and to print."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any, BinaryIO, Final

from sync_agent.errors import ConfigError
from sync_agent.i18n import Language, language, tr
from sync_agent.reports.newfile import write_new
from sync_agent.reports.worklist import COLUMNS, Column, WorkItem

__all__ = [
    "Sheet",
    "cell_formats",
    "fill",
    "heading",
    "new_book",
    "ready_to_read",
    "sheet_names",
    "workbook_bytes",
    "write_sheets",
    "write_workbook",
]

_LONGEST: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_DAY: Final = {Language.VI: "dd/mm/yyyy", Language.EN: "yyyy-mm-dd"}
_A4: Final = 9
_LINE: Final = 15  # points


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a line for each item, the columns being its attributes: texts, days and numbers."""

    name: str
    columns: Sequence[Column]
    items: Sequence[Any]


def write_workbook(path: Path, items: Sequence[WorkItem], *, by_agency: bool = False) -> None:
    """Write a work list as a new XLSX file; with `by_agency` a sheet for each. Raises as `write_sheets`."""
    sheets = [Sheet(agency, COLUMNS, own) for agency, own in _sheets(items, by_agency=by_agency)]
    write_sheets(path, tr("Work list"), sheets)


def write_sheets(path: Path, title: str, sheets: Sequence[Sheet]) -> None:
    """Write a new XLSX file. Raises ConfigError, also without XlsxWriter."""
    write_new(path, _content(title, sheets))


def workbook_bytes(items: Sequence[WorkItem]) -> bytes:
    """Return a work list as an XLSX file. Raises ConfigError without XlsxWriter."""
    return _content(tr("Work list"), [Sheet(tr("Work list"), COLUMNS, items)])


def _content(title: str, sheets: Sequence[Sheet]) -> bytes:
    content = io.BytesIO()
    with new_book(content, title) as book:
        formats = cell_formats(book)
        for name, sheet in zip(sheet_names(each.name for each in sheets), sheets, strict=True):
            fill(book.add_worksheet(name), sheet, formats)
    return content.getvalue()


def new_book(file: BinaryIO, title: str, *, long: bool = False) -> Any:
    """Return a new workbook of XlsxWriter, to be used in `with`. Raises ConfigError without that package.

    A `long` one is written row after row: memory stays flat, what cannot be held is in the system's temporary folder.
    """
    try:
        from xlsxwriter import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError(
            "the package that writes XLSX is not installed", todo="pip install 'sync-agent[reports]'"
        ) from None
    book = Workbook(file, {**_OPTIONS, "in_memory": not long, "constant_memory": long})
    book.set_properties({"title": title, "author": "sync-agent"})
    return book


def _sheets(items: Sequence[WorkItem], *, by_agency: bool) -> list[tuple[str, list[WorkItem]]]:
    """Return what stands on each sheet, by its agency."""
    if not by_agency:
        return [(tr("Work list"), list(items))]
    ordered = sorted(items, key=lambda item: (not item.agency, item.agency))  # those without one last
    grouped = [(agency, list(own)) for agency, own in groupby(ordered, key=lambda item: item.agency)]
    return [(agency or tr("no agency"), own) for agency, own in grouped]


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Return a valid name for each sheet: at most 31 characters, none that Excel refuses, no two alike in any case."""
    names: list[str] = []
    for each in wanted:
        base = _FORBIDDEN.sub("_", each).strip("' ")[:_LONGEST].rstrip("' ") or "_"
        base = base + "_" if base.casefold() == "history" else base  # Excel keeps that name for itself
        name, number, taken = base, 2, {other.casefold() for other in names}
        while name.casefold() in taken:
            ending = f" ({number})"
            name, number = base[: _LONGEST - len(ending)] + ending, number + 1
        names.append(name)
    return names


def cell_formats(book: Any) -> dict[str, Any]:
    """Return the formats of a header, a text and a day."""
    cell = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#BFBFBF"}
    return {
        "head": book.add_format({**cell, "bold": True, "bg_color": "#DDE6F0", "valign": "vcenter"}),
        "text": book.add_format(cell),
        "day": book.add_format({**cell, "num_format": _DAY[language()], "align": "left"}),
    }


def fill(page: Any, sheet: Sheet, formats: Mapping[str, Any]) -> None:
    """Write a whole sheet into an empty page."""
    columns, items = sheet.columns, sheet.items
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, heading(tr(column.title)), formats["head"])
    page.set_row(0, 2 * _LINE)
    for row, item in enumerate(items, 1):
        page.set_row(row, _LINE * _lines(item, columns))  # not every program fits a row to its text by itself
        for place, column in enumerate(columns):
            _write(page, row, place, getattr(item, column.name), formats)
    ready_to_read(page, len(items), len(columns))


def ready_to_read(page: Any, rows: int, columns: int) -> None:
    """Let a sheet of so many rows under its header be filtered, scrolled and printed."""
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, rows, columns - 1)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&R&P / &N")


def _lines(item: Any, columns: Sequence[Column]) -> int:
    """Return how many lines the fullest cell of a row takes."""
    texts = [(str(getattr(item, column.name)), column.width - 1) for column in columns]
    return max(len(wrap(text, width)) for text, width in texts)


def heading(words: str) -> str:
    """Return the words over a column as a heading begins."""
    return words[:1].upper() + words[1:]


def _write(page: Any, row: int, place: int, value: str | date | int | None, formats: Mapping[str, Any]) -> None:
    """Write a day as a day, a number as a number and a text as a text, whatever it begins with."""
    if isinstance(value, date):
        page.write_datetime(row, place, value, formats["day"])
    elif isinstance(value, int):
        page.write_number(row, place, value, formats["text"])
    else:
        page.write_string(row, place, value or "", formats["text"])
