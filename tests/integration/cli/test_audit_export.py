"""`audit export`: the files, looked at with other eyes than those that wrote them."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from sync_agent.audit import NoteVerifier
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.main import main
from sync_agent.i18n import Language, set_language, tr
from sync_agent.reports import LOG_COLUMNS, write_log_book, write_log_csv
from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a house in which a complaint and a denunciation went up."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SYNC_AGENT_TEST_SECRET", "bí-mật-thử")
        houses = Houses(tmp_path_factory.mktemp("export"))
        with houses.stack:
            house = houses(page=50)
            house.local.full(1)
            house.local.denunciation(2)
            house.sync()
            yield house


@pytest.fixture
def english() -> Iterator[None]:
    """Speak English where no command says in which language."""
    set_language(Language.EN)
    yield
    set_language(Language.VI)


def exported(run: Run, form: str, file: Path, *words: str) -> dict[str, Any]:
    """Export and return what is said of it."""
    code, out, err = run("--json", "audit", "export", "--format", form, "--output", str(file), *words)
    assert (code, err) == (ExitCode.DONE, "")
    return dict(json.loads(out))


def log_of(house: House) -> list[tuple[int, bytes]]:
    """Return index and bytes of every entry."""
    return [(idx, bytes(raw)) for idx, raw in house.select("SELECT idx, entry FROM audit_leaf ORDER BY idx")]


def files_of(bundle: Path) -> dict[str, bytes]:
    """Return the files of a bundle, folder or archive."""
    if bundle.is_dir():
        return {path.relative_to(bundle).as_posix(): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", ["bundle.zip", "bundle"])
def test_a_bundle_is_an_archive_or_a_folder(run: Run, house: House, tmp_path: Path, name: str) -> None:
    """With the same files; its head carries the signature of the log's key, and everything stands under it."""
    told = exported(run, "bundle", tmp_path / name)
    files = files_of(tmp_path / name)
    [key] = [NoteVerifier.parse(line) for line in (house.folder / "state" / "audit.pub").read_text().split()]
    manifest = json.loads(files["manifest.json"])
    assert (key.signed(files["checkpoint"]), manifest["size"]) == (True, told["entries"])
    assert manifest["files"].keys() == files.keys() - {"manifest.json"}


