"""Lists of cases: every filter, every order, and pages that neither skip a case nor show one twice."""

from datetime import timedelta
from typing import Any

import pytest

from sync_agent.ledger import (
    CaseOrder,
    CasePlace,
    CaseRow,
    CaseSearch,
    FindingRow,
    Ledger,
    MessageRow,
    State,
    insert_rows,
    list_cases,
)
from tests.support.ledgers import NOW

TODAY = "2026-11-02"


def case_row(key: str, **values: Any) -> CaseRow:
    """Return a case."""
    fixed: dict[str, Any] = {"source_id": "nho", "case_key": key, "pseudonym": f"P-{key}", "rev": 1, "dirty": False}
    fixed |= {"kind_seen_at": NOW, "first_seen": NOW, "digest_seen_at": NOW, "last_digest": f"digest-{key}"}
    return CaseRow(**fixed | values)


def message(case: CaseRow, step: str, state: State, due_on: str | None, *, up: bool = False) -> MessageRow:
    """Return a message that was triggered when it had to be."""
    return MessageRow(
        case_id=case.id,
        step=step,
        local_key="",
        state=state,
        trigger_on=due_on,
        due_on=due_on,
        first_ack_at=NOW - timedelta(days=9) if up else None,
    )


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Return a ledger of five cases of ours, one of them protected, one gone; and one of another source."""
    rows = [
        case_row("V1", agency="A", kind="complaint", received_on="2026-10-01"),
        case_row("V2", agency="B", kind="feedback", received_on="2026-09-01"),
        case_row(
            "V3", agency="A", kind="denunciation", received_on="2026-10-20", protected_since=NOW, pseudonym="P-AA"
        ),
        case_row("V4", agency="A", received_on=None, gone_since=NOW),
        case_row("V5", agency="B", kind="complaint", received_on="2026-10-20"),
        case_row("V1", source_id="other", pseudonym="P-other"),
    ]
    with ledger.write() as tx:
        insert_rows(tx.connection, rows)
        first, second, third, gone, fifth, other = rows
        messages = [
            message(first, "case", State.ACKNOWLEDGED, "2026-10-02", up=True),
            message(first, "processing", State.HELD, "2026-11-03"),
            message(second, "case", State.REJECTED, "2026-09-02"),
            message(third, "case", State.WAITING, "2026-10-21"),
            message(gone, "case", State.HELD, "2026-10-01"),
            message(fifth, "case", State.ACKNOWLEDGED, "2026-10-21", up=True),
            message(other, "case", State.UNCERTAIN, "2026-01-01"),
        ]
        insert_rows(tx.connection, messages)
        held = [
            FindingRow(
                case_id=case.id,
                rule="file_missing",
                level=level,
                field="attachments",
                step="case",
                local_key="",
                place="tep",
                since=NOW,
                released_digest=released,
            )
            for case, level, released in (
                (first, "hold", None),
                (second, "hold", "digest-V2"),
                (third, "warn", None),
            )
        ]
        insert_rows(tx.connection, held)
    return ledger


def listed(ledger: Ledger, order: CaseOrder = CaseOrder.KEY, limit: int = 100, **asked: Any) -> list[str]:
    """Return the names of all pages, one after the other, each going on by the word of the one before."""
    names: list[str] = []
    after = None
    with ledger.read() as connection:
        while page := list_cases(
            connection, "nho", CaseSearch(**asked), today=TODAY, order=order, after=after, limit=limit
        ):
            names += [place.name for _, place in page]
            after = CasePlace.parse(str(page[-1][1]), order)
    return names


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["P-AA", "V1", "V2", "V4", "V5"]),
        ({"state": State.HELD}, ["V1", "V4"]),
        ({"state": State.HELD, "step": "case"}, ["V4"]),
        ({"step": "processing"}, ["V1"]),
        ({"kind": "complaint"}, ["V1", "V5"]),
        ({"agency": "B"}, ["V2", "V5"]),
        ({"received_since": "2026-10-01", "received_until": "2026-10-19"}, ["V1"]),
        ({"received_until": "2026-10-20"}, ["P-AA", "V1", "V2", "V5"]),
        ({"late": True}, ["P-AA", "V2"]),
        ({"late": True, "agency": "A"}, ["P-AA"]),
        ({"due_until": "2026-11-04"}, ["V1"]),
        ({"due_until": TODAY}, []),
        ({"held_by": "file_missing"}, ["V1"]),
        ({"held_by": "schema"}, []),
        ({"gone": True}, ["V4"]),
        ({"protected": True}, ["P-AA"]),
        ({"agencies": frozenset({"B"})}, ["V2", "V5"]),
    ],
    ids=str,
)
def test_a_filter_finds_what_it_says(filled: Ledger, asked: dict[str, Any], expected: list[str]) -> None:
    """What is released, or only a warning, holds nothing; what is gone is not late; other sources are not ours."""
    assert listed(filled, **asked) == expected


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (CaseOrder.KEY, ["P-AA", "V1", "V2", "V4", "V5"]),
        (CaseOrder.RECEIVED, ["V2", "V1", "P-AA", "V5", "V4"]),
        (CaseOrder.DUE, ["V2", "V4", "P-AA", "V1", "V5"]),
        (CaseOrder.STATE, ["V2", "V1", "V4", "P-AA", "V5"]),
    ],
)
def test_pages_follow_each_other(filled: Ledger, order: CaseOrder, limit: int, expected: list[str]) -> None:
    """Those alike by name; what has no day is last. A protected case stands by its pseudonym, not by its key."""
    assert listed(filled, order, limit) == expected


def test_what_comes_between_two_pages_shifts_nothing(filled: Ledger) -> None:
    """The next page begins behind the last case seen, not at a number."""
    with filled.read() as connection:
        ((_, place),) = list_cases(connection, "nho", CaseSearch(), today=TODAY, limit=1)
    with filled.write() as tx:
        insert_rows(tx.connection, [case_row("A0"), case_row("V11")])
    with filled.read() as connection:
        rest = list_cases(connection, "nho", CaseSearch(), today=TODAY, after=place)
    assert [each.name for _, each in rest] == ["V1", "V11", "V2", "V4", "V5"]


@pytest.mark.parametrize(
    ("word", "order"), [("", CaseOrder.KEY), ("V1", CaseOrder.DUE), ("2026-10-01:", CaseOrder.DUE)]
)
def test_a_word_no_page_ended_with_is_refused(word: str, order: CaseOrder) -> None:
    """Instead of a page from anywhere."""
    with pytest.raises(ValueError, match="no place"):
        CasePlace.parse(word, order)
