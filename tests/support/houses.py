"""A whole agent on a small local database, with a scripted national side and a clock that tests turn."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sync_agent.audit import Entry, entries
from sync_agent.bootstrap import open_agent
from sync_agent.domain.canonical import correlation_token
from sync_agent.domain.steps import Step
from sync_agent.errors import NationalUnreachableError
from sync_agent.ledger import MessageRow, find_case, known_by_key, known_by_name, load_findings, queries, sight
from sync_agent.national import FoundCase, NotProcessed, Outcome, PersonQuery, WireRequest
from sync_agent.national.testing import FakeGateway, Recorded, whole
from sync_agent.source import CaseRows, Change, Source, SourceFile
from sync_agent.sync.context import Agent
from sync_agent.sync.holds import release
from sync_agent.sync.persons import sign_policy
from sync_agent.sync.run import PassReport, run_pass
from tests.support.ledgers import new_state

__all__ = ["SECRET_ENV", "START", "Clock", "House", "Houses", "Local", "National", "Steered"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
SECRET_ENV = "SYNC_AGENT_TEST_SECRET"

AGENT_TOML = """
[agent]
mode = "{mode}"
schemas = "{root}/schemas"
policy = "privacy.toml"
ledger_url = "{ledger}"
[source]
url = "sqlite:///local.db"
profile = "profile.yaml"
codes = "codes"
files = "files"
page = {page}
[national.transport]
base_url = "https://national.example/"
[national.wire]
money_unit = "dong"
{wire}
[national.capabilities]
{capabilities}
[[national.accounts]]
alias = "tinh"
agencies = ["H217.01", "H217.02"]
username = "tinh"
secret_env = "{secret_env}"
[delivery]
workers = {workers}
breaker_first_seconds = {breaker}
settle_seconds = {settle}
kind_settle_seconds = {kind_settle}
{extra}
"""


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return the instant it stands at, and move on by a millisecond so that events are in order."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def move(self, **by: float) -> None:
        """Move it, for instance by `hours=2`."""
        self.now += timedelta(**by)


class Local:
    """The local system's database, written as its application would write it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.clock = clock
        with self.connected() as connection:
            connection.executescript((HERE / "local.sql").read_text(encoding="utf-8"))

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """Open a connection that commits."""
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def insert(self, table: str, **values: Any) -> None:
        """Insert one row."""
        names, marks = ", ".join(values), ", ".join("?" for _ in values)
        self.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608 - names of a test

    def execute(self, sql: str, *values: Any) -> None:
        """Run one statement."""
        with self.connected() as connection:
            connection.execute(sql, values)

    def case(self, number: int, *, person: str = "", name: str = "", **values: Any) -> str:
        """Add a complaint with one petitioner; return its key."""
        content = {"co_quan": "H217.01", "loai": "KN", "linh_vuc": "KN.01.02", "noi_dung": f"Nội dung {number}"}
        row = {"id": number, "ngay_nhan": "2026-10-01", "sua_luc": self.stamp(), **content, **values}
        self.insert("vu_viec", **row)
        self.person(number, person=person, name=name)
        return f"V{number}"

    def person(self, number: int, *, person: str = "", name: str = "") -> None:
        """Add a petitioner to a case."""
        self.insert("nguoi", vu_viec=number, ma_nguoi=person or f"N{number}", ho_ten=name or f"Lò Văn Mẫu {number}")

    def denunciation(self, number: int, **values: Any) -> str:
        """Add a denunciation with a summary that may go up."""
        content = {"loai": "TC", "linh_vuc": "TC.01.02", "tom_tat": f"Tóm tắt {number}", **values}
        return self.case(number, **content)

    def change(self, number: int, **values: Any) -> None:
        """Change a case and its change time."""
        parts = ", ".join(f"{name} = ?" for name in {**values, "sua_luc": ""})
        sql = f"UPDATE vu_viec SET {parts} WHERE id = ?"  # noqa: S608 - names of a test
        self.execute(sql, *values.values(), values.get("sua_luc", self.stamp()), number)

    def touch(self, number: int) -> None:
        """Change only the change time of a case."""
        self.change(number)

    def processed(self, number: int, **values: Any) -> None:
        """Add the processing of a case."""
        row = {"vu_viec": number, "huong": "TL", "ngay": "2026-10-05", "noi_dung": "Đủ điều kiện", **values}
        self.insert("xu_ly", **row)
        self.touch(number)

    def decided(self, number: int, decision: int, **values: Any) -> None:
        """Add a decision to a case."""
        row = {"id": decision, "vu_viec": number, "so": f"{decision}/QĐ", "ngay": "2026-10-20", "ket_qua": "D"}
        self.insert("quyet_dinh", **{**row, **values})
        self.touch(number)

    def full(self, number: int) -> str:
        """Add a complaint with processing, acceptance, two decisions and an enforcement of the second."""
        key = self.case(number)
        self.processed(number)
        self.insert("thu_ly", vu_viec=number, ngay="2026-10-06", han="2026-11-05")
        for place in (1, 2):
            self.decided(number, number * 10 + place)
        self.insert("thi_hanh", id=number * 100, quyet_dinh=number * 10 + 2, ngay="2026-10-30", thu_tien=1_500_000)
        return key

    def stamp(self) -> str:
        """Return now as the local system writes it: naive, in Viet Nam's time."""
        return (self.clock.now + timedelta(hours=7)).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(slots=True)
