import pytest

from sync_agent.domain.casefile import (
    Acceptance,
    Attachment,
    CaseFile,
    Enforcement,
    Kind,
    Petition,
    Processing,
    Reception,
    Settlement,
)
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.rules import RULES
from sync_agent.domain.steps import Step
from sync_agent.privacy import Gate

COMPLAINT = CaseFile(case_key="D1-2", kind=Kind.COMPLAINT, classifications=("KN.01",))
NEEDS_SUMMARY = Finding("needs_redacted_summary", Level.HOLD, "petition.redacted_summary")


def _with_summary(case: CaseFile, summary: str | None, content: str | None = None) -> CaseFile:
    return case.model_copy(update={"petition": Petition(redacted_summary=summary, content=content)})


def test_what_was_cleared_names_the_policy(gate: Gate) -> None:
    """The digest of the policy that let a case through goes with it into the audit log."""
    assert gate.clear(COMPLAINT, protected=False).cleared.policy == gate.policy.digest


def test_a_case_protected_by_others_is_cleared_as_protected(gate: Gate) -> None:
    """Protection that is sticky, or shared by a group, counts as much as the case's own."""
    result = gate.clear(_with_summary(COMPLAINT, "Tóm tắt", "Nội dung"), protected=True)
    assert (result.cleared.protected, result.cleared.case.petition) == (True, Petition(redacted_summary="Tóm tắt"))


def test_no_caller_can_take_away_the_protection_of_a_case(gate: Gate, denunciation: CaseFile) -> None:
    """A denunciation stays protected even when the pipeline forgets to say so."""
    assert gate.clear(denunciation, protected=False).cleared == gate.clear(denunciation, protected=True).cleared


def test_a_protected_case_never_says_that_its_writer_is_unknown(gate: Gate, denunciation: CaseFile) -> None:
    """`anonymous` is neither made true by withholding the name nor told at all."""
    petition = gate.clear(denunciation, protected=True).cleared.case.petition
    assert petition is not None
    assert petition.anonymous is None


def test_a_protected_case_without_summary_is_held(gate: Gate) -> None:
    """There is nothing else that could go up in the place of its content."""
    assert gate.clear(_with_summary(COMPLAINT, None, "Nội dung"), protected=True).findings == (NEEDS_SUMMARY,)


def test_a_protected_case_without_petition_is_held(gate: Gate) -> None:
    """A reception alone has no approved summary either."""
    assert gate.clear(COMPLAINT, protected=True).findings == (NEEDS_SUMMARY,)


def test_the_content_copied_into_the_summary_is_no_summary(gate: Gate) -> None:
    """Some local systems fill the summary with the content itself; case and punctuation do not make it another text."""
    case = _with_summary(COMPLAINT, "Ông A lấn đất.", "ÔNG A LẤN ĐẤT")
    assert gate.clear(case, protected=True).findings == (NEEDS_SUMMARY,)


def test_what_was_noted_at_a_reception_is_no_summary_either(gate: Gate) -> None:
    """The content may stand in several places."""
    case = _with_summary(COMPLAINT, "Ông A lấn đất.").model_copy(
        update={"reception": Reception(content="Ông A lấn đất")},
    )
    assert gate.clear(case, protected=True).findings == (NEEDS_SUMMARY,)


@pytest.mark.parametrize("role", ["Chuyên viên", "PHÓ CHÁNH THANH TRA", "Trưởng phòng"])
def test_the_role_of_an_officer_passes(gate: Gate, role: str) -> None:
    """Not the name."""
    case = _with_summary(COMPLAINT, "Tóm tắt").model_copy(
        update={"processing": Processing(officer="Đỗ Nhật Lệ", officer_role=role, approver_role=role)},
    )
    passed = gate.clear(case, protected=True).cleared.case.processing
    assert passed == Processing(officer_role=role, approver_role=role)


@pytest.mark.parametrize("role", ["Đỗ Nhật Lệ", "Chuyên viên Lệ", "chị Lệ", "0912345678"])
def test_a_name_in_the_place_of_a_role_does_not_pass(gate: Gate, role: str) -> None:
    """Where a column says `position - name` the wrong way round, the role is closed."""
    case = _with_summary(COMPLAINT, "Tóm tắt").model_copy(
        update={
            "processing": Processing(officer_role=role, approver_role=role),
            "acceptance": Acceptance(approver_role=role),
        },
    )
    passed = gate.clear(case, protected=True).cleared.case
    assert (passed.processing, passed.acceptance) == (Processing(), Acceptance())


def test_a_role_of_another_case_is_left_as_it_is(gate: Gate) -> None:
    """Its officers go up by name anyway."""
    case = COMPLAINT.model_copy(update={"processing": Processing(officer_role="Đỗ Nhật Lệ")})
    assert gate.clear(case, protected=False).cleared.case.processing == Processing(officer_role="Đỗ Nhật Lệ")


