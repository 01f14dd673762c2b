"""Decides how entries join the log: in the caller's transaction, at the next index, with the head moved on beside them.

Nothing is ever changed or removed here; the guards in the database refuse it to everyone else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from sync_agent.audit.entry import Entry, Event, entry_bytes, parse
from sync_agent.audit.merkle import HASH_SIZE, TILE_WIDTH, Frontier, Head, filled_tiles, leaf_hash, tile_root
from sync_agent.audit.tables import LEAF, TILE, TREE
from sync_agent.errors import AuditError

__all__ = [
    "StoredEntry",
    "append",
    "end_hashes",
    "entries",
    "head",
    "head_and_ends",
    "recompute_root",
    "stored_peaks",
    "tile_hashes",
]

_PAGE = 1000
_STREAM = 5000
_ENDS = select(LEAF.c.idx, LEAF.c.leaf_hash).where((LEAF.c.idx == 0) | (LEAF.c.idx == bindparam("last")))
_ADD = insert(LEAF)
_LOCKED = select(TREE.c.size, TREE.c.frontier).with_for_update()
_MOVE = (
    update(TREE)
    .where(TREE.c.id == 1, TREE.c.size == bindparam("old_size"))
    .values(size=bindparam("new_size"), frontier=bindparam("new_frontier"))
)
_WHOLE = select(
    TREE.c.size,
    TREE.c.frontier,
    LEAF.c.leaf_hash.label("last"),
    select(LEAF.c.leaf_hash).where(LEAF.c.idx == 0).scalar_subquery().label("first"),
).join(LEAF, LEAF.c.idx == TREE.c.size - 1)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry and its place in the log, counted from 0."""

    idx: int
    entry: Entry


def append(conn: Connection, new: Iterable[Entry]) -> range:
    """Add entries to the log in the transaction of `conn` and return their indexes.

    The caller holds the write lock (SQLite: `BEGIN IMMEDIATE`; elsewhere the row of the tree is locked here) and
    commits the entries together with the change of state they tell of. AuditError if the head is damaged or moved.
    """
    pairs = [(entry, entry_bytes(entry)) for entry in new]
    frontier = _frontier(conn)
    start = frontier.size
    if not pairs:
        return range(start, start)
    hashes = [leaf_hash(raw) for _, raw in pairs]
    rows = [
        {"idx": idx, "entry": raw, "leaf_hash": hashed, "event": entry.event.value, "subject": entry.subject}
        for idx, ((entry, raw), hashed) in enumerate(zip(pairs, hashes, strict=True), start)
    ]
    conn.execute(_ADD, rows)
    frontier.append_many(hashes)
    _move_head(conn, start, frontier)
    _write_tiles(conn, start, frontier.size)
    return range(start, frontier.size)


def head(conn: Connection) -> Head:
    """Return size and root of the log; an empty log has size 0 and the hash of nothing."""
    return _stored_frontier(conn, select(TREE.c.size, TREE.c.frontier)).head()


def head_and_ends(conn: Connection) -> tuple[Head, bytes, bytes] | None:
    """Return the head with the stored hashes of the first and the last entry, by one query; None for an empty log."""
    row = conn.execute(_WHOLE).first()
    if row is None:
        return None
    return Frontier.from_bytes(row.size, row.frontier).head(), bytes(row.first), bytes(row.last)


def end_hashes(conn: Connection, last: int) -> dict[int, bytes]:
    """Return, by index, the stored hashes of the first entry and of the one at `last`, as far as they are there."""
    return {idx: bytes(hashed) for idx, hashed in conn.execute(_ENDS, {"last": last})}


