"""Each field of the policy opens itself and nothing else; closing it closes it and nothing else."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import BaseModel

from sync_agent.domain.casefile import CaseFile, Kind
from sync_agent.privacy import Gate, Policy
from sync_agent.privacy.paths import STRUCTURAL, branches, leaf_paths
from tests.unit.privacy.full import full_case

SILENT = {"attachments.confidential"}
"""Said only by an attachment that passes for nobody."""
DECIDED_APART = {"processing.officer_role", "processing.approver_role", "acceptance.approver_role"}
"""Closed again by what stands in them: a text that is no position."""


def _said(part: BaseModel, prefix: str = "") -> Iterator[str]:
    for name, branch in branches(type(part)).items():
        value = getattr(part, name)
        if value is None or value in ((), False):
            continue
        if branch is None:
            yield prefix + name
        else:
            for item in value if branch.many else (value,):
                yield from _said(item, f"{prefix}{name}.")


def _passed(policy: Policy, *, protected: bool) -> set[str]:
    case: CaseFile = full_case()
    if not protected:
        update = {"kind": Kind.COMPLAINT, "classifications": ("KN.01",), "protection_requested": None}
        people = case.petitioners and case.petitioners.model_copy(update={"protected": False})
        settlements = tuple(each.model_copy(update={"outcome": "complaint_right"}) for each in case.settlements)
        case = case.model_copy(update={**update, "petitioners": people, "settlements": settlements})
    return set(_said(Gate(policy).clear(case, protected=protected).cleared.case)) - STRUCTURAL


def _with(policy: Policy, *, protected: bool, paths: frozenset[str]) -> Policy:
    return replace(policy, protected=paths) if protected else replace(policy, unprotected=paths)


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "others"])
def test_the_policy_lets_exactly_its_own_fields_through(policy: Policy, *, protected: bool) -> None:
    """Of a case in which every field says something."""
    assert _passed(policy, protected=protected) == policy.open_paths(protected=protected) - (
        DECIDED_APART if protected else set()
    )


@pytest.mark.parametrize("path", sorted(set(leaf_paths()) - STRUCTURAL - SILENT))
@pytest.mark.parametrize("protected", [True, False], ids=["protected", "others"])
def test_opening_or_closing_one_field_changes_exactly_that_field(policy: Policy, path: str, *, protected: bool) -> None:
    """No field brings another with it."""
    if (protected and path in DECIDED_APART) or (
        not protected and path in {"protection_requested", "petitioners.protected"}
    ):
        return
    before = policy.open_paths(protected=protected)
    changed = _with(policy, protected=protected, paths=before ^ {path})
    assert _passed(policy, protected=protected) ^ _passed(changed, protected=protected) == {path}