def test_a_text_in_the_place_of_a_code_holds_what_would_say_it(gate: Gate) -> None:
    """A code column may hold anything; each finding names the step and the field."""
    told = "Theo lời bà hàng xóm"
    case = _with_summary(COMPLAINT, "Tóm tắt").model_copy(
        update={
            "classifications": ("KN.01", told),
            "processing": Processing(next_agency=told),
            "settlements": (Settlement(local_key="7", form=told), Settlement(local_key="8", form="1")),
            "enforcements": (Enforcement(local_key="9", settlement_key="7", agency=told),),
        }
    )
    found = gate.clear(case, protected=True).findings
    assert [(each.rule, each.level, each.field, each.step, each.local_key) for each in found] == [
        ("bad_value", Level.HOLD, "classifications", None, ""),
        ("bad_value", Level.HOLD, "processing.next_agency", Step.PROCESSING, ""),
        ("bad_value", Level.HOLD, "settlements.form", Step.SETTLEMENT, "7"),
        ("bad_value", Level.HOLD, "enforcements.agency", Step.ENFORCEMENT, "9"),
    ]


def test_a_protected_case_with_its_own_summary_is_not_held(gate: Gate) -> None:
    """An approved summary is all that is asked for."""
    case = _with_summary(COMPLAINT, "Tố cáo việc chi sai.", "Ông A chi sai.")
    assert gate.clear(case, protected=True).findings == ()


def test_an_unprotected_case_needs_no_summary(gate: Gate) -> None:
    """Its content goes up."""
    assert gate.clear(_with_summary(COMPLAINT, None, "Nội dung"), protected=False).findings == ()


def test_links_and_procedure_of_a_protected_case_are_counted(gate: Gate, denunciation: CaseFile) -> None:
    """What the policy keeps here of links, extensions, suspension and withdrawal is shown, not dropped in silence."""
    petition = Petition(redacted_summary="x", duplicate_of="D3-2", previous_instance="D2-2")
    case = denunciation.model_copy(update={"petition": petition})
    assert [(finding.rule, finding.level, finding.field) for finding in gate.clear(case, protected=True).findings] == [
        ("link_across_protection", Level.WARN, "linked_case"),
        ("link_across_protection", Level.WARN, "petition.duplicate_of"),
        ("link_across_protection", Level.WARN, "petition.previous_instance"),
        ("procedure_withheld", Level.WARN, "acceptance.extensions"),
        ("procedure_withheld", Level.WARN, "acceptance.suspension"),
        ("procedure_withheld", Level.WARN, "withdrawal"),
    ]


def test_an_unprotected_case_of_unknown_kind_is_held(gate: Gate) -> None:
    """It may yet turn out to be a denunciation; it is held without being protected for good."""
    result = gate.clear(CaseFile(case_key="1"), protected=False)
    assert result.findings == (Finding("not_classified", Level.HOLD, "kind"),)


def test_a_confidential_attachment_is_shown_as_not_sent(gate: Gate) -> None:
    """It is closed for every kind, and a person can see that it is."""
    files = (Attachment(local_key="1", confidential=True), Attachment(local_key="2", name="Đơn"))
    result = gate.clear(COMPLAINT.model_copy(update={"attachments": files}), protected=False)
    assert (result.findings, result.cleared.case.attachments) == (
        (Finding("confidential_file", Level.WARN, "attachments"),),
        (Attachment(local_key="2", name="Đơn"),),
    )


@pytest.mark.parametrize(
    "rule",
    ["needs_redacted_summary", "not_classified", "link_across_protection", "procedure_withheld", "confidential_file"],
)
def test_no_finding_of_the_gate_can_be_released(rule: str) -> None:
    """No release ever widens the allow-list."""
    assert not RULES[rule].releasable


def test_nothing_of_an_unprotected_case_is_withheld(gate: Gate, denunciation: CaseFile) -> None:
    """Its names go up, so the last check has nothing to look for."""
    case = denunciation.model_copy(update={"kind": Kind.COMPLAINT, "classifications": ("KN.01",), "settlements": ()})
    result = gate.clear(case, protected=False)
    assert (result.cleared.protected, result.withheld.found_in(["Nguyễn Thị Khuê"])) == (False, False)


def test_the_identities_of_any_case_can_be_asked_for(gate: Gate, denunciation: CaseFile) -> None:
    """A note given by a person may hold a name of no case, protected or not."""
    assert gate.identities(denunciation).found_in(["gọi cho bà Khuê"])


def test_a_result_shows_no_value(gate: Gate, denunciation: CaseFile) -> None:
    """A result in a traceback or a log line tells nothing of the case."""
    shown = repr(gate.clear(denunciation, protected=True))
    assert "cán bộ" not in shown
    assert "H217.01" not in shown
