"""What a monitoring system asks of a ledger, on both databases."""

from datetime import timedelta

from sync_agent.audit import head
from sync_agent.ledger import CaseRow, Ledger, MessageRow, State, end_run, gauges, insert_rows, start_run
from tests.support.ledgers import NOW

TODAY = (NOW + timedelta(hours=7)).date()


def case(number: int) -> CaseRow:
    """Return a case."""
    return CaseRow(
        source_id="nho",
        case_key=f"V{number}",
        pseudonym=f"P-{number}",
        rev=1,
        dirty=False,
        kind_seen_at=NOW,
        first_seen=NOW,
        last_digest="d",
        digest_seen_at=NOW - timedelta(hours=number),
    )


def read(ledger: Ledger) -> gauges.Gauges:
    """Return what is told now."""
    with ledger.read() as connection:
        return gauges.read_gauges(
            connection, "nho", today=TODAY, soon=TODAY + timedelta(days=1), places=["far", "further"]
        )


def test_a_new_ledger_has_nothing_but_its_size(ledger: Ledger) -> None:
    """And no place that a head has reached."""
    found = read(ledger)
    assert (found.overview.cases, found.held, found.lanes, found.requests, found.write_backs) == (0, {}, {}, 0, 0)
    assert (found.last_done_at, found.last_acknowledged_at, found.checkpoint_at) == (None, None, None)
    assert found.anchored_at == {"far": None, "further": None}
    with ledger.read() as connection:
        assert found.entries == head(connection).size
    assert found.ledger_bytes > 4096


def test_lateness_is_counted_by_step(ledger: Ledger) -> None:
    """What is late, and what is due by the day that was asked for."""
    with ledger.write() as tx:
        rows = [case(1), case(2), case(3)]
        insert_rows(tx.connection, rows)
        days = (TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=2))
        messages = [
            MessageRow(
                case_id=row.id,
                step="case",
                local_key="",
                state=State.PENDING,
                trigger_on=TODAY.isoformat(),
                due_on=day.isoformat(),
            )
            for row, day in zip(rows, days, strict=True)
        ]
        insert_rows(tx.connection, messages)
    found = read(ledger)
    assert (found.late, found.due_soon) == ({"case": 1}, {"case": 1})
    assert found.overview.oldest_waiting == NOW - timedelta(hours=3)


def test_only_runs_that_ended_are_told_and_each_once(ledger: Ledger) -> None:
    """One that was cut off never ends; what came after it counts all the same."""
    with ledger.write() as tx:
        before = gauges.newest_run(tx.connection)
        start_run(tx, "sync")
        for result in ("failed", "done"):
            end_run(tx, start_run(tx, "sync"), result, {"delivered.acknowledged": 2})
    with ledger.read() as connection:
        runs = gauges.runs_after(connection, before)
        assert (before, [run.result for run in runs]) == (0, ["failed", "done"])
        assert gauges.runs_after(connection, runs[-1].id) == []
        assert gauges.newest_run(connection) == runs[-1].id
    assert read(ledger).last_done_at == NOW
