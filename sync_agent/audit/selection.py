"""Decides which entries a reader asked for, and gives them as they are stored: exact bytes, and what they say."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Select, func, select

from sync_agent.audit.entry import Event
from sync_agent.audit.tables import LEAF
from sync_agent.errors import AuditError

__all__ = [
    "LogPage",
    "Selection",
    "Sieve",
    "WrittenEntry",
    "entries_before",
    "log_page",
    "newest_of",
    "selected",
    "written_entry",
]

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """An entry with its place in the log, its exact bytes and the JSON values they are."""

    idx: int
    raw: bytes
    document: dict[str, Any]


Sieve = Callable[[list[WrittenEntry]], list[WrittenEntry]]
"""Keeps of some entries those that a reader may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What an entry must say; None is anything. Both bounds are included: an index, or an instant as entries write it.

    `reason` is also found among several that are joined by `+`, and as the rule of a finding.
    """

    event: Event | None = None
    subject: str | None = None
    actor: str | None = None
    step: str | None = None
    run: str | None = None
    reason: str | None = None
    since: int | str | None = None
    until: int | str | None = None

    def accepts(self, document: dict[str, Any]) -> bool:
        """Tell whether an entry says all of it; indexes, event and subject are the database's to compare."""
        wanted = (("actor", self.actor), ("step", self.step), ("run", self.run))
        return (
            all(value is None or document.get(name) == value for name, value in wanted)
            and (self.reason is None or self.reason in _reasons(document))
            # the same instants in the same form: the order of the texts is that of the times
            and (not isinstance(self.since, str) or document["time"] >= self.since)
            and (not isinstance(self.until, str) or document["time"] <= self.until)
        )

    def query(self) -> Select[int, bytes]:
        """Return the query of the entries that may be meant."""
        found = select(LEAF.c.idx, LEAF.c.entry)
        found = found.where(LEAF.c.event == self.event.value) if self.event is not None else found
        found = found.where(LEAF.c.subject == self.subject) if self.subject is not None else found
        found = found.where(LEAF.c.idx >= self.since) if isinstance(self.since, int) else found
        return found.where(LEAF.c.idx <= self.until) if isinstance(self.until, int) else found


def selected(
    conn: Connection, wanted: Selection, *, newest_first: bool = False, sieve: Sieve = list
) -> Iterator[WrittenEntry]:
    """Yield the entries that are wanted, a page at a time, so that memory stays flat however long the log is.

    AuditError for stored bytes that are no entry.
    """
    index, query = LEAF.c.idx, wanted.query()
    query = query.order_by(index.desc() if newest_first else index).limit(_PAGE)
    page = conn.execute(query).all()
    while page:
        found = (_written(idx, raw) for idx, raw in page)
        yield from sieve([each for each in found if wanted.accepts(each.document)])
        last = page[-1].idx
        page = conn.execute(query.where(index < last if newest_first else index > last)).all()


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries, the newest first, and below which index the search goes on, None at the beginning of the log.

    `looked` is how many were looked through; fewer entries than asked for, and more to look through, are no end.
    """

    entries: list[WrittenEntry]
    next_below: int | None
    looked: int


def log_page(
    conn: Connection,
    wanted: Selection,
    *,
    below: int | None = None,
    above: int = 0,
    limit: int,
    most: int,
    sieve: Sieve = list,
) -> LogPage:
    """Return up to `limit` entries from index `above` to `below`, at most after looking through `most` of them.

    AuditError as `selected`.
    """
    index, found, looked = LEAF.c.idx, list[WrittenEntry](), 0
    query = wanted.query().where(index >= above).order_by(index.desc()).limit(_PAGE)
    while looked < most:
        page = conn.execute(query if below is None else query.where(index < below)).all()
        written = (_written(idx, raw) for idx, raw in page)
        found += sieve([each for each in written if wanted.accepts(each.document)])
        if len(found) >= limit:
            last = found[limit - 1].idx
            passed = next(place for place, (idx, _) in enumerate(page, 1) if idx == last)
            return LogPage(found[:limit], last or None, looked + passed)
        looked, below = looked + len(page), page[-1].idx if page else below
        if len(page) < _PAGE:
            return LogPage(found, None, looked)
    return LogPage(found, below or None, looked)


def entries_before(conn: Connection, moment: str) -> int:
    """Return how many entries stand before the first of an instant, by halving: as far as times follow the log.

    A clock that was put back breaks that order; who must not miss an entry asks for some time more.
    """
    low, high = 0, conn.execute(select(func.coalesce(func.max(LEAF.c.idx) + 1, 0))).scalar_one()
    while low < high:
        middle = (low + high) // 2
        entry = written_entry(conn, middle)
        if entry is not None and entry.document["time"] < moment:
            low = middle + 1
        else:
            high = middle
    return low


def newest_of(conn: Connection, events: Collection[Event], limit: int) -> list[WrittenEntry]:
    """Return the newest entries of some events, the newest first: by the index of events, however long the log is."""
    queries = (Selection(event=event).query().order_by(LEAF.c.idx.desc()).limit(limit) for event in events)
    found = [_written(idx, raw) for query in queries for idx, raw in conn.execute(query)]
    return sorted(found, key=lambda entry: entry.idx, reverse=True)[:limit]


def written_entry(conn: Connection, idx: int) -> WrittenEntry | None:
    """Return the entry at an index, None where the log has none."""
    raw = conn.execute(select(LEAF.c.entry).where(LEAF.c.idx == idx)).scalar()
    return None if raw is None else _written(idx, raw)


def _written(idx: int, raw: bytes) -> WrittenEntry:
    try:
        document = orjson.loads(raw)
        if {"time", "event", "actor"} <= document.keys():
            return WrittenEntry(idx, bytes(raw), document)
    except (orjson.JSONDecodeError, AttributeError):
        pass  # said below, in one sentence for all that can be wrong
    raise AuditError(
        "audit entry {idx} cannot be read",
        where="audit_leaf",
        todo="stop the agent, keep the ledger as it is and compare it with a backup",
        facts=(("idx", str(idx)),),
    )


def _reasons(document: dict[str, Any]) -> list[str]:
    return [*document.get("reason", "").split("+"), document.get("reason", ""), document.get("rule", "")]
