"""Which organisations work with the example system, and the national code behind each local id.

The local database knows only the ids: the national code lives in the portal, so the map is handed over from outside.
"""

from dataclasses import dataclass

__all__ = ["ORGANISATIONS", "OUTSIDE_AGENCIES", "Organisation", "organisation"]


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation: portal id, name, national agency code, and whether it can settle (giải quyết) a case."""

    local_id: int
    name: str
    national_code: str
    settles: bool = True


ORGANISATIONS: tuple[Organisation, ...] = (
    Organisation(1001, "Ban Tiếp công dân tỉnh", "H217.01", settles=False),
    Organisation(1002, "Ủy ban nhân dân tỉnh", "H217.02"),
    Organisation(1003, "Thanh tra tỉnh", "H217.03"),
    Organisation(1004, "Sở Nông nghiệp và Môi trường", "H217.04"),
    Organisation(1005, "Sở Xây dựng", "H217.05"),
    Organisation(1006, "Sở Nội vụ", "H217.06"),
    Organisation(1007, "Sở Giáo dục và Đào tạo", "H217.07"),
    Organisation(1008, "Sở Y tế", "H217.08"),
    Organisation(1009, "Ủy ban nhân dân phường Sông Thao", "H217.20.01"),
    Organisation(1010, "Ủy ban nhân dân phường Gò Mây", "H217.20.02"),
    Organisation(1011, "Ủy ban nhân dân xã Đồi Chè", "H217.20.03"),
    Organisation(1012, "Ủy ban nhân dân xã Suối Bạc", "H217.20.04"),
)
"""The organisations with an account in the local system."""

OUTSIDE_AGENCIES: tuple[tuple[str, str], ...] = (
    ("H217.30", "Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh"),
    ("H217.31", "Ban Nội chính Tỉnh ủy"),
    ("G217.01", "Tòa án nhân dân tỉnh"),
    ("G217.02", "Viện kiểm sát nhân dân tỉnh"),
    ("A217.01", "Ủy ban Kiểm tra Tỉnh ủy"),
    ("H101.02", "Ban Tiếp công dân Trung ương"),
)
"""Agencies that only send petitions here or are sent petitions: (national code, name)."""

_BY_ID = {entry.local_id: entry for entry in ORGANISATIONS}


def organisation(local_id: int) -> Organisation:
    """Return the organisation with this portal id; KeyError when there is none."""
    return _BY_ID[local_id]
