"""What stands on the stage: a folder with a configuration, and a national service that fails on purpose."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.i18n import mark
from sync_agent.resources import create_configuration

__all__ = ["FAULTS", "Staged", "configure", "make_room", "simulator"]

_MARKER: Final = ".sync-agent-demo"
_SECRET_VARIABLE: Final = "SYNC_AGENT_DEMO_SECRET"  # noqa: S105 - the name of a variable, no secret
_USER: Final = "tinh-a"
_READY_WORDS: Final = 2
_ENDING_SECONDS: Final = 10

_QUICK: Final = {
    "backoff_first_seconds": "1",
    "breaker_first_seconds": "1",
    "settle_remote_seconds": "0",
    "connect_seconds": "0.5",
    "read_seconds": "1.5",
    "write_seconds": "0.5",
    "pool_seconds": "0.5",
    "tries": "2",
    "quick_retry_seconds": "0.5",
    "lookup": '"contains"',
}
"""Waits fit for a demonstration, and a look-up that this national side is known to have."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A fault as the simulator takes it, and as message ids what the national side does and what the agent does."""

    spec: str
    does: str
    answer: str


FAULTS: Final = (
    Staged(
        "503@writes:share=0.02",
        mark("busy (503), nothing processed"),
        mark("surely not processed: sent again within seconds"),
    ),
    Staged(
        "429@CapNhatVuViec:retry-after=6,count=3",
        mark("too many, come back in 6 seconds (429)"),
        mark("surely not processed: waits as long as asked, then sends again"),
    ),
    Staged(
        "lost@CapNhatVuViec:share=0.01",
        mark("takes a case in, but its answer is lost on the way"),
        mark("uncertain: looked up by a token before anything is sent again"),
    ),
    Staged(
        "html@CapNhatVuViec:count=1",
        mark("a web page instead of an answer"),
        mark("uncertain: looked up by a token before anything is sent again"),
    ),
    Staged(
        "lost@CapNhatKQGiaiQuyet:count=1",
        mark("takes a decision in, but its answer is lost on the way"),
        mark("uncertain: no look-up shows decisions, so a person says what became of it"),
    ),
)
_LATENCY: Final = "latency=1ms..6ms"


def make_room(folder: Path) -> None:
    """Use a new or empty folder, or one an earlier demo left. Raises ConfigError and touches nothing of any other."""
    if (folder / _MARKER).is_file():
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    create_configuration(folder)
    (folder / _MARKER).write_text("made by: sync-agent demo\n", encoding="utf-8")


def configure(folder: Path, url: str, secret: str) -> None:
    """Point the packaged configuration at the simulator. Raises ConfigError when it is not as this demo needs it."""
    path = folder / "agent.toml"
    text = path.read_text(encoding="utf-8")
    for setting, value in {**_QUICK, "base_url": f'"{url}"'}.items():
        text, found = re.subn(rf"(?m)^{setting} = \S+", f"{setting} = {value}", text)
        if found != 1:
            raise ConfigError("the packaged configuration lacks a setting the demo needs", where=setting)
    path.write_text(text, encoding="utf-8")
    secret_file = folder / "state" / "national.secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(secret, encoding="ascii")


@contextmanager
def simulator(folder: Path, faults: Sequence[Staged], seed: int) -> Iterator[tuple[str, str]]:
    """Run the national side as a process of its own; give its address and the secret of the account."""
    secret = secrets.token_urlsafe(24)
    specs = [_LATENCY, *(fault.spec for fault in faults)] if faults else []
    command = [sys.executable, "-m", "sync_agent.simulator", "--db", str(folder / "simulator.db"), "--seed", str(seed)]
    command += ["--account", f"{_USER}:{_SECRET_VARIABLE}", *(word for spec in specs for word in ("--fault", spec))]
    process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, _SECRET_VARIABLE: secret}
    )
    try:
        line = process.stdout.readline().split() if process.stdout else []
        if len(line) != _READY_WORDS:
            raise NationalUnreachableError("the simulator did not start", where=str(folder / "simulator.db"))
        yield line[1], secret
    finally:
        process.terminate()
        try:
            process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
