"""`mapping check` as a table, as JSON and as a workbook; `mapping preview`, masked or not; `mapping draft`."""

import contextlib
import json
import os
import pty
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sync_agent import bootstrap
from sync_agent.cli import mapping
from sync_agent.cli.main import main
from sync_agent.domain.rules import RULES
from sync_agent.privacy import MASK, Masking
from sync_agent.resources import create_configuration
from tests.support.example import make
from tests.support.houses import House, Houses
from tests.support.loud import Loud, union
from tests.support.traces import said

Run = Callable[..., tuple[int, str, str]]
PERSONAL = {"Lò Văn Mẫu 1", "Nội dung 1", "11/QĐ", "Đủ điều kiện"}
EXAMPLE = Path(__file__).parents[3] / "sync_agent" / "example" / "schema.sql"


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house with a good case, a denunciation without a summary, and one whose kind nobody knows."""
    house = make_house()
    house.local.full(1)
    house.local.denunciation(2, tom_tat=None)
    house.local.case(3, loai="??", ngay_nhan="hôm qua")
    return house


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Return what runs a command at a terminal, where a person answers yes or no: exit code and what stands there."""

    def _told(house: House, *words: str, yes: bool = True) -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", "300")  # nothing is broken over two lines
        monkeypatch.setattr(mapping, "at_terminal", lambda: True)
        monkeypatch.setattr(mapping, "agreed", lambda _question: yes)
        monkeypatch.setattr(bootstrap, "open_agent", lambda _folder, **_: contextlib.nullcontext(house.agent))
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "w", encoding="utf-8") as stream, contextlib.redirect_stdout(stream):
            code = main(["--config", str(house.folder), "--lang", "en", "--quiet", *words])
            stream.write("(end)")
            stream.flush()
            text = ""
            while not text.endswith("(end)"):
                text += os.read(ours, 65536).decode()
        os.close(ours)
        return code, text

    return _told


def sheets(path: Path) -> dict[str, str]:
    """Return the XML of a workbook's sheets and of its texts."""
    with zipfile.ZipFile(path) as book:
        return {
            name: book.read(name).decode() for name in book.namelist() if "sheet" in name or "sharedStrings" in name
        }


# ---- check ----


def test_the_table_has_rule_field_place_and_count_with_the_sentence_and_the_article(run: Run, house: House) -> None:
    """And keys, pseudonyms of protected cases; never a value."""
    code, out, _ = run("mapping", "check")
    line = next(line for line in out.splitlines() if "bad_date" in line and "received_on" in line)
    legend = f"bad_date: {RULES['bad_date'].en} [{RULES['bad_date'].basis}]"
    assert (code, line.split()) == (1, ["hold", "bad_date", "petition.received_on", "vu_viec.ngay_nhan", "1", "V3"])
    assert (legend in out, "V2" in out, said(PERSONAL | {"hôm qua", "??"}, out.encode())) == (True, False, set())


def test_json_has_the_same_lines(run: Run, house: House) -> None:
    """With the sentence and what is behind it, for other programs."""
    code, out, _ = run("--json", "mapping", "check", "--keys", "1")
    document = json.loads(out)
    line = next(line for line in document["findings"] if line["rule"] == "needs_redacted_summary")
    assert (code, document["cases"], document["protected"]) == (1, 3, 1)
    assert (line["basis"], line["cases"], [key[:2] for key in line["examples"]]) == (
        RULES["needs_redacted_summary"].basis,
        1,
        ["P-"],
    )


def test_the_workbook_has_a_sheet_of_lines_and_one_of_cases(run: Run, house: House, tmp_path: Path) -> None:
    """Ready to filter; no value in either."""
    file = tmp_path / "findings.xlsx"
    code, out, _ = run("mapping", "check", "--format", "xlsx", "--output", str(file))
    found = sheets(file)
    texts = found["xl/sharedStrings.xml"]
    assert (code, "findings.xlsx" in out, "<autoFilter" in found["xl/worksheets/sheet1.xml"]) == (1, True, True)
    assert all(word in texts for word in ("bad_date", "vu_viec.ngay_nhan", RULES["bad_date"].basis, ">V3<"))
    assert said(PERSONAL | {"hôm qua"}, file.read_bytes()) == set()


