"""Decides when the head of the log is signed and taken outside: after so many entries, each hour, at the end of a run.

The order is: commit the entries, sign, take outside. A head is never signed before what it stands for is committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from sync_agent.audit import (
    Channel,
    CheckpointReason,
    Event,
    KeyFile,
    NoteSigner,
    NoteVerifier,
    Range,
    StoredCheckpoint,
    StoredEntry,
    attempt,
    due_channels,
    entries,
    head,
    instant,
    keep_attempts,
    last_checkpoint,
    last_done,
    sign_head,
)
from sync_agent.errors import ConfigError

if TYPE_CHECKING:
    from sync_agent.ledger.store import Ledger, Transaction

__all__ = ["GAP", "HeadKeeper"]

GAP: Final = 2
"""How many times the usual pause two heads may be apart before that is a gap."""


@dataclass(slots=True)
class HeadKeeper:
    """Signs the heads of one log. `entries` and `every` are the most between two of them.

    `stop_after` is how long nothing may have reached a place on another machine before records are no longer created.
    """

    key: KeyFile
    channels: Sequence[Channel] = ()
    entries: int = 256
    every: timedelta = timedelta(hours=1)
    anchor_every: timedelta = timedelta(hours=6)
    stop_after: timedelta | None = None
    _signed: int | None = None  # entries under the last head

    def is_full(self, connection: Connection, size: int) -> bool:
        """Tell whether enough entries have come since the last head, now that there are `size`."""
        if self._signed is None:
            before = last_checkpoint(connection)
            self._signed = before.size if before else 0
        return size - self._signed >= self.entries

    def require_key(self, connection: Connection) -> None:
        """Raise ConfigError when the key is missing by which heads were signed before."""
        if last_checkpoint(connection) is not None:
            self.key.load()

    def sign(self, ledger: "Ledger", reason: CheckpointReason) -> StoredCheckpoint:
        """Sign the head as it is now. Raises ConfigError when the key is missing; LedgerError."""
        with ledger.write() as tx:
            before = last_checkpoint(tx.connection)
            signer = self._signer(tx, before)
            if before is not None:
                self._declare_gap(tx, before)
            tx.flush()
            stored = sign_head(tx.connection, signer, time=instant(tx.now), reason=reason)
            self._signed = stored.size  # before the end of the transaction asks whether a head is due
        return stored

    def sign_if_due(self, ledger: "Ledger", reason: CheckpointReason) -> StoredCheckpoint | None:
        """Sign the head when the last one is too old or too far behind; return the one that is newest then."""
        with ledger.read() as connection:
            before, size = last_checkpoint(connection), head(connection).size
        now = ledger.clock()
        if not size or (before is not None and not self._is_due(before, size, now)):
            return before
        return self.sign(ledger, reason)

    def rotate(self, ledger: "Ledger", actor: str) -> StoredCheckpoint:
        """Replace the key; the old one signs the entry that names the new one. Raises ConfigError, LedgerError."""
        self.sign_if_due(ledger, CheckpointReason.ROTATION)  # a first key before a second
        old, new = self.key.load(), self.key.prepare()
        with ledger.write(actor=actor) as tx:
            tx.record(Event.KEY_ROTATED, **_named(new.verifier, old.verifier))
            tx.flush()
            self._signed = sign_head(tx.connection, old, time=instant(tx.now), reason=CheckpointReason.ROTATION).size
        self.key.advance()
        return self.sign(ledger, CheckpointReason.ROTATION)

    def take_out(self, ledger: "Ledger", stored: StoredCheckpoint, *, asked: bool = False) -> dict[str, str]:
        """Take a head to the places that are due, or to all when a person asked; return what became of it, by place."""
        now = ledger.clock()
        channels = list(self.channels)
        if not asked:
            with ledger.read() as connection:
                channels = due_channels(connection, channels, now, every=self.anchor_every, size=stored.size)
        made = [attempt(channel, stored) for channel in channels]  # may take its time: no transaction is open
        if made:
            with ledger.write() as tx:
                keep_attempts(tx.connection, stored, made, tx.now)
        return {one.channel: one.outcome for one in made}

    def silent_since(self, connection: Connection) -> datetime | None:
        """Return since when no head has reached another machine, None when there is no such place or no head."""
        remote = [channel.name for channel in self.channels if channel.remote]
        if not remote:
            return None
        reached = last_done(connection, remote)
        if reached is not None:
            return datetime.fromisoformat(reached.anchored_at)
        first = next(entries(connection, event=Event.KEY_ROTATED, limit=1), None)
        return datetime.fromisoformat(first.entry.time) if first else None

    def stops_creations(self, connection: Connection, now: datetime) -> bool:
        """Tell whether no head has reached another machine for longer than new records may be created without."""
        since = self.silent_since(connection) if self.stop_after is not None else None
        return since is not None and self.stop_after is not None and now - since > self.stop_after

    def _signer(self, tx: "Transaction", before: StoredCheckpoint | None) -> NoteSigner:
        """Return the key, made and named in the log before the first head, or put in place after a cut rotation."""
        if before is None:
            signer = self.key.make()
            tx.record(Event.KEY_ROTATED, **_named(signer.verifier))
            return signer
        named, waiting = _newest(tx.connection, Event.KEY_ROTATED), self.key.prepared()
        said = named.entry.set_digest if named else None
        if waiting is not None and said == _digest(waiting.verifier):
            return self.key.advance()
        signer = self.key.load()
        if named is not None and said != _digest(signer.verifier):
            self._name_anew(tx, named, signer)
        return signer

    def _name_anew(self, tx: "Transaction", named: StoredEntry, signer: NoteSigner) -> None:
        """Name the key in a copy of the ledger from before it came into force. Raises ConfigError in any other."""
        restored = _newest(tx.connection, Event.INCARNATION_STARTED)
        if restored is None or restored.idx < named.idx:
            raise ConfigError(
                "the key is not the one that the audit log names",
                where=str(self.key.path),
                todo="restore the right file",
            )
        said = _named(signer.verifier) | {"old_state": named.entry.new_state}
        tx.record(Event.KEY_ROTATED, reason="restored", **said)

    def _declare_gap(self, tx: "Transaction", before: StoredCheckpoint) -> None:
        if before.reason == CheckpointReason.STOP:
            return
        if tx.now - datetime.fromisoformat(before.signed_at) > GAP * self.every:
            tx.record(Event.GAP_DECLARED, range=Range(since=before.signed_at, until=instant(tx.now)))

    def _is_due(self, before: StoredCheckpoint, size: int, now: datetime) -> bool:
        return size - before.size >= self.entries or now - datetime.fromisoformat(before.signed_at) >= self.every


def _newest(connection: Connection, event: Event) -> StoredEntry | None:
    return next(entries(connection, event=event, limit=1, newest_first=True), None)


def _named(new: NoteVerifier, old: NoteVerifier | None = None) -> dict[str, str | None]:
    """Return what an entry says of a key: its id and, in full, the digest of its public half."""
    named: dict[str, str | None] = {"new_state": new.key_id.hex(), "set_digest": _digest(new)}
    return named | ({"old_state": old.key_id.hex()} if old else {})


def _digest(key: NoteVerifier) -> str:
    return sha256(str(key).encode()).hexdigest()
