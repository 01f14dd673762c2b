"""The CaseFile (hồ sơ vụ việc): the whole matter as the local agency knows it.

A missing value is None or an empty tuple, never "" and never an invented default.
Codes are national codes once a code table has mapped them; concepts the law closes are enums.
"""

import unicodedata
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "Acceptance",
    "Address",
    "Amounts",
    "Attachment",
    "CaseFile",
    "Direction",
    "Document",
    "Enforcement",
    "Extension",
    "ForwardedBy",
    "Gender",
    "HandledOrganisation",
    "HandledPerson",
    "IdKind",
    "Instance",
    "Kind",
    "Organisation",
    "Outcome",
    "PartialDate",
    "Person",
    "Petition",
    "PetitionerKind",
    "Petitioners",
    "PriorSettlement",
    "Processing",
    "Reception",
    "ReceptionMode",
    "ReceptionSession",
    "Remedies",
    "Representative",
    "RepresentativeKind",
    "Respondent",
    "RespondentKind",
    "Settlement",
    "Suspension",
    "Withdrawal",
]


def _clean_text(value: object) -> object:
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


def _real_date(value: str) -> str:
    date.fromisoformat((value + "-01-01")[: len("2026-01-01")])
    return value


Text = Annotated[str, BeforeValidator(_clean_text), Field(min_length=1)]
"""NFC, trimmed, never empty, never cut."""

Code = Annotated[str, BeforeValidator(_clean_text), Field(min_length=1, max_length=64)]
"""A value of a code list; always a string, leading zeros kept."""

PartialDate = Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$"), AfterValidator(_real_date)]
"""`2026`, `2026-03` or `2026-03-14`: a day or a month the writer did not give stays unknown."""

Count = Annotated[int, Field(ge=0)]
Dong = Annotated[int, Field(ge=0)]
"""Money in đồng."""
SquareMetres = Annotated[Decimal, Field(ge=0)]


class Kind(StrEnum):
    """Loại đơn (TT 05/2021/TT-TTCP)."""

    COMPLAINT = "complaint"  # khiếu nại
    DENUNCIATION = "denunciation"  # tố cáo
    FEEDBACK = "feedback"  # kiến nghị, phản ánh
    MIXED = "mixed"  # nhiều nội dung khác nhau


class Direction(StrEnum):
    """Hướng xử lý đơn."""

    ACCEPT = "accept"  # thụ lý
    FORWARD = "forward"  # chuyển đơn
    RETURN = "return"  # trả lại đơn
    GUIDE = "guide"  # hướng dẫn
    URGE = "urge"  # đôn đốc
    FILE = "file"  # xếp lưu


class Outcome(StrEnum):
    """Kết quả giải quyết: KN complaint, TC denunciation, lần hai second instance."""

    COMPLAINT_RIGHT = "complaint_right"  # KN đúng toàn bộ
    COMPLAINT_PARTLY_RIGHT = "complaint_partly_right"  # KN đúng một phần
    COMPLAINT_WRONG = "complaint_wrong"  # KN sai toàn bộ
    FIRST_DECISION_UPHELD = "first_decision_upheld"  # lần hai: công nhận QĐ lần đầu
    FIRST_DECISION_CHANGED = "first_decision_changed"  # lần hai: sửa, hủy QĐ lần đầu
    DENUNCIATION_TRUE = "denunciation_true"  # TC đúng
    DENUNCIATION_FALSE = "denunciation_false"  # TC sai
    DENUNCIATION_PARTLY_TRUE = "denunciation_partly_true"  # TC đúng một phần
    DENUNCIATION_KNOWINGLY_FALSE = "denunciation_knowingly_false"  # cố ý tố cáo sai sự thật
    TO_INVESTIGATION = "to_investigation"  # chuyển cơ quan điều tra


class PetitionerKind(StrEnum):
    """Loại người khiếu nại, tố cáo."""

    INDIVIDUAL = "individual"  # cá nhân
    GROUP = "group"  # đoàn đông người, tập thể
    ORGANISATION = "organisation"  # cơ quan, tổ chức


class RespondentKind(StrEnum):
    """Loại người bị khiếu nại, tố cáo."""

    INDIVIDUAL = "individual"  # cá nhân
    ORGANISATION = "organisation"  # cơ quan, tổ chức


class RepresentativeKind(StrEnum):
    """Loại người được ủy quyền."""

    LAWYER = "lawyer"  # luật sư
    LEGAL_AID = "legal_aid"  # trợ giúp viên pháp lý
    OTHER = "other"  # khác


