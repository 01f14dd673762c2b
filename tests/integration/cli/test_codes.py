"""`codes`: national lists pulled and kept, local codes without a national one listed, filled in and taken over."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_agent.audit import Entry, Event
from sync_agent.cli import codes, codetables
from sync_agent.errors import NationalUnreachableError
from sync_agent.national import CodeEntry
from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]

TABLE = """# Sources, as the front desk numbers them.
local,national,name,valid_from,valid_to,source
B,1,Bưu chính,,,front desk
"""
SOURCES = (("1", "Bưu chính"), ("4", "Cơ quan khác chuyển"), ("21", "Tiếp công dân trực tiếp"), ("23", "Nguồn khác"))


@pytest.fixture
def house(make_house: Houses, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a house whose petitions have a source by a code table, and whose national side has lists."""
    for module in (codes, codetables):
        monkeypatch.setattr(module, "login_actor", lambda: "os:lan")
    house = make_house()
    (house.folder / "codes" / "nguon.csv").write_text(TABLE, "utf-8")
    house.local.execute("ALTER TABLE vu_viec ADD COLUMN nguon TEXT")
    house = house.edited(
        "profile.yaml",
        "    petition.content: noi_dung\n",
        "    petition.content: noi_dung\n    petition.source: {column: nguon, codes: nguon, dated_by: ngay_nhan}\n",
    )
    house.gateway.codes[5] = [CodeEntry(*each) for each in SOURCES]
    monkeypatch.setattr("sync_agent.bootstrap.open_gateway", lambda *_, **__: house.gateway)
    return house


@pytest.fixture
def pulled(house: House, run: Run) -> House:
    """Return the house after a pull."""
    assert run("codes", "pull")[0] == 1  # thirteen lists are empty
    return house


def changes(house: House) -> list[Entry]:
    """Return the entries that say that codes changed."""
    return [entry for entry in house.entries() if entry.event is Event.CODES_CHANGED]


def filled(house: House, run: Run, code: str, **cells: str) -> Path:
    """Write the list of unmapped codes, fill in its first line, and return the file."""
    path = house.folder / "unmapped.csv"
    path.unlink(missing_ok=True)
    assert run("codes", "unmapped", "--output", str(path))[0] == 1
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    rows[0] |= {"code": code} | cells
    write(path, rows)
    return path


def write(path: Path, rows: list[dict[str, Any]], delimiter: str = ";") -> None:
    """Write rows as a spreadsheet of this country does."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


# pull


def test_a_list_is_kept_and_what_it_changes_is_recorded(house: House, run: Run) -> None:
    """With old and new digest, against what ships with the contract; an empty answer is not kept."""
    code, out, _ = run("--json", "codes", "pull")
    lists = {each["number"]: each for each in json.loads(out)["lists"]}
    assert (code, lists[5]["entries"], lists[1]["cause"]) == (1, 4, "empty")
    assert lists[5]["removed"] == {"20": "Email"}
    (entry,) = changes(house)
    assert (entry.actor, entry.field, entry.new_state) == ("os:lan", "list.05-nguon-don", lists[5]["digest"])
    assert entry.counts == {"added": 0, "removed": 1, "renamed": 2}


def test_a_second_pull_shows_what_changed_since(pulled: House, run: Run) -> None:
    """Added, removed and renamed against the one before; unchanged is no entry in the log."""
    run("codes", "pull")
    assert len(changes(pulled)) == 1
    pulled.gateway.codes[5] = [CodeEntry("1", "Bưu điện"), CodeEntry("4", "Cơ quan khác chuyển"), CodeEntry("9", "Mới")]
    found = {each["number"]: each for each in json.loads(run("--json", "codes", "pull")[1])["lists"]}[5]
    assert (found["added"], sorted(found["removed"])) == ({"9": "Mới"}, ["21", "23"])
    assert found["renamed"] == {"1": {"old": "Bưu chính", "new": "Bưu điện"}}
    first, second = changes(pulled)
    assert second.old_state == first.new_state
    assert len(list((pulled.folder / "state" / "national-codes").iterdir())) == 3


def test_a_code_table_that_uses_a_removed_code_is_named(pulled: House, run: Run) -> None:
    """Its line must be corrected or ended."""
    pulled.gateway.codes[5] = [CodeEntry("4", "Cơ quan khác chuyển")]
    assert "B" in run("codes", "pull")[1].split("In the code tables, but not in the national lists")[1]
    assert json.loads(run("--json", "codes", "list")[1])["stale"] == [{"table": "nguon", "local": "B", "national": "1"}]


def test_a_list_that_is_no_list_is_not_kept(house: House, run: Run) -> None:
    """One code with two names: the one before stays in force."""
    house.gateway.codes[5] = [CodeEntry("1", "Bưu chính"), CodeEntry("1", "Khác")]
    lists = {each["number"]: each for each in json.loads(run("--json", "codes", "pull")[1])["lists"]}
    assert (lists[5]["cause"], changes(house)) == ("malformed", [])


def test_a_service_that_answers_nothing_ends_with_three(
    house: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing was kept."""

    def down(*_: object, **__: object) -> list[CodeEntry]:
        raise NationalUnreachableError("the national service gave no usable answer ({cause})", facts=(("cause", "x"),))

    monkeypatch.setattr(type(house.gateway), "code_list", down)
    assert run("codes", "pull")[0] == 3
    assert (changes(house), (house.folder / "state" / "national-codes").exists()) == ([], False)


