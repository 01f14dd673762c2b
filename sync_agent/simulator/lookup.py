"""Decides what the two reading actions find: cases by what is known of them, and code lists."""

from typing import Any

import orjson

from sync_agent.simulator.codes import code_lists
from sync_agent.simulator.records import Content, Records
from sync_agent.simulator.refusals import RefusedError

__all__ = ["code_list", "look_up"]

_EVERY = """
SELECT id, content, body FROM cases
WHERE created_at <= :until
  AND (:MaVuViec = '' OR id = :MaVuViec)
  AND (:NoiDung = '' OR content = :NoiDung OR (:contains AND instr(content, :NoiDung) > 0))
"""
_PERSON = """
  AND EXISTS (
    SELECT 1 FROM json_each(body, '$.NguoiKNTC.DataNguoiKNTC') AS person
    WHERE (:TenNguoiKhieuNai = '' OR instr(json_extract(person.value, '$.HoTen'), :TenNguoiKhieuNai) > 0)
      AND (:SoDinhDanhCaNhan = '' OR json_extract(person.value, '$.SoDinhDanhCaNhan') = :SoDinhDanhCaNhan)
      AND (:MaTinh = '' OR json_extract(person.value, '$.MaTinh') = :MaTinh)
      AND (:MaHuyen = '' OR json_extract(person.value, '$.MaHuyen') = :MaHuyen)
      AND (:MaXa = '' OR json_extract(person.value, '$.MaXa') = :MaXa))
"""
_OLDEST_FIRST = "ORDER BY created_at, id LIMIT :cap"
_OF_A_PERSON = ("TenNguoiKhieuNai", "SoDinhDanhCaNhan", "MaTinh", "MaHuyen", "MaXa")
_CRITERIA = ("MaVuViec", "NoiDung", *_OF_A_PERSON)
_NARROWED_BY = {"1": ("MaTinh", ""), "2": ("MaTinh", "H"), "6": ("MaLoaiKhieuTo", ""), "7": ("MaBoNganh", "")}


def look_up(records: Records, content: Content) -> list[dict[str, str]]:
    """Return the cases that every criterion given fits, oldest first; raises RefusedError when none is given."""
    wanted = {name: content.get(name, "") for name in _CRITERIA}
    if not any(wanted.values()):
        raise RefusedError("Phải nhập ít nhất một điều kiện tra cứu")
    capabilities = records.capabilities
    if capabilities.lookup == "none":
        return []
    query = _EVERY + (_PERSON if any(wanted[name] for name in _OF_A_PERSON) else "") + _OLDEST_FIRST
    limits = {
        "until": records.now - capabilities.lookup_lag,
        "contains": capabilities.lookup == "contains",
        "cap": capabilities.lookup_cap,
    }
    return [_found(*row) for row in records.connection.execute(query, wanted | limits)]


def _found(national_id: str, text: str, body: str) -> dict[str, str]:
    petitioners: dict[str, Any] = orjson.loads(body)["NguoiKNTC"]
    person: dict[str, str] = next(iter(petitioners.get("DataNguoiKNTC", ())), {})
    return {
        "Id": national_id,
        "ChuDon": person.get("HoTen") or petitioners.get("TenCoQuanToChuc", ""),
        "CMTND": person.get("SoDinhDanhCaNhan", ""),
        "DiaChi": person.get("DiaChiChiTiet") or petitioners.get("DiaChiCoQuanToChuc", ""),
        "NoiDung": text,
    }


def code_list(content: Content) -> list[dict[str, str]]:
    """Return the items of a code list, those of one province, ministry or field when the message names it."""
    number = str(content["LoaiDanhMuc"])
    parameter, prefix = _NARROWED_BY.get(number, ("", ""))
    narrowed = content.get(parameter, "")
    return code_lists()[number].within(prefix + narrowed if narrowed else "")
