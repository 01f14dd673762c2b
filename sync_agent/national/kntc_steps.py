"""Projects what was done with a case (xử lý, thụ lý, giải quyết, thi hành) to the four messages that follow it."""

from sync_agent.domain.casefile import (
    Acceptance,
    Amounts,
    Enforcement,
    Instance,
    Petition,
    Processing,
    Remedies,
    Settlement,
)
from sync_agent.domain.findings import Level
from sync_agent.national.messages import Body
from sync_agent.national.wire import Scalar, Writer

__all__ = ["acceptance_body", "enforcement_body", "processing_body", "settlement_body"]


def processing_body(processing: Processing, petition: Petition, writer: Writer) -> Body:
    """Return the body of CapNhatKQXuLy."""
    return {
        "Id": writer.empty,
        "NoiDungXuLy": {
            "DonNacDanh": writer.flag(petition.anonymous),
            "DonDuDKXuLy": writer.flag(petition.eligible),
            "TomTatNoiDungXuLy": writer.text(processing.summary),
            "NgayXuLy": writer.date(processing.processed_on),
            "CanBoXuLy": writer.text(processing.officer or processing.officer_role),
            "CanBoDuyetKQXL": writer.text(processing.approver or processing.approver_role),
            "HuongXuLy": {
                "MaHuongXuLy": writer.code("direction", processing.direction, "processing.direction"),
                "MaCoQuanXuLy": writer.text(processing.agency),
                "MaCoQuanXuLyTiep": writer.text(processing.next_agency),
                "NoiDungXuLy": writer.text(processing.reason),
                "FileDinhKem": writer.empty,
                "TenFileDinhKem": writer.document(processing.document, ("NoiDungXuLy", "HuongXuLy", "FileDinhKem")),
            },
        },
    }


def acceptance_body(acceptance: Acceptance, writer: Writer) -> Body:
    """Return the body of CapNhatGiaiQuyet."""
    return {
        "Id": writer.empty,
        "MaCoQuanThuLy": writer.text(acceptance.agency),
        "NgayThuLy": writer.date(acceptance.accepted_on),
        "FileThuLy": writer.empty,
        "TenFileThuLy": writer.document(acceptance.document, ("FileThuLy",)),
        "HanGiaiQuyet": writer.date(acceptance.deadline),
        "CanBoDuyet": writer.text(acceptance.approver or acceptance.approver_role),
    }


def settlement_body(settlement: Settlement, writer: Writer) -> Body:
    """Return the body of CapNhatKQGiaiQuyet."""
    if settlement.instance is Instance.SECOND:
        writer.find("not_expressible", Level.WARN, "settlements.instance")
    return {
        "Id": writer.empty,
        "SoQuyetDinh": writer.text(settlement.decision_no),
        "MaCoQuanBanHanh": writer.text(settlement.agency),
        "NgayBanHanh": writer.date(settlement.issued_on),
        "FileQuyetDinh": writer.empty,
        "TenFileQuyetDinh": writer.document(settlement.document, ("FileQuyetDinh",)),
        "TomTatNoiDungGQ": writer.text(settlement.summary),
        "MaLoaiKetQua": writer.code("outcome", settlement.outcome, "settlements.outcome"),
        "HinhThucGiaiQuyet": writer.text(settlement.form),
        "QuyenKhoiKien": writer.flag(settlement.may_sue),
        "BoiThuongThietHai": _remedies(settlement.remedies or Remedies(), writer),
        "CaNhanBiXuLyHanhChinh": [
            {
                "HoTen": writer.text(person.full_name),
                "ChucVu": writer.text(person.position),
                "HinhThucXuLy": writer.text(person.measure),
            }
            for person in settlement.people_handled
        ],
        "ToChucBiXuLyHanhChinh": [
            {"TenToChuc": writer.text(organisation.name), "HinhThucXuLy": writer.text(organisation.measure)}
            for organisation in settlement.organisations_handled
        ],
    }


def _remedies(remedies: Remedies, writer: Writer) -> dict[str, Scalar]:
    at = "settlements.remedies"
    recover_parts = (remedies.recover_state, remedies.recover_organisation, remedies.recover_individual)
    return_parts = (remedies.give_back_state, remedies.give_back_organisation, remedies.give_back_individual)
    return {
        **writer.amounts(
            writer.total(remedies.recover, recover_parts, f"{at}.recover"),
            writer.total(remedies.give_back, return_parts, f"{at}.give_back"),
            (f"{at}.recover", f"{at}.give_back"),
        ),
        "SoNguoiChuyenDieuTra": writer.number(remedies.people_to_investigation, f"{at}.people_to_investigation"),
        "SoNguoiDuocTraQuyenLoi": writer.number(remedies.people_restored, f"{at}.people_restored"),
        "XuPhatHanhChinh": writer.money(remedies.fines, f"{at}.fines"),
    }


def enforcement_body(enforcement: Enforcement, writer: Writer) -> Body:
    """Return the body of CapNhatThiHanh."""
    at = "enforcements"
    return {
        "Id": writer.empty,
        "IdKetQua": writer.empty,
        "ThiHanhId": writer.empty,
        "ThiHanhGiaiQuyet": {
            "MaCoQuanThiHanh": writer.text(enforcement.agency),
            "NgayCapNhat": writer.date(enforcement.updated_on),
            **writer.amounts(
                enforcement.recovered or Amounts(),
                enforcement.returned or Amounts(),
                (f"{at}.recovered", f"{at}.returned"),
            ),
            "SoNguoiBiXuLy": writer.number(enforcement.people_handled, f"{at}.people_handled"),
            "SoTapTheBiXuLy": writer.number(enforcement.organisations_handled, f"{at}.organisations_handled"),
            "TaiSanQuyRaTien": writer.money(enforcement.property_value, f"{at}.property_value"),
            "SoTienNopPhat": writer.money(enforcement.fines, f"{at}.fines"),
            "SoDoiTuongDaKhoiTo": writer.number(enforcement.prosecuted, f"{at}.prosecuted"),
        },
    }
