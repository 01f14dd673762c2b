"""Decides whether a log is what was once written: every byte hashed anew, every tile, and the head of all of it.

The entries are read once; whoever replays them is handed each on the way. Memory does not grow with the log but for
32 bytes for each 256 entries.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from sync_agent.audit.discrepancies import Findings
from sync_agent.audit.merkle import TILE_WIDTH, Frontier, Head, tile_root
from sync_agent.audit.tables import LEAF, TILE, TREE

__all__ = ["Incarnation", "ReadLog", "Rotation", "read_log"]

_PAGE: Final = 512  # rows at a time: what is at hand stays in the cache of the processor
_LEAVES: Final = "SELECT idx, entry, leaf_hash, event, subject FROM audit_leaf WHERE idx > {} ORDER BY idx LIMIT {}"
_TILES: Final = select(TILE.c.level, TILE.c.idx, TILE.c.hashes).order_by(TILE.c.level, TILE.c.idx)
_sha256 = hashlib.sha256

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rotation:
    """An entry that names a key: `digest` is the SHA-256, in hex, of the line of its public half.

    `anew`: in an older copy that was put back, whose own key is gone, the key that is there names itself.
    """

    idx: int
    digest: str
    key_id: str
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Incarnation:
    """An entry by which an older copy of the ledger was declared: what was lost, as far as it was known."""

    idx: int
    time: str
    size: int | None
    root: str | None


@dataclass(slots=True)
class ReadLog:
    """What one reading of all entries gave. `roots` is, by size, what was asked for."""

    size: int = 0
    root: bytes = b""
    first: bytes = b""
    first_time: str = ""
    last_time: str = ""
    roots: dict[int, bytes] = field(default_factory=dict)
    leaves: dict[int, bytes] = field(default_factory=dict)  # hash of the last entry under each of these sizes
    rotations: list[Rotation] = field(default_factory=list)
    incarnations: list[Incarnation] = field(default_factory=list)
    gaps: list[tuple[str, str]] = field(default_factory=list)  # declared: since, until

    def has(self, head: Head) -> bool:
        """Tell whether a head is one of these entries; its size was among those asked for."""
        return self.roots.get(head.size) == head.root


class _Tree:
    """The tree made anew, tile by tile: a row of hashes at each level, and a digest of each tile that filled."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.leaves: list[bytes] = []  # of the unfinished tile; `fill(0)` when there are 256
        self._rows = [self.leaves]
        self._filled = [0]

    def fill(self, level: int) -> None:
        hashes = b"".join(self._rows[level])
        self.tiles[level, self._filled[level]] = _sha256(hashes).digest()
        self._rows[level].clear()
        self._filled[level] += 1
        if level + 1 == len(self._rows):
            self._rows.append([])
            self._filled.append(0)
        above = self._rows[level + 1]
        above.append(tile_root(hashes))
        if len(above) == TILE_WIDTH:
            self.fill(level + 1)

    def frontier(self) -> Frontier:
        size = sum(len(row) * TILE_WIDTH**level for level, row in enumerate(self._rows))
        peaks = b""
        for row in reversed(self._rows):
            part = Frontier()
            part.append_many(row)
            peaks += part.to_bytes()
        return Frontier.from_bytes(size, peaks)


def read_log(  # noqa: C901 - one loop over a million entries: every call in it counts
    conn: Connection,
    findings: Findings,
    *,
    sizes: Collection[int],
    handlers: Mapping[str, Callable[[Document], None]],
) -> ReadLog:
    """Read every entry once, check its bytes and its place and hand it to the handler of its event, if there is one.

    Then tiles and head are compared. The roots at `sizes` are made on the way. What is wrong is added to `findings`; a
    handler that raises KeyError, TypeError or ValueError says that the entry is none.
    """
    log, tree, wanted = ReadLog(), _Tree(), frozenset(sizes)
    leaves, loads, told = tree.leaves, orjson.loads, _TOLD
    size, expected, doc = 0, 0, None
    for idx, raw, stored, event, subject in _leaves(conn):
        if idx != expected:
            _misplaced(findings, idx, expected)
        expected = idx + 1
        hashed = _sha256(b"\x00" + raw).digest()
        if hashed != stored:
            findings.add("entry_changed", table=LEAF.name, key=idx, column="entry, leaf_hash")
        leaves.append(hashed)
        if len(leaves) == TILE_WIDTH:
            tree.fill(0)
        size += 1
        if size in wanted:
            log.roots[size], log.leaves[size] = tree.frontier().root(), hashed
        try:
            doc = loads(raw)
            if doc["event"] != event or doc.get("subject") != subject:
                _column_differs(findings, idx, event, doc)
            handler = handlers.get(event)
            if handler is not None:
                handler(doc)
            elif event in told:
                told[event](log, idx, doc)
        except (ValueError, KeyError, TypeError, AttributeError):
            findings.add("entry_unreadable", table=LEAF.name, key=idx, column="entry")
        if idx == 0:
            log.first, log.first_time = hashed, _time_of(doc)
    log.size, log.last_time, frontier = size, _time_of(doc), tree.frontier()
    log.root = frontier.root()
    _compare_tree(conn, findings, frontier)
    _compare_tiles(conn, findings, tree.tiles)
    return log


