"""Which columns of a case are mended as text before anything is read from them, and what is said about that."""

from collections.abc import Iterator, Mapping
from typing import Final

from sync_agent.domain.findings import Finding, Level
from sync_agent.mapping.legacy import Encoding, is_sound, repaired
from sync_agent.mapping.profile import FieldRule, Profile
from sync_agent.source import CaseRows, Row

__all__ = ["Mender"]

_DOUBTS: Final = frozenset({"looks_tcvn3", "looks_vni", "looks_1258"})
"""What would go up unreadable, so that a person must look."""

_EVERY: Final = "*"


class Mender:
    """Mends the columns that a profile uses, by `used` (part, column in small letters, as spelled).

    Of the parts `whole` every column is mended. The location of a file is left alone: it is a name on a disk.
    """

    def __init__(self, profile: Profile, used: Mapping[str, Mapping[str, str]], whole: frozenset[str]) -> None:
        self._used, self._whole = used, whole
        self._kept = frozenset(_locations(profile))
        self._declared = {
            (part, column if column == _EVERY else column.lower()): encoding
            for part, columns in profile.text.items()
            for column, encoding in columns.items()
        }

    def mended(self, rows: CaseRows, findings: set[Finding]) -> CaseRows:
        """Return the rows as they are meant; add a finding for each rule and column that something was found in."""
        parts = {part: [self._row(part, row, findings) for row in found] for part, found in rows.parts.items() if found}
        return CaseRows(rows.case_key, {**rows.parts, **parts})

    def _row(self, part: str, row: Row, findings: set[Finding]) -> Row:
        changed: dict[str, object] = {}
        used = self._used.get(part, {})
        for name in row if part in self._whole else used:
            value = row.get(name)
            if not isinstance(value, str) or is_sound(value) or (part, name) in self._kept:
                continue
            text, rules = repaired(value, self._encoding(part, name))
            if text != value:
                changed[name] = text
            findings.update(_finding(rule, f"{part}.{used.get(name, name)}") for rule in rules)
        return {**row, **changed} if changed else row

    def _encoding(self, part: str, column: str) -> Encoding:
        if not self._declared:
            return "unicode"
        places = ((part, column), (part, _EVERY), (_EVERY, column), (_EVERY, _EVERY))
        return next((self._declared[place] for place in places if place in self._declared), "unicode")


def _finding(rule: str, where: str) -> Finding:
    return Finding(rule, Level.HOLD if rule in _DOUBTS else Level.WARN, where=where)


def _locations(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield (part, column in small letters) of every column that says where a file is."""
    for part, rules in profile.fields.items():
        yield from _located(part, rules)
    waiting = list(profile.lists.values())
    while waiting:
        each = waiting.pop()
        waiting += each.lists.values()
        yield from _located(each.part, each.fields)


def _located(part: str, rules: Mapping[str, FieldRule]) -> Iterator[tuple[str, str]]:
    for path, rule in rules.items():
        if path.rpartition(".")[2] == "location":
            for each in (rule, *(rule.first_of or ())):
                yield from ((part, column.lower()) for column in (each.column, *(each.join or ())) if column)
