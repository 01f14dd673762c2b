"""Decides what a bundle's record of heads taken outside comes to. The record claims; the heads outside prove."""

import re
from collections.abc import Sequence
from itertools import pairwise

from sync_agent_verifier.files import Files, json_object
from sync_agent_verifier.note import Head
from sync_agent_verifier.remarks import Remarks
from sync_agent_verifier.stamp import MOST_RECEIPT, Stamp

__all__ = ["check_anchors"]

_RECORDS = "anchors/anchors.jsonl"
_RECEIPT = re.compile(r"anchors/([0-9]{1,16})\.receipt")
_MOST = 400_000_000  # bytes
_NAMES = {"number", "checkpoint", "channel", "outcome", "anchored_at"}


def check_anchors(files: Files, heads: Sequence[Head], size: int, remarks: Remarks) -> None:
    """Compare the records with the heads, the receipts with both, and say up to where the log was taken outside."""
    by_number = {head.number: head for head in heads}
    records = _records(files, remarks)
    done = [by_number[head] for _, head, outcome in records if outcome == "done" and head in by_number]
    for number, checkpoint, _ in records:
        if checkpoint not in by_number:
            remarks.add("anchor_of_nothing", number=number, head=checkpoint)
    _check_receipts(files, {number: by_number.get(head) for number, head, _ in records}, remarks)
    last = max(done, key=lambda head: head.number, default=None)
    if last is None:
        remarks.add("never_anchored")
    else:
        remarks.add("anchored" if last.size >= size else "anchored_partly", number=last.number, last=last.size - 1)


def _records(files: Files, remarks: Remarks) -> list[tuple[int, int, str]]:
    raw = files.get(_RECORDS, _MOST) if files.has(_RECORDS) else b""
    try:
        records = [_record(line) for line in (raw or b"").splitlines()]
    except ValueError:
        records = []
    numbers = [number for number, _, _ in records]
    if (raw and not records) or any(later <= number for number, later in pairwise(numbers)):
        remarks.add("anchor_malformed")
    return records


def _record(line: bytes) -> tuple[int, int, str]:
    """Return number, head and outcome of one record. ValueError when it is none."""
    said = json_object(line)
    number, head = said.get("number"), said.get("checkpoint")
    if said.keys() != _NAMES or type(number) is not int or type(head) is not int:
        raise ValueError("not a record")
    return number, head, str(said["outcome"])


def _check_receipts(files: Files, stamped: dict[int, Head | None], remarks: Remarks) -> None:
    for name in files.names():
        match = _RECEIPT.fullmatch(name)
        raw = files.get(name, MOST_RECEIPT) if match else None
        if match is None or raw is None:
            continue
        head = stamped.get(int(match[1]))
        try:
            stamp = Stamp.parse(raw)
        except ValueError:
            remarks.add("receipt_malformed", file=name)
            continue
        if head is not None and stamp.is_of(head.note):
            remarks.add("stamped", number=head.number, time=stamp.time, file=name)
        else:
            remarks.add("receipt_differs", file=name)
