"""The ledger's transactions: every state change and its audit entry are committed together, or not at all.

A process that lost the ledger to another (its epoch is no longer the stored one) can write nothing more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from sync_agent.audit import (
    CheckpointReason,
    Entry,
    Event,
    StoredCheckpoint,
    append,
    instant,
    missing_guards,
    require_seals,
)
from sync_agent.errors import EpochLostError, GuardError
from sync_agent.ledger.head import HeadFile, head_of, require_newest
from sync_agent.ledger.heads import HeadKeeper
from sync_agent.ledger.quiet import WRITE, told
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.tables import EnvironmentRow

__all__ = ["Clock", "Ledger", "Transaction", "utc_now"]

Clock = Callable[[], datetime]

_EPOCH = select(table_of(EnvironmentRow).c.epoch)


def utc_now() -> datetime:
    """Return the current instant, aware UTC."""
    return datetime.now(UTC)


class Transaction:
    """One write transaction. `record` adds an audit entry; all entries are appended when it commits."""

    def __init__(self, connection: Connection, now: datetime, *, actor: str, run: str | None, epoch: int) -> None:
        self.connection = connection
        self.now = now
        self._time = instant(now)
        self._actor = actor
        self._run = run
        self._epoch = epoch
        self._entries: list[Entry] = []
        self.intends = False  # something is to be sent after it
        self.size: int | None = None  # of the log, once something was appended

    def record(self, event: Event, **facts: Any) -> None:
        """Add an entry. `facts` are fields of `audit.Entry`."""
        entry = Entry(event=event, time=self._time, actor=self._actor, run=self._run, epoch=self._epoch, **facts)
        self._entries.append(entry)
        self.intends = self.intends or event is Event.INTENT

    def flush(self) -> None:
        """Append what was recorded; called at the end of the transaction."""
        if self._entries:
            self.size = append(self.connection, self._entries).stop
            self._entries = []


class Ledger:
    """The ledger of one installation, as seen by one process."""

    def __init__(
        self,
        engine: Engine,
        *,
        source_id: str,
        actor: str = "agent",
        clock: Clock = utc_now,
        outside: HeadFile | None = None,
        heads: HeadKeeper | None = None,
    ) -> None:
        self.engine = engine
        self.outside = outside  # None: nothing is kept outside, as for a rehearsal
        self.heads = heads  # None: no head is signed
        self.source_id = source_id
        self.actor = actor
        self.clock = clock
        self.epoch = 0
        self.run: str | None = None
        self.on_commit: Callable[[], None] | None = None  # hears that work was done

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection that only reads."""
        with told(self.engine), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, actor: str | None = None) -> Iterator[Transaction]:
        """Open a write transaction: committed with its audit entries, or rolled back whole.

        What it intends to send is in the head outside when this returns; when enough entries have come, their head is
        signed. Raises EpochLostError when another instance has taken the ledger over.
        """
        head, full = None, False
        with (
            told(self.engine),
            self.engine.connect().execution_options(**{WRITE: True}) as connection,
            connection.begin(),
        ):
            if self.epoch:
                self._hold_epoch(connection)
            actor = actor or self.actor
            transaction = Transaction(connection, self.clock(), actor=actor, run=self.run, epoch=self.epoch)
            yield transaction
            transaction.flush()
            if self.outside is not None and transaction.intends:
                head = head_of(connection)
            if self.heads is not None and transaction.size is not None:
                full = self.heads.is_full(connection, transaction.size)
        if self.outside is not None and head is not None:
            self.outside.note(head)
        if self.heads is not None and full:
            self.heads.sign(self, CheckpointReason.ENTRIES)
        if self.on_commit is not None:
            self.on_commit()

    def take_over(self) -> None:
        """Make this process the only one that may write, by a new epoch."""
        table = table_of(EnvironmentRow)
        with self.write() as transaction:
            statement = update(table).values(epoch=table.c.epoch + 1).returning(table.c.epoch)
            epoch = transaction.connection.execute(statement).scalar_one()
            transaction.record(Event.EPOCH_TAKEN, counts={"epoch": epoch})
        self.epoch = epoch

    def sign_head(self, *, sent: bool) -> None:
        """Sign the head of the log if it is time, or if something was `sent`, and take it outside where that is due."""
        if self.heads is None:
            return
        if sent:
            stored: StoredCheckpoint | None = self.heads.sign(self, CheckpointReason.RUN)
        else:
            stored = self.heads.sign_if_due(self, CheckpointReason.HOUR)
        if stored is not None:
            self.heads.take_out(self, stored)

    def sign_for(self, reason: CheckpointReason) -> None:
        """Sign the head of the log for `reason`, whatever the time, and take it outside where that is due."""
        if self.heads is not None:
            self.heads.take_out(self, self.heads.sign(self, reason))

    def require_newest(self) -> None:
        """Raise GuardError when the ledger is an older copy of the one that sent last, or another one.

        GuardError too when a guard of its log is not as it was, ConfigError when the key is missing that signs the log,
        or those of its secrets.
        """
        if self.heads is not None:
            with self.read() as connection:
                self.heads.require_key(connection)
                require_seals(connection)
                _require_guards(connection)
        if self.outside is None:
            return
        kept = self.outside.read()
        with self.read() as connection:
            require_newest(connection, kept)

    def keep_head(self) -> None:
        """Keep the head outside as it is now, durably."""
        if self.outside is None:
            return
        with self.read() as connection:
            head = head_of(connection)
        if head is not None:
            self.outside.keep(head)

    def _hold_epoch(self, connection: Connection) -> None:
        """Look under the write lock, which a taker-over needs as well: so it holds to the end of the transaction."""
        if connection.execute(_EPOCH).scalar() != self.epoch:
            raise EpochLostError("another instance has taken the ledger over", todo="stop this process")


def _require_guards(connection: Connection) -> None:
    missing = missing_guards(connection)
    if missing:
        raise GuardError(
            "guards of the audit log are missing or were changed: {guards}",
            where="ledger",
            todo="see first: sync-agent audit verify; then put them back: sync-agent db upgrade",
            facts=(("guards", ", ".join(missing)),),
        )
