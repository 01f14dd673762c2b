"""Several processes write to one log at once: each entry has its place, and there is one line of them."""

import subprocess
import sys
from collections import Counter

from sync_agent.audit import Event, entries, head, recompute_root
from sync_agent.ledger import Ledger
from tests.support.ledgers import ON_BOTH

WRITERS, TRANSACTIONS, EACH = 4, 50, 5

SCRIPT = """
import sys
from sync_agent.audit import Event
from sync_agent.ledger import Ledger, open_engine
url, name, transactions, each = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
ledger = Ledger(open_engine(url, create=False), source_id="nho", actor=name)
for number in range(transactions):
    with ledger.write() as tx:
        for place in range(each):
            tx.record(Event.NATIONAL_UP, counts={"number": number * each + place})
"""


@ON_BOTH
def test_four_writers_make_one_line_without_a_gap(ledger: Ledger) -> None:
    """Every entry of each is there, once, in its order, and the root is that of all of them."""
    url = ledger.engine.url.render_as_string(hide_password=False)
    with ledger.read() as connection:
        before = head(connection).size
    ledger.engine.dispose()
    command = [sys.executable, "-c", SCRIPT, url]
    counts = [str(TRANSACTIONS), str(EACH)]
    writers = [subprocess.Popen([*command, f"os:w{number}", *counts]) for number in range(WRITERS)]
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    with ledger.read() as connection:
        stored = list(entries(connection, event=Event.NATIONAL_UP))
        assert recompute_root(connection) == head(connection)
    assert [each.idx for each in stored] == list(range(before, before + WRITERS * TRANSACTIONS * EACH))
    by_writer: dict[str, list[int]] = {}
    for each in stored:
        by_writer.setdefault(each.entry.actor, []).append((each.entry.counts or {})["number"])
    assert by_writer == {f"os:w{number}": list(range(TRANSACTIONS * EACH)) for number in range(WRITERS)}
    assert Counter(map(len, by_writer.values())) == {TRANSACTIONS * EACH: WRITERS}
