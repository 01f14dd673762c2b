"""Decides the form of an annex to an official report: its tables, headings over several columns, and how a cell reads.

Whatever the file, it is the same content; the words of an annex are Vietnamese in every language of the command.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sync_agent.domain.officialtables import Figure
from sync_agent.domain.periods import Period

__all__ = [
    "BASIS",
    "COUNTRY",
    "MOTTO",
    "NO_DATA",
    "SIGNATURES",
    "Annex",
    "AnnexColumn",
    "AnnexTable",
    "Heading",
    "Line",
    "column_name",
    "day_text",
    "depth",
    "figure_text",
    "headings",
    "longest",
    "parts",
    "place_line",
]

COUNTRY: Final = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO: Final = "Độc lập - Tự do - Hạnh phúc"
SIGNATURES: Final = (("NGƯỜI LẬP BIỂU", "(Ký, ghi rõ họ tên)"), ("THỦ TRƯỞNG CƠ QUAN", "(Ký, đóng dấu)"))
NO_DATA: Final = "không có dữ liệu"
BASIS: Final = "(Nghị định số 55/2022/NĐ-CP; Thông tư số 01/2024/TT-TTCP; Kế hoạch thực hiện Kết luận số 107-KL/TW)"


@dataclass(frozen=True, slots=True)
class AnnexColumn:
    """A column of figures: its key in JSON, its headings from the widest to its own."""

    key: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is about, a figure for each column; `total` of the lines above it."""

    labels: tuple[str, ...]
    figures: tuple[Figure, ...]
    total: bool = False


@dataclass(frozen=True, slots=True)
class AnnexTable:
    """One table. `chart` names the columns a chart shows over the lines, none for no chart."""

    code: str
    name: str
    title: str
    labels: tuple[str, ...]
    columns: tuple[AnnexColumn, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    chart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annex:
    """The whole report. `proof` are the lines on the audit log, at the end."""

    period: Period
    office: str
    title: tuple[str, ...]
    subtitle: str
    made_at: datetime
    summary: tuple[str, ...]
    tables: tuple[AnnexTable, ...]
    proof: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """One cell of the head of a table: where it begins, how many columns and rows it takes."""

    row: int
    column: int
    columns: int
    rows: int
    text: str


def depth(table: AnnexTable) -> int:
    """Return how many rows the headings of a table take."""
    return max(len(column.titles) for column in table.columns)


def headings(table: AnnexTable) -> Iterator[Heading]:
    """Yield the cells of the head of a table; neighbours below one wider heading share it."""
    rows, first = depth(table), len(table.labels)
    for place, label in enumerate(table.labels):
        yield Heading(0, place, 1, rows, label)
    place = 0
    while place < len(table.columns):
        titles = table.columns[place].titles
        if len(titles) == 1:
            yield Heading(0, first + place, 1, rows, titles[0])
            place += 1
            continue
        size = _same(table.columns, place)
        yield Heading(0, first + place, size, 1, titles[0])
        for each in range(place, place + size):
            yield Heading(1, first + each, 1, rows - 1, table.columns[each].titles[1])
        place += size


def _same(columns: Sequence[AnnexColumn], start: int) -> int:
    """Return how many columns from `start` on stand below one heading."""
    wide = columns[start].titles[0]
    end = start
    while end < len(columns) and len(columns[end].titles) > 1 and columns[end].titles[0] == wide:
        end += 1
    return end - start


def parts(table: AnnexTable, most: int) -> Iterator[AnnexTable]:
    """Yield a wide table in parts of at most so many columns of figures, cut between headings; each has all lines."""
    start = 0
    while start < len(table.columns):
        end = _cut(table.columns, start, most)
        lines = tuple(replace(line, figures=line.figures[start:end]) for line in table.lines)
        yield replace(table, columns=table.columns[start:end], lines=lines)
        start = end


def _cut(columns: Sequence[AnnexColumn], start: int, most: int) -> int:
    """Return where the part that begins at `start` ends; below one heading only where that alone is too wide."""
    last = min(start + most, len(columns))
    end = last
    while start < end < len(columns) and columns[end].titles[0] == columns[end - 1].titles[0]:
        end -= 1
    return end if end > start else last


def column_name(column: AnnexColumn) -> str:
    """Return the headings of a column in one line."""
    return " – ".join(title for title in column.titles if title != "Tổng số")


def longest(table: AnnexTable) -> list[int]:
    """Return how many characters the longest label of each label column has."""
    return [
        max(len(text) for text in texts) for texts in zip(table.labels, *(x.labels for x in table.lines), strict=True)
    ]


def figure_text(figure: Figure) -> str:
    """Return a cell as Vietnamese documents write it: `1.234,5`, with `*` where some cases do not say."""
    if figure.value is None:
        return NO_DATA
    value = figure.value
    digits = f"{value.normalize():,f}" if isinstance(value, Decimal) else f"{value:,}"
    return digits.translate(str.maketrans(",.", ".,")) + ("*" if figure.unknown else "")


def day_text(day: date) -> str:
    """Return a day as Vietnamese documents write it."""
    return f"{day:%d/%m/%Y}"


def place_line(made_at: datetime) -> str:
    """Return place and day over an official document; the place is written by hand."""
    return f"…………, ngày {made_at:%d} tháng {made_at:%m} năm {made_at:%Y}"
