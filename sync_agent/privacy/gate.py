"""Decides whether a case is protected, what of it may leave, and what a person must mend before it does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sync_agent.domain.casefile import Acceptance, CaseFile, Processing
from sync_agent.domain.cleared import ClearedCase
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.privacy.allowlist import compile_allow_list, is_confidential
from sync_agent.privacy.freetext import personal_numbers
from sync_agent.privacy.keys import is_code
from sync_agent.privacy.names import CommonNames, fold, spelled, words
from sync_agent.privacy.paths import texts
from sync_agent.privacy.policy import Policy
from sync_agent.privacy.protection import Reason, protection
from sync_agent.privacy.withheld import Withheld

__all__ = ["WORDED", "Gate", "GateResult"]

_LINKS: Final = ("linked_case", "petition.duplicate_of", "petition.previous_instance")
_PROCEDURE: Final = ("acceptance.extensions", "acceptance.suspension", "withdrawal")
_CONTENTS: Final = ("petition.content", "reception.content")
WORDED: Final = frozenset(
    {"petition.redacted_summary", "processing.officer_role", "processing.approver_role", "acceptance.approver_role"}
)
"""What of a protected case may be said in words; every other text that is open must be a code."""
_STEPS: Final = {
    "petition": Step.CASE,
    "processing": Step.PROCESSING,
    "acceptance": Step.ACCEPTANCE,
    "settlements": Step.SETTLEMENT,
    "enforcements": Step.ENFORCEMENT,
}


@dataclass(frozen=True, slots=True)
class GateResult:
    """`cleared` may be projected unless a finding stops it; `withheld` is for the last check on the way out."""

    cleared: ClearedCase
    findings: tuple[Finding, ...]
    withheld: Withheld = field(repr=False)


class Gate:
    """The confidentiality gate of one policy. Safe to share between threads.

    `numbers` is how serious a personal number in the free text of an unprotected case is.
    """

    def __init__(self, policy: Policy, *, numbers: Level = Level.WARN) -> None:
        self.policy = policy
        self._numbers = numbers
        self._passes = {
            protected: compile_allow_list(policy.open_paths(protected=protected)) for protected in (True, False)
        }
        self._nothing = Withheld(None, policy.names)

    def protection(self, case: CaseFile) -> frozenset[Reason]:
        """Return why `case` is protected on its own witnesses; empty when it is not."""
        return protection(case, self.policy.triggers)

    def clear(self, case: CaseFile, *, protected: bool, lifted: bool = False) -> GateResult:
        """Return what of `case` may leave. `protected` adds protection (sticky, of a group) and never removes any.

        A case whose protection was `lifted` names no other: its group may still be protected.
        """
        protected = protected or bool(self.protection(case))
        passed = self._passes[protected](case)
        if not protected:
            passed, findings = (_without_links(passed), _links(case)) if lifted else (passed, ())
            findings = (*findings, *_findings_open(case), *dict.fromkeys(personal_numbers(passed, self._numbers)))
            return GateResult(ClearedCase(passed, protected, self.policy.digest), findings, self._nothing)
        passed = _with_roles_only(passed, self.policy.names)
        findings = (*_findings_protected(case), *_strange_codes(passed, self.policy.names))
        return GateResult(ClearedCase(passed, protected, self.policy.digest), findings, self.identities(case))

    def identities(self, case: CaseFile) -> Withheld:
        """Return the identifying values of `case`, protected or not: no note given by a person may hold one."""
        return Withheld(case, self.policy.names)


def _findings_protected(case: CaseFile) -> tuple[Finding, ...]:
    """Say what a person must add, and what of the procedure stays here because the policy closes it."""
    findings = []
    if not _has_redacted_summary(case):
        findings.append(Finding("needs_redacted_summary", Level.HOLD, "petition.redacted_summary"))
    findings += _links(case)
    findings += [Finding("procedure_withheld", Level.WARN, path) for path in _PROCEDURE if _value(case, path)]
    return tuple(findings)


def _links(case: CaseFile) -> tuple[Finding, ...]:
    return tuple(Finding("link_across_protection", Level.WARN, path) for path in _LINKS if _value(case, path))


def _without_links(case: CaseFile) -> CaseFile:
    petition = case.petition and case.petition.model_copy(update={"duplicate_of": None, "previous_instance": None})
    return case.model_copy(update={"linked_case": None, "petition": petition})


def _has_redacted_summary(case: CaseFile) -> bool:
    """Tell whether there is a summary; a content copied into its place is none."""
    summary = _value(case, "petition.redacted_summary")
    if not isinstance(summary, str):
        return False
    contents = [content for path in _CONTENTS if isinstance(content := _value(case, path), str)]
    return all(words(fold(summary)) != words(fold(content)) for content in contents)


def _with_roles_only(case: CaseFile, names: CommonNames) -> CaseFile:
    """Close a role that is not made of the words of positions: local systems write names there too."""

    def closed(part: Processing | Acceptance) -> dict[str, None]:
        roles = {name: getattr(part, name, None) for name in ("officer_role", "approver_role")}
        return {name: None for name, role in roles.items() if role is not None and not names.is_role(spelled(role))}

    parts = {"processing": case.processing, "acceptance": case.acceptance}
    update = {name: part.model_copy(update=told) for name, part in parts.items() if part and (told := closed(part))}
    return case.model_copy(update=update) if update else case


def _strange_codes(passed: CaseFile, names: CommonNames) -> Iterator[Finding]:
    """Find texts in the place of codes: what would go up there was never looked at by anyone."""
    found = (
        Finding("bad_value", Level.HOLD, path, step := _STEPS.get(path.partition(".")[0]), local_key if step else "")
        for path, local_key, text in texts(passed)
        if path not in WORDED and not is_code(text, names.surnames)
    )
    yield from dict.fromkeys(found)


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
