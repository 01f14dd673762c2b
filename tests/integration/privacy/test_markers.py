"""The marker test: nothing of a case is anywhere but in the request bodies that the policy allows.

A whole example system, loud in every column, goes through the command line to a server on this machine that answers
with markers of its own; then all that was printed, logged or written is searched in every form a marker may take.
"""

import io
import itertools
import json
import logging
import os
import re
import shutil
import sqlite3
import sys
import threading
import time
import tomllib
import urllib.parse
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sync_agent import logs
from sync_agent.bootstrap import open_agent
from sync_agent.cli.main import main
from sync_agent.example import generate
from sync_agent.i18n import Language, set_language
from sync_agent.national import HttpGateway
from sync_agent.resources import create_configuration
from sync_agent.sync import observe
from tests.support.casefiles import leaves
from tests.support.loud import Loud, Marks, union
from tests.support.servers import POSTGRES, fresh_database
from tests.support.traces import in_folder, in_postgres

CASES = 24
LOGGERS = ("", "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "httpx", "httpcore", "alembic", "pydantic")
SETTINGS = {
    "volume_min": "100000",
    "connect_seconds": "1",
    "read_seconds": "1",
    "write_seconds": "1",
    "pool_seconds": "1",
    "settle_remote_seconds": "0",
    "backoff_first_seconds": "1",
    "breaker_first_seconds": "0",
}
LOOKS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--json"),
    ("cases", "list", "--json"),
    ("cases", "list", "--lang", "en"),
    ("cases", "list", "--sort", "state", "--limit", "2"),
    ("holds", "list", "--json"),
    ("holds", "list"),
    ("audit", "list", "--json", "--limit", "100000"),
    ("audit", "show", "3"),
    ("audit", "prove", "3"),
    ("privacy", "show"),
    ("db", "check"),
    ("sync", "--dry-run", "--json"),
    ("check",),
    ("mapping", "check"),
    ("adopt", "--dry-run", "--json"),
    ("rekey", "--dry-run"),
    ("config", "show"),
    ("config", "show", "--json"),
)

EXPORTS = {"jsonl": "jsonl", "xlsx": "xlsx", "bundle": "zip"}
"""Forms of the audit log that leave the machine, and how their files end."""

DECISIONS = "don_thu_quyet_dinh_giai_quyet"
SOME = "SELECT * FROM (SELECT case_key, pseudonym FROM case_state WHERE"
FEW = "ORDER BY case_key DESC LIMIT 3)"  # a key that is a pseudonym among them

Answer = tuple[int, str, bytes]
JSON = "application/json; charset=utf-8"


def accepted(body: dict[str, Any], _marks: Marks) -> Answer:
    """Take everything, under the Id it has or a new one."""
    own = body.get("VuViec", {}).get("Id") or body.get("ThiHanhId") or f"SIM-{uuid.uuid4()}"
    return 200, JSON, json.dumps(json.dumps({"Id": own, "Message": ""})).encode()


def refused(body: dict[str, Any], marks: Marks) -> Answer:
    """Refuse with a text that quotes what was sent and somebody's name."""
    quoted = f"Không xác thực được công dân Nguyễn {marks.word('refusal')}: {json.dumps(body)}"
    return 200, JSON, json.dumps(json.dumps({"Id": "", "Message": quoted})).encode()


STATUSES = itertools.cycle((400, 404, 405, 409, 413, 415, 422, 429, 502, 503, 504))


def refused_by_every_status(_body: dict[str, Any], marks: Marks) -> Answer:
    """Answer with one status after the other, each with a text."""
    return next(STATUSES), "text/plain", marks.word("any status").encode()


def unauthorised(_body: dict[str, Any], marks: Marks) -> Answer:
    """Refuse the account, in words."""
    return 401, JSON, json.dumps({"Message": marks.word("401")}, ensure_ascii=False).encode()


