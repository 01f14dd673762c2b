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
from sync_agent.interrupt import undivided
from sync_agent.ledger.head import HeadFile, head_of, require_newest
from sync_agent.ledger.heads import HeadKeeper
from sync_agent.ledger.quiet import WRITE, told
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.tables import EnvironmentRow

__all__ = ["Clock", "Ledger", "RunOpener", "Transaction", "utc_now"]

Clock = Callable[[], datetime]
RunOpener = Callable[["Transaction"], None]

_EPOCH = select(table_of(EnvironmentRow).c.epoch)


def utc_now() -> datetime:
    """Return the current instant, aware UTC."""
    return datetime.now(UTC)


class Transaction:
    """One write transaction. `record` adds an audit entry; all entries are appended when it commits."""

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        *,
        actor: str,
        run: str | None,
        epoch: int,
        opens: "RunOpener | None" = None,
    ) -> None:
        self.connection = connection
        self.now = now
        self.run = run
        self._time = instant(now)
        self._actor = actor
        self._epoch = epoch
        self._opens = opens
        self._entries: list[Entry] = []
        self.intends = False  # something is to be sent after it
        self.size: int | None = None  # of the log, once something was appended

    def record(self, event: Event, **facts: Any) -> None:
        """Add an entry. `facts` are fields of `audit.Entry`. The first of a run opens it."""
        self.open_run()
        entry = Entry(event=event, time=self._time, actor=self._actor, run=self.run, epoch=self._epoch, **facts)
        self._entries.append(entry)
        self.intends = self.intends or event is Event.INTENT

    def open_run(self) -> None:
        """Open the run that waits for something to record, if one does."""
        opens, self._opens = self._opens, None
        if opens is not None:
            opens(self)

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
        self.opens: RunOpener | None = None  # the run that begins with the first transaction that records something
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
            undivided(),  # a connection that is lost between two steps keeps the lock that the next write needs
            told(self.engine),
            self.engine.connect().execution_options(**{WRITE: True}) as connection,
            connection.begin(),
        ):
            if self.epoch:
                self._hold_epoch(connection)
            actor = actor or self.actor
            transaction = Transaction(
                connection, self.clock(), actor=actor, run=self.run, epoch=self.epoch, opens=self.opens
            )
            yield transaction
            transaction.flush()
            if self.outside is not None and transaction.intends:
                head = head_of(connection)
            if self.heads is not None and transaction.size is not None:
                full = self.heads.is_full(connection, transaction.size)
        if self.opens is not None and transaction.run is not None:
            self.run, self.opens = transaction.run, None
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

    def sign_head(self, *, sent: bool, outside: bool = True) -> None:
        """Sign the head of the log if it is time, or if something was `sent`, and take it outside where that is due.

        Not `outside` when whoever waits for the end has no time for places that do not answer: a next head goes there.
        """
        if self.heads is None:
            return
        if sent:
            stored: StoredCheckpoint | None = self.heads.sign(self, CheckpointReason.RUN)
        else:
            stored = self.heads.sign_if_due(self, CheckpointReason.HOUR)
        if stored is not None and outside:
            self.heads.take_out(self, stored)

    def sign_for(self, reason: CheckpointReason) -> None:
        """Sign the head of the log for `reason`, whatever the time, and take it outside where that is due.

        Not at a STOP, which may not wait for places that do not answer: the next START takes it there.
        """
        if self.heads is None:
            return
        stored = self.heads.sign(self, reason)
        if reason is not CheckpointReason.STOP:
            self.heads.take_out(self, stored)

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
