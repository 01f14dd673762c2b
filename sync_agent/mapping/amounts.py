"""Which amount of money or land a text states: only what can be read in one way, else nothing.

A unit must stand there: money is reported in đồng, in thousands and in millions. `sào`, `công` and `mẫu` are of another
size in each region, so they are no units here.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final, Never

from sync_agent.mapping.values import Convert, UnreadableError

__all__ = ["land_reader", "money_reader"]

_MONEY: Final[Mapping[str, int]] = {
    **dict.fromkeys(("đồng", "đ", "vnđ", "vnd"), 1),
    **dict.fromkeys(("nghìn", "ngàn"), 10**3),
    **dict.fromkeys(("triệu", "tr"), 10**6),
    **dict.fromkeys(("tỷ", "tỉ"), 10**9),
}
_LAND: Final[Mapping[str, int]] = {
    **dict.fromkeys(("m2", "m²", "m^2", "mét vuông"), 1),
    **dict.fromkeys(("ha", "hecta", "héc ta", "hécta"), 10**4),
}
_NUMBER: Final = r"[0-9]+(?:[.,][0-9]+)*"
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:(\.)\d{3}(?:\.\d{3})*(?:,\d+)?|(,)\d{3}(?:,\d{3})*(?:\.\d+)?)", re.ASCII)
_PLAIN: Final = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_UNSURE: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
"""One separator and three digits: thousands for one writer, a fraction for another."""


def money_reader(of: Collection[str] = (), not_of: Collection[str] = ()) -> Convert:
    """Return the reader of an amount in đồng: `12 triệu`, `1.500.000đ`, `2,5 tỷ`, `1 tỷ 200 triệu đồng`.

    What follows the amount must be one of `of`; one of `not_of` tells that it is no amount of this field.
    """
    term = _term(_MONEY, r"(?:\s*(?:đồng|đ|vnđ|vnd)(?!\w))?")

    def read(value: object) -> int | None:
        found = _stated(value, term, _MONEY, of, not_of, whole=True)
        if found is None:
            return None
        return int(found) if found == found.to_integral_value() else _refuse()

    return read


def land_reader(of: Collection[str] = (), not_of: Collection[str] = ()) -> Convert:
    """Return the reader of an area in m²: `300 m2`, `1,5 ha`, `1 ha 500 m2`; the words after it as for money."""
    term = _term(_LAND, "")
    return lambda value: _stated(value, term, _LAND, of, not_of, whole=False)


def _term(units: Mapping[str, int], after: str) -> re.Pattern[str]:
    longest_first = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    return re.compile(rf"\s*({_NUMBER})\s*({longest_first})(?!\w){after}")


def _stated(
    value: object,
    term: re.Pattern[str],
    units: Mapping[str, int],
    of: Collection[str],
    not_of: Collection[str],
    *,
    whole: bool,
) -> Decimal | None:
    text = " ".join(unicodedata.normalize("NFC", str(value)).casefold().split())
    if text == "0":
        return Decimal(0)
    total, last, end = Decimal(0), 0, 0
    while match := term.match(text, end):
        size, end = units[match[2]], match.end()
        amount = _number(match[1], whole=whole and size == 1) * size
        if last and amount >= last:  # "2 triệu 3 tỷ" is no way to say one amount
            return _refuse()
        total, last = total + amount, size
    rest = text[end:].strip(" .,;:()")
    if not last:
        return _refuse()
    if rest in not_of and rest:
        return None
    return total if (rest in of if of or not_of else not rest) else _refuse()


def _number(text: str, *, whole: bool) -> Decimal:
    """Return the number a text means; `whole` tells that there is no fraction of the unit."""
    if _UNSURE.fullmatch(text):
        return Decimal(re.sub("[.,]", "", text)) if whole else _refuse()
    if grouped := _GROUPED.fullmatch(text):
        return Decimal(text.replace(grouped[1] or grouped[2], "").replace(",", "."))
    return Decimal(text.replace(",", ".")) if _PLAIN.fullmatch(text) else _refuse()


def _refuse() -> Never:
    raise UnreadableError("bad_amount")
