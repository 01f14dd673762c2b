"""Where the invented people live: units of the 34 provinces, and units as they were before 2025-07-01.

Codes have the form of the Government Inspectorate's list: 3 digits for a province, 5 for a district, 7 for a commune,
each a prefix of the next. A commune of today has no district: its middle digits are 00. Names of communes are invented.
"""

import random
from dataclasses import dataclass
from typing import Final

from sync_agent.example.chance import likely

__all__ = ["HOME", "OLD_UNITS_UNTIL", "PROVINCES", "UNITS", "Address", "Addresses", "Unit"]

HOME: Final = "217"
"""The province of the example system."""

OLD_UNITS_UNTIL: Final = "2025-07-01"
"""From this day on there are 34 provinces and no districts."""

PROVINCES: Final = (
    ("101", "Thành phố Hà Nội"),
    ("103", "Thành phố Hải Phòng"),
    ("109", "Tỉnh Hưng Yên"),
    ("117", "Tỉnh Ninh Bình"),
    ("203", "Tỉnh Cao Bằng"),
    ("205", "Tỉnh Lào Cai"),
    ("209", "Tỉnh Lạng Sơn"),
    ("211", "Tỉnh Tuyên Quang"),
    ("215", "Tỉnh Thái Nguyên"),
    ("217", "Tỉnh Phú Thọ"),
    ("223", "Tỉnh Bắc Ninh"),
    ("225", "Tỉnh Quảng Ninh"),
    ("301", "Tỉnh Lai Châu"),
    ("302", "Tỉnh Điện Biên"),
    ("303", "Tỉnh Sơn La"),
    ("401", "Tỉnh Thanh Hóa"),
    ("403", "Tỉnh Nghệ An"),
    ("405", "Tỉnh Hà Tĩnh"),
    ("409", "Tỉnh Quảng Trị"),
    ("411", "Thành phố Huế"),
    ("501", "Thành phố Đà Nẵng"),
    ("505", "Tỉnh Quảng Ngãi"),
    ("511", "Tỉnh Khánh Hòa"),
    ("603", "Tỉnh Gia Lai"),
    ("605", "Tỉnh Đắk Lắk"),
    ("607", "Tỉnh Lâm Đồng"),
    ("701", "Thành phố Hồ Chí Minh"),
    ("709", "Tỉnh Tây Ninh"),
    ("713", "Thành phố Đồng Nai"),
    ("803", "Tỉnh Đồng Tháp"),
    ("805", "Tỉnh An Giang"),
    ("809", "Tỉnh Vĩnh Long"),
    ("815", "Thành phố Cần Thơ"),
    ("823", "Tỉnh Cà Mau"),
)
"""The 34 provinces of today: (code, name).

Only 101 and 217 were seen in public client code, the others are invented.
"""

_OLD_PROVINCES: Final = (
    ("213", "Tỉnh Yên Bái"),
    ("219", "Tỉnh Vĩnh Phúc"),
    ("305", "Tỉnh Hòa Bình"),
    ("503", "Tỉnh Quảng Nam"),
    ("601", "Tỉnh Kon Tum"),
    ("811", "Tỉnh Bến Tre"),
)

