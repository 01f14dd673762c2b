"""Decides where people write freely, and whether a number or address of somebody stands there.

Found by form alone, with as few false alarms as can be: 12 digits as a citizen's number is built (province of birth
registration 001–096, sex and century, year; there is no check digit), 9 digits as an old identity card where the text
says that it is one or nothing makes it an amount, telephones in Viet Nam's numbering, e-mail addresses.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Final

from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.privacy.names import fold
from sync_agent.privacy.paths import texts

__all__ = ["LOOKED_AT", "TOLD_FREELY", "NumberKind", "numbers_in", "personal_numbers"]

TOLD_FREELY: Final = frozenset({"content", "redacted_summary", "request", "result", "summary", "reason"})
"""Last words of the paths under which whole sentences stand."""

LOOKED_AT: Final = TOLD_FREELY | {
    "approver",
    "approver_role",
    "delegated_leader",
    "detail",
    "file_name",
    "full_name",
    "id_issued_by",
    "leader",
    "measure",
    "name",
    "officer",
    "officer_role",
    "position",
}
"""All texts in which no such number belongs. Numbers of documents, codes and the ID number itself are not looked at."""

_STEPS: Final = {
    "petition": Step.CASE,
    "attachments": Step.CASE,
    "processing": Step.PROCESSING,
    "acceptance": Step.ACCEPTANCE,
    "settlements": Step.SETTLEMENT,
    "enforcements": Step.ENFORCEMENT,
}


class NumberKind(StrEnum):
    """What was found: the word a finding names, never the value."""

    CITIZEN = "citizen_number"
    OLD_CARD = "identity_card"
    PHONE = "telephone"
    EMAIL = "email"


_GAP: Final = r"[ .\-\u2010-\u2015]?"
_BEFORE: Final = r"(?<![\d/+])(?<!\d[.,\-/])"  # neither the middle of a number nor the tail of a document's
_AFTER: Final = r"(?![^\W_]|[.,\-]\d|/[^\W_])"
_DIGIT: Final = rf"(?:{_GAP}\d)"
_ANY: Final = re.compile(r"[\d@]")  # most texts have neither, and each pattern below tries every place
_CITIZEN: Final = re.compile(rf"{_BEFORE}0{_DIGIT}{{11}}{_AFTER}")
_NINE: Final = re.compile(rf"(?<![^\W_]){_BEFORE}\d{_DIGIT}{{8}}{_AFTER}")
_PHONE: Final = re.compile(
    rf"(?<![\d/])(?<!\d[.,\-/])\(?(?:\+?84|0)\)?{_GAP}(?:\(0\){_GAP})?"
    rf"(?:[35789]{_DIGIT}{{8}}|2{_DIGIT}{{1,2}}\)?{_DIGIT}{{7,8}}){_AFTER}"
)
_EMAIL: Final = re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.ASCII)
_LANDLINE: Final = re.compile(r"0?2\d{9}")
_MOBILE: Final = re.compile(r"0?[35789]\d{8}")

_SAYS_CARD: Final = re.compile(
    r"(?:cmt?nd|cmt|chung minh(?: nhan dan| thu)?|can cuoc|cccd|dinh danh|giay to)\W*(?:\w+\W+){0,3}$"
)
_SAYS_OTHER: Final = re.compile(
    r"(?:thua|to ban do|phat hanh|so vao so|serial|ma so thue|mst|tai khoan|stk|ma ho so|so tien|gia tri|hoa don"
    r"|van don|dien tich)\W*(?:\w+\W+){0,2}$"
)
_MONEY: Final = re.compile(r"\s*(?:dong|d|vnd|vnđ|₫|usd|trieu|ty|m2|m²|ha)\b|\s*[₫$%]")
_NEAR: Final = 40
_PROVINCES: Final = range(1, 97)
_OLD_PROVINCES: Final = range(1, 39)


def numbers_in(text: str) -> frozenset[NumberKind]:
    """Return which kinds of personal numbers or addresses stand in a text."""
    folded = fold(text)
    return frozenset(_found(folded)) if _ANY.search(folded) else frozenset()


def _found(text: str) -> Iterator[NumberKind]:
    if "@" in text and _EMAIL.search(text):
        yield NumberKind.EMAIL
    for kind, pattern in ((NumberKind.CITIZEN, _CITIZEN), (NumberKind.PHONE, _PHONE), (NumberKind.OLD_CARD, _NINE)):
        places = [match.span() for match in pattern.finditer(text) if _is(kind, text, *match.span())]
        if places:
            yield kind
        for start, end in places:  # what was found is not found again as a part of it
            text = text[:start] + "#" * (end - start) + text[end:]


def _is(kind: NumberKind, text: str, start: int, end: int) -> bool:
    number, before, after = text[start:end], text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    glued = before[-1:].isalpha() and not number.isdigit()  # part of a code
    return not glued and _IS[kind](number, before, after)


def _is_citizen(number: str, before: str, after: str) -> bool:
    digits = _digits(number)
    return int(digits[:3]) in _PROVINCES and not _something_else(before, after)


def _is_phone(number: str, before: str, after: str) -> bool:
    digits = _digits(number)
    national = digits[2:] if number.lstrip("(").startswith(("+", "84")) else digits
    form = _MOBILE.fullmatch(national) or _LANDLINE.fullmatch(national)
    return form is not None and not _something_else(before, after)


def _is_old_card(number: str, before: str, after: str) -> bool:
    if _MONEY.match(after):
        return False
    if _SAYS_CARD.search(before):
        return True
    if not number.isdigit() or number.endswith("000") or _SAYS_OTHER.search(before):
        return False  # grouped in threes or round it is an amount
    return int(number[:2]) in _OLD_PROVINCES


_IS: Final = {NumberKind.CITIZEN: _is_citizen, NumberKind.PHONE: _is_phone, NumberKind.OLD_CARD: _is_old_card}


def _something_else(before: str, after: str) -> bool:
    return _SAYS_OTHER.search(before) is not None or _MONEY.match(after) is not None


def _digits(number: str) -> str:
    return "".join(each for each in number if each.isdigit())


def personal_numbers(passed: CaseFile, level: Level) -> Iterator[Finding]:
    """Find the free texts of a cleared case in which a personal number stands; `where` says of which kind."""
    found = (
        Finding("personal_number_in_text", level, path, _STEPS.get(path.partition(".")[0]), local_key, kind)
        for path, local_key, text in texts(passed)
        if path.rpartition(".")[2] in LOOKED_AT
        for kind in sorted(numbers_in(text))
    )
    for finding in found:
        # only a decision and its enforcement occur several times; an attachment belongs to the case
        several = finding.step in {Step.SETTLEMENT, Step.ENFORCEMENT}
        yield finding if several else replace(finding, local_key="")
