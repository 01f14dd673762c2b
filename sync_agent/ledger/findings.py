"""Findings in the ledger: which a case has now, since when, and what a person said of one for which content."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, select

from sync_agent.domain.canonical import canonical_bytes, keyed_digest
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.ledger.known import KnownCase
from sync_agent.ledger.rows import fetch, insert_rows, save_rows, table_of
from sync_agent.ledger.tables import FindingRow

__all__ = ["FindingKey", "finding_key", "is_rejected", "load_findings", "replace", "sight", "to_finding"]

FindingKey = tuple[str, str, str, str, str]

_FINDING = table_of(FindingRow)
_SIGHT = 12
"""Hex digits by which a person names what was looked at."""


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


def is_rejected(row: FindingRow, digest: str) -> bool:
    """Tell whether a person said of this finding that content `digest` must not go up so."""
    return row.rejected_digest is not None and row.rejected_digest == digest


def sight(case: KnownCase, stored: Mapping[FindingKey, FindingRow]) -> str:
    """Return the short name of what a person sees of a case: what was read, what it would send and what holds it.

    The same as long as nothing of it changes, whatever was released or rejected meanwhile; keyed by the case's secret.
    """
    holding = sorted(key for key, row in stored.items() if row.level != Level.WARN)
    wanted = sorted((row.step, row.local_key, row.wanted_digest or "") for row in case.messages.values())
    content = canonical_bytes([case.row.last_digest, holding, wanted])
    return keyed_digest(case.secret, "sight", content)[:_SIGHT]
