"""The installation manual as it is written: each framed block typed in its order, below a folder instead of `/`.

The machine is played: accounts, owners and the service manager are stand-ins. The agent, its files and `sh` are real.
"""

import os
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync_agent.cli.main import main
from tests.support.stations import SECRET, Station, Template

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs" / "installation.md", ROOT / "docs" / "vi" / "cai-dat.md")
FOLDERS = re.compile(r"(?<![\w.])/(?=(?:etc|opt|root|usr/local|var)/)")
NEEDS_PERSON = {"privacy show", "check", "adopt", "sync", "db restored"}
"""Commands that may end with 1: something is not signed yet, held, or in doubt."""
PLAYED = {
    "chown": "exit 0",
    "install": 'for w; do shift; case $w in -[og]) skip=1;; *) [ "$skip" ] || set -- "$@" "$w"; skip=;; esac; done\n'
    'exec /usr/bin/install "$@"',
    "systemctl": 'echo "$@" >> "$PLAYED"',
    "systemd-ask-password": f"echo {SECRET}",
    "useradd": "exit 0",
}


def blocks(page: Path) -> list[str]:
    """Return what is framed on a page."""
    return re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


class Administrator:
    """Somebody who does what the page says, as root of a machine that lies in a folder."""

    def __init__(self, machine: Path, stand_ins: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.machine = machine
        self._stand_ins = stand_ins
        self._capfd = capfd
        self.told = stand_ins / "told-to-systemd"
        for name, script in PLAYED.items():
            (stand_ins / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (stand_ins / name).chmod(0o755)

    def here(self, path: str) -> str:
        """Return where something of `/` lies on this machine."""
        return FOLDERS.sub(f"{self.machine}/", path)

    def type(self, block: str) -> list[tuple[str, int, str]]:
        """Type a block; return each command that did not end as it should, with its code and what it said."""
        surprises, waiting = [], ""
        for line in [*self.here(block).splitlines(keepends=True), "sync-agent\n"]:
            if not line.startswith("sync-agent"):
                waiting += line
                continue
            surprises += self._shell(waiting)
            waiting = ""
            surprises += self._agent(shlex.split(line)[1:])
        return surprises

    def _shell(self, script: str) -> list[tuple[str, int, str]]:
        done = subprocess.run(
            ["sh", "-euc", script],
            cwd=self.machine,
            env={**os.environ, "PATH": f"{self._stand_ins}:{os.environ['PATH']}", "PLAYED": str(self.told)},
            capture_output=True,
            text=True,
            check=False,
        )
        return [(script, done.returncode, done.stderr)] if done.returncode else []

    def _agent(self, words: list[str]) -> list[tuple[str, int, str]]:
        if not words:
            return []
        code = main(words)
        said = "".join(self._capfd.readouterr())
        may = {0, 1} if {words[0], " ".join(words[:2])} & NEEDS_PERSON else {0}
        return [] if code in may else [(shlex.join(words), code, said)]


@pytest.fixture
def administrator(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Administrator]:
    """Yield somebody at a new machine; the wrapper's variables are in force."""
    for name in ("machine/etc/systemd/system", "machine/opt/sync-agent", "machine/root", "machine/usr/local/bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "stand-ins").mkdir()
    administrator = Administrator(tmp_path / "machine", tmp_path / "stand-ins", capfd)
    (wrapper,) = re.findall(r"^export (.*)$", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE)
    for name, _, value in (word.partition("=") for word in administrator.here(wrapper).split()):
        monkeypatch.setenv(name, value)
    before = os.umask(0o077)
    yield administrator
    os.umask(before)


class Story:
    """What happens beside the page: its reader names two systems, the service works, a disk is carried over."""

    def __init__(self, machine: Path, local: Station) -> None:
        self._etc, self._var = machine / "etc" / "sync-agent", machine / "var" / "lib" / "sync-agent"
        self._local = local
        self.happened: list[str] = []
        self.ids: set[str] = set()

    def before(self, block: str) -> None:
        """Have happen what has to, before a block is typed."""
        if "db upgrade" in block and not self.happened:
            self._happens("edited", self._edit)
        if "--extract" in block:
            self._happens("moved", self._be_another_machine)

    def after(self, block: str) -> None:
        """Have happen what does, after a block was typed."""
        if "enable --now sync-agent-web" in block:
            self._happens("first pass", self._work)
        if block.startswith("sync-agent db backup") and self.happened[-1] == "first pass":
            self._happens("pass after the backup", self._change)

    def _happens(self, what: str, do: Callable[[], None]) -> None:
        do()
        self.happened.append(what)

    def _edit(self) -> None:
        toml = self._etc / "agent.toml"
        text = toml.read_text(encoding="utf-8").replace("http://127.0.0.1:8055/", self._local.national.url)
        text = text.replace("sqlite:///local.db", f"sqlite:///{self._local.folder}/local.db")
        text = text.replace('files = "files"', f'files = "{self._local.folder}/files"')
        toml.write_text(re.sub(r"^volume_min = .*", "volume_min = 100000", text, flags=re.MULTILINE), encoding="utf-8")

    def _work(self) -> None:
        assert main(["sync"]) in {0, 1}
        self.ids = self._local.national.state.ids()

    def _change(self) -> None:
        with closing(sqlite3.connect(self._var / "ledger.db")) as ledger:
            (key,) = ledger.execute(_OPEN_CASE).fetchone()
        requests = self._local.national.requests()
        self._local.edit_petition(key, " Bổ sung.")
        self._work()
        assert self._local.national.requests() > requests

    def _be_another_machine(self) -> None:
        for folder in (self._etc, self._var):
            folder.rename(folder.with_name("old-machine"))


_OPEN_CASE = """SELECT c.case_key FROM case_state c JOIN message m ON m.case_id = c.id WHERE m.step = 'case'
                AND m.state = 'acknowledged' AND c.protected_since IS NULL AND c.case_key LIKE 'D%' ORDER BY c.id"""


@pytest.fixture
def local(tmp_path: Path, template: Template, environment: dict[str, str]) -> Iterator[Station]:
    """Yield a local system and a national side that answers."""
    station = Station.set_up(tmp_path / "local", template, environment)
    station.connect()
    yield station
    station.close()


def test_the_manual_goes_as_written(administrator: Administrator, local: Station) -> None:
    """From nothing to a service, an older ledger put back, an upgrade, another machine, another key of the log."""
    story = Story(administrator.machine, local)
    for block in blocks(PAGES[0]):
        story.before(block)
        assert administrator.type(block) == []
        story.after(block)
    assert story.happened == ["edited", "first pass", "pass after the backup", "moved"]
    assert main(["sync"]) == 1
    assert (local.national.state.ids(), local.national.state.duplicates()) == (story.ids, [])
    public = (administrator.machine / "var/lib/sync-agent/audit.pub").read_text(encoding="ascii")
    assert len(public.split()) == 2
    told = administrator.told.read_text(encoding="utf-8").splitlines()
    assert told.count("enable --now sync-agent") == 1


def test_both_pages_type_the_same() -> None:
    """The comments of the file that is made are in the page's language at the utmost."""
    assert blocks(PAGES[0]) == blocks(PAGES[1])


def test_what_the_machine_is_told_is_in_the_units() -> None:
    """The folders and accounts of the manual are those of the units."""
    manual = PAGES[0].read_text(encoding="utf-8")
    for unit in (ROOT / "config" / "systemd").iterdir():
        named = dict(re.findall(r"^(User|ExecStart|Environment)=(.*)$", unit.read_text("utf-8"), re.MULTILINE))
        program = named["ExecStart"].split()[0]
        assert (named["User"], program in manual, "SYNC_AGENT_CONFIG=/etc/sync-agent" in named["Environment"]) == (
            "sync-agent",
            True,
            True,
        )
