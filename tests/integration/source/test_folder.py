"""A folder of registers kept in Excel, CSV and JSON lines is read as a database is: consistently, or not at all."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from sync_agent.errors import SourceError
from sync_agent.source import SourceFile, SourceSpec, SqlSource, folder
from sync_agent.source.problems import SourceLostError

SPEC: dict[str, Any] = {
    "id": "so-xa",
    "zone": "Asia/Ho_Chi_Minh",
    "root": ["don"],
    "changes": 'SELECT "Số" AS case_key, _changed_at AS changed_at FROM don',
    "parts": {
        "don": 'SELECT "Số" AS case_key, * FROM don WHERE "Số" IN :keys',
        "nguoi": "SELECT so AS case_key, * FROM nguoi WHERE so IN :keys",
    },
    "tables": {"don": {"file": "don-*.xlsx", "header": 2, "index": ["Số"]}, "nguoi": {"file": "nguoi.csv"}},
}


def book(path: Path, fill: Callable[[Workbook, Worksheet], None]) -> None:
    """Write a workbook with one sheet, as Excel would have saved it a while ago."""
    with Workbook(str(path)) as made:
        fill(made, made.add_worksheet("Sổ"))
    rested(path)


def rested(path: Path, seconds: float = 60) -> None:
    """Have a file look as if it had been left alone for a while."""
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def cases(path: Path, *rows: tuple[object, ...]) -> None:
    """Write a workbook of cases with a title above the header."""

    def fill(_book: Workbook, sheet: Worksheet) -> None:
        sheet.write(0, 0, "SỔ TIẾP NHẬN ĐƠN")
        for number, row in enumerate([("Số", "Nội\ndung"), *rows], start=1):
            sheet.write_row(number, 0, row)

    book(path, fill)


def people(root: Path, text: str) -> None:
    """Write the file of people."""
    (root / "nguoi.csv").write_text(f"so,ten\n{text}", encoding="utf-8")
    rested(root / "nguoi.csv")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with two workbooks and a CSV file; its name would mean something in an address."""
    root = tmp_path / "sổ đơn 100%?"
    root.mkdir()
    cases(root / "don-2025.xlsx", (1, "Đơn một"), (2.5, "Đơn hai"))
    cases(root / "don-2026.xlsx", ("03", "Đơn ba"))
    people(root, "1,Lò Văn Mẫu\n03,Lò Thị Mẫu\n")
    return root


@pytest.fixture
def opened(root: Path) -> Iterator[Callable[..., SqlSource]]:
    """Yield what opens the folder by changed words of the `source:` section; a file in work is waited for if told."""
    sources: list[SqlSource] = []

    def _opened(*, patience: int = 0, **words: Any) -> SqlSource:
        url = "files:///" + str(root).replace("%", "%25").replace("?", "%3F")
        sources.append(SqlSource(url, SourceSpec.model_validate({**SPEC, **words}), reconnect_seconds=patience))
        return sources[-1]

    yield _opened
    for each in sources:
        each.close()


def test_cases_are_read_over_all_files_of_a_table(opened: Callable[..., SqlSource]) -> None:
    """A number of Excel and a text of CSV are one key."""
    found = opened().read(["03", "1", "2.5", "9"])
    assert {key: (rows.parts["don"][0]["nội dung"], len(rows.parts["nguoi"])) for key, rows in found.items()} == {
        "03": ("Đơn ba", 1),
        "1": ("Đơn một", 1),
        "2.5": ("Đơn hai", 0),
    }


def test_each_row_tells_its_file_and_when_that_changed(root: Path, opened: Callable[..., SqlSource]) -> None:
    """The time is local, as every time of a source; a register without change times is read by that of its file."""
    now = datetime.now(UTC)
    changes = opened().changes(now - timedelta(hours=1))
    row = opened().read(["03"])["03"].parts["don"][0]
    assert ([each.case_key for each in changes], opened().changes(now + timedelta(hours=1))) == (["03", "1", "2.5"], [])
    assert (row["_file"], row["_sheet"], len(str(row["_changed_at"]))) == ("don-2026.xlsx", "Sổ", 19)


