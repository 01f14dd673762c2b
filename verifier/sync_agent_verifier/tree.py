"""Decides when hashes prove what they claim: RFC 9162 section 2.1, from the side of who verifies."""

import hashlib
from collections.abc import Iterator, Sequence

__all__ = ["HASH_SIZE", "TILE_WIDTH", "Tile", "Tiles", "is_beginning", "leaf_hash", "node_hash", "proved_root"]

HASH_SIZE = 32
TILE_WIDTH = 256

Tile = tuple[int, int, bytes]
"""Level, index and hashes of one tile."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two hashes as an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def proved_root(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """Return the root that an inclusion proof leads to (RFC 9162 2.1.3.2), None when it is no proof for this place."""
    if not 0 <= index < size or not _whole([leaf, *path]):
        return None
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def is_beginning(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that the tree `old` (size, root) is the beginning of `new` (RFC 9162 2.1.4.2).

    An empty tree is the beginning of every other, so a proof about it says nothing and is refused.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 < old_size <= new_size or not _whole([old_root, new_root, *path]):
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    hashes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    return bool(hashes) and _both_roots(old_size, new_size, hashes) == (old_root, new_root)


def _both_roots(old_size: int, new_size: int, hashes: list[bytes]) -> tuple[bytes, bytes] | None:
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None


def _whole(hashes: Sequence[bytes]) -> bool:
    return all(len(each) == HASH_SIZE for each in hashes)


class Tiles:
    """A tree that grows by one leaf at a time and keeps only the unfinished tile of each level."""

    def __init__(self) -> None:
        self.size = 0
        self._rows: list[list[bytes]] = [[]]

    def add(self, leaf: bytes) -> Iterator[Tile]:
        """Add a leaf; yield the tiles that it fills, lowest first."""
        self.size += 1
        self._rows[0].append(leaf)
        for level, row in enumerate(self._rows):
            if len(row) < TILE_WIDTH:
                return
            yield level, (self.size >> 8 * (level + 1)) - 1, b"".join(row)
            if level + 1 == len(self._rows):
                self._rows.append([])
            self._rows[level + 1].append(_full_root(row))
            row.clear()

    def unfinished(self) -> Iterator[Tile]:
        """Yield the tiles that are begun and not full, lowest first."""
        for level, row in enumerate(self._rows):
            if row:
                yield level, self.size >> 8 * (level + 1), b"".join(row)

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        peaks = [peak for row in reversed(self._rows) for peak in _peaks(row)]
        if not peaks:
            return hashlib.sha256(b"").digest()
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root


def _peaks(row: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the roots of the full subtrees that a row is made of, largest first."""
    at = 0
    while at < len(row):
        width = 1 << ((len(row) - at).bit_length() - 1)
        yield _full_root(row[at : at + width])
        at += width


def _full_root(row: Sequence[bytes]) -> bytes:
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]
