"""Decides whether a case is protected: one witness is enough, and a witness nobody can read counts against sending.

Luật Tố cáo 2018 Art. 47 and 56; QĐ 774/QĐ-TTg 2020.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sync_agent.domain.casefile import CaseFile, Kind, Outcome
from sync_agent.privacy.names import fold

__all__ = ["OUTCOME_KINDS", "Reason", "Triggers", "protection"]

_LETTERS: Final = re.compile(r"[^\W\d_]*")


class Reason(StrEnum):
    """Why a case is protected: the closed set of codes that the ledger, the audit log and the pages show."""

    KIND = "kind"  # denunciation, or mixed content that can hide one
    FIELD_CODE = "field_code"  # a code TC…
    OUTCOME = "outcome"  # an outcome only a denunciation can have
    UNCLASSIFIED = "unclassified"  # processed, yet without kind or field code
    DISAGREEMENT = "disagreement"  # kind, field codes and outcome do not tell the same
    CORRUPTION = "corruption"  # the field code reports corruption
    FEEDBACK_UNCLASSIFIED = "feedback_unclassified"  # feedback without field code
    REQUESTED = "requested"  # the local system asks for protection
    PETITIONER = "petitioner"  # a petitioner under protection


OUTCOME_KINDS: Final[Mapping[Outcome, Kind | None]] = {
    Outcome.COMPLAINT_RIGHT: Kind.COMPLAINT,
    Outcome.COMPLAINT_PARTLY_RIGHT: Kind.COMPLAINT,
    Outcome.COMPLAINT_WRONG: Kind.COMPLAINT,
    Outcome.FIRST_DECISION_UPHELD: Kind.COMPLAINT,
    Outcome.FIRST_DECISION_CHANGED: Kind.COMPLAINT,
    Outcome.DENUNCIATION_TRUE: Kind.DENUNCIATION,
    Outcome.DENUNCIATION_FALSE: Kind.DENUNCIATION,
    Outcome.DENUNCIATION_PARTLY_TRUE: Kind.DENUNCIATION,
    Outcome.DENUNCIATION_KNOWINGLY_FALSE: Kind.DENUNCIATION,
    Outcome.TO_INVESTIGATION: None,  # any kind can end there: no witness
}


@dataclass(frozen=True, slots=True)
class Triggers:
    """The trigger table of the policy. Codes and the letters of families are folded."""

    kinds: frozenset[Kind]
    outcomes: frozenset[Outcome]
    families: Mapping[str, Kind]
    corruption: tuple[str, ...]  # a code, or the beginning of the codes below it
    denunciation: tuple[str, ...]  # beginnings of the codes of a denunciation

    def kind_of(self, code: str) -> Kind | None:
        """Return the kind a folded field code is a witness of; None when its family is unknown."""
        if code.startswith(self.denunciation):
            return Kind.DENUNCIATION
        letters = _LETTERS.match(code)
        return self.families.get(letters.group()) if letters else None

    def reports_corruption(self, code: str) -> bool:
        """Tell whether a folded field code is one of corruption or lies below one."""
        return any(code == listed or code.startswith(listed + ".") for listed in self.corruption)


def protection(case: CaseFile, triggers: Triggers) -> frozenset[Reason]:
    """Return every reason for which `case` is protected on its own witnesses."""
    codes = [fold(code) for code in case.classifications]
    code_kinds = {triggers.kind_of(code) for code in codes}
    outcomes = {settlement.outcome for settlement in case.settlements if settlement.outcome is not None}
    steps = (case.processing, case.acceptance, *case.settlements, *case.enforcements)
    processed = any(step is not None for step in steps)
    feedback = case.kind is Kind.FEEDBACK
    holds = {
        Reason.KIND: case.kind in triggers.kinds,
        Reason.FIELD_CODE: Kind.DENUNCIATION in code_kinds,
        Reason.OUTCOME: not outcomes.isdisjoint(triggers.outcomes),
        Reason.UNCLASSIFIED: processed and (case.kind is None or not codes),
        Reason.DISAGREEMENT: _disagree(case.kind, code_kinds, outcomes),
        Reason.CORRUPTION: any(map(triggers.reports_corruption, codes)),
        Reason.FEEDBACK_UNCLASSIFIED: feedback and not codes,
        Reason.REQUESTED: case.protection_requested is True,
        Reason.PETITIONER: case.petitioners is not None and case.petitioners.protected is True,
    }
    return frozenset(reason for reason, held in holds.items() if held)


def _disagree(kind: Kind | None, code_kinds: set[Kind | None], outcomes: set[Outcome]) -> bool:
    if None in code_kinds:  # a code nobody can read agrees with nothing
        return True
    told = code_kinds | {OUTCOME_KINDS[outcome] for outcome in outcomes} | {kind}
    return len(told - {None}) > 1
