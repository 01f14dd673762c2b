"""How Vietnamese is spelt: its letters, what can be a syllable, when two texts differ in the place of a tone only."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Final

__all__ = ["LETTERS", "PUNCTUATION", "TONES", "VOWELS", "is_syllable", "is_vietnamese", "same_tones"]

VOWELS: Final = frozenset("aăâeêioôơuưyAĂÂEÊIOÔƠUƯY")
TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""The five tone marks: grave, acute, tilde, hook above, dot below."""


def _letters() -> Iterator[str]:
    yield from "đĐ"
    yield from VOWELS
    yield from (unicodedata.normalize("NFC", vowel + tone) for vowel, tone in product(VOWELS, TONES))


LETTERS: Final = frozenset(letter for letter in _letters() if not letter.isascii())
"""Every composed letter of Vietnamese that is not in ASCII."""

PUNCTUATION: Final = frozenset("“”‘’–—…•\u00a0")
"""What stands between Vietnamese words beside ASCII."""

_STRANGE: Final = re.compile(f"[^\\x00-\\x7f{''.join(sorted(LETTERS | PUNCTUATION))}]")
_SYLLABLE: Final = re.compile(
    "(?:ngh|ng|nh|n|ch|c|gh|gi|g|kh|k|ph|p|qu|q|th|tr|t|b|d|đ|h|l|m|r|s|v|x)?"
    "(?:iêu|yêu|oai|oay|oao|oeo|uây|uôi|uya|uyê|uyu|ươi|ươu|ai|ao|au|ay|âu|ây|eo|êu|ia|iê|yê|iu|oa|oă|oe|oi|oo|ôi|ơi"
    "|ua|uâ|ue|uê|ui|uô|uơ|uy|ưa|ưi|ươ|ưu|[aăâeêioôơuưy])(?:ch|c|m|ng|nh|n|p|t)?"
)


def is_vietnamese(text: str) -> bool:
    """Return whether a composed text has no character that Vietnamese is not written with."""
    return _STRANGE.search(text) is None


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Return whether a word can be a Vietnamese syllable: its letters in a possible order, at most one tone."""
    letters = unicodedata.normalize("NFD", word.lower())
    tones = [letter for letter in letters if letter in TONES]
    plain = unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in TONES))
    return len(tones) <= 1 and _SYLLABLE.fullmatch(plain) is not None


def same_tones(text: str) -> str:
    """Return a text, composed, in which the tone of a word stands at its end: "hoà" and "hòa" are one, "hoa" is not.

    Only for comparing. White space counts as one space.
    """
    return " ".join(_tone_last(word) for word in unicodedata.normalize("NFC", text).split())


def _tone_last(word: str) -> str:
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word)
    tones = [letter for letter in letters if letter in TONES]
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in TONES)) + "".join(tones)