class Gender(StrEnum):
    """Giới tính."""

    MALE = "male"
    FEMALE = "female"


class IdKind(StrEnum):
    """Loại giấy tờ tùy thân."""

    CITIZEN_ID = "citizen_id"  # CCCD, số định danh
    OLD_ID = "old_id"  # CMND
    PASSPORT = "passport"  # hộ chiếu


class ReceptionSession(StrEnum):
    """Hình thức buổi tiếp."""

    REGULAR = "regular"  # thường xuyên
    PERIODIC = "periodic"  # định kỳ của người đứng đầu
    AD_HOC = "ad_hoc"  # đột xuất


class ReceptionMode(StrEnum):
    """Cách tiếp; trực tuyến since 2026-07-01 (Law 136/2025/QH15)."""

    IN_PERSON = "in_person"
    ONLINE = "online"


class Instance(StrEnum):
    """Lần giải quyết."""

    FIRST = "first"
    SECOND = "second"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """Show no value: a part can stand in a traceback or a log line."""
        return []


class Address(_Part):
    """Địa chỉ. Unit codes are dated: `as_of` says which list they belong to."""

    province: Code | None = None
    district: Code | None = None  # only before 2025-07-01
    commune: Code | None = None
    detail: Text | None = None
    as_of: date | None = None


class Document(_Part):
    """A file of a case. `location` is where the source finds the bytes; it never leaves the agent."""

    file_name: Text | None = None
    location: Text | None = None
    size: Count | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class Attachment(Document):
    """Hồ sơ đính kèm."""

    local_key: Text
    name: Text | None = None
    kind: Code | None = None
    summary: Text | None = None
    confidential: bool = False


class Person(_Part):
    """A person in the case."""

    full_name: Text | None = None
    id_number: Text | None = None  # số định danh
    id_kind: IdKind | None = None
    id_issued_on: date | None = None
    id_issued_by: Text | None = None
    gender: Gender | None = None
    birth_date: PartialDate | None = None
    ethnicity: Code | None = None
    nationality: Code | None = None
    occupation: Text | None = None
    position: Text | None = None  # chức vụ
    workplace: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    address: Address | None = None


class Organisation(_Part):
    """Cơ quan, tổ chức."""

    name: Text | None = None
    address: Address | None = None


class Reception(_Part):
    """Tiếp công dân."""

    received_on: date | None = None
    session: ReceptionSession | None = None
    mode: ReceptionMode | None = None
    officer: Text | None = None
    leader: Text | None = None
    delegated: bool | None = None
    delegated_leader: Text | None = None
    visitors: Count | None = None
    content: Text | None = None
    request: Text | None = None
    result: Text | None = None
    large_group: bool | None = None
    first_time: bool | None = None


class ForwardedBy(_Part):
    """Cơ quan chuyển đơn."""

    agency: Code | None = None
    document_no: Text | None = None
    document_date: date | None = None


class Petition(_Part):
    """Đơn."""

    number: Text | None = None
    written_on: PartialDate | None = None
    received_on: date | None = None
    entered_on: date | None = None
    source: Code | None = None  # nguồn đơn
    forwarded_by: ForwardedBy | None = None
    content: Text | None = None
    redacted_summary: Text | None = None  # approved text without identity
    place: Address | None = None  # nơi phát sinh
    anonymous: bool | None = None  # nặc danh
    eligible: bool | None = None  # đủ điều kiện xử lý
    within_authority: bool | None = None
    duplicate_of: Text | None = None
    previous_instance: Text | None = None  # khiếu nại lần hai → lần đầu


class Petitioners(_Part):
    """Người khiếu nại, tố cáo, kiến nghị, phản ánh."""

    kind: PetitionerKind | None = None
    headcount: Count | None = None
    representatives: Count | None = None
    people: tuple[Person, ...] = ()
    organisation: Organisation | None = None
    protected: bool | None = None  # a petitioner under protection (Luật Tố cáo 2018, Art. 47)


class Respondent(_Part):
    """Người bị khiếu nại, tố cáo."""

    kind: RespondentKind | None = None
    person: Person | None = None
    organisation: Organisation | None = None


class Representative(_Part):
    """Người được ủy quyền."""

    kind: RepresentativeKind | None = None
    person: Person | None = None


class PriorSettlement(_Part):
    """Cơ quan đã giải quyết."""

    agency: Code | None = None
    instance: Instance | None = None
    decision_kind: Code | None = None
    decision_no: Text | None = None
    issued_on: date | None = None
    result: Text | None = None


