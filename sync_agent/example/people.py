"""Who writes, who is written about and who speaks for them: rows of invented people, with gaps as in real forms."""

import random
from datetime import date, timedelta
from typing import Any, Final

from sync_agent.example.chance import likely
from sync_agent.example.names import FEMALE, MALE, UNKNOWN_GENDER, Names
from sync_agent.example.places import HOME, Address, Addresses
from sync_agent.example.tables import Row, Tables

__all__ = ["People"]

_BIRTH_PROVINCES: Final = (
    "001",
    "010",
    "015",
    "019",
    "025",
    "025",
    "025",
    "026",
    "030",
    "034",
    "036",
    "038",
    "040",
    "083",
)
"""The first three digits of an ID number: provinces of birth registration in the old numbering."""

_ISSUER: Final = "Cục Cảnh sát quản lý hành chính về trật tự xã hội"
_ETHNICITIES: Final = (*(1,) * 16, 0, 0, 2, 3, 4, 7)
_POSITIONS: Final = (
    "Chủ tịch UBND xã",
    "Phó Chủ tịch UBND xã",
    "Công chức địa chính",
    "Trưởng thôn",
    "Kế toán",
    "Hiệu trưởng",
)
_BODIES: Final = (
    *("Ủy ban nhân dân xã Đồi Chè", "Ủy ban nhân dân xã Suối Bạc", "Ủy ban nhân dân phường Gò Mây"),
    *("Trung tâm Phát triển quỹ đất", "Ban Quản lý dự án khu vực Thượng Khê", "Chi nhánh Văn phòng đăng ký đất đai"),
)
_WRITING: Final = ("Công ty TNHH", "Hợp tác xã", "Công ty cổ phần", "Hội Người cao tuổi khu", "Doanh nghiệp tư nhân")
_TRADE_NAMES: Final = ("Rừng Cọ", "Đồng Bưởi", "Cầu Ngói", "Bến Gỗ", "Hồ Sen", "Núi Voi", "Thác Mơ", "Bờ Tre")
_PREFIXES: Final = ("032", "035", "038", "070", "077", "083", "086", "090", "091", "097", "098")


