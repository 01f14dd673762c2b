from datetime import date, timedelta
from typing import Any

import pytest

from sync_agent.domain.casefile import (
    Acceptance,
    CaseFile,
    Direction,
    Enforcement,
    Extension,
    Kind,
    Petition,
    Processing,
    Reception,
    Settlement,
    Suspension,
)
from sync_agent.domain.deadlines import (
    PERIODS,
    WeekdayCalendar,
    acceptance_due,
    entry_due,
    legal_period,
    request_due,
    settlement_due,
)
from sync_agent.domain.steps import Step

FRIDAY = date(2026, 3, 6)
MONDAY = date(2026, 3, 9)
PLAIN = WeekdayCalendar()


def _case(kind: Kind | None = Kind.COMPLAINT, **parts: Any) -> CaseFile:
    return CaseFile(case_key="1", kind=kind, **parts)


def _accepted(kind: Kind = Kind.COMPLAINT, *, petition: Petition | None = None, **fields: Any) -> CaseFile:
    return _case(kind, petition=petition, acceptance=Acceptance(accepted_on=FRIDAY, **fields))


@pytest.mark.parametrize(("days", "due"), [(0, FRIDAY), (1, MONDAY), (5, date(2026, 3, 13)), (6, date(2026, 3, 16))])
def test_working_days_are_monday_to_friday(days: int, due: date) -> None:
    """The first working day after a Friday is the Monday."""
    assert PLAIN.add_working_days(FRIDAY, days) == due


def test_a_holiday_is_no_working_day_and_a_swapped_saturday_is_one() -> None:
    """2026-01-02 was given free for Saturday 2026-01-10."""
    calendar = WeekdayCalendar.of([date(2026, 1, 1), date(2026, 1, 2)], worked=[date(2026, 1, 10)])
    assert [calendar.add_working_days(date(2025, 12, 31), 1), calendar.add_working_days(date(2026, 1, 9), 1)] == [
        date(2026, 1, 5),
        date(2026, 1, 10),
    ]


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.DENUNCIATION, Kind.MIXED, None])
def test_an_accepted_case_is_entered_after_its_acceptance(kind: Kind | None) -> None:
    """The trigger is the notice or decision of acceptance, never the receipt or the change of a row."""
    petition = Petition(received_on=date(2026, 2, 1), entered_on=date(2026, 2, 2))
    case = _case(kind, petition=petition, acceptance=Acceptance(accepted_on=FRIDAY))
    assert entry_due(case, Step.CASE, "", 1, PLAIN) == MONDAY


@pytest.mark.parametrize(
    "parts", [{"petition": Petition(received_on=FRIDAY)}, {"reception": Reception(received_on=FRIDAY)}]
)
def test_feedback_is_entered_after_its_receipt(parts: dict[str, Any]) -> None:
    """Received as a petition or at a reception."""
    assert entry_due(_case(Kind.FEEDBACK, **parts), Step.CASE, "", 1, PLAIN) == MONDAY


def test_a_petition_that_is_not_accepted_is_entered_once_processed() -> None:
    """Forwarded, returned or filed: the processing is the step of the law."""
    processing = Processing(direction=Direction.FORWARD, processed_on=FRIDAY)
    assert entry_due(_case(processing=processing), Step.CASE, "", 1, PLAIN) == MONDAY


@pytest.mark.parametrize(
    "case",
    [
        _case(),
        _case(Kind.FEEDBACK),
        _case(petition=Petition(received_on=FRIDAY)),
        _case(processing=Processing(direction=Direction.ACCEPT, processed_on=FRIDAY)),
        _case(acceptance=Acceptance()),
    ],
)
def test_nothing_is_due_before_the_trigger(case: CaseFile) -> None:
    """A complaint that waits for its acceptance is not late."""
    assert entry_due(case, Step.CASE, "", 1, PLAIN) is None


def test_a_later_step_is_entered_after_its_own_day() -> None:
    """Each decision and enforcement has its own."""
    case = _accepted().model_copy(
        update={
            "settlements": (
                Settlement(local_key="a", issued_on=date(2026, 4, 1)),
                Settlement(local_key="b", issued_on=date(2026, 5, 4)),
            ),
            "enforcements": (Enforcement(local_key="e", settlement_key="a", updated_on=date(2026, 6, 1)),),
        }
    )
    steps = [(Step.ACCEPTANCE, ""), (Step.SETTLEMENT, "a"), (Step.SETTLEMENT, "b"), (Step.ENFORCEMENT, "e")]
    assert [entry_due(case, step, key, 2, PLAIN) for step, key in steps] == [
        date(2026, 3, 10),
        date(2026, 4, 3),
        date(2026, 5, 6),
        date(2026, 6, 3),
    ]


def test_a_step_is_not_due_before_the_case_itself() -> None:
    """A complaint processed before its acceptance is entered after it, both steps together."""
    case = _case(
        processing=Processing(direction=Direction.ACCEPT, processed_on=date(2026, 3, 2)),
        acceptance=Acceptance(accepted_on=FRIDAY),
    )
    assert entry_due(case, Step.PROCESSING, "", 1, PLAIN) == MONDAY


def test_a_step_without_case_trigger_counts_from_its_own_day() -> None:
    """A decision without recorded acceptance is late all the same."""
    case = _case(settlements=(Settlement(local_key="a", issued_on=FRIDAY),))
    assert entry_due(case, Step.SETTLEMENT, "a", 1, PLAIN) == MONDAY


