"""How a row is written and read back: times, keys, order."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects.sqlite import dialect

from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.ledger import CaseRow, MessageRow, finding_key, sort_key
from sync_agent.ledger.tables import UtcTime

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
HERE = timezone(timedelta(hours=7))


def test_an_instant_is_stored_in_utc() -> None:
    """Whatever its zone was."""
    assert UtcTime().process_bind_param(NOW.astimezone(HERE), dialect()) == NOW


def test_a_naive_instant_is_refused() -> None:
    """It could be any of two dozen."""
    with pytest.raises(ValueError, match="naive"):
        UtcTime().process_bind_param(NOW.replace(tzinfo=None), dialect())


@pytest.mark.parametrize("stored", [NOW.replace(tzinfo=None), NOW.astimezone(HERE)])
def test_what_is_read_is_aware(stored: datetime) -> None:
    """Also from a database that keeps no zone."""
    read = UtcTime().process_result_value(stored, dialect())
    assert (read, read and read.tzinfo) == (NOW, UTC)


def test_no_instant_is_none() -> None:
    """In both directions."""
    time = UtcTime()
    assert (time.process_bind_param(None, dialect()), time.process_result_value(None, dialect())) == (None, None)


def test_messages_go_by_step_and_key() -> None:
    """In the order in which a case goes up."""
    rows = [
        MessageRow(case_id=1, step=step, local_key=key, state="pending")
        for step, key in [("enforcement", "1"), ("settlement", "2"), ("settlement", "1"), ("case", "")]
    ]
    ordered = [(row.step, row.local_key) for row in sorted(rows, key=sort_key)]
    assert ordered == [("case", ""), ("settlement", "1"), ("settlement", "2"), ("enforcement", "1")]


def test_the_level_is_no_part_of_what_makes_a_finding_the_same() -> None:
    """A finding that becomes graver is not another one."""
    finding = Finding("schema", Level.WARN, "petition", Step.CASE, "", "don")
    assert finding_key(finding) == ("schema", "petition", "case", "", "don")


def test_a_row_shows_no_key() -> None:
    """It may stand in a traceback."""
    row = MessageRow(id=7, case_id=1, step="settlement", local_key="12/QD-XYZ", state="pending")
    assert repr(row) == "MessageRow(id=7)"


def test_a_row_is_nothing_but_its_values() -> None:
    """No session watches it: a column that does not exist is a mistake, and the defaults are those of the table."""
    row = MessageRow(case_id=1, step="case", local_key="", state="pending")
    assert (row.id, row.attempts, row.ack_id, hasattr(row, "__dict__")) == (0, 0, None, False)
    with pytest.raises(AttributeError):
        setattr(row, "atempts", 1)  # noqa: B010 - what a type checker would refuse


def test_a_case_keeps_the_name_under_which_it_was_first_known() -> None:
    """What a table class says of its rows, the rows know."""
    row = CaseRow(
        source_id="b",
        case_key="2",
        pseudonym="P",
        rev=0,
        dirty=False,
        kind_seen_at=NOW,
        first_seen=NOW,
        last_digest="",
        digest_seen_at=NOW,
        origin_key="1",
    )
    assert row.origin == ("b", "1")
