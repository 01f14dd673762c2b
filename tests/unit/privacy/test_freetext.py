import pytest

from sync_agent.domain.casefile import (
    Attachment,
    CaseFile,
    Kind,
    Person,
    Petition,
    Petitioners,
    Processing,
    Settlement,
)
from sync_agent.domain.findings import Level
from sync_agent.domain.rules import RULES
from sync_agent.domain.steps import Step
from sync_agent.privacy import Gate, Policy
from sync_agent.privacy.freetext import LOOKED_AT, numbers_in
from sync_agent.privacy.paths import texts
from tests.unit.privacy.full import full_case

PHONE = "gọi 0912 345 678"

NOT_LOOKED_AT = {
    "agency",
    "as_of",
    "classifications",
    "commune",
    "decision_kind",
    "decision_no",
    "district",
    "document_no",
    "duplicate_of",
    "form",
    "id_number",
    "kind",
    "linked_case",
    "location",
    "nationality",
    "next_agency",
    "number",
    "previous_instance",
    "province",
    "sha256",
    "source",
    "written_on",
}
"""Codes, dates, numbers of documents, keys of the local system, and the ID number itself."""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CCCD 079088012345", "citizen_number"),
        ("CCCD: 079 088 012 345", "citizen_number"),
        ("079.088.012.345", "citizen_number"),
        ("001088012345 cấp ngày 01/02/2021", "citizen_number"),
        ("CCCD079088012345.pdf", "citizen_number"),
        ("số CMND 012345678", "identity_card"),
        ("CMND: 271 234 567", "identity_card"),
        ("chứng minh nhân dân số 012 345 678", "identity_card"),
        ("bà có 012345678 kèm theo", "identity_card"),
        ("gọi 0912345678", "telephone"),
        ("ĐT 0912.345.678.", "telephone"),
        ("0912 345 678", "telephone"),
        ("0912-345-678", "telephone"),
        ("+84 912 345 678", "telephone"),
        ("+84 (0) 912 345 678", "telephone"),
        ("(+84) 912345678", "telephone"),
        ("84912345678", "telephone"),
        ("(028) 3822 1234", "telephone"),
        ("028.3822.1234", "telephone"),
        ("024-38221234", "telephone"),
        ("0203 3822 123", "telephone"),
        ("đơn_0912345678.pdf", "telephone"),
        ("０９１２３４５６７８", "telephone"),
        ("0912\u200b345\u200b678", "telephone"),
        ("an.nv@example.vn", "email"),
        ("thư: AN_NV@EXAMPLE.COM.VN.", "email"),
    ],
)
def test_numbers_and_addresses_of_people_are_found(text: str, kind: str) -> None:
    """However they are written."""
    assert numbers_in(text) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123/QĐ-UBND",
        "số 0123456789/QĐ-UBND",
        "CV 012345678/STNMT",
        "số 012345678901/GCN",
        "Nghị định 124/2020/NĐ-CP",
        "55/2022/NĐ-CP",
        "000.00.01.G05-123456-0001",
        "H217.01",
        "KN.01.02.16",
        "1.500.000 đồng",
        "150.000.000 đồng",
        "350.000.000",
        "1.250.000.000 đ",
        "150000000 đồng",
        "300000000",
        "số tiền 035123456",
        "diện tích 123.456.789 m2",
        "01/03/2026",
        "01.03.2026-02.04.2026",
        "02.03.2026 04.05.2026",
        "2026-10-01 08:30:00",
        "ngày 02 tháng 03 năm 2026",
        "020-2021-2022-2023",
        "thửa đất số 123, tờ bản đồ số 45",
        "thửa 0312345678",
        "mã số thuế 0312345678",
        "MST: 0312345678-001",
        "giấy CNQSDĐ BX 123456",
        "số phát hành CH 01234567",
        "tài khoản 0123456789012",
        "000000000",
        "999888777",
        "097088012345",  # no province has 097
        "1900 1234",
        "bà @ chợ",
        "0,5 ha 0,75 ha",
        "038 hộ, 047 hộ, 050 hộ",
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    """Documents, amounts, dates, plots, decrees and tax numbers are no alarm."""
    assert numbers_in(text) == set()


def _open(gate: Gate, **parts: object) -> list[tuple[str, str, Step | None, str, str]]:
    case = CaseFile(case_key="D1-2", kind=Kind.COMPLAINT, classifications=("KN.01",)).model_copy(update=parts)
    found = gate.clear(case, protected=False).findings
    return [(each.level, each.field, each.step, each.local_key, each.where) for each in found]


def test_a_finding_names_the_field_the_step_and_the_kind(gate: Gate) -> None:
    """Never the value: where to look is enough to mend it."""
    found = _open(
        gate,
        petition=Petition(content=PHONE),
        attachments=(Attachment(local_key="7", file_name="0912345678.pdf"),),
        processing=Processing(reason="an@example.vn"),
        settlements=(Settlement(local_key="s1", summary=PHONE), Settlement(local_key="s2", summary="Đúng")),
    )
    assert set(found) == {
        ("warn", "petition.content", Step.CASE, "", "telephone"),
        ("warn", "attachments.file_name", Step.CASE, "", "telephone"),
        ("warn", "processing.reason", Step.PROCESSING, "", "email"),
        ("warn", "settlements.summary", Step.SETTLEMENT, "s1", "telephone"),
    }


def test_the_setting_makes_it_a_hold_that_a_person_may_release(policy: Policy) -> None:
    """Whoever wants nothing of the kind to go up says so."""
    strict = Gate(policy, numbers=Level.HOLD)
    assert [level for level, *_ in _open(strict, petition=Petition(content=PHONE))] == ["hold"]
    assert RULES["personal_number_in_text"].releasable


def test_a_field_for_an_id_number_may_hold_one(gate: Gate) -> None:
    """The national side has a place for it."""
    people = (Person(full_name="Lò Văn Mẫu", id_number="079088012345"),)
    assert _open(gate, petitioners=Petitioners(people=people)) == []


def test_what_the_policy_closes_is_not_looked_at(gate: Gate) -> None:
    """A telephone stays here anyway, and so does a confidential file."""
    people = (Person(phone="0912345678"),)
    files = (Attachment(local_key="1", file_name="0912345678.pdf", confidential=True),)
    assert [where for *_, where in _open(gate, petitioners=Petitioners(people=people), attachments=files)] == [""]


def test_every_text_that_may_go_up_is_looked_at_or_not_on_purpose(policy: Policy) -> None:
    """A new text field must be decided on."""
    said = {path for path, _, _ in texts(full_case())} & policy.unprotected
    assert {path.rpartition(".")[2] for path in said} - LOOKED_AT <= NOT_LOOKED_AT
    assert NOT_LOOKED_AT.isdisjoint(LOOKED_AT)
