"""Decides how a work list stands in an XLSX file: a sheet for each agency, ready to filter, to sort and to print."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from sync_agent.errors import ConfigError
from sync_agent.i18n import Language, language, tr
from sync_agent.reports.newfile import write_new
from sync_agent.reports.worklist import COLUMNS, WorkItem

__all__ = ["sheet_names", "write_workbook"]

_LONGEST: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_OPTIONS: Final = {
    "in_memory": True,  # no copy in a folder for temporary files
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_DAY: Final = {Language.VI: "dd/mm/yyyy", Language.EN: "yyyy-mm-dd"}
_A4: Final = 9
_LINE: Final = 15  # points


def write_workbook(path: Path, items: Sequence[WorkItem], *, by_agency: bool = False) -> None:
    """Write a new XLSX file; with `by_agency` a sheet for each. Raises ConfigError, also without XlsxWriter."""
    try:
        from xlsxwriter import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError(
            "the package that writes XLSX is not installed", todo="pip install 'sync-agent[reports]'"
        ) from None
    content = io.BytesIO()
    with Workbook(content, _OPTIONS) as book:
        book.set_properties({"title": tr("Work list"), "author": "sync-agent"})
        formats = _formats(book)
        sheets = _sheets(items, by_agency=by_agency)
        for name, (_, own) in zip(sheet_names(agency for agency, _ in sheets), sheets, strict=True):
            _fill(book.add_worksheet(name), own, formats)
    write_new(path, content.getvalue())


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


def _formats(book: Any) -> dict[str, Any]:
    cell = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#BFBFBF"}
    return {
        "head": book.add_format({**cell, "bold": True, "bg_color": "#DDE6F0", "valign": "vcenter"}),
        "text": book.add_format(cell),
        "day": book.add_format({**cell, "num_format": _DAY[language()], "align": "left"}),
    }


def _fill(sheet: Any, items: Sequence[WorkItem], formats: Mapping[str, Any]) -> None:
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, _title(tr(column.title)), formats["head"])
    sheet.set_row(0, 2 * _LINE)
    for row, item in enumerate(items, 1):
        sheet.set_row(row, _LINE * _lines(item))  # not every program fits a row to its text by itself
        for place, column in enumerate(COLUMNS):
            _write(sheet, row, place, getattr(item, column.name), formats)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(items), len(COLUMNS) - 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&A&R&P / &N")


def _lines(item: WorkItem) -> int:
    """Return how many lines the fullest cell of a row takes."""
    texts = [(str(getattr(item, column.name)), column.width - 1) for column in COLUMNS]
    return max(len(wrap(text, width)) for text, width in texts)


def _title(words: str) -> str:
    return words[:1].upper() + words[1:]


def _write(sheet: Any, row: int, place: int, value: str | date | None, formats: Mapping[str, Any]) -> None:
    """Write a day as a day and a text as a text, whatever it begins with."""
    if isinstance(value, date):
        sheet.write_datetime(row, place, value, formats["day"])
    else:
        sheet.write_string(row, place, value or "", formats["text"])