class People:
    """Makes the rows of people; every name, number and address detail is used for one person only."""

    def __init__(self, rng: random.Random, tables: Tables, names: Names, addresses: Addresses) -> None:
        self._rng = rng
        self._tables = tables
        self._names = names
        self._addresses = addresses
        self._organisations: set[str] = set()

    def petitioner(self, *, old: bool, address: Address | None = None) -> Row:
        """Add somebody who complains, denounces or reports; `old` picks units of before 2025-07-01."""
        values = self._identity(old=old, address=address)
        return self._tables.add("don_thu_doi_tuong_di_kntc", **values, NacDanh=0)

    def anonymous(self) -> Row:
        """Add the row of a writer who did not say who they are: the row is there, the name is not."""
        empty = self._rng.choice(("", None))
        values = {
            **dict.fromkeys(("HoTen", "NgayCapSoDinhDanh", "MaTinh", "MaHuyen", "MaXa")),
            **dict.fromkeys(("SoDinhDanhCaNhan", "NoiCapSoDinhDanh", "DiaChiChiTiet", "SoDienThoai"), empty),
            "GioiTinh": UNKNOWN_GENDER,
            "MaQuocTich": "",
            "MaDanToc": 0,
            "NacDanh": 1,
        }
        return self._tables.add("don_thu_doi_tuong_di_kntc", **values)

    def respondent(self, *, old: bool) -> Row:
        """Add the person complained about: a name and a position, and seldom more."""
        rng = self._rng
        known = likely(rng, 0.35)
        values = self._identity(old=old) if known else self._named_only()
        workplace = rng.choice((*_BODIES, "", None))
        position = rng.choice((*_POSITIONS, *_POSITIONS, ""))
        return self._tables.add(
            "don_thu_doi_tuong_bi_kntc", **values, ChucVu=position, NoiCongTac=workplace, TenCoQuan=None
        )

    def respondent_body(self) -> Row:
        """Add the organisation complained about."""
        commune = f"{HOME}00{self._rng.randint(1, 4):02}"
        return self._tables.add(
            "don_thu_doi_tuong_bi_kntc",
            HoTen=None,
            SoDinhDanhCaNhan="",
            GioiTinh=0,
            MaDanToc=0,
            TenCoQuan=self._rng.choice(_BODIES),
            MaTinhCoQuan=HOME,
            MaHuyenCoQuan=self._rng.choice(("", None)),
            MaXaCoQuan=commune,
            DiaChiChiTietCoQuan=self._rng.choice(("", None, "Khu trung tâm hành chính")),
        )

    def representative(self) -> Row:
        """Add the lawyer or legal aid officer who speaks for a petitioner."""
        return self._tables.add("don_thu_doi_tuong_uy_quyen", **self._identity(old=False))

    def household(self) -> str:
        """Return an address detail that nobody else has."""
        return str(self._addresses.draw(old=False).detail)

    def organisation(self) -> str:
        """Return the name of an organisation that writes; no two bear the same."""
        rng = self._rng
        while True:
            name = f"{rng.choice(_WRITING)} {rng.choice(_TRADE_NAMES)} {rng.randint(1000, 9999)}"
            if name not in self._organisations:
                self._organisations.add(name)
                return name

    def handled(self) -> dict[str, Any]:
        """Return name, position and measure of a person handled administratively."""
        rng = self._rng
        name = self._names.draw(rng.choice((MALE, FEMALE)))
        measure = rng.choice(("Khiển trách", "Cảnh cáo", "Hạ bậc lương", "Kiểm điểm, rút kinh nghiệm"))
        return {"HoTen": name, "ChucVu": rng.choice((*_POSITIONS, "")), "TenToChuc": None, "HinhThucXuLy": measure}

    def _identity(self, *, old: bool, address: Address | None = None) -> Row:
        rng = self._rng
        gender = rng.choice((MALE, MALE, MALE, FEMALE, FEMALE))
        place = address or self._addresses.draw(old=old)
        number, issued, issuer = self._document(gender, old=old)
        return {
            "HoTen": self._names.draw(gender),
            "SoDinhDanhCaNhan": number,
            "GioiTinh": rng.choice((*(gender,) * 19, UNKNOWN_GENDER)),
            "NgayCapSoDinhDanh": issued,
            "NoiCapSoDinhDanh": issuer,
            "MaTinh": place.province,
            "MaHuyen": place.district,
            "MaXa": place.commune,
            "DiaChiChiTiet": place.detail,
            "SoDienThoai": self._phone(),
            "MaQuocTich": rng.choice((*("VN",) * 24, "")),
            "MaDanToc": rng.choice(_ETHNICITIES),
        }

    def _named_only(self) -> Row:
        gender = self._rng.choice((MALE, FEMALE))
        return {
            "HoTen": self._names.draw(gender),
            "SoDinhDanhCaNhan": self._rng.choice(("", None)),
            "GioiTinh": self._rng.choice((gender, UNKNOWN_GENDER)),
            "MaQuocTich": "",
            "MaDanToc": 0,
        }

    def _document(self, gender: int, *, old: bool) -> tuple[str | None, str | None, str | None]:
        """Return ID number, day and place of issue: 12 digits, 9 on old cards, nothing when not shown."""
        rng = self._rng
        if likely(rng, 0.12):
            return rng.choice(("", None)), None, rng.choice(("", None))
        issued = (date(2016, 1, 4) + timedelta(days=rng.randrange(3300))).isoformat()
        if old and likely(rng, 0.1):
            return f"1{rng.randrange(10**8):08}", issued, "Công an tỉnh"
        century = 0 if gender == MALE else 1
        number = f"{rng.choice(_BIRTH_PROVINCES)}{century}{rng.randint(40, 99):02}{rng.randrange(10**6):06}"
        return number, rng.choice((issued, issued, issued, None)), rng.choice((_ISSUER, _ISSUER, ""))

    def _phone(self) -> str | None:
        rng = self._rng
        if likely(rng, 0.25):
            return rng.choice(("", None))
        return f"{rng.choice(_PREFIXES)}{rng.randrange(10**7):07}"
