"""Decides how what is wrong with a source is handed on: by rule and field, with counts and keys, never a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync_agent.domain.rules import RULES
from sync_agent.i18n import Language, language, mark, tr
from sync_agent.reports.fields import field_words
from sync_agent.reports.workbook import Sheet, write_sheets
from sync_agent.reports.worklist import Column

__all__ = ["FoundLine", "write_findings"]


@dataclass(frozen=True, slots=True)
class FoundLine:
    """One rule at one field: how much it weighs in words, the CaseFile path, the local `part.column`, whose cases."""

    level: str
    rule: str
    path: str
    place: str
    cases: int
    keys: tuple[str, ...]

    @property
    def meaning(self) -> str:
        """What the rule means, in the reader's language."""
        known = RULES.get(self.rule)
        if known is None:
            return self.rule
        return known.vi if language() is Language.VI else known.en

    @property
    def basis(self) -> str:
        """The article or document behind the rule."""
        known = RULES.get(self.rule)
        return known.basis if known is not None else ""

    @property
    def field(self) -> str:
        """The field in words."""
        return field_words(self.path, language())


@dataclass(frozen=True, slots=True)
class _Case:
    """One case of a line."""

    key: str
    rule: str
    path: str
    place: str


_LINES: Final = (
    Column("level", mark("weight"), 12),
    Column("rule", mark("rule"), 22),
    Column("meaning", mark("what is wrong"), 40),
    Column("basis", mark("basis"), 26),
    Column("field", mark("field"), 28),
    Column("place", mark("where to mend"), 30),
    Column("cases", mark("cases"), 10),
    Column("path", mark("field of the case file"), 30),
)
_CASES: Final = (
    Column("key", mark("case"), 20),
    Column("rule", mark("rule"), 22),
    Column("place", mark("where to mend"), 30),
    Column("path", mark("field of the case file"), 30),
)


def write_findings(path: Path, lines: Sequence[FoundLine]) -> None:
    """Write a new XLSX file: a sheet with the lines, one with the cases known by key. Raises ConfigError."""
    cases = [_Case(key, line.rule, line.path, line.place) for line in lines for key in line.keys]
    sheets = [Sheet(tr("Findings"), _LINES, lines), Sheet(tr("Cases"), _CASES, cases)]
    write_sheets(path, tr("Findings"), sheets)
