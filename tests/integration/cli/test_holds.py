"""What a person does with holds: looks, lets go, turns down, hands out a work list."""

import csv
import io
import json
import os
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_agent.audit import read_note
from tests.support.houses import House, Houses
from tests.support.screens import screen

Run = Callable[..., tuple[int, str, str]]
RELEASE = ("holds", "release", "V1", "--rule", "file_missing", "--reason", "lost")
REJECT = ("holds", "reject", "V1", "--rule", "file_missing", "--reason", "wrong_file")


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house with one case held by a missing file, one protected without a summary, one elsewhere."""
    house = make_house(page=50)
    house.local.case(1, name="Hoàng Thị Kín")
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.local.denunciation(2, tom_tat=None)
    house.local.case(3, co_quan="H217.02", ngay_nhan="2026-13-45")
    house.sync()
    return house


def note_of(house: House) -> str | None:
    """Return the one note that was kept."""
    ((commitment,),) = house.select("SELECT commitment FROM audit_erasable WHERE kind = 'note'")
    with house.agent.ledger.read() as connection:
        return read_note(connection, commitment)


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put a text on standard input, which is no terminal then."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def on_terminal(house: House, *words: str, typed: str) -> tuple[int, str]:
    """Run a command as a process at a terminal where a person types."""
    command = [sys.executable, "-m", "sync_agent", "--config", str(house.folder), "--lang", "en", *words]
    code, lines = screen(command, {**os.environ, "PYTHONPATH": "."}, columns=200, typed=typed)
    return code, "\n".join(lines)


def digest_of(run: Run) -> str:
    """Return the digest that `holds show` names."""
    return run("holds", "show", "V1")[1].split()[-1]


# release


def test_a_release_names_what_was_looked_at(run: Run, house: House) -> None:
    """By the digest that `holds show` gave, also in JSON."""
    digest = digest_of(run)
    assert [json.loads(line)["digest"] for line in run("--json", "holds", "show", "V1")[1].splitlines()] == [digest]
    code, text, _ = run(*RELEASE, "--digest", digest)
    assert (code, text) == (0, "Released 1 holds of V1.\n")
    house.sync()
    assert house.state("V1") == "acknowledged"


@pytest.mark.parametrize("shared", [(), ("--json",)], ids=["plain", "json"])
def test_a_release_without_a_look_is_refused(
    run: Run, house: House, monkeypatch: pytest.MonkeyPatch, shared: tuple[str, ...]
) -> None:
    """Exit code 2; the line says how."""
    piped(monkeypatch, "yes\n")
    code, text, error = run(*shared, *RELEASE)
    assert (code, text, "sync-agent holds show KEY" in error, "--digest" in error) == (2, "", True, True)
    assert "released" not in house.events()


def test_an_old_digest_is_refused(run: Run, house: House) -> None:
    """The record has changed since; nothing was released."""
    digest = digest_of(run)
    house.local.change(1, noi_dung="Nội dung mới")
    code, text, error = run(*RELEASE, "--digest", digest)
    assert (code, text, "has changed since" in error, "released" in house.events()) == (2, "", True, False)


def test_at_a_terminal_the_holds_are_shown_first(house: House) -> None:
    """A yes releases what stands on the screen."""
    code, text = on_terminal(house, *RELEASE, typed="yes\n")
    assert (code, "file_missing: An attached file" in text, "Released 1 holds of V1." in text) == (0, True, True)
    assert "released" in house.events()


@pytest.mark.parametrize("typed", ["no\n", "\n", "maybe\n"])
def test_anything_but_a_yes_releases_nothing(house: House, typed: str) -> None:
    """Exit code 1: it still waits."""
    code, text = on_terminal(house, *RELEASE, typed=typed)
    assert (code, "Nothing was released." in text, "released" in house.events()) == (1, True, False)


def test_a_note_is_asked_for_at_a_terminal(house: House, run: Run) -> None:
    """After the yes; it is kept where it can be erased."""
    code, _ = on_terminal(house, *RELEASE, "--note", typed="có\nĐã đối chiếu bản giấy\n")
    assert (code, note_of(house)) == (0, "Đã đối chiếu bản giấy")


# reject


def test_a_rejection_is_shown_and_ends_the_offer(run: Run, house: House) -> None:
    """By whom, when and why; the release is refused until somebody overrules it."""
    assert run(*REJECT)[:2] == (0, "Rejected 1 hold of V1.\n")
    code, text, _ = run("holds", "show", "V1")
    assert (code, "wrong_file" in text, "a person rejected it" in text, "holds release" in text) == (
        1,
        True,
        True,
        False,
    )
    (row,) = [json.loads(line) for line in run("--json", "holds", "list", "--rule", "file_missing")[1].splitlines()]
    assert (row["rejected"], row["rejected_reason"], row["rejected_by"].startswith("os:")) == (True, "wrong_file", True)
    digest = digest_of(run)
    code, _, error = run(*RELEASE, "--digest", digest)
    assert (code, "--overrule" in error) == (2, True)
    assert run(*RELEASE, "--digest", digest, "--overrule")[0] == 0


@pytest.mark.parametrize("words", [("--note",), ("--note", "-")])
def test_a_note_is_read_from_a_pipe(
    run: Run, house: House, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """All of it, and nothing of it is printed."""
    piped(monkeypatch, "Tệp scan sai trang.\nXin quét lại.\n")
    code, text, error = run(*REJECT, *words)
    assert (code, note_of(house)) == (0, "Tệp scan sai trang.\nXin quét lại.")
    assert "quét" not in text + error


@pytest.mark.parametrize("words", [("--note", "Bà Kín đã gọi"), ("Bà Kín đã gọi",), ("-",)])
def test_a_note_is_no_argument(run: Run, house: House, words: tuple[str, ...]) -> None:
    """Others could read it in the list of processes; it is not repeated either."""
    code, _, error = run(*REJECT, *words)
    assert (code, "never given on the command line" in error, "Kín" in error) == (2, True, False)
    assert "rejected_hold" not in house.events()


@pytest.mark.parametrize("note", ["", "  \n", "x" * 4001])
def test_an_empty_or_endless_note_is_refused(
    run: Run, house: House, monkeypatch: pytest.MonkeyPatch, note: str
) -> None:
    """Whoever pipes one means to say something, in a few sentences."""
    piped(monkeypatch, note)
    assert (run(*REJECT, "--note")[0], "rejected_hold" in house.events()) == (2, False)


def test_a_note_with_a_name_in_it_is_refused(run: Run, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the case it is about."""
    piped(monkeypatch, "Bà Hoàng Thị Kín đã gọi")
    code, _, error = run(*REJECT, "--note")
    assert (code, "tells who" in error, "Kín" in error, "rejected_hold" in house.events()) == (2, True, False, False)


