"""The head of the audit log, kept outside the database: by it an older copy of the ledger that was put back is noticed.

It is written after the commit it speaks of and before anything is sent: never ahead of the ledger, never behind what
may have been sent. One record of fixed length is written over in place, so that a cut leaves the old one or the new.
"""

import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from sync_agent.audit import end_hashes, head, head_and_ends
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.durable import replace_durably
from sync_agent.errors import GuardError, LedgerError
from sync_agent.i18n import mark
from sync_agent.ledger.messages import ever_sent

__all__ = ["HeadFile", "OutsideHead", "head_of", "require_newest"]

FILE: Final = "ledger.head"
_SIZE: Final = 512  # bytes: one sector, which a disk writes whole
_NOTHING: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class OutsideHead:
    """Size and root of the log, the hash of its last leaf, and that of its first, by which one ledger is another's."""

    size: int
    root: str
    leaf: str
    first: str

    def to_bytes(self) -> bytes:
        """Return the record of the file: a line with a checksum, filled up with spaces."""
        values = asdict(self)
        line = canonical_bytes(values | {"sum": _sum(values)})
        return line.ljust(_SIZE - 1) + b"\n"

    @classmethod
    def from_bytes(cls, raw: bytes) -> "OutsideHead | None":
        """Return what a record says, None when it is damaged."""
        try:
            values: dict[str, Any] = orjson.loads(raw)
            checksum = values.pop("sum")
            return cls(**values) if checksum == _sum(values) else None
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    @classmethod
    def unlike_any(cls, lost: "OutsideHead | None") -> "OutsideHead":
        """Return a head that no ledger has; it keeps size and root of the one that was lost, if there was one."""
        size, root = (lost.size, lost.root) if lost else (1, _NOTHING)
        return cls(size, root, _NOTHING, _NOTHING)


class HeadFile:
    """The file of the head in the state folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def read(self) -> OutsideHead | None:
        """Return the head kept, None when it is missing or damaged. Raises LedgerError when it cannot be read."""
        try:
            # a second time: who only looks may come while a pass writes
            return OutsideHead.from_bytes(self.path.read_bytes()) or OutsideHead.from_bytes(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._problem("the head of the ledger cannot be read ({reason})", error) from None

    def note(self, new: OutsideHead) -> None:
        """Write the head so that it survives this process, not a power cut. Raises LedgerError."""
        try:
            _write_over(self.path, new.to_bytes())
        except OSError as error:
            raise self._problem("the head of the ledger cannot be written ({reason})", error) from None

    def keep(self, new: OutsideHead) -> None:
        """Write the head so that it survives a power cut too. Raises LedgerError."""
        try:
            replace_durably(self.path, new.to_bytes())
        except OSError as error:
            raise self._problem("the head of the ledger cannot be written ({reason})", error) from None

    def _problem(self, what: str, error: OSError) -> LedgerError:
        return LedgerError(
            what,
            where=str(self.path),
            todo="check that the state folder is writable and has free space",
            facts=(("reason", error.strerror or "error"),),
        )


def head_of(connection: Connection) -> OutsideHead | None:
    """Return the head of the log as it is in this transaction, None while the log is empty."""
    found = head_and_ends(connection)
    if found is None:
        return None
    stored, first, last = found
    return OutsideHead(stored.size, stored.root.hex(), last.hex(), first.hex())


def require_newest(connection: Connection, kept: OutsideHead | None) -> None:
    """Raise GuardError unless the ledger goes on from the head that was `kept`: nothing may be sent from another.

    `kept` was read before `connection` was opened: what is written meanwhile only makes the ledger newer.
    """
    if kept is None:
        if ever_sent(connection):
            raise _restored(mark("the head of the ledger is missing in the state folder although something was sent"))
        return
    size = head(connection).size
    if size < kept.size:
        facts = (("count", str(kept.size - size)),)
        raise _restored(mark("the ledger lacks its last {count} audit entries: an older copy was put back"), facts)
    hashes = end_hashes(connection, kept.size - 1)
    if (hashes[kept.size - 1].hex(), hashes[0].hex()) != (kept.leaf, kept.first):
        raise _restored(mark("the ledger is not the one that sent last: another copy was put back"))


def _restored(what: str, facts: tuple[tuple[str, str], ...] = ()) -> GuardError:
    return GuardError(
        what, where=FILE, todo="nothing is sent; declare it with: sync-agent db restored --reason CODE", facts=facts
    )


def _sum(values: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_bytes(values)).hexdigest()


def _write_over(path: Path, record: bytes) -> None:
    """Write a record in its place, by one call: who looks meanwhile sees the old one or the new."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if os.write(file, record) != len(record):
            raise OSError(None, "written in part")
    finally:
        os.close(file)