def test_a_part_of_a_list_that_was_asked_for_is_added(house: House, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The units of a province, which the whole list may leave out."""
    asked: list[tuple[int, str]] = []

    def units(_: object, kind: int, account: str, *, province: str = "") -> list[CodeEntry]:
        asked.append((kind, province))
        return [CodeEntry(f"{province or 217}{'01' if province else ''}", f"Đơn vị {province}")] if kind == 1 else []

    monkeypatch.setattr(type(house.gateway), "code_list", units)
    lists = {e["number"]: e for e in json.loads(run("--json", "codes", "pull", "--province", "217")[1])["lists"]}
    assert [each for each in asked if each[1]] == [(1, "217"), (2, "217")]
    assert lists[1]["entries"] == 2


def test_an_unknown_account_is_refused(run: Run) -> None:
    """With those there are."""
    code, _, err = run("codes", "pull", "--account", "xa")
    assert (code, "there is no account xa; there are: tinh" in err) == (2, True)


# list


def test_the_lists_tell_since_when_they_are_in_force(pulled: House, run: Run) -> None:
    """Pulled with day and digest, or never; and which code tables use them."""
    code, out, _ = run("--json", "codes", "list")
    lists = {each["number"]: each for each in json.loads(out)["lists"]}
    assert (code, len(lists), lists[5]["tables"]) == (0, 14, ["nguon"])
    assert (lists[5]["pulled_at"] is None, lists[1]["pulled_at"]) == (False, None)
    assert "never: known values only" in run("codes", "list")[1]


def test_one_list_shows_its_codes(pulled: House, run: Run) -> None:
    """Of one that was never pulled it says so."""
    assert "Tiếp công dân trực tiếp" in run("codes", "list", "5")[1]
    assert "not the whole list" in run("codes", "list", "10")[1]
    assert run("codes", "list", "77")[0] == 2


def test_a_pulled_list_that_was_changed_is_refused(pulled: House, run: Run) -> None:
    """Its digest stands in the audit log."""
    (path,) = (pulled.folder / "state" / "national-codes").iterdir()
    path.write_text(path.read_text("utf-8").replace("Bưu chính", "Bưu tá"), "utf-8")
    code, _, err = run("codes", "list", "5")
    assert (code, "was changed after it was pulled" in err) == (2, True)


# unmapped


def test_a_code_without_a_national_one_is_counted_with_what_it_may_mean(pulled: House, run: Run) -> None:
    """By table and column, the days it was used, and the likest national codes whatever their accents."""
    for number, source in enumerate(["B", "Tiep cong dan", "Tiep cong dan", "K"], start=1):
        pulled.local.case(number, nguon=source, ngay_nhan=f"2026-10-0{number}")
    code, out, _ = run("--json", "codes", "unmapped")
    found = json.loads(out)
    first, second = found["codes"]
    assert (code, found["cases"], first["local"], first["cases"]) == (1, 4, "Tiep cong dan", 2)
    assert (first["table"], first["column"], first["list"]) == ("nguon", "vu_viec.nguon", "5 nguồn đơn")
    assert (first["first_day"], first["last_day"]) == ("2026-10-02", "2026-10-03")
    assert first["suggestions"][0]["code"] == "21"
    assert (second["local"], second["suggestions"]) == ("K", [])


def test_a_name_that_is_told_suggests(pulled: House, run: Run, tmp_path: Path) -> None:
    """Of a bare number nobody can say what it means."""
    pulled.local.case(1, nguon="07")
    (tmp_path / "names.csv").write_text("code,name\n07,Nguon khac\n", "utf-8")
    (found,) = json.loads(run("--json", "codes", "unmapped", "--names", f"nguon={tmp_path}/names.csv")[1])["codes"]
    assert (found["local_name"], found["suggestions"][0]["code"]) == ("Nguon khac", "23")
    assert run("codes", "unmapped", "--names", "nguon=@ethnic-groups-1979")[0] == 1
    assert "there is no such public list" in run("codes", "unmapped", "--names", "nguon=@ethnic")[2]


def test_a_person_in_a_column_of_codes_is_never_shown(pulled: House, run: Run) -> None:
    """The petitioner's name, a telephone number, a text: counted, not named; nor in the file."""
    pulled.local.case(1, nguon="Lò Văn Mẫu 1")
    pulled.local.case(2, nguon="0912 345 678")
    pulled.local.case(3, nguon="rất " * 40)
    pulled.local.case(4, nguon="K")
    path = pulled.folder / "out.csv"
    code, out, err = run("--json", "codes", "unmapped", "--output", str(path))
    found = json.loads(out)
    assert (code, [each["local"] for each in found["codes"]]) == (1, ["K"])
    assert found["withheld"] == [{"column": "vu_viec.nguon", "field": "petition.source", "cases": 3}]
    assert [word for word in ("Mẫu", "0912", "rất") if word in out + err + path.read_text("utf-8-sig")] == []


def test_a_field_that_is_closed_or_holds_no_codes_is_never_shown(house: House, run: Run) -> None:
    """A code table on a name is a slip of the profile; ethnicity is closed by the policy, a place in a denunciation."""
    house = house.edited(
        "profile.yaml",
        "fields: {full_name: ho_ten, id_number: so_dinh_danh}",
        "fields: {full_name: {column: ho_ten, codes: nguon}, ethnicity: {column: ma_nguoi, codes: nguon}, "
        "address.province: {column: so_dinh_danh, codes: nguon}}",
    )
    house.local.denunciation(1)
    house.local.execute("UPDATE nguoi SET so_dinh_danh = '217'")
    found = json.loads(run("--json", "codes", "unmapped")[1])
    assert found["codes"] == []
    assert [each["field"].rpartition(".")[2] for each in found["withheld"]] == ["full_name", "ethnicity", "province"]


def test_a_value_of_a_closed_list_is_listed_for_the_profile(house: House, run: Run) -> None:
    """It belongs into `values`: no code table can take it."""
    house.local.case(1, loai="XX", nguon="B")
    (found,) = json.loads(run("--json", "codes", "unmapped")[1])["codes"]
    assert (found["table"], found["column"], found["local"]) == (None, "vu_viec.loai", "XX")


# import


def test_a_filled_in_line_is_added_and_its_case_goes_up_anew(pulled: House, run: Run) -> None:
    """The table keeps its comments, the change is recorded, and no other case is sent again."""
    pulled.local.case(1, nguon="B")
    pulled.local.case(2, nguon="K")
    house = pulled.reopened()
    house.sync()
    assert (house.gateway.cases(), "unmapped_code" in house.rules("V2")) == (["Nội dung 1", "Nội dung 2"], True)
    code, out, _ = run("codes", "import", str(filled(house, run, "23", valid_from="01/07/2025")), "--yes")
    assert (code, "1 line added" in out) == (0, True)
    table = (house.folder / "codes" / "nguon.csv").read_text("utf-8")
    assert table.startswith(TABLE)
    assert "K,23,Nguồn khác,2025-07-01,,codes import 2026-" in table.removeprefix(TABLE)
    entry = changes(house)[-1]
    assert (entry.field, entry.actor, entry.counts) == ("table.nguon", "os:lan", {"added": 1})
    assert entry.old_state != entry.new_state
    house = house.reopened()
    house.gateway.sent.clear()
    house.sync()
    assert (house.gateway.cases(), house.gateway.last["NguonDonDen"]["MaNguonDonDen"]) == (["Nội dung 2"], "23")
    assert house.rules("V2") & {"unmapped_code"} == set()


def test_the_same_list_twice_changes_nothing(pulled: House, run: Run) -> None:
    """What the table holds already is not added again."""
    pulled.local.case(1, nguon="K")
    path = filled(pulled, run, "23")
    run("codes", "import", str(path), "--yes")
    code, out, _ = run("codes", "import", str(path), "--yes")
    assert (code, "hold all of it already" in out, len(changes(pulled))) == (0, True, 2)


def test_a_rehearsal_writes_nothing(pulled: House, run: Run) -> None:
    """It shows what would change; without a terminal a yes must be said."""
    pulled.local.case(1, nguon="K")
    path = filled(pulled, run, "23")
    assert "Nguồn khác" in run("codes", "import", str(path), "--dry-run")[1]
    assert run("codes", "import", str(path))[0] == 2
    assert (pulled.folder / "codes" / "nguon.csv").read_text("utf-8") == TABLE
    assert len(changes(pulled)) == 1


@pytest.mark.parametrize(
    ("code", "cells", "expected"),
    [
        ("20", {}, ":2: the national list 5 nguồn đơn has no code 20"),
        ("23", {"local": "L"}, ":2: the local value or the table is not the one that was listed"),
        ("23", {"table": "corruption"}, ":2: the local value or the table is not the one that was listed"),
        ("23", {"valid_from": "2026-01-01", "valid_to": "2025-01-01"}, ":2: the period ends before it begins"),
        ("23", {"valid_from": "01-07"}, ":2: a day must be written YYYY-MM-DD or DD/MM/YYYY"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(
    pulled: House, run: Run, code: str, cells: dict[str, str], expected: str
) -> None:
    """By file and line; the table stays as it was."""
    pulled.local.case(1, nguon="K")
    status, _, err = run("codes", "import", str(filled(pulled, run, code, **cells)), "--yes")
    assert (status, expected in err) == (2, True), err
    assert (pulled.folder / "codes" / "nguon.csv").read_text("utf-8") == TABLE


def test_periods_that_overlap_are_refused(pulled: House, run: Run) -> None:
    """Within the list, naming the other line, and against the table."""
    pulled.local.case(1, nguon="K")
    path = filled(pulled, run, "23", valid_to="2025-06-30")
    (row,) = csv.DictReader(path.read_text("utf-8-sig").splitlines(), delimiter=";")
    write(path, [row, row | {"code": "4", "valid_from": "30/06/2025", "valid_to": ""}])
    code, _, err = run("codes", "import", str(path), "--yes")
    assert (code, f"unmapped.csv:3: this local code already means 23 in this period, by {path}:2" in err) == (2, True)
    write(path, [row, row | {"code": "4", "valid_from": "01/07/2025", "valid_to": ""}], "\t")
    assert run("codes", "import", str(path), "--yes")[0] == 0
    write(path, [row | {"code": "4", "valid_from": "", "valid_to": "2020-01-01"}])
    assert "already means 23 in this period, by nguon" in run("codes", "import", str(path), "--yes")[2]


def test_a_list_that_was_never_pulled_takes_no_code(house: House, run: Run) -> None:
    """The values that ship are not the whole list: none of them proves a code."""
    house.local.case(1, nguon="K")
    code, _, err = run("codes", "import", str(filled(house, run, "23")), "--yes")
    assert (code, "the national list 5 nguồn đơn was never pulled - pull it first" in err) == (2, True)


def test_a_value_of_the_profile_is_not_imported(pulled: House, run: Run) -> None:
    """It says where it belongs."""
    pulled.local.case(1, loai="XX", nguon="B")
    code, _, err = run("codes", "import", str(filled(pulled, run, "KN")), "--yes")
    assert (code, "complete `values` in the mapping profile" in err) == (2, True)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"ref,table\n", ":1: the header lacks these columns: local, code, valid_from, valid_to"),
        ("ref,table,local,code,valid_from,valid_to\n\xd0".encode("latin-1"), "the file is not in UTF-8"),
        (b"ref,table,local,code,valid_from,valid_to\nr,t\n", ":2: the line has 2 columns instead of 6"),
    ],
)
def test_a_file_that_is_no_such_list_is_refused(house: House, run: Run, content: bytes, expected: str) -> None:
    """With what to do."""
    path = house.folder / "x.csv"
    path.write_bytes(content)
    code, _, err = run("codes", "import", str(path), "--yes")
    assert (code, expected in err) == (2, True), err


def test_a_number_keeps_its_zeros_through_a_spreadsheet(pulled: House, run: Run) -> None:
    """It carries a mark that the import takes away; what would be a formula too."""
    pulled.local.case(1, nguon="007")
    pulled.local.case(2, nguon="=1+1")
    path = filled(pulled, run, "'23")
    cells = [row["local"] for row in csv.DictReader(path.read_text("utf-8-sig").splitlines(), delimiter=";")]
    assert cells == ["'007", "'=1+1"]
    assert run("codes", "import", str(path), "--yes")[0] == 0
    assert "\n007,23," in (pulled.folder / "codes" / "nguon.csv").read_text("utf-8")


def test_a_new_agency_takes_no_electronic_identifier_and_no_rekey_at_first(pulled: House, run: Run) -> None:
    """Three schemes of identifiers look alike; a ledger from which nothing was sent follows the configuration."""
    (pulled.folder / "codes" / "co-quan.csv").write_text("local,national,name,valid_from,valid_to,source\n", "utf-8")
    pulled.edited("profile.yaml", "agency: co_quan\n", "agency: {column: co_quan, codes: co-quan}\n")
    pulled.gateway.codes[2] = [CodeEntry("H217.01", "Ban Tiếp công dân tỉnh")]
    run("codes", "pull")
    pulled.local.case(1, co_quan="1001", nguon="B")
    assert "this is an electronic identifier" in run("codes", "import", str(filled(pulled, run, "H44.01")), "--yes")[2]
    path = filled(pulled, run, "H217.01")
    code, out, _ = run("codes", "import", str(path), "--yes")
    assert (code, "rekey" in out) == (0, False), "nothing was sent: the ledger follows"


def test_a_new_agency_asks_for_a_rekey_once_something_was_sent(pulled: House, run: Run) -> None:
    """Which agency a case belongs to decides whose account sends it."""
    (pulled.folder / "codes" / "co-quan.csv").write_text(
        "local,national,name,valid_from,valid_to,source\nH217.01,H217.01,,,,\n", "utf-8"
    )
    pulled.edited("profile.yaml", "agency: co_quan\n", "agency: {column: co_quan, codes: co-quan}\n")
    pulled.gateway.codes[2] = [CodeEntry("H217.01", "Ban Tiếp công dân tỉnh")]
    run("codes", "pull")
    house = pulled.reopened()
    house.local.case(1)
    house.sync()
    house.local.case(2, co_quan="1001")
    code, out, _ = run("codes", "import", str(filled(pulled, run, "H217.01")), "--yes")
    assert (code, "no pass runs before sync-agent rekey --dry-run" in out) == (0, True)
