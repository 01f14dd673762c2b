"""Decides how the list of unmapped codes stands in a CSV file: so that a spreadsheet gives each code back as it was.

The names of the columns are for the import, in no language; the mark before a number keeps its leading zeros.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from sync_agent.reports.newfile import write_new
from sync_agent.reports.plaintext import kept_as_text

__all__ = ["SHEET_COLUMNS", "write_code_sheet"]

SHEET_COLUMNS: Final = (
    *("ref", "table", "column", "field", "list", "local", "local_name", "cases", "first_day", "last_day"),
    *(f"suggestion_{place}{what}" for place in (1, 2, 3) for what in ("", "_name", "_score")),
    *("code", "valid_from", "valid_to"),
)
"""The last three are empty: for the person who fills them in."""


def write_code_sheet(path: Path, rows: Iterable[Mapping[str, str | int | date | None]]) -> None:
    """Write a new CSV file, readable by its owner only; what a row lacks is empty. Raises ConfigError."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(SHEET_COLUMNS)
    writer.writerows([_cell(row.get(name)) for name in SHEET_COLUMNS] for row in rows)
    write_new(path, text.getvalue().encode("utf-8-sig"))


def _cell(value: str | int | date | None) -> str:
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return kept_as_text(value)