def test_a_workbook_is_never_written_over_another_file(run: Run, house: House, tmp_path: Path) -> None:
    """And needs both its options."""
    file = tmp_path / "findings.xlsx"
    file.write_text("mine", encoding="utf-8")
    code, _, error = run("mapping", "check", "--format", "xlsx", "--output", str(file))
    assert (code, "exists already" in error, file.read_text(encoding="utf-8")) == (2, True, "mine")
    assert run("mapping", "check", "--format", "xlsx")[0] == 2


def test_nothing_wrong_is_exit_code_0(run: Run, make_house: Houses) -> None:
    """Warnings alone leave it so."""
    house = make_house(name="clean")
    house.local.case(1)
    assert main(["--config", str(house.folder), "--lang", "en", "--quiet", "mapping", "check"]) == 0


def test_a_source_that_cannot_be_read_is_exit_code_6(run: Run, house: House) -> None:
    """One line."""
    house.local.path.unlink()
    code, out, error = run("mapping", "check")
    assert (code, out, len(error.splitlines())) == (6, "", 1)


# ---- preview ----


def test_a_case_stands_side_by_side(run: Run, house: House) -> None:
    """From the local column over the case file to the message: codes and days in clear, all else masked."""
    code, out, _ = run("--json", "mapping", "preview", "V1")
    lines = {line["field"]: line for line in json.loads(out)["lines"]}
    direction = {"local": {"xu_ly.huong": "TL"}, "field": "processing.direction", "value": "accept"}
    assert (code, lines["processing.direction"]) == (
        0,
        direction | {"sent": {"processing NoiDungXuLy.HuongXuLy.MaHuongXuLy": "4"}},
    )
    name = lines["petitioners.people[0].full_name"]
    assert (name["local"], name["value"], list(name["sent"].values())) == ({"nguoi.ho_ten": MASK}, MASK, [MASK])


def test_each_decision_stands_beside_its_own_row(run: Run, house: House) -> None:
    """Two rows of one table are not mixed up."""
    lines = json.loads(run("--json", "mapping", "preview", "V1")[1])["lines"]
    keys = {line["field"]: line["local"] for line in lines if line["field"].endswith("local_key")}
    assert keys["settlements[0].local_key"] == {"quyet_dinh.id": "11"}
    assert keys["settlements[1].local_key"] == {"quyet_dinh.id": "12"}


def test_a_preview_names_a_protected_case_by_its_pseudonym(run: Run, house: House) -> None:
    """And says what is wrong with it."""
    code, out, _ = run("mapping", "preview", "V2")
    assert (code, out.startswith("P-"), "V2" in out, "needs_redacted_summary" in out) == (1, True, False, True)


def test_what_cannot_be_read_stays_masked(run: Run, house: House) -> None:
    """It may be anything, so the place is all there is."""
    code, out, _ = run("--json", "mapping", "preview", "V3")
    lines = {line["field"]: line for line in json.loads(out)["lines"]}
    assert (code, lines["kind"]["local"], lines["petition.received_on"]["local"]) == (
        1,
        {"vu_viec.loai": MASK},
        {"vu_viec.ngay_nhan": MASK},
    )


def test_a_preview_of_no_case_repeats_nothing(run: Run, house: House) -> None:
    """What was typed may be a name."""
    code, out, error = run("mapping", "preview", "Lò Văn Mẫu 1")
    assert (code, out, "Mẫu" in error, len(error.splitlines())) == (2, "", False, 1)


