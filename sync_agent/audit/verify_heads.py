"""Decides whether the signed heads are a whole series over these entries: numbers, hashes, keys, roots, silences."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from sync_agent.audit.checkpoints import Checkpoint, CheckpointReason, StoredCheckpoint, checkpoints
from sync_agent.audit.discrepancies import Findings
from sync_agent.audit.note import NoteVerifier
from sync_agent.audit.tables import CHECKPOINT
from sync_agent.audit.verify import ReadLog, Rotation
from sync_agent.errors import AuditError

__all__ = ["KeyRing", "Rhythm", "Series", "head_sizes", "verify_heads"]

_FIRST: Final = "0" * 64
_TABLE: Final = CHECKPOINT.name


class KeyRing:
    """The public keys at hand of the log `origin`: those of the state folder, and those somebody was given on paper."""

    def __init__(self, origin: str, known: Iterable[NoteVerifier], given: Sequence[NoteVerifier] = ()) -> None:
        self.origin = origin
        self.given = tuple(given)
        self._by_digest = {_digest(key): key for key in (*known, *given)}

    def of(self, rotation: Rotation) -> NoteVerifier | None:
        """Return the key that an entry names, None when it is not at hand."""
        return self._by_digest.get(rotation.digest)

    def named(self, log: ReadLog) -> list[NoteVerifier]:
        """Return the keys at hand that the log names."""
        return [key for key in map(self.of, log.rotations) if key is not None]

    def signed(self, log: ReadLog, note: bytes) -> bool:
        """Tell whether any key that the log names, or that was given, signed a note."""
        return any(key.signed(note) for key in (*self.named(log), *self.given))

    def check(self, log: ReadLog, findings: Findings) -> None:
        """Note the keys that were given and that the log does not name, and those it names that are not at hand."""
        digests = {rotation.digest for rotation in log.rotations}
        for key in self.given:
            if _digest(key) not in digests:
                findings.add("key_not_named", table=_TABLE, key=key.key_id.hex())
        for rotation in log.rotations:
            if self.of(rotation) is None:
                findings.add("key_missing", table=_TABLE, key=rotation.key_id)


def _digest(key: NoteVerifier) -> str:
    return hashlib.sha256(str(key).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a head is due: after so many entries, and after so long. Twice that without one is a gap."""

    entries: int
    every: timedelta
    gap: int


@dataclass(slots=True)
class Series:
    """What the series of heads comes to."""

    count: int = 0
    first_time: str = ""
    last: Checkpoint | None = None


def head_sizes(conn: Connection) -> set[int]:
    """Return the sizes that the heads speak of, by their notes and by their columns."""
    sizes: set[int] = set()
    for stored in checkpoints(conn):
        sizes.add(stored.size)
        said = _parsed(stored)
        if said is not None:
            sizes.add(said.size)
    return sizes


def verify_heads(conn: Connection, findings: Findings, log: ReadLog, keys: KeyRing, *, rhythm: Rhythm) -> Series:
    """Check every signed head against its note, its neighbours, the key in force and the entries under it."""
    keys.check(log, findings)
    series, turn, expected, previous = Series(), _Turn(log, keys), 0, _FIRST
    for stored in checkpoints(conn):
        if stored.number != expected:
            _missing(findings, expected, stored.number)
        expected = stored.number + 1
        said = _parsed(stored)
        if said is None:
            findings.add("head_unreadable", table=_TABLE, key=stored.number, column="note")
        else:
            _compare_columns(findings, stored, said)
            _compare_place(findings, log, said, origin=keys.origin, previous=previous)
            if not turn.signed(said, stored.note):
                findings.add("head_signature", table=_TABLE, key=stored.number, column="note")
            if series.last is not None:
                _look_for_gap(findings, log, series.last, said, rhythm)
            series.count, series.last = series.count + 1, said
            series.first_time = series.first_time or said.time
        previous = stored.hash
    if turn.owes_head():
        findings.add("head_missing", table=_TABLE, key=expected, column="number")
    _look_at_tail(findings, log, series, rhythm)
    return series


class _Turn:
    """Which key is in force at each head: the head that stands first above a new key's entry is the old one's last.

    Only in a copy that was put back is there no old one: there the new one signs at once.
    """

    def __init__(self, log: ReadLog, keys: KeyRing) -> None:
        self._rotations, self._keys = log.rotations, keys
        self._at = -1  # the rotation by whose key the next head is signed

    def signed(self, said: Checkpoint, note: bytes) -> bool:
        """Tell whether a head, the next of the series, is signed as it must be; a key not at hand is said elsewhere."""
        if self._next_is_under(said):
            after = self._at + 1
            signer = after if self._rotations[after].anew else max(self._at, 0)
            self._at = after
        else:
            signer = self._at
        if signer < 0:
            return False
        key = self._keys.of(self._rotations[signer])
        return key is None or key.signed(note)

    def _next_is_under(self, said: Checkpoint) -> bool:
        after = self._at + 1
        return after < len(self._rotations) and self._rotations[after].idx < said.size

    def owes_head(self) -> bool:
        """Tell whether a key was named and the head that is signed together with its entry is not there."""
        return self._at + 1 < len(self._rotations)


def _parsed(stored: StoredCheckpoint) -> Checkpoint | None:
    try:
        return Checkpoint.parse(stored.note)
    except AuditError:
        return None


def _missing(findings: Findings, expected: int, found: int) -> None:
    if found < expected:
        findings.add("head_twice", table=_TABLE, key=found, column="number")
    else:
        gone = str(expected) if found == expected + 1 else f"{expected}-{found - 1}"
        findings.add("head_missing", table=_TABLE, key=gone, column="number")


def _compare_columns(findings: Findings, stored: StoredCheckpoint, said: Checkpoint) -> None:
    pairs = {
        "number": (stored.number, said.number),
        "size": (stored.size, said.size),
        "root": (stored.root.hex(), said.root.hex()),
        "signed_at": (stored.signed_at, said.time),
        "reason": (stored.reason, said.reason),
    }
    for name, (found, expected) in pairs.items():
        if found != expected:
            findings.add("head_changed", table=_TABLE, key=stored.number, column=name, expected=expected)


def _compare_place(findings: Findings, log: ReadLog, said: Checkpoint, *, origin: str, previous: str) -> None:
    if said.origin != origin:
        findings.add("head_other_log", table=_TABLE, key=said.number, column="note")
    if said.previous != previous:
        findings.add("head_chain", table=_TABLE, key=said.number, column="note")
    if not log.has(said.head):
        findings.add("head_not_of_log", table=_TABLE, key=said.number, column="root, size")


def _look_for_gap(findings: Findings, log: ReadLog, before: Checkpoint, after: Checkpoint, rhythm: Rhythm) -> None:
    if before.reason == CheckpointReason.STOP or _apart(before.time, after.time) <= rhythm.gap * rhythm.every:
        return
    if not any(since <= before.time and after.time <= until for since, until in log.gaps):
        findings.add("head_gap", table=_TABLE, key=after.number, expected=before.time, found=after.time)


def _apart(before: str, after: str) -> timedelta:
    return datetime.fromisoformat(after) - datetime.fromisoformat(before)


def _look_at_tail(findings: Findings, log: ReadLog, series: Series, rhythm: Rhythm) -> None:
    under = series.last.size if series.last else 0
    if log.size - under > rhythm.gap * rhythm.entries:
        findings.add("tail_unsigned", table=_TABLE, key=under, found=log.size - under)