def test_the_files_are_told_with_how_they_were_read(opened: Callable[..., SqlSource]) -> None:
    """For `check`: what was detected, and how many rows there are."""
    assert opened().files() == [
        SourceFile("don", "don-2025.xlsx", 2, "", ""),
        SourceFile("don", "don-2026.xlsx", 1, "", ""),
        SourceFile("nguoi", "nguoi.csv", 2, "utf-8", ","),
    ]


def test_nothing_of_it_can_be_written(opened: Callable[..., SqlSource]) -> None:
    """The tables in memory are no place to keep anything."""
    broken = {**SPEC["parts"], "nguoi": "DELETE FROM nguoi WHERE so IN :keys RETURNING so AS case_key"}
    with pytest.raises(SourceError, match="tries to write"):
        opened(parts=broken).read(["1"])


def test_no_copy_is_left_on_the_disk(
    tmp_path: Path, root: Path, opened: Callable[..., SqlSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the folder, not where temporary files go."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    before = sorted(tmp_path.rglob("*"))
    source = opened()
    source.read([change.case_key for change in source.changes(None)])
    assert sorted(tmp_path.rglob("*")) == before


def test_an_edit_is_seen_at_the_next_call(root: Path, opened: Callable[..., SqlSource]) -> None:
    """A new row, a changed one, and one that is gone."""
    source = opened()
    source.read(["1"])
    people(root, "1,Lò Văn Mới\n")
    assert [[row["ten"] for row in source.read([key])[key].parts["nguoi"]] for key in ("1", "03")] == [
        ["Lò Văn Mới"],
        [],
    ]


def test_nothing_is_loaded_again_while_nothing_changed(
    opened: Callable[..., SqlSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass of many pages reads each file once."""
    loads: list[object] = []
    load = folder.Folder._load

    def counted(self: folder.Folder, seen: Any) -> None:
        loads.append(seen)
        load(self, seen)

    monkeypatch.setattr(folder.Folder, "_load", counted)
    source = opened()
    source.probe()
    source.read(["1"])
    assert len(loads) == 1


def test_a_file_put_in_its_place_is_seen_though_size_and_time_are_the_same(
    root: Path, opened: Callable[..., SqlSource]
) -> None:
    """A restored copy can be a second younger and just as long."""
    source, path = opened(), root / "nguoi.csv"
    source.read(["1"])
    status = path.stat()
    path.rename(root / "alt")
    path.write_text(path.with_name("alt").read_text(encoding="utf-8").replace("Văn", "Vân"), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert source.read(["1"])["1"].parts["nguoi"][0]["ten"] == "Lò Vân Mẫu"


def test_a_file_that_was_just_written_is_given_time(root: Path, opened: Callable[..., SqlSource]) -> None:
    """Its writer may not be at its end: the source is lost for the moment, which is tried again."""
    rested(root / "nguoi.csv", seconds=0)
    with pytest.raises(SourceLostError, match=r"^nguoi\.csv: the file is being written"):
        opened().read(["1"])


def test_a_file_that_changes_while_it_is_read_is_not_believed(
    root: Path, opened: Callable[..., SqlSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is what was read of the others."""
    read = folder.Folder._read

    def slow(self: folder.Folder, path: Path, *rest: Any) -> Any:
        found = read(self, path, *rest)
        if path.name == "nguoi.csv":
            cases(root / "don-2025.xlsx", (1, "Đơn khác"))
        return found

    monkeypatch.setattr(folder.Folder, "_read", slow)
    with pytest.raises(SourceLostError, match=r"^don-2025\.xlsx: the file is being written"):
        opened().read(["1"])


@pytest.mark.parametrize("mark", ["~$don-2025.xlsx", "~$n-2025.xlsx", ".~lock.don-2025.xlsx#"])
def test_a_file_that_is_open_in_a_spreadsheet_is_not_read(
    root: Path, opened: Callable[..., SqlSource], mark: str
) -> None:
    """What is on the disk may be half of what is on the screen; the mark itself is no register."""
    (root / mark).write_bytes(b"\x05An")
    with pytest.raises(SourceError, match=r"^don-2025\.xlsx: the file is open in Excel - close it"):
        opened().read(["1"])


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda root: (root / "nguoi.csv").unlink(), "nguoi.csv: there is no such file"),
        (lambda root: [each.unlink() for each in root.glob("don-*")], "don-*.xlsx: there is no such file"),
        (lambda root: people(root, '1,"cut'), "nguoi.csv:2: the row cannot be read"),
        (lambda root: (root / "nguoi.csv").write_bytes(b""), "nguoi.csv: the file is empty"),
        (
            lambda root: (root / "don-2026.xlsx").write_bytes((root / "don-2026.xlsx").read_bytes()[:900]),
            "don-2026.xlsx: the file cannot be read as a workbook",
        ),
    ],
    ids=["missing", "none of a pattern", "cut in a row", "empty", "cut workbook"],
)
def test_a_broken_file_makes_the_source_unreadable(
    root: Path, opened: Callable[..., SqlSource], break_it: Callable[[Path], object], said: str
) -> None:
    """One line, exit code 6; its rows do not look gone."""
    break_it(root)
    for path in root.iterdir():
        rested(path)
    with pytest.raises(SourceError) as caught:
        opened().read(["1"])
    assert (str(caught.value).split(" - ")[0], caught.value.exit_code, caught.value.__cause__) == (said, 6, None)


def test_a_file_that_vanishes_from_a_pattern_is_missed(root: Path, opened: Callable[..., SqlSource]) -> None:
    """Although the others of the pattern are still there."""
    source = opened()
    source.read(["1"])
    (root / "don-2026.xlsx").unlink()
    with pytest.raises(SourceError, match=r"^don-2026\.xlsx: a file that was read before is missing"):
        source.read(["1"])


def test_threads_may_read_while_the_folder_is_loaded_again(root: Path, opened: Callable[..., SqlSource]) -> None:
    """Each sees one state of it or the other, never half of one."""
    source, seen = opened(patience=30), set[tuple[object, ...]]()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            rows = source.read(["1", "03"])
            seen.add(tuple(sorted(str(row["ten"]) for each in rows.values() for row in each.parts["nguoi"])))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for each in threads:
        each.start()
    for number in range(5):
        (root / "new").write_text(f"so,ten\n1,A{number}\n03,A{number}\n", encoding="utf-8")
        rested(root / "new")
        (root / "new").replace(root / "nguoi.csv")
        time.sleep(0.02)
    stop.set()
    for each in threads:
        each.join()
    assert {len(set(names)) for names in seen - {("Lò Thị Mẫu", "Lò Văn Mẫu")}} <= {1}


def test_a_workbook_gives_what_its_cells_show(root: Path, opened: Callable[..., SqlSource]) -> None:
    """Days and times as ISO, whole numbers without fraction, the value of a formula, a merged cell in all its rows."""

    def fill(made: Workbook, sheet: Worksheet) -> None:
        day = made.add_format({"num_format": "dd/mm/yyyy"})
        moment = made.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.write_row(0, 0, ["Số", "Ngày", "Lúc", "Tiền", "Công thức", "Gộp", "Đúng", "Lỗi"])
        for row in (1, 3):
            sheet.write(row, 0, row)
        sheet.write_datetime(1, 1, datetime(2026, 10, 1), day)  # noqa: DTZ001 - Excel has no time zones
        sheet.write_datetime(1, 2, datetime(2026, 10, 1, 8, 30), moment)  # noqa: DTZ001
        sheet.write(1, 3, 15_000_000_000)
        sheet.write_formula(1, 4, "=D2/2", None, 7_500_000_000)
        sheet.merge_range(1, 5, 4, 5, "Cùng đơn")
        sheet.write_boolean(1, 6, True)
        sheet.write_formula(1, 7, "=1/0", None, "#DIV/0!")
        sheet.write_blank(500, 3, None, day)

    book(root / "don-2027.xlsx", fill)
    tables = {"don": {"file": "don-2027.xlsx"}, "nguoi": {"file": "nguoi.csv"}}
    found = opened(tables=tables).read(["1", "3"])
    rows = [tuple(list(found[key].parts["don"][0].values())[4:]) for key in ("1", "3")]
    assert rows == [
        ("1", "2026-10-01", "2026-10-01 08:30:00", "15000000000", "7500000000", "Cùng đơn", "1", None),
        ("3", None, None, None, None, "Cùng đơn", None, None),
    ]
    assert opened(tables=tables).files()[0].rows == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "don-2027.xlsx: the file has 2 visible sheets"),
        ({"sheet": "2028"}, "don-2027.xlsx: the file has no sheet 2028"),
        ({"sheet": "Quý *", "index": ["x"]}, "the table don has no column x for its index"),
    ],
)
def test_a_sheet_must_be_named_where_there_are_several(
    root: Path, opened: Callable[..., SqlSource], words: dict[str, Any], said: str
) -> None:
    """A hidden one does not count."""
    with Workbook(str(root / "don-2027.xlsx")) as made:
        for name in ("Quý 1", "Quý 2", "Ẩn"):
            made.add_worksheet(name).write_row(0, 0, ["Số"])
        made.worksheets()[2].hide()
    rested(root / "don-2027.xlsx")
    with pytest.raises(SourceError) as caught:
        opened(tables={**SPEC["tables"], "don": {"file": "don-2027.xlsx", **words}}).probe()
    assert str(caught.value).split(" - ")[0] == said


