"""Decides which values of a case may be looked at by whoever minds the mapping: what tells nobody, all else is masked.

Open is what goes up even of a protected case, and of that only codes, days, counts and amounts in their short form.
A field nobody named, a text in words and a number that looks like somebody's stay masked.
"""

import re
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from sync_agent.privacy.gate import WORDED
from sync_agent.privacy.keys import is_code
from sync_agent.privacy.paths import STRUCTURAL
from sync_agent.privacy.policy import Policy

__all__ = ["MASK", "Masking"]

MASK: Final = "▢"
_OF_FILES: Final = frozenset({"attachments.local_key"})  # often made of a file's name
_INDEX: Final = re.compile(r"\[\d+\]")
_LONG: Final = re.compile(r"\d{9}")  # an ID or telephone number, also one that lost its leading zeros in a number
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?.{0,7})?")


class Masking:
    """What of a case may be looked at, by a policy."""

    def __init__(self, policy: Policy) -> None:
        self._open = (policy.open_paths(protected=True) - WORDED) | (STRUCTURAL - _OF_FILES)
        self._surnames = policy.names.surnames

    def opens(self, path: str) -> bool:
        """Tell whether the values of a CaseFile path, entries of lists numbered or not, may be looked at at all."""
        return _INDEX.sub("", path) in self._open

    def tells_nobody(self, value: object) -> bool:
        """Tell whether a value has the form of a code, a day, a count or an amount, and is nobody's number."""
        if value is None or isinstance(value, bool | date | Enum):
            return True
        if not isinstance(value, str | int | float | Decimal):
            return False
        text = str(value).strip()
        if _LONG.search(text):
            return False
        return not text or _DAY.fullmatch(text) is not None or is_code(text, self._surnames)
