"""How long a person waits before the first word: bare Python, `--version`, `--help`, `status`.

Run as `python tests/benchmarks/startup.py [--rounds N] [--json FILE]`. The contenders take turns, so that a noisy
moment of the machine falls on all; the figure is the median, in milliseconds, with compiled modules in place.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

AGENT = (sys.executable, "-m", "sync_agent")
LIMITS = {"help": 300, "status": 1000}
"""The longest a person should wait, in milliseconds."""


def contenders(folder: Path) -> dict[str, Sequence[str]]:
    """Return the commands to time, by name; `status` looks at the ledger of a demo in `folder`."""
    return {
        "python": (sys.executable, "-c", "pass"),
        "version": (*AGENT, "--version"),
        "help": (*AGENT, "--help"),
        "status": (*AGENT, "--config", str(folder), "status"),
    }


def timed(words: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command and return how long it took, in milliseconds; exit code 1 says that a person is needed."""
    before = time.perf_counter()
    done = subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    took = (time.perf_counter() - before) * 1000
    if done.returncode not in {0, 1} or done.stderr:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.decode()}")
    return took


def measure(commands: Mapping[str, Sequence[str]], rounds: int, environment: Mapping[str, str]) -> dict[str, float]:
    """Return the median of each command over so many rounds; a round before them does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for each in range(rounds + 1):
        for name, words in commands.items():
            took = timed(words, environment)
            if each:
                times[name].append(took)
    return {name: round(statistics.median(taken), 1) for name, taken in times.items()}


def table(medians: Mapping[str, float]) -> str:
    """Return the figures as a table: milliseconds, how many times bare Python, the limit."""
    lines = [f"{'contender':<10} {'ms':>8} {'× python':>9} {'limit':>6}"]
    for name, median in medians.items():
        ratio = median / medians["python"]
        lines.append(f"{name:<10} {median:>8.1f} {ratio:>9.1f} {LIMITS.get(name, ''):>6}")
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and end with 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNC_AGENT_")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "demo"
        timed((*AGENT, "--quiet", "demo", "--cases", "60", "--dir", str(folder)), environment)
        medians = measure(contenders(folder), options.rounds, environment)
    sys.stdout.write(table(medians) + "\n")
    if options.json:
        options.json.write_text(json.dumps({"unit": "ms", "median": medians, "limit": LIMITS}) + "\n", encoding="utf-8")
    return int(any(medians[name] > limit for name, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