# the work list


def listed(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_a_work_list_says_who_mends_what_where(run: Run, house: House, tmp_path: Path) -> None:
    """In words; the protected case by its pseudonym."""
    file = tmp_path / "list.csv"
    code, text, _ = run("holds", "list", "--format", "csv", "--by", "agency", "--output", str(file))
    assert (code, text) == (1, f"{len(listed(file))} holds written to {file}.\n")
    rows = {(row["case"], row["rule"]): row for row in listed(file)}
    missing = rows["V1", "file_missing"]
    assert (missing["agency"], missing["step"], missing["field"], missing["where to mend"]) == (
        "H217.01",
        "case",
        "attachments",
        "tep.duong_dan",
    )
    assert (missing["held since"], missing["what to do"]) == ("2026-11-02", "correct the record, or have it released")
    pseudonym = house.agent.names.pseudonym("V2")
    assert rows[pseudonym, "needs_redacted_summary"]["field"] == "petition › approved summary without identity"
    assert "V2" not in file.read_text("utf-8")
    assert [row["agency"] for row in listed(file)] == sorted(row["agency"] for row in listed(file))


def test_a_work_list_is_in_vietnamese_by_default(run: Run, house: House, tmp_path: Path) -> None:
    """The sentence of the rule and the field."""
    file = tmp_path / "list.csv"
    run("--lang", "vi", "holds", "list", "--format", "csv", "--output", str(file), "--rule", "file_missing")
    text = file.read_text("utf-8-sig")
    assert ("Không đọc được tệp đính kèm." in text, "hồ sơ, tệp đính kèm" in text, len(text.splitlines())) == (
        True,
        True,
        2,
    )


def test_a_work_list_can_be_of_one_agency(run: Run, house: House, tmp_path: Path) -> None:
    """And says how much it holds in JSON."""
    file = tmp_path / "list.xlsx"
    words = ("holds", "list", "--format", "xlsx", "--by", "agency", "--agency", "H217.02", "--output", str(file))
    code, text, _ = run("--json", *words)
    assert (code, json.loads(text)["agencies"], json.loads(text)["file"]) == (1, 1, str(file))
    book = zipfile.ZipFile(file).read("xl/workbook.xml").decode()
    assert ('<sheet name="H217.02"' in book, "H217.01" in book) == (True, False)


def test_a_table_too_can_be_of_one_agency(run: Run, house: House) -> None:
    """The same words."""
    _, text, _ = run("--json", "holds", "list", "--by", "agency", "--agency", "H217.02")
    assert {json.loads(line)["case"] for line in text.splitlines()} == {"V3"}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_work_list_is_for_its_owner_and_overwrites_nothing(run: Run, house: House, tmp_path: Path, form: str) -> None:
    """Mode 0600; a file that exists stays as it is."""
    file = tmp_path / "list"
    words = ("holds", "list", "--format", form, "--output", str(file))
    assert (run(*words)[0], stat.S_IMODE(file.stat().st_mode)) == (1, 0o600)
    before = file.read_bytes()
    code, _, error = run(*words)
    assert (code, "exists already" in error, file.read_bytes() == before) == (2, True, True)


@pytest.mark.parametrize("words", [("--format", "xlsx"), ("--output", "list.xlsx"), ("--format", "csv")])
def test_a_form_needs_a_file_and_a_file_its_form(run: Run, house: House, words: tuple[str, ...]) -> None:
    """Nothing is guessed from a name."""
    code, _, error = run("holds", "list", *words)
    assert (code, "both --format xlsx or csv and --output FILE" in error) == (2, True)


def test_no_file_is_written_when_nothing_is_held(run: Run, house: House, tmp_path: Path) -> None:
    """And the exit code says so."""
    file = tmp_path / "list.csv"
    words = ("holds", "list", "--format", "csv", "--output", str(file), "--rule", "bad_number")
    assert (run(*words)[0], file.exists()) == (0, False)


def test_a_missing_package_is_one_line_that_names_the_extra(
    run: Run, house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What to install; no file is left."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    file = tmp_path / "list.xlsx"
    code, _, error = run("holds", "list", "--format", "xlsx", "--output", str(file))
    assert (code, "sync-agent[reports]" in error, len(error.splitlines()), file.exists()) == (2, True, 1, False)
