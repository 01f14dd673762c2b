"""How a file of JSON lines is read: one object a line. What is nested stays JSON text, for json_each() of a query."""

import json
from typing import Any, Final

from sync_agent.errors import SourceError
from sync_agent.i18n import mark
from sync_agent.source.tables import Table, distinct_columns, stored

__all__ = ["read_lines"]

_TODO: Final = mark("write one object a line, in UTF-8, each name once in it")


def read_lines(data: bytes, where: str) -> Table:
    """Return the table of one file, a column for each name in it; raises SourceError naming the file and the line."""
    found: list[dict[str, Any]] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if line.strip():
            entry = _object(line, f"{where}:{number}")
            found.append(entry)
            columns.update(dict.fromkeys(entry))
    distinct_columns(list(columns), where)
    return Table(tuple(columns), [tuple(_value(entry.get(name)) for name in columns) for entry in found])


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        entry = json.loads(line.decode(), object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict) or not all(entry):
        raise SourceError("the line is not one JSON object", where=where, todo=_TODO)
    return entry


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entry = dict(pairs)
    if len(entry) != len(pairs):
        raise ValueError("a name is given twice")
    return entry


def _refused(_word: str) -> None:
    raise ValueError("not a number")


def _value(value: Any) -> str | None:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return stored(value)
