"""Decides what must hold between the fields of one message: who complains, files with names, codes inside codes."""

from collections.abc import Callable, Iterator
from typing import Any

from sync_agent.simulator.refusals import RefusedError
from sync_agent.simulator.shapes import SHAPES, check_shape

__all__ = ["check_message"]


def check_message(action: str, content: dict[str, Any]) -> None:
    """Raise RefusedError for the first thing in `content` that the service would not take."""
    check_shape(SHAPES[action], content)
    rule = _RULES.get(action)
    if rule is not None:
        rule(content)


def _case(content: dict[str, Any]) -> None:
    petitioners = content.get("NguoiKNTC", {})
    if not petitioners.get("DataNguoiKNTC") and not petitioners.get("TenCoQuanToChuc"):
        raise RefusedError("Phải có ít nhất một người hoặc một cơ quan, tổ chức khiếu nại, tố cáo, kiến nghị, phản ánh")
    for position, classification in enumerate(content.get("PhanLoaiDon", ())):
        _nested(classification, f"PhanLoaiDon[{position}]")
    for position, file in enumerate(content.get("Attachment", ())):
        _named(file, "FileDinhKem", "TenFileDinhKem", f"Attachment[{position}].")


def _nested(classification: dict[str, Any], where: str) -> None:
    above = classification["MaLoaiDon"]
    for name, code in _levels(classification):
        if not code.startswith(f"{above}."):
            raise RefusedError(f"Mã {where}.{name} không thuộc mã cấp trên: {code}")
        above = code


def _levels(classification: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("MaLoaiDon1", "MaLoaiDon2", "MaLoaiDon3"):
        code = classification.get(name, "")
        if code:
            yield name, code


def _named(holder: dict[str, Any], file: str, name: str, where: str = "") -> None:
    if holder.get(file) and not holder.get(name):
        raise RefusedError(f"Trường {where}{name} không được để trống khi có tệp đính kèm")


def _processing(content: dict[str, Any]) -> None:
    _named(content["NoiDungXuLy"]["HuongXuLy"], "FileDinhKem", "TenFileDinhKem", "NoiDungXuLy.HuongXuLy.")


def _acceptance(content: dict[str, Any]) -> None:
    _named(content, "FileThuLy", "TenFileThuLy")


def _settlement(content: dict[str, Any]) -> None:
    _named(content, "FileQuyetDinh", "TenFileQuyetDinh")


_RULES: dict[str, Callable[[dict[str, Any]], None]] = {
    "CapNhatVuViec": _case,
    "CapNhatKQXuLy": _processing,
    "CapNhatGiaiQuyet": _acceptance,
    "CapNhatKQGiaiQuyet": _settlement,
}
