"""A register kept in Excel and CSV, its names in a font of TCVN3, is checked and synced by the ordinary commands."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync_agent.bootstrap import open_agent
from sync_agent.cli.main import main
from sync_agent.simulator import SimulatorOptions, SimulatorServer
from sync_agent.sync import sign_policy
from tests.support.houses import AGENT_TOML, ROOT, SECRET_ENV

PROFILE = """
version: 1
source:
  id: so-xa
  zone: Asia/Ho_Chi_Minh
  root: [so_don]
  tables:
    so_don: {file: so-don-*.xlsx, sheet: 'Năm *', header: 2, index: [Số đơn]}
    nguoi: {file: nguoi.csv, encoding: windows-1252}
  changes: SELECT 'D' || "Số đơn" AS case_key, _changed_at AS changed_at FROM so_don
  key_parts: {so: {pattern: '^D([0-9]+)$'}}
  parts:
    so_don: SELECT 'D' || "Số đơn" AS case_key, * FROM so_don WHERE "Số đơn" IN :so AND 'D' || "Số đơn" IN :keys
    nguoi: SELECT 'D' || so AS case_key, * FROM nguoi WHERE 'D' || so IN :keys
key: {pattern: 'D[0-9]{1,9}', definition: [D so_don.Số đơn]}
text:
  nguoi: {'*': tcvn3}
fields:
  so_don:
    agency: {constant: H217.01}
    kind: {column: Loại, values: {KN: complaint}}
    petition.content: Nội dung
    petition.received_on: Ngày nhận
    petition.entered_on: Ngày nhận
    petitioners.kind: {constant: individual}
lists:
  classifications: {part: so_don, sort: [Lĩnh vực], value: Lĩnh vực}
  petitioners.people: {part: nguoi, sort: [ten], fields: {full_name: ten, id_number: so_dinh_danh}}
ready_when:
  case: {part: so_don, column: Nội dung, present: true}
"""

Run = Callable[..., tuple[int, Any, str]]


class Register:
    """The folder of a commune: one workbook for a year, one CSV file of people in TCVN3."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents = {number: f"Nội dung {number}" for number in (1, 2, 3)}
        folder.mkdir()
        self.save()
        people = folder / "nguoi.csv"
        lines = ["so;ten;so_dinh_danh", *(f'{number};"Lß V¨n MÉu {number}";' for number in self.contents)]
        people.write_text("\r\n".join(lines) + "\r\n", encoding="cp1252")
        rested(people)

    def save(self) -> None:
        """Write the workbook anew, as Excel does, a while ago."""
        path = self.folder / "so-don-2026.xlsx"
        with Workbook(str(path)) as book:
            sheet = book.add_worksheet("Năm 2026")
            day = book.add_format({"num_format": "dd/mm/yyyy"})
            sheet.write_row(0, 0, ["SỔ TIẾP NHẬN ĐƠN"])
            sheet.write_row(1, 0, ["Số đơn", "Ngày nhận", "Loại", "Lĩnh vực", "Nội dung"])
            for row, (number, content) in enumerate(self.contents.items(), start=2):
                sheet.write_row(row, 0, [number, 46296, "KN", "KN.01.02", content])
                sheet.write_number(row, 1, 46296, day)
        rested(path)


def rested(path: Path) -> None:
    """Have a file look as if it had been left alone for a while."""
    moment = time.time() - 60
    os.utime(path, (moment, moment))