class National(FakeGateway):
    """A national side that answers by script; `before` is called when a request comes, in the thread that sends it.

    `by_account` is asked first what to answer to a request of an account; None leaves it to the script.
    """

    before: Callable[[WireRequest], None] | None = None
    by_account: Callable[[WireRequest, str], Outcome | None] | None = None
    look_up_fails: Exception | None = None
    fails_for: set[str] = field(default_factory=set)  # tokens; empty: every look-up
    search_fails_at: int | None = None  # number of the search, from 1

    def send(self, request: WireRequest, account_alias: str) -> Outcome:
        """Let the test act, then answer."""
        if self.before is not None:
            self.before(request)
        request = whole(request)
        answer = self.by_account(request, account_alias) if self.by_account is not None else None
        if answer is not None:
            self.sent.append(Recorded(request, account_alias, answer))
            return answer
        # named, because a class with slots is made anew and `super()` without arguments would look in the old one
        return FakeGateway.send(self, request, account_alias)

    def look_up(self, token: str, account_alias: str) -> list[str]:
        """Answer as prepared, or fail."""
        found = FakeGateway.look_up(self, token, account_alias)
        if self.look_up_fails is not None and token in (self.fails_for or {token}):
            raise self.look_up_fails
        return found

    def search(self, query: PersonQuery, account_alias: str) -> list[FoundCase]:
        """Answer as prepared, or be unreachable."""
        found = FakeGateway.search(self, query, account_alias)
        if len(self.searched) == self.search_fails_at:
            raise NationalUnreachableError("the national service gave no usable answer")
        return found

    @property
    def steps(self) -> list[tuple[str, bool]]:
        """(step, whether an update) of every message sent so far, in order."""
        return [(record.request.step.value, record.request.update) for record in self.sent]

    @property
    def last(self) -> dict[str, Any]:
        """The body that came last."""
        return self.sent[-1].request.body

    def cases(self) -> list[str]:
        """Return the first line of the text of every case message, in order."""
        bodies = [record.request.body for record in self.sent if record.request.step is Step.CASE]
        return [body["NoiDungDon"].split("\n")[0] for body in bodies]

    def everything(self) -> str:
        """Return all that was ever sent, as one text to search."""
        return "\n".join(str(record.request.body) for record in self.sent)


@dataclass
class House:
    """Everything a test of a pass needs."""

    folder: Path
    local: Local
    clock: Clock
    gateway: National
    source: "Steered"
    agent: Agent
    stack: ExitStack

    def sync(self, **options: Any) -> PassReport:
        """Run one pass."""
        return run_pass(self.agent, **options)

    def answers(self, *outcomes: Outcome | Exception) -> None:
        """Have the national side answer the next messages so."""
        self.gateway.then(outcomes)

    def unreachable_once(self) -> None:
        """Run a pass in which nothing gets through."""
        self.answers(NotProcessed("connect"))
        with pytest.raises(NationalUnreachableError):
            self.sync()

    def edited(self, file: str, old: str, new: str) -> "House":
        """Return the same house with one of its files changed and everything wired anew."""
        path = self.folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new), encoding="utf-8")
        return self.reopened()

    def reopened(self) -> "House":
        """Return the same house as another process would open it."""
        agent, source = _wired(self.folder, self.clock, self.gateway, self.stack)
        return replace(self, agent=agent, source=source)

    def sign(self) -> None:
        """Sign the policy in force."""
        sign_policy(self.agent, actor="os:test")

    def sight(self, key: str) -> str:
        """Return the digest of what a person would see of a case now."""
        with self.agent.ledger.read() as connection:
            case = known_by_name(connection, "nho", key)
            return sight(case, load_findings(connection, [case.row.id])[case.row.id])

    def release(self, key: str, rule: str, *, reason: str = "seen", actor: str = "os:lan", **options: Any) -> int:
        """Release what holds a case by a rule, as it stands now."""
        chosen = {"digest": self.sight(key)} | options
        return release(self.agent, key, rule, reason=reason, actor=actor, **chosen)

    def token(self, key: str) -> str:
        """Return the token by which a case is looked up."""
        return correlation_token(self.agent.installation_key, "nho", key)

    def states(self) -> dict[tuple[str, str, str], str]:
        """Return the state of every message by (case key, step, local key)."""
        rows = self.select(
            "SELECT c.case_key, m.step, m.local_key, m.state FROM message m JOIN case_state c ON c.id = m.case_id"
        )
        return {(key, step, local_key): state for key, step, local_key, state in rows}

    def state(self, key: str, step: str = "case", local_key: str = "") -> str:
        """Return the state of one message."""
        return self.states()[key, step, local_key]

    def message(self, key: str, step: str = "case", local_key: str = "") -> MessageRow:
        """Return the row of one message."""
        with self.agent.ledger.read() as connection:
            return known_by_key(connection, "nho", [key])[key].messages[Step(step), local_key]

    def rules(self, key: str) -> set[str]:
        """Return the rules of the standing findings of one case."""
        with self.agent.ledger.read() as connection:
            case = find_case(connection, "nho", key)
            assert case is not None
            return {row.rule for row in queries.findings_of(connection, [case.id])}

    def protected(self, key: str) -> bool:
        """Tell whether the ledger has a case as protected."""
        with self.agent.ledger.read() as connection:
            case = find_case(connection, "nho", key)
            assert case is not None
            return case.protected_since is not None

    def events(self) -> list[str]:
        """Return the events of the audit log in order."""
        return [event for (event,) in self.select("SELECT event FROM audit_leaf ORDER BY idx")]

    def entries(self) -> list[Entry]:
        """Return the entries of the audit log in order."""
        with self.agent.ledger.read() as connection:
            return [stored.entry for stored in entries(connection)]

    def select(self, sql: str) -> Sequence[Any]:
        """Return the rows of a query on the ledger."""
        with self.agent.ledger.read() as connection:
            return connection.execute(text(sql)).all()


