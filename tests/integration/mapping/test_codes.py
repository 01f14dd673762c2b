from datetime import date
from pathlib import Path

import pytest

from sync_agent.errors import ConfigError
from sync_agent.mapping import CodeTables, load_code_tables

HEADER = "local,national,name,valid_from,valid_to,source\n"


def tables(folder: Path, content: str) -> CodeTables:
    """Return the tables of a folder whose one table, `t`, has this content."""
    (folder / "t.csv").write_text(content, encoding="utf-8")
    return load_code_tables(folder)


def test_code_is_found_by_its_day(tmp_path: Path) -> None:
    """Both ends of a period belong to it; outside every period there is no code."""
    content = "# a comment\n" + HEADER + "7,A,cũ,2020-01-01,2025-06-30,x\n\n7,B,mới,2025-07-01,,x\n"
    table = tables(tmp_path, content).table("t")
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2025, 6, 30), date(2025, 7, 1)]
    assert [table.find("7", day) for day in days] == [None, "A", "A", "B"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("7,A,,,2025-06-30,\n", "A"),
        ("7,A,,,2025-06-30,\n7,B,,2025-07-01,,\n", "B"),
        ("7,A,,,2025-06-30,\n7,A,,2025-07-01,,\n", "A"),
        ("7,A,,,2020-12-31,\n7,B,,2021-01-01,2025-06-30,\n", None),
        ("8,A,,,,\n", None),
    ],
)
def test_without_a_day_only_an_unambiguous_code_is_found(tmp_path: Path, rows: str, expected: str | None) -> None:
    """Never today's code: the same data must map the same way tomorrow."""
    assert tables(tmp_path, HEADER + rows).table("t").find("7", None) == expected


def test_table_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    """A byte order mark, decomposed accents and spaces do not change a code."""
    (tmp_path / "t.csv").write_bytes(("\ufeff" + HEADER + " Đo\u0302n , A ,n,,,\r\n").encode())
    assert load_code_tables(tmp_path).table("t").find("Đôn", None) == "A"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("local,national\n7,A\n", "t.csv:1: the header of a code table must be local,national,name"),
        (HEADER + "7,A,n\n", "t.csv:2: the line has 3 columns instead of 6"),
        (HEADER + "7,,n,,,\n", "t.csv:2: the line has no local or no national code"),
        (HEADER + "7,A,n,01/07/2025,,\n", "t.csv:2: a day must be written YYYY-MM-DD"),
        (HEADER + "7,A,n,2025-07-02,2025-07-01,\n", "t.csv:2: the period ends before it begins"),
        (HEADER + "7,A,n,,2025-07-01,\n7,B,n,2025-07-01,,\n", "t.csv:3: the local code 7 already has a national code"),
        (HEADER + '7,"A"x,n,,,\n', "the code table cannot be read"),
    ],
)
def test_wrong_table_is_named_with_its_line(tmp_path: Path, content: str, expected: str) -> None:
    """A table that is used is right or refused."""
    with pytest.raises(ConfigError) as caught:
        tables(tmp_path, content).table("t")
    assert expected in str(caught.value)


def test_missing_table_is_named_with_the_nearest(tmp_path: Path) -> None:
    """The place that asked and the nearest table are told."""
    with pytest.raises(ConfigError) as caught:
        tables(tmp_path, HEADER).table("tt", "p.yaml:7")
    assert str(caught.value) == "p.yaml:7: there is no code table 'tt' - did you mean t?"


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    """A wrong folder is not an empty one."""
    with pytest.raises(ConfigError, match="no folder of code tables"):
        load_code_tables(tmp_path / "none")


def test_tables_that_are_not_used_are_not_read(tmp_path: Path) -> None:
    """A table of another room in the same folder, with its own columns, does no harm."""
    (tmp_path / "other.csv").write_text("code,reason\n", encoding="utf-8")
    folder = tables(tmp_path, HEADER + "7,A,n,,,\n")
    assert folder.names() == ["other", "t"]
    assert folder.table("t").find("7", None) == "A"
