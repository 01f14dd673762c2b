"""CapNhatVuViec against hand-written payloads."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from sync_agent.domain.casefile import (
    Address,
    CaseFile,
    Gender,
    IdKind,
    Instance,
    Kind,
    Organisation,
    Person,
    Petition,
    PetitionerKind,
    Petitioners,
    PriorSettlement,
    Reception,
    ReceptionSession,
    Representative,
    RepresentativeKind,
    Respondent,
    RespondentKind,
)
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.national import Projection

Project = Callable[..., Projection]

TOKEN_LINE = "Mã liên thông: ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NOBODY = {
    "HoTen": "",
    "SoDinhDanhCaNhan": "",
    "GioiTinh": "",
    "NgayCapSoDinhDanh": "",
    "NoiCapSoDinhDanh": "",
    "MaTinh": "",
    "MaHuyen": "",
    "MaXa": "",
    "DiaChiChiTiet": "",
}
NOWHERE = {"MaQuocTich": "", "MaDanToc": ""}
NO_RESPONDENT = {
    "LoaiNguoiBiKNTC": "",
    **NOBODY,
    **NOWHERE,
    "ChucVu": "",
    "TenCoQuanToChuc": "",
    "MaTinhCoQuan": "",
    "MaHuyenCoQuan": "",
    "MaXaCoQuan": "",
    "DiaChiChiTietCoQuan": "",
}


def test_a_whole_case_is_written_field_by_field(case: CaseFile, project: Project) -> None:
    """Every field of CapNhatVuViec stands where client code puts it, dates as dd/MM/yyyy, flags as 0 and 1."""
    expected = {
        "VuViec": {
            "Id": "",
            "NgayNhapDon": "05/03/2026",
            "GanVuViec": 0,
            "LanhDaoTiep": "Trần Văn Khởi",
            "TiepDinhKy": 1,
            "UyQuyen": 1,
            "LanhDaoUyQuyen": "Lê Thị Mơ",
        },
        "NguonDonDen": {
            "MaNguonDonDen": "4",
            "MaCoQuanChuyenDon": "H101.02",
            "SoVanBanDen": "15/VP-TCD",
            "NgayVanBan": "01/03/2026",
        },
        "NguoiKNTC": {
            "LoaiNguoiKNTC": 2,
            "SoNguoiKNTC": 12,
            "SoNguoiDaiDien": 2,
            "TenCoQuanToChuc": "",
            "DiaChiCoQuanToChuc": "",
            "DataNguoiKNTC": [
                {
                    "HoTen": "Nguyễn Thị Thử",
                    "SoDinhDanhCaNhan": "025000000001",
                    "GioiTinh": 2,
                    "NgayCapSoDinhDanh": "31/12/2021",
                    "NoiCapSoDinhDanh": "Cục Cảnh sát",
                    "MaTinh": "217",
                    "MaHuyen": "21701",
                    "MaXa": "2170103",
                    "DiaChiChiTiet": "Số 1 ngõ Thử",
                    "MaQuocTich": "VN",
                    "MaDanToc": "2",
                },
                {**NOBODY, **NOWHERE, "HoTen": "Phạm Văn Mẫu"},
            ],
        },
        "NguoiBiKNTCT": {
            **NO_RESPONDENT,
            "LoaiNguoiBiKNTC": 1,
            "HoTen": "Đỗ Văn Bị",
            "GioiTinh": 1,
            "ChucVu": "Chủ tịch xã",
        },
        "NguoiUyQuyen": {
            "LoaiNguoiUyQuyen": 1,
            **NOBODY,
            "HoTen": "Võ Thị Luật",
            "SoDinhDanhCaNhan": "025000000002",
        },
        "CoQuanDaGiaiQuyet": {
            "MaCoQuan": "H217.02",
            "LanGiaiQuyet": 1,
            "NgayBanHanh": "20/11/2025",
            "MaLoaiQuyetDinh": "2",
            "KetQuaGiaiQuyet": "Bác đơn",
        },
        "PhanLoaiDon": [
            {"MaLoaiDon": "KN", "MaLoaiDon1": "KN.01", "MaLoaiDon2": "KN.01.02", "MaLoaiDon3": "KN.01.02.16"},
            {"MaLoaiDon": "PA", "MaLoaiDon1": "PA.01", "MaLoaiDon2": "", "MaLoaiDon3": ""},
        ],
        "Attachment": [
            {
                "TenHoSo": "Đơn khiếu nại",
                "LoaiHoSo": "1",
                "NoiDungTomTat": "Bản gốc",
                "TenFileDinhKem": "đơn.pdf",
                "FileDinhKem": "",
            }
        ],
        "NoiDungDon": f"Khiếu nại quyết định thu hồi đất.\nĐề nghị xem xét lại.\n{TOKEN_LINE}",
        "CoQuanTiepNhan": "H217.01",
    }

    message = project(case).messages[0]

    assert message.body == expected
    assert list(message.body) == list(expected)
    assert (message.step, message.local_key, message.parent_key, message.agency) == (Step.CASE, "", "", "H217.01")


def test_what_nobody_said_is_empty_and_nothing_is_a_default(bare: CaseFile, project: Project) -> None:
    """No ethnicity, nationality, gender, representative, respondent, flag or count is invented."""
    body = project(bare).messages[0].body

    assert body == {
        "VuViec": {
            "Id": "",
            "NgayNhapDon": "",
            "GanVuViec": 0,
            "LanhDaoTiep": "",
            "TiepDinhKy": "",
            "UyQuyen": "",
            "LanhDaoUyQuyen": "",
        },
        "NguonDonDen": {"MaNguonDonDen": "", "MaCoQuanChuyenDon": "", "SoVanBanDen": "", "NgayVanBan": ""},
        "NguoiKNTC": {
            "LoaiNguoiKNTC": "",
            "SoNguoiKNTC": "",
            "SoNguoiDaiDien": "",
            "TenCoQuanToChuc": "",
            "DiaChiCoQuanToChuc": "",
            "DataNguoiKNTC": [],
        },
        "NguoiBiKNTCT": NO_RESPONDENT,
        "NguoiUyQuyen": {"LoaiNguoiUyQuyen": "", **NOBODY},
        "CoQuanDaGiaiQuyet": {
            "MaCoQuan": "",
            "LanGiaiQuyet": "",
            "NgayBanHanh": "",
            "MaLoaiQuyetDinh": "",
            "KetQuaGiaiQuyet": "",
        },
        "PhanLoaiDon": [{"MaLoaiDon": "PA", "MaLoaiDon1": "", "MaLoaiDon2": "", "MaLoaiDon3": ""}],
        "Attachment": [],
        "NoiDungDon": TOKEN_LINE,
        "CoQuanTiepNhan": "H217.01",
    }


@pytest.mark.parametrize(
    ("kind", "first_level"), [(Kind.COMPLAINT, "KN"), (Kind.DENUNCIATION, "TC"), (Kind.FEEDBACK, "PA")]
)
def test_a_kind_without_classification_goes_up_as_the_first_level(
    bare: CaseFile, project: Project, kind: Any, first_level: str
) -> None:
    """The kind is not lost because the field is not known yet."""
    projection = project(bare.model_copy(update={"kind": kind}))

    assert projection.messages[0].body["PhanLoaiDon"][0]["MaLoaiDon"] == first_level
    assert projection.findings == ()


def test_a_mixed_petition_without_classification_is_held(bare: CaseFile, project: Project) -> None:
    """The wire has no code for "several contents": nothing is guessed."""
    projection = project(bare.model_copy(update={"kind": Kind.MIXED}))

    assert projection.messages[0].body["PhanLoaiDon"] == []
    assert projection.findings == (Finding("unmapped_code", Level.HOLD, "kind", Step.CASE),)


def test_a_mixed_petition_goes_up_by_its_classifications(bare: CaseFile, project: Project) -> None:
    """With classifications of several families the wire can say it."""
    mixed = bare.model_copy(update={"kind": Kind.MIXED, "classifications": ("KN.01", "TC.01.05")})

    projection = project(mixed)

    assert [row["MaLoaiDon"] for row in projection.messages[0].body["PhanLoaiDon"]] == ["KN", "TC"]
    assert projection.findings == ()


def test_a_classification_deeper_than_the_wire_is_held(bare: CaseFile, project: Project) -> None:
    """A fifth level is not silently cut."""
    projection = project(bare.model_copy(update={"classifications": ("KN.01.02.16.01",)}))

    assert projection.findings == (Finding("unmapped_code", Level.HOLD, "classifications", Step.CASE),)


@pytest.mark.parametrize(("field", "value"), [("kind", None), ("agency", None)])
def test_a_case_without_kind_or_agency_is_held(bare: CaseFile, project: Project, field: str, value: None) -> None:
    """There is no default agency and no default kind."""
    findings = project(bare.model_copy(update={field: value})).findings

    assert Finding("required_missing", Level.HOLD, field, Step.CASE) in findings


@pytest.mark.parametrize(
    ("kind", "code"), [(PetitionerKind.INDIVIDUAL, 1), (PetitionerKind.GROUP, 2), (PetitionerKind.ORGANISATION, 3)]
)
def test_the_petitioners_kind_is_what_the_source_says(bare: CaseFile, project: Project, kind: Any, code: Any) -> None:
    """A group is never decided by counting people."""
    petitioners = Petitioners(kind=kind, people=tuple(Person(full_name=f"Người {n}") for n in range(7)))

    block = project(bare.model_copy(update={"petitioners": petitioners})).messages[0].body["NguoiKNTC"]

    assert (block["LoaiNguoiKNTC"], block["SoNguoiKNTC"], len(block["DataNguoiKNTC"])) == (code, "", 7)


def test_an_organisation_that_complains_has_its_name_and_address(bare: CaseFile, project: Project) -> None:
    """An organisation is written in its own two fields."""
    organisation = Organisation(name="Công ty Thử", address=Address(province="217", detail="Số 9 phố Mẫu"))
    petitioners = Petitioners(kind=PetitionerKind.ORGANISATION, organisation=organisation)

    block = project(bare.model_copy(update={"petitioners": petitioners})).messages[0].body["NguoiKNTC"]

    assert (block["TenCoQuanToChuc"], block["DiaChiCoQuanToChuc"]) == ("Công ty Thử", "Số 9 phố Mẫu")


@pytest.mark.parametrize(
    "petitioners", [None, Petitioners(), Petitioners(people=(Person(),))], ids=["no part", "no people", "no name"]
)
def test_an_anonymous_writer_is_named_as_real_clients_do(bare: CaseFile, project: Project, petitioners: Any) -> None:
    """Đơn nặc danh stands in the name field, whether or not a nameless row exists."""
    anonymous = bare.model_copy(update={"petition": Petition(anonymous=True), "petitioners": petitioners})

    rows = project(anonymous).messages[0].body["NguoiKNTC"]["DataNguoiKNTC"]

    assert rows == [{**NOBODY, **NOWHERE, "HoTen": "Đơn nặc danh"}]


def test_a_name_that_was_given_is_not_replaced(bare: CaseFile, project: Project) -> None:
    """A source that flags a named writer as anonymous keeps the name it has."""
    named = Petitioners(people=(Person(full_name="Phạm Văn Mẫu"),))

    message = project(bare.model_copy(update={"petition": Petition(anonymous=True), "petitioners": named})).messages[0]

    assert [row["HoTen"] for row in message.body["NguoiKNTC"]["DataNguoiKNTC"]] == ["Phạm Văn Mẫu"]


@pytest.mark.parametrize(
    "petitioners",
    [Petitioners(), Petitioners(people=(Person(),)), Petitioners(people=(Person(full_name="Lò Thử"), Person()))],
    ids=["nobody", "no name", "one of two without name"],
)
def test_a_writer_without_name_is_held_unless_the_petition_is_anonymous(
    bare: CaseFile, project: Project, petitioners: Petitioners
) -> None:
    """A petition that does not say it is anonymous, yet names nobody, would be untrue."""
    findings = project(bare.model_copy(update={"petition": Petition(), "petitioners": petitioners})).findings

    assert Finding("required_missing", Level.HOLD, "petitioners.people.full_name", Step.CASE) in findings


@pytest.mark.parametrize(("gender", "code"), [(Gender.MALE, 1), (Gender.FEMALE, 2), (None, "")])
def test_gender_is_never_a_default(bare: CaseFile, project: Project, gender: Any, code: Any) -> None:
    """An unknown gender stays empty."""
    petitioners = Petitioners(people=(Person(full_name="Phạm Văn Mẫu", gender=gender),))

    body = project(bare.model_copy(update={"petitioners": petitioners})).messages[0].body

    assert body["NguoiKNTC"]["DataNguoiKNTC"][0]["GioiTinh"] == code


@pytest.mark.parametrize(
    ("kind", "sent"), [(None, True), (IdKind.CITIZEN_ID, True), (IdKind.OLD_ID, True), (IdKind.PASSPORT, False)]
)
def test_a_passport_number_is_not_squeezed_into_the_personal_id(
    bare: CaseFile, project: Project, kind: Any, sent: bool
) -> None:
    """Only numbers that the field is known to take go up; the rest is counted."""
    person = Person(
        full_name="A B", id_kind=kind, id_number="B0000001", id_issued_on=date(2020, 1, 2), id_issued_by="Nơi cấp"
    )

    projection = project(bare.model_copy(update={"petitioners": Petitioners(people=(person,))}))
    row = projection.messages[0].body["NguoiKNTC"]["DataNguoiKNTC"][0]

    assert (row["SoDinhDanhCaNhan"], row["NgayCapSoDinhDanh"], row["NoiCapSoDinhDanh"]) == (
        ("B0000001", "02/01/2020", "Nơi cấp") if sent else ("", "", "")
    )
    left = Finding("not_expressible", Level.WARN, "petitioners.people.id_number", Step.CASE)
    assert projection.findings == (() if sent else (left,))


RESPONDENTS = (
    Respondent(kind=RespondentKind.INDIVIDUAL, person=Person(full_name="Đỗ Văn Một")),
    Respondent(
        kind=RespondentKind.ORGANISATION,
        organisation=Organisation(
            name="UBND xã Thử", address=Address(province="217", district="21701", commune="2170101", detail="Trụ sở")
        ),
    ),
    Respondent(kind=RespondentKind.INDIVIDUAL, person=Person(full_name="Đỗ Văn Ba")),
)


def test_several_respondents_wait_until_the_agency_has_chosen(bare: CaseFile, project: Project) -> None:
    """Which of several goes up is nobody's guess."""
    projection = project(bare.model_copy(update={"respondents": RESPONDENTS}))

    assert projection.messages[0].body["NguoiBiKNTCT"] == NO_RESPONDENT
    assert projection.findings == (Finding("several_respondents", Level.HOLD, "respondents", Step.CASE),)


