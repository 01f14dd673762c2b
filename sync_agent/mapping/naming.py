"""When two writings name the same body: capitals, usual abbreviations and the place of a tone mark do not count.

Accents count, unless the writer left out all of them: `xã Đông Hà` and `xã Đồng Hạ` are two places.
"""

import re
import unicodedata
from typing import Final

from sync_agent.domain.spelling import same_tones

__all__ = ["bare_name", "body_name", "unaccented"]

_ABBREVIATIONS: Final = {
    "ubnd": "ủy ban nhân dân",
    "hđnd": "hội đồng nhân dân",
    "hdnd": "hội đồng nhân dân",
    "ttcp": "thanh tra chính phủ",
    "tp": "thành phố",
    "tx": "thị xã",
}
_WORD: Final = re.compile(r"[^\W_]+")


def body_name(text: str) -> str:
    """Return a name by which equal ones are found: small letters, abbreviations written out, tones after the word."""
    words = _WORD.findall(unicodedata.normalize("NFC", text).casefold().replace("&", " và "))
    spoken = " ".join(_ABBREVIATIONS.get(word, word) for word in words)
    return same_tones(spoken)


def bare_name(text: str) -> str | None:
    """Return the same without accents, of a text that has none itself (`đ` is one); None of any other."""
    return unaccented(body_name(text)) if text.isascii() else None


def unaccented(name: str) -> str:
    """Return a name without accents, `đ` as `d`."""
    letters = unicodedata.normalize("NFD", name.replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
