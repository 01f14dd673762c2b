"""The tree of RFC 6962 as its definition says it, by recursion: what proofs and tiles are compared with."""

import hashlib
from functools import cache

__all__ = ["Naive"]


class Naive:
    """The tree over the hashes of leaves."""

    def __init__(self, leaves: list[bytes]) -> None:
        self._leaves = leaves
        self._root = cache(self._computed)

    def root(self, size: int) -> bytes:
        """Return MTH(D[size])."""
        return self._root(0, size)

    def path(self, index: int, size: int) -> list[bytes]:
        """Return PATH(index, D[size])."""
        return self._path(index, 0, size)

    def consistency(self, old: int, size: int) -> list[bytes]:
        """Return PROOF(old, D[size])."""
        return self._subproof(old, 0, size, whole=True)

    def _computed(self, low: int, high: int) -> bytes:
        if high - low < 2:
            return self._leaves[low] if high > low else hashlib.sha256(b"").digest()
        middle = low + _half(high - low)
        return hashlib.sha256(b"\x01" + self._root(low, middle) + self._root(middle, high)).digest()

    def _path(self, index: int, low: int, high: int) -> list[bytes]:
        if high - low == 1:
            return []
        middle = low + _half(high - low)
        if index < middle - low:
            return [*self._path(index, low, middle), self._root(middle, high)]
        return [*self._path(index - (middle - low), middle, high), self._root(low, middle)]

    def _subproof(self, old: int, low: int, high: int, *, whole: bool) -> list[bytes]:
        if old == high - low:
            return [] if whole else [self._root(low, high)]
        half = _half(high - low)
        if old <= half:
            return [*self._subproof(old, low, low + half, whole=whole), self._root(low + half, high)]
        return [*self._subproof(old - half, low + half, high, whole=False), self._root(low, low + half)]


def _half(count: int) -> int:
    """Return the largest power of two below a count."""
    return max(1 << power for power in range(count.bit_length()) if 1 << power < count)