@pytest.mark.parametrize(
    ("option", "name", "left"),
    [
        ("first", "Đỗ Văn Một", ["respondents[1]", "respondents[2]"]),
        ("organisation", "UBND xã Thử", ["respondents[0]", "respondents[2]"]),
    ],
)
def test_the_chosen_respondent_goes_up_and_the_others_are_counted(
    bare: CaseFile, project: Project, option: str, name: str, left: list[str]
) -> None:
    """Each respondent that stays behind is one finding, without a name."""
    projection = project(bare.model_copy(update={"respondents": RESPONDENTS}), respondents=option)
    block: dict[str, Any] = projection.messages[0].body["NguoiBiKNTCT"]

    assert name in {block["HoTen"], block["TenCoQuanToChuc"]}
    assert [(finding.rule, finding.field) for finding in projection.findings] == [
        ("not_expressible", field) for field in left
    ]


def test_a_respondent_organisation_has_its_own_address_fields(bare: CaseFile, project: Project) -> None:
    """Organisation and person are told apart by the code and by the fields."""
    body = project(bare.model_copy(update={"respondents": RESPONDENTS[1:2]})).messages[0].body

    assert body["NguoiBiKNTCT"] == {
        **NO_RESPONDENT,
        "LoaiNguoiBiKNTC": 2,
        "TenCoQuanToChuc": "UBND xã Thử",
        "MaTinhCoQuan": "217",
        "MaHuyenCoQuan": "21701",
        "MaXaCoQuan": "2170101",
        "DiaChiChiTietCoQuan": "Trụ sở",
    }


