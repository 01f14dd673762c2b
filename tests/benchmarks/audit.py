"""What the audit log costs: verifying a long one, proving one entry of it, and its share of what a pass does.

    python -m tests.benchmarks.audit [--entries N] [--cases N] [--rounds N] [--json FILE]

A log of N entries is made as passes write it (planned, intent, accepted; several contents one after the other), with
its ledger, tiles and heads. Then it is verified whole: every byte hashed anew, every head, replay against every row.
The share of throughput is measured by delivering the same messages with the log and with its entries thrown away.
"""

import argparse
import hashlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sync_agent.audit import CheckpointReason, Event, KeyFile, Versions, create_secrets
from sync_agent.audit.proofs import Tree
from sync_agent.ledger import (
    CaseRow,
    Environment,
    HeadKeeper,
    Ledger,
    MessageRow,
    Transaction,
    bind,
    insert_rows,
    migrate,
    open_engine,
    verify,
)
from sync_agent.ledger import store as store_module
from tests.benchmarks.delivery import ours, prepare, sink

ENVIRONMENT = Environment("test", "kntc", "https://national.example/", "tinh", "nho", "a" * 64, "b" * 64)
CONTENTS = 4
"""So many contents of each message go up one after the other: three entries each."""

CASES_AT_ONCE = 100
START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
STEPS = ("case", "processing", "acceptance")
VERSIONS = {"agent": "0.1.0", "mapping": "1" * 64, "contract": "2" * 64, "policy": "3" * 64}


class Ticking:
    """A clock that goes on by a second at each look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """Return the next instant."""
        self.now += timedelta(seconds=1)
        return self.now


def made_ledger(folder: Path, entries: int) -> Ledger:
    """Return a ledger whose log has about so many entries and whose rows are what they come to."""
    engine = open_engine(f"sqlite:///{folder}/ledger.db", create=True)
    migrate.upgrade(engine)
    heads = HeadKeeper(KeyFile(folder, "sync-agent/bench"))
    ledger = Ledger(engine, source_id="nho", heads=heads, clock=Ticking())
    with ledger.write() as tx:
        bind(tx, ENVIRONMENT)
    numbers = iter(range(entries // (3 * len(STEPS) * CONTENTS)))
    while page := list(islice(numbers, CASES_AT_ONCE)):
        with ledger.write() as tx:
            add_cases(tx, page)
    heads.sign(ledger, CheckpointReason.STOP)
    return ledger


def add_cases(tx: Transaction, numbers: list[int]) -> None:
    """Add cases all of whose messages went up several times."""
    keys = [f"V{number}" for number in numbers]
    secrets = create_secrets(tx.connection, "nho", keys)
    rows = [new_case(tx, key) for key in keys]
    insert_rows(tx.connection, rows)
    versions, at = Versions(**VERSIONS), tx.now
    messages = []
    for row in rows:
        secret = secrets[row.case_key]
        subject = secret.subject("nho", row.case_key)
        for step in STEPS:
            national_id = f"{row.case_key}-id" if step == "case" else None
            commitment = secret.national_id(national_id) if national_id else None
            for content in range(CONTENTS):
                wanted = secret.digest(f"{step}{content}".encode())
                about = {"subject": subject, "step": step, "wanted": wanted}
                tx.record(Event.PLANNED, new_state="pending", old_state="not_ready", update=content > 0, **about)
                intent = about | {"account": "tinh", "attempt": 1, "versions": versions}
                tx.record(Event.INTENT, new_state="in_flight", old_state="pending", **intent)
                tx.record(
                    Event.ACCEPTED,
                    new_state="acknowledged",
                    old_state="in_flight",
                    account="tinh",
                    http_status=200,
                    national_id=commitment,
                    response=wanted,
                    **about,
                )
            messages.append(acknowledged(row, step, wanted, national_id, at))
    insert_rows(tx.connection, messages)


def new_case(tx: Transaction, key: str) -> CaseRow:
    """Return the row of a case."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    seen: dict[str, Any] = {"kind_seen_at": tx.now, "first_seen": tx.now, "digest_seen_at": tx.now}
    return CaseRow(source_id="nho", case_key=key, pseudonym=digest[:10], rev=1, dirty=False, last_digest=digest, **seen)


