"""The marker test: nothing of a case is anywhere but in the request bodies that the policy allows.

A whole example system, loud in every column, goes through the command line to a server on this machine that answers
with markers of its own; then all that was printed, logged or written is searched in every form a marker may take.
"""

import base64
import io
import json
import logging
import re
import shutil
import sqlite3
import sys
import threading
import unicodedata
import urllib.parse
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sync_agent.cli.main import main
from sync_agent.example import generate
from sync_agent.i18n import Language, set_language
from sync_agent.national import HttpGateway
from sync_agent.resources import create_configuration
from sync_agent.sync import observe
from tests.support.loud import Loud, Marks, union

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
}
LOOKS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--json"),
    ("cases", "list", "--json"),
    ("cases", "list", "--lang", "en"),
    ("holds", "list", "--json"),
    ("holds", "list"),
    ("audit", "list", "--json", "--limit", "100000"),
    ("privacy", "show"),
    ("db", "check"),
    ("sync", "--dry-run", "--json"),
    ("check",),
)

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


def refused_by_status(_body: dict[str, Any], marks: Marks) -> Answer:
    """Refuse with a status, a text and a strange header."""
    return 400, JSON, json.dumps({"Id": "", "Message": marks.word("refusal 400")}, ensure_ascii=False).encode()


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


def busy(_body: dict[str, Any], marks: Marks) -> Answer:
    """Have no time now."""
    return 503, "text/plain", marks.word("busy").encode()


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
        status, content_type, body = by(json.loads(raw), self.marks)
        if not status:
            handler.close_connection = True
            return
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
            for path in root.rglob("*"):
                places[f"name of {path.name}"] = path.name.encode()
                if path.is_file():
                    places[path.name] = path.read_bytes()
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
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    with national.serving() as port:
        path = folder / "agent.toml"
        path.write_text(path.read_text("utf-8").replace("127.0.0.1:8055", f"127.0.0.1:{port}"), encoding="utf-8")
        assert site.run("privacy", "sign") == 0
        yield site
    set_language(Language.VI)


# ---- the test tests itself ----

FORMS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "capitals": lambda text: text.upper().encode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "without accents": lambda text: text.replace("ệ", "e").replace("ỗ", "o").encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64, one byte further": lambda text: base64.b64encode(b"x" + text.encode()),
    "base64, two bytes further": lambda text: base64.b64encode(b"xx" + text.encode()),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(b"\xfb\xff" + text.encode()),
    "percent-encoded": lambda text: urllib.parse.quote(text).encode(),
    "as a form": lambda text: urllib.parse.urlencode({"a b": text}).encode(),
    "JSON escapes": lambda text: json.dumps(text).encode(),
    "JSON inside JSON": lambda text: json.dumps(json.dumps(text)).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in text).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_marker_is_found(form: str) -> None:
    """In each form, amid other bytes; a search that misses one proves nothing."""
    marks = Marks()
    other, planted = marks.word("other"), marks.word("planted")
    assert other != planted
    assert marks.found(b"\x00\xff ab " + FORMS[form](planted) + b" cd \x80") == {"planted"}


@pytest.mark.parametrize("form", ["as it is", "base64", "JSON escapes", "full width", "hex"])
@pytest.mark.parametrize("digits", [10, 12])
def test_a_planted_number_is_found(form: str, digits: int) -> None:
    """Telephones and ID numbers too, also inside a longer run of digits."""
    marks = Marks()
    number = marks.number("planted", digits)
    assert marks.found(b"x 11" + FORMS[form](number) + b" y") >= ({"planted"} if form != "base64" else set())
    assert marks.found(b"x " + FORMS[form](number) + b" y") == {"planted"}


def test_nothing_is_found_where_nothing_was_planted() -> None:
    """Otherwise every run would be a leak."""
    marks = Marks()
    marks.word("other")
    assert marks.found("Zệt, zet oq, 0900000000 và nhiều chữ khác".encode() * 3) == set()


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


@pytest.mark.parametrize("writes", [refused, refused_by_status, failing, web_page, cut_off, strange, busy, silent])
def test_whatever_the_national_side_answers(site: Site, writes: Callable[[dict[str, Any], Marks], Answer]) -> None:
    """Refusals that quote names, pages, halves, nothing at all: none of it is kept or shown."""
    site.national.writes = writes
    site.run("sync")
    site.look()
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
    site.run("holds", "release", name, "--rule", "file_missing", "--reason", "seen")
    site.run("cases", "resolve", name, "--step", "case", "--not-arrived")
    assert site.told() == {}
