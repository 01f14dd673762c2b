"""Decides which texts of a CSV file a spreadsheet would change, and marks them so that it does not."""

import re
from typing import Final

__all__ = ["kept_as_text"]

_FORMULA: Final = ("'", "=", "+", "-", "@", "\t", "\r")
_POWER_OF_TEN: Final = re.compile(r"[0-9]+[eE][0-9]+")  # as the hex digits of a digest may look
_MOST_DIGITS: Final = 11  # a spreadsheet writes longer numbers as powers of ten


def kept_as_text(value: str) -> str:
    """Return a text with the mark before it, where a spreadsheet would make a formula or another number of it."""
    number = value.isdecimal() and (len(value) > _MOST_DIGITS or (value.startswith("0") and len(value) > 1))
    changed = number or value.startswith(_FORMULA) or _POWER_OF_TEN.fullmatch(value)
    return f"'{value}" if changed else value
