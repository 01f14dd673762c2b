"""Decides up to which entry a head has left this machine, and whether what is outside still says the same.

A folder is compared note by note and a time stamp is checked; of what went by mail or to syslog the log has only its
own word, until somebody hands a saved note over.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from sync_agent.audit.anchor_settings import AnchorSettings, FileAnchor, TimestampAnchor
from sync_agent.audit.anchors import DONE, AnchorRecord, anchor_records
from sync_agent.audit.channels import kept_heads, note_file
from sync_agent.audit.checkpoints import Checkpoint
from sync_agent.audit.discrepancies import Findings
from sync_agent.audit.merkle import Head
from sync_agent.audit.tables import ANCHOR, CHECKPOINT
from sync_agent.audit.verify import ReadLog
from sync_agent.audit.verify_heads import KeyRing
from sync_agent.errors import AuditError

__all__ = ["How", "Reach", "SavedNote", "anchored_heads", "saved_notes", "verify_anchors", "verify_saved"]

_TABLE: Final = ANCHOR.name


class How(StrEnum):
    """How it is known that a head is outside."""

    COMPARED = "compared"  # its note was read there
    STAMPED = "stamped"  # the authority's time stamp is right
    RECORDED = "recorded"  # the agent noted it, nobody looked


@dataclass(frozen=True, slots=True)
class Reach:
    """Up to which entry (`size` of them) the heads at one place stand."""

    place: str
    remote: bool
    how: How
    size: int
    time: str


@dataclass(frozen=True, slots=True)
class SavedNote:
    """A head as it was found outside: in the folder of a channel, or in a file that was handed over."""

    name: str
    channel: str  # "": handed over
    note: bytes
    said: Checkpoint | None


def saved_notes(
    anchors: Sequence[AnchorSettings], folder: Path, files: Sequence[Path]
) -> tuple[list[SavedNote], list[str]]:
    """Return the heads found in folders and files, and the names of the folders that cannot be read.

    Raises OSError for a file that was handed over.
    """
    found, unread = [_saved(path, "") for path in files], []
    for anchor in anchors:
        if isinstance(anchor, FileAnchor):
            try:
                found += [_saved(path, anchor.name) for path in kept_heads(folder / anchor.folder)]
            except OSError:
                unread.append(anchor.name)
    return found, unread


def _saved(path: Path, channel: str) -> SavedNote:
    note = path.read_bytes().replace(b"\r\n", b"\n")  # as a mail program may have saved it
    try:
        said = Checkpoint.parse(note)
    except AuditError:
        said = None
    return SavedNote(f"{channel}/{path.name}" if channel else path.name, channel, note, said)


def verify_saved(
    conn: Connection, findings: Findings, log: ReadLog, keys: KeyRing, saved: Sequence[SavedNote]
) -> list[SavedNote]:
    """Compare heads found outside with the log; return those that stand in it. Lost ones must have been declared."""
    return [each for each in saved if _stands(conn, findings, log, keys, each)]


def _stands(conn: Connection, findings: Findings, log: ReadLog, keys: KeyRing, saved: SavedNote) -> bool:
    said = saved.said
    if said is None:
        findings.add("note_unreadable", key=saved.name)
        return False
    if said.origin != keys.origin:
        findings.add("note_other_log", key=saved.name)
        return False
    if not keys.signed(log, saved.note):
        findings.add("note_signature", key=saved.name)
        return False
    kept = conn.execute(select(CHECKPOINT.c.note).where(CHECKPOINT.c.number == said.number)).scalar()
    same = kept is not None and bytes(kept) == saved.note
    if log.has(said.head) and (same or _is_lost(log, said)):
        return same
    if not _is_lost(log, said):
        findings.add("note_not_kept" if log.has(said.head) else "note_not_of_log", key=saved.name)
    return False


def _is_lost(log: ReadLog, said: Checkpoint) -> bool:
    """Tell whether a head was signed in a part of the log that was lost, and a person declared that loss afterwards."""
    return any(
        said.time <= new.time
        and said.size >= new.idx
        and (new.root is None or said.size != new.size or said.root.hex() == new.root)
        for new in log.incarnations
    )


def anchored_heads(conn: Connection) -> dict[int, tuple[Head, str, bytes]]:
    """Return, by number, size and root, time and note of the heads of which the records of attempts speak."""
    heads = select(CHECKPOINT).where(CHECKPOINT.c.number.in_(select(ANCHOR.c.checkpoint)))
    return {
        number: (Head(size, bytes(root)), signed_at, bytes(note))
        for number, size, root, note, signed_at, _ in conn.execute(heads)
    }


def verify_anchors(
    conn: Connection,
    findings: Findings,
    anchors: Sequence[AnchorSettings],
    folder: Path,
    *,
    standing: Sequence[SavedNote],
    unread: Sequence[str],
) -> list[Reach]:
    """Compare the records of attempts with what is outside; return how far each place reaches, the farthest first."""
    for name in unread:
        findings.add("anchor_unreadable", table=_TABLE, key=name)
    settings = {anchor.name: anchor for anchor in anchors}
    heads, reached = anchored_heads(conn), [*_compared(standing, settings)]
    there = {(each.channel, each.said.number) for each in standing if each.said}
    for record in anchor_records(conn):
        head = heads.get(record.checkpoint)
        if head is None:
            findings.add("anchor_head_missing", table=_TABLE, key=record.checkpoint, column="checkpoint")
        elif record.receipt is not None:
            stamped = _check_receipt(findings, record, head[2], settings.get(record.channel), folder)
            reached += [Reach(record.channel, True, How.STAMPED, head[0].size, record.anchored_at)] if stamped else []
        elif record.outcome == DONE:
            anchor = settings.get(record.channel)
            if not isinstance(anchor, FileAnchor):
                remote = anchor is not None and anchor.remote
                reached.append(Reach(record.channel, remote, How.RECORDED, head[0].size, record.anchored_at))
            elif record.channel not in unread and (record.channel, record.checkpoint) not in there:
                place = f"{record.channel}/{note_file(record.checkpoint)}"
                findings.add("anchor_lost", table=_TABLE, key=record.checkpoint, found=place)
    return _farthest(reached)


def _compared(standing: Sequence[SavedNote], settings: dict[str, AnchorSettings]) -> Iterator[Reach]:
    for each in standing:
        if each.said is not None:
            remote = settings[each.channel].remote if each.channel in settings else True
            yield Reach(each.channel or each.name, remote, How.COMPARED, each.said.size, each.said.time)


def _farthest(reached: Sequence[Reach]) -> list[Reach]:
    best: dict[str, Reach] = {}
    for each in reached:
        if each.place not in best or each.size > best[each.place].size:
            best[each.place] = each
    return sorted(best.values(), key=lambda each: (-each.size, each.place))


def _check_receipt(
    findings: Findings, record: AnchorRecord, note: bytes, anchor: AnchorSettings | None, folder: Path
) -> bool:
    """Check that a time stamp is of this note and, where the authority's certificate is at hand, that it is its own."""
    try:
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response  # noqa: PLC0415
    except ImportError:
        findings.add("receipt_unchecked", table=_TABLE, key=record.checkpoint, column="receipt")
        return False
    try:
        response = decode_timestamp_response(record.receipt or b"")
        right = response.tst_info.message_imprint.message == hashlib.sha512(note).digest()
        if right and isinstance(anchor, TimestampAnchor) and anchor.certificate is not None:
            from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

            root = load_pem_x509_certificate((folder / anchor.certificate).read_bytes())
            VerifierBuilder().add_root_certificate(root).build().verify_message(response, note)
    except (ValueError, VerificationError):
        right = False
    except OSError:
        findings.add("receipt_unchecked", table=_TABLE, key=record.checkpoint, column="receipt")
        return False
    if not right:
        findings.add("receipt_wrong", table=_TABLE, key=record.checkpoint, column="receipt")
    return right