def test_choosing_organisations_holds_when_there_is_none(bare: CaseFile, project: Project) -> None:
    """The choice says nothing about several people."""
    people = (RESPONDENTS[0], RESPONDENTS[2])

    findings = project(bare.model_copy(update={"respondents": people}), respondents="organisation").findings

    assert findings == (Finding("several_respondents", Level.HOLD, "respondents", Step.CASE),)


@pytest.mark.parametrize(
    ("kind", "code", "rules"),
    [
        (RepresentativeKind.LAWYER, 1, []),
        (RepresentativeKind.LEGAL_AID, 2, []),
        (RepresentativeKind.OTHER, "", [("unmapped_code", Level.WARN, "representative.kind")]),
    ],
)
def test_a_representative_of_another_kind_has_no_code(
    bare: CaseFile, project: Project, kind: Any, code: Any, rules: list[Any]
) -> None:
    """The kind is descriptive: it goes empty with a warning, the person goes up."""
    representative = Representative(kind=kind, person=Person(full_name="Võ Thị Luật", ethnicity="1", nationality="VN"))

    projection = project(bare.model_copy(update={"representative": representative}))

    assert projection.messages[0].body["NguoiUyQuyen"] == {
        "LoaiNguoiUyQuyen": code,
        **NOBODY,
        "HoTen": "Võ Thị Luật",
    }
    assert [(finding.rule, finding.level, finding.field) for finding in projection.findings] == rules