@pytest.mark.parametrize(("step", "key"), [(Step.PROCESSING, ""), (Step.ENFORCEMENT, "e"), (Step.SETTLEMENT, "x")])
def test_a_step_without_date_is_not_due(step: Step, key: str) -> None:
    """Lateness is never counted from when a row changed."""
    assert entry_due(_accepted(), step, key, 1, PLAIN) is None


def test_what_the_inspectorate_asks_for_is_due_in_fifteen_days() -> None:
    """NĐ 55/2022, Art. 8.3."""
    assert request_due(date(2026, 3, 1), PLAIN) == date(2026, 3, 16)


@pytest.mark.parametrize(
    ("kind", "several", "due"),
    [
        (Kind.COMPLAINT, False, date(2026, 3, 16)),
        (Kind.DENUNCIATION, False, date(2026, 3, 17)),
        (Kind.DENUNCIATION, True, date(2026, 3, 20)),
        (Kind.FEEDBACK, False, None),
        (Kind.MIXED, False, None),
        (None, False, None),
    ],
)
def test_acceptance(kind: Kind | None, *, several: bool, due: date | None) -> None:
    """Ten calendar days for a complaint; seven working days for a denunciation, ten with several places."""
    case = _case(kind, petition=Petition(received_on=FRIDAY))
    assert acceptance_due(case, PLAIN, several_places=several) == due


def test_acceptance_of_what_was_never_received_is_not_due() -> None:
    """Without the day of receipt there is no clock."""
    assert acceptance_due(_case(), PLAIN) is None


@pytest.mark.parametrize(
    ("second", "complex_case", "remote", "days"),
    [
        (False, False, False, 30),
        (False, True, False, 45),
        (False, False, True, 45),
        (False, True, True, 60),
        (True, False, False, 45),
        (True, True, False, 60),
        (True, False, True, 60),
        (True, True, True, 70),
    ],
)
def test_settlement_of_a_complaint(*, second: bool, complex_case: bool, remote: bool, days: int) -> None:
    """Luật Khiếu nại 2011, Art. 28 and 37."""
    case = _accepted(petition=Petition(previous_instance="D1-2" if second else None))
    assert settlement_due(case, complex_case=complex_case, remote=remote) == FRIDAY + timedelta(days=days)


@pytest.mark.parametrize(("extensions", "days"), [(0, 30), (1, 60), (2, 90), (3, 90)])
def test_settlement_of_a_denunciation(extensions: int, days: int) -> None:
    """Thirty days, and thirty for each of at most two written extensions (Luật Tố cáo 2018, Art. 30)."""
    case = _accepted(Kind.DENUNCIATION, extensions=(Extension(),) * extensions)
    assert settlement_due(case) == FRIDAY + timedelta(days=days)


def test_the_deadline_of_the_agency_counts() -> None:
    """An agency that set itself less is late by its own deadline."""
    assert settlement_due(_accepted(deadline=date(2026, 3, 20))) == date(2026, 3, 20)


def test_the_last_extension_replaces_the_deadline() -> None:
    """The latest day to which it was extended counts."""
    extensions = (Extension(to_date=date(2026, 4, 10)), Extension(to_date=date(2026, 4, 15)), Extension())
    assert settlement_due(_accepted(deadline=date(2026, 4, 5), extensions=extensions)) == date(2026, 4, 15)


def test_no_deadline_is_longer_than_the_law_allows() -> None:
    """A complaint never has more than sixty days the first time."""
    assert settlement_due(_accepted(deadline=date(2027, 1, 1))) == FRIDAY + timedelta(days=60)


@pytest.mark.parametrize("kind", [Kind.FEEDBACK, Kind.MIXED])
def test_where_the_law_sets_no_period_only_the_stated_deadline_counts(kind: Kind) -> None:
    """Feedback has the deadline that the agency gave it, or none."""
    deadline = date(2026, 12, 1)
    assert [settlement_due(_accepted(kind)), settlement_due(_accepted(kind, deadline=deadline))] == [None, deadline]


@pytest.mark.parametrize("case", [_case(), _case(acceptance=Acceptance())])
def test_settlement_of_what_was_not_accepted_is_not_due(case: CaseFile) -> None:
    """The clock starts with the acceptance."""
    assert settlement_due(case) is None


@pytest.mark.parametrize(
    ("suspension", "due"),
    [
        (Suspension(), FRIDAY + timedelta(days=30)),
        (Suspension(suspended_on=date(2026, 3, 10)), None),
        (
            Suspension(suspended_on=date(2026, 3, 10), resumed_on=date(2026, 3, 20)),
            FRIDAY + timedelta(days=40),
        ),
    ],
)
def test_the_days_of_a_suspension_do_not_count(suspension: Suspension, due: date | None) -> None:
    """While it lasts nothing is due; afterwards the deadline has moved by its days."""
    assert settlement_due(_accepted(suspension=suspension)) == due


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.DENUNCIATION])
def test_before_the_law_there_is_no_period(kind: Kind) -> None:
    """A case accepted before a law was in force has no deadline by it."""
    case = _case(kind, acceptance=Acceptance(accepted_on=date(2010, 1, 1)))
    assert settlement_due(case) is None


def test_a_period_is_in_force_from_its_first_day() -> None:
    """The day before it there was none."""
    assert [legal_period("request", day) is None for day in (date(2022, 10, 9), date(2022, 10, 10))] == [True, False]


def test_every_period_names_its_article() -> None:
    """No number without the document it comes from."""
    assert [period.name for period in PERIODS if "Điều" not in period.article] == []
