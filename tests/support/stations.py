"""A whole installation in a folder, worked by real processes: the agent, the national simulator, the local system."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sync_agent.bootstrap import open_agent
from sync_agent.example import Stock, generate
from sync_agent.resources import create_configuration
from sync_agent.simulator import SimulatorState
from sync_agent.sync import sign_policy
from tests.support.launcher import Started, start

__all__ = [
    "ACCOUNT",
    "AGENT",
    "Ended",
    "National",
    "Process",
    "Station",
    "Template",
    "closed_port",
    "environment_of",
    "passes",
]

Process = Started | subprocess.Popen[str]
ACCOUNT = "tinh-a"
AGENT = (sys.executable, "-m", "sync_agent")
SECRET = "mat-khau-thu-nghiem"  # of an account that exists in tests only
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
PATIENCE = 120
"""Seconds after which a process that should have ended is a failure."""

_FIT = {
    "tries": "1",
    "quick_retry_seconds": "0",
    "settle_remote_seconds": "0",
    "backoff_first_seconds": "1",
    "breaker_first_seconds": "0",
    "lookup": '"contains"',
    "volume_min": "100000",
}
"""Settings of every station: no quick second try, little waiting, a volume guard that lets everything through."""

_SCOPE = """[scope]
agencies = [{}]
kinds = ["complaint", "feedback", "denunciation", "mixed"]
start_from = 2000-01-01

"""

_IMPATIENT = {"connect_seconds": "0.5", "read_seconds": "1.5", "write_seconds": "0.5", "pool_seconds": "0.5"}
"""The sum is how long a doubt has to rest. A busy machine may be slower: only for passes that settle doubts."""


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended and all it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def records(self) -> list[Any]:
        """The lines of JSON on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> tuple[int, str, int]:
        """(exit code, stdout, number of lines on stderr): what a failure is measured by."""
        return self.code, self.out, len(self.err.splitlines())


@dataclass(frozen=True, slots=True)
class Template:
    """An example local system, made once and copied for each test."""

    folder: Path
    stock: Stock = field(repr=False)

    @classmethod
    def made(cls, folder: Path, cases: int) -> "Template":
        """Make one with so many cases."""
        folder.mkdir(parents=True)
        return cls(
            folder,
            generate(folder / "local.db", folder / "files", cases=cases, seed=1, today=datetime.now(VIETNAM).date()),
        )


