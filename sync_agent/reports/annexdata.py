"""Decides how an annex stands in JSON: figures by the keys of their columns, null where nobody knows."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from sync_agent.domain.officialtables import Figure
from sync_agent.reports.annex import Annex, AnnexTable, Line
from sync_agent.reports.newfile import write_new

__all__ = ["annex_document", "write_annex_json"]


def write_annex_json(path: Path, annex: Annex) -> None:
    """Write a new JSON file. Raises ConfigError."""
    text = json.dumps(annex_document(annex), ensure_ascii=False, indent=2)
    write_new(path, (text + "\n").encode())


def annex_document(annex: Annex) -> dict[str, Any]:
    """Return the whole annex as JSON has it. Amounts of money and land are strings, so that no digit is lost."""
    period = annex.period
    return {
        "report": "completeness",
        "period": {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()},
        "office": annex.office or None,
        "made_at": annex.made_at.isoformat(),
        "title": " ".join(annex.title),
        "summary": list(annex.summary),
        "tables": [_table(table) for table in annex.tables],
        "proof": dict(annex.proof),
    }


def _table(table: AnnexTable) -> dict[str, Any]:
    return {
        "code": table.code,
        "title": table.title,
        "labels": list(table.labels),
        "columns": [{"key": column.key, "titles": list(column.titles)} for column in table.columns],
        "lines": [_line(table, line) for line in table.lines],
        "notes": list(table.notes),
    }


def _line(table: AnnexTable, line: Line) -> dict[str, Any]:
    pairs = list(zip((column.key for column in table.columns), line.figures, strict=True))
    return {
        "labels": list(line.labels),
        "total": line.total,
        "figures": {key: _value(figure) for key, figure in pairs},
        "unknown": {key: figure.unknown for key, figure in pairs if figure.unknown},
    }


def _value(figure: Figure) -> int | str | None:
    return f"{figure.value.normalize():f}" if isinstance(figure.value, Decimal) else figure.value