def test_nothing_personal_is_ever_in_a_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A marker in every free column of every row of the example; none comes out, of no case, in no form."""
    create_configuration(tmp_path / "site")
    (tmp_path / "site" / "state" / "national.secret").touch(mode=0o600)
    (tmp_path / "site" / "state" / "national.secret").write_text("x", encoding="ascii")
    example = make(tmp_path / "site", cases=16)
    loud = Loud(example.path, example.files)
    loud.everywhere()
    with bootstrap.open_agent(tmp_path / "site", new_ledger=False) as agent:
        keys = [change.case_key for change in agent.source.changes(None)]
        monkeypatch.setattr(bootstrap, "open_agent", lambda _folder, **_: contextlib.nullcontext(agent))
        words = ["--config", str(tmp_path / "site"), "mapping", "preview"]
        codes = {main([*words, key, *(["--json"] if place % 2 else [])]) for place, key in enumerate(keys)}
        printed = capsys.readouterr()
        monkeypatch.setattr(Masking, "opens", lambda *_: True)
        monkeypatch.setattr(Masking, "tells_nobody", lambda *_: True)
        main([*words, keys[0]])
        unmasked = capsys.readouterr().out
    assert (codes <= {0, 1}, len(keys) > 10, MASK in printed.out) == (True, True, True)
    assert union(loud.marks.found(each.encode()) for each in printed) == set()
    assert loud.marks.found(unmasked.encode()) != set()


def test_values_are_shown_at_a_terminal_and_the_log_has_it(told: Callable[..., tuple[int, str]], house: House) -> None:
    """Before anybody sees them."""
    house.sync()
    code, text = told(house, "mapping", "preview", "V1", "--show-values")
    entry = next(entry for entry in house.entries() if entry.event == "values_shown")
    assert (code, "Lò Văn Mẫu 1" in text, "Nội dung 1" in text) == (0, True, True)
    assert (entry.actor[:3], entry.subject is not None) == ("os:", True)


@pytest.mark.parametrize("key", ["V2", "V3"], ids=["protected", "kind unknown"])
def test_values_of_a_case_that_may_be_protected_are_shown_to_nobody(
    told: Callable[..., tuple[int, str]], house: House, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not at a terminal either, and nothing is recorded as shown."""
    house.sync()
    code, text = told(house, "mapping", "preview", key, "--show-values")
    assert (code, text, "values_shown" in house.events(), key in capsys.readouterr().err) == (2, "(end)", False, False)


def test_values_of_a_case_are_not_shown_once_its_group_is_protected(
    told: Callable[..., tuple[int, str]], house: House
) -> None:
    """The same person also denounces: seen by this very look."""
    house.local.case(4, person="N9")
    house.sync()
    house.local.denunciation(5, person="N9")
    house.sync()
    code, text = told(house, "mapping", "preview", "V4", "--show-values")
    assert (code, text, "values_shown" in house.events()) == (2, "(end)", False)


def test_values_of_a_case_that_the_ledger_does_not_know_are_not_shown(
    told: Callable[..., tuple[int, str]], house: House
) -> None:
    """Whether its group is protected is not known either."""
    assert told(house, "mapping", "preview", "V1", "--show-values") == (2, "(end)")


def test_a_person_who_says_no_sees_nothing(told: Callable[..., tuple[int, str]], house: House) -> None:
    """And the log has nothing."""
    house.sync()
    code, text = told(house, "mapping", "preview", "V1", "--show-values", yes=False)
    assert (code, "Lò" in text, "values_shown" in house.events()) == (0, False, False)


@pytest.mark.parametrize("shared", [(), ("--json",)], ids=["plain", "json"])
def test_values_go_into_no_file_and_no_pipe(run: Run, house: House, shared: tuple[str, ...]) -> None:
    """Refused before anything is read."""
    house.sync()
    code, out, error = run(*shared, "mapping", "preview", "V1", "--show-values")
    assert (code, out, "at a terminal only" in error, "values_shown" in house.events()) == (2, "", True, False)


