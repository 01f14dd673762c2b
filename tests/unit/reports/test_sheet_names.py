"""Names that every spreadsheet program takes."""

import pytest

from sync_agent.reports import sheet_names


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["H217.01", "H217.02"], ["H217.01", "H217.02"]),
        (["a/b", "[x]:*?\\"], ["a_b", "_x_____"]),
        (["'quoted'", ""], ["quoted", "_"]),
        (["History", "HISTORY"], ["History_", "HISTORY_ (2)"]),
        (["x" * 40, "x" * 40], ["x" * 31, "x" * 27 + " (2)"]),
        (["ab", "AB", "ab"], ["ab", "AB (2)", "ab (3)"]),
    ],
)
def test_a_sheet_has_a_valid_name_of_its_own(wanted: list[str], names: list[str]) -> None:
    """At most 31 characters, none that Excel refuses, no two alike in any case."""
    assert sheet_names(wanted) == names