def test_the_entry_of_an_export_names_its_file(run: Run, house: House, tmp_path: Path) -> None:
    """By SHA-256: of the file, of a folder that of its manifest."""
    names = {"bundle": "b.zip", "jsonl": "l.jsonl", "csv": "l.csv", "xlsx": "l.xlsx"}
    told = [exported(run, form, tmp_path / name)["digest"] for form, name in names.items()]
    told.append(exported(run, "bundle", tmp_path / "folder")["digest"])
    paths = [*(tmp_path / name for name in names.values()), tmp_path / "folder" / "manifest.json"]
    entries = house.entries()[-20:]
    noted = [each.set_digest for each in entries if each.event == "exported"][-5:]
    assert told == noted == [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    assert {each.actor for each in entries if each.event == "exported"} <= {"os:root", entries[-1].actor}


def test_lines_of_json_hold_the_exact_bytes(run: Run, house: House, tmp_path: Path) -> None:
    """Nothing is written anew: what is hashed is there as it is."""
    before = log_of(house)
    exported(run, "jsonl", tmp_path / "log.jsonl")
    lines = (tmp_path / "log.jsonl").read_bytes().splitlines()
    assert lines == [b'{"idx":%d,"entry":%s}' % (idx, raw) for idx, raw in before]


def test_a_selection_is_exported_and_noted_with_its_case(run: Run, house: House, tmp_path: Path) -> None:
    """One case, one event, a range."""
    words = ("--case", "V1", "--event", "accepted", "--until", "2026-11-02")
    told = exported(run, "jsonl", tmp_path / "log.jsonl", *words)
    entries = [json.loads(line)["entry"] for line in (tmp_path / "log.jsonl").read_bytes().splitlines()]
    last = house.entries()[-1]
    assert (told["entries"], {entry["event"] for entry in entries}) == (len(entries), {"accepted"})
    assert {entry["subject"] for entry in entries} == {last.subject}


def test_a_csv_file_has_a_line_for_each_entry(run: Run, house: House, tmp_path: Path) -> None:
    """With the mark of UTF-8, and headings in the reader's language."""
    before = log_of(house)
    exported(run, "csv", tmp_path / "log.csv")
    content = (tmp_path / "log.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert (content[:3], len(rows)) == (b"\xef\xbb\xbf", len(before))
    assert [row["Event"] for row in rows] == [json.loads(raw)["event"] for _, raw in before]
    assert rows[0]["Time (Việt Nam)"] == "2026-11-02 10:00:00.001"


def test_a_workbook_has_typed_cells_and_explains_itself(run: Run, house: House, tmp_path: Path) -> None:
    """Numbers are numbers, times are times in Việt Nam; a sheet tells each column, another one each event."""
    before = log_of(house)
    exported(run, "xlsx", tmp_path / "log.xlsx")
    book = load_workbook(tmp_path / "log.xlsx")
    entries, columns, events = (book.get_sheet_by_index(place).to_python() for place in range(3))
    assert book.sheet_names == ["Entries", "Columns", "Events"]
    assert (entries[0][:4], len(entries)) == (["No.", "Time (Việt Nam)", "By", "Event"], len(before) + 1)
    first: list[Any] = entries[1]
    assert (first[0], first[1].replace(microsecond=0)) == (0.0, datetime(2026, 11, 2, 10, 0, 0))  # noqa: DTZ001 - a cell
    assert [row[0] for row in columns[1:]] == entries[0]
    assert {row[3] for row in entries[1:]} <= {row[0] for row in events[1:]}


def test_a_workbook_can_be_filtered_and_its_header_stays(run: Run, tmp_path: Path) -> None:
    """Over all of its lines."""
    told = exported(run, "xlsx", tmp_path / "log.xlsx")
    with zipfile.ZipFile(tmp_path / "log.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    wanted = f'<autoFilter ref="A1:[A-Z]+{told["entries"] + 1}"/>'
    assert ('state="frozen"' in sheet, re.search(wanted, sheet) is not None) == (True, True)


@pytest.mark.usefixtures("english")
def test_what_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    """In a workbook as a string, in a CSV file behind the mark; digests that look like powers of ten too."""
    row: dict[str, str | int | bool | datetime | None] = {
        "idx": 0,
        "reason": "=1+1",
        "rule": "@x",
        "set_digest": "12345678e9",
        "run": "007",
    }
    with (tmp_path / "log.xlsx").open("w+b") as file:
        write_log_book(file, [row])
    with (tmp_path / "log.csv").open("w+b") as file:
        write_log_csv(file, [row])
    with zipfile.ZipFile(tmp_path / "log.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert ("<f>" in sheet, "<t>=1+1</t>" in sheet, "<t>12345678e9</t>" in sheet) == (False, True, True)
    [line] = csv.DictReader(io.StringIO((tmp_path / "log.csv").read_text("utf-8-sig"), newline=""))
    assert [line[name] for name in ("Reason", "Rule", "Digest", "Run")] == ["'=1+1", "'@x", "'12345678e9", "'007"]


@pytest.mark.parametrize(("lines", "sheets"), [(0, [0]), (2, [2]), (3, [2, 1]), (4, [2, 2])])
@pytest.mark.usefixtures("english")
def test_more_than_a_sheet_holds_goes_on_on_the_next(tmp_path: Path, lines: int, sheets: list[int]) -> None:
    """Nothing is lost at the edge, and an empty log has an empty sheet."""
    with (tmp_path / "log.xlsx").open("w+b") as file:
        count = write_log_book(file, ({"idx": number} for number in range(lines)), most=2)
    book = load_workbook(tmp_path / "log.xlsx")
    names = book.sheet_names[:-2]
    cells = [[row[0] for row in book.get_sheet_by_name(name).to_python()[1:]] for name in names]
    assert (count, [len(each) for each in cells], list(chain(*cells))) == (lines, sheets, list(range(lines)))


def test_every_heading_is_said_in_the_readers_language(tmp_path: Path) -> None:
    """As the catalogue has it."""
    set_language(Language.VI)
    with (tmp_path / "log.xlsx").open("w+b") as file:
        write_log_book(file, [])
    told = load_workbook(tmp_path / "log.xlsx").get_sheet_by_index(0).to_python()[0]
    assert [str(each).casefold() for each in told] == [tr(column.title).casefold() for column in LOG_COLUMNS]


@pytest.mark.parametrize("form", ["bundle", "jsonl", "csv", "xlsx"])
def test_nothing_is_overwritten(run: Run, house: House, tmp_path: Path, form: str) -> None:
    """And an export that came to nothing is not noted."""
    file = tmp_path / ("mine" if form == "bundle" else f"mine.{form}")
    file.write_bytes(b"mine")
    before = len(log_of(house))
    code, _, err = run("audit", "export", "--format", form, "--output", str(file))
    assert (code, "the file exists already" in err, file.read_bytes()) == (ExitCode.USAGE, True, b"mine")
    assert len(log_of(house)) == before


def test_files_are_for_their_owner_only(run: Run, tmp_path: Path) -> None:
    """Folders included, and nothing is left beside them."""
    exported(run, "bundle", tmp_path / "folder")
    exported(run, "csv", tmp_path / "log.csv")
    modes = {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")}
    assert (modes, {path.name for path in tmp_path.iterdir()}) == ({0}, {"folder", "log.csv"})


def test_a_bundle_is_never_a_selection(run: Run, tmp_path: Path) -> None:
    """A part of the log proves nothing of the whole."""
    code, _, err = run("audit", "export", "--format", "bundle", "--output", str(tmp_path / "b"), "--since", "3")
    assert (code, "a bundle is always the whole log" in err) == (ExitCode.USAGE, True)


def test_before_there_is_a_log_nothing_is_written(make_house: Houses, tmp_path: Path) -> None:
    """Not even an empty file."""
    house = make_house(name="new", signed=False)
    house.agent.ledger.engine.dispose()
    for path in (house.folder / "state").glob("ledger.db*"):
        path.unlink()
    words = ["audit", "export", "--format", "csv", "--output", str(tmp_path / "log.csv")]
    assert main(["--config", str(house.folder), "--lang", "en", *words]) == ExitCode.USAGE
    assert not (tmp_path / "log.csv").exists()
