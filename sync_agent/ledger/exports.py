"""Decides that whoever takes the log out of the house is in it, and that a bundle ends at a head over all there is."""

from collections.abc import Callable
from dataclasses import dataclass

from sync_agent.audit import CheckpointReason, Event, StoredCheckpoint, head, instant, last_checkpoint, write_bundle
from sync_agent.ledger.heads import HeadKeeper
from sync_agent.ledger.store import Ledger

__all__ = ["Bundled", "bundle_log", "note_export"]


@dataclass(frozen=True, slots=True)
class Bundled:
    """A bundle that was made: up to which head, and the SHA-256 of its manifest in hex."""

    head: StoredCheckpoint
    digest: str


def bundle_log(ledger: Ledger, heads: HeadKeeper, put: Callable[[str, bytes], None]) -> Bundled:
    """Hand each file of a bundle of the whole log to `put`. A head is signed first when the newest is not over all.

    Raises ConfigError when the key is missing, AuditError when an entry is, LedgerError.
    """
    with ledger.read() as connection:
        newest, size = last_checkpoint(connection), head(connection).size
    if newest is None or newest.size != size:
        newest = heads.sign(ledger, CheckpointReason.PERSON)
    with ledger.read() as connection:
        digest = write_bundle(connection, newest, heads.key.verifiers(), put, made_at=instant(ledger.clock()))
    return Bundled(newest, digest)


def note_export(
    ledger: Ledger, form: str, *, actor: str, entries: int, digest: str, subject: str | None = None
) -> None:
    """Record that entries were taken out of the house: in which form, how many, by whom.

    `digest` is the SHA-256 of the file, of a bundle that of its manifest: a file somebody shows later can be told from
    another. `subject` is the case, when only entries about one were.
    """
    with ledger.write(actor=actor) as tx:
        tx.record(Event.EXPORTED, reason=form, counts={"entries": entries}, set_digest=digest, subject=subject)