def _leaves(conn: Connection) -> Iterator[tuple[int, bytes, bytes, str, str | None]]:
    """Yield the rows as the driver gives them, a page at a time: of a million, each step beside it counts."""
    with closing(conn.connection.cursor()) as cursor:
        at = -(2**62)
        while True:
            cursor.execute(_LEAVES.format(at, _PAGE))
            page = cursor.fetchall()
            yield from page
            if len(page) < _PAGE:
                return
            at = page[-1][0]


def _time_of(doc: object) -> str:
    return str(doc.get("time", "")) if isinstance(doc, dict) else ""


def _column_differs(findings: Findings, idx: int, event: str, doc: Document) -> None:
    column = "subject" if doc["event"] == event else "event"
    findings.add("entry_column", table=LEAF.name, key=idx, column=column)


def _misplaced(findings: Findings, idx: int, expected: int) -> None:
    if idx < expected:
        findings.add("entry_twice", table=LEAF.name, key=idx, column="idx")
    else:
        missing = str(expected) if idx == expected + 1 else f"{expected}-{idx - 1}"
        findings.add("entry_missing", table=LEAF.name, key=missing, column="idx")


def _rotated(log: ReadLog, idx: int, doc: Document) -> None:
    put_back = bool(log.incarnations and log.rotations) and log.incarnations[-1].idx > log.rotations[-1].idx
    anew = put_back and doc.get("reason") == "restored"
    log.rotations.append(Rotation(idx, doc["set_digest"], doc["new_state"], anew))


def _incarnated(log: ReadLog, idx: int, doc: Document) -> None:
    log.incarnations.append(Incarnation(idx, doc["time"], doc.get("head_size"), doc.get("head_root")))


def _silent(log: ReadLog, idx: int, doc: Document) -> None:
    del idx
    log.gaps.append((doc["range"]["since"], doc["range"]["until"]))


_TOLD: Final[dict[str, Callable[[ReadLog, int, Document], None]]] = {
    "key_rotated": _rotated,
    "incarnation_started": _incarnated,
    "gap_declared": _silent,
}


def _compare_tree(conn: Connection, findings: Findings, frontier: Frontier) -> None:
    rows = conn.execute(select(TREE)).all()
    if not rows and not frontier.size:
        return
    wanted = {"id": 1, "size": frontier.size, "frontier": frontier.to_bytes()}
    found = dict(zip(TREE.c.keys(), rows[0], strict=True)) if len(rows) == 1 else {}
    if found:
        found["frontier"] = bytes(found["frontier"])
    for name, value in wanted.items():
        if found.get(name) != value:
            sizes = {"expected": value, "found": found.get(name, "-")} if name == "size" else {}
            findings.add("tree_changed", table=TREE.name, key=1, column=name, **sizes)


def _compare_tiles(conn: Connection, findings: Findings, made: dict[tuple[int, int], bytes]) -> None:
    left = dict(made)
    with conn.execute(_TILES, execution_options={"yield_per": 100}) as rows:
        for level, index, hashes in rows:
            wanted = left.pop((level, index), None)
            if wanted is None:
                findings.add("tile_extra", table=TILE.name, key=f"{level}/{index}", column="level, idx")
            elif _sha256(hashes).digest() != wanted:
                findings.add("tile_changed", table=TILE.name, key=f"{level}/{index}", column="hashes")
    for level, index in left:
        findings.add("tile_missing", table=TILE.name, key=f"{level}/{index}", column="level, idx")
