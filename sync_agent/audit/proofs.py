"""Decides how one entry, or one head, is proved to be under another head: RFC 6962, sections 2.1.1 and 2.1.2.

Whole subtrees come from the tiles; only the unfinished right edge is made of the hashes of entries.
"""

from sqlalchemy import Connection, select

from sync_agent.audit.log import stored_peaks, tile_hashes
from sync_agent.audit.merkle import HASH_SIZE, TILE_HEIGHT, TILE_WIDTH, Head, node_hash
from sync_agent.audit.tables import TILE

__all__ = ["Tree"]


class Tree:
    """The hashes of a log as the database keeps them. What was read once is not read again."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._rows: dict[tuple[int, int], bytes] = {}
        self._peaks = dict(stored_peaks(conn))

    def head(self, size: int) -> Head:
        """Return the head that the log had when it had `size` entries, at least one."""
        return Head(size, self._root(0, size))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the hashes that prove the entry at `index` under the head of `size` entries, from the leaf up.

        ValueError unless 0 <= index < size.
        """
        if not 0 <= index < size:
            raise ValueError("only an entry under the head can be proved")
        return self._path(index, 0, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the hashes that prove that the head of `old` entries is a beginning of the one of `new`.

        ValueError unless 0 < old <= new: an empty log is the beginning of every log, and proves nothing.
        """
        if not 0 < old <= new:
            raise ValueError("only a head of at least one entry can be proved to be a beginning")
        return self._subproof(old, 0, new, whole=True)

    def _path(self, index: int, low: int, high: int) -> list[bytes]:
        if high - low == 1:
            return []
        middle = low + _half(high - low)
        if index < middle:
            return [*self._path(index, low, middle), self._root(middle, high)]
        return [*self._path(index, middle, high), self._root(low, middle)]

    def _subproof(self, old: int, low: int, high: int, *, whole: bool) -> list[bytes]:
        if old == high:
            return [] if whole else [self._root(low, high)]
        middle = low + _half(high - low)
        if old <= middle:
            return [*self._subproof(old, low, middle, whole=whole), self._root(middle, high)]
        return [*self._subproof(old, middle, high, whole=False), self._root(low, middle)]

    def _root(self, low: int, high: int) -> bytes:
        """Return the root over the entries from `low` to before `high`; `low` is where such a subtree can begin."""
        count = high - low
        if count & (count - 1) == 0:
            return self._node(count.bit_length() - 1, low // count)
        middle = low + _half(count)
        return node_hash(self._root(low, middle), self._root(middle, high))

    def _node(self, level: int, index: int) -> bytes:
        """Return the root of the whole subtree number `index` of 2**level entries."""
        if (level, index) in self._peaks:
            return self._peaks[level, index]  # of what no tile holds yet, only the head does
        tier, above = divmod(level, TILE_HEIGHT)
        first = index << above
        row, at = self._row(tier, first // TILE_WIDTH), first % TILE_WIDTH
        hashes = [row[place : place + HASH_SIZE] for place in range(at * HASH_SIZE, len(row), HASH_SIZE)]
        hashes = hashes[: 1 << above]
        while len(hashes) > 1:
            hashes = [node_hash(*hashes[pair : pair + 2]) for pair in range(0, len(hashes), 2)]
        return hashes[0]

    def _row(self, tier: int, tile: int) -> bytes:
        """Return the hashes of a tile, as many as there are."""
        if (tier, tile) not in self._rows:
            query = select(TILE.c.hashes).where(TILE.c.level == tier, TILE.c.idx == tile)
            full = self._conn.execute(query).scalar()
            self._rows[tier, tile] = bytes(full) if full is not None else tile_hashes(self._conn, tier, tile)
        return self._rows[tier, tile]


def _half(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)
