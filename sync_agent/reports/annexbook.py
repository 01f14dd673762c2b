"""Decides how an annex stands in an XLSX file: head, charts, a sheet for each table ready to print on A4, the proof."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from sync_agent.domain.officialtables import Figure
from sync_agent.reports.annex import (
    BASIS,
    COUNTRY,
    MOTTO,
    NO_DATA,
    SIGNATURES,
    Annex,
    AnnexTable,
    Line,
    column_name,
    depth,
    headings,
    longest,
    parts,
    place_line,
)
from sync_agent.reports.newfile import write_new
from sync_agent.reports.workbook import new_book, sheet_names

__all__ = ["SHADES", "write_annex_book"]

SHADES: Final = {
    "on_time": "#2E7D32",
    "done_late": "#F9A825",
    "open": "#90A4AE",
    "late": "#C62828",
    "up": "#2E7D32",
    "waiting": "#64B5F6",
    "not_ready": "#B0BEC5",
    "held": "#F9A825",
    "refused": "#C62828",
    "uncertain": "#7E57C2",
    "inexpressible": "#8D6E63",
    "unread": "#37474F",
}
"""Colours of the charts, by the key of a column."""

_A4: Final = 9
_LINE: Final = 15  # points
_MISSING: Final = 25  # of the words for no data, in two lines
_NARROW, _BROAD = 14, 46  # characters of a label, at least and at most
_MOST: Final = 14  # columns of figures on one sheet of paper
_FIGURE: Final = 10  # characters
_BOLD: Final = 0.72  # of so many letters as fit in plain ones, a line has in a title
_COVER: Final = (44, 74)
_HEAD: Final = 3  # rows over the headings of a table
_CHART: Final = {"width": 1040, "height": 430}

Formats = Mapping[str, Any]


def write_annex_book(path: Path, annex: Annex) -> None:
    """Write a new XLSX file. Raises ConfigError, also without XlsxWriter."""
    content = io.BytesIO()
    with new_book(content, " ".join(annex.title)) as book:
        formats = _formats(book)
        names = iter(sheet_names(["Báo cáo", "Biểu đồ", *(table.name for table in annex.tables), "Xác nhận"]))
        _cover(book.add_worksheet(next(names)), annex, formats)
        charts = book.add_worksheet(next(names))
        pages = [(book.add_worksheet(next(names)), table) for table in annex.tables]
        for page, table in pages:
            _table(page, table, annex.subtitle, formats)
        _charts(book, charts, [(page.get_name(), table) for page, table in pages if table.chart])
        _proof(book.add_worksheet(next(names)), annex, formats)
    write_new(path, content.getvalue())


def _formats(book: Any) -> dict[str, Any]:
    font = {"font_name": "Times New Roman", "font_size": 12}
    cell = {**font, "border": 1, "border_color": "#808080", "valign": "vcenter", "text_wrap": True}
    made: dict[str, dict[str, Any]] = {
        "text": {**font, "text_wrap": True, "valign": "top"},
        "middle": {**font, "align": "center", "valign": "top", "text_wrap": True},
        "strong": {**font, "bold": True, "align": "center", "valign": "top", "text_wrap": True},
        "title": {**font, "bold": True, "font_size": 14, "align": "center", "valign": "vcenter", "text_wrap": True},
        "slanted": {**font, "italic": True, "align": "center", "text_wrap": True},
        "note": {**font, "italic": True, "text_wrap": True, "valign": "top"},
        "head": {**cell, "bold": True, "align": "center", "bg_color": "#DDE6F0"},
        "label": cell,
        "number": {**cell, "num_format": "#,##0", "align": "right"},
        "part": {**cell, "num_format": "#,##0.0", "align": "right"},
        "missing": {**cell, "italic": True, "font_size": 9, "font_color": "#606060", "align": "center"},
    }
    for name in ("number", "part"):
        made[f"{name} least"] = {**made[name], "num_format": made[name]["num_format"] + '"*"'}
    for name in ("label", "number", "part", "number least", "part least", "missing"):
        made[f"{name} total"] = {**made[name], "bold": True, "bg_color": "#F2F2F2"}
    return {name: book.add_format(values) for name, values in made.items()}


def _cover(page: Any, annex: Annex, formats: Formats) -> None:
    for place, width in enumerate(_COVER):
        page.set_column(place, place, width)
    office = (annex.office or "TÊN CƠ QUAN: ………………………").upper()
    lines = [
        (office, COUNTRY, "strong"),
        ("Số: ………/BC-………", MOTTO, "strong"),
        ("", place_line(annex.made_at), "slanted"),
    ]
    for row, (left, right, form) in enumerate(lines):
        page.write_string(row, 0, left, formats["middle" if row else "strong"])
        page.write_string(row, 1, right, formats[form])
    row = len(lines) + 1
    for text in annex.title:
        row = _across(page, row, text, formats["title"])
    for text in (annex.subtitle, BASIS):
        row = _across(page, row, text, formats["slanted"])
    row += 1
    for text in annex.summary:
        row = _across(page, row, text, formats["text"])
    row += 1
    for table in annex.tables:
        page.write_url(row, 0, f"internal:'{table.name}'!A1", formats["text"], table.name)
        page.write_string(row, 1, _title(table), formats["text"])
        page.set_row(row, 1.15 * _LINE * len(wrap(_title(table), _COVER[1] - 8)))
        row += 1
    _signatures(page, row + 2, formats)
    _printable(page, landscape=False)


def _across(page: Any, row: int, text: str, form: Any) -> int:
    """Write a text over the whole width, as high as it needs; return the next row."""
    page.merge_range(row, 0, row, 1, text, form)
    page.set_row(row, 1.3 * _LINE * len(wrap(text, sum(_COVER) - 6)))
    return row + 1


def _signatures(page: Any, row: int, formats: Formats) -> None:
    for place, (who, how) in enumerate(SIGNATURES):
        page.write_string(row, place, who, formats["strong"])
        page.write_string(row + 1, place, how, formats["slanted"])


def _printable(page: Any, *, landscape: bool) -> None:
    page.set_paper(_A4)
    if landscape:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.5, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&RTrang &P / &N")


def _title(table: AnnexTable) -> str:
    return table.title if table.title.startswith("Biểu") else f"Bảng {table.code}. {table.title}"


def _table(page: Any, table: AnnexTable, period: str, formats: Formats) -> None:
    """Write a table, one that is too wide for the paper in parts below each other."""
    labels, pieces = _widths(table), list(parts(table, _MOST))
    edge = len(labels) + max(len(piece.columns) for piece in pieces) - 1
    for place, width in enumerate(labels):
        page.set_column(place, place, width)
    page.set_column(len(labels), edge, _FIGURE)
    across = sum(labels) + _FIGURE * (edge + 1 - len(labels))
    for row, (text, form) in enumerate(((_title(table), "title"), (period, "slanted"))):
        page.merge_range(row, 0, row, edge, text, formats[form])
        page.set_row(row, 1.5 * _LINE * len(wrap(text, int(_BOLD * across))))
    row, begins = _HEAD, []
    for piece in pieces:
        begins.append(row)
        row = _piece(page, piece, row, labels, formats)
    for text in table.notes:
        page.merge_range(row, 0, row, edge, text, formats["note"])
        page.set_row(row, 1.2 * _LINE * len(wrap(text, across - 4)))
        row += 1
    _printable(page, landscape=True)
    if len(pieces) == 1:
        page.freeze_panes(_HEAD + depth(table), len(labels))
        page.repeat_rows(_HEAD, _HEAD + depth(table) - 1)
    else:
        page.freeze_panes(0, len(labels))
        page.set_h_pagebreaks(begins[1:])


def _piece(page: Any, table: AnnexTable, top: int, labels: Sequence[int], formats: Formats) -> int:
    """Write headings and lines from the row `top` on; return the row for what follows."""
    _headings(page, table, top, labels, formats)
    row = top + depth(table)
    for line in table.lines:
        _line(page, row, line, labels, formats)
        row += 1
    return row + 1


def _widths(table: AnnexTable) -> list[int]:
    return [min(max(size + 4, _NARROW), _BROAD) for size in longest(table)]


def _headings(page: Any, table: AnnexTable, top: int, labels: Sequence[int], formats: Formats) -> None:
    high = [1] * depth(table)
    for each in headings(table):
        row, end = top + each.row, each.column + each.columns - 1
        if each.columns == each.rows == 1:
            page.write_string(row, each.column, each.text, formats["head"])
        else:
            page.merge_range(row, each.column, row + each.rows - 1, end, each.text, formats["head"])
        width = labels[each.column] if each.column < len(labels) else _FIGURE * each.columns
        lines = len(wrap(each.text, width - 2))
        if each.rows == 1:
            high[each.row] = max(high[each.row], lines)
        else:
            high[-1] = max(high[-1], lines - sum(high[:-1]))
    for row, lines in enumerate(high, top):
        page.set_row(row, 1.15 * _LINE * lines)


def _line(page: Any, row: int, line: Line, labels: Sequence[int], formats: Formats) -> None:
    end = " total" if line.total else ""
    for place, text in enumerate(line.labels):
        page.write_string(row, place, text, formats["label" + end])
    for place, figure in enumerate(line.figures, len(line.labels)):
        form = formats[_form(figure, end)]
        if figure.value is None:
            page.write_string(row, place, NO_DATA, form)
        else:
            page.write_number(row, place, figure.value, form)
    texts = [len(wrap(text, width - 3)) for text, width in zip(line.labels, labels, strict=True)]
    missing = _MISSING if any(figure.value is None for figure in line.figures) else 0
    page.set_row(row, max(1.15 * _LINE * max(texts), missing))


def _form(figure: Figure, end: str) -> str:
    """Return the name of the format in which a figure stands."""
    if figure.value is None:
        return "missing" + end
    return ("part" if isinstance(figure.value, Decimal) else "number") + (" least" if figure.unknown else "") + end


def _charts(book: Any, page: Any, shown: Sequence[tuple[str, AnnexTable]]) -> None:
    """Draw each chart from the cells of its table, so that it follows them."""
    for number, (name, table) in enumerate(shown):
        chart = book.add_chart({"type": "column", "subtype": "stacked"})
        first = _HEAD + depth(table)
        last = first + sum(not line.total for line in table.lines) - 1
        for place, column in enumerate(table.columns, len(table.labels)):
            if column.key in table.chart:
                chart.add_series(
                    {
                        "name": column_name(column),
                        "categories": [name, first, 0, last, 0],
                        "values": [name, first, place, last, place],
                        "fill": {"color": SHADES[column.key]},
                        "gap": 60,
                    }
                )
        chart.set_title({"name": table.title, "name_font": {"size": 13}})
        chart.set_legend({"position": "bottom"})
        chart.set_size(_CHART)
        page.insert_chart(1 + number * 24, 0, chart)
    _printable(page, landscape=True)
    page.fit_to_pages(1, 1)


def _proof(page: Any, annex: Annex, formats: Formats) -> None:
    page.set_column(0, 0, 36)
    page.set_column(1, 1, 74)
    page.merge_range(0, 0, 0, 1, "XÁC NHẬN TỪ NHẬT KÝ KIỂM TOÁN", formats["title"])
    for row, (name, value) in enumerate(annex.proof, 2):
        page.write_string(row, 0, name, formats["label"])
        page.write_string(row, 1, value, formats["label"])
    _signatures(page, len(annex.proof) + 4, formats)
    _printable(page, landscape=True)
