"""What people ask the ledger."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync_agent.audit import create_secrets
from sync_agent.domain.findings import Finding, Level
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import (
    CaseRow,
    FindingRow,
    Ledger,
    MessageRow,
    find_case,
    finding_key,
    insert_rows,
    known_by_name,
    known_cases,
    last_runs,
    planned,
    queries,
    start_run,
    subject_of,
    to_finding,
)
from sync_agent.ledger.rows import values_of
from tests.support.ledgers import NOW


def case_row(key: str, **values: Any) -> CaseRow:
    """Return a case as it was first seen."""
    fixed: dict[str, Any] = {"rev": 1, "dirty": False, "kind_seen_at": NOW, "first_seen": NOW, "digest_seen_at": NOW}
    row = {"source_id": "nho", "case_key": key, "pseudonym": f"P-{key}", "last_digest": f"digest-{key}"}
    return CaseRow(**{**fixed, **row, **values})


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Return a ledger of three cases: one done, one held, one protected and waiting; and one of another source."""
    rows = [
        case_row("V1"),
        case_row("V2", digest_seen_at=NOW - timedelta(days=2)),
        case_row("V3", protected_since=NOW),
        case_row("V1", source_id="other", pseudonym="P-other"),
    ]
    with ledger.write() as tx:
        create_secrets(tx.connection, "nho", ["V1", "V2", "V3"])
        insert_rows(tx.connection, rows)
        messages = [
            MessageRow(
                case_id=rows[0].id,
                step="case",
                local_key="",
                state="acknowledged",
                ack_digest="a",
                ack_id="1",
                due_on="2026-10-01",
            ),
            MessageRow(
                case_id=rows[1].id, step="case", local_key="", state="held", reason="file_missing", due_on="2026-11-01"
            ),
            MessageRow(
                case_id=rows[2].id, step="case", local_key="", state="waiting", next_try_at=NOW, due_on="2026-11-09"
            ),
            MessageRow(case_id=rows[3].id, step="case", local_key="", state="pending"),
        ]
        insert_rows(tx.connection, messages)
        hold = FindingRow(
            case_id=rows[1].id,
            rule="file_missing",
            level="hold",
            field="attachments",
            step="case",
            local_key="",
            place="tep",
            since=NOW,
        )
        warn = FindingRow(**values_of(hold) | {"rule": "not_expressible", "level": "warn"})
        insert_rows(tx.connection, [hold, warn])
    return ledger


def test_an_overview_counts_one_source(filled: Ledger) -> None:
    """Cases, protected ones, messages by step and state, and the oldest that waits."""
    with filled.read() as connection:
        overview = queries.overview(connection, "nho")
    expected = {("case", "acknowledged"): 1, ("case", "held"): 1, ("case", "waiting"): 1}
    assert (overview.cases, overview.protected, overview.messages) == (3, 1, expected)
    assert (overview.oldest_waiting, overview.next_try_at) == (NOW, NOW)


def test_what_was_refused_and_is_tried_again_has_a_next_try(filled: Ledger) -> None:
    """It is counted by itself; what was refused for good has none."""
    with filled.write() as tx:
        tx.connection.exec_driver_sql("UPDATE message SET state = 'rejected' WHERE state IN ('held', 'waiting')")
    with filled.read() as connection:
        overview = queries.overview(connection, "nho")
    assert (overview.messages["case", "rejected"], overview.refused_again, overview.next_try_at) == (2, 1, NOW)


def test_late_is_what_has_not_gone_up_by_its_legal_date(filled: Ledger) -> None:
    """The day itself is in time."""
    with filled.read() as connection:
        late = [queries.late_cases(connection, "nho", day) for day in ("2026-11-01", "2026-11-02", "2026-11-10")]
    assert late == [0, 1, 2]


def test_holds_are_what_keeps_a_case_from_going_up(filled: Ledger) -> None:
    """Warnings are counted and hold nothing."""
    with filled.read() as connection:
        holds = queries.list_holds(connection, "nho")
        counts = queries.hold_counts(connection, "nho")
        none = queries.list_holds(connection, "nho", rule="schema"), queries.list_holds(connection, "nho", case_id=1)
    assert [(hold.case.case_key, hold.finding.rule) for hold in holds] == [("V2", "file_missing")]
    assert counts == {("hold", "file_missing", "attachments"): 1, ("warn", "not_expressible", "attachments"): 1}
    assert none == ([], [])


