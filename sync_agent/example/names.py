"""Which names the invented people bear: random combinations of common surnames, middle and given names, each used once.

Given names leave out the words of official positions: they go up even for a protected case.
"""

import itertools
import random
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from sync_agent.example.chance import likely

__all__ = [
    "COMMON_PARTS",
    "FEMALE",
    "MALE",
    "UNKNOWN_GENDER",
    "Names",
    "folded_words",
    "names_somebody",
    "telling_words",
]

UNKNOWN_GENDER: Final = 0
MALE: Final = 1
FEMALE: Final = 2

_SURNAMES: Final = (
    *("Nguyễn",) * 30,
    *("Trần",) * 11,
    *("Lê",) * 9,
    *("Phạm",) * 7,
    *("Hoàng",) * 5,
    *("Vũ",) * 4,
    *("Phan", "Võ", "Đặng", "Bùi") * 3,
    *("Đỗ", "Hồ", "Ngô", "Dương", "Lý") * 2,
    *(
        "Đinh",
        "Đoàn",
        "Trịnh",
        "Mai",
        "Cao",
        "Lương",
        "Tạ",
        "Hà",
        "Tô",
        "Quách",
        "Lò",
        "Nông",
        "Triệu",
        "Thạch",
        "Tống",
    ),
)

_MIDDLE: Final = {
    MALE: (
        *("Văn",) * 8,
        "Hữu",
        "Đức",
        "Công",
        "Quang",
        "Minh",
        "Ngọc",
        "Xuân",
        "Đình",
        "Thế",
        "Trọng",
        "Bá",
        "Duy",
        "Quốc",
    ),
    FEMALE: (*("Thị",) * 9, "Ngọc", "Thu", "Thanh", "Kim", "Minh", "Phương", "Hồng", "Bích", "Xuân", "Như"),
}

_DOUBLED: Final = {MALE: ("Gia", "Bảo", "Khánh", "Thiên", "Nhật"), FEMALE: ("Diệu", "Khánh", "Bảo", "Tường", "Cẩm")}
"""First halves of double given names: they tell as much as the given name itself."""

_GIVEN: Final = {
    MALE: (
        *("Hùng", "Dũng", "Tuấn", "Cường", "Hải", "Sơn", "Long", "Thắng", "Bình", "Hòa", "Nam", "Khoa", "Kiên", "Lâm"),
        *("Mạnh", "Nghĩa", "Phúc", "Quân", "Quý", "Tài", "Tâm", "Tân", "Thịnh", "Thuận", "Tiến", "Toàn", "Trung", "Tú"),
        *(
            "Tùng",
            "Việt",
            "Vinh",
            "Vượng",
            "Đạt",
            "Điệp",
            "Đông",
            "Giang",
            "Hiếu",
            "Hoàn",
            "Hưng",
            "Huy",
            "Khải",
            "Khôi",
        ),
        *(
            "Lực",
            "Lượng",
            "Nhân",
            "Ninh",
            "Phát",
            "Sáng",
            "Thạch",
            "Thông",
            "Thụy",
            "Trí",
            "Tuyên",
            "Vĩnh",
            "Xuyên",
            "Bách",
        ),
    ),
    FEMALE: (
        *(
            "Hoa",
            "Lan",
            "Hương",
            "Mai",
            "Hạnh",
            "Hằng",
            "Huệ",
            "Loan",
            "Nga",
            "Ngân",
            "Nhung",
            "Oanh",
            "Phượng",
            "Quyên",
        ),
        *(
            "Quỳnh",
            "Thảo",
            "Thơm",
            "Thúy",
            "Thủy",
            "Trang",
            "Trinh",
            "Tuyết",
            "Vân",
            "Xoan",
            "Xuân",
            "Yến",
            "Ánh",
            "Bích",
        ),
        *(
            "Cúc",
            "Dung",
            "Duyên",
            "Đào",
            "Giang",
            "Hà",
            "Hiền",
            "Hiên",
            "Hoài",
            "Hồng",
            "Khuyên",
            "Kiều",
            "Liên",
            "Liễu",
        ),
        *("Linh", "Luyến", "Lý", "Mận", "Miền", "Minh", "Mơ", "Nguyệt", "Nhàn", "Nhâm", "Ninh", "Nụ", "Thêu", "Thoa"),
    ),
}

COMMON_PARTS: Final = frozenset(part.casefold() for part in (*_SURNAMES, *_MIDDLE[MALE], *_MIDDLE[FEMALE]))
"""Surnames and middle names: thousands share them, so they single nobody out in front of a given name."""

_DOUBLE_SHARE: Final = 0.12
_PLAIN_ATTEMPTS: Final = 6
_WORD: Final = re.compile(r"[^\W_]+")
_MIN_LETTERS: Final = 3


def folded_words(text: str) -> list[str]:
    """Return the words of `text` without accents and case, as an attentive reader would compare them."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


def telling_words(name: str) -> set[str]:
    """Return the folded parts of a name that single someone out: the given name, and uncommon parts before it."""
    *before, last = name.split()
    parts = [part for part in before if part.casefold() not in COMMON_PARTS]
    return {word for word in folded_words(" ".join([*parts, last])) if len(word) >= _MIN_LETTERS}


def names_somebody(text: str, names: Iterable[str]) -> bool:
    """Tell whether `text` holds a telling word of one of `names`, or one of them whole."""
    found = folded_words(text)
    line = f" {' '.join(found)} "
    return any(
        not telling_words(name).isdisjoint(found) or f" {' '.join(folded_words(name))} " in line for name in names
    )


class Names:
    """Hands out names; no two people of one database bear the same."""

    def __init__(self, rng: random.Random, used: set[str] | None = None) -> None:
        self._rng = rng
        self._used = set(used or ())

    def draw(self, gender: int, *, avoid: frozenset[str] = frozenset()) -> str:
        """Return an unused name for MALE or FEMALE that tells none of the folded words in `avoid`."""
        for attempt in itertools.count():
            name = self._combined(gender, longer=attempt >= _PLAIN_ATTEMPTS)
            if name not in self._used and avoid.isdisjoint(telling_words(name)):
                self._used.add(name)
                return name
        raise AssertionError("unreachable: there is always a longer name")

    def _combined(self, gender: int, *, longer: bool) -> str:
        rng = self._rng
        parts = [rng.choice(_SURNAMES), rng.choice(_MIDDLE[gender]), rng.choice(_GIVEN[gender])]
        if longer or likely(rng, _DOUBLE_SHARE):
            parts.insert(2, rng.choice(_DOUBLED[gender]))
        if longer:
            parts.insert(3, rng.choice(_MIDDLE[gender]))
        return " ".join(parts)
