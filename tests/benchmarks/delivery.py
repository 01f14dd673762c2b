"""How fast messages go up, against bare httpx posting the same bytes in as many threads with nothing durable.

    python tests/benchmarks/delivery.py [--cases N] [--rounds N] [--delay SECONDS] [--json FILE]

Contenders are interleaved; the medians count. A pass is timed from the moment its plan was let through.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from sync_agent.bootstrap import open_agent
from sync_agent.example import generate
from sync_agent.national import HttpGateway
from sync_agent.national.content import Content
from sync_agent.national.exchange import Reply, Transport
from sync_agent.resources import create_configuration
from sync_agent.sync import sign_policy
from sync_agent.sync.deliver import DeliveryReport, deliver
from sync_agent.sync.plan import let_through, make_plan
from sync_agent.sync.progress import NoProgress
from sync_agent.sync.run import claim
from sync_agent.sync.scan import scan

SINK = Path(__file__).with_name("sink.py")
FIT = {"workers": "8", "volume_min": "100000000"}


@dataclass(frozen=True)
class Posted:
    """One request as the agent sent it."""

    path: str
    content: bytes
    headers: dict[str, str]


class Recorder:
    """A transport that keeps what it carries."""

    def __init__(self, carrier: Transport) -> None:
        self._carrier = carrier
        self.posted: list[Posted] = []

    def post(self, path: str, content: bytes | Content, headers: Mapping[str, str]) -> Reply:
        """Carry and keep."""
        whole = content if isinstance(content, bytes) else b"".join(content)
        self.posted.append(Posted(path, whole, dict(headers)))
        return self._carrier.post(path, content, headers)

    def close(self) -> None:
        """Close what it carries by."""
        self._carrier.close()


@contextmanager
def sink(delay: float) -> Iterator[str]:
    """Run the receiver; give its address."""
    words = [sys.executable, str(SINK), "--delay", str(delay)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        finally:
            process.terminate()


def configure(folder: Path, url: str) -> None:
    """Make an installation that sends to `url`, with as many workers and as large a plan as are measured."""
    create_configuration(folder)
    toml = (folder / "agent.toml").read_text(encoding="utf-8").splitlines()
    lines = [next((f"{n} = {v}" for n, v in FIT.items() if line.startswith(f"{n} = ")), line) for line in toml]
    lines = [f'base_url = "{url}"' if line.startswith("base_url") else line for line in lines]
    (folder / "agent.toml").write_text("\n".join(lines), encoding="utf-8")
    secret = folder / "state" / "national.secret"
    secret.touch(mode=0o600)
    secret.write_text("x", encoding="ascii")


def prepare(folder: Path, url: str, cases: int) -> None:
    """Make an installation whose ledger knows what is to be sent and may send it."""
    configure(folder, url)
    generate(folder / "local.db", folder / "files", cases=cases, seed=1, today=date(2026, 11, 2))
    with open_agent(folder) as agent:
        sign_policy(agent, actor="os:bench")
        scan(agent, NoProgress())
        let_through(agent, make_plan(agent), accepted=None, actor="os:bench")


def ours(prepared: Path, folder: Path) -> tuple[float, int, list[Posted]]:
    """Deliver everything once; return seconds, messages, and what was posted."""
    shutil.copytree(prepared, folder)
    with open_agent(folder) as agent:
        assert isinstance(agent.gateway, HttpGateway)
        recorder = agent.gateway._transport = Recorder(agent.gateway._transport)
        claim(agent)
        report = DeliveryReport()
        began = time.perf_counter()
        deliver(agent, NoProgress(), keys=(), limit=None, report=report)
        seconds = time.perf_counter() - began
    shutil.rmtree(folder)
    return seconds, sum(report.outcomes.values()), recorder.posted


def bare(url: str, posted: list[Posted], threads: int) -> float:
    """Post the same bytes with one client in as many threads; return seconds."""
    limits = httpx.Limits(max_connections=threads, max_keepalive_connections=threads)
    with httpx.Client(limits=limits, trust_env=False) as client, ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        for answer in pool.map(
            lambda one: client.post(url + one.path, content=one.content, headers=one.headers), posted
        ):
            answer.raise_for_status()
        return time.perf_counter() - began


def measure(cases: int, rounds: int, delay: float) -> dict[str, Any]:
    """Run both contenders in turn and return the medians."""
    threads = int(FIT["workers"])
    with tempfile.TemporaryDirectory() as temporary, sink(delay) as url:
        prepared = Path(temporary) / "prepared"
        prepare(prepared, url, cases)
        _, messages, posted = ours(prepared, Path(temporary) / "warm")
        times: dict[str, list[float]] = {"agent": [], "bare httpx": []}
        for number in range(rounds):
            times["agent"].append(ours(prepared, Path(temporary) / f"round-{number}")[0])
            times["bare httpx"].append(bare(url, posted, threads))
    rates = {name: messages / statistics.median(seconds) for name, seconds in times.items()}
    floor = messages * delay / threads
    return {
        "messages": messages,
        "threads": threads,
        "delay_seconds": delay,
        "messages_per_second": rates,
        "ratio": rates["agent"] / rates["bare httpx"],
        "over_floor": statistics.median(times["agent"]) / floor if floor else None,
        "cpus": os.cpu_count(),
    }


def lines(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines of a table."""
    rates = [f"{name:12} {rate:10,.0f} messages/s" for name, rate in found["messages_per_second"].items()]
    floor = [f"{'over floor':12} {found['over_floor']:10.2f}"] if found["over_floor"] else []
    return [*rates, f"{'ratio':12} {found['ratio']:10.2f}", *floor]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    found = measure(chosen.cases, chosen.rounds, chosen.delay)
    print("\n".join(lines(found)))  # noqa: T201 - a command
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
