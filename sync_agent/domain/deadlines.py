"""Decides by when the law wants a step done or entered, counted from the trigger date in the case itself.

Every period is dated data with its article. Working days are counted by a calendar that is handed in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from sync_agent.domain.casefile import Acceptance, CaseFile, Direction, Kind
from sync_agent.domain.steps import Step

__all__ = [
    "PERIODS",
    "Calendar",
    "LegalPeriod",
    "WeekdayCalendar",
    "acceptance_due",
    "entry_due",
    "legal_period",
    "received_on",
    "request_due",
    "settlement_due",
    "trigger",
]

_SATURDAY: Final = 5
_MAX_EXTENSIONS: Final = 2  # a specially complex denunciation (Luật Tố cáo 2018, Art. 30)


class Calendar(Protocol):
    """Knows which days are worked."""

    def add_working_days(self, day: date, days: int) -> date:
        """Return the `days`-th working day after `day`; `day` itself for 0."""
        ...


@dataclass(frozen=True, slots=True)
class WeekdayCalendar:
    """Monday to Friday without `holidays`, and the days `worked` instead of a day off."""

    holidays: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    @classmethod
    def of(cls, holidays: Iterable[date], worked: Iterable[date] = ()) -> "WeekdayCalendar":
        """Return the calendar for these days."""
        return cls(frozenset(holidays), frozenset(worked))

    def add_working_days(self, day: date, days: int) -> date:
        """Return the `days`-th working day after `day`; `day` itself for 0, the last day there is for one after it."""
        while days > 0 and day < date.max:
            day += timedelta(days=1)
            days -= self.is_working(day)
        return day

    def is_working(self, day: date) -> bool:
        """Tell whether `day` is worked."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.holidays)


@dataclass(frozen=True, slots=True)
class LegalPeriod:
    """A period of the law: calendar days unless `working`; in force from `valid_from`, before `valid_to`."""

    name: str
    days: int
    article: str
    valid_from: date
    valid_to: date | None = None
    working: bool = False


_COMPLAINTS: Final = date(2012, 7, 1)  # Luật Khiếu nại 02/2011/QH13 in force
_DENUNCIATIONS: Final = date(2019, 1, 1)  # Luật Tố cáo 25/2018/QH14 in force
_DATABASE: Final = date(2022, 10, 10)  # NĐ 55/2022/NĐ-CP in force

PERIODS: Final = (
    LegalPeriod("request", 15, "NĐ 55/2022/NĐ-CP, Điều 8.3", _DATABASE),
    LegalPeriod("complaint_acceptance", 10, "Luật Khiếu nại 2011, Điều 27 và 36", _COMPLAINTS),
    LegalPeriod("complaint_first", 30, "Luật Khiếu nại 2011, Điều 28", _COMPLAINTS),
    LegalPeriod("complaint_first_complex", 45, "Luật Khiếu nại 2011, Điều 28", _COMPLAINTS),
    LegalPeriod("complaint_first_remote", 45, "Luật Khiếu nại 2011, Điều 28", _COMPLAINTS),
    LegalPeriod("complaint_first_remote_complex", 60, "Luật Khiếu nại 2011, Điều 28", _COMPLAINTS),
    LegalPeriod("complaint_second", 45, "Luật Khiếu nại 2011, Điều 37", _COMPLAINTS),
    LegalPeriod("complaint_second_complex", 60, "Luật Khiếu nại 2011, Điều 37", _COMPLAINTS),
    LegalPeriod("complaint_second_remote", 60, "Luật Khiếu nại 2011, Điều 37", _COMPLAINTS),
    LegalPeriod("complaint_second_remote_complex", 70, "Luật Khiếu nại 2011, Điều 37", _COMPLAINTS),
    LegalPeriod("denunciation_acceptance", 7, "Luật Tố cáo 2018, Điều 24", _DENUNCIATIONS, working=True),
    LegalPeriod("denunciation_acceptance_places", 10, "Luật Tố cáo 2018, Điều 24", _DENUNCIATIONS, working=True),
    LegalPeriod("denunciation", 30, "Luật Tố cáo 2018, Điều 30", _DENUNCIATIONS),
    LegalPeriod("denunciation_extension", 30, "Luật Tố cáo 2018, Điều 30", _DENUNCIATIONS),
)


def legal_period(name: str, on: date) -> LegalPeriod | None:
    """Return the period `name` as it is in force on the day `on`; None when the law had none yet."""
    for period in PERIODS:
        if period.name == name and period.valid_from <= on and (period.valid_to is None or on < period.valid_to):
            return period
    return None


def _after(name: str, start: date | None, calendar: Calendar) -> date | None:
    period = legal_period(name, start) if start else None
    if start is None or period is None:
        return None
    return calendar.add_working_days(start, period.days) if period.working else start + timedelta(days=period.days)


def request_due(received_on: date, calendar: Calendar) -> date | None:
    """Return by when what the Government Inspectorate asked for must be entered (NĐ 55/2022, Art. 8.3)."""
    return _after("request", received_on, calendar)


