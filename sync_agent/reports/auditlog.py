"""Decides how entries of the audit log stand in a list: a line for each, a column for everything an entry can say.

The exact bytes, which alone prove something, are in the bundle and in JSON lines; a list is to be read.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final, Literal
from zoneinfo import ZoneInfo

from sync_agent.i18n import mark, tr
from sync_agent.reports.plaintext import kept_as_text
from sync_agent.reports.workbook import heading

__all__ = ["LOG_COLUMNS", "Cell", "LogColumn", "log_row", "write_log_csv", "write_log_lines"]

_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_PARTS: Final = frozenset({"versions", "range"})

Cell = str | int | bool | datetime | None


@dataclass(frozen=True, slots=True)
class LogColumn:
    """One column: what of an entry stands in it, the message ids of its title and meaning, its width in characters."""

    name: str
    title: str
    width: int
    meaning: str
    form: Literal["text", "number", "time", "flag"] = "text"


_HEX: Final = 20

LOG_COLUMNS: Final = (
    LogColumn("idx", mark("no."), 9, mark("Place in the log, counted from 0, without a hole."), "number"),
    LogColumn("time", mark("time (Việt Nam)"), 23, mark("When it happened. In the entry itself it is UTC."), "time"),
    LogColumn("actor", mark("by"), 16, mark("agent: the program itself. os:NAME: the login of a person.")),
    LogColumn("event", mark("event"), 20, mark("What happened, as a code; the sheet of events explains each.")),
    LogColumn("sentence", mark("meaning"), 52, mark("The event as a sentence.")),
    LogColumn("step", mark("step"), 13, mark("Which step of the case: empty is the whole case.")),
    LogColumn("reason", mark("reason"), 24, mark("Why, as a code; several are joined by +.")),
    LogColumn("rule", mark("rule"), 22, mark("The rule of a finding.")),
    LogColumn("level", mark("weight"), 10, mark("How much a finding weighs.")),
    LogColumn("field", mark("field"), 24, mark("The field of a finding.")),
    LogColumn("finding", mark("finding (commitment)"), _HEX, mark("Tells findings of one case apart.")),
    LogColumn("old_state", mark("before"), 16, mark("The state, version or key before.")),
    LogColumn("new_state", mark("after"), 16, mark("The state, version or key after.")),
    LogColumn("update", mark("update"), 9, mark("Whether a record that had a national id was changed."), "flag"),
    LogColumn("forced", mark("sent again"), 20, mark("Why a person had it sent again, as a code.")),
    LogColumn("attempt", mark("attempt"), 9, mark("Which try of the message it was."), "number"),
    LogColumn("http_status", mark("HTTP status"), 9, mark("With which status the national side answered."), "number"),
    LogColumn("account", mark("account"), 14, mark("The account at the national side, by its short name.")),
    LogColumn("counts", mark("counts"), 40, mark("How many of what.")),
    LogColumn("subject", mark("case (commitment)"), _HEX, mark("Stands for the case; nobody finds its key from it.")),
    LogColumn("item", mark("decision (commitment)"), _HEX, mark("Stands for one decision or enforcement of a case.")),
    LogColumn("wanted", mark("content (commitment)"), _HEX, mark("Keyed digest of the content that was meant.")),
    LogColumn("request", mark("request (commitment)"), _HEX, mark("Keyed digest of what was sent.")),
    LogColumn("response", mark("answer (commitment)"), _HEX, mark("Keyed digest of what was answered.")),
    LogColumn("national_id", mark("national id (commitment)"), _HEX, mark("Keyed digest of the national id.")),
    LogColumn("note", mark("note (commitment)"), _HEX, mark("Stands for a note of a person, which can be erased.")),
    LogColumn("versions.agent", mark("version of the agent"), 12, mark("Which release of the agent was at work.")),
    LogColumn("versions.mapping", mark("profile"), _HEX, mark("Digest of the profile and code tables in force.")),
    LogColumn("versions.contract", mark("contract"), _HEX, mark("Digest of the national contract in force.")),
    LogColumn("versions.policy", mark("policy"), _HEX, mark("Digest of the policy of confidentiality in force.")),
    LogColumn("range.since", mark("from time"), 23, mark("Beginning of what was read, or of a gap."), "time"),
    LogColumn("range.until", mark("to time"), 23, mark("End of what was read, or of a gap."), "time"),
    LogColumn("set_digest", mark("digest"), _HEX, mark("Digest of a set: keys that were read, a plan, a key, a file.")),
    LogColumn("head_size", mark("entries of a head"), 12, mark("Size of the head an entry names."), "number"),
    LogColumn("head_root", mark("root of a head"), _HEX, mark("Root of the head an entry names.")),
    LogColumn("run", mark("run"), _HEX, mark("Which pass of the agent it belongs to.")),
    LogColumn("epoch", mark("epoch"), 8, mark("How often the ledger had been taken over."), "number"),
    LogColumn("v", mark("form"), 7, mark("Version of the form of entries."), "number"),
)


def log_row(idx: int, document: Mapping[str, Any], sentence: str) -> dict[str, Cell]:
    """Return what stands in each column; what the entry does not say is left out. Times are naive, as in Việt Nam."""
    values = {name: value for name, value in document.items() if name not in _PARTS}
    for part in _PARTS & document.keys():
        values |= {f"{part}.{name}": value for name, value in document[part].items()}
    if "counts" in values:
        values["counts"] = ", ".join(f"{name} {number}" for name, number in sorted(values["counts"].items()))
    for name in ("time", "range.since", "range.until"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name]).astimezone(_ZONE).replace(tzinfo=None)
    return {"idx": idx, "sentence": sentence, **values}


def write_log_lines(file: BinaryIO, entries: Iterable[tuple[int, bytes]]) -> int:
    """Write a line of JSON for each entry, its exact bytes under `entry`; return how many."""
    count = 0
    for count, (idx, raw) in enumerate(entries, 1):  # noqa: B007 - the last is returned
        file.write(b'{"idx":%d,"entry":%s}\n' % (idx, raw))
    return count


def write_log_csv(file: BinaryIO, rows: Iterable[Mapping[str, Cell]]) -> int:
    """Write a CSV file in UTF-8 with the mark by which spreadsheets know it; return how many lines."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(heading(tr(column.title)) for column in LOG_COLUMNS)
    lines = 0
    for lines, row in enumerate(rows, 1):  # noqa: B007 - the last is returned
        writer.writerow(_text(row.get(column.name)) for column in LOG_COLUMNS)
    text.detach()  # flushed, and the file stays open
    return lines


def _text(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return tr("yes") if value else tr("no")
        case datetime():
            return value.isoformat(" ", "milliseconds")
        case str():
            return kept_as_text(value)
        case _:
            return str(value)
