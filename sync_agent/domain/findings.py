"""What is wrong with a record, how serious it is, and where to mend it. Never a value, only the place."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync_agent.domain.steps import Step

__all__ = ["Finding", "Level", "stops"]


class Level(StrEnum):
    """How far a finding reaches."""

    BLOCK = "block"  # would be untrue or unlawful: only the source can mend it
    HOLD = "hold"  # a person must look
    WARN = "warn"  # goes up all the same; counted and shown


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding of one case.

    `rule` is a key of `rules.RULES`; `field` a CaseFile path such as `settlements.issued_on`; `step` None means the
    whole case; `local_key` tells several decisions apart; `where` names the local table and column to mend.
    """

    rule: str
    level: Level
    field: str = ""
    step: Step | None = None
    local_key: str = ""
    where: str = ""


def stops(findings: Iterable[Finding], step: Step, local_key: str) -> list[Finding]:
    """Return the findings that keep the message (`step`, `local_key`) from going up."""
    return [
        finding
        for finding in findings
        if finding.level is not Level.WARN
        and (finding.step is None or (finding.step is step and finding.local_key in {"", local_key}))
    ]