# ---- draft ----


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a new configuration beside a local system whose rows carry names."""
    folder = tmp_path / "site"
    create_configuration(folder)
    (folder / "state" / "national.secret").touch(mode=0o600)
    (folder / "state" / "national.secret").write_text("x", encoding="ascii")
    with closing(sqlite3.connect(folder / "local.db")) as connection, connection:
        connection.executescript(EXAMPLE.read_text(encoding="utf-8"))
        connection.execute(
            "INSERT INTO don_thu (NoiDungDonThu, LoaiDonThu, NgayNhanDon) VALUES ('Nội dung 1', 2, '2026-10-01')"
        )
        connection.execute("INSERT INTO don_thu_doi_tuong_di_kntc (HoTen, GioiTinh) VALUES ('Lò Văn Mẫu 1', 1)")
    return folder


def drafted(site: Path, *words: str) -> int:
    """Run the command."""
    return main(["--config", str(site), "--lang", "en", "mapping", "draft", *words])


def test_a_draft_can_be_checked_at_once(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It loads, its queries run, and no kind is invented: every case is found to be of an unknown one."""
    file = site / "profiles" / "new.yaml"
    code = drafted(site, "--output", str(file))
    said_first = capsys.readouterr().err
    toml = site / "agent.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("tinh-a.yaml", "new.yaml"), encoding="utf-8")
    checked = main(["--config", str(site), "--json", "mapping", "check"])
    lines = {(line["rule"], line["field"], line["where"]) for line in json.loads(capsys.readouterr().out)["findings"]}
    assert (code, "can be read" in said_first, checked) == (1, True, 1)
    assert ("unmapped_code", "kind", "don_thu.LoaiDonThu") in lines


def test_a_draft_says_at_its_top_what_a_person_must_decide(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every mark in the text is a question of that list."""
    drafted(site)
    text = capsys.readouterr().out
    head, _, body = text.partition("\nversion: 1\n")
    questions = {line.partition(": ")[2] for line in head.splitlines() if re.match(r"#  \d+\. ", line)}
    asked = {line.partition("# ? ")[2] for line in body.splitlines() if "# ? " in line}
    assert (len(questions) > 10, asked - questions) == (True, set())


@pytest.mark.parametrize("words", [(), ("--count-values",)], ids=["structure only", "with counts"])
def test_a_draft_shows_nothing_of_a_row_but_counts_of_codes(
    site: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """Those only when asked for, and not of people."""
    drafted(site, *words)
    out = capsys.readouterr().out
    assert said({"Lò Văn Mẫu 1", "Nội dung 1", "2026-10-01"}, out.encode()) == set()
    kind = next(line for line in out.splitlines() if line.startswith("    kind:"))
    gender = next(line for line in out.splitlines() if line.startswith("      gender:"))
    assert ("(2: 1)" in kind, "1: 1" in gender) == (bool(words), False)


def test_a_draft_is_never_written_over_another_file(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The work of a day is not lost by a second call."""
    file = site / "profiles" / "tinh-a.yaml"
    before = file.read_bytes()
    code = drafted(site, "--output", str(file))
    assert (code, "exists already" in capsys.readouterr().err, file.read_bytes() == before) == (2, True, True)


def test_a_draft_as_json_has_the_text_and_the_questions(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And why it cannot be used, when it cannot."""
    main(["--config", str(site), "--json", "--quiet", "mapping", "draft"])
    document = json.loads(capsys.readouterr().out)
    assert (document["file"], document["missing"], "version: 1" in document["profile"]) == (None, None, True)
    assert len(document["open"]) > 10


def test_a_database_without_petitions_is_said_so(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is made up."""
    (site / "local.db").unlink()
    with closing(sqlite3.connect(site / "local.db")) as connection:
        connection.execute("CREATE TABLE nhan_vien (id INTEGER PRIMARY KEY, ten TEXT)")
    code = drafted(site)
    printed = capsys.readouterr()
    assert (code, printed.out, "no table looks like one of petitions" in printed.err) == (2, "", True)
