"""What the service refuses in a message, and how it words it."""

from collections.abc import Callable
from typing import Any

import pytest

from sync_agent.simulator.refusals import RefusedError
from sync_agent.simulator.rules import check_message


def _case() -> dict[str, Any]:
    return {
        "VuViec": {"Id": "", "NgayNhapDon": "01/02/2026", "GanVuViec": 0},
        "NguonDonDen": {"MaNguonDonDen": "21"},
        "NguoiKNTC": {"LoaiNguoiKNTC": 1, "SoNguoiKNTC": 1, "DataNguoiKNTC": [{"HoTen": "Nguyễn Văn Thử"}]},
        "PhanLoaiDon": [{"MaLoaiDon": "KN", "MaLoaiDon1": "KN.01", "MaLoaiDon2": "KN.01.02", "MaLoaiDon3": ""}],
        "Attachment": [{"TenFileDinhKem": "don.pdf", "FileDinhKem": "AAAA"}],
        "NoiDungDon": "Nội dung",
        "CoQuanTiepNhan": "H217.01",
    }


def _processing() -> dict[str, Any]:
    return {"Id": "x", "NoiDungXuLy": {"NgayXuLy": "02/02/2026", "HuongXuLy": {"MaHuongXuLy": "4"}}}


def _acceptance() -> dict[str, Any]:
    return {"Id": "x", "MaCoQuanThuLy": "H217.01", "NgayThuLy": "03/02/2026"}


def _settlement() -> dict[str, Any]:
    return {"Id": "x", "MaCoQuanBanHanh": "H217.01", "NgayBanHanh": "04/02/2026", "MaLoaiKetQua": "2"}


def _enforcement() -> dict[str, Any]:
    details = {"MaCoQuanThiHanh": "H217.01", "NgayCapNhat": "05/02/2026", "ThuHoiTien": "1000"}
    return {"Id": "x", "IdKetQua": "y", "ThiHanhId": "", "ThiHanhGiaiQuyet": details}


MESSAGES: dict[str, Callable[[], dict[str, Any]]] = {
    "CapNhatVuViec": _case,
    "CapNhatKQXuLy": _processing,
    "CapNhatGiaiQuyet": _acceptance,
    "CapNhatKQGiaiQuyet": _settlement,
    "CapNhatThiHanh": _enforcement,
    "TraThongTinDon": lambda: {"NoiDung": "x"},
    "TraDanhMuc": lambda: {"LoaiDanhMuc": 13},
}


