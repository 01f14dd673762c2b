"""Decides whether a case is protected, what of it may leave, and what a person must mend before it does."""

from dataclasses import dataclass, field
from typing import Final

from sync_agent.domain.casefile import CaseFile, Petition
from sync_agent.domain.cleared import ClearedCase
from sync_agent.domain.findings import Finding, Level
from sync_agent.privacy.allowlist import compile_allow_list, is_confidential
from sync_agent.privacy.names import fold, words
from sync_agent.privacy.policy import Policy
from sync_agent.privacy.protection import Reason, protection
from sync_agent.privacy.withheld import Withheld

__all__ = ["Gate", "GateResult"]

_LINKS: Final = ("linked_case", "petition.duplicate_of", "petition.previous_instance")
_PROCEDURE: Final = ("acceptance.extensions", "acceptance.suspension", "withdrawal")


@dataclass(frozen=True, slots=True)
class GateResult:
    """`cleared` may be projected unless a finding stops it; `withheld` is for the last check on the way out."""

    cleared: ClearedCase
    findings: tuple[Finding, ...]
    withheld: Withheld = field(repr=False)


class Gate:
    """The confidentiality gate of one policy. Safe to share between threads."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._passes = {
            protected: compile_allow_list(policy.open_paths(protected=protected)) for protected in (True, False)
        }
        self._nothing = Withheld(None, policy.names)

    def protection(self, case: CaseFile) -> frozenset[Reason]:
        """Return why `case` is protected on its own witnesses; empty when it is not."""
        return protection(case, self.policy.triggers)

    def clear(self, case: CaseFile, *, protected: bool) -> GateResult:
        """Return what of `case` may leave. `protected` adds protection (sticky, of a group) and never removes any."""
        protected = protected or bool(self.protection(case))
        cleared = ClearedCase(self._passes[protected](case), protected, self.policy.digest)
        findings = _findings_protected(case) if protected else _findings_open(case)
        return GateResult(cleared, findings, self.identities(case) if protected else self._nothing)

    def identities(self, case: CaseFile) -> Withheld:
        """Return the identifying values of `case`, protected or not: no note given by a person may hold one."""
        return Withheld(case, self.policy.names)


def _findings_protected(case: CaseFile) -> tuple[Finding, ...]:
    """Say what a person must add, and what of the procedure stays here because the policy closes it."""
    findings = []
    if not _has_redacted_summary(case.petition):
        findings.append(Finding("needs_redacted_summary", Level.HOLD, "petition.redacted_summary"))
    findings += [Finding("link_across_protection", Level.WARN, path) for path in _LINKS if _value(case, path)]
    findings += [Finding("procedure_withheld", Level.WARN, path) for path in _PROCEDURE if _value(case, path)]
    return tuple(findings)


def _has_redacted_summary(petition: Petition | None) -> bool:
    """Tell whether there is a summary; the content copied into its place is none."""
    if petition is None or petition.redacted_summary is None:
        return False
    return petition.content is None or words(fold(petition.redacted_summary)) != words(fold(petition.content))


def _findings_open(case: CaseFile) -> tuple[Finding, ...]:
    findings = []
    if case.kind is None:  # it may yet turn out to be a denunciation, and what went up cannot be taken back
        findings.append(Finding("not_classified", Level.HOLD, "kind"))
    if any(map(is_confidential, case.attachments)):
        findings.append(Finding("confidential_file", Level.WARN, "attachments"))
    return tuple(findings)


def _value(case: CaseFile, path: str) -> object:
    value: object = case
    for name in path.split("."):
        value = getattr(value, name, None)
    return value
