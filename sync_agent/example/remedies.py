"""How much a decision orders to recover or give back, and how much of it an enforcement has brought in."""

import random
from fractions import Fraction
from typing import Final

from sync_agent.example.chance import likely
from sync_agent.example.tables import Row

__all__ = ["AMOUNTS", "LARGEST_AMOUNT", "enforced_amounts", "remedies"]

LARGEST_AMOUNT: Final = 2_147_483_647
"""The application's integers end here."""

AMOUNTS: Final = ("ThuHoiTien", "ThuHoiDatO", "ThuHoiDatSX", "TraLaiTien", "TraLaiDatO", "TraLaiDatSX")

_MILLION: Final = 1_000_000
_SHARES: Final = {"Tien": 0.5, "DatO": 0.2, "DatSX": 0.3}


def remedies(rng: random.Random, *, granted: bool, odd: bool) -> Row:
    """Return the nine counts of a decision. Money is in whole millions of đồng unless `odd`; 0 and NULL mean none."""
    values: Row = {name: _ordered(rng, name) if granted else rng.choice((0, 0, None)) for name in AMOUNTS}
    if odd:
        values["TraLaiTien"] = rng.randint(1, 900) * _MILLION + 123_456
    values["SoNguoiDuocTraQuyenLoi"] = rng.randint(1, 6) if granted and likely(rng, 0.5) else 0
    values["XuPhatHanhChinh"] = rng.randint(1, 3) if granted and likely(rng, 0.2) else 0
    values["SoNguoiChuyenDieuTra"] = rng.choice((0, 0, None))
    return values


def _ordered(rng: random.Random, name: str) -> int:
    measure = name.removeprefix("ThuHoi").removeprefix("TraLai")
    if not likely(rng, _SHARES[measure]):
        return 0
    if measure == "Tien":
        return min(round(rng.lognormvariate(4, 1.4)) + 1, 2_100) * _MILLION
    return rng.randint(20, 500) if measure == "DatO" else rng.randint(50, 6000)


def enforced_amounts(rng: random.Random, decision: Row) -> Row:
    """Return the eleven counts of an enforcement: whole parts of what the decision ordered, in the same units."""
    part = rng.choice((Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1)))
    values: Row = {name: _part(decision[name], part) for name in AMOUNTS}
    values["SoNguoiBiXuLy"] = rng.choice((0, 0, 0, 1, 2, None))
    values["SoTapTheBiXuLy"] = rng.choice((0, 0, 0, 1))
    values["TaiSanQuyRaTien"] = rng.choice((0, 0, 0, rng.randint(1, 300) * _MILLION))
    values["SoTienNopPhat"] = rng.choice((0, 0, 0, rng.randint(1, 40) * _MILLION))
    values["SoDoiTuongKhoiTo"] = rng.choice((0, 0, 0, None))
    return values


def _part(amount: int | None, part: Fraction) -> int:
    ordered = amount or 0
    whole = int(ordered * part)
    return whole // _MILLION * _MILLION if ordered >= _MILLION and part != 1 else whole