_COMMUNES: Final = (
    *("Sông Thao", "Gò Mây", "Đồi Chè", "Suối Bạc", "Bến Gỗ", "Đồng Bưởi", "Hồ Sen", "Núi Voi", "Cầu Ngói", "Bãi Dâu"),
    *(
        "Đầm Cói",
        "Rừng Cọ",
        "Làng Mía",
        "Ao Sậy",
        "Thác Mơ",
        "Vườn Nhãn",
        "Mương Đá",
        "Giếng Vuông",
        "Bờ Tre",
        "Đò Ngang",
    ),
)
_DISTRICTS: Final = ("Huyện Thượng Khê", "Huyện Trung Đồi", "Thị xã Hạ Ngàn")
_ROADS: Final = (
    *("đường Bờ Kênh", "đường Vườn Ươm", "đường Lò Ngói", "đường Bến Đá", "đường Chợ Phiên", "đường Đồi Sim"),
    *("ngõ Giếng Đình", "ngõ Cây Gạo", "ngõ Hàng Cau", "xóm Đình Trám", "xóm Bờ Ao", "xóm Núi Đất", "thôn Rặng Xoan"),
    *("thôn Đồng Lầy", "thôn Gốc Thị", "thôn Bãi Ngô", "khu Cầu Ván", "khu Dốc Sỏi", "khu Ngã Ba Trạm", "tổ Đầm Vạc"),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One administrative unit; `old` tells that it ended on 2025-07-01."""

    code: str
    name: str
    old: bool


def _today(code: str, name: str) -> list[Unit]:
    shift = int(code) % len(_COMMUNES)
    own = [_COMMUNES[(shift + step) % len(_COMMUNES)] for step in range(4)]
    if code == HOME:
        own = list(_COMMUNES[:4])
    kinds = ("Phường", "Phường", "Xã", "Xã")
    communes = [Unit(f"{code}00{n:02}", f"{kind} {own[n - 1]}", old=False) for n, kind in enumerate(kinds, start=1)]
    return [Unit(code, name, old=False), *communes]


def _before(code: str) -> list[Unit]:
    shift = (int(code) + 7) % len(_COMMUNES)
    units = []
    for number, district in enumerate(_DISTRICTS, start=1):
        units.append(Unit(f"{code}{number:02}", district, old=True))
        for position in (1, 3):
            name = _COMMUNES[(shift + number * 2 + position) % len(_COMMUNES)]
            units.append(Unit(f"{code}{number:02}{position:02}", f"Xã {name}", old=True))
    return units


UNITS: Final[tuple[Unit, ...]] = (
    *(unit for code, name in PROVINCES for unit in _today(code, name)),
    *(unit for code in (HOME, "101", "403", "713") for unit in _before(code)),
    *(unit for code, name in _OLD_PROVINCES for unit in (Unit(code, name, old=True), *_before(code))),
)
"""Every unit of the list `dia_gioi`."""

_COMMUNE_LENGTH: Final = 7
_TODAY = tuple(unit.code for unit in UNITS if len(unit.code) == _COMMUNE_LENGTH and not unit.old)
_OLD = tuple(unit.code for unit in UNITS if len(unit.code) == _COMMUNE_LENGTH and unit.old)
_AT_HOME = tuple(code for code in _TODAY if code.startswith(HOME))
_AT_HOME_OLD = tuple(code for code in _OLD if code.startswith(HOME))


@dataclass(frozen=True, slots=True)
class Address:
    """An address as the local columns hold it: '' or NULL where a level is absent."""

    province: str | None
    district: str | None
    commune: str | None
    detail: str | None


class Addresses:
    """Hands out addresses; no two households share the detail."""

    def __init__(self, rng: random.Random, used: set[str] | None = None) -> None:
        self._rng = rng
        self._used = set(used or ())

    def draw(self, *, old: bool) -> Address:
        """Return an address in units of before 2025-07-01 when `old`, mostly in the home province."""
        rng = self._rng
        home, anywhere = (_AT_HOME_OLD, _OLD) if old else (_AT_HOME, _TODAY)
        commune = rng.choice(home if likely(rng, 0.7) else anywhere)
        district = commune[:5] if old else rng.choice(("", None))
        if likely(rng, 0.03):
            return Address(commune[:3], district and None, "", self._detail())
        return Address(commune[:3], district, commune, self._detail())

    def _detail(self) -> str:
        rng = self._rng
        detail = f"Số {rng.randint(1, 999)} {rng.choice(_ROADS)}"
        while detail in self._used:
            detail = f"Số {rng.randint(1, 999)}/{rng.randint(1, 999)} {rng.choice(_ROADS)}"
        self._used.add(detail)
        return detail
