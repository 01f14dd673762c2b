import hashlib
from collections.abc import Sequence

import pytest

from sync_agent.audit.merkle import Frontier, Head, filled_tiles, leaf_hash, node_hash, tile_root
from sync_agent.errors import AuditError

# The inputs and roots of the test suite of Certificate Transparency, for trees of one to eight leaves.
CT_INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def naive_root(entries: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]) exactly as RFC 6962 section 2.1 defines it."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def grown(entries: Sequence[bytes]) -> Frontier:
    """Return the frontier after these entries."""
    frontier = Frontier()
    frontier.append_many(leaf_hash(entry) for entry in entries)
    return frontier


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    """Before the first entry the root is the hash of no bytes."""
    assert Frontier().head() == Head(0, bytes.fromhex(EMPTY_ROOT))


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int) -> None:
    """The roots are those that every implementation of RFC 6962 gives."""
    entries = [bytes.fromhex(text) for text in CT_INPUTS[:size]]
    assert grown(entries).root().hex() == CT_ROOTS[size - 1]


def test_a_node_is_the_hash_of_its_two_children() -> None:
    """Inner nodes and leaves cannot be taken for each other: their prefixes differ."""
    left, right = leaf_hash(b""), leaf_hash(b"\x00")
    assert node_hash(left, right).hex() == CT_ROOTS[1]


def test_every_size_up_to_65_equals_the_definition() -> None:
    """The frontier gives the root of the definition at every size, one append at a time."""
    entries = [str(number).encode() for number in range(65)]
    frontier = Frontier()
    roots = []
    for entry in entries:
        frontier.append(leaf_hash(entry))
        roots.append(frontier.root())
    assert roots == [naive_root(entries[:size]) for size in range(1, 66)]


def test_a_stored_frontier_goes_on_where_it_stopped() -> None:
    """Stored and read back at any size up to 65, a frontier grows to the same root."""
    entries = [str(number).encode() for number in range(66)]
    for size in range(66):
        restored = Frontier.from_bytes(size, grown(entries[:size]).to_bytes())
        restored.append_many(leaf_hash(entry) for entry in entries[size:])
        assert restored.head() == Head(66, naive_root(entries))


@pytest.mark.parametrize(("size", "stored"), [(0, 32), (1, 0), (1, 31), (1, 64), (2, 64), (3, 32), (-1, 0)])
def test_a_frontier_that_does_not_fit_its_size_is_damaged(size: int, stored: int) -> None:
    """A head whose hashes cannot belong to its size is never used."""
    with pytest.raises(AuditError, match="is damaged"):
        Frontier.from_bytes(size, bytes(stored))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_leaf_hash_of_another_length_is_refused(length: int) -> None:
    """Short hashes never enter the tree."""
    with pytest.raises(ValueError, match="32 bytes"):
        Frontier().append(bytes(length))


def test_a_tile_root_is_the_root_over_its_256_hashes() -> None:
    """A hash of a higher tile is the root of the tile below it."""
    entries = [str(number).encode() for number in range(256)]
    assert tile_root(b"".join(leaf_hash(entry) for entry in entries)) == naive_root(entries)


def test_a_partial_tile_has_no_tile_root() -> None:
    """A tile that has not filled is never hashed into the one above it."""
    with pytest.raises(ValueError, match="256"):
        tile_root(bytes(255 * 32))


@pytest.mark.parametrize(
    ("old_size", "new_size", "tiles"),
    [
        (0, 0, []),
        (0, 255, []),
        (0, 256, [(0, 0)]),
        (255, 256, [(0, 0)]),
        (256, 511, []),
        (200, 800, [(0, 0), (0, 1), (0, 2)]),
        (65_535, 65_536, [(0, 255), (1, 0)]),
        (16_777_215, 16_777_216, [(0, 65_535), (1, 255), (2, 0)]),
    ],
)
def test_filled_tiles(old_size: int, new_size: int, tiles: list[tuple[int, int]]) -> None:
    """Each tile is written exactly when its last hash is there, the lower ones first."""
    assert list(filled_tiles(old_size, new_size)) == tiles
