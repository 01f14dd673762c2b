"""Decides how a work list stands in a CSV file: UTF-8 with the mark by which spreadsheets know it, days in ISO."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from sync_agent.i18n import tr
from sync_agent.reports.newfile import write_new
from sync_agent.reports.worklist import COLUMNS, WorkItem

__all__ = ["write_csv"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(path: Path, items: Sequence[WorkItem], *, by_agency: bool = False) -> None:
    """Write a new CSV file, ordered by agency if wanted. Raises ConfigError."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([tr(column.title) for column in COLUMNS])
    ordered = sorted(items, key=lambda item: item.agency) if by_agency else items
    writer.writerows([[_cell(getattr(item, column.name)) for column in COLUMNS] for item in ordered])
    write_new(path, text.getvalue().encode("utf-8-sig"))


def _cell(value: str | date | None) -> str:
    """Return the text of a cell; what a spreadsheet would take for a formula gets the sign that makes it text."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date) else value
    return "'" + text if text.startswith(_FORMULA) else text