def acknowledged(case: CaseRow, step: str, digest: str, national_id: str | None, at: datetime) -> MessageRow:
    """Return the row of a message that is there."""
    versions: dict[str, Any] = {
        f"ack_{name}": value if name == "agent" else value[:16] for name, value in VERSIONS.items()
    }
    return MessageRow(
        case_id=case.id,
        step=step,
        local_key="",
        state="acknowledged",
        wanted_digest=digest,
        ack_digest=digest,
        ack_id=national_id,
        ack_account="tinh",
        ack_at=at,
        **versions,
    )


def verifying(ledger: Ledger, rounds: int) -> dict[str, float]:
    """Verify whole, and prove entries one by one; return seconds and milliseconds at the median."""
    times, proofs = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        found = verify(ledger)
        times.append(time.perf_counter() - began)
        assert found.sound, [each.facts for each in found.findings.listed[:3]]
    size = found.log.size
    for index in range(0, size, max(size // 50, 1)):
        began = time.perf_counter()
        with ledger.read() as connection:
            Tree(connection).inclusion(index, size)
        proofs.append((time.perf_counter() - began) * 1000)
    return {
        "entries": size,
        "rows": found.rows or 0,
        "verify_seconds": statistics.median(times),
        "entries_per_second": size / statistics.median(times),
        "proof_ms": statistics.median(proofs),
        "proof_ms_at_most": max(proofs),
    }


@contextmanager
def without_log() -> Iterator[None]:
    """Throw every entry away before it is made into bytes."""
    with patch.object(store_module.Transaction, "record", lambda self, event, **_: _intends(self, event)):
        yield


def _intends(transaction: Transaction, event: Event) -> None:
    transaction.intends = transaction.intends or event is Event.INTENT


def share(cases: int, rounds: int) -> dict[str, float]:
    """Deliver the same with and without the log, in turn; return messages a second and what the log takes of them."""
    times: dict[str, list[float]] = {"with": [], "without": []}
    with tempfile.TemporaryDirectory() as temporary, sink(0.0) as url:
        prepared = Path(temporary) / "prepared"
        prepare(prepared, url, cases)
        _, messages, _ = ours(prepared, Path(temporary) / "warm")
        for _ in range(rounds):
            times["with"].append(ours(prepared, Path(temporary) / "with")[0])
            with without_log():
                times["without"].append(ours(prepared, Path(temporary) / "without")[0])
        shutil.rmtree(prepared)
    rate = {name: messages / statistics.median(taken) for name, taken in times.items()}
    return {"per_second": rate["with"], "without_log": rate["without"], "share": 1 - rate["with"] / rate["without"]}


def measure(entries: int, cases: int, rounds: int) -> dict[str, Any]:
    """Measure all three."""
    with tempfile.TemporaryDirectory() as temporary:
        ledger = made_ledger(Path(temporary), entries)
        found: dict[str, Any] = verifying(ledger, min(rounds, 3))
        ledger.engine.dispose()
    return found | {"throughput": share(cases, rounds)}


def lines(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines of a table."""
    per = found["throughput"]
    first = f"{found['entries']:>9,} entries and {found['rows']:,} rows verified in {found['verify_seconds']:.2f} s"
    with_log, without = per["per_second"], per["without_log"]
    return [
        f"{first} ({found['entries_per_second']:,.0f} a second)",
        f"one proof {found['proof_ms']:.2f} ms, at most {found['proof_ms_at_most']:.2f} ms",
        f"{with_log:.0f} messages a second, {without:.0f} without the log: it takes {per['share']:.0%}",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    found = measure(chosen.entries, chosen.cases, chosen.rounds)
    print("\n".join(lines(found)))  # noqa: T201 - a command
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
