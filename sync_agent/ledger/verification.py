"""Decides whether log, ledger and what is outside tell one story: everything that can be checked, from one snapshot.

It needs no lock and changes nothing: a pass may write meanwhile.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from sync_agent.audit import (
    AnchorSettings,
    Findings,
    How,
    KeyRing,
    Kind,
    NoteVerifier,
    Reach,
    ReadLog,
    Rhythm,
    Series,
    head_sizes,
    missing_guards,
    read_log,
    saved_notes,
    verify_anchors,
    verify_heads,
    verify_saved,
)
from sync_agent.ledger.head import FILE, OutsideHead
from sync_agent.ledger.heads import GAP
from sync_agent.ledger.messages import ever_sent
from sync_agent.ledger.replay import Replay
from sync_agent.ledger.store import Ledger

__all__ = ["Outside", "Verification", "verify"]

_UNLIKE: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Outside:
    """What is taken into account from outside the database: places, saved heads, keys on paper."""

    anchors: Sequence[AnchorSettings] = ()
    folder: Path = Path()
    files: Sequence[Path] = ()
    keys: Sequence[NoteVerifier] = ()


_NOWHERE: Final = Outside()


@dataclass(slots=True)
class Verification:
    """What a verification found, and over what: entries, times, heads, rows, and how far each place outside reaches."""

    findings: Findings
    log: ReadLog
    series: Series
    rows: int | None  # of the ledger that were compared with the log; None: none, as no secret may be read
    keys: list[NoteVerifier]
    given: bool
    erased: int = 0  # cases that were erased: what the log says of them is closed
    reaches: list[Reach] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Tell whether nothing at all was found."""
        return not self.findings.total

    @property
    def tampered(self) -> bool:
        """Tell whether something was changed past the agent."""
        return bool(self.findings.counts[Kind.TAMPERED])

    @property
    def unsigned(self) -> int:
        """How many of the newest entries are under no signed head."""
        return self.log.size - (self.series.last.size if self.series.last else 0)

    @property
    def anchored(self) -> int:
        """Up to which entry a head is known to have reached another machine: a place that is not only remembered."""
        return max((each.size for each in self.reaches if each.remote and each.how is not How.RECORDED), default=0)

    @property
    def recorded(self) -> int:
        """The same by the agent's own records too."""
        return max((each.size for each in self.reaches if each.remote), default=0)


def verify(ledger: Ledger, outside: Outside = _NOWHERE, *, rows: bool = True) -> Verification:
    """Check entries, tree, heads, keys, anchors and guards, and replay the log against the ledger.

    Without `rows` the ledger is not compared: that needs the secrets of the cases.

    Raises LedgerError when the database cannot be read, OSError for a saved head that cannot be, ValueError for a
    ledger whose heads nobody signs.
    """
    heads = ledger.heads
    if heads is None:
        raise ValueError("of a rehearsal there is nothing to verify")
    kept = ledger.outside.read() if ledger.outside else None  # before the snapshot, which only grows meanwhile
    known = heads.key.verifiers()
    saved, unread = saved_notes(outside.anchors, outside.folder, outside.files)
    findings, replay, keys = Findings(), Replay(), KeyRing(heads.key.name, known, outside.keys)
    with _no_collection(), ledger.read() as conn:
        sizes = head_sizes(conn) | {each.said.size for each in saved if each.said}
        sizes |= {kept.size} if kept else set()
        log = read_log(conn, findings, sizes=sizes, handlers=replay.handlers if rows else {})
        rhythm = Rhythm(heads.entries, heads.every, GAP)
        series = verify_heads(conn, findings, log, keys, rhythm=rhythm)
        standing = verify_saved(conn, findings, log, keys, saved)
        reaches = verify_anchors(conn, findings, outside.anchors, outside.folder, standing=standing, unread=unread)
        if ledger.outside is not None:
            _compare_outside(conn, findings, log, kept)
        for name in missing_guards(conn):
            findings.add("guard_missing", key=name)
        compared = replay.compare(conn, findings) if rows else None
    return Verification(findings, log, series, compared, keys.named(log), bool(outside.keys), replay.erased, reaches)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the collector of cycles from going through all that is kept, again and again: there are no cycles in it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _compare_outside(conn: Connection, findings: Findings, log: ReadLog, kept: OutsideHead | None) -> None:
    """Compare the head kept in the state folder with the log: an older copy that was put back lacks it."""
    if kept is None:
        if ever_sent(conn):
            findings.add("outside_missing", table="audit_tree", key=FILE)
    elif kept.leaf == kept.first == _UNLIKE:
        findings.add("restore_unfinished", table="audit_tree", key=FILE)
    elif kept.size > log.size:
        findings.add("outside_ahead", table="audit_tree", key=FILE, expected=kept.size, found=log.size)
    elif _other(log, kept):
        findings.add("outside_other", table="audit_tree", key=FILE)


def _other(log: ReadLog, kept: OutsideHead) -> bool:
    here = log.roots[kept.size].hex(), log.leaves[kept.size].hex(), log.first.hex()
    return here != (kept.root, kept.leaf, kept.first)
