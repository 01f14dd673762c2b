"""How long each of the pages takes in a large ledger: at most 200 ms with 1,000,000 entries and 200,000 cases.

    python -m tests.benchmarks.pages [--entries N] [--cases N] [--rounds N] [--folder DIR] [--json FILE]

A log of N entries is made as passes write it; then its cases are copied (rows only) and spread over agencies, kinds,
days and states. Each page is asked for as a browser does, the whole application between; the median counts. With
`--folder` the ledger is kept there, and used again.
"""

import argparse
import json
import statistics
import tempfile
import time
import warnings
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from sync_agent.audit import KeyFile
from sync_agent.bootstrap import Desk, installation_key
from sync_agent.ledger import HeadKeeper, Ledger, Role, add_account, open_engine, open_for_pages
from sync_agent.privacy import KeyNames
from sync_agent.settings import load_settings
from sync_agent.web import hashed, make_app
from tests.benchmarks.audit import made_ledger
from tests.benchmarks.delivery import configure
from tests.benchmarks.scale import _COPIED
from tests.support.sites import HERE, PASSWORD, Site

MOST_MS = 200
PAGES = {
    "overview": "/?agency=H01.05",
    "cases": "/cases",
    "cases held": "/cases?state=held",
    "cases acknowledged, of one step": "/cases?state=acknowledged&step=acceptance",
    "cases late": "/cases?late=1",
    "cases of an agency and a month": "/cases?agency=H01.05&received_since=2026-03-01&received_until=2026-03-31",
    "cases, several at once": "/cases?state=acknowledged&kind=mixed&agency=H01.07&received_until=2025-12-31",
    "cases of an agency there is not": "/cases?agency=H99",
    "case": "/cases/1",
    "audit": "/audit",
    "audit of a day": "/audit?since=2026-11-03&until=2026-11-03",
    "audit by a reason nobody had": "/audit?reason=nothing",
    "audit of an event": "/audit?event=accepted",
    "entry": "/audit/12345",
    "heads": "/audit/heads",
    "verification": "/audit/verification",
    "runs": "/runs",
    "requests": "/requests",
    "configuration": "/configuration",
}
_SPREAD = (
    """UPDATE case_state SET agency = 'H01.' || printf('%02d', id % 30), received_on = date('2025-01-01', '+'
    || (id % 690) || ' days'), kind = CASE id % 10 WHEN 0 THEN 'mixed' WHEN 1 THEN 'denunciation'
    WHEN 2 THEN 'denunciation' WHEN 3 THEN 'feedback' ELSE 'complaint' END""",
    """UPDATE message SET trigger_on = date('2025-01-03', '+' || (case_id % 690) || ' days'),
    due_on = date('2025-01-06', '+' || (case_id % 690) || ' days'), first_ack_at = ack_at""",
    """UPDATE message SET state = CASE id % 4 WHEN 0 THEN 'held' WHEN 1 THEN 'pending' WHEN 2 THEN 'rejected'
    ELSE 'uncertain' END, ack_digest = NULL, first_ack_at = NULL, ack_id = NULL WHERE id % 97 = 0""",
    "ANALYZE",
)


def fill(folder: Path, entries: int, cases: int) -> None:
    """Make an installation with a large ledger."""
    configure(folder, "http://127.0.0.1:1")
    ledger = made_ledger(folder / "state", entries)
    with ledger.engine.begin() as connection:
        _copy(connection, cases)
        for statement in _SPREAD:
            connection.execute(text(statement))
    with ledger.write(actor="os:bench") as tx:
        add_account(tx, name="bench", role=Role.OPERATOR, agencies=frozenset(), password=hashed(PASSWORD))
    ledger.engine.dispose()


def _copy(connection: Connection, cases: int) -> None:
    known = connection.execute(text("SELECT count(*) FROM case_state")).scalar_one()
    numbers = "WITH RECURSIVE n (copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM n WHERE copy < :copies)"
    for table in ("case_state", "message"):
        changed = _COPIED[table]
        columns = SQLModel.metadata.tables[table].c.keys()
        values = ", ".join(changed.get(each, each) for each in columns)
        copied = f"INSERT INTO {table} ({', '.join(columns)}) {numbers} SELECT {values} FROM {table}, n"  # noqa: S608
        if known * 2 <= cases:
            connection.execute(text(copied), {"copies": cases // known - 1})


def opened(folder: Path) -> Any:
    """Return a browser that is signed in."""
    settings = load_settings(folder)
    engine = open_for_pages(open_engine(f"sqlite:///{folder}/state/ledger.db", create=False).url)
    heads, key = HeadKeeper(KeyFile(folder / "state", "sync-agent/bench")), installation_key(settings.state)
    ledger = Ledger(engine, source_id="nho", actor="web", heads=heads)
    desk = Desk(settings, ledger, KeyNames(r"V\d+(-\d+)?", key, "nho"), heads)
    app = make_app(desk, seal=lambda text: text.encode(), tell=partial(print, flush=True))
    browser = browser_of(app)
    assert Site.sign_in(browser, "bench").status_code == 303
    return browser


def browser_of(app: Any) -> Any:
    """Return a browser of an application."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in tests.support.sites
        from starlette.testclient import TestClient  # noqa: PLC0415 - it warns when it is imported
    return TestClient(app, HERE, client=("127.0.0.1", 50_000), follow_redirects=False)


def measure(folder: Path, rounds: int) -> dict[str, float]:
    """Return the milliseconds of each page."""
    browser, found = opened(folder), {}
    began = time.perf_counter()
    while "refresh" in browser.get("/").headers:
        time.sleep(0.1)
    found["(first count of the figures, beside the pages)"] = (time.perf_counter() - began) * 1000
    for name, path in PAGES.items():
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            answer = browser.get(path)
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
        found[name] = statistics.median(times)
    return found


def lines(found: dict[str, float]) -> list[str]:
    """Return the figures as lines of a table."""
    return [
        f"{name:<50} {ms:7.0f} ms{'' if ms <= MOST_MS else '  (more than the target)'}" for name, ms in found.items()
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with ExitStack() as opening:
        folder: Path = chosen.folder or Path(opening.enter_context(tempfile.TemporaryDirectory())) / "agent"
        if not folder.exists():
            fill(folder, chosen.entries, chosen.cases)
        found: dict[str, Any] = measure(folder, chosen.rounds)
    print("\n".join(lines(found)))  # noqa: T201 - a command
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