def forbidden(_body: dict[str, Any], marks: Marks) -> Answer:
    """Forbid the account to send, in words."""
    return 403, JSON, json.dumps({"Message": marks.word("403")}, ensure_ascii=False).encode()


def slow(_body: dict[str, Any], marks: Marks) -> Answer:
    """Answer when nobody waits any more."""
    time.sleep(1.5)
    return 200, JSON, json.dumps({"Id": "", "Message": marks.word("slow")}).encode()


def listed(_body: dict[str, Any], marks: Marks) -> Answer:
    """Answer a question for a code list."""
    return 200, JSON, json.dumps([{"Ma": marks.word("code"), "Ten": marks.word("name of a code")}]).encode()


def failing(_body: dict[str, Any], marks: Marks) -> Answer:
    """Fail with a page that quotes a name."""
    return 500, "text/html", f"<h1>{marks.word('page 500')}</h1>".encode()


def web_page(_body: dict[str, Any], marks: Marks) -> Answer:
    """Answer 200 with a page."""
    return 200, f"text/html; title={urllib.parse.quote(marks.word('header'))}", marks.word("page 200").encode()


def cut_off(_body: dict[str, Any], marks: Marks) -> Answer:
    """Answer with half a document."""
    return 200, JSON, json.dumps({"Id": "", "Message": marks.word("cut")})[:-3].encode()


def strange(_body: dict[str, Any], marks: Marks) -> Answer:
    """Answer with a name in the place of the Id."""
    return 200, JSON, json.dumps({"Id": f"Nguyễn {marks.word('id')}", "Message": None}).encode()


def silent(_body: dict[str, Any], _marks: Marks) -> Answer:
    """Close the connection without an answer."""
    return 0, "", b""


@dataclass
class National:
    """The national side: what it was sent, and how it answers writes and look-ups."""

    marks: Marks
    writes: Callable[[dict[str, Any], Marks], Answer] = accepted
    looks: Callable[[dict[str, Any], Marks], Answer] = lambda _body, marks: (
        200,
        JSON,
        json.dumps([{"Id": "SIM-1", "ChuDon": marks.word("look-up"), "NoiDung": marks.word("look-up")}]).encode(),
    )
    lists: Callable[[dict[str, Any], Marks], Answer] = listed
    bodies: list[bytes] = field(default_factory=list)

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve on a port of this machine."""
        national = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                national.answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield server.server_address[1]
            finally:
                server.shutdown()
                thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Keep a request and answer it."""
        raw = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.bodies.append(raw)
        by = self.looks if "TraThongTinDon" in handler.path else self.writes
        by = self.lists if "TraDanhMuc" in handler.path else by
        status, content_type, body = by(json.loads(raw), self.marks)
        if not status:
            handler.close_connection = True
            return
        with suppress(OSError):  # who waited too long has gone
            handler.send_response(status)
            handler.send_header("Content-Type", content_type)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)


