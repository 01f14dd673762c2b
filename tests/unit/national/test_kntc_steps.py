"""The four messages that follow a case, against hand-written payloads."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sync_agent.domain.casefile import Amounts, CaseFile, Direction, Instance, Outcome, Processing, Remedies, Settlement
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.national import KntcContract, Projection

Project = Callable[..., Projection]
Load = Callable[..., KntcContract]


def test_the_messages_of_a_whole_case_come_in_step_order(case: CaseFile, project: Project) -> None:
    """Each names its step, its key in the case and, for an enforcement, the settlement it belongs to."""
    messages = project(case).messages

    assert [(each.step, each.local_key, each.parent_key, each.agency) for each in messages] == [
        (Step.CASE, "", "", "H217.01"),
        (Step.PROCESSING, "", "", "H217.01"),
        (Step.ACCEPTANCE, "", "", "H217.01"),
        (Step.SETTLEMENT, "7", "", "H217.01"),
        (Step.ENFORCEMENT, "21", "7", "H217.01"),
    ]


def test_a_processing_result_is_written_field_by_field(case: CaseFile, project: Project) -> None:
    """CapNhatKQXuLy with its nested direction."""
    assert project(case).messages[1].body == {
        "Id": "",
        "NoiDungXuLy": {
            "DonNacDanh": 0,
            "DonDuDKXuLy": 1,
            "TomTatNoiDungXuLy": "Thuộc thẩm quyền",
            "NgayXuLy": "09/03/2026",
            "CanBoXuLy": "Bùi Văn Xử",
            "CanBoDuyetKQXL": "Hồ Thị Duyệt",
            "HuongXuLy": {
                "MaHuongXuLy": "4",
                "MaCoQuanXuLy": "H217.01",
                "MaCoQuanXuLyTiep": "H217.02",
                "NoiDungXuLy": "Đủ điều kiện thụ lý",
                "FileDinhKem": "",
                "TenFileDinhKem": "phiếu.docx",
            },
        },
    }


def test_an_acceptance_is_written_field_by_field(case: CaseFile, project: Project) -> None:
    """CapNhatGiaiQuyet."""
    assert project(case).messages[2].body == {
        "Id": "",
        "MaCoQuanThuLy": "H217.01",
        "NgayThuLy": "12/03/2026",
        "FileThuLy": "",
        "TenFileThuLy": "thông báo.pdf",
        "HanGiaiQuyet": "11/04/2026",
        "CanBoDuyet": "Hồ Thị Duyệt",
    }


def test_a_settlement_is_written_field_by_field(case: CaseFile, project: Project) -> None:
    """CapNhatKQGiaiQuyet: each of the six land and money figures in its own field."""
    assert project(case).messages[3].body == {
        "Id": "",
        "SoQuyetDinh": "12/QĐ-UBND",
        "MaCoQuanBanHanh": "H217.01",
        "NgayBanHanh": "10/04/2026",
        "FileQuyetDinh": "",
        "TenFileQuyetDinh": "qđ.pdf",
        "TomTatNoiDungGQ": "Công nhận một phần",
        "MaLoaiKetQua": "1",
        "HinhThucGiaiQuyet": "3",
        "QuyenKhoiKien": 1,
        "BoiThuongThietHai": {
            "ThuHoiTien": 5_000_000,
            "ThuHoiDatO": 120,
            "ThuHoiDatSX": 0,
            "TraLaiTien": 0,
            "TraLaiDatO": 30,
            "TraLaiDatSX": 999,
            "SoNguoiChuyenDieuTra": 1,
            "SoNguoiDuocTraQuyenLoi": 4,
            "XuPhatHanhChinh": 2_000_000,
        },
        "CaNhanBiXuLyHanhChinh": [{"HoTen": "Đỗ Văn Bị", "ChucVu": "Chủ tịch xã", "HinhThucXuLy": "Khiển trách"}],
        "ToChucBiXuLyHanhChinh": [{"TenToChuc": "UBND xã Thử", "HinhThucXuLy": "Phê bình"}],
    }


def test_an_enforcement_is_written_field_by_field(case: CaseFile, project: Project) -> None:
    """CapNhatThiHanh: recovered and returned figures do not overwrite each other."""
    assert project(case).messages[4].body == {
        "Id": "",
        "IdKetQua": "",
        "ThiHanhId": "",
        "ThiHanhGiaiQuyet": {
            "MaCoQuanThiHanh": "H217.03",
            "NgayCapNhat": "01/06/2026",
            "ThuHoiTien": 1_000_000,
            "ThuHoiDatO": 11,
            "ThuHoiDatSX": 12,
            "TraLaiTien": 2_000_000,
            "TraLaiDatO": 21,
            "TraLaiDatSX": 22,
            "SoNguoiBiXuLy": 1,
            "SoTapTheBiXuLy": 2,
            "TaiSanQuyRaTien": 3_000_000,
            "SoTienNopPhat": 4_000_000,
            "SoDoiTuongDaKhoiTo": 0,
        },
    }


def test_a_settlement_of_which_little_is_known_is_empty(bare: CaseFile, project: Project) -> None:
    """Absent amounts are empty, not zero."""
    settlement = Settlement(local_key="1")

    body = project(bare.model_copy(update={"settlements": (settlement,)})).messages[1].body

    assert set(body["BoiThuongThietHai"].values()) == {""}
    assert (body["QuyenKhoiKien"], body["MaLoaiKetQua"]) == ("", "")
    assert (body["CaNhanBiXuLyHanhChinh"], body["ToChucBiXuLyHanhChinh"]) == ([], [])


@pytest.mark.parametrize(
    ("direction", "code"),
    [
        (Direction.ACCEPT, "4"),
        (Direction.FORWARD, "5"),
        (Direction.RETURN, None),
        (Direction.GUIDE, None),
        (Direction.URGE, None),
        (Direction.FILE, None),
    ],
)
def test_a_direction_without_a_known_code_is_held(
    bare: CaseFile, project: Project, direction: Direction, code: Any
) -> None:
    """2 and 7 were seen for returning and guiding together; which is which is not guessed."""
    projection = project(bare.model_copy(update={"processing": Processing(direction=direction)}))

    assert projection.messages[1].body["NoiDungXuLy"]["HuongXuLy"]["MaHuongXuLy"] == (code or "")
    held = Finding("unmapped_code", Level.HOLD, "processing.direction", Step.PROCESSING)
    assert projection.findings == (() if code else (held,))


def test_a_code_that_the_installation_knows_is_used(bare: CaseFile, project: Project, load: Load) -> None:
    """A capability states the code that the service's own list gave."""
    known = load(code__direction__return="2")
    returned = bare.model_copy(update={"processing": Processing(direction=Direction.RETURN)})

    projection = project(returned, by=known)

    assert projection.messages[1].body["NoiDungXuLy"]["HuongXuLy"]["MaHuongXuLy"] == "2"
    assert projection.findings == ()