def _changed(action: str, path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    message = MESSAGES[action]()
    node: Any = message
    for part in path[:-1]:
        node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
    node[path[-1]] = value
    return message


@pytest.mark.parametrize("action", MESSAGES)
def test_a_right_message_is_taken(action: str) -> None:
    """The shortest message of each action passes."""
    check_message(action, MESSAGES[action]())


@pytest.mark.parametrize(
    ("action", "path", "value", "text"),
    [
        ("CapNhatVuViec", ("VuViec", "NgayNhapDon"), "", "Trường VuViec.NgayNhapDon không được để trống"),
        ("CapNhatVuViec", ("VuViec", "NgayNhapDon"), "2026-02-01", "định dạng ngày dd/MM/yyyy: 2026-02-01"),
        ("CapNhatVuViec", ("VuViec", "NgayNhapDon"), "31/02/2026", "định dạng ngày dd/MM/yyyy: 31/02/2026"),
        ("CapNhatVuViec", ("VuViec", "NgayNhapDon"), "01/02/0026", "định dạng ngày dd/MM/yyyy: 01/02/0026"),
        ("CapNhatVuViec", ("VuViec", "GanVuViec"), 2, "Trường VuViec.GanVuViec chỉ nhận giá trị 0, 1"),
        ("CapNhatVuViec", ("VuViec", "GanVuViec"), True, "Trường VuViec.GanVuViec chỉ nhận giá trị 0, 1"),
        ("CapNhatVuViec", ("VuViec", "SoVuViec"), "1", "Trường VuViec.SoVuViec không có trong cấu trúc thông điệp"),
        ("CapNhatVuViec", ("SoVuViec",), "1", "Trường SoVuViec không có trong cấu trúc thông điệp"),
        ("CapNhatVuViec", ("VuViec",), "", "Trường VuViec không đúng cấu trúc"),
        ("CapNhatVuViec", ("VuViec", "LanhDaoTiep"), None, "Trường VuViec.LanhDaoTiep phải là chuỗi ký tự"),
        ("CapNhatVuViec", ("NguonDonDen", "MaNguonDonDen"), "99", "Mã NguonDonDen.MaNguonDonDen không tồn tại"),
        ("CapNhatVuViec", ("NguonDonDen", "MaNguonDonDen"), [], "NguonDonDen.MaNguonDonDen phải là mã danh mục"),
        ("CapNhatVuViec", ("NguoiKNTC", "LoaiNguoiKNTC"), 4, "NguoiKNTC.LoaiNguoiKNTC chỉ nhận giá trị 1, 2, 3"),
        ("CapNhatVuViec", ("NguoiKNTC", "SoNguoiKNTC"), -1, "NguoiKNTC.SoNguoiKNTC phải là số nguyên không âm"),
        ("CapNhatVuViec", ("NguoiKNTC", "SoNguoiKNTC"), 1.5, "NguoiKNTC.SoNguoiKNTC phải là số nguyên không âm"),
        ("CapNhatVuViec", ("NguoiKNTC", "SoNguoiKNTC"), True, "NguoiKNTC.SoNguoiKNTC phải là số nguyên không âm"),
        ("CapNhatVuViec", ("NguoiKNTC", "DataNguoiKNTC"), {}, "NguoiKNTC.DataNguoiKNTC phải là một danh sách"),
        ("CapNhatVuViec", ("NguoiKNTC", "DataNguoiKNTC"), [], "Phải có ít nhất một người hoặc một cơ quan"),
        ("CapNhatVuViec", ("NguoiKNTC", "DataNguoiKNTC"), ["x"], "NguoiKNTC.DataNguoiKNTC[0] không đúng cấu trúc"),
        (
            "CapNhatVuViec",
            ("NguoiKNTC", "DataNguoiKNTC", 0, "HoTen"),
            " ",
            "DataNguoiKNTC[0].HoTen không được để trống",
        ),
        ("CapNhatVuViec", ("NguoiBiKNTCT", "MaTinh"), "44", "Mã NguoiBiKNTCT.MaTinh không tồn tại trong danh mục: 44"),
        ("CapNhatVuViec", ("PhanLoaiDon", 0, "MaLoaiDon1"), "TC.01", "PhanLoaiDon[0].MaLoaiDon1 không thuộc mã cấp"),
        (
            "CapNhatVuViec",
            ("Attachment", 0, "FileDinhKem"),
            "a",
            "Attachment[0].FileDinhKem không phải là dữ liệu base64",
        ),
        ("CapNhatVuViec", ("Attachment", 0, "TenFileDinhKem"), "", "Attachment[0].TenFileDinhKem không được để trống"),
        ("CapNhatVuViec", ("NoiDungDon",), "", "Trường NoiDungDon không được để trống"),
        ("CapNhatVuViec", ("CoQuanTiepNhan",), "217", "Mã CoQuanTiepNhan không tồn tại trong danh mục: 217"),
        ("CapNhatKQXuLy", ("Id",), "", "Trường Id không được để trống"),
        (
            "CapNhatKQXuLy",
            ("NoiDungXuLy", "HuongXuLy", "MaHuongXuLy"),
            "99",
            "MaHuongXuLy không tồn tại trong danh mục",
        ),
        ("CapNhatKQXuLy", ("NoiDungXuLy", "HuongXuLy", "FileDinhKem"), "AAAA", "HuongXuLy.TenFileDinhKem không được"),
        ("CapNhatGiaiQuyet", ("FileThuLy",), "AAAA", "Trường TenFileThuLy không được để trống khi có tệp đính kèm"),
        ("CapNhatKQGiaiQuyet", ("MaLoaiKetQua",), "", "Trường MaLoaiKetQua không được để trống"),
        ("CapNhatKQGiaiQuyet", ("FileQuyetDinh",), "AAAA", "Trường TenFileQuyetDinh không được để trống"),
        ("CapNhatThiHanh", ("IdKetQua",), "", "Trường IdKetQua không được để trống"),
        ("CapNhatThiHanh", ("ThiHanhGiaiQuyet", "TraLaiDatSX"), "1,5", "TraLaiDatSX phải là số nguyên không âm"),
        ("TraThongTinDon", ("HoTen",), "x", "Trường HoTen không có trong cấu trúc thông điệp"),
        ("TraDanhMuc", ("LoaiDanhMuc",), 15, "Trường LoaiDanhMuc chỉ nhận giá trị"),
    ],
)
def test_a_wrong_field_is_named(action: str, path: tuple[str | int, ...], value: Any, text: str) -> None:
    """The refusal says which field and what is wrong with it."""
    with pytest.raises(RefusedError) as caught:
        check_message(action, _changed(action, path, value))
    assert (text in caught.value.text, caught.value.status) == (True, 200)


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("CapNhatVuViec", "VuViec"),
        ("CapNhatKQXuLy", "NoiDungXuLy"),
        ("CapNhatThiHanh", "ThiHanhGiaiQuyet"),
    ],
)
def test_a_part_that_is_missing_is_told_by_its_first_required_field(action: str, name: str) -> None:
    """Leaving out an object is leaving out what it must say."""
    message = MESSAGES[action]()
    del message[name]
    with pytest.raises(RefusedError, match=f"Trường {name}.* không được để trống"):
        check_message(action, message)


def test_a_case_without_petitioners_is_refused() -> None:
    """Somebody must have written, named or not."""
    message = MESSAGES["CapNhatVuViec"]()
    del message["NguoiKNTC"]
    with pytest.raises(RefusedError, match="Phải có ít nhất một người"):
        check_message("CapNhatVuViec", message)
