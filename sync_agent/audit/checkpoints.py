"""Decides what a signed head says and how heads follow one another: each names the one before it by its hash.

The text is a C2SP tlog-checkpoint (origin, size, root) with four lines of its own after them.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select

from sync_agent.audit.log import head
from sync_agent.audit.merkle import HASH_SIZE, Head
from sync_agent.audit.note import NoteSigner, text_of
from sync_agent.audit.tables import CHECKPOINT
from sync_agent.errors import AuditError

__all__ = [
    "Checkpoint",
    "CheckpointReason",
    "StoredCheckpoint",
    "checkpoints",
    "first_head_over",
    "last_checkpoint",
    "newest_head_over",
    "numbered_checkpoint",
    "page_of_checkpoints",
    "sign_head",
]

_PAGE: Final = 1000
_FIRST: Final = "0" * 64  # what the first head names instead of one before it
_LABELS: Final = ("number", "time", "reason", "previous")


class CheckpointReason(StrEnum):
    """Why a head was signed."""

    START = "start"  # of the service
    STOP = "stop"  # of the service: a silence that follows is no gap
    ENTRIES = "entries"  # enough of them since the last
    HOUR = "hour"  # of a service at work, whether something happened or not
    RUN = "run"  # a pass by hand or by a timer ended
    PERSON = "person"  # asked for
    ROTATION = "rotation"  # the last of a key, and the first of the next


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What one head says. `previous` is the SHA-256, in hex, of the note before it."""

    origin: str
    size: int
    root: bytes
    number: int
    time: str
    reason: str
    previous: str

    @property
    def head(self) -> Head:
        """Size and root."""
        return Head(self.size, self.root)

    def text(self) -> str:
        """Return the lines that are signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        lines += [f"{label} {getattr(self, label)}" for label in _LABELS]
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, note: bytes) -> "Checkpoint":
        """Return what a note says; its signature is not looked at. AuditError when it is no head of such a log."""
        try:
            origin, size, root, *lines = text_of(note).splitlines()
            values = dict(line.split(" ", 1) for line in lines)
            found = cls(origin, int(size), base64.b64decode(root, validate=True), int(values.pop("number")), **values)
        except (ValueError, KeyError, TypeError, binascii.Error):
            found = None
        if found is None or len(found.root) != HASH_SIZE or found.text() != text_of(note):
            raise AuditError("this note is not a head of an audit log")
        return found


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A head as the database keeps it: the note, and columns that repeat what it says."""

    number: int
    size: int
    root: bytes
    note: bytes
    signed_at: str
    reason: str

    @property
    def hash(self) -> str:
        """The name by which the next head calls this one."""
        return hashlib.sha256(self.note).hexdigest()

    def disagrees(self, said: Checkpoint) -> bool:
        """Tell whether the columns say something else than the note does."""
        return (said.number, said.size, said.root, said.time, said.reason) != (
            self.number,
            self.size,
            self.root,
            self.signed_at,
            self.reason,
        )


def sign_head(conn: Connection, signer: NoteSigner, *, time: str, reason: CheckpointReason) -> StoredCheckpoint:
    """Sign the head of the log as this transaction sees it and keep the note. The caller holds the write lock."""
    before, now = last_checkpoint(conn), head(conn)
    number, previous = (before.number + 1, before.hash) if before else (0, _FIRST)
    said = Checkpoint(signer.verifier.name, now.size, now.root, number, time, reason.value, previous)
    stored = StoredCheckpoint(number, now.size, now.root, signer.sign(said.text()), time, reason.value)
    values = {name: getattr(stored, name) for name in CHECKPOINT.columns.keys()}  # noqa: SIM118 - of the collection
    conn.execute(insert(CHECKPOINT).values(values))
    return stored


def last_checkpoint(conn: Connection) -> StoredCheckpoint | None:
    """Return the head that was signed last, None while there is none."""
    return _first(conn, select(CHECKPOINT).order_by(CHECKPOINT.c.number.desc()))


def first_head_over(conn: Connection, idx: int) -> StoredCheckpoint | None:
    """Return the first head that was signed over an entry: since when it cannot change unseen."""
    return _first(conn, select(CHECKPOINT).where(CHECKPOINT.c.size > idx).order_by(CHECKPOINT.c.number))


def newest_head_over(conn: Connection, idx: int) -> StoredCheckpoint | None:
    """Return the head that was signed last among those over an entry."""
    return _first(conn, select(CHECKPOINT).where(CHECKPOINT.c.size > idx).order_by(CHECKPOINT.c.number.desc()))


def numbered_checkpoint(conn: Connection, number: int) -> StoredCheckpoint | None:
    """Return the head of a number, None where there is none."""
    return _first(conn, select(CHECKPOINT).where(CHECKPOINT.c.number == number))


def checkpoints(conn: Connection, *, newest_first: bool = False) -> Iterator[StoredCheckpoint]:
    """Yield the signed heads by number, a page at a time."""
    number, at = CHECKPOINT.c.number, None
    order = number.desc() if newest_first else number
    while True:
        query = select(CHECKPOINT).order_by(order).limit(_PAGE)
        if at is not None:
            query = query.where(number < at if newest_first else number > at)
        page = conn.execute(query).all()
        yield from map(_stored, page)
        if len(page) < _PAGE:
            return
        at = page[-1].number


def page_of_checkpoints(conn: Connection, *, below: int | None = None, limit: int) -> list[StoredCheckpoint]:
    """Return the newest heads below a number, the newest first."""
    query = select(CHECKPOINT).order_by(CHECKPOINT.c.number.desc()).limit(limit)
    query = query if below is None else query.where(CHECKPOINT.c.number < below)
    return [_stored(row) for row in conn.execute(query)]


def _first(conn: Connection, query: Select[*tuple[Any, ...]]) -> StoredCheckpoint | None:
    row = conn.execute(query.limit(1)).first()
    return _stored(row) if row else None


def _stored(row: Row[*tuple[Any, ...]]) -> StoredCheckpoint:
    number, size, root, note, signed_at, reason = row
    return StoredCheckpoint(number, size, bytes(root), bytes(note), signed_at, reason)
