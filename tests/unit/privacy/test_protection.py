from typing import Any

import pytest

from sync_agent.domain.casefile import (
    Acceptance,
    CaseFile,
    Enforcement,
    Kind,
    Outcome,
    Petitioners,
    Processing,
    Settlement,
)
from sync_agent.privacy import Gate, Reason
from sync_agent.privacy.protection import OUTCOME_KINDS

COMPLAINT: dict[str, Any] = {"kind": Kind.COMPLAINT, "classifications": ("KN.01.02",)}
FEEDBACK: dict[str, Any] = {"kind": Kind.FEEDBACK, "classifications": ("PA.02",)}
SIGNED_OUTCOMES = [outcome for outcome in Outcome if outcome.startswith("denunciation")]


def _reasons(gate: Gate, **fields: Any) -> set[Reason]:
    return set(gate.protection(CaseFile(case_key="1", **fields)))


def _settled(*outcomes: Outcome) -> tuple[Settlement, ...]:
    return tuple(Settlement(local_key=str(place), outcome=outcome) for place, outcome in enumerate(outcomes))


@pytest.mark.parametrize("fields", [COMPLAINT, FEEDBACK, COMPLAINT | {"processing": Processing()}])
def test_a_case_whose_witnesses_agree_is_not_protected(gate: Gate, fields: dict[str, Any]) -> None:
    """A complaint or feedback with its own field codes goes the ordinary way."""
    assert _reasons(gate, **fields) == set()


@pytest.mark.parametrize("kind", [Kind.DENUNCIATION, Kind.MIXED])
def test_the_kind_protects(gate: Gate, kind: Kind) -> None:
    """A denunciation is protected, and so is mixed content that can hide one."""
    assert _reasons(gate, kind=kind) == {Reason.KIND}


@pytest.mark.parametrize("code", ["TC", "TC.01", "tc.01.02", "TC1", "TCTN.01", "ＴＣ.01"])
def test_any_code_of_a_denunciation_protects(gate: Gate, code: str) -> None:
    """`TC*` means whatever begins so, however it is written."""
    assert Reason.FIELD_CODE in _reasons(gate, kind=Kind.COMPLAINT, classifications=("KN.01", code))


@pytest.mark.parametrize("outcome", SIGNED_OUTCOMES)
def test_an_outcome_of_a_denunciation_protects(gate: Gate, outcome: Outcome) -> None:
    """National outcomes 3, 4, 5 and 7 protect, in whichever of several decisions they stand."""
    settlements = _settled(Outcome.COMPLAINT_RIGHT, outcome)
    assert _reasons(gate, **COMPLAINT, settlements=settlements) == {Reason.OUTCOME, Reason.DISAGREEMENT}


def test_the_other_outcomes_do_not_protect_a_complaint(gate: Gate) -> None:
    """An outcome of a complaint agrees with it; being passed to investigation tells no kind."""
    outcomes = [outcome for outcome in Outcome if outcome not in SIGNED_OUTCOMES]
    assert _reasons(gate, **COMPLAINT, settlements=_settled(*outcomes)) == set()


@pytest.mark.parametrize(
    "step",
    [
        {"processing": Processing()},
        {"acceptance": Acceptance()},
        {"settlements": (Settlement(local_key="1"),)},
        {"enforcements": (Enforcement(local_key="1", settlement_key="1"),)},
    ],
)
@pytest.mark.parametrize("missing", [{"kind": None}, {"classifications": ()}])
def test_a_processed_case_without_classification_is_protected(
    gate: Gate, step: dict[str, Any], missing: dict[str, Any]
) -> None:
    """Whoever processed it knew what it is; as long as the record does not say so, it may be a denunciation."""
    assert _reasons(gate, **COMPLAINT | missing | step) == {Reason.UNCLASSIFIED}


def test_a_case_not_processed_yet_may_still_be_unclassified(gate: Gate) -> None:
    """Every petition begins without a kind; that alone must not protect it for good."""
    assert _reasons(gate) == set()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": Kind.COMPLAINT, "classifications": ("PA.01",)},
        {"kind": Kind.FEEDBACK, "classifications": ("KN.01",)},
        {"kind": Kind.COMPLAINT, "classifications": ("KN.01", "PA.01")},
        {"kind": None, "classifications": ("KN.01", "PA.01")},
        FEEDBACK | {"settlements": _settled(Outcome.COMPLAINT_RIGHT)},
        FEEDBACK | {"settlements": _settled(Outcome.FIRST_DECISION_UPHELD)},
    ],
)
def test_witnesses_that_disagree_protect(gate: Gate, fields: dict[str, Any]) -> None:
    """Kind, field codes and outcome must tell the same; any two that do not are enough."""
    assert _reasons(gate, **fields) == {Reason.DISAGREEMENT}


@pytest.mark.parametrize("code", ["XX.01", "01.02", "KNPA.01", "KHAC", "."])
def test_a_code_of_no_known_family_agrees_with_nothing(gate: Gate, code: str) -> None:
    """A witness nobody can read is not taken for a complaint."""
    assert _reasons(gate, kind=Kind.COMPLAINT, classifications=(code,)) == {Reason.DISAGREEMENT}


@pytest.mark.parametrize("code", ["PA.01.05", "PA.01.05.03", "pa.02.01"])
def test_feedback_that_reports_corruption_is_protected(gate: Gate, code: str) -> None:
    """A listed code protects, and so does every code below it."""
    assert _reasons(gate, kind=Kind.FEEDBACK, classifications=(code,)) == {Reason.CORRUPTION}


def test_a_code_that_only_begins_alike_is_no_corruption(gate: Gate) -> None:
    """`PA.01.050` is another code than `PA.01.05`."""
    assert _reasons(gate, kind=Kind.FEEDBACK, classifications=("PA.01.050",)) == set()


def test_feedback_without_a_field_code_is_protected(gate: Gate) -> None:
    """It may report corruption."""
    assert _reasons(gate, kind=Kind.FEEDBACK) == {Reason.FEEDBACK_UNCLASSIFIED}


def test_the_local_system_can_ask_for_protection(gate: Gate) -> None:
    """The profile's `protection_requested` is enough."""
    assert _reasons(gate, **COMPLAINT, protection_requested=True) == {Reason.REQUESTED}


def test_a_petitioner_under_protection_protects_the_case(gate: Gate) -> None:
    """Luật Tố cáo 2018, Art. 47."""
    assert _reasons(gate, **COMPLAINT, petitioners=Petitioners(protected=True)) == {Reason.PETITIONER}


def test_a_protection_denied_is_no_protection(gate: Gate) -> None:
    """False says no; it is not taken for a request."""
    fields = COMPLAINT | {"protection_requested": False, "petitioners": Petitioners(protected=False)}
    assert _reasons(gate, **fields) == set()


def test_the_reasons_are_a_closed_set_that_fits_one_audit_code() -> None:
    """All of them joined by `+` stay below the 128 characters an audit entry has for a reason."""
    assert len("+".join(Reason)) <= 128


def test_every_outcome_is_known_as_a_witness() -> None:
    """A new outcome must say of which kind it is a witness."""
    assert set(OUTCOME_KINDS) == set(Outcome)