def test_of_several_prior_settlements_the_latest_goes_up(bare: CaseFile, project: Project) -> None:
    """The choice does not depend on the order of the rows; the others are counted."""
    priors = (
        PriorSettlement(agency="A1", issued_on=date(2024, 1, 1), instance=Instance.FIRST),
        PriorSettlement(agency="A2", issued_on=date(2025, 1, 1), instance=Instance.FIRST),
        PriorSettlement(agency="A3", issued_on=date(2025, 1, 1), instance=Instance.SECOND),
        PriorSettlement(agency="A4"),
    )

    forward = project(bare.model_copy(update={"prior_settlements": priors}))
    backward = project(bare.model_copy(update={"prior_settlements": priors[::-1]}))

    assert forward.messages[0].body["CoQuanDaGiaiQuyet"] == {
        "MaCoQuan": "A3",
        "LanGiaiQuyet": 2,
        "NgayBanHanh": "01/01/2025",
        "MaLoaiQuyetDinh": "",
        "KetQuaGiaiQuyet": "",
    }
    assert backward.messages[0].body == forward.messages[0].body
    assert [finding.field for finding in forward.findings] == [
        "prior_settlements[0]",
        "prior_settlements[1]",
        "prior_settlements[3]",
    ]


def test_equal_prior_settlements_are_taken_in_the_order_of_the_case(bare: CaseFile, project: Project) -> None:
    """The mapping's order decides what nothing else decides."""
    priors = (PriorSettlement(agency="A1"), PriorSettlement(agency="A2"))

    body = project(bare.model_copy(update={"prior_settlements": priors})).messages[0].body

    assert body["CoQuanDaGiaiQuyet"]["MaCoQuan"] == "A1"


