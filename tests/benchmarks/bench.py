"""Everything that is measured of speed and memory, as one table and one JSON file.

    make bench [BENCH="--cases N --rounds N --sizes N ... --json FILE"]

Ratios count, not seconds: contenders take turns on the same machine.
"""

import argparse
import json
from pathlib import Path

from tests.benchmarks import audit, delivery, scale, scan

ANSWER = 0.05
"""Seconds in which the national side answers where waiting is measured."""


def main() -> None:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 10_000], help="cases in the ledger")
    parser.add_argument("--entries", type=int, default=1_000_000, help="in the audit log that is verified")
    parser.add_argument("--json", type=Path, default=Path("bench.json"))
    chosen = parser.parse_args()
    at_once = delivery.measure(chosen.cases, chosen.rounds, 0.0)
    waiting = delivery.measure(chosen.cases, chosen.rounds, ANSWER)
    sizes = scale.measure(chosen.sizes, messages=500)
    scans = scan.measure(1_000, chosen.rounds, profiled=False)
    log = audit.measure(chosen.entries, chosen.cases, chosen.rounds)
    table = ["an answer at once (at least 0.6 of bare httpx)", *delivery.lines(at_once)]
    table += [f"an answer after {ANSWER:.2f} s (at most 1.15 of the floor)", *delivery.lines(waiting)]
    table += ["a large stock (at most 120 MB and 50 ms, as many queries whatever its size)", *scale.lines(sizes)]
    table += ["a full scan by digest, of one thread (at least 2,000 cases/s, on a server 1,000)", *scan.lines(scans)]
    table += ["the audit log (at most 5 s for 1,000,000 entries, 5 ms a proof, 20 %)", *audit.lines(log)]
    print("\n".join(table))  # noqa: T201 - a command
    found = {"at_once": at_once, "waiting": waiting, "sizes": sizes, "scans": scans, "audit": log}
    chosen.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
