"""What a new user gets wrong: one clear line in his language, the right exit code, and nothing half-written."""

import ctypes
import resource
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.stations import Ended, Station, closed_port

PROFILE = "profiles/tinh-a.yaml"


@dataclass(frozen=True)
class Mistake:
    """A mistake and what is said of it; `{folder}` is that of the configuration."""

    name: str
    make: Callable[[Station], object]
    code: int
    vietnamese: str
    words: tuple[str, ...] = ("sync",)
    english: str = ""

    @property
    def said(self) -> dict[str, str]:
        """What is said, by language: Vietnamese always, English where this looks at it."""
        return {lang: text for lang, text in (("vi", self.vietnamese), ("en", self.english)) if text}


def unprivileged() -> None:
    """Take from a process the right of root to ignore permissions."""
    library = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        library.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


UNCACHED = "1"
"""For PYTHONDONTWRITEBYTECODE: a process that may write little must not cut short the modules others read."""


def limited(size: int) -> Callable[[], None]:
    """Return what lets a process write files of at most `size` bytes, as a full disk would."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def local(sql: str) -> Callable[[Station], None]:
    """Return what runs a statement on the local system."""

    def run(station: Station) -> None:
        with closing(sqlite3.connect(station.folder / "local.db")) as connection, connection:
            connection.execute(sql)

    return run


def written(file: str, content: bytes) -> Callable[[Station], object]:
    """Return what writes a file anew."""

    def write(station: Station) -> None:
        path = station.folder / file
        path.unlink(missing_ok=True)
        path.write_bytes(content)

    return write


def replaced(file: str, old: str, new: str) -> Callable[[Station], None]:
    """Return what replaces a text in a file."""
    return lambda station: station.edit(file, old, new)


def nothing(_station: Station) -> None:
    """Leave everything as it is."""


MISTAKES = (
    Mistake(
        "configuration elsewhere",
        nothing,
        2,
        "{folder}/no/agent.toml: không đọc được cấu hình (không có tệp hoặc thư mục này)",
        words=("--config", "{folder}/no", "sync"),
        english="{folder}/no/agent.toml: the configuration cannot be read (No such file or directory) - name its folder"
        " with --config, or make one with: sync-agent init DIR",
    ),
    Mistake(
        "unknown setting",
        replaced("agent.toml", "workers = 4", "workerz = 4"),
        2,
        "{folder}/agent.toml: không có thiết lập delivery.workerz - có phải là workers?",
        english="{folder}/agent.toml: unknown setting delivery.workerz - did you mean workers?",
    ),
    Mistake(
        "unknown section",
        replaced("agent.toml", "[delivery]", "[delivry]"),
        2,
        "không có thiết lập delivry - có phải là delivery?",
    ),
    Mistake(
        "setting of another kind",
        replaced("agent.toml", "workers = 4", 'workers = "many"'),
        2,
        "thiết lập delivery.workers: giá trị phải là số nguyên",
    ),
    Mistake(
        "setting out of range",
        replaced("agent.toml", "workers = 4", "workers = 0"),
        2,
        "thiết lập delivery.workers: giá trị phải lớn hơn hoặc bằng 1",
    ),
    Mistake(
        "unknown mode",
        replaced("agent.toml", 'mode = "demo"', 'mode = "prod"'),
        2,
        "thiết lập agent.mode: giá trị phải là 'demo', 'test' hoặc 'production'",
        english="setting agent.mode: Input should be 'demo', 'test' or 'production'",
    ),
    Mistake(
        "not TOML",
        replaced("agent.toml", "workers = 4", "workers = "),
        2,
        "{folder}/agent.toml: không phải TOML hợp lệ: giá trị không hợp lệ (tại dòng ",
    ),
    Mistake(
        "plain http",
        replaced("agent.toml", "plain_http_reason = ", "# "),
        2,
        "thiết lập national.transport: không chấp nhận http không mã hóa: hãy dùng https",
        english="setting national.transport: plain http is refused: use https, or name the host in plain_http_host",
    ),
    Mistake(
        "secret in the address",
        replaced("agent.toml", "http://127", "http://me:word@127"),
        2,
        "thiết lập national.transport.base_url: không được chứa tên đăng nhập hoặc mật khẩu",
    ),
    Mistake(
        "no secret",
        lambda station: (station.folder / "state" / "national.secret").unlink(),
        2,
        "national.accounts (tinh-a): không đọc được tệp bí mật {folder}/state/national.secret",
        english="national.accounts (tinh-a): the secret file {folder}/state/national.secret cannot be read",
    ),
    Mistake(
        "secret that others can read",
        lambda station: (station.folder / "state" / "national.secret").chmod(0o644),
        2,
        "người khác đọc được {folder}/state/national.secret - hãy đặt quyền riêng: chmod 0400",
    ),
    Mistake(
        "no installation key",
        lambda station: (station.folder / "state" / "installation.key").unlink(),
        2,
        "{folder}/state/installation.key: không đọc được khóa cài đặt - hãy khôi phục từ nơi đã cất giữ",
        english="{folder}/state/installation.key: the installation key cannot be read - restore it from where it was",
    ),
    Mistake(
        "installation key that others can read",
        lambda station: (station.folder / "state" / "installation.key").chmod(0o444),
        2,
        "người khác đọc được khóa cài đặt - hãy đặt quyền riêng: chmod 0400",
    ),
    Mistake("installation key cut short", written("state/installation.key", b"abc"), 2, "khóa cài đặt"),
    Mistake(
        "no local database",
        lambda station: (station.folder / "local.db").unlink(),
        6,
        "không mở được cơ sở dữ liệu địa phương - hãy kiểm tra đường dẫn và quyền đọc",
    ),
    Mistake("empty local database", written("local.db", b""), 6, "hệ thống địa phương không có bảng "),
    Mistake(
        "local database that is none",
        written("local.db", b"no database" * 1000),
        6,
        "nguồn không phải là cơ sở dữ liệu SQLite - hãy kiểm tra đường dẫn",
    ),
    Mistake(
        "missing table",
        local("DROP TABLE don_thu_thi_hanh_giai_quyet"),
        6,
        "hệ thống địa phương không có bảng don_thu_thi_hanh_giai_quyet mà truy vấn ",
        english="the source has no table don_thu_thi_hanh_giai_quyet, which the query ",
    ),
    Mistake(
        "missing column that only the scan needs",
        local("ALTER TABLE don_thu_thi_hanh_giai_quyet RENAME COLUMN NgayTao TO NgayLap"),
        6,
        "hệ thống địa phương không có cột t.NgayTao mà truy vấn changes cần - hãy sửa truy vấn trong tệp ánh xạ",
    ),
    Mistake(
        "wrong column in the profile",
        replaced(PROFILE, "local_key: IDThiHanhGiaiQuyet", "local_key: IDThiHanhGiaiQuyt"),
        2,
        "tệp ánh xạ dùng cột IDThiHanhGiaiQuyt mà phần don_thu_thi_hanh_giai_quyet không trả về - có phải là"
        " idthihanhgiaiquyet?",
        english="the profile uses the column IDThiHanhGiaiQuyt, which the part don_thu_thi_hanh_giai_quyet does not"
        " return - did you mean idthihanhgiaiquyet?",
    ),
    Mistake(
        "wrong word in the profile",
        replaced(PROFILE, "  zone:", "  zoone:"),
        2,
        "không có từ khóa 'zoone' - có phải là zone?",
    ),
    Mistake(
        "no profile",
        lambda station: (station.folder / PROFILE).unlink(),
        2,
        "{folder}/profiles/tinh-a.yaml: không đọc được tệp ánh xạ",
    ),
    Mistake(
        "no code tables",
        lambda station: shutil.rmtree(station.folder / "codes"),
        2,
        "{folder}/codes: không có thư mục bảng mã",
    ),
    Mistake(
        "code table with another header",
        written("codes/sources.csv", b"a,b\n1,2\n"),
        2,
        "{folder}/codes/sources.csv:1: dòng tiêu đề của bảng mã phải là local,national,name,",
    ),
    Mistake(
        "no privacy policy",
        lambda station: (station.folder / "privacy.toml").unlink(),
        2,
        "{folder}/privacy.toml: không đọc được chính sách bảo mật",
    ),
    Mistake(
        "no contract",
        lambda station: shutil.rmtree(station.folder / "schemas" / "kntc"),
        2,
        "{folder}/schemas/kntc/contract.toml: không đọc được hợp đồng liên thông",
    ),
    Mistake(
        "ledger that is none",
        written("state/ledger.db", b"no ledger" * 1000),
        2,
        "{folder}/state/ledger.db: không dùng được sổ cái (SQLITE_NOTADB)",
        english="{folder}/state/ledger.db: the ledger cannot be used (SQLITE_NOTADB)",
    ),
    Mistake(
        "unknown state",
        nothing,
        2,
        "Giá trị không hợp lệ của '--state': 'helds' không thuộc 'not_ready', ",
        words=("cases", "list", "--state", "helds"),
    ),
    Mistake(
        "unknown step",
        nothing,
        2,
        "Giá trị không hợp lệ của '--step': 'settled' không thuộc 'case', ",
        words=("cases", "list", "--step", "settled"),
    ),
    Mistake(
        "unknown event",
        nothing,
        2,
        "--event: không có sự kiện acepted - có phải là accepted?",
        words=("audit", "list", "--event", "acepted"),
    ),
    Mistake(
        "unknown rule",
        nothing,
        2,
        "--rule: không có quy tắc file_mising - có phải là file_missing?",
        words=("holds", "list", "--rule", "file_mising"),
        english="--rule: there is no rule file_mising - did you mean file_missing?",
    ),
    Mistake(
        "unknown command",
        nothing,
        2,
        "Không có lệnh 'stats'. Có phải là 'status'? - xem: sync-agent --help",
        words=("stats",),
        english="No such command 'stats'. Did you mean 'status'? - see: sync-agent --help",
    ),
    Mistake("command cut short", nothing, 2, "Thiếu lệnh - xem: sync-agent cases --help", words=("cases",)),
    Mistake(
        "number that is none",
        nothing,
        2,
        "Giá trị không hợp lệ của '--limit': giá trị phải là số nguyên - xem: sync-agent sync --help",
        words=("sync", "--limit", "many"),
    ),
)


def one_line(done: Ended, code: int, text: str) -> bool:
    """Tell whether a command said exactly one line, with `text`, on stderr and nothing else."""
    return done.complaint == (code, "", 1) and text in done.err and "Traceback" not in done.err


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_one_line_and_leaves_no_trace(station: Station, mistake: Mistake) -> None:
    """In the language of the reader."""
    mistake.make(station)
    before = station.files()
    folder = str(station.folder)
    words = ["--quiet", *(word.replace("{folder}", folder) for word in mistake.words)]
    for lang, text in mistake.said.items():
        done = station.agent(*words, lang=lang)
        assert one_line(done, mistake.code, text.replace("{folder}", folder)), done
    assert station.files() == before


def test_the_profile_is_blamed_at_its_line(station: Station) -> None:
    """File and line of the wrong column."""
    station.edit(PROFILE, "local_key: IDThiHanhGiaiQuyet", "local_key: IDThiHanhGiaiQuyt")
    lines = (station.folder / PROFILE).read_text(encoding="utf-8").splitlines()
    (place,) = [number for number, line in enumerate(lines, start=1) if "IDThiHanhGiaiQuyt" in line]
    assert f"{PROFILE}:{place}: " in station.agent("sync").err


def test_wrong_credentials_are_a_matter_of_the_configuration(signed: Station) -> None:
    """Exit 2; the account is named, its secret is not; nothing went up, and the right secret mends it."""
    secret = signed.folder / "state" / "national.secret"
    right = secret.read_text(encoding="ascii")
    secret.write_text("sai-mat-khau", encoding="ascii")
    done = signed.agent("--quiet", "sync")
    text = "national.accounts: the national side refuses the credentials of account tinh-a - check its user name"
    assert one_line(done, 2, text), done
    assert ("sai-mat-khau" in done.err, signed.national.state.ids()) == (False, set())
    probed = signed.agent("check", "--probe")
    assert (probed.code, "(status_401)" in probed.out, probed.err) == (3, True, "")
    secret.write_text(right, encoding="ascii")
    while signed.sync()["messages"].get("waiting"):
        pass
    assert signed.national.state.duplicates() == []


def test_a_national_side_that_is_down_is_exit_3(station: Station) -> None:
    """Nothing is lost: what was tried waits, and goes up when the other side is there again."""
    station.national.port = closed_port()
    station.configure(base_url=f'"{station.national.url}"')
    station.sign()
    done = station.agent("--quiet", "sync", lang="vi")
    text = f"{station.national.url}: phía quốc gia hiện không nhận thông điệp (connect_error); không mất gì"
    assert one_line(done, 3, text), done
    probed = station.agent("check", "--probe")
    assert (probed.code, probed.err, "fail  national address: " in probed.out) == (3, "", True)
    station.national.start()
    while station.sync()["messages"].get("waiting"):
        pass
    assert station.acknowledged() == station.national.state.ids()
    assert station.national.state.duplicates() == []


def test_a_state_folder_that_cannot_be_written_is_told_before_anything_is_sent(station: Station) -> None:
    """By `sync` and by `check`; a rehearsal needs none."""
    station.connect()
    state = station.folder / "state"
    state.chmod(0o500)
    before = station.files()
    done = station.agent("--quiet", "sync", before=unprivileged)
    rehearsed = station.agent("--json", "sync", "--dry-run", before=unprivileged)
    checked = station.agent("check", "--offline", before=unprivileged)
    state.chmod(0o700)
    assert one_line(done, 2, f"{state}/ledger.lock: the lock file cannot be written (Permission denied)"), done
    assert (rehearsed.code, checked.code) == (0, 2)
    assert f"fail  lock: {state}: the state folder cannot be written" in checked.out
    assert (station.files() == before, station.national.requests()) == (True, 0)


@pytest.mark.parametrize("size", [100, 100_000])
def test_a_full_disk_leaves_no_half_made_ledger(station: Station, size: int) -> None:
    """One line; with room again the first pass begins as if nothing had been."""
    station.connect()
    before = station.files()
    done = station.agent("--quiet", "sync", before=limited(size), PYTHONDONTWRITEBYTECODE=UNCACHED)
    assert one_line(done, 2, f"{station.folder}/state/ledger.db: the ledger cannot be used (SQLITE_IOERR"), done
    assert {name: content for name, content in station.files().items() if name != "state/ledger.lock"} == before
    station.sign()
    assert station.sync()["messages"]["acknowledged"] == len(
        station.select("SELECT 1 FROM message WHERE ack_digest <> ''")
    )


def test_a_disk_that_fills_up_during_a_pass_loses_nothing(signed: Station) -> None:
    """One line; whatever was sent by then is known, or in doubt, afterwards."""
    signed.impatient()
    done = signed.agent("--quiet", "sync", before=limited(400_000), PYTHONDONTWRITEBYTECODE=UNCACHED)
    assert one_line(done, 2, f"{signed.folder}/state/ledger.db: the ledger cannot be used (SQLITE_IOERR_WRITE)"), done
    signed.sync()
    assert signed.acknowledged() <= signed.national.state.ids()
    assert signed.national.state.duplicates() == []
    assert signed.agent("db", "check").code == 0


def test_an_empty_ledger_file_is_made_a_ledger(station: Station) -> None:
    """An earlier start was cut off before there was anything in it."""
    station.connect()
    (station.folder / "state" / "ledger.db").touch()
    station.sign()
    assert station.sync("--limit", "1")["pass"]["delivered.acknowledged"] == 1


def test_the_ledger_of_another_environment_is_refused(signed: Station) -> None:
    """A changed address, by `sync`, its rehearsal and `check`; nothing is sent or written."""
    signed.sync("--limit", "1")
    signed.edit("agent.toml", "http://127.0.0.1:", "http://localhost:")
    signed.edit("agent.toml", 'plain_http_host = "127.0.0.1"', 'plain_http_host = "localhost"')
    before, requests = signed.files(), signed.national.requests()
    text = "this ledger belongs to another environment: national.transport.base_url differs"
    for words in (["sync"], ["sync", "--dry-run"]):
        assert one_line(signed.agent("--quiet", *words), 2, text)
    assert signed.agent("check", "--offline").code == 2
    assert (signed.files() == before, signed.national.requests()) == (True, requests)


def test_another_meaning_of_the_key_is_refused(signed: Station) -> None:
    """Every case would go up a second time under its new name."""
    signed.sync("--limit", "1")
    signed.edit(PROFILE, "zone: Asia/Ho_Chi_Minh", "zone: UTC")
    requests = signed.national.requests()
    done = signed.agent("--quiet", "sync", lang="vi")
    assert one_line(done, 2, "key (profile): sổ nhận biết vụ việc theo thiết lập khác: key (profile) khác"), done
    assert signed.national.requests() == requests


def test_a_ledger_from_a_newer_agent_is_left_alone(signed: Station) -> None:
    """Neither used nor upgraded."""
    with closing(sqlite3.connect(signed.folder / "state" / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    before = signed.files()
    assert one_line(signed.agent("--quiet", "sync"), 2, "the ledger is at schema 9999, this agent needs ")
    assert one_line(signed.agent("--quiet", "db", "upgrade"), 2, "the ledger is at schema 9999, this agent knows only ")
    assert signed.files() == before


def test_an_entry_changed_behind_the_back_of_the_agent_is_exit_4(signed: Station) -> None:
    """The root is no longer that of the entries, whatever else is done to the guards."""
    path = signed.folder / "state" / "ledger.db"
    with closing(sqlite3.connect(path)) as ledger, ledger:
        for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            ledger.execute(f"DROP TRIGGER {name}")
        changed = "CAST(replace(CAST(entry AS TEXT), 'os:test', 'os:else') AS BLOB)"
        ledger.execute(f"UPDATE audit_leaf SET entry = {changed} WHERE event = 'policy_signed'")  # noqa: S608 - ours
    done = signed.agent("db", "check")
    assert one_line(done, 4, "is not the hash of its bytes"), done


def test_a_folder_given_as_a_file_is_told(station: Station) -> None:
    """People give the path of agent.toml."""
    path = station.folder / "agent.toml"
    done = station.agent("--config", str(path), "--quiet", "status")
    assert one_line(done, 2, "the configuration cannot be read (Not a directory) - name its folder with --config"), done


def test_every_mistake_is_also_seen_by_the_doctor(station: Station) -> None:
    """On stdout, as its result, with the exit code of the mistake."""
    Path(station.folder / "local.db").unlink()
    done = station.agent("check", lang="vi")
    assert (done.code, done.err, done.out.startswith("lỗi ")) == (6, "", True)