@pytest.mark.parametrize(
    ("session", "flag", "fields"),
    [
        (ReceptionSession.PERIODIC, 1, []),
        (ReceptionSession.REGULAR, 0, []),
        (ReceptionSession.AD_HOC, 0, ["reception.session"]),
        (None, "", []),
    ],
)
def test_a_session_is_periodic_or_not(
    bare: CaseFile, project: Project, session: Any, flag: Any, fields: list[str]
) -> None:
    """An extraordinary session is not periodic, and that it was extraordinary is counted as lost."""
    projection = project(bare.model_copy(update={"reception": Reception(session=session)}))

    assert projection.messages[0].body["VuViec"]["TiepDinhKy"] == flag
    assert [finding.field for finding in projection.findings] == fields


def test_a_linked_case_stays_behind_while_links_are_off(bare: CaseFile, project: Project) -> None:
    """GanVuViec stays 0, and the link is counted."""
    projection = project(bare.model_copy(update={"linked_case": "D9-1"}))

    assert projection.messages[0].body["VuViec"]["GanVuViec"] == 0
    assert projection.findings == (Finding("not_expressible", Level.WARN, "linked_case"),)


def test_an_attachment_without_bytes_claims_no_file(case: CaseFile, project: Project) -> None:
    """What is known of the record goes up; a file name without a file would be untrue."""
    without = case.attachments[0].model_copy(update={"sha256": None})

    message = project(case.model_copy(update={"attachments": (without,)})).messages[0]

    assert message.body["Attachment"][0]["TenHoSo"] == "Đơn khiếu nại"
    assert message.body["Attachment"][0]["TenFileDinhKem"] == ""
    assert message.files == ()


