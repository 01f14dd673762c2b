"""Decides how an annex stands in a DOCX file: an official document on A4, headings again on every page.

Word draws no charts from here: a bar is a row of shaded cells, and its figures stand in the table beside it.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

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
    figure_text,
    headings,
    longest,
    parts,
    place_line,
)
from sync_agent.reports.annexbook import SHADES
from sync_agent.reports.newfile import write_new

__all__ = ["write_annex_paper"]

_FONT: Final = "Times New Roman"
_WIDTH: Final = 26.7  # centimetres between the margins of A4 across
_CHARACTER: Final = 0.17  # centimetres of a letter
_NARROW, _BROAD = 3.5, 8.0  # of a label, at least and at most
_MOST: Final = 10  # columns of figures side by side
_FEW: Final = 7  # beside several labels
_CELLS: Final = 40  # of a bar
_BAR: Final = 0.45  # centimetres of each
_SMALL: Final = 9  # points
_HEAD_FILL: Final = "DDE6F0"
_TOTAL_FILL: Final = "F2F2F2"


def write_annex_paper(path: Path, annex: Annex) -> None:
    """Write a new DOCX file. Raises ConfigError."""
    paper = Document()
    _page(paper, " ".join(annex.title))
    _head(paper, annex)
    for text in annex.summary:
        _text(paper.add_paragraph(), text, size=12)
    for table in annex.tables:
        _text(paper.add_paragraph(), _title(table), size=12, bold=True, together=True)
        for part in parts(table, _MOST if len(table.labels) == 1 else _FEW):
            _table(paper, part)
        if table.chart:
            _bars(paper, table)
        for note in table.notes:
            _text(paper.add_paragraph(), note, size=_SMALL, italic=True)
    _proof(paper, annex)
    content = io.BytesIO()
    paper.save(content)
    write_new(path, content.getvalue())


def _page(paper: Any, title: str) -> None:

    section = paper.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(1.5)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(3)
    paper.core_properties.title, paper.core_properties.author = title, "sync-agent"
    paper.core_properties.language = "vi-VN"
    _page_number(section.footer.paragraphs[0])


def _page_number(paragraph: Any) -> None:

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        _xml(run).append(_element("w:fldChar", {"w:fldCharType": kind}) if kind else _element("w:instrText", text=text))


def _head(paper: Any, annex: Annex) -> None:
    office = (annex.office or "TÊN CƠ QUAN: ………………………").upper()
    grid = paper.add_table(rows=1, cols=2)
    grid.autofit = False
    left, right = _sized(grid, (11.0, 15.7))
    _centred(left.paragraphs[0], office, bold=True)
    _centred(left.add_paragraph(), "Số: ………/BC-………")
    _centred(right.paragraphs[0], COUNTRY, bold=True)
    _centred(right.add_paragraph(), MOTTO, bold=True)
    _centred(right.add_paragraph(), place_line(annex.made_at), italic=True)
    for text in annex.title:
        _centred(paper.add_paragraph(), text, size=14, bold=True)
    for text in (annex.subtitle, BASIS):
        _centred(paper.add_paragraph(), text, italic=True)


def _title(table: AnnexTable) -> str:
    return table.title if table.title.startswith("Biểu") else f"Bảng {table.code}. {table.title}"


def _widths(table: AnnexTable) -> list[float]:
    """Return how broad labels and figures are, in centimetres."""
    labels = [min(max(_CHARACTER * size + 0.6, _NARROW), _BROAD) for size in longest(table)]
    figures = (_WIDTH - sum(labels)) / max(len(table.columns), _MOST - 2 * len(labels))
    return [*labels, *(figures,) * len(table.columns)]


def _table(paper: Any, table: AnnexTable) -> None:
    widths, high = _widths(table), depth(table)
    grid = paper.add_table(rows=high + len(table.lines), cols=len(widths), style="Table Grid")
    grid.autofit = False
    cells = [list(row.cells) for row in grid.rows]
    for each in headings(table):
        far = cells[each.row + each.rows - 1][each.column + each.columns - 1]
        cell = cells[each.row][each.column].merge(far)
        _centred(cell.paragraphs[0], each.text, size=_SMALL, bold=True)
        _shade(cell, _HEAD_FILL)
    for row in list(grid.rows)[:high]:
        _xml(row).get_or_add_trPr().append(_element("w:tblHeader"))
    for row, line in zip(cells[high:], table.lines, strict=True):
        _line(row, line)
    _together(cells[: high + 2])
    for row, own in zip(grid.rows, cells, strict=True):
        _xml(row).get_or_add_trPr().append(_element("w:cantSplit"))
        for cell, width in zip(own, widths, strict=True):
            _wide(cell, width)
    _columns(grid, widths)
    _text(paper.add_paragraph(), "", size=4)


def _together(rows: Sequence[Sequence[Any]]) -> None:
    """Keep the headings on the page of the first lines."""
    for row in rows:
        for cell in row:
            cell.paragraphs[0].paragraph_format.keep_with_next = True


def _line(cells: Sequence[Any], line: Line) -> None:

    for cell, text in zip(cells, line.labels, strict=False):
        _text(cell.paragraphs[0], text, size=_SMALL, bold=line.total)
    for cell, figure in zip(cells[len(line.labels) :], line.figures, strict=True):
        missing = figure.value is None
        paragraph = cell.paragraphs[0]
        _text(paragraph, figure_text(figure), size=7 if missing else _SMALL, bold=line.total, italic=missing)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if figure_text(figure) == NO_DATA else WD_ALIGN_PARAGRAPH.RIGHT
    if line.total:
        for cell in cells:
            _shade(cell, _TOTAL_FILL)


def _bars(paper: Any, table: AnnexTable) -> None:
    """Draw what the chart of a table shows: each line a bar of its own whole, shaded by its shares."""
    shown = [(place, column) for place, column in enumerate(table.columns) if column.key in table.chart]
    legend = paper.add_paragraph()
    _text(legend, "Tỷ lệ trong từng dòng:  ", size=_SMALL, italic=True)
    for _, column in shown:
        run = legend.add_run("■ ")
        run.font.color.rgb = RGBColor.from_string(SHADES[column.key][1:])
        _text(legend, f"{column_name(column)}    ", size=_SMALL)
    lines = [line for line in table.lines if not line.total]
    grid = paper.add_table(rows=len(lines), cols=1 + _CELLS)
    grid.autofit = False
    gap = {"w:val": "single", "w:sz": "48", "w:color": "FFFFFF"}
    borders = _element("w:tblBorders")
    borders.append(_element("w:insideH", gap))
    _xml(grid).tblPr.append(borders)
    for row, line in zip(grid.rows, lines, strict=True):
        cells = list(row.cells)
        _text(cells[0].paragraphs[0], line.labels[0], size=_SMALL)
        values = [int(line.figures[place].value or 0) for place, _ in shown]
        keys = [column.key for _, column in shown]
        for cell, number in zip(cells[1:], _shares(values), strict=False):
            _shade(cell, SHADES[keys[number]][1:])
        for cell, width in zip(cells, (5.2, *(_BAR,) * _CELLS), strict=True):
            _wide(cell, width)
    _columns(grid, (5.2, *(_BAR,) * _CELLS))
    _text(paper.add_paragraph(), "", size=4)


def _shares(values: Sequence[int]) -> list[int]:
    """Return, for each cell of a bar, which of the values it belongs to; what is not 0 is seen."""
    total = sum(values)
    if not total:
        return []
    sizes = [max(value * _CELLS // total, 1) if value else 0 for value in values]
    sizes[sizes.index(max(sizes))] += _CELLS - sum(sizes)
    return [number for number, size in enumerate(sizes) for _ in range(size)]


def _proof(paper: Any, annex: Annex) -> None:
    _text(paper.add_paragraph(), "Xác nhận từ nhật ký kiểm toán", size=12, bold=True, together=True)
    grid = paper.add_table(rows=len(annex.proof), cols=2, style="Table Grid")
    grid.autofit = False
    for row, pair in zip(grid.rows, annex.proof, strict=True):
        for cell, text, width in zip(row.cells, pair, (7.0, 19.7), strict=True):
            _text(cell.paragraphs[0], text, size=10)
            _wide(cell, width)
    _columns(grid, (7.0, 19.7))
    _text(paper.add_paragraph(), "", size=8)
    signing = paper.add_table(rows=1, cols=2)
    signing.autofit = False
    _xml(signing.rows[0]).get_or_add_trPr().append(_element("w:cantSplit"))
    for cell, (who, how) in zip(_sized(signing, (13.3, 13.4)), SIGNATURES, strict=True):
        _centred(cell.paragraphs[0], who, bold=True)
        _centred(cell.add_paragraph(), how, italic=True)


# what python-docx leaves to be said in XML


def _xml(part: Any) -> Any:
    return part._element  # noqa: SLF001 - python-docx has no words of its own for what is asked of it


def _element(tag: str, values: dict[str, str] | None = None, *, text: str = "") -> Any:

    made = OxmlElement(tag)
    for name, value in (values or {}).items():
        made.set(qn(name), value)
    if text:
        made.text = text
    return made


def _shade(cell: Any, colour: str) -> None:
    shade = _element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": colour})
    _xml(cell).get_or_add_tcPr().append(shade)


def _sized(grid: Any, widths: Sequence[float]) -> list[Any]:
    """Give the cells of the only row of a table their widths and return them."""
    cells = list(grid.rows[0].cells)
    for cell, width in zip(cells, widths, strict=True):
        _wide(cell, width)
    _columns(grid, widths)
    return cells


def _wide(cell: Any, centimetres: float) -> None:

    if _xml(cell).grid_span == 1:
        cell.width = Cm(centimetres)


def _columns(grid: Any, widths: Sequence[float]) -> None:

    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Cm(width)


def _centred(paragraph: Any, text: str, *, size: int = 12, bold: bool = False, italic: bool = False) -> None:

    _text(paragraph, text, size=size, bold=bold, italic=italic)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _text(
    paragraph: Any, text: str, *, size: int, bold: bool = False, italic: bool = False, together: bool = False
) -> None:

    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    paragraph.paragraph_format.space_after = Pt(2)
    paragraph.paragraph_format.keep_with_next = together
