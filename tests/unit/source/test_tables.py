"""What the words of a table allow, and that every value is stored as text in one form."""

from datetime import date, datetime, time

import pytest
from pydantic import ValidationError

from sync_agent.errors import SourceError
from sync_agent.source.lines import read_lines
from sync_agent.source.tables import TableFiles, stored


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("  ", None),
        (" a ", " a "),
        (1.0, "1"),
        (12345678901.0, "12345678901"),
        (1.5, "1.5"),
        (7, "7"),
        (True, "1"),
        (False, "0"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),  # noqa: DTZ001 - local, as Excel has it
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        ("012345678901", "012345678901"),
    ],
)
def test_a_value_is_stored_as_text(value: object, text: str | None) -> None:
    """A whole number has no fraction, a day is ISO, blank is nothing."""
    assert stored(value) == text


@pytest.mark.parametrize(
    "words",
    [
        {"file": "../so.csv"},
        {"file": "/srv/so.csv"},
        {"file": "a\\so.csv"},
        {"file": "so.doc"},
        {"file": []},
        {"file": "so.csv", "sheet": "2026"},
        {"file": "so.xlsx", "delimiter": ";"},
        {"file": ["so.xlsx", "so.csv"], "encoding": "utf-8"},
        {"file": "so.jsonl", "header": 2},
        {"file": "so.csv", "encoding": "tcvn3"},
        {"file": "so.csv", "delimiter": ";;"},
    ],
)
def test_words_that_do_not_fit_are_refused(words: dict[str, object]) -> None:
    """A file outside the folder, one of no known kind, a word of another kind of file."""
    with pytest.raises(ValidationError):
        TableFiles.model_validate(words)


def test_json_lines_have_a_column_for_each_name() -> None:
    """What is nested stays JSON text; blank lines do not count."""
    table = read_lines(b'\xef\xbb\xbf{"so": 1, "ten": "\xc4\x91"}\n\n{"so": 2.0, "nguoi": [{"a": 1}]}\n', "d.jsonl")
    assert (table.columns, table.rows) == (("so", "ten", "nguoi"), [("1", "đ", None), ("2", None, '[{"a": 1}]')])


@pytest.mark.parametrize(
    "line", [b'{"a": "SECRET', b"[1]", b'{"a": 1, "a": 2}', b'{"": 1}', b'{"a": NaN}', b'{"a": "\xff"}', b"[" * 100_000]
)
def test_a_line_that_is_no_object_is_told_by_its_number(line: bytes) -> None:
    """A file that was cut in the middle of a line is refused, not read without it."""
    with pytest.raises(SourceError, match=r"^d\.jsonl:2: the line is not one JSON object - [^S]*$"):
        read_lines(b'{"a": 1}\n' + line, "d.jsonl")
