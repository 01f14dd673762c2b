"""The verifier's trees against the definition: every size up to 65, every place, every classic fault."""

import hashlib
from collections.abc import Iterator

import pytest
from sync_agent_verifier.tree import Tile, Tiles, is_beginning, leaf_hash, proved_root

from tests.support.trees import Naive

LEAVES = [leaf_hash(str(number).encode()) for number in range(700)]
TREE = Naive(LEAVES)
SIZES = range(1, 66)
OTHER = bytes(32)


def head(size: int) -> tuple[int, bytes]:
    """Return size and root."""
    return size, TREE.root(size)


def places() -> Iterator[tuple[int, int]]:
    """Yield each index with each size."""
    return ((index, size) for size in SIZES for index in range(size))


def broken(path: list[bytes]) -> Iterator[list[bytes]]:
    """Yield the path with each fault it can have."""
    yield [*path, OTHER]
    yield [OTHER, *path]
    for place, each in enumerate(path):
        before, after = path[:place], path[place + 1 :]
        yield [*before, *after]
        yield [*before, each[:31], *after]
        yield [*before, b"", *after]
        yield [*before, bytes([each[0] ^ 1]) + each[1:], *after]
        if after:
            yield [*before, after[0], each, *after[1:]]


def test_leaves_and_nodes_are_hashed_apart() -> None:
    """The known answers: an entry that is empty, and that of nothing at all."""
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert Tiles().root() == hashlib.sha256(b"").digest()


def test_every_right_proof_leads_to_the_root() -> None:
    """For each entry of each tree."""
    wrong = [
        (index, size)
        for index, size in places()
        if proved_root(index, size, LEAVES[index], TREE.path(index, size)) != TREE.root(size)
    ]
    assert wrong == []


def test_no_broken_proof_leads_to_the_root() -> None:
    """Short, long, swapped, changed: for each entry of each tree up to 33."""
    taken = [
        (index, size, path)
        for index, size in places()
        if size <= 33
        for path in broken(TREE.path(index, size))
        if proved_root(index, size, LEAVES[index], path) == TREE.root(size)
    ]
    assert taken == []


def test_a_proof_is_of_one_place_only() -> None:
    """The right path with another index or another leaf leads elsewhere."""
    taken = [
        (index, other, size)
        for index, size in places()
        for other in range(size)
        if size <= 33
        and other != index
        and proved_root(other, size, LEAVES[index], TREE.path(index, size)) == TREE.root(size)
    ]
    assert taken == []


@pytest.mark.parametrize(("index", "size"), [(5, 5), (6, 5), (-1, 5), (0, 0), (0, -1), (2**80, 2**70)])
def test_an_index_outside_the_tree_is_refused(index: int, size: int) -> None:
    """Before anything is hashed."""
    assert proved_root(index, size, LEAVES[0], []) is None


def test_every_older_head_is_a_beginning() -> None:
    """Of each newer one."""
    wrong = [
        (old, size)
        for size in SIZES
        for old in range(1, size + 1)
        if not is_beginning(head(old), head(size), TREE.consistency(old, size))
    ]
    assert wrong == []


def test_no_broken_proof_shows_a_beginning() -> None:
    """For each pair of trees up to 33."""
    taken = [
        (old, size, path)
        for size in range(1, 34)
        for old in range(1, size + 1)
        for path in broken(TREE.consistency(old, size))
        if is_beginning(head(old), head(size), path)
    ]
    assert taken == []


def test_another_old_root_is_no_beginning() -> None:
    """With the right hashes for the right sizes: a fork."""
    taken = [
        (old, size)
        for size in SIZES
        for old in range(1, size + 1)
        if is_beginning((old, OTHER), head(size), TREE.consistency(old, size))
        or is_beginning(head(old), (size, OTHER), TREE.consistency(old, size))
    ]
    assert taken == []


def test_an_empty_tree_proves_nothing() -> None:
    """A verifier that accepts it accepts every log."""
    assert not is_beginning(head(0), head(5), [])
    assert not is_beginning(head(0), head(0), [])


def test_a_newer_head_is_no_beginning_of_an_older_one() -> None:
    """Whatever the hashes."""
    assert not is_beginning(head(5), head(4), TREE.consistency(4, 5))


def test_a_root_of_another_length_is_refused() -> None:
    """Equal sizes and equal short roots are no heads."""
    assert not is_beginning((5, b"short"), (5, b"short"), [])


def test_tiles_come_to_the_root_at_every_size() -> None:
    """And fill at 256 leaves, with the hashes of what is below."""
    tiles, filled = Tiles(), list[Tile]()
    for count, leaf in enumerate(LEAVES, 1):
        filled += tiles.add(leaf)
        if count in {*SIZES, 255, 256, 257, 511, 512, 513, 700}:
            assert (tiles.size, tiles.root()) == head(count)
    assert filled == [(0, number, b"".join(LEAVES[number * 256 : number * 256 + 256])) for number in (0, 1)]
    level_1 = b"".join(Naive(LEAVES[at : at + 256]).root(256) for at in (0, 256))
    assert list(tiles.unfinished()) == [(0, 2, b"".join(LEAVES[512:])), (1, 0, level_1)]