@dataclass
class Site:
    """One installation with a loud local system, and all that it has shown."""

    folder: Path
    loud: Loud
    national: National
    capsys: pytest.CaptureFixture[str] = field(repr=False)
    log: io.StringIO = field(repr=False)
    shown: list[str] = field(default_factory=list, repr=False)
    temporary: Path = field(init=False)

    def __post_init__(self) -> None:
        self.temporary = self.folder / "tmp"

    @property
    def marks(self) -> Marks:
        """The markers of the local system and of the answers."""
        return self.loud.marks

    def run(self, *words: str) -> int | None:
        """Run one command; what it prints is kept. An unforeseen exception ends as the interpreter would end it."""
        try:
            code: int | None = main([*words, "--config", str(self.folder), "--debug"])
        except Exception as error:  # noqa: BLE001 - whatever it is: this is what the hooks are for
            sys.excepthook(type(error), error, error.__traceback__)
            code = None
        captured = self.capsys.readouterr()
        self.shown += [captured.out, captured.err]
        return code

    def look(self) -> None:
        """Run every command that shows something, on every case by both of its names."""
        for words in LOOKS:
            self.run(*words)
        for key, pseudonym in self.query(
            f"{SOME} protected_since > '' {FEW} UNION ALL {SOME} protected_since IS NULL {FEW}"
        ):
            self.run("cases", "show", pseudonym)
            self.run("cases", "show", key, "--json", "--lang", "en")

    def query(self, sql: str) -> list[Any]:
        """Return the rows of a query on the ledger."""
        with closing(sqlite3.connect(self.folder / "state" / "ledger.db")) as connection, connection:
            return connection.execute(sql).fetchall()

    def told(self) -> dict[str, set[str]]:
        """Return where which markers were found: what was printed, logged, written or used as a name of a file."""
        places = {
            "printed": "\n".join(self.shown).encode("utf-8", "surrogatepass"),
            "log": self.log.getvalue().encode(),
        }
        for root in (self.folder / "state", self.temporary):
            places |= in_folder(root)
        if not self.marks.found(b"\n".join(places.values())):
            return {}
        found = {name: self.marks.found(content) for name, content in places.items()}
        return {name: marks for name, marks in found.items() if marks}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a configuration with a quiet local system, to be copied."""
    folder = tmp_path_factory.mktemp("model") / "site"
    create_configuration(folder)
    text = (folder / "agent.toml").read_text(encoding="utf-8")
    for setting, value in SETTINGS.items():
        text, found = re.subn(rf"(?m)^{setting} = \S+", f"{setting} = {value}", text)
        assert found == 1
    (folder / "agent.toml").write_text(text, encoding="utf-8")
    secret = folder / "state" / "national.secret"
    secret.touch(mode=0o600)
    secret.write_text("bi-mat", encoding="ascii")
    generate(folder / "local.db", folder / "files", cases=CASES, seed=39, today=date(2026, 11, 23))
    return folder


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Log everything at the lowest level, as a user's configuration may."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def site(
    model: Path,
    tmp_path: Path,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """Return a loud installation with a signed policy, its national side up."""
    folder = tmp_path / "site"
    shutil.copytree(model, folder)
    loud = Loud(folder / "local.db", folder / "files")
    loud.everywhere()
    national = National(loud.marks)
    site = Site(folder, loud, national, capsys, log)
    site.temporary.mkdir()
    for name in ("TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(site.temporary))
    for name in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(logs, "_threshold", replace(logs._threshold))
    with national.serving() as port:
        path = folder / "agent.toml"
        path.write_text(path.read_text("utf-8").replace("127.0.0.1:8055", f"127.0.0.1:{port}"), encoding="utf-8")
        assert site.run("privacy", "sign") == 0
        yield site
    set_language(Language.VI)


# ---- the test tests itself; the search is tested in test_traces.py ----


@pytest.mark.parametrize("where", ["ledger.db", "ledger.db-wal", "vết.txt"])
def test_a_marker_in_any_file_is_found(site: Site, where: str) -> None:
    """The ledger, what SQLite writes beside it, and whatever else may appear in the state folder."""
    site.run("sync")
    with (site.folder / "state" / where).open("ab") as file:
        file.write(site.marks.word("planted").encode())
    assert site.told() == {where: {"planted"}}


def test_a_marker_that_is_printed_or_logged_is_found(site: Site) -> None:
    """Also one that only names a file."""
    site.shown.append(site.marks.word("printed"))
    logging.getLogger("sqlalchemy.engine").debug("Row %r", (site.marks.word("logged"),))
    (site.temporary / site.marks.word("named")).touch()
    found = site.told()
    assert union(found.values()) == {"printed", "logged", "named"}


# ---- the paths ----


def test_everything_goes_well(site: Site) -> None:
    """Every step of every case that may go up."""
    site.run("sync")
    site.look()
    assert len(site.national.bodies) > CASES
    assert site.told() == {}


def test_what_is_taken_along_or_shown_side_by_side(site: Site) -> None:
    """The log in every form that leaves the machine, and previews: masked, whatever the case is."""
    site.national.writes = refused
    site.run("sync", "--limit", "3")
    site.national.writes = accepted
    site.run("sync")
    for form, ending in EXPORTS.items():
        file = site.temporary / f"log.{ending}"  # searched as all that is left there
        assert site.run("audit", "export", "--format", form, "--output", str(file)) == 0
    for (key,) in site.query("SELECT case_key FROM case_state ORDER BY case_key LIMIT 4"):
        assert site.run("mapping", "preview", key) in {0, 1}
        site.run("mapping", "preview", key, "--json")
    for number in ("1", "40", "200"):
        assert site.run("audit", "show", number, "--json") == 0
    assert site.run("audit", "verify") is not None
    assert site.told() == {}


def test_nothing_of_a_protected_case_but_its_summary_goes_up(site: Site) -> None:
    """What was sent, by the column it came from: only the approved summary of cases that are protected."""
    site.run("sync")
    protected = {
        key.partition("-")[0] for (key,) in site.query("SELECT case_key FROM case_state WHERE protected_since > ''")
    }
    sent = union(site.marks.found(body) for body in site.national.bodies)
    own = {place for place in sent if petition_of(site, place) in protected}
    assert sent
    assert {place.partition("#")[0] for place in own} <= {"don_thu_tom_tat_lien_thong.TomTat"}


def test_what_is_closed_for_every_case_goes_up_for_none(site: Site) -> None:
    """Telephones, places of work and internal notes, whatever the kind."""
    site.run("sync")
    sent = {place.partition("#")[0] for body in site.national.bodies for place in site.marks.found(body)}
    closed = ("SoDienThoai", "NoiCongTac", "don_thu_qua_trinh_xlgq.NoiDung", "NguoiDuyet", "YeuCau", "TrichYeu", "Link")
    assert not [place for place in sent if place.endswith(closed)]


def test_only_fields_that_the_policy_names_go_up(site: Site) -> None:
    """Each marker that was sent stands in a field of the CaseFile that is open for a case so protected."""
    site.run("sync")
    policy = tomllib.loads((site.folder / "privacy.toml").read_text(encoding="utf-8"))
    protected = {key for (key,) in site.query("SELECT case_key FROM case_state WHERE protected_since > ''")}
    allowed: set[str] = set()
    with open_agent(site.folder) as agent:
        keys = [change.case_key for change in agent.source.changes(None, limit=1000)]
        cases = [agent.mapper.map(rows).case for rows in agent.source.read(keys).values()]
    for case in cases:
        opened = set(policy["protected" if case.case_key in protected else "unprotected"]["open"])
        for path, value in leaves(case):
            if path in opened:
                allowed |= site.marks.found(str(value).encode())
    sent = union(site.marks.found(body) for body in site.national.bodies)
    assert len(sent) > CASES
    assert sent - allowed - {f"bytes of {place}" for place in allowed} == set()


def test_a_pass_makes_no_temporary_file(site: Site) -> None:
    """Making and removing one would show in the time of the folder."""
    old = 10**18
    os.utime(site.temporary, ns=(old, old))
    site.run("sync")
    site.run("sync", "--dry-run")
    site.run("status")
    assert site.temporary.stat().st_mtime_ns == old
    (site.temporary / "x").touch()
    (site.temporary / "x").unlink()
    assert site.temporary.stat().st_mtime_ns != old


@pytest.mark.parametrize("level", ["info", "warning"])
def test_the_log_tells_how_it_goes_and_nobodys_name(
    site: Site, level: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in the service, without `--debug`: cases by pseudonym."""
    monkeypatch.setenv("SYNC_AGENT_LOGS__LEVEL", level)
    site.national.writes = refused_by_every_status
    main(["sync", "--config", str(site.folder)])
    captured = capsys.readouterr()
    site.shown += captured
    lines = [json.loads(line) for line in captured.err.splitlines() if line.startswith("{")]
    wanted = {"pass_started", "page_scanned", "message_tried", "pass_ended"} if level == "info" else set()
    assert {line["event"] for line in lines} - {"library"} == wanted  # the test has the libraries speak
    assert [line for line in lines if "masked" in line] == []
    known = {pseudonym for (pseudonym,) in site.query("SELECT pseudonym FROM case_state")}
    assert {line["case"] for line in lines if "case" in line} <= known
    assert site.told() == {}


