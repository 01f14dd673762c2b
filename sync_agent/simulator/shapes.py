"""Decides whether a message has the shape the service understands: its fields, their types, their codes.

The tables are a reading of the contract of their own, so that a mistake on the client's side shows here.
"""

import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sync_agent.simulator.codes import code_lists
from sync_agent.simulator.refusals import RefusedError

__all__ = ["SHAPES", "Leaf", "Many", "Shape", "check_shape"]

Check = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value: how it is checked, and whether it may be empty."""

    check: Check
    required: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """A list of objects of one shape."""

    shape: "Shape"


Shape = Mapping[str, "Leaf | Many | Shape"]

_DATE = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}")
_OLDEST_YEAR = 1900


def check_shape(shape: Shape, content: object, where: str = "") -> None:
    """Raise RefusedError for the first field of `content` that is unknown, missing, or not of its type or list."""
    if not isinstance(content, dict):
        raise RefusedError(f"Trường {where} không đúng cấu trúc")
    for name in content:
        if name not in shape:
            raise RefusedError(f"Trường {where}{'.' if where else ''}{name} không có trong cấu trúc thông điệp")
    for name, part in shape.items():
        _check_part(part, content.get(name), f"{where}.{name}" if where else name, absent=name not in content)


def _check_part(part: "Leaf | Many | Shape", value: Any, where: str, *, absent: bool) -> None:
    if isinstance(part, Leaf):
        if absent or value == "":
            if part.required:
                raise RefusedError(f"Trường {where} không được để trống")
        else:
            part.check(where, value)
    elif isinstance(part, Many):
        if not absent and not isinstance(value, list):
            raise RefusedError(f"Trường {where} phải là một danh sách")
        for position, item in enumerate(value or ()):
            check_shape(part.shape, item, f"{where}[{position}]")
    else:
        check_shape(part, {} if absent else value, where)


def _text(where: str, value: Any) -> None:
    if not isinstance(value, str):
        raise RefusedError(f"Trường {where} phải là chuỗi ký tự")


def _filled(where: str, value: Any) -> None:
    _text(where, value)
    if not value.strip():
        raise RefusedError(f"Trường {where} không được để trống")


def _date(where: str, value: Any) -> None:
    _text(where, value)
    try:
        day = date(int(value[6:]), int(value[3:5]), int(value[:2])) if _DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or day.year < _OLDEST_YEAR:
        raise RefusedError(f"Trường {where} không đúng định dạng ngày dd/MM/yyyy: {value}")


def _number(where: str, value: Any) -> None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,18}", text):
        raise RefusedError(f"Trường {where} phải là số nguyên không âm")


def _one_of(*values: str) -> Check:
    def check(where: str, value: Any) -> None:
        if isinstance(value, bool) or str(value) not in values:
            raise RefusedError(f"Trường {where} chỉ nhận giá trị {', '.join(values)}")

    return check


def _code(number: int) -> Check:
    def check(where: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise RefusedError(f"Trường {where} phải là mã danh mục")
        if not code_lists()[str(number)].knows(str(value)):
            raise RefusedError(f"Mã {where} không tồn tại trong danh mục: {value}")

    return check


def _base64(where: str, value: Any) -> None:
    _text(where, value)
    try:
        binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        raise RefusedError(f"Trường {where} không phải là dữ liệu base64") from None


_TEXT, _DATE_LEAF, _NUMBER, _FILE = Leaf(_text), Leaf(_date), Leaf(_number), Leaf(_base64)
_FLAG = Leaf(_one_of("0", "1"))
_ID = Leaf(_filled, required=True)
_NAME = Leaf(_filled, required=True)
_DAY = Leaf(_date, required=True)
_UNIT, _AGENCY, _NATION, _ETHNICITY = (Leaf(_code(number)) for number in (1, 2, 3, 4))
_SOURCE, _FIELD, _DECISION, _FILE_KIND = (Leaf(_code(number)) for number in (5, 6, 8, 11))
_THE_AGENCY, _THE_RESULT, _THE_DIRECTION = (Leaf(_code(number), required=True) for number in (2, 10, 13))

_PERSON: Shape = {
    "HoTen": _TEXT,
    "SoDinhDanhCaNhan": _TEXT,
    "GioiTinh": Leaf(_one_of("1", "2")),
    "NgayCapSoDinhDanh": _DATE_LEAF,
    "NoiCapSoDinhDanh": _TEXT,
    "MaTinh": _UNIT,
    "MaHuyen": _UNIT,
    "MaXa": _UNIT,
    "DiaChiChiTiet": _TEXT,
    "MaQuocTich": _NATION,
    "MaDanToc": _ETHNICITY,
}
_AMOUNTS: Shape = dict.fromkeys(
    ("ThuHoiTien", "ThuHoiDatO", "ThuHoiDatSX", "TraLaiTien", "TraLaiDatO", "TraLaiDatSX"), _NUMBER
)

_CASE: Shape = {
    "VuViec": {
        "Id": _TEXT,
        "NgayNhapDon": _DAY,
        "GanVuViec": _FLAG,
        "LanhDaoTiep": _TEXT,
        "TiepDinhKy": _FLAG,
        "UyQuyen": _FLAG,
        "LanhDaoUyQuyen": _TEXT,
    },
    "NguonDonDen": {
        "MaNguonDonDen": _SOURCE,
        "MaCoQuanChuyenDon": _AGENCY,
        "SoVanBanDen": _TEXT,
        "NgayVanBan": _DATE_LEAF,
    },
    "NguoiKNTC": {
        "LoaiNguoiKNTC": Leaf(_one_of("1", "2", "3")),  # empty where the petitioner is protected
        "SoNguoiKNTC": _NUMBER,
        "SoNguoiDaiDien": _NUMBER,
        "TenCoQuanToChuc": _TEXT,
        "DiaChiCoQuanToChuc": _TEXT,
        "DataNguoiKNTC": Many({**_PERSON, "HoTen": _NAME}),
    },
    "NguoiBiKNTCT": {
        "LoaiNguoiBiKNTC": Leaf(_one_of("1", "2")),
        **_PERSON,
        "ChucVu": _TEXT,
        "TenCoQuanToChuc": _TEXT,
        "MaTinhCoQuan": _UNIT,
        "MaHuyenCoQuan": _UNIT,
        "MaXaCoQuan": _UNIT,
        "DiaChiChiTietCoQuan": _TEXT,
    },
    "NguoiUyQuyen": {"LoaiNguoiUyQuyen": Leaf(_one_of("1", "2")), **_PERSON},
    "CoQuanDaGiaiQuyet": {
        "MaCoQuan": _AGENCY,
        "LanGiaiQuyet": _NUMBER,
        "NgayBanHanh": _DATE_LEAF,
        "MaLoaiQuyetDinh": _DECISION,
        "KetQuaGiaiQuyet": _TEXT,
    },
    "PhanLoaiDon": Many(
        {
            "MaLoaiDon": Leaf(_code(6), required=True),
            "MaLoaiDon1": _FIELD,
            "MaLoaiDon2": _FIELD,
            "MaLoaiDon3": _FIELD,
        }
    ),
    "Attachment": Many(
        {
            "TenHoSo": _TEXT,
            "LoaiHoSo": _FILE_KIND,
            "NoiDungTomTat": _TEXT,
            "TenFileDinhKem": _TEXT,
            "FileDinhKem": _FILE,
        }
    ),
    "NoiDungDon": Leaf(_filled, required=True),
    "CoQuanTiepNhan": _THE_AGENCY,
}

SHAPES: Mapping[str, Shape] = {
    "CapNhatVuViec": _CASE,
    "CapNhatKQXuLy": {
        "Id": _ID,
        "NoiDungXuLy": {
            "DonNacDanh": _FLAG,
            "DonDuDKXuLy": _FLAG,
            "TomTatNoiDungXuLy": _TEXT,
            "NgayXuLy": _DAY,
            "CanBoXuLy": _TEXT,
            "CanBoDuyetKQXL": _TEXT,
            "HuongXuLy": {
                "MaHuongXuLy": _THE_DIRECTION,
                "MaCoQuanXuLy": _AGENCY,
                "MaCoQuanXuLyTiep": _AGENCY,
                "NoiDungXuLy": _TEXT,
                "FileDinhKem": _FILE,
                "TenFileDinhKem": _TEXT,
            },
        },
    },
    "CapNhatGiaiQuyet": {
        "Id": _ID,
        "MaCoQuanThuLy": _THE_AGENCY,
        "NgayThuLy": _DAY,
        "FileThuLy": _FILE,
        "TenFileThuLy": _TEXT,
        "HanGiaiQuyet": _DATE_LEAF,
        "CanBoDuyet": _TEXT,
    },
    "CapNhatKQGiaiQuyet": {
        "Id": _ID,
        "SoQuyetDinh": _TEXT,
        "MaCoQuanBanHanh": _THE_AGENCY,
        "NgayBanHanh": _DAY,
        "FileQuyetDinh": _FILE,
        "TenFileQuyetDinh": _TEXT,
        "TomTatNoiDungGQ": _TEXT,
        "MaLoaiKetQua": _THE_RESULT,
        "HinhThucGiaiQuyet": _TEXT,
        "QuyenKhoiKien": _FLAG,
        "BoiThuongThietHai": {
            **_AMOUNTS,
            "SoNguoiChuyenDieuTra": _NUMBER,
            "SoNguoiDuocTraQuyenLoi": _NUMBER,
            "XuPhatHanhChinh": _NUMBER,
        },
        "CaNhanBiXuLyHanhChinh": Many({"HoTen": _NAME, "ChucVu": _TEXT, "HinhThucXuLy": _TEXT}),
        "ToChucBiXuLyHanhChinh": Many({"TenToChuc": _NAME, "HinhThucXuLy": _TEXT}),
    },
    "CapNhatThiHanh": {
        "Id": _ID,
        "IdKetQua": _ID,
        "ThiHanhId": _TEXT,
        "ThiHanhGiaiQuyet": {
            "MaCoQuanThiHanh": _THE_AGENCY,
            "NgayCapNhat": _DATE_LEAF,  # empty where the case is protected
            **_AMOUNTS,
            **dict.fromkeys(
                ("SoNguoiBiXuLy", "SoTapTheBiXuLy", "TaiSanQuyRaTien", "SoTienNopPhat", "SoDoiTuongDaKhoiTo"), _NUMBER
            ),
        },
    },
    "TraThongTinDon": dict.fromkeys(
        ("MaVuViec", "TenNguoiKhieuNai", "MaTinh", "MaHuyen", "MaXa", "SoDinhDanhCaNhan", "NoiDung"), _TEXT
    ),
    "TraDanhMuc": {
        "LoaiDanhMuc": Leaf(_one_of(*map(str, range(1, 15))), required=True),
        **dict.fromkeys(("MaTinh", "MaBoNganh", "MaLoaiKhieuTo"), _TEXT),
    },
}
"""Every action and the shape of its message."""
