"""What a large stock costs: memory at its highest, and a tick when nothing has changed.

    python -m tests.benchmarks.scale [--cases N ...] [--messages N] [--json FILE]

For each size one process of its own, which imports nothing but what a pass needs, reads all cases into a new ledger,
makes the plan and sends some of it; its peak is that of the process. Then the rest is made out to be acknowledged, and
ticks that find nothing to do are timed: with these cases in the ledger, and with 200,000 (copies of their rows).
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, text
from sqlmodel import SQLModel

from sync_agent.bootstrap import open_agent
from sync_agent.sync import Agent, sign_policy
from sync_agent.sync.run import run_pass

TICKS = 5
LARGE = 200_000
"""Cases in the ledger of the largest tick."""

_COPIED = {
    "case_state": {
        "id": "id + copy * 1000000",
        "case_key": "case_key || '-' || copy",
        "pseudonym": "pseudonym || copy",
    },
    "message": {
        "id": "id + copy * 1000000",
        "case_id": "case_id + copy * 1000000",
        "ack_id": "ack_id || '-' || copy",
    },
    "finding": {"id": "id + copy * 1000000", "case_id": "case_id + copy * 1000000"},
    "case_group": {"case_id": "case_id + copy * 1000000", "token": "token || copy"},
}
"""What must differ in a copy of a row."""
_DONE = (
    """UPDATE message SET state = 'acknowledged', ack_digest = wanted_digest, next_try_at = NULL,
    ack_id = CASE WHEN step IN ('case', 'settlement', 'enforcement') THEN 'made-out-' || id END""",
    "UPDATE case_state SET dirty = 0, look_at = NULL",
)


def first_pass(agent: Agent, messages: int) -> float:
    """Read everything and send some of it; return the most memory this process ever had, in MB."""
    run_pass(agent, limit=messages)
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage would count the parent's memory in
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024 / 1e6  # type: ignore[index]


def make_out_acknowledged(agent: Agent) -> None:
    """Leave nothing to do."""
    with agent.ledger.engine.begin() as connection:
        for statement in _DONE:
            connection.execute(text(statement))


def grow(agent: Agent, cases: int) -> None:
    """Fill the ledger up with copies of its cases, without secrets: a tick reads none of them, as nothing is due."""
    with agent.ledger.engine.begin() as connection:
        known = connection.execute(text("SELECT count(*) FROM case_state")).scalar_one()
        numbers = "WITH RECURSIVE n (copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM n WHERE copy < :copies)"
        for table, changed in _COPIED.items():
            columns = SQLModel.metadata.tables[table].c.keys()
            values = ", ".join(changed.get(each, each) for each in columns)
            copied = f"INSERT INTO {table} ({', '.join(columns)}) {numbers} SELECT {values} FROM {table}, n"  # noqa: S608
            if known * 2 <= cases:
                connection.execute(text(copied), {"copies": cases // known - 1})


def idle_ticks(agent: Agent) -> tuple[float, float, int]:
    """Return wall and processor milliseconds and queries of a pass that finds nothing to do."""
    run_pass(agent)
    queries, times, busy = 0, [], []

    def count(*_: object) -> None:
        nonlocal queries
        queries += 1

    event.listen(Engine, "before_cursor_execute", count)
    for _ in range(TICKS):
        began, ran = time.perf_counter(), time.process_time()
        run_pass(agent)
        times.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - ran) * 1000)
    event.remove(Engine, "before_cursor_execute", count)
    return statistics.median(times), statistics.median(busy), queries // TICKS


def inside(folder: Path, messages: int) -> dict[str, float]:
    """Measure in this process, which has done nothing else."""
    found: dict[str, float] = {}
    with open_agent(folder) as agent:
        found["peak_mb"] = first_pass(agent, messages)
        make_out_acknowledged(agent)
        for name in ("tick", "large_tick"):
            found[f"{name}_ms"], found[f"{name}_cpu_ms"], found[f"{name}_queries"] = idle_ticks(agent)
            grow(agent, LARGE)
    return found


def measure(sizes: Sequence[int], messages: int) -> dict[int, dict[str, Any]]:
    """Measure each size in a new process."""
    from sync_agent.example import generate  # noqa: PLC0415 - not in the process that is measured
    from tests.benchmarks.delivery import configure, sink  # noqa: PLC0415 - likewise

    found = {}
    for cases in sizes:
        with tempfile.TemporaryDirectory() as temporary, sink(0.0) as url:
            folder = Path(temporary) / "agent"
            configure(folder, url)
            generate(folder / "local.db", folder / "files", cases=cases, seed=1, today=date(2026, 11, 2))
            with open_agent(folder) as agent:  # makes the ledger, which a pass finds there
                sign_policy(agent, actor="os:bench")
            words = [
                sys.executable,
                "-m",
                "tests.benchmarks.scale",
                "--inside",
                str(folder),
                "--messages",
                str(messages),
            ]
            done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
            found[cases] = json.loads(done.stdout)
    return found


def lines(found: dict[int, dict[str, Any]]) -> list[str]:
    """Return the figures as lines of a table."""
    return [
        f"{cases:>8,} cases {each['peak_mb']:5.0f} MB at most; a tick with nothing to do {each['tick_ms']:4.0f} ms"
        f" ({each['tick_cpu_ms']:.0f} of the processor), {each['tick_queries']} queries; with {LARGE:,} cases in the"
        f" ledger {each['large_tick_ms']:4.0f} ms ({each['large_tick_cpu_ms']:.0f}), {each['large_tick_queries']}"
        for cases, each in found.items()
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[2_000, 10_000])
    parser.add_argument("--messages", type=int, default=500, help="how many are sent while memory is watched")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        print(json.dumps(inside(chosen.inside, chosen.messages)))  # noqa: T201 - for the parent
        return
    found = measure(chosen.cases, chosen.messages)
    print("\n".join(lines(found)))  # noqa: T201 - a command
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