class National:
    """The simulator as a process. It can be stopped and started again at the same address and with the same state."""

    def __init__(self, database: Path, environment: Mapping[str, str]) -> None:
        self.database = database
        self.port = 0
        self._environment = environment
        self._process: Started | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def state(self) -> SimulatorState:
        """What it holds and has counted."""
        return SimulatorState(self.database)

    def start(
        self, *faults: str, capabilities: Sequence[str] = (), account: str = ACCOUNT, access: Sequence[str] = ()
    ) -> None:
        """Start it, with faults in force from the beginning; `access` are options of another way in."""
        words = ["--db", str(self.database), "--port", str(self.port)]
        words += access or ["--account", f"{account}:SIMULATOR_SECRET"]
        words += [word for fault in faults for word in ("--fault", fault)]
        words += [word for capability in capabilities for word in ("--capability", capability)]
        environment = {**self._environment, "SIMULATOR_SECRET": SECRET}
        self._process = start("sync_agent.simulator", *words, environment=environment)
        self.port = int(self._process.stdout.readline().rsplit(":", 1)[1])

    def faults(self, *specs: str) -> None:
        """Replace the faults in force."""
        content = json.dumps({"faults": specs}).encode()
        request = urllib.request.Request(f"{self.url}_simulator/faults", content, {"Content-Type": "application/json"})  # noqa: S310 - our own simulator
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own simulator
            assert answer.status == 200

    def requests(self) -> int:
        """Return how many requests reached it."""
        return self.state.request_count() if self.database.exists() else 0

    def stop(self) -> None:
        """Stop it; its state stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=PATIENCE)
            self._process = None


class Station:
    """One installation. `agent` runs a command to its end, `begin` leaves it running."""

    def __init__(self, folder: Path, stock: Stock, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.stock = stock
        self.environment = environment
        self.national = National(folder / "simulator.db", environment)
        self._running: list[Process] = []

    @classmethod
    def set_up(cls, folder: Path, template: Template, environment: Mapping[str, str]) -> "Station":
        """Make an installation as `init` does, with the local system of the template and settings fit for tests."""
        create_configuration(folder)
        shutil.copy(template.folder / "local.db", folder)
        shutil.copytree(template.folder / "files", folder / "files")
        station = cls(folder, template.stock, environment)
        station.configure(**_FIT)
        secret = folder / "state" / "national.secret"
        secret.touch(mode=0o600)
        secret.write_text(SECRET, encoding="ascii")
        return station

    def configure(self, **settings: str) -> None:
        """Change settings that stand in agent.toml, given as they stand there."""
        path = self.folder / "agent.toml"
        lines = path.read_text(encoding="utf-8").splitlines()
        for name, value in settings.items():
            (place,) = [number for number, line in enumerate(lines) if line.startswith(f"{name} = ")]
            lines[place] = f"{name} = {value}"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def impatient(self) -> None:
        """Have doubts settled after a few seconds."""
        self.configure(**_IMPATIENT)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the first occurrence of a text in a file of the configuration."""
        path = self.folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content, old
        path.write_text(content.replace(old, new, 1), encoding="utf-8")

    def connect(self, *faults: str, capabilities: Sequence[str] = ()) -> None:
        """Start the national side and point the agent at it."""
        self.national.start(*faults, capabilities=capabilities)
        self.configure(base_url=f'"{self.national.url}"')

    def prepare_first_day(self) -> None:
        """Leave the demo: nothing goes up before it was declared how; the scope names everything."""
        toml = (self.folder / "agent.toml").read_text(encoding="utf-8")
        agencies = toml[toml.index("agencies = [") :].partition("[")[2].partition("]")[0]
        self.edit("agent.toml", "[timeliness]", _SCOPE.format(" ".join(agencies.split())) + "[timeliness]")
        self.edit("agent.toml", 'mode = "demo"', 'mode = "test"')

    def sign(self) -> None:
        """Sign the privacy policy."""
        with open_agent(self.folder) as agent:
            sign_policy(agent, actor="os:test")

    def agent(
        self, *words: str, lang: str = "en", before: Callable[[], None] | None = None, **environment: str
    ) -> Ended:
        """Run a command of the agent; `before` is called in the new process before it begins."""
        own: Process
        if before is not None:
            own = self.from_nothing(*words, lang=lang, environment=environment, before=before)
        else:
            own = start("sync_agent", *self._words(words, lang), environment={**self.environment, **environment})
        out, err = own.communicate(timeout=PATIENCE)
        return Ended(own.wait(), out, err)

    def begin(self, *words: str, lang: str = "en") -> Process:
        """Start a command of the agent."""
        process = start("sync_agent", *self._words(words, lang), environment=self.environment)
        self._running.append(process)
        return process

    def from_nothing(
        self,
        *words: str,
        lang: str = "en",
        environment: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> subprocess.Popen[str]:
        """Start a command by a new interpreter, for what depends on that; the others are forked from one."""
        process = subprocess.Popen(
            [*AGENT, *self._words(words, lang)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**self.environment, **(environment or {})},
            preexec_fn=before,  # noqa: PLW1509 - sets a limit, takes no lock
        )
        self._running.append(process)
        return process

    def _words(self, words: Sequence[str], lang: str) -> list[str]:
        config = [] if "--config" in words or words[:1] == ("demo",) else ["--config", str(self.folder)]
        return ["--lang", lang, *config, *words]

    def sync(self, *words: str) -> Any:
        """Run a pass to its end and return what it says of itself; it must have done its work."""
        done = self.agent("--json", "sync", *words)
        assert (done.code in {0, 1}, bool(done.out)) == (True, True), done.err
        return done.document

    def in_flight(self, process: Process, more: int = 1) -> None:
        """Wait until `more` requests of a running pass have reached the national side."""
        wanted = self.national.requests() + more
        until = time.monotonic() + PATIENCE
        while self.national.requests() < wanted:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.01)

    def select(self, sql: str) -> list[Any]:
        """Return the rows of a query on the ledger, read while others may write."""
        with closing(sqlite3.connect(self.folder / "state" / "ledger.db", timeout=PATIENCE)) as ledger:
            return ledger.execute(sql).fetchall()

    def states(self) -> dict[str, int]:
        """Return the number of messages in each state."""
        return dict(self.select("SELECT state, count(*) FROM message GROUP BY state"))

    def acknowledged(self) -> set[str]:
        """Return the national ids the ledger calls acknowledged."""
        return {row[0] for row in self.select("SELECT ack_id FROM message WHERE ack_id IS NOT NULL")}

    def edit_petition(self, key: str, text: str) -> None:
        """Add a text to a petition as the local application does: the row, then a line in its journal."""
        petition = int(key[1:].partition("-")[0])
        now = datetime.now(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")
        with closing(sqlite3.connect(self.folder / "local.db")) as connection, connection:
            changed = connection.execute(
                "UPDATE don_thu SET NoiDungDonThu = NoiDungDonThu || ? WHERE IdDonThu = ?", (text, petition)
            )
            assert changed.rowcount == 1
            connection.execute(
                "INSERT INTO don_thu_qua_trinh_xlgq (IdDonThu, NgayDang, NoiDung, HeThongTao, UserDang)"
                " VALUES (?, ?, 'Sửa đơn', 1, 20001)",
                (petition, now),
            )

    def an_open_case(self) -> str:
        """Return the key of a case of one agency that is neither protected nor held and has gone up."""
        rows = self.select(
            "SELECT c.case_key FROM case_state c JOIN message m ON m.case_id = c.id"
            " WHERE m.step = 'case' AND m.state = 'acknowledged' AND c.protected_since IS NULL ORDER BY c.id"
        )
        several = set(self.stock.several_agencies)
        found: str = next(key for (key,) in rows if key.startswith("D") and key not in several)
        return found

    def files(self) -> dict[str, bytes]:
        """Return every file below the folder but those of the national side, with its content."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and not path.name.startswith("simulator.db")
        }

    def close(self) -> None:
        """End what still runs."""
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()
        self.national.stop()


def environment_of(cache: Path) -> dict[str, str]:
    """Return the environment of child processes: no settings of this one, and compiled modules kept in `cache`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNC_AGENT_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"PYTHONPYCACHEPREFIX": str(cache), "COLUMNS": "100"}


def passes(station: Station, most: int = 20) -> Iterator[Any]:
    """Yield what each pass says, until one leaves nothing in doubt and nothing to be tried again."""
    for _ in range(most):
        done = station.sync()
        yield done
        if not {"waiting", "uncertain"} & set(done["messages"]):
            return