def test_a_released_hold_stands_no_more_for_that_content(filled: Ledger) -> None:
    """It stands again once the content is another."""
    with filled.write() as tx:
        tx.connection.exec_driver_sql("UPDATE finding SET released_digest = 'digest-V2' WHERE level = 'hold'")
    with filled.read() as connection:
        assert queries.list_holds(connection, "nho") == []
    with filled.write() as tx:
        tx.connection.exec_driver_sql("UPDATE case_state SET last_digest = 'another'")
    with filled.read() as connection:
        assert len(queries.list_holds(connection, "nho")) == 1


def test_every_hold_comes_whatever_the_size_of_a_page(filled: Ledger) -> None:
    """With the legal date of what it holds: of its message, or of the case where it holds all of it."""
    with filled.write() as tx:
        tx.connection.exec_driver_sql("UPDATE case_state SET agency = 'A', due_on = '2026-11-01' WHERE case_key = 'V2'")
        tx.connection.exec_driver_sql("UPDATE message SET due_on = '2026-11-09' WHERE ack_digest IS NULL")
        (old,) = [hold.finding for hold in queries.list_holds(tx.connection, "nho")]
        insert_rows(
            tx.connection,
            [
                FindingRow(
                    case_id=old.case_id, rule=rule, level="hold", field="", step=step, local_key="", place="", since=NOW
                )
                for rule, step in (("schema", "case"), ("no_account", ""))
            ],
        )
    with filled.read() as connection:
        found = {hold.finding.rule: hold.due_on for hold in queries.every_hold(connection, "nho", agency="A", page=1)}
        other = list(queries.every_hold(connection, "nho", agency="B"))
    assert (found["schema"], found["no_account"], len(found), other) == ("2026-11-09", "2026-11-01", 3, [])


def test_a_case_is_found_by_key_and_by_pseudonym(filled: Ledger) -> None:
    """Whichever a person has read in a list or a log."""
    with filled.read() as connection:
        by_key, by_pseudonym = find_case(connection, "nho", "V3"), find_case(connection, "nho", "P-V3")
        unknown = find_case(connection, "nho", "V4")
        count = known_cases(connection, "nho")
    assert by_key is not None
    assert (by_key, unknown, count) == (by_pseudonym, None, 3)


def test_an_unknown_case_is_told(filled: Ledger) -> None:
    """In one line."""
    with filled.read() as connection, pytest.raises(SyncAgentError):
        known_by_name(connection, "nho", "V4")


def test_the_log_speaks_of_a_case_by_its_commitment(filled: Ledger) -> None:
    """The same for key and pseudonym."""
    with filled.read() as connection:
        subjects = {subject_of(connection, "nho", name) for name in ("V1", "P-V1")}
    assert len(subjects) == 1


def test_the_newest_run_comes_first(filled: Ledger) -> None:
    """As many as asked for."""
    for kind in ("first", "second", "third"):
        with filled.write() as tx:
            start_run(tx, kind)
    with filled.read() as connection:
        assert [run.kind for run in last_runs(connection, 2)] == ["third", "second"]


def test_findings_come_back_as_they_were(filled: Ledger) -> None:
    """Rule, level, field, step, local key and place."""
    with filled.read() as connection:
        row = next(row for row in queries.findings_of(connection, [1, 2, 3]) if row.level == "hold")
    finding = to_finding(row)
    assert (finding.rule, finding.level, finding.step, finding.where) == ("file_missing", Level.HOLD, "case", "tep")
    assert finding_key(finding) == finding_key(replace(finding, level=Level.WARN))
    assert finding_key(Finding("a", Level.HOLD)) != finding_key(Finding("b", Level.HOLD))


def test_a_plan_comes_in_the_order_of_bytes(ledger: Ledger) -> None:
    """On every database the same, whatever order its collation would give: the digest of a plan depends on it."""
    rows = [case_row(key) for key in ("a-1", "B-2", "a1", "Đ", "Z")]
    with ledger.write() as tx:
        insert_rows(tx.connection, rows)
        steps = ("case", "settlement")
        messages = [
            MessageRow(case_id=row.id, step=step, local_key="", state="pending", wanted_mark="m")
            for row in rows
            for step in reversed(steps)
        ]
        insert_rows(tx.connection, messages)
    with ledger.read() as connection:
        found = [(row.case_key, row.step) for row in planned(connection, "nho")]
    assert found == [(key, step) for key in sorted(row.case_key for row in rows) for step in steps]
