"""Which cases the local system no longer has: how many complete full scans in a row did not find each.

A scan notes whom it saw by row ids; nothing is written for the cases that are there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, case, func, select, update

from sync_agent.ledger.rows import table_of
from sync_agent.ledger.tables import CaseRow

__all__ = [
    "NEEDED_SCANS",
    "Leaving",
    "Seen",
    "absences",
    "count_absence",
    "leaving_cases",
    "present_cases",
    "unseen_cases",
]

NEEDED_SCANS = 2
"""So many complete full scans in a row must not find a case before it counts as gone."""

_CASE = table_of(CaseRow)
_PAGE = 500


class Seen:
    """The cases a scan has seen, by row id: one byte each, so that hundreds of thousands take no room."""

    def __init__(self) -> None:
        self._marks = bytearray()

    def note(self, case_ids: Iterable[int]) -> None:
        """Mark some cases as seen."""
        for case_id in case_ids:
            if case_id >= len(self._marks):
                self._marks.extend(bytes(case_id + 1 - len(self._marks)))
            self._marks[case_id] = 1

    def __contains__(self, case_id: int) -> bool:
        """Tell whether a case was seen."""
        return case_id < len(self._marks) and bool(self._marks[case_id])


@dataclass(frozen=True, slots=True, order=True)
class Leaving:
    """A case that is to be marked as gone."""

    case_key: str = field(repr=False)
    case_id: int
    protected: bool


def absences(connection: Connection, source_id: str) -> tuple[int, int]:
    """Count the cases that are gone, and those that the last full scan did not find and that may be gone next."""
    ours = select(func.count()).where(_CASE.c.source_id == source_id)
    gone = connection.execute(ours.where(_CASE.c.gone_since.is_not(None))).scalar_one()
    return gone, connection.execute(ours.where(_CASE.c.absent_scans > 0)).scalar_one()


def present_cases(connection: Connection, source_id: str) -> int:
    """Count the cases of a source that were found at their last read."""
    statement = select(func.count()).where(_CASE.c.source_id == source_id, _CASE.c.present)
    return connection.execute(statement).scalar_one()


def unseen_cases(connection: Connection, source_id: str, seen: Seen) -> Iterator[list[tuple[int, str]]]:
    """Yield, by pages, row id and key of the cases a scan has not seen and that are not gone already."""
    after, statement = 0, select(_CASE.c.id, _CASE.c.case_key).order_by(_CASE.c.id).limit(_PAGE)
    statement = statement.where(_CASE.c.source_id == source_id, _CASE.c.gone_since.is_(None))
    while page := connection.execute(statement.where(_CASE.c.id > after)).all():
        after = page[-1].id
        unseen = [(row.id, row.case_key) for row in page if row.id not in seen]
        if unseen:
            yield unseen


def count_absence(connection: Connection, case_ids: Sequence[int], *, again: bool) -> None:
    """Note that a complete full scan did not find these cases; `again`: it may count after an earlier one."""
    further = _CASE.c.absent_scans + 1 if again else _CASE.c.absent_scans
    counted = case((_CASE.c.absent_scans == 0, 1), else_=further)
    for start in range(0, len(case_ids), _PAGE):
        statement = update(_CASE).where(_CASE.c.id.in_(case_ids[start : start + _PAGE]))
        connection.execute(statement.values(absent_scans=counted, present=False))


def leaving_cases(connection: Connection, source_id: str) -> list[Leaving]:
    """Return, by key, the cases that were missed often enough and are not marked as gone yet."""
    statement = select(_CASE.c.case_key, _CASE.c.id, _CASE.c.protected_since.is_not(None)).where(
        _CASE.c.source_id == source_id, _CASE.c.absent_scans >= NEEDED_SCANS, _CASE.c.gone_since.is_(None)
    )
    return sorted(Leaving(*row) for row in connection.execute(statement))