def test_a_ledger_in_postgres(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its dump is searched as the files of SQLite are."""
    for of_another in (site.folder / "state").glob("ledger*"):
        of_another.unlink()
    with fresh_database(POSTGRES) as url:
        monkeypatch.setenv("SYNC_AGENT_AGENT__LEDGER_URL", url)
        assert site.run("db", "upgrade") == 0
        site.run("privacy", "sign")
        site.national.writes = refused
        site.run("sync", "--limit", "3")
        site.national.writes = accepted
        site.run("sync")
        site.run("cases", "list", "--json")
        site.run("audit", "list", "--json", "--limit", "100000")
        dump = in_postgres(url)
    assert dump.count(b"P-") >= CASES
    assert site.marks.found(dump) == set()
    assert site.told() == {}


def petition_of(site: Site, place: str) -> str:
    """Return the petition (`D12`) whose row a marker stands in, "" when it belongs to none alone."""
    table, _, rest = place.removeprefix("bytes of ").partition(".")
    rowid = rest.partition("#")[2]
    with closing(sqlite3.connect(site.loud.path)) as connection:
        columns = {name.casefold() for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        if "iddonthu" in columns:
            own = f"SELECT IdDonThu FROM {table} WHERE rowid = ?"  # noqa: S608 - names of a test
            return f"D{connection.execute(own, (rowid,)).fetchone()[0]}"
        owner = {
            "don_thu_doi_tuong_di_kntc": "SELECT IdDonThu FROM don_thu_nguoi_dai_dien WHERE IdDoiTuongDiKNTC = ?",
            "don_thu_doi_tuong_bi_kntc": "SELECT IdDonThu FROM don_thu WHERE IdDoiTuongBiKNTC = ?",
            "don_thu_doi_tuong_uy_quyen": "SELECT IdDonThu FROM don_thu WHERE IdDoiTuongUyQuyen = ?",
            f"{DECISIONS}_doi_tuong_bi_xlhc": (
                f"SELECT q.IdDonThu FROM {DECISIONS} q JOIN {DECISIONS}_doi_tuong_bi_xlhc x"  # noqa: S608 - names of a test
                " ON x.IdQuyetDinhGiaiQuyet = q.IDQuyetDinhGiaiQuyet WHERE x.rowid = ?"
            ),
        }[table]
        row = connection.execute(owner, (rowid,)).fetchone()
        return f"D{row[0]}" if row else ""


WRITES = [
    refused,
    refused_by_every_status,
    unauthorised,
    forbidden,
    failing,
    web_page,
    cut_off,
    strange,
    silent,
]


@pytest.mark.parametrize("writes", WRITES)
def test_whatever_the_national_side_answers(site: Site, writes: Callable[[dict[str, Any], Marks], Answer]) -> None:
    """Refusals that quote names, pages, halves, nothing at all: none of it is kept or shown."""
    site.national.writes = writes
    site.run("sync")
    site.look()
    assert site.told() == {}


def test_an_answer_that_comes_too_late(site: Site) -> None:
    """The message is in doubt; what the answer says is never read."""
    site.national.writes = slow
    site.run("sync", "--limit", "4")
    site.look()
    assert {state for (state,) in site.query("SELECT state FROM message")} >= {"uncertain"}
    assert site.told() == {}


@pytest.mark.parametrize("answer", [listed, failing, web_page, cut_off, forbidden, silent])
def test_a_code_list_or_look_up_that_answers_with_names(
    site: Site, answer: Callable[[dict[str, Any], Marks], Answer]
) -> None:
    """The doctor asks for both, and says only whether they are usable."""
    site.national.lists = site.national.looks = answer
    site.run("check", "--probe")
    site.run("check", "--probe", "--json")
    assert site.national.bodies
    assert site.told() == {}


def test_a_look_up_that_answers_with_names(site: Site) -> None:
    """Lost answers are looked up by token; of the rows that come back only Ids are used."""
    site.national.writes = silent
    site.run("sync")
    site.query("UPDATE message SET intent_at = '2026-01-01 00:00:00.000000'")
    site.national.writes = accepted
    site.run("sync")
    site.national.looks = cut_off
    site.run("sync")
    site.look()
    site.run("check", "--probe")
    assert [body for body in site.national.bodies if b"MaVuViec" in body]
    assert site.told() == {}


def test_local_values_that_cannot_be_read(site: Site) -> None:
    """Free text where a code, a day, a number, a flag or a key belongs: the finding names the place only."""
    columns = {
        "don_thu": "LoaiDonThu NgayNhapDon DonNacDanh SoNguoiDiKNTC DonKhongDuDieuKienXL GanVuViec LanGiaiQuyet",
        "don_thu_thong_tin_don_thu": "NguonDonDen NgayNhan OrgNhan",  # the last is part of the key
        "don_thu_linh_vuc": "IdLinhVuc",
        "don_thu_doi_tuong_di_kntc": "GioiTinh NgayCapSoDinhDanh",
        "don_thu_ket_qua_xu_ly": "MaHuongXuLy MaCQXL NgayXuLy",
        "don_thu_quyet_dinh_thu_ly": "NgayThuLy MaCoQuanThuLy",
        DECISIONS: "IDCoQuanBanHanh IDKetQuaGiaiQuyet IDHinhThucGiaiQuyet ThuHoiTien QuyenKhoiKien",
        "don_thu_thi_hanh_giai_quyet": "NgayCapNhat MaCoQuanThiHanh SoNguoiBiXuLy",
    }
    for table, names in columns.items():
        for row, name in enumerate(names.split()):
            site.loud.put(table, name, row)
    site.run("sync")
    site.look()
    assert site.query("SELECT count(*) FROM finding WHERE rule LIKE 'bad_%' OR rule = 'unmapped_code'")[0][0] >= 10
    assert site.told() == {}


def test_local_keys_that_are_free_text(site: Site) -> None:
    """A profile that takes keys of decisions and the agency from free columns: the ledger keeps keyed pseudonyms."""
    path = site.folder / "profiles" / "tinh-a.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("local_key: IDQuyetDinhGiaiQuyet", "local_key: TomTatNoiDung")
    text = text.replace("settlement_key: IDQuyetDinhGiaiQuyet", "settlement_key: MaCoQuanThiHanh")
    text = text.replace("agency: {column: OrgNhan, codes: agencies, dated_by: NgayNhan}", "agency: SoVanBanDen")
    path.write_text(text, encoding="utf-8")
    for row in range(20):  # counted round: every one
        site.loud.put("don_thu_thi_hanh_giai_quyet", "MaCoQuanThiHanh", row)
    site.run("sync")
    site.look()
    kept = "SELECT {0} FROM message WHERE step = '{1}'"
    rows = site.query(f"{kept.format('local_key', 'settlement')} UNION {kept.format('parent_key', 'enforcement')}")
    keys = [key for (key,) in rows]
    assert len(keys) > 2
    assert all(re.fullmatch(r"K-[A-Z2-7]{10}", key) for key in keys)
    assert site.told() == {}


def test_messages_that_do_not_match_their_schema(site: Site) -> None:
    """The findings name the place in the schema."""
    for path in (site.folder / "schemas" / "kntc" / "messages").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'"text": \{\s*"type": "string"', r'\g<0>, "maxLength": 1', text), encoding="utf-8")
    site.run("sync")
    site.look()
    assert site.query("SELECT count(*) FROM finding WHERE rule = 'schema'")[0][0] > 0
    assert site.told() == {}


def test_files_that_cannot_be_read(site: Site) -> None:
    """A missing file is a finding without its name."""
    shutil.rmtree(site.folder / "files")
    site.run("sync")
    site.look()
    assert site.query("SELECT count(*) FROM finding WHERE rule = 'file_missing'")[0][0] > 0
    assert site.told() == {}


class QuotingError(Exception):
    """An exception of some library: it quotes all it was given."""


def test_a_crash_while_cases_are_judged(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the exception says, its cause, its notes and the locals of its frames stay in memory, also with --debug."""

    def crash(_agent: object, mapped: Any, *_rest: object, **_more: object) -> None:
        quoted = mapped.case.petition.content, mapped.case.petitioners.people[0].full_name
        failure = QuotingError(f"cannot handle {quoted}")
        failure.add_note(str(quoted))
        raise failure from ValueError(*quoted)

    monkeypatch.setattr(observe, "judge", crash)
    assert site.run("sync") is None
    assert "QuotingError" in site.shown[-1]
    site.look()
    assert site.told() == {}


def test_a_crash_while_a_message_is_sent(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the thread of a worker too."""

    def crash(_gateway: object, request: Any, account: str) -> None:
        raise QuotingError(request, request.body, account)

    monkeypatch.setattr(HttpGateway, "send", crash)
    assert site.run("sync") is None
    assert "QuotingError" in site.shown[-1]
    monkeypatch.undo()
    site.run("sync")
    site.look()
    assert site.told() == {}


def test_a_warning_of_a_library(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings quote values as well."""

    def warn(_agent: object, mapped: Any, *_rest: object, **_more: object) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"unexpected value {mapped.case.petition}", UserWarning, stacklevel=1)
            warnings.warn(f"unexpected value {mapped.case.petition.content}", UserWarning, stacklevel=1)
        raise QuotingError

    monkeypatch.setattr(observe, "judge", warn)
    site.run("sync")
    assert "UserWarning at" in "\n".join(site.shown)
    assert site.told() == {}


def test_a_ledger_that_refuses_what_is_written(site: Site) -> None:
    """The driver's error, which knows the parameters, becomes one line."""
    site.run("db", "upgrade")
    site.query("CREATE TRIGGER no BEFORE INSERT ON case_state BEGIN SELECT RAISE(ABORT, 'no'); END")
    assert site.run("sync") == 2
    assert site.told() == {}


def test_a_source_that_fails_over_a_value(site: Site) -> None:
    """An error of the database that quotes a value is dropped."""
    path = site.folder / "profiles" / "tinh-a.yaml"
    text = path.read_text(encoding="utf-8")
    assert "r.IdDonThu, r.OrgNhan, r.NgayNhan, r.NguonDonDen" in text
    path.write_text(
        text.replace(
            "r.IdDonThu, r.OrgNhan, r.NgayNhan,", "json(r.SoVanBanDen) AS x, r.IdDonThu, r.OrgNhan, r.NgayNhan,"
        ),
        encoding="utf-8",
    )
    assert site.run("sync") == 6
    assert site.told() == {}


def test_names_typed_by_a_person(site: Site) -> None:
    """A name in the place of a key is not repeated on stderr, which ends in logs."""
    site.run("sync")
    name = site.marks.word("typed")
    for words in (("cases", "show", name), ("holds", "show", name), ("audit", "list", "--case", name)):
        site.run(*words)
    for verb in (("release", "--digest", "0" * 12), ("reject",)):
        site.run("holds", *verb, name, "--rule", "file_missing", "--reason", "seen")
    site.run("holds", "reject", "V1", name, "--rule", "file_missing", "--reason", "seen", "--note")
    site.run("cases", "retry", name, "--reason", "seen")
    site.run("cases", "resolve", name, "--step", "case", "--not-arrived")
    assert site.told() == {}