def test_a_processing_result_without_a_direction_is_held(bare: CaseFile, project: Project) -> None:
    """A result of processing is its direction."""
    findings = project(bare.model_copy(update={"processing": Processing()})).findings

    assert findings == (Finding("required_missing", Level.HOLD, "processing.direction", Step.PROCESSING),)


OUTCOMES = [
    (Outcome.COMPLAINT_PARTLY_RIGHT, "1"),
    (Outcome.COMPLAINT_RIGHT, "2"),
    (Outcome.DENUNCIATION_TRUE, "3"),
    (Outcome.DENUNCIATION_FALSE, "4"),
    (Outcome.DENUNCIATION_PARTLY_TRUE, "5"),
    (Outcome.COMPLAINT_WRONG, "6"),
    (Outcome.DENUNCIATION_KNOWINGLY_FALSE, "7"),
    (Outcome.TO_INVESTIGATION, "8"),
    (Outcome.FIRST_DECISION_UPHELD, None),
    (Outcome.FIRST_DECISION_CHANGED, None),
]


@pytest.mark.parametrize(("outcome", "code"), OUTCOMES)
def test_every_outcome_has_its_code_or_is_held(bare: CaseFile, project: Project, outcome: Outcome, code: Any) -> None:
    """An outcome of the second instance has no known code."""
    settlement = Settlement(local_key="9", outcome=outcome)

    projection = project(bare.model_copy(update={"settlements": (settlement,)}))

    assert projection.messages[1].body["MaLoaiKetQua"] == (code or "")
    held = Finding("unmapped_code", Level.HOLD, "settlements.outcome", Step.SETTLEMENT, "9")
    assert projection.findings == (() if code else (held,))


def test_every_outcome_is_in_the_table() -> None:
    """A new outcome must be decided here."""
    assert {outcome for outcome, _ in OUTCOMES} == set(Outcome)


def _remedied(bare: CaseFile, **remedies: Any) -> CaseFile:
    return bare.model_copy(update={"settlements": (Settlement(local_key="1", remedies=Remedies(**remedies)),)})


