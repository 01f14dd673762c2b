"""Decides the tree hash: RFC 6962 section 2.1 over SHA-256, kept as a frontier so that an append is O(1) amortised."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

from sync_agent.errors import AuditError

__all__ = [
    "HASH_SIZE",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "Frontier",
    "Head",
    "filled_tiles",
    "leaf_hash",
    "node_hash",
    "tile_root",
]

HASH_SIZE = 32
TILE_HEIGHT = 8  # C2SP tlog-tiles
TILE_WIDTH = 2**TILE_HEIGHT

_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 || entry)."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return _sha256(b"\x01" + left + right).digest()


class Head(NamedTuple):
    """What the whole log comes to: the number of its entries and the 32 bytes of its root."""

    size: int
    root: bytes


class Frontier:
    """The roots of the full subtrees that a tree of `size` leaves is made of, largest first: one per bit of `size`."""

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._peaks: list[bytes] = []

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> Self:
        """Return the frontier that `to_bytes` wrote; AuditError if it cannot belong to a tree of `size` leaves."""
        if size < 0 or len(stored) != HASH_SIZE * size.bit_count():
            raise AuditError(
                "the head of the audit log is damaged: its frontier does not fit {size} entries",
                where="audit_tree",
                todo="stop the agent, keep the ledger as it is and compare it with a backup",
                facts=(("size", str(size)),),
            )
        frontier = cls()
        frontier._size = size
        frontier._peaks = [stored[at : at + HASH_SIZE] for at in range(0, len(stored), HASH_SIZE)]
        return frontier

    def to_bytes(self) -> bytes:
        """Return the hashes one after the other, largest subtree first."""
        return b"".join(self._peaks)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash of 32 bytes."""
        if len(leaf) != HASH_SIZE:
            raise ValueError("a leaf hash has 32 bytes")
        peaks, carry = self._peaks, self._size
        while carry & 1:
            leaf = _sha256(b"\x01" + peaks.pop() + leaf).digest()  # node_hash, without the call
            carry >>= 1
        peaks.append(leaf)
        self._size += 1

    def append_many(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in their order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Return the root of 32 bytes; of an empty tree the hash of nothing."""
        if not self._peaks:
            return _sha256(b"").digest()
        *larger, root = self._peaks
        for peak in reversed(larger):
            root = node_hash(peak, root)
        return root

    def head(self) -> Head:
        """Return size and root together."""
        return Head(self._size, self.root())


def tile_root(hashes: bytes) -> bytes:
    """Return the root over the hashes of a full tile: one hash of the tile above it. ValueError if it is not full."""
    if len(hashes) != TILE_WIDTH * HASH_SIZE:
        raise ValueError("a full tile has 256 hashes")
    pair = 2 * HASH_SIZE
    while len(hashes) > HASH_SIZE:
        pairs = [_sha256(b"\x01" + hashes[at : at + pair]).digest() for at in range(0, len(hashes), pair)]  # node_hash
        hashes = b"".join(pairs)
    return hashes


def filled_tiles(old_size: int, new_size: int) -> Iterator[tuple[int, int]]:
    """Yield (level, index) of each tile that fills while a tree grows between the sizes, lower levels first."""
    level, width = 0, TILE_WIDTH
    while new_size // width:
        yield from ((level, index) for index in range(old_size // width, new_size // width))
        level, width = level + 1, width * TILE_WIDTH
