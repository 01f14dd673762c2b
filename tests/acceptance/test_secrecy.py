"""Nothing of a protected person leaves the local system: every trace of every process is searched for every value."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.loud import Loud
from tests.support.stations import SECRET, Station
from tests.support.traces import in_folder, plain, readings, said

LEAST = 5  # letters; what is shorter stands in other words too
PROC = Path("/proc")


def found(values: list[str], traces: dict[str, bytes]) -> dict[str, str]:
    """Return in which trace a value stands, by the first letters of it: the message of a failure shows no more."""
    everything = "\n".join(readings(b"\n".join(traces.values())))
    hits = [value for value in values if plain(value) in everything]
    return {f"{value[:3]}…": name for value in hits for name, trace in traces.items() if said([value], trace)}


def at_home(station: Station) -> Path:
    """Give the processes of a station a home and a folder for temporary files of their own; return what holds both."""
    own = station.folder.parent / "own"
    for name in ("home", "tmp"):
        (own / name).mkdir(parents=True)
    tmp = str(own / "tmp")
    station.environment = {
        **station.environment,
        "HOME": str(own / "home"),
        "TMPDIR": tmp,
        "SQLITE_TMPDIR": tmp,
        "SYNC_AGENT_LOGS__LEVEL": "debug",
    }
    return own


def test_no_process_writes_down_who_is_protected(oddities: Station) -> None:
    """Through success, refusals that quote a name, lost answers, errors and `--debug`, in both languages."""
    values = [value for value in oddities.stock.identifying if len(value) >= LEAST]
    traces: dict[str, bytes] = {}

    def run(*words: str, lang: str = "vi") -> None:
        done = oddities.agent("--debug", *words, lang=lang)
        traces[f"{len(traces)}: {' '.join(words)}"] = (done.out + done.err).encode()

    oddities.national.faults(
        "refuse=name@writes:count=4",
        "lost@writes:count=3",
        "html@writes:count=1,after=9",
        "503@writes:count=2,after=12",
    )
    run("sync", "--dry-run")
    run("sync")
    run("sync", lang="en")
    run("status")
    run("cases", "list", "--limit", "1000")
    run("holds", "list", "--limit", "1000")
    run("audit", "list", "--limit", "100000")
    run("check", "--probe")
    hold = oddities.agent("--json", "holds", "list", "--limit", "1").records[0]["case"]
    run("cases", "show", hold)
    run("holds", "show", hold)
    run("cases", "resolve", hold, "--step", "case", "--not-arrived")
    (oddities.folder / "local.db").rename(oddities.folder / "local.away")
    run("sync", lang="en")
    (oddities.folder / "local.away").rename(oddities.folder / "local.db")
    local = ("local.db", "files/")
    traces |= {name: content for name, content in oddities.files().items() if not name.startswith(local)}
    assert len(values) > 100
    assert oddities.national.state.ids()
    assert found(values, traces) == {}
    bodies = {f"body {number}": body for number, body in enumerate(oddities.national.state.bodies())}
    assert found(values, bodies) == {}


READS = (
    ("status",),
    ("cases", "list", "--limit", "1000"),
    ("holds", "list", "--limit", "1000"),
    ("audit", "list", "--limit", "100000"),
    ("mapping", "check"),
    ("privacy", "show"),
    ("config", "show"),
    ("db", "check"),
    ("check", "--probe"),
    ("sync", "--dry-run"),
)


def test_a_loud_local_system_leaves_no_trace(signed: Station) -> None:
    """A marker in every column, refusals, doubts, a page, a killed process: none of it in any file or output."""
    own, loud = at_home(signed), Loud(signed.folder / "local.db", signed.folder / "files")
    told: list[str] = []
    loud.everywhere()
    signed.impatient()
    signed.national.faults(
        "refuse=name@writes:count=3",
        "lost@writes:count=2,after=4",
        "html@writes:count=1,after=8",
        "503@writes:count=1,after=10",
    )

    def run(*words: str) -> None:
        done = signed.agent("--debug", *words)
        told.extend((done.out, done.err))

    run("sync", "--limit", "12")
    signed.national.faults("latency=1s@writes")
    process = signed.begin("--debug", "sync")
    signed.in_flight(process)
    process.kill()
    told.extend(process.communicate())
    signed.national.faults()
    run("--json", "sync")
    for words in READS:
        run("--json", *words)
    for key, pseudonym in signed.select("SELECT case_key, pseudonym FROM case_state ORDER BY case_key LIMIT 2"):
        run("cases", "show", key)
        run("--json", "holds", "show", pseudonym)
    local = ("local.db", "files/", "name of files/", "simulator.db", "values of local.db", "values of simulator.db")
    traces = {name: content for name, content in in_folder(signed.folder).items() if not name.startswith(local)}
    traces |= {f"own: {name}": content for name, content in in_folder(own).items()}
    traces["told"] = "\n".join(told).encode()
    bodies = signed.national.state.bodies()
    assert "message_tried" in traces["told"].decode()
    assert loud.marks.found(b"\n".join(bodies))
    assert {name for name, content in traces.items() if loud.marks.found(content)} == set()


def secrets_of(station: Station) -> list[str]:
    """Return what no list of processes may show: secrets, and what names a case."""
    key = (station.folder / "state" / "installation.key").read_text(encoding="ascii").strip()
    names = [name for row in station.select("SELECT case_key, pseudonym FROM case_state") for name in row]
    return [SECRET, key, *names]


def processes(pid: int) -> dict[str, bytes]:
    """Return what others may see of a process."""
    listed = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, check=True)
    seen: dict[str, Any] = {name: (PROC / str(pid) / name).read_bytes() for name in ("cmdline", "comm")}
    return {**seen, "ps": listed.stdout}


@pytest.mark.skipif(not (PROC / str(os.getpid()) / "cmdline").exists(), reason="no list of processes in files here")
def test_the_list_of_processes_tells_nothing(signed: Station) -> None:
    """While messages are on their way: neither a secret nor a case; the secret is not in the environment either."""
    signed.national.faults("latency=1s@writes")
    process = signed.from_nothing("sync")
    signed.in_flight(process)
    seen = processes(process.pid)
    environment = (PROC / str(process.pid) / "environ").read_bytes()
    limits = (PROC / str(process.pid) / "limits").read_text(encoding="ascii")
    process.kill()
    process.communicate()
    secrets = secrets_of(signed)
    assert len(secrets) > 40
    assert b"sync" in seen["cmdline"]
    assert {name: [each for each in secrets if each.encode() in shown] for name, shown in seen.items()} == {
        "cmdline": [],
        "comm": [],
        "ps": [],
    }
    assert SECRET.encode() not in environment
    assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")] == ["0"]
