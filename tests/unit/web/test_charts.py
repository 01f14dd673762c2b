"""Numbers become drawings that fit any width."""

import pytest

from sync_agent.web.charts import HEIGHT, Chart, Series, columns, pieces


def drawn(*numbers: list[int]) -> Chart:
    """Return a chart of one or more series."""
    series = [Series(f"s{place}", "up", each) for place, each in enumerate(numbers)]
    return columns("x", "X", [str(place) for place in range(len(numbers[0]))], series)


def test_columns_stand_on_the_foot_and_on_each_other() -> None:
    """What is stacked begins where the one below ends."""
    low, high = drawn([10], [30]).columns[0].pieces
    assert (low.y + low.height, high.y + high.height) == (HEIGHT, low.y)
    assert high.height == 3 * low.height


@pytest.mark.parametrize(
    ("highest", "lines"),
    [(0, [0, 1]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (7, [0, 2, 4, 6, 8]), (1230, [0, 500, 1000, 1500])],
)
def test_lines_stand_for_round_numbers(highest: int, lines: list[int]) -> None:
    """At most five, the highest not below the highest column."""
    assert [line.number for line in drawn([highest]).lines] == lines


def test_nothing_is_drawn_of_nothing() -> None:
    """A chart of zeros says so; a column of zero has no piece."""
    assert drawn([0, 0]).empty
    assert [len(column.pieces) for column in drawn([0, 3]).columns] == [0, 1]


def test_no_more_labels_than_there_is_room_for() -> None:
    """Of thirty days every third is written."""
    chart = drawn(list(range(30)))
    assert [column.label for column in chart.columns if column.labelled][:3] == ["0", "3", "6"]


def test_places_across_stay_within_the_drawing() -> None:
    """Per cent, from the left edge to the right one."""
    every = [piece for column in drawn(list(range(1, 32))).columns for piece in column.pieces]
    assert min(piece.x for piece in every) >= 0
    assert max(piece.x + piece.width for piece in every) <= 100


def test_a_bar_is_divided_as_its_parts_are() -> None:
    """Three to one; what is not there takes no room."""
    parts = [Series("a", "up", [30]), Series("b", "held", [0]), Series("c", "late", [10])]
    assert [(each.x, each.width, each.told) for each in pieces(parts)] == [(0, 75, "a: 30"), (75, 25, "c: 10")]