def received_on(case: CaseFile) -> date | None:
    """Return when the agency received the petition, or the citizen who brought none."""
    petition = case.petition.received_on if case.petition else None
    return petition or (case.reception.received_on if case.reception else None)


def _case_trigger(case: CaseFile) -> date | None:
    if case.kind is Kind.FEEDBACK:
        return received_on(case)
    if case.acceptance is not None and case.acceptance.accepted_on is not None:
        return case.acceptance.accepted_on
    if case.processing is not None and case.processing.direction is not Direction.ACCEPT:
        return case.processing.processed_on
    return None  # to be accepted: the clock starts with the notice of acceptance


def _own_date(case: CaseFile, step: Step, local_key: str) -> date | None:
    dates: Mapping[Step, Mapping[str, date | None]] = {
        Step.PROCESSING: {"": case.processing.processed_on if case.processing else None},
        Step.ACCEPTANCE: {"": case.acceptance.accepted_on if case.acceptance else None},
        Step.SETTLEMENT: {settlement.local_key: settlement.issued_on for settlement in case.settlements},
        Step.ENFORCEMENT: {enforcement.local_key: enforcement.updated_on for enforcement in case.enforcements},
    }
    return dates[step].get(local_key)


def trigger(case: CaseFile, step: Step, local_key: str) -> date | None:
    """Return the day from which the step must be in the national database; None while the law asks nothing yet.

    The case: the notice or decision of acceptance, or the receipt of feedback; a petition that is not accepted, the day
    it was processed. A later step: its own day, but never before the day of the case (NĐ 55/2022, Art. 8.1).
    """
    first = _case_trigger(case)
    if step is Step.CASE:
        return first
    own = _own_date(case, step, local_key)
    return max(own, first) if own and first else own


def entry_due(case: CaseFile, step: Step, local_key: str, yardstick_days: int, calendar: Calendar) -> date | None:
    """Return the last day on which the step is in time. `yardstick_days`: working days the agency calls immediate."""
    start = trigger(case, step, local_key)
    return calendar.add_working_days(start, yardstick_days) if start else None


def acceptance_due(case: CaseFile, calendar: Calendar, *, several_places: bool = False) -> date | None:
    """Return by when the agency must have accepted or refused; None for feedback and mixed content."""
    names = {
        Kind.COMPLAINT: "complaint_acceptance",
        Kind.DENUNCIATION: "denunciation_acceptance" + ("_places" if several_places else ""),
    }
    name = names.get(case.kind) if case.kind else None
    return _after(name, received_on(case), calendar) if name else None


def settlement_due(case: CaseFile, *, complex_case: bool = False, remote: bool = False) -> date | None:
    """Return by when the case must be settled; None when it is not accepted or suspended, or the law sets no period.

    The agency's own deadline or last extension counts where it stands, but never longer than the law allows.
    `complex_case` and `remote` say what the record cannot. Calendar days; a deadline on a day off is not moved.
    The days of a suspension do not count (Luật Tố cáo 2018, Art. 34; complaints: Luật 136/2025/QH15).
    """
    acceptance = case.acceptance
    if acceptance is None or acceptance.accepted_on is None:
        return None
    usual = _latest(case, acceptance.accepted_on, complex_case=complex_case, remote=remote)
    longest = _latest(case, acceptance.accepted_on, complex_case=True, remote=True)
    extended = max((extension.to_date for extension in acceptance.extensions if extension.to_date), default=None)
    stated = extended or acceptance.deadline
    due = min(stated, longest) if stated and longest else stated or usual
    return _resumed(due, acceptance) if due else None


def _latest(case: CaseFile, on: date, *, complex_case: bool, remote: bool) -> date | None:
    days = _days_allowed(case, on, complex_case=complex_case, remote=remote)
    return None if days is None else on + timedelta(days=days)


def _days_allowed(case: CaseFile, on: date, *, complex_case: bool, remote: bool) -> int | None:
    if case.kind is Kind.COMPLAINT:
        second = case.petition is not None and case.petition.previous_instance is not None
        name = "complaint_second" if second else "complaint_first"
        return _days(name + "_remote" * remote + "_complex" * complex_case, on)
    if case.kind is Kind.DENUNCIATION and case.acceptance is not None:
        base, extension = _days("denunciation", on), _days("denunciation_extension", on)
        granted = min(len(case.acceptance.extensions), _MAX_EXTENSIONS)
        return None if base is None or extension is None else base + granted * extension
    return None


def _days(name: str, on: date) -> int | None:
    period = legal_period(name, on)
    return period.days if period else None


def _resumed(due: date, acceptance: Acceptance) -> date | None:
    """Return `due` moved by the days of a suspension; None while it lasts."""
    suspension = acceptance.suspension
    if suspension is None or suspension.suspended_on is None:
        return due
    if suspension.resumed_on is None:
        return None
    return due + (suspension.resumed_on - suspension.suspended_on)