@pytest.fixture
def national(tmp_path: Path) -> Iterator[SimulatorServer]:
    """Yield the simulator, running in this process."""
    server = SimulatorServer(SimulatorOptions(tmp_path / "national.db"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def register(tmp_path: Path) -> Register:
    """Return the folder of a commune."""
    return Register(tmp_path / "sổ đơn")


@pytest.fixture
def run(
    tmp_path: Path,
    register: Register,
    national: SimulatorServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Return what runs a command on the register: exit code, the JSON document, stderr."""
    folder = tmp_path / "agent"
    monkeypatch.setenv(SECRET_ENV, "bí-mật-thử")
    for part in ("state", "codes", "files"):
        (folder / part).mkdir(parents=True)
    (folder / "state" / "installation.key").write_text("5a" * 32, encoding="ascii")
    (folder / "state" / "installation.key").chmod(0o400)
    shutil.copy(ROOT / "config" / "privacy.toml", folder)
    shutil.copy(ROOT / "config" / "codes" / "corruption.csv", folder / "codes")
    (folder / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    settings = {"mode": "demo", "page": 3, "workers": 2, "settle": 0, "kind_settle": 0, "breaker": 0, "ledger": ""}
    texts = dict.fromkeys(("wire", "capabilities", "extra"), "")
    toml = AGENT_TOML.format(root=ROOT.as_posix(), secret_env=SECRET_ENV, **settings, **texts)
    plain = 'plain_http_host = "127.0.0.1"\nplain_http_reason = "simulator on this machine"\n'
    toml = toml.replace("sqlite:///local.db", "files:///../sổ đơn").replace(
        "[national.wire]", plain + "[national.wire]"
    )
    toml = toml.replace("https://national.example/", national.url)
    (folder / "agent.toml").write_text(toml, encoding="utf-8")
    with open_agent(folder) as agent:
        sign_policy(agent, actor="os:test")

    def _run(*words: str) -> tuple[int, Any, str]:
        code = main(["--config", str(folder), "--lang", "en", "--json", "--quiet", *words])
        printed = capsys.readouterr()
        return code, json.loads(printed.out or "null"), printed.err

    return _run


def test_a_register_is_synced_and_an_edited_cell_is_one_update(
    run: Run, register: Register, national: SimulatorServer
) -> None:
    """First every case, then nothing, then the one message that changed."""
    run("sync")
    ids = set(national.state.cases())
    told = {
        json.dumps(national.state.case_record(each), ensure_ascii=False).split("Lò Văn Mẫu ")[1][0]
        for each in national.state.ids()
    }
    requests = [national.state.request_count("CapNhatVuViec")]
    run("sync")
    requests.append(national.state.request_count("CapNhatVuViec"))
    register.contents[2] = "Nội dung 2, bổ sung"
    register.save()
    code, _, complaint = run("sync")
    requests.append(national.state.request_count("CapNhatVuViec"))
    bodies = [body.decode() for body in national.state.bodies() if "bổ sung" in body.decode()]
    assert (len(ids), told, requests, code, complaint) == (3, {"1", "2", "3"}, [3, 3, 4], 0, "")
    assert (len(bodies), set(national.state.cases()) == ids, national.state.duplicates()) == (1, True, [])


def test_what_the_font_hid_is_counted(run: Run) -> None:
    """Every repair is a finding with its column; it holds nothing."""
    code, found, _ = run("mapping", "check")
    assert (code, [(line["rule"], line["where"], line["cases"]) for line in found["findings"]]) == (
        0,
        [("text_tcvn3", "nguoi.ten", 3)],
    )


def test_check_tells_how_each_file_was_read(run: Run) -> None:
    """Rows, encoding and delimiter."""
    _, found, _ = run("check", "--offline")
    lines = [(line["where"], line["detail"]) for line in found["checks"] if line["subject"] == "file of the source"]
    assert lines == [
        ("nguoi.csv", "table nguoi: 3 rows, encoding cp1252, delimiter ;"),
        ("so-don-2026.xlsx", "table so_don: 3 rows"),
    ]


@pytest.mark.parametrize("name", ["so-don-2026.xlsx", "nguoi.csv"])
def test_a_missing_file_stops_the_pass_before_anything_looks_gone(run: Run, register: Register, name: str) -> None:
    """Exit code 6 and one line."""
    run("sync")
    (register.folder / name).rename(register.folder / "weg")
    code, _, complaint = run("sync")
    assert (code, complaint.count("\n"), "there is no such file" in complaint) == (6, 1, True)