class Processing(_Part):
    """Xử lý đơn."""

    direction: Direction | None = None
    agency: Code | None = None
    next_agency: Code | None = None
    processed_on: date | None = None
    officer: Text | None = None
    officer_role: Text | None = None
    approver: Text | None = None
    approver_role: Text | None = None
    summary: Text | None = None
    reason: Text | None = None
    document: Document | None = None


class Extension(_Part):
    """Gia hạn giải quyết."""

    from_date: date | None = None
    to_date: date | None = None
    reason: Text | None = None
    document_no: Text | None = None


class Suspension(_Part):
    """Tạm đình chỉ."""

    suspended_on: date | None = None
    resumed_on: date | None = None
    reason: Text | None = None


class Acceptance(_Part):
    """Thụ lý."""

    agency: Code | None = None
    accepted_on: date | None = None
    document_no: Text | None = None
    document: Document | None = None
    deadline: date | None = None
    approver: Text | None = None
    approver_role: Text | None = None
    extensions: tuple[Extension, ...] = ()
    suspension: Suspension | None = None


class Amounts(_Part):
    """One side (recovered, or returned): money in đồng, land in m²."""

    money: Dong | None = None
    residential_land: SquareMetres | None = None
    production_land: SquareMetres | None = None


class Remedies(_Part):
    """Thu hồi cho Nhà nước, trả lại cho tổ chức, cá nhân; người được trả quyền lợi, bị xử lý, chuyển điều tra."""

    recover: Amounts | None = None  # beneficiary not told apart by the source
    recover_state: Amounts | None = None
    recover_organisation: Amounts | None = None
    recover_individual: Amounts | None = None
    give_back: Amounts | None = None  # beneficiary not told apart by the source
    give_back_state: Amounts | None = None
    give_back_organisation: Amounts | None = None
    give_back_individual: Amounts | None = None
    people_restored: Count | None = None
    people_handled: Count | None = None
    officials_handled: Count | None = None
    fines: Dong | None = None  # xử phạt hành chính, số tiền
    cases_to_investigation: Count | None = None
    people_to_investigation: Count | None = None


class HandledPerson(_Part):
    """Cá nhân bị xử lý hành chính."""

    full_name: Text | None = None
    position: Text | None = None
    measure: Text | None = None  # hình thức xử lý


class HandledOrganisation(_Part):
    """Tổ chức bị xử lý hành chính."""

    name: Text | None = None
    measure: Text | None = None


class Settlement(_Part):
    """Kết quả giải quyết: one decision or conclusion."""

    local_key: Text
    instance: Instance | None = None
    agency: Code | None = None
    decision_no: Text | None = None
    issued_on: date | None = None
    document: Document | None = None
    summary: Text | None = None
    outcome: Outcome | None = None
    form: Code | None = None  # hình thức giải quyết
    may_sue: bool | None = None  # quyền khởi kiện
    remedies: Remedies | None = None
    people_handled: tuple[HandledPerson, ...] = ()
    organisations_handled: tuple[HandledOrganisation, ...] = ()


class Enforcement(_Part):
    """Thi hành: one report on carrying out a decision."""

    local_key: Text
    settlement_key: Text
    agency: Code | None = None
    updated_on: date | None = None
    recovered: Amounts | None = None
    returned: Amounts | None = None
    people_handled: Count | None = None
    organisations_handled: Count | None = None
    property_value: Dong | None = None  # tài sản quy ra tiền
    fines: Dong | None = None
    prosecuted: Count | None = None


class Withdrawal(_Part):
    """Rút đơn."""

    withdrawn_on: date | None = None
    reason: Text | None = None
    document: Document | None = None


class CaseFile(_Part):
    """Hồ sơ vụ việc. Only `case_key` is required: what else is missing is for findings to say."""

    schema_version: Literal[1] = 1
    case_key: Text
    agency: Code | None = None  # cơ quan tiếp nhận
    kind: Kind | None = None
    classifications: tuple[Code, ...] = ()  # dotted codes, up to four levels
    recorded_at: AwareDatetime | None = None
    changed_at: AwareDatetime | None = None
    linked_case: Text | None = None  # gắn vụ việc: the other case's local key
    protection_requested: bool | None = None
    reception: Reception | None = None
    petition: Petition | None = None
    petitioners: Petitioners | None = None
    respondents: tuple[Respondent, ...] = ()
    representative: Representative | None = None
    prior_settlements: tuple[PriorSettlement, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    processing: Processing | None = None
    acceptance: Acceptance | None = None
    settlements: tuple[Settlement, ...] = ()
    enforcements: tuple[Enforcement, ...] = ()
    withdrawal: Withdrawal | None = None
