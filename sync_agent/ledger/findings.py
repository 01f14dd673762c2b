"""Findings in the ledger: which a case has now, since when, and which a person released for which content."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, select

from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.ledger.rows import fetch, insert_rows, save_rows, table_of
from sync_agent.ledger.tables import FindingRow

__all__ = ["FindingKey", "finding_key", "load_findings", "replace", "to_finding"]

FindingKey = tuple[str, str, str, str, str]

_FINDING = table_of(FindingRow)


def finding_key(finding: Finding) -> FindingKey:
    """Return what makes a finding of a case the same one at the next look."""
    return finding.rule, finding.field, finding.step or "", finding.local_key, finding.where


def to_finding(row: FindingRow) -> Finding:
    """Return the stored finding as the rooms know it."""
    step = Step(row.step) if row.step else None
    return Finding(row.rule, Level(row.level), row.field, step, row.local_key, row.place)


def load_findings(connection: Connection, case_ids: Collection[int]) -> dict[int, dict[FindingKey, FindingRow]]:
    """Return the findings of the cases, by case row id."""
    found: dict[int, dict[FindingKey, FindingRow]] = {case_id: {} for case_id in case_ids}
    for row in fetch(connection, FindingRow, select(_FINDING).where(_FINDING.c.case_id.in_(case_ids))):
        found[row.case_id][finding_key(to_finding(row))] = row
    return found


def replace(
    connection: Connection, new: list[FindingRow], changed: list[FindingRow], gone: Iterable[FindingRow]
) -> None:
    """Write the findings that appeared, changed their level, or are no more."""
    insert_rows(connection, new)
    save_rows(connection, changed)
    ids = [row.id for row in gone]
    if ids:
        connection.execute(delete(_FINDING).where(_FINDING.c.id.in_(ids)))
