from datetime import date
from decimal import Decimal

import pytest

from sync_agent.domain.casefile import (
    Acceptance,
    Address,
    Amounts,
    Attachment,
    CaseFile,
    Document,
    Enforcement,
    Extension,
    ForwardedBy,
    HandledOrganisation,
    HandledPerson,
    Kind,
    Organisation,
    Outcome,
    Person,
    Petition,
    PetitionerKind,
    Petitioners,
    PriorSettlement,
    Processing,
    Reception,
    Remedies,
    Representative,
    Respondent,
    Settlement,
    Suspension,
    Withdrawal,
)
from sync_agent.privacy import Gate, Policy, load_policy
from sync_agent.resources import packaged_configuration


@pytest.fixture(scope="session")
def policy() -> Policy:
    """Return the policy that ships with the agent."""
    return load_policy(packaged_configuration() / "privacy.toml")


@pytest.fixture(scope="session")
def gate(policy: Policy) -> Gate:
    """Return the gate of the shipped policy."""
    return Gate(policy)


@pytest.fixture
def denunciation() -> CaseFile:
    """Return a denunciation in which everything that can identify is filled, all of it invented."""
    address = Address(
        province="101", commune="1010101", detail="Số 12 ngõ Hạc Trắng, thôn Đông Hạ", as_of=date(2026, 1, 1)
    )
    document = Document(file_name="qd-hac-trang.pdf", location="12/qd.pdf", size=10, sha256="a" * 64)
    return CaseFile(
        case_key="D12-3",
        agency="H217.01",
        kind=Kind.DENUNCIATION,
        classifications=("TC.01.02",),
        linked_case="D7-3",
        reception=Reception(
            received_on=date(2026, 3, 1), officer="Lý Thị Diễm", leader="Tạ Bỉnh Khiêm", delegated_leader="Mạc Tú Uyên"
        ),
        petition=Petition(
            number="77/ĐT",
            received_on=date(2026, 3, 1),
            forwarded_by=ForwardedBy(agency="H1", document_no="9/CV"),
            content="Bà Nguyễn Thị Khuê tố cáo việc lập khống hồ sơ.",
            redacted_summary="Tố cáo cán bộ lập khống hồ sơ chi trả.",
            place=address,
            anonymous=False,
            eligible=True,
        ),
        petitioners=Petitioners(
            kind=PetitionerKind.INDIVIDUAL,
            headcount=1,
            people=(
                Person(
                    full_name="Nguyễn Thị Khuê",
                    id_number="001088012345",
                    phone="0912 345 678",
                    email="khue.nt@example.vn",
                    address=address,
                ),
            ),
            organisation=Organisation(name="Hợp tác xã Sen Hồng"),
        ),
        respondents=(Respondent(person=Person(full_name="Trần Quốc Bửu", position="Trưởng phòng")),),
        representative=Representative(person=Person(full_name="Phạm Gia Tường")),
        prior_settlements=(PriorSettlement(agency="H9", result="Đã trả lời"),),
        attachments=(Attachment(local_key="1", file_name="don.pdf", location="12/don.pdf"),),
        processing=Processing(
            processed_on=date(2026, 3, 4),
            officer="Đỗ Nhật Lệ",
            officer_role="Chuyên viên",
            approver="Vũ Hải Đường",
            approver_role="Trưởng ban",
            summary="Tóm tắt có tên",
            document=document,
        ),
        acceptance=Acceptance(
            accepted_on=date(2026, 3, 9),
            approver="Hồ Lệ Quyên",
            extensions=(Extension(reason="Phức tạp"),),
            suspension=Suspension(reason="Chờ giám định"),
        ),
        settlements=(
            Settlement(
                local_key="s1",
                issued_on=date(2026, 4, 1),
                outcome=Outcome.DENUNCIATION_TRUE,
                remedies=Remedies(recover_state=Amounts(money=5_000_000, residential_land=Decimal("12.5"))),
                people_handled=(HandledPerson(full_name="Trần Quốc Bửu", measure="Cảnh cáo"),),
                organisations_handled=(HandledOrganisation(name="Phòng Sen Hồng"),),
            ),
        ),
        enforcements=(Enforcement(local_key="e1", settlement_key="s1", updated_on=date(2026, 5, 1), people_handled=1),),
        withdrawal=Withdrawal(reason="Tự nguyện"),
    )