def test_all_sheets_that_fit_a_pattern_are_one_table(root: Path, opened: Callable[..., SqlSource]) -> None:
    """One for each month, with columns that not all of them have."""
    with Workbook(str(root / "don-2027.xlsx")) as made:
        for number, name in enumerate(("Tháng 1", "Tháng 2", "Ghi chú")):
            made.add_worksheet(name).write_row(0, 0, ["SỐ" if number else "Số", f"Cột {number}"])
            made.worksheets()[-1].write_row(1, 0, [number, "x"])
    rested(root / "don-2027.xlsx")
    tables = {**SPEC["tables"], "don": {"file": "don-2027.xlsx", "sheet": "Tháng *", "columns": ["Khác"]}}
    found = opened(tables=tables).read(["0", "1", "2"])
    names = ("khác", "cột 0", "cột 1")
    cells = {key: [rows.parts["don"][0][name] for name in names] for key, rows in found.items()}
    assert cells == {"0": [None, "x", None], "1": [None, None, "x"]}


def test_nested_json_is_read_by_the_query(root: Path, opened: Callable[..., SqlSource]) -> None:
    """A list inside an object becomes rows by json_each()."""
    path = root / "nguoi.jsonl"
    path.write_text('{"so": 1, "ds": [{"ten": "A"}, {"ten": "B"}]}\n{"so": "03", "ds": []}\n', encoding="utf-8")
    rested(path)
    query = "SELECT so AS case_key, d.value ->> 'ten' AS ten FROM nguoi, json_each(ds) AS d WHERE so IN :keys"
    source = opened(
        tables={**SPEC["tables"], "nguoi": {"file": "nguoi.jsonl"}}, parts={**SPEC["parts"], "nguoi": query}
    )
    found = source.read(["1", "03"])
    assert {key: [row["ten"] for row in rows.parts["nguoi"]] for key, rows in found.items()} == {
        "1": ["A", "B"],
        "03": [],
    }


@pytest.mark.parametrize("url", ["files:///no/such/folder", "files://", "files:///"])
def test_a_folder_that_is_not_there_is_one_line(url: str) -> None:
    """As is an address without one."""
    with pytest.raises(SourceError, match=r"the folder of the source cannot be opened - check source\.url"):
        SqlSource(url.replace("files:///no", "files:////no"), SourceSpec.model_validate(SPEC))


def test_a_profile_without_tables_has_nothing_to_read_there(opened: Callable[..., SqlSource]) -> None:
    """It is said which word is missing."""
    with pytest.raises(SourceError, match="the profile names no file of the source"):
        opened(tables={})
