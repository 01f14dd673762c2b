"""Decides how a series of numbers is drawn: stacked columns in plain SVG, without script or style of their own.

Places across are percentages and places down are pixels: a drawing fits any width, and its words keep their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

__all__ = ["Chart", "Column", "Line", "Piece", "Series", "columns", "pieces"]

HEIGHT: Final = 160
"""Pixels of the drawing between its highest line and its foot."""

_NICE: Final = (1, 2, 5, 10)
_LABELS: Final = 10
"""So many labels at most stand under the columns."""


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of thing that is counted: its word, its tone (a class of the style sheet), a number for each column."""

    word: str
    tone: str
    numbers: Sequence[int]

    @property
    def total(self) -> int:
        """The sum over all columns."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Piece:
    """One coloured rectangle: per cent across, pixels down."""

    x: float
    width: float
    y: float
    height: float
    tone: str
    told: str


@dataclass(frozen=True, slots=True)
class Column:
    """What stands over one label; `labelled` where there is room to write it."""

    label: str
    middle: float
    labelled: bool
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Line:
    """One line across, with the number it stands for."""

    y: float
    number: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole drawing. `name` is its id on the page."""

    name: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    columns: Sequence[Column]
    lines: Sequence[Line]
    height: int = HEIGHT

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not any(each.total for each in self.series)


def columns(name: str, title: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Return a chart of stacked columns, one over each label."""
    totals = [sum(each.numbers[place] for each in series) for place in range(len(labels))]
    step = _step(max(totals, default=0))
    top = max(step * -(-max(totals, default=0) // step), step)
    room = 100 / max(len(labels), 1)
    every = -(-len(labels) // _LABELS) or 1
    drawn = [
        Column(label, room * (place + 0.5), place % every == 0, _stack(place, label, series, room, top))
        for place, label in enumerate(labels)
    ]
    lines = [Line(HEIGHT - HEIGHT * at / top, at) for at in range(0, top + 1, step)]
    return Chart(name, title, labels, series, drawn, lines)


def pieces(parts: Sequence[Series]) -> list[Piece]:
    """Return one bar across that is divided as the totals of `parts` are."""
    whole = sum(each.total for each in parts) or 1
    ends = [0.0]
    for each in parts:
        ends.append(ends[-1] + 100 * each.total / whole)
    return [
        Piece(round(start, 3), round(end - start, 3), 0, 12, each.tone, f"{each.word}: {each.total}")
        for each, (start, end) in zip(parts, pairwise(ends), strict=True)
        if end > start
    ]


def _stack(place: int, label: str, series: Sequence[Series], room: float, top: int) -> list[Piece]:
    found, foot = [], float(HEIGHT)
    for each in series:
        height = HEIGHT * each.numbers[place] / top
        foot -= height
        if height:
            told = f"{label} · {each.word}: {each.numbers[place]}"
            x, width = room * (place + 0.15), room * 0.7
            found.append(Piece(round(x, 3), round(width, 3), round(foot, 2), round(height, 2), each.tone, told))
    return found


def _step(highest: int) -> int:
    """Return the distance of the lines: 1, 2 or 5 times a power of ten, so that there are at most five."""
    power = 1
    while True:
        for nice in _NICE:
            if nice * power * 4 >= highest:
                return nice * power
        power *= 10
