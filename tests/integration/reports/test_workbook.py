"""What stands in the files of a work list, looked at with other eyes than those that wrote it."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sync_agent.errors import ConfigError
from sync_agent.i18n import Language, set_language
from sync_agent.reports import COLUMNS, WorkItem, write_csv, write_workbook

SPELLS = ("=1+1", "+84", "-1", "@x", "https://example.vn", "{=1}", "007")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language(Language.EN)
    yield
    set_language(Language.VI)


def item(**values: Any) -> WorkItem:
    """Return a line."""
    fixed = {"case": "V1", "agency": "H217.01", "step": "case", "item": "", "rule": "bad_date", "meaning": "A date."}
    rest = {"field": "kind", "place": "vu_viec.loai", "since": date(2026, 11, 2), "due_on": None, "todo": "mend"}
    return WorkItem(**{**fixed, **rest, **values})


def parts(path: Path) -> dict[str, str]:
    """Return the XML files of a workbook."""
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name).decode() for name in book.namelist()}


def sheets(path: Path) -> list[str]:
    """Return the names of the sheets in their order."""
    return re.findall(r'<sheet name="([^"]*)"', parts(path)["xl/workbook.xml"])


def test_each_agency_has_a_sheet(tmp_path: Path) -> None:
    """In order, those whose agency is not known last."""
    file = tmp_path / "list.xlsx"
    write_workbook(file, [item(agency=each) for each in ("B", "", "A", "B")], by_agency=True)
    assert sheets(file) == ["A", "B", "no agency"]


def test_without_agencies_there_is_one_sheet(tmp_path: Path) -> None:
    """With a header that stays in sight, a filter over all of it, and widths."""
    file = tmp_path / "list.xlsx"
    write_workbook(file, [item(), item(agency="B")])
    sheet = parts(file)["xl/worksheets/sheet1.xml"]
    assert sheets(file) == ["Work list"]
    assert ('state="frozen"' in sheet, '<autoFilter ref="A1:K3"/>' in sheet, sheet.count('max="11"')) == (True, True, 1)


@pytest.mark.parametrize("text", SPELLS)
def test_a_text_stays_a_text(tmp_path: Path, text: str) -> None:
    """No formula, no link, no number."""
    file = tmp_path / "list.xlsx"
    write_workbook(file, [item(case=text, place=text)])
    found = parts(file)
    sheet = found["xl/worksheets/sheet1.xml"]
    assert ("<f>" in sheet, "hyperlink" in sheet, f">{text}</t>" in found["xl/sharedStrings.xml"]) == (
        False,
        False,
        True,
    )
    assert re.findall(r'<c r="A2"[^>]* t="s"', sheet) != []


def test_a_day_is_a_day(tmp_path: Path) -> None:
    """To be sorted and filtered: days since 1900, shown as days."""
    file = tmp_path / "list.xlsx"
    write_workbook(file, [item(due_on=date(2026, 11, 9))])
    sheet = parts(file)["xl/worksheets/sheet1.xml"]
    assert re.findall(r'<c r="([IJ])2" s="\d+"><v>(\d+)</v>', sheet) == [("I", "46335"), ("J", "46328")]
    assert "yyyy-mm-dd" in parts(file)["xl/styles.xml"]


@pytest.mark.parametrize("text", SPELLS[:4])
def test_a_spreadsheet_takes_no_text_of_a_csv_for_a_formula(tmp_path: Path, text: str) -> None:
    """The sign that makes it text stands before it."""
    file = tmp_path / "list.csv"
    write_csv(file, [item(case=text)])
    (_, row) = csv.reader(io.StringIO(file.read_text("utf-8-sig")))
    assert row[0] == "'" + text


def test_a_csv_has_the_same_columns(tmp_path: Path) -> None:
    """Days in ISO, ordered by agency if wanted."""
    file = tmp_path / "list.csv"
    write_csv(file, [item(agency="B", due_on=date(2026, 11, 9)), item(agency="A")], by_agency=True)
    header, *rows = csv.reader(io.StringIO(file.read_text("utf-8-sig")))
    assert (len(header), [row[1] for row in rows], rows[1][8]) == (len(COLUMNS), ["A", "B"], "2026-11-09")


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """It names the file."""
    file = tmp_path / "nowhere" / "list.csv"
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        write_csv(file, [item()])
    assert caught.value.where == str(file)