@dataclass
class Houses:
    """Builds houses below one folder; what they opened is closed with `stack`."""

    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)
    ledger: str = ""

    def __call__(self, *, name: str = "house", signed: bool = True, **settings: object) -> House:
        """Build a house. `settings` fill agent.toml: mode, page, workers, settle, kind_settle, capabilities, extra.

        `ledger` is the address of its ledger, by default that of the fixture, or else a file.
        """
        folder = self.folder / name
        _furnish(folder, {"ledger": self.ledger} | settings)
        clock, gateway = Clock(), National()
        local = Local(folder / "local.db", clock)
        agent, source = _wired(folder, clock, gateway, self.stack)
        house = House(folder, local, clock, gateway, source, agent, self.stack)
        if signed:
            house.sign()
        return house


def _furnish(folder: Path, settings: dict[str, object]) -> None:
    for part in ("state", "codes", "files"):
        (folder / part).mkdir(parents=True)
    key = folder / "state" / "installation.key"
    key.write_text("5a" * 32, encoding="ascii")
    key.chmod(0o400)
    chosen = {"mode": "demo", "page": 3, "workers": 2, "settle": 0, "kind_settle": 0, "breaker": 0} | settings
    texts = dict.fromkeys(("wire", "capabilities", "extra"), "") | chosen
    toml = AGENT_TOML.format(root=ROOT.as_posix(), secret_env=SECRET_ENV, **texts)
    (folder / "agent.toml").write_text(toml, encoding="utf-8")
    shutil.copy(HERE / "profile.yaml", folder)
    shutil.copy(ROOT / "config" / "privacy.toml", folder)
    shutil.copy(ROOT / "config" / "codes" / "corruption.csv", folder / "codes")
    if not chosen["ledger"]:
        new_state(folder / "state")


def _wired(folder: Path, clock: Clock, gateway: National, stack: ExitStack) -> tuple[Agent, "Steered"]:
    wired = stack.enter_context(open_agent(folder, clock=clock))
    source = Steered(wired.source, clock)
    return replace(wired, gateway=gateway, source=source), source


class Steered:
    """The source with the test's clock as its own. `before_read` is called with the number of each read, from 1."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._reads = 0
        self.source_id = source.source_id
        self.before_read: Callable[[int], None] = lambda _: None

    def now(self) -> datetime:
        """Return the test's instant."""
        return self._clock.now

    def changes(self, since: datetime | None, *, after: str = "", limit: int = 500) -> list[Change]:
        """Return what the source returns."""
        return self._source.changes(since, after=after, limit=limit)

    def read(self, keys: Sequence[str]) -> dict[str, CaseRows]:
        """Let the test act, then return what the source returns."""
        self._reads += 1
        self.before_read(self._reads)
        return self._source.read(keys)

    def probe(self) -> list[str]:
        """Return what the source returns."""
        return self._source.probe()

    def may_write(self) -> bool:
        """Return what the source returns."""
        return self._source.may_write()

    def files(self) -> list[SourceFile]:
        """Return what the source returns."""
        return self._source.files()

    def close(self) -> None:
        """Close the source."""
        self._source.close()
