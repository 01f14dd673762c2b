"""Decides when a signed head is taken outside, and keeps a record of each attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, insert, select

from sync_agent.audit.channels import Channel, Unanchored
from sync_agent.audit.checkpoints import StoredCheckpoint
from sync_agent.audit.forms import instant
from sync_agent.audit.tables import ANCHOR, CHECKPOINT

__all__ = [
    "DONE",
    "AnchorRecord",
    "anchor_records",
    "attempt",
    "due_channels",
    "failing_since",
    "keep_attempts",
    "last_done",
    "places_over",
]

DONE: Final = "done"
_PAUSE: Final = timedelta(minutes=15)  # after a failure


@dataclass(frozen=True, slots=True)
class AnchorRecord:
    """One attempt to take a head to a place: `done`, or the code of what was in the way."""

    number: int
    checkpoint: int
    channel: str
    outcome: str
    anchored_at: str
    receipt: bytes | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one attempt, before it is recorded."""

    channel: str
    outcome: str
    receipt: bytes | None = None


def due_channels(
    conn: Connection, channels: Sequence[Channel], now: datetime, *, every: timedelta, size: int
) -> list[Channel]:
    """Return the places to which a head of `size` entries is to be taken now.

    A place that holds a head of this size needs none; one that failed is asked again after a pause.
    """
    return [channel for channel in channels if _is_due(conn, channel.name, now, every, size)]


def attempt(channel: Channel, head: StoredCheckpoint) -> Attempt:
    """Take a head to a place and return what became of it."""
    try:
        return Attempt(channel.name, DONE, channel.take(head))
    except Unanchored as failure:
        return Attempt(channel.name, failure.cause)


def keep_attempts(conn: Connection, head: StoredCheckpoint, attempts: Sequence[Attempt], now: datetime) -> None:
    """Record what became of a head. The caller holds the write lock."""
    first = conn.execute(select(func.coalesce(func.max(ANCHOR.c.number), -1) + 1)).scalar_one()
    for number, made in enumerate(attempts, first):
        conn.execute(
            insert(ANCHOR).values(
                number=number,
                checkpoint=head.number,
                channel=made.channel,
                outcome=made.outcome,
                anchored_at=instant(now),
                receipt=made.receipt,
            )
        )


def anchor_records(conn: Connection) -> list[AnchorRecord]:
    """Return all attempts, oldest first."""
    return [AnchorRecord(*row) for row in conn.execute(select(ANCHOR).order_by(ANCHOR.c.number))]


def last_done(conn: Connection, channels: Sequence[str]) -> AnchorRecord | None:
    """Return the newest record of a head that reached one of the places, None while there is none."""
    query = select(ANCHOR).where(ANCHOR.c.outcome == DONE, ANCHOR.c.channel.in_(channels))
    row = conn.execute(query.order_by(ANCHOR.c.number.desc()).limit(1)).first()
    return AnchorRecord(*row) if row else None


def failing_since(conn: Connection, channels: Sequence[str]) -> dict[str, datetime]:
    """Return, for each place that did not take the last head it was offered, since when it has taken none."""
    failing: dict[str, datetime] = {}
    for channel in channels:
        tried = select(func.min(ANCHOR.c.anchored_at)).where(ANCHOR.c.channel == channel, ANCHOR.c.outcome != DONE)
        done = last_done(conn, [channel])
        first = conn.execute(tried if done is None else tried.where(ANCHOR.c.number > done.number)).scalar()
        if first is not None:
            failing[channel] = datetime.fromisoformat(first)
    return failing


def places_over(conn: Connection, idx: int) -> list[AnchorRecord]:
    """Return, for each place outside that a head over the entry has reached, the record of the first that did."""
    query = select(ANCHOR).join(CHECKPOINT, CHECKPOINT.c.number == ANCHOR.c.checkpoint)
    query = query.where(CHECKPOINT.c.size > idx, ANCHOR.c.outcome == DONE).order_by(ANCHOR.c.number)
    first: dict[str, AnchorRecord] = {}
    for row in conn.execute(query):
        first.setdefault(row.channel, AnchorRecord(*row))
    return list(first.values())


def _is_due(conn: Connection, channel: str, now: datetime, every: timedelta, size: int) -> bool:
    tried = select(ANCHOR.c.outcome, ANCHOR.c.anchored_at, CHECKPOINT.c.size).join(
        CHECKPOINT, CHECKPOINT.c.number == ANCHOR.c.checkpoint
    )
    last = conn.execute(tried.where(ANCHOR.c.channel == channel).order_by(ANCHOR.c.number.desc()).limit(1)).first()
    if last is None:
        return True
    since = now - datetime.fromisoformat(last.anchored_at)
    if last.outcome != DONE:
        return since >= _PAUSE
    return since >= every and last.size < size