def entries(
    conn: Connection,
    *,
    event: Event | None = None,
    subject: str | None = None,
    since_idx: int | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[StoredEntry]:
    """Yield stored entries by pages of their index, so that memory stays flat however long the log is.

    `since_idx` is the first index to yield and the next ones follow it; with `newest_first` it is the newest, and the
    older ones follow. AuditError for stored bytes that are no entry.
    """
    query = select(LEAF.c.idx, LEAF.c.entry)
    if event is not None:
        query = query.where(LEAF.c.event == event.value)
    if subject is not None:
        query = query.where(LEAF.c.subject == subject)
    query = query.order_by(LEAF.c.idx.desc() if newest_first else LEAF.c.idx)
    left, at = limit, since_idx
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        page = conn.execute(_from(query, at, newest_first=newest_first).limit(size)).all()
        yield from (StoredEntry(idx, _parsed(idx, raw)) for idx, raw in page)
        if len(page) < size:
            return
        at = page[-1].idx + (-1 if newest_first else 1)
        left = None if left is None else left - len(page)


def recompute_root(conn: Connection) -> Head:
    """Return size and root made anew from the stored bytes of every entry; memory stays flat.

    Compare it with `head`. AuditError names the index where one is missing or its stored hash is not that of its bytes.
    """
    frontier = Frontier()
    query = select(LEAF.c.idx, LEAF.c.entry, LEAF.c.leaf_hash).order_by(LEAF.c.idx)
    with conn.execute(query, execution_options={"yield_per": _STREAM}) as rows:
        for expected, (idx, raw, stored) in enumerate(rows):
            computed = leaf_hash(raw)
            if idx != expected:
                raise _broken("the audit log has no entry {idx}", expected)
            if computed != stored:
                raise _broken("the stored hash of audit entry {idx} is not the hash of its bytes", idx)
            frontier.append(computed)
    return frontier.head()


def _from(query: Select[int, bytes], at: int | None, *, newest_first: bool) -> Select[int, bytes]:
    if at is None:
        return query
    return query.where(LEAF.c.idx <= at if newest_first else LEAF.c.idx >= at)


def _parsed(idx: int, raw: bytes) -> Entry:
    try:
        return parse(raw)
    except AuditError as error:
        raise _broken("audit entry {idx} cannot be read", idx) from error


def _broken(what: str, idx: int) -> AuditError:
    todo = "stop the agent, keep the ledger as it is and compare it with a backup"
    return AuditError(what, where="audit_leaf", todo=todo, facts=(("idx", str(idx)),))


def _frontier(conn: Connection) -> Frontier:
    """Return the frontier, its row locked; the first entry of a log finds no row and makes it."""
    frontier = _stored_frontier(conn, _LOCKED)
    if frontier.size == 0 and conn.execute(select(TREE.c.id)).first() is None:
        conn.execute(insert(TREE).values(id=1, size=0, frontier=b""))
    return frontier


def stored_peaks(conn: Connection) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield level and index of the whole subtrees that the stored head is made of, with their roots."""
    row = conn.execute(select(TREE.c.size, TREE.c.frontier)).first()
    size, roots = (row.size, bytes(row.frontier)) if row else (0, b"")
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    for number, level in enumerate(levels):
        yield (level, (size >> level) - 1), roots[number * HASH_SIZE : (number + 1) * HASH_SIZE]


def _stored_frontier(conn: Connection, query: Select[int, bytes]) -> Frontier:
    row = conn.execute(query).first()
    return Frontier() if row is None else Frontier.from_bytes(row.size, row.frontier)


def _move_head(conn: Connection, old_size: int, frontier: Frontier) -> None:
    values = {"old_size": old_size, "new_size": frontier.size, "new_frontier": frontier.to_bytes()}
    moved = conn.execute(_MOVE, values)
    if moved.rowcount != 1:
        raise AuditError(
            "the head of the audit log moved while entries were added",
            where="audit_tree",
            todo="see that only one agent writes to this ledger",
        )


def _write_tiles(conn: Connection, old_size: int, new_size: int) -> None:
    for level, index in filled_tiles(old_size, new_size):
        conn.execute(insert(TILE).values(level=level, idx=index, hashes=tile_hashes(conn, level, index)))


def tile_hashes(conn: Connection, level: int, index: int) -> bytes:
    """Return the hashes of a tile made anew from what is below it, as many as there are."""
    return _leaf_hashes(conn, index) if level == 0 else _tile_roots(conn, level - 1, index)


def _leaf_hashes(conn: Connection, index: int) -> bytes:
    first = index * TILE_WIDTH
    query = select(LEAF.c.leaf_hash).where(LEAF.c.idx >= first, LEAF.c.idx < first + TILE_WIDTH).order_by(LEAF.c.idx)
    return b"".join(conn.execute(query).scalars())


def _tile_roots(conn: Connection, level: int, index: int) -> bytes:
    first = index * TILE_WIDTH
    query = (
        select(TILE.c.hashes)
        .where(TILE.c.level == level, TILE.c.idx >= first, TILE.c.idx < first + TILE_WIDTH)
        .order_by(TILE.c.idx)
    )
    return b"".join(tile_root(hashes) for hashes in conn.execute(query).scalars())