@pytest.mark.parametrize(
    ("unit", "dong", "wire"),
    [
        ("dong", 5_000_000, 5_000_000),
        ("dong", 2_147_483_647, 2_147_483_647),
        ("dong", 2_147_483_648, None),
        ("million_dong", 5_000_000, 5),
        ("million_dong", 5_500_000, None),
        ("million_dong", 0, 0),
    ],
)
def test_an_amount_goes_up_exactly_or_not_at_all(
    bare: CaseFile, project: Project, unit: str, dong: int, wire: int | None
) -> None:
    """A sum that the wire's unit or size cannot hold waits for a person."""
    projection = project(_remedied(bare, give_back=Amounts(money=dong)), money_unit=unit)

    assert projection.messages[1].body["BoiThuongThietHai"]["TraLaiTien"] == ("" if wire is None else wire)
    held = Finding("wire_unit", Level.HOLD, "settlements.remedies.give_back.money", Step.SETTLEMENT, "1")
    assert projection.findings == ((held,) if wire is None else ())


@pytest.mark.parametrize(("area", "wire"), [("10", 10), ("10.00", 10), ("10.5", None), ("0", 0)])
def test_land_goes_up_in_whole_square_metres(bare: CaseFile, project: Project, area: str, wire: int | None) -> None:
    """A fraction of a square metre is not rounded."""
    projection = project(_remedied(bare, recover=Amounts(production_land=Decimal(area))))

    assert projection.messages[1].body["BoiThuongThietHai"]["ThuHoiDatSX"] == ("" if wire is None else wire)
    held = Finding("wire_unit", Level.HOLD, "settlements.remedies.recover.production_land", Step.SETTLEMENT, "1")
    assert projection.findings == ((held,) if wire is None else ())


def test_amounts_by_beneficiary_go_up_as_their_sum(bare: CaseFile, project: Project) -> None:
    """The wire has one figure for all beneficiaries; that the split is lost is counted once."""
    projection = project(
        _remedied(
            bare,
            recover_state=Amounts(money=3, residential_land=Decimal("1.5")),
            recover_individual=Amounts(money=4, residential_land=Decimal("2.5")),
        )
    )
    wire = projection.messages[1].body["BoiThuongThietHai"]

    assert (wire["ThuHoiTien"], wire["ThuHoiDatO"], wire["ThuHoiDatSX"]) == (7, 4, "")
    left = Finding("not_expressible", Level.WARN, "settlements.remedies", Step.SETTLEMENT, "1")
    assert projection.findings == (left,)


def test_a_total_and_parts_of_it_at_once_are_held(bare: CaseFile, project: Project) -> None:
    """Whether the total already holds the parts is not guessed."""
    projection = project(_remedied(bare, recover=Amounts(money=5), recover_state=Amounts(money=3)))

    assert projection.messages[1].body["BoiThuongThietHai"]["ThuHoiTien"] == ""
    held = Finding("bad_value", Level.HOLD, "settlements.remedies.recover.money", Step.SETTLEMENT, "1")
    assert held in projection.findings


def test_a_second_settlement_is_counted_as_not_told_apart(bare: CaseFile, project: Project) -> None:
    """The message has no field for the instance."""
    settlement = Settlement(local_key="1", instance=Instance.SECOND)

    findings = project(bare.model_copy(update={"settlements": (settlement,)})).findings

    assert findings == (Finding("not_expressible", Level.WARN, "settlements.instance", Step.SETTLEMENT, "1"),)


def test_an_enforcement_of_no_known_settlement_is_held(case: CaseFile, project: Project) -> None:
    """It would wait for ever for an Id that never comes."""
    findings = project(case.model_copy(update={"settlements": ()})).findings

    assert findings == (Finding("required_missing", Level.HOLD, "enforcements.settlement_key", Step.ENFORCEMENT, "21"),)


def test_two_decisions_are_two_messages_that_share_nothing(case: CaseFile, project: Project) -> None:
    """Findings and files of one decision do not stick to the other."""
    second = Settlement(local_key="8", outcome=Outcome.FIRST_DECISION_UPHELD)

    projection = project(case.model_copy(update={"settlements": (*case.settlements, second)}))
    first_message, second_message = projection.messages[3:5]

    assert [finding.local_key for finding in projection.findings] == ["8"]
    assert (len(first_message.files), second_message.files) == (1, ())


def test_the_role_stands_where_no_name_is_known(bare: CaseFile, project: Project) -> None:
    """A role is enough where the officer's name is not given."""
    processing = Processing(direction=Direction.ACCEPT, officer_role="Thanh tra viên", approver_role="Chánh Thanh tra")

    body = project(bare.model_copy(update={"processing": processing})).messages[1].body["NoiDungXuLy"]

    assert (body["CanBoXuLy"], body["CanBoDuyetKQXL"]) == ("Thanh tra viên", "Chánh Thanh tra")
