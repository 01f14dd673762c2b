"""What the local code lists hold: the national codes themselves, without history."""

from typing import Final

from sync_agent.example.kinds import DIRECTIONS, OUTCOMES, SETTLEMENT_FORMS, SOURCES
from sync_agent.example.organisations import ORGANISATIONS, OUTSIDE_AGENCIES
from sync_agent.example.places import UNITS
from sync_agent.example.tables import Tables
from sync_agent.example.topics import FIELDS

__all__ = ["COUNTRIES", "DOCUMENT_KINDS", "ETHNIC_GROUPS", "fill_code_lists"]

COUNTRIES: Final = (("VN", "Việt Nam"), ("LA", "Lào"), ("KH", "Campuchia"), ("KR", "Hàn Quốc"), ("US", "Hoa Kỳ"))

ETHNIC_GROUPS: Final = ((1, "Kinh"), (2, "Tày"), (3, "Thái"), (4, "Mường"), (5, "Khmer"), (6, "Hoa"), (7, "Nùng"))

DOCUMENT_KINDS: Final = (
    (1, "Đơn khiếu nại, tố cáo, kiến nghị, phản ánh"),
    (2, "Giấy tờ nhà đất"),
    (3, "Quyết định, văn bản của cơ quan"),
    (4, "Ảnh chụp"),
    (6, "Giấy tờ khác"),
)


def fill_code_lists(tables: Tables) -> None:
    """Add every code list of the local system."""
    agencies = [(entry.national_code, entry.name) for entry in ORGANISATIONS]
    lists = {
        "dia_gioi": [(unit.code, unit.name) for unit in UNITS],
        "nguon_don": SOURCES,
        "quoc_gia": COUNTRIES,
        "dan_toc": ETHNIC_GROUPS,
        "loai_ket_qua_giai_quyet": OUTCOMES,
        "linh_vuc": FIELDS,
        "loai_tai_lieu": DOCUMENT_KINDS,
        "co_quan": [*agencies, *OUTSIDE_AGENCIES],
        "huong_xu_ly": DIRECTIONS,
        "hinh_thuc_giai_quyet": SETTLEMENT_FORMS,
    }
    for table, entries in lists.items():
        for code, name in entries:
            tables.add(table, ma=code, ten=name)
