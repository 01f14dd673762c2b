"""One whole invented case, and the contract it is projected by."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sync_agent.domain.casefile import (
    Acceptance,
    Address,
    Amounts,
    Attachment,
    CaseFile,
    Direction,
    Document,
    Enforcement,
    ForwardedBy,
    Gender,
    HandledOrganisation,
    HandledPerson,
    IdKind,
    Instance,
    Kind,
    Outcome,
    Person,
    Petition,
    PetitionerKind,
    Petitioners,
    PriorSettlement,
    Processing,
    Reception,
    ReceptionSession,
    Remedies,
    Representative,
    RepresentativeKind,
    Respondent,
    RespondentKind,
    Settlement,
)
from sync_agent.domain.cleared import ClearedCase
from sync_agent.national import KntcContract, Projection, WireOptions, load_contract

FOLDER = Path(__file__).parents[3] / "schemas" / "kntc"
TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHA = "a" * 64

Load = Callable[..., KntcContract]
Project = Callable[..., Projection]


@pytest.fixture(scope="session")
def folder() -> Path:
    """Return the folder of the contract."""
    return FOLDER


@pytest.fixture(scope="session")
def load() -> Load:
    """Return what loads the contract with capabilities; `__` in a name stands for a dot."""

    def _load(**capabilities: str) -> KntcContract:
        return load_contract(FOLDER, {name.replace("__", "."): value for name, value in capabilities.items()})

    return _load


@pytest.fixture(scope="session")
def contract(load: Load) -> KntcContract:
    """Return the contract with every capability at its default."""
    return load()


@pytest.fixture(scope="session")
def project(contract: KntcContract) -> Project:
    """Return what projects a case, in đồng unless told otherwise."""

    def _project(case: CaseFile, *, protected: bool = False, by: KntcContract = contract, **options: Any) -> Projection:
        chosen = WireOptions(**{"money_unit": "dong", **options})
        return by.project(ClearedCase(case, protected, "policy"), token=TOKEN, options=chosen)

    return _project


@pytest.fixture
def case() -> CaseFile:
    """Return a complaint of two people that went through all five steps."""
    return CaseFile(
        case_key="D17-3",
        agency="H217.01",
        kind=Kind.COMPLAINT,
        classifications=("KN.01.02.16", "PA.01"),
        reception=Reception(
            session=ReceptionSession.PERIODIC, leader="Trần Văn Khởi", delegated=True, delegated_leader="Lê Thị Mơ"
        ),
        petition=Petition(
            entered_on=date(2026, 3, 5),
            source="4",
            forwarded_by=ForwardedBy(agency="H101.02", document_no="15/VP-TCD", document_date=date(2026, 3, 1)),
            content="Khiếu nại quyết định thu hồi đất.\nĐề nghị xem xét lại.",
            redacted_summary="Khiếu nại về đất đai.",
            anonymous=False,
            eligible=True,
        ),
        petitioners=Petitioners(
            kind=PetitionerKind.GROUP,
            headcount=12,
            representatives=2,
            people=(
                Person(
                    full_name="Nguyễn Thị Thử",
                    id_number="025000000001",
                    id_kind=IdKind.CITIZEN_ID,
                    id_issued_on=date(2021, 12, 31),
                    id_issued_by="Cục Cảnh sát",
                    gender=Gender.FEMALE,
                    ethnicity="2",
                    nationality="VN",
                    address=Address(province="217", district="21701", commune="2170103", detail="Số 1 ngõ Thử"),
                ),
                Person(full_name="Phạm Văn Mẫu"),
            ),
        ),
        respondents=(
            Respondent(
                kind=RespondentKind.INDIVIDUAL,
                person=Person(full_name="Đỗ Văn Bị", gender=Gender.MALE, position="Chủ tịch xã"),
            ),
        ),
        representative=Representative(
            kind=RepresentativeKind.LAWYER, person=Person(full_name="Võ Thị Luật", id_number="025000000002")
        ),
        prior_settlements=(
            PriorSettlement(
                agency="H217.02",
                instance=Instance.FIRST,
                decision_kind="2",
                issued_on=date(2025, 11, 20),
                result="Bác đơn",
            ),
        ),
        attachments=(
            Attachment(
                local_key="1",
                name="Đơn khiếu nại",
                kind="1",
                summary="Bản gốc",
                file_name="đơn.pdf",
                location="1/a.pdf",
                size=10,
                sha256=SHA,
            ),
        ),
        processing=Processing(
            direction=Direction.ACCEPT,
            agency="H217.01",
            next_agency="H217.02",
            processed_on=date(2026, 3, 9),
            officer="Bùi Văn Xử",
            approver="Hồ Thị Duyệt",
            summary="Thuộc thẩm quyền",
            reason="Đủ điều kiện thụ lý",
            document=Document(file_name="phiếu.docx", location="1/b.docx", size=20, sha256=SHA),
        ),
        acceptance=Acceptance(
            agency="H217.01",
            accepted_on=date(2026, 3, 12),
            deadline=date(2026, 4, 11),
            approver="Hồ Thị Duyệt",
            document=Document(file_name="thông báo.pdf", location="1/c.pdf", size=30, sha256=SHA),
        ),
        settlements=(
            Settlement(
                local_key="7",
                instance=Instance.FIRST,
                agency="H217.01",
                decision_no="12/QĐ-UBND",
                issued_on=date(2026, 4, 10),
                document=Document(file_name="qđ.pdf", location="1/d.pdf", size=40, sha256=SHA),
                summary="Công nhận một phần",
                outcome=Outcome.COMPLAINT_PARTLY_RIGHT,
                form="3",
                may_sue=True,
                remedies=Remedies(
                    recover=Amounts(money=5_000_000, residential_land=Decimal(120), production_land=Decimal("0.00")),
                    give_back=Amounts(money=0, residential_land=Decimal("30.0"), production_land=Decimal(999)),
                    people_restored=4,
                    people_to_investigation=1,
                    fines=2_000_000,
                ),
                people_handled=(HandledPerson(full_name="Đỗ Văn Bị", position="Chủ tịch xã", measure="Khiển trách"),),
                organisations_handled=(HandledOrganisation(name="UBND xã Thử", measure="Phê bình"),),
            ),
        ),
        enforcements=(
            Enforcement(
                local_key="21",
                settlement_key="7",
                agency="H217.03",
                updated_on=date(2026, 6, 1),
                recovered=Amounts(money=1_000_000, residential_land=Decimal(11), production_land=Decimal(12)),
                returned=Amounts(money=2_000_000, residential_land=Decimal(21), production_land=Decimal(22)),
                people_handled=1,
                organisations_handled=2,
                property_value=3_000_000,
                fines=4_000_000,
                prosecuted=0,
            ),
        ),
    )


@pytest.fixture
def bare() -> CaseFile:
    """Return the least a case can be: an agency, a kind, a petition."""
    return CaseFile(case_key="D1-1", agency="H217.01", kind=Kind.FEEDBACK, petition=Petition())
