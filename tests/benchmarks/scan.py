"""How fast a full scan by digest reads an unchanged local system: every case read, mapped, gated, projected, compared.

    python tests/benchmarks/scan.py [--cases N] [--rounds N] [--json FILE] [--profile]

Contenders take turns: the example system on SQLite and, where its server answers, on MariaDB, and source example A on
MariaDB. The figure is the median, in cases per second of one thread; targets 2,000 on SQLite and 1,000 on MariaDB.
Beside it stand cases per second of the agent's own processor time, which neighbours change less. The server is that
of the tests (SYNC_AGENT_TEST_MARIADB).
"""

import argparse
import cProfile
import json
import os
import pstats
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # run as a command, beside the tests' own helpers

from sqlalchemy import create_engine  # noqa: E402
from sqlalchemy.exc import DBAPIError  # noqa: E402

from sync_agent.bootstrap import open_agent  # noqa: E402
from sync_agent.example import generate  # noqa: E402
from sync_agent.resources import create_configuration  # noqa: E402
from sync_agent.sync import sign_policy  # noqa: E402
from sync_agent.sync.context import Agent  # noqa: E402
from sync_agent.sync.progress import NoProgress  # noqa: E402
from sync_agent.sync.run import claim  # noqa: E402
from sync_agent.sync.scan import scan  # noqa: E402
from tests.support.servers import MARIADB, copy_database, fresh_database  # noqa: E402
from tests.systems.a import generate as system_a  # noqa: E402

TODAY = date(2026, 11, 2)
TARGETS = {"example on SQLite": 2000, "example on MariaDB": 1000, "system A on MariaDB": 1000}


def configured(folder: Path, url: str, profile: Path, codes: Path) -> Path:
    """Make an installation that reads `url` by this profile; return its folder."""
    create_configuration(folder)
    changes = {"url": url, "profile": profile.as_posix(), "codes": codes.as_posix()}
    path, section, lines = folder / "agent.toml", "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        section = line if line.startswith("[") else section
        name = line.partition(" = ")[0]
        lines.append(f'{name} = "{changes[name]}"' if section == "[source]" and name in changes else line)
    path.write_text("\n".join(lines), encoding="utf-8")
    secret = folder / "state" / "national.secret"
    secret.touch(mode=0o600)
    secret.write_text("x", encoding="ascii")
    return folder


def installations(folder: Path, cases: int, opened: ExitStack) -> dict[str, Path]:
    """Make the local systems and an installation for each, by the name of the contender."""
    config = ROOT / "config"
    example = (config / "profiles" / "tinh-a.yaml", config / "codes")
    generate(folder / "local.db", folder / "files", cases=cases, seed=1, today=TODAY)
    made = {"example on SQLite": configured(folder / "sqlite", f"sqlite:///{folder / 'local.db'}", *example)}
    if not answers(MARIADB):
        return made
    url = opened.enter_context(fresh_database(MARIADB))
    copy_database(folder / "local.db", url)
    made["example on MariaDB"] = configured(folder / "mariadb", url, *example)
    url = opened.enter_context(fresh_database(MARIADB))
    system_a.generate(url, folder / "a", usual=cases)
    place = Path(system_a.__file__).parent
    made["system A on MariaDB"] = configured(folder / "system-a", url, place / "profile.yaml", place / "codes")
    return made


def answers(server: str) -> bool:
    """Tell whether a server is there."""
    engine = create_engine(server)
    try:
        with engine.connect():
            return True
    except DBAPIError:
        return False
    finally:
        engine.dispose()


def full_scan(agent: Agent) -> tuple[int, float, float]:
    """Scan everything; return the number of cases, the seconds, and those of the processor."""
    began, busy = time.perf_counter(), time.process_time()
    report = scan(agent, NoProgress(), full=True)
    return report.read, time.perf_counter() - began, time.process_time() - busy


def measure(cases: int, rounds: int, *, profiled: bool) -> dict[str, Any]:
    """Scan each system in turn and return the medians."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as opened:
        folders = installations(Path(temporary), cases, opened)
        agents = {name: opened.enter_context(open_agent(folder)) for name, folder in folders.items()}
        rates: dict[str, list[float]] = {name: [] for name in agents}
        own: dict[str, list[float]] = {name: [] for name in agents}
        numbers = {}
        for name, agent in agents.items():  # the first scan writes the ledger and does not count
            claim(agent)
            sign_policy(agent, actor="os:bench")
            numbers[name] = full_scan(agent)[0]
        for _ in range(rounds):
            for name, agent in agents.items():
                number, seconds, busy = full_scan(agent)
                rates[name].append(number / seconds)
                own[name].append(number / busy)
        if profiled:
            for name, agent in agents.items():
                show(name, agent)
    return {
        "unit": "cases/s",
        "cases": numbers,
        "median": {name: round(statistics.median(found)) for name, found in rates.items()},
        "median_of_processor": {name: round(statistics.median(found)) for name, found in own.items()},
        "target": {name: TARGETS[name] for name in rates},
        "cpus": os.cpu_count(),
    }


def show(name: str, agent: Agent) -> None:
    """Print where one scan spends its time."""
    profile = cProfile.Profile()
    profile.runcall(full_scan, agent)
    sys.stdout.write(f"\n{name}\n")
    pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(30)


def lines(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines of a table."""
    head = f"{'contender':<22} {'cases':>7} {'cases/s':>9} {'of cpu':>9} {'target':>7}"
    return [head] + [
        f"{name:<22} {found['cases'][name]:>7,} {rate:>9,} {found['median_of_processor'][name]:>9,}"
        f" {found['target'][name]:>7,}"
        for name, rate in found["median"].items()
    ]


def main() -> int:
    """Measure, print a table, and end with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--profile", action="store_true", help="show where one more scan of each spends its time")
    chosen = parser.parse_args()
    found = measure(chosen.cases, chosen.rounds, profiled=chosen.profile)
    sys.stdout.write("\n".join(lines(found)) + "\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return int(any(rate < found["target"][name] for name, rate in found["median"].items()))


if __name__ == "__main__":
    sys.exit(main())
