"""What text of an old program says: TCVN3, VNI and windows-1258 where the profile declares them, and UTF-8 misread.

Undeclared, only what can be undone is done: UTF-8 that was read as Latin-1 is read again, letters are composed. What
merely looks like an old encoding is said, never converted. The original stays in the source.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import Final, Literal, NamedTuple, TypeAlias

from sync_agent.domain.spelling import LETTERS, PUNCTUATION, TONES, VOWELS, is_syllable, is_vietnamese

__all__ = ["Encoding", "Repaired", "is_sound", "repaired"]

Encoding: TypeAlias = Literal["unicode", "tcvn3", "vni", "windows-1258"]
"""In which encoding a column is declared to be. Fonts of TCVN3 are named .Vn…, those of VNI VNI-…."""


class Repaired(NamedTuple):
    """A text as it is read, and the rules that say what was done or is suspected; no rule: it is as it was."""

    text: str
    rules: tuple[str, ...] = ()


# TCVN 5712:1993, table VN3: the letters of byte A1 to FE, in order, as a program without the font shows them in
# windows-1252. A dot is a place without a letter.
_VN3: Final = "ĂÂÊÔƠƯĐăâêôơưđ......àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ"
_FIRST: Final = 0xA1


def _tcvn3() -> dict[str, str]:
    return {chr(_FIRST + place): letter for place, letter in enumerate(_VN3) if letter != "."}


# VNI for Windows writes a vowel with two signs: the vowel, then one sign for its breve or circumflex and its tone.
_VNI_TONES: Final = "\u0301\u0300\u0309\u0303\u0323"
_VNI_PLAIN: Final = dict(zip("ùøûõï", _VNI_TONES, strict=True))
_VNI_CIRCUMFLEX: Final = dict(zip("âáàåãä", ("\u0302", *("\u0302" + tone for tone in _VNI_TONES)), strict=True))
_VNI_BREVE: Final = dict(zip("êéèúüë", ("\u0306", *("\u0306" + tone for tone in _VNI_TONES)), strict=True))
_VNI_SIGNS: Final = {
    "a": _VNI_PLAIN | _VNI_CIRCUMFLEX | _VNI_BREVE,
    "e": _VNI_PLAIN | _VNI_CIRCUMFLEX,
    "o": _VNI_PLAIN | _VNI_CIRCUMFLEX,
    "u": _VNI_PLAIN,
    "y": _VNI_PLAIN,
    "ô": _VNI_PLAIN,
    "ö": _VNI_PLAIN,
}
_VNI_ALONE: Final = dict(zip("íìæóòñôöî", "íìỉĩịđơưỵ", strict=True))


def _vni() -> dict[str, str]:
    """Return what each sign, or vowel with a sign, stands for; of a capital either sign may be one."""
    table = dict(_VNI_ALONE)
    for vowel, signs in _VNI_SIGNS.items():
        letter = _VNI_ALONE.get(vowel, vowel)
        table |= {vowel + sign: _composed(letter + marks) for sign, marks in signs.items()}
    for written, letter in list(table.items()):
        table |= dict.fromkeys((written.upper(), written[0].upper() + written[1:]), letter.upper())
    return table


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


_TCVN3: Final = _tcvn3()
_VNI: Final = _vni()
_VNI_SIGN: Final = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))

# Every byte as windows-1252 shows it; the five that it leaves out as Latin-1 does, so that any bytes can come back.
_SHOWN: Final = {byte: bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte)) for byte in range(256)}
_BYTE: Final = {shown: byte for byte, shown in _SHOWN.items()} | {chr(byte): byte for byte in range(0x80, 0xA0)}

_WORD: Final = re.compile(r"[^\s\d!-/:-@\[-`{-~“”‘’–—…•]+")
_LOST: Final = re.compile(r"[^\W\d_]\?(?=[^\W\d_])[^A-ZĐÀ-Ý]|\ufffd")
_NEWER: Final = re.compile(r"[^\x00-\xff“”‘’–—…•]")
"""A letter that no old encoding is shown by."""
_DOUBTFUL: Final = re.compile(rf"[^\x00->@-\x7f{''.join(sorted(LETTERS | PUNCTUATION))}]")
"""A question mark, or what is not composed Vietnamese."""
_SIGNS: Final = str.maketrans(dict.fromkeys("°²³½¼¾§±×÷«»", ""))
_MOST_LAYERS: Final = 3
_ENOUGH: Final = 0.8
"""How much of the words that are not Vietnamese must become so, before an old encoding is suspected."""


def is_sound(text: str) -> bool:
    """Tell whether a text is surely as it is meant, whatever its column is declared to be: most are.

    It is ASCII in which nothing may be lost, or composed Vietnamese with a letter that no old encoding is shown by.
    """
    if text.isascii():
        return "?" not in text
    return _DOUBTFUL.search(text) is None and _NEWER.search(text) is not None


def repaired(text: str, declared: Encoding = "unicode") -> Repaired:
    """Return a text as it is meant; `declared` is the encoding of its column.

    A text that cannot be in the declared encoding is Unicode already and is not converted. Never raises.
    """
    if text.isascii():
        return Repaired(text, _lost(text))
    convert, rule = _DECLARED.get(declared, (None, ""))
    if convert is not None and _is_legacy(text, convert):
        return Repaired(convert(text) or text, (rule,))
    composed = _composed(text)
    again = _misread(composed)
    if again is not None:
        return Repaired(again, ("text_misread",))
    suspected = _suspected(composed)
    lost = () if suspected else _lost(composed)
    return Repaired(composed, (*(("text_composed",) if composed != text else ()), *suspected, *lost))


def _lost(text: str) -> tuple[str, ...]:
    return ("text_lost",) if ("?" in text or "\ufffd" in text) and _LOST.search(text) else ()


def _from_tcvn3(text: str) -> str | None:
    """Return the Unicode of a text in TCVN3, None where it holds a letter that TCVN3 does not write so."""
    if any(letter not in _TCVN3 and _foreign(letter) for letter in text):
        return None
    return _capitals("".join(_TCVN3.get(letter, letter) for letter in text))


def _from_vni(text: str) -> str | None:
    """Return the Unicode of a text in VNI, None where it holds a letter that VNI does not write so."""
    if any(_foreign(letter) for letter in _VNI_SIGN.sub("", text)):
        return None
    return _VNI_SIGN.sub(lambda sign: _VNI[sign[0]], text)


def _from_1258(text: str) -> str | None:
    """Return what the bytes of a text mean in windows-1258, None where they mean nothing or stray tones there."""
    try:
        meant = bytes(_BYTE[letter] for letter in text).decode("cp1258")
    except (KeyError, UnicodeDecodeError):
        return None
    astray = any(mark in TONES and letter not in VOWELS for letter, mark in pairwise(" " + meant))
    return None if astray else _composed(meant)


def _foreign(letter: str) -> bool:
    """Return whether a letter that an old encoding lacks cannot stand in its text: signs can, letters cannot."""
    return not letter.isascii() and letter not in PUNCTUATION and letter.isalpha()


_DECLARED: Final[dict[str, tuple[Callable[[str], str | None], str]]] = {
    "tcvn3": (_from_tcvn3, "text_tcvn3"),
    "vni": (_from_vni, "text_vni"),
    "windows-1258": (_from_1258, "text_1258"),
}


def _is_legacy(text: str, convert: Callable[[str], str | None]) -> bool:
    """Return whether a text of a declared column is to be converted: it can be, and is not good Unicode beside that."""
    meant = convert(text)
    if meant is None or meant == text:
        return False
    composed = _composed(text)
    return not is_vietnamese(composed) or _share(composed) <= _share(meant)


def _share(text: str) -> float:
    """Return how many of the words with a letter beyond ASCII are Vietnamese syllables, from 0 to 1."""
    words = _words(text)
    return sum(map(is_syllable, words)) / len(words) if words else 1.0


def _words(text: str) -> list[str]:
    """Return the words that have a letter beyond ASCII and one of ASCII; signs inside a word count as its letters."""
    return [word for word in _WORD.findall(text) if not word.isascii() and re.search("[A-Za-z]", word)]


def _capitals(text: str) -> str:
    """Return a text in which words typed in a font of capitals are capitals: it had no such letters of its own."""
    return _WORD.sub(lambda word: word[0].upper() if _is_capital(word[0]) else word[0], text)


def _is_capital(word: str) -> bool:
    capitals = sum(letter.isupper() for letter in word)
    return capitals > 1 and not any(letter.isascii() and letter.islower() for letter in word)


def _misread(text: str) -> str | None:
    """Return the text whose UTF-8 was read as Latin-1 or windows-1252, once or several times; None if it is not such.

    The steps are undone exactly, only where a sign stands that Vietnamese lacks, and only if all of them come out.
    """
    if is_vietnamese(text) or (meant := _reread(text)) is None:
        return None
    for _ in range(_MOST_LAYERS):
        deeper = _reread(meant)
        if deeper is None or deeper == meant:
            composed = _composed(meant)
            return composed if is_vietnamese(composed.translate(_SIGNS)) else None
        meant = deeper
    return None


def _reread(text: str) -> str | None:
    try:
        return bytes(_BYTE[letter] for letter in text).decode()
    except (KeyError, UnicodeDecodeError):
        return None


def _suspected(text: str) -> tuple[str, ...]:
    """Return the rule that says which old encoding a composed text looks like; nothing where it may be as it should."""
    if _NEWER.search(text):
        return ()
    strange = [word for word in _words(text) if not is_syllable(word)]
    if not strange:
        return ()
    scores = {rule: _cured(strange, convert) for rule, convert in _LOOKS.items()}
    best = max(scores, key=lambda rule: scores[rule])
    return (best,) if scores[best] >= _ENOUGH else ()


def _cured(words: list[str], convert: Callable[[str], str | None]) -> float:
    return sum(is_syllable(meant) for word in words if (meant := convert(word))) / len(words)


_LOOKS: Final = {"looks_tcvn3": _from_tcvn3, "looks_vni": _from_vni, "looks_1258": _from_1258}
