"""How a workbook of Excel is read: the values that its cells show, a cell merged over rows in each of them."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from sync_agent.errors import SourceError
from sync_agent.i18n import mark
from sync_agent.source.tables import Cells, Table, TableFiles, tabled

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

__all__ = ["read_sheets"]

_CONTENT: Final = "content.xml"  # of an OpenDocument file
_OVER_ROWS: Final = re.compile(rb"""number-rows-spanned=["'](?!1["'])""")


def read_sheets(data: bytes, spec: TableFiles, where: str) -> Iterator[Table]:
    """Yield the table of each sheet that the profile means; raises SourceError naming the file and the row."""
    book = _opened(data, where)
    _require_tellable(data, where)
    for name in _meant(book, spec, where):
        sheet = _sheet(book, name, where)
        yield replace(tabled(_records(sheet), spec, where), sheet=name)


def _opened(data: bytes, where: str) -> "CalamineWorkbook":
    try:
        from python_calamine import CalamineError, load_workbook  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError:
        raise SourceError(
            "the driver for the source is not installed",
            todo="pip install 'sync-agent[{extra}]'",
            facts=(("extra", "excel"),),
        ) from None
    try:
        return load_workbook(io.BytesIO(data))
    except (CalamineError, OSError, ValueError):
        pass
    raise _unreadable(where)


def _require_tellable(data: bytes, where: str) -> None:
    """Refuse an .ods with cells merged over rows: the library does not tell where, so that only one row had them."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read(_CONTENT) if _CONTENT in archive.namelist() else b""
    if _OVER_ROWS.search(content):
        todo = mark("unmerge them, or save it as .xlsx")
        raise SourceError("the file has cells that are merged over rows", where=where, todo=todo)


def _sheet(book: "CalamineWorkbook", name: str, where: str) -> "CalamineSheet":
    from python_calamine import CalamineError  # noqa: PLC0415 (an extra)

    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, OSError, ValueError):
        pass
    raise _unreadable(where)


def _unreadable(where: str) -> SourceError:
    todo = mark("open it in Excel, save it as .xlsx, and remove its password")
    return SourceError("the file cannot be read as a workbook", where=where, todo=todo)


def _meant(book: "CalamineWorkbook", spec: TableFiles, where: str) -> list[str]:
    """Return the sheets whose name fits; without a pattern the only visible one."""
    if spec.sheet is not None:
        found = [name for name in book.sheet_names if fnmatchcase(name, spec.sheet)]
        if found:
            return found
        raise SourceError("the file has no sheet {sheet}", where=where, facts=(("sheet", spec.sheet),))
    visible = [sheet.name for sheet in book.sheets_metadata if str(sheet.visible).endswith("Visible")]
    if len(visible) == 1:
        return visible
    facts = (("count", str(len(visible))),)
    raise SourceError(
        "the file has {count} visible sheets",
        where=where,
        todo=mark("say with `sheet` which one; * stands for any letters"),
        facts=facts,
    )


def _records(sheet: "CalamineSheet") -> Iterator[Cells]:
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in rows[top + 1 : bottom + 1]:
            if any(cell != "" for cell in row):  # a row of nothing but merged cells is blank
                row[left] = rows[top][left]
    yield from enumerate(rows, start=1)