def test_a_confidential_attachment_is_never_written(case: CaseFile, project: Project) -> None:
    """Even one that reached this side of the gate."""
    secret = case.attachments[0].model_copy(update={"confidential": True, "local_key": "0"})

    message = project(case.model_copy(update={"attachments": (secret, *case.attachments)})).messages[0]

    assert len(message.body["Attachment"]) == 1
    assert [slot.path for slot in message.files] == [("Attachment", 0, "FileDinhKem")]


def test_a_headcount_the_wire_might_cut_is_held(bare: CaseFile, project: Project) -> None:
    """Both known clients bind counts as 32-bit integers."""
    crowd = Petitioners(headcount=2**31, people=(Person(full_name="Lò Thử"),))

    projection = project(bare.model_copy(update={"petitioners": crowd}))

    assert projection.messages[0].body["NguoiKNTC"]["SoNguoiKNTC"] == ""
    assert projection.findings == (Finding("wire_unit", Level.HOLD, "petitioners.headcount", Step.CASE),)


def test_a_reception_without_a_petition_has_no_message(project: Project) -> None:
    """The contract has no message for it: it is counted, not squeezed into a petition."""
    reception = CaseFile(case_key="T1", agency="H217.01", reception=Reception(content="Trình bày miệng"))

    projection = project(reception)

    assert projection.messages == ()
    assert projection.findings == (Finding("not_expressible", Level.WARN, "reception"),)


def test_a_record_with_neither_petition_nor_reception_says_what_is_missing(project: Project) -> None:
    """Nothing disappears without a word."""
    assert project(CaseFile(case_key="X1")).findings == (Finding("not_expressible", Level.WARN, "petition"),)


@pytest.mark.parametrize(
    ("entered", "received", "written"),
    [
        (date(2026, 3, 5), date(2026, 3, 1), "05/03/2026"),
        (None, date(2026, 3, 1), "01/03/2026"),
        (None, None, ""),
    ],
)
def test_the_day_of_receipt_stands_in_for_the_day_of_entry(
    bare: CaseFile, project: Project, entered: date | None, received: date | None, written: str
) -> None:
    """One known client sends the one, one the other; no third day is made up."""
    petition = Petition(entered_on=entered, received_on=received)

    body = project(bare.model_copy(update={"petition": petition})).messages[0].body

    assert body["VuViec"]["NgayNhapDon"] == written
