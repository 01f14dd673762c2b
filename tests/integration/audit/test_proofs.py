"""Proofs made from the tiles are those of the definition."""

import pytest
from sqlalchemy import Connection

from sync_agent.audit import Entry, Event, append, head, leaf_hash
from sync_agent.audit.entry import entry_bytes
from sync_agent.audit.proofs import Tree
from tests.support.ledgers import ON_SQLITE
from tests.support.trees import Naive

SIZES = [*range(1, 66), 255, 256, 257, 511, 513, 700]

pytestmark = ON_SQLITE


def entry(number: int) -> Entry:
    """Return an entry of its own."""
    return Entry(event=Event.PLANNED, time="2026-11-23T01:02:03.456Z", attempt=number)


@pytest.fixture
def leaves(conn: Connection) -> list[bytes]:
    """Fill the log; return the hashes of its entries."""
    made = [entry(number) for number in range(max(SIZES))]
    append(conn, made)
    return [leaf_hash(entry_bytes(one)) for one in made]


def test_old_heads_are_those_of_the_definition(conn: Connection, leaves: list[bytes]) -> None:
    """At every size on the way, and the newest is the stored one."""
    tree, naive = Tree(conn), Naive(leaves)
    assert [tree.head(size).root for size in SIZES] == [naive.root(size) for size in SIZES]
    assert tree.head(len(leaves)) == head(conn)


def test_every_entry_of_every_small_log_is_proved(conn: Connection, leaves: list[bytes]) -> None:
    """Up to 65 entries, each."""
    tree, naive = Tree(conn), Naive(leaves)
    for size in range(1, 66):
        made = [tree.inclusion(index, size) for index in range(size)]
        assert made == [naive.path(index, size) for index in range(size)]


def test_every_two_small_heads_are_proved(conn: Connection, leaves: list[bytes]) -> None:
    """Up to 65 entries, each head in each later one."""
    tree, naive = Tree(conn), Naive(leaves)
    for new in range(1, 66):
        made = [tree.consistency(old, new) for old in range(1, new + 1)]
        assert made == [naive.consistency(old, new) for old in range(1, new + 1)]


@pytest.mark.parametrize(("index", "size"), [(0, 700), (255, 256), (256, 700), (511, 513), (512, 513), (699, 700)])
def test_entries_at_the_edges_of_tiles_are_proved(conn: Connection, leaves: list[bytes], index: int, size: int) -> None:
    """Where a full tile ends and an unfinished one begins."""
    assert Tree(conn).inclusion(index, size) == Naive(leaves).path(index, size)


@pytest.mark.parametrize(("old", "new"), [(256, 700), (255, 257), (511, 700), (512, 512), (513, 700)])
def test_heads_at_the_edges_of_tiles_are_proved(conn: Connection, leaves: list[bytes], old: int, new: int) -> None:
    """The old size may end in the middle of a tile."""
    assert Tree(conn).consistency(old, new) == Naive(leaves).consistency(old, new)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_what_is_not_under_the_head_has_no_proof(conn: Connection, index: int, size: int) -> None:
    """It is refused, not answered with an empty proof."""
    with pytest.raises(ValueError, match="under the head"):
        Tree(conn).inclusion(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (0, 0)])
def test_an_empty_head_has_no_proof(conn: Connection, old: int, new: int) -> None:
    """It would prove nothing, and be accepted by everyone."""
    with pytest.raises(ValueError, match="to be a beginning"):
        Tree(conn).consistency(old, new)
