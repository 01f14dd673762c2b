"""What is late by the law, what is about to be, and when the clock stopped."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sync_agent.audit import create_secrets
from sync_agent.ledger import CaseRow, Ledger, MessageRow, insert_rows, timeliness
from sync_agent.ledger.timeliness import Timing
from tests.support.ledgers import NOW

TODAY = date(2026, 11, 10)


def case_row(key: str, **values: Any) -> CaseRow:
    """Return a case as it was first seen."""
    fixed: dict[str, Any] = {"rev": 1, "dirty": False, "kind_seen_at": NOW, "first_seen": NOW, "digest_seen_at": NOW}
    return CaseRow(
        **{**fixed, "source_id": "nho", "case_key": key, "pseudonym": f"P-{key}", "last_digest": key, **values}
    )


def message(case: CaseRow, step: str, due_on: str | None, **values: Any) -> MessageRow:
    """Return a message that was triggered three days before it was due."""
    start = None if due_on is None else f"{due_on[:8]}{int(due_on[8:]) - 3:02}"
    fixed = {"state": "pending", "local_key": "", "trigger_on": start, "due_on": due_on}
    return MessageRow(**{"case_id": case.id, "step": step, **fixed, **values})


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Return a ledger with messages late, in time, due today, and of a case that is gone."""
    rows = [
        case_row("V1", agency="A", kind="complaint"),
        case_row("V2", agency="B", kind="denunciation", protected_since=NOW),
        case_row("V3", agency="A", kind="complaint", gone_since=NOW),
    ]
    with ledger.write() as tx:
        create_secrets(tx.connection, "nho", ["V1", "V2", "V3"])
        insert_rows(tx.connection, rows)
        messages = [
            message(rows[0], "case", "2026-11-09", first_ack_at=datetime(2026, 11, 9, 16, 59, tzinfo=UTC)),
            message(rows[0], "processing", "2026-11-09", first_ack_at=datetime(2026, 11, 9, 17, 0, tzinfo=UTC)),
            message(rows[0], "acceptance", "2026-11-05", state="not_ready"),
            message(rows[0], "settlement", None, local_key="1"),
            message(rows[1], "case", "2026-11-10", state="held"),
            message(rows[1], "processing", "2026-11-12"),
            message(rows[2], "case", "2026-11-05"),
        ]
        insert_rows(tx.connection, messages)
    return ledger


def test_not_ready_but_triggered_is_late_and_gone_is_not(filled: Ledger) -> None:
    """The law does not ask whether the local system has finished."""
    with filled.read() as connection:
        late = timeliness.late(connection, "nho", TODAY)
        counts = timeliness.late_counts(connection, "nho", TODAY)
    assert [(each.case.case_key, each.message.step) for each in late] == [("V1", "acceptance")]
    assert counts == {("A", "complaint", "acceptance"): 1}


def test_what_is_due_today_is_due_soon_and_not_late(filled: Ledger) -> None:
    """The last day is in time; pages go on after the last that was seen."""
    with filled.read() as connection:
        soon = timeliness.due_soon(connection, "nho", TODAY, date(2026, 11, 12))
        last = (soon[0].message.due_on or "", soon[0].message.id)
        rest = timeliness.due_soon(connection, "nho", TODAY, date(2026, 11, 12), after=last)
        counts = timeliness.due_soon_counts(connection, "nho", TODAY, date(2026, 11, 11))
        elsewhere = timeliness.due_soon(connection, "nho", TODAY, date(2026, 11, 12), agencies=["A"])
    assert [each.message.step for each in soon] == ["case", "processing"]
    assert [each.message.step for each in rest] == ["processing"]
    assert (counts, elsewhere) == ({("B", "denunciation", "case"): 1}, [])


def test_the_clock_stops_by_the_day_in_viet_nam(filled: Ledger) -> None:
    """One minute before midnight there is in time, midnight is not; months count by the trigger."""
    with filled.read() as connection:
        by_month = timeliness.by_month(connection, "nho", TODAY)
        found = {(each.agency, each.step): each for each in timeliness.timed_messages(connection, "nho", TODAY)}
    assert by_month == {"2026-11": {Timing.ON_TIME: 1, Timing.DONE_LATE: 1, Timing.LATE: 1, Timing.OPEN: 2}}
    assert [found["A", step].days for step in ("case", "processing", "acceptance")] == [0, 1, 5]
