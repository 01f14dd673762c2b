import hashlib
import random
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, Engine, select

from sync_agent.audit import (
    Entry,
    Event,
    Head,
    append,
    entries,
    entry_bytes,
    guard_names,
    head,
    leaf_hash,
    missing_guards,
    recompute_root,
)
from sync_agent.audit.merkle import tile_root
from sync_agent.audit.tables import LEAF, TILE, TREE
from sync_agent.errors import AuditError
from tests.support.guards import without_guards
from tests.support.ledgers import ON_SQLITE

EMPTY_ROOT = hashlib.sha256(b"").digest()
SUBJECT, OTHER = "a" * 64, "b" * 64


def make_entry(number: int, *, what: Event = Event.PLANNED, subject: str | None = None) -> Entry:
    """Return an entry that differs from those with other numbers."""
    return Entry(event=what, time="2026-11-23T01:02:03.456Z", run="r1", attempt=number, subject=subject)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]) as RFC 6962 section 2.1 defines it."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def numbers(found: Sequence[Entry]) -> list[int | None]:
    """Return the numbers that the entries were made with."""
    return [entry.attempt for entry in found]


# appending


def test_an_empty_log_has_the_root_of_nothing(conn: Connection) -> None:
    """Before the first entry the head is size 0 and the hash of nothing, stored or made anew."""
    assert (head(conn), recompute_root(conn)) == (Head(0, EMPTY_ROOT), Head(0, EMPTY_ROOT))


def test_appending_nothing_changes_nothing(conn: Connection) -> None:
    """An empty list of entries gives an empty range and the same head."""
    append(conn, [make_entry(0)])
    before = head(conn)
    assert (append(conn, []), head(conn)) == (range(1, 1), before)


def test_entries_get_the_next_indexes(conn: Connection) -> None:
    """Indexes count from 0 without a hole, whatever the size of the batches."""
    batches = [[make_entry(0)], [make_entry(1), make_entry(2)], [make_entry(3)]]
    assert [append(conn, batch) for batch in batches] == [range(1), range(1, 3), range(3, 4)]


def test_the_stored_bytes_are_those_that_were_hashed(conn: Connection) -> None:
    """Each leaf holds the exact bytes of its entry and the leaf hash of these bytes."""
    said = [make_entry(0, subject=SUBJECT), make_entry(1, what=Event.HELD)]
    append(conn, said)
    rows = conn.execute(select(LEAF).order_by(LEAF.c.idx)).all()
    expected = [
        (idx, entry_bytes(entry), leaf_hash(entry_bytes(entry)), entry.event.value, entry.subject)
        for idx, entry in enumerate(said)
    ]
    assert [tuple(row) for row in rows] == expected


def test_the_root_after_random_batches_is_the_naive_root(conn: Connection) -> None:
    """However entries were grouped into transactions, the root is that of RFC 6962 over all of them."""
    sizes = random.Random(20261123)  # noqa: S311  # sizes of batches, always the same
    said: list[Entry] = []
    for _ in range(40):
        batch = [make_entry(len(said) + at) for at in range(sizes.randint(0, 30))]
        append(conn, batch)
        said += batch
    expected = Head(len(said), naive_root([entry_bytes(entry) for entry in said]))
    assert (head(conn), recompute_root(conn)) == (expected, expected)


def test_a_rolled_back_append_leaves_nothing(engine: Engine) -> None:
    """Entries live and die with the change of state they tell of."""
    with engine.connect() as conn, conn.begin():
        append(conn, [make_entry(0)])
    with engine.connect() as conn, conn.begin() as transaction:
        before = head(conn)
        append(conn, [make_entry(number) for number in range(1, 300)])
        transaction.rollback()
    with engine.connect() as conn:
        kept = conn.execute(select(LEAF.c.idx)).all(), conn.execute(select(TILE.c.idx)).all()
        assert (head(conn), kept) == (before, ([(0,)], []))


def test_two_connections_take_turns(engine: Engine) -> None:
    """Each connection goes on from the head the other left."""
    with engine.connect() as first, engine.connect() as second:
        for number, conn in enumerate([first, second, first, second]):
            with conn.begin():
                append(conn, [make_entry(number)])
    with engine.connect() as conn:
        assert (numbers([stored.entry for stored in entries(conn)]), head(conn)) == ([0, 1, 2, 3], recompute_root(conn))


def test_a_damaged_head_is_never_built_upon(conn: Connection) -> None:
    """When the stored frontier does not fit its size, nothing is appended."""
    append(conn, [make_entry(0)])
    without_guards(conn)
    conn.execute(TREE.update().values(frontier=b""))
    with pytest.raises(AuditError, match="is damaged"):
        append(conn, [make_entry(1)])


@ON_SQLITE
def test_a_head_that_does_not_move_is_an_error(conn: Connection) -> None:
    """If the head cannot be moved beside the entries, the transaction fails."""
    append(conn, [make_entry(0)])
    without_guards(conn)
    conn.exec_driver_sql("CREATE TRIGGER steal AFTER INSERT ON audit_leaf BEGIN DELETE FROM audit_tree; END")
    with pytest.raises(AuditError, match="moved while entries were added"):
        append(conn, [make_entry(1)])


# tiles


def test_a_tile_is_written_when_it_fills(conn: Connection) -> None:
    """Full tiles, and only full ones, are kept as the leaf hashes one after the other."""
    said = [make_entry(number) for number in range(600)]
    for at in range(0, 600, 150):
        append(conn, said[at : at + 150])
    hashes = [leaf_hash(entry_bytes(entry)) for entry in said]
    expected = [(0, 0, b"".join(hashes[:256])), (0, 1, b"".join(hashes[256:512]))]
    assert [tuple(row) for row in conn.execute(select(TILE).order_by(TILE.c.idx))] == expected


@ON_SQLITE  # on a server it takes long and is the same
def test_a_tile_of_the_next_level_holds_the_roots_of_256_tiles(conn: Connection) -> None:
    """At 65,536 entries the root of the log is the root of the one tile of level 1."""
    for at in range(0, 65_536, 8192):
        append(conn, [make_entry(number) for number in range(at, at + 8192)])
    tiles = conn.execute(select(TILE).where(TILE.c.level == 1)).all()
    assert [(tile.idx, tile_root(tile.hashes)) for tile in tiles] == [(0, head(conn).root)]


# reading


def test_entries_are_read_oldest_first(conn: Connection) -> None:
    """Without a filter every entry is yielded with its index, across pages."""
    append(conn, [make_entry(number) for number in range(2345)])
    assert [(stored.idx, stored.entry.attempt) for stored in entries(conn)] == [(n, n) for n in range(2345)]


def test_entries_are_read_newest_first(conn: Connection) -> None:
    """The newest come first, across pages."""
    append(conn, [make_entry(number) for number in range(2345)])
    assert [stored.idx for stored in entries(conn, newest_first=True)] == list(reversed(range(2345)))


@pytest.mark.parametrize(("newest_first", "expected"), [(False, [4, 5, 6]), (True, [4, 3, 2])])
def test_a_page_begins_where_it_is_told(conn: Connection, newest_first: bool, expected: list[int]) -> None:
    """`since_idx` is the first of the page in either direction."""
    append(conn, [make_entry(number) for number in range(10)])
    page = entries(conn, since_idx=4, limit=3, newest_first=newest_first)
    assert [stored.idx for stored in page] == expected


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (1, 1), (1000, 1000), (1500, 1500), (9999, 2000)])
def test_a_limit_is_kept_across_pages(conn: Connection, limit: int, count: int) -> None:
    """At most so many entries are yielded."""
    append(conn, [make_entry(number) for number in range(2000)])
    assert len(list(entries(conn, limit=limit))) == count


def test_entries_of_one_subject(conn: Connection) -> None:
    """One case's entries are found by its commitment."""
    append(conn, [make_entry(number, subject=SUBJECT if number % 3 else OTHER) for number in range(6)])
    assert numbers([stored.entry for stored in entries(conn, subject=OTHER)]) == [0, 3]


def test_entries_of_one_event(conn: Connection) -> None:
    """One kind of event is found by its name."""
    append(conn, [make_entry(number, what=Event.HELD if number == 4 else Event.PLANNED) for number in range(6)])
    assert numbers([stored.entry for stored in entries(conn, event=Event.HELD)]) == [4]


@ON_SQLITE
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT entry FROM audit_leaf WHERE subject = ? AND idx >= 5 ORDER BY idx LIMIT 9", "audit_leaf_by_subject"),
        ("SELECT entry FROM audit_leaf WHERE event = ? AND idx <= 5 ORDER BY idx DESC LIMIT 9", "audit_leaf_by_event"),
    ],
)
def test_a_filter_uses_its_index(conn: Connection, query: str, index: str) -> None:
    """A page of one case or event is read without passing over or sorting the whole log."""
    plan = [row.detail for row in conn.exec_driver_sql("EXPLAIN QUERY PLAN " + query, ("a",))]
    assert (len(plan), index in plan[0]) == (1, True)


def test_a_stored_entry_that_is_none_is_reported_with_its_index(conn: Connection) -> None:
    """Reading over bytes that are no entry says where they stand."""
    append(conn, [make_entry(0), make_entry(1)])
    without_guards(conn)
    conn.execute(LEAF.update().where(LEAF.c.idx == 1).values(entry=b"{}"))
    with pytest.raises(AuditError, match="entry 1 cannot be read"):
        list(entries(conn))


# what an intruder with write access cannot hide


def test_changed_bytes_are_found(conn: Connection) -> None:
    """An entry that was changed is named by its index."""
    append(conn, [make_entry(number) for number in range(5)])
    without_guards(conn)
    conn.execute(LEAF.update().where(LEAF.c.idx == 3).values(entry=entry_bytes(make_entry(99))))
    with pytest.raises(AuditError, match="audit entry 3 is not the hash"):
        recompute_root(conn)


def test_a_hole_is_found(conn: Connection) -> None:
    """An entry that was taken out is named by its index."""
    append(conn, [make_entry(number) for number in range(5)])
    without_guards(conn)
    conn.execute(LEAF.delete().where(LEAF.c.idx == 2))
    with pytest.raises(AuditError, match="has no entry 2"):
        recompute_root(conn)


def test_an_entry_rewritten_with_its_hash_gives_another_root(conn: Connection) -> None:
    """Changing the hash with the bytes does not help: the root is no longer the stored one."""
    append(conn, [make_entry(number) for number in range(5)])
    without_guards(conn)
    forged = entry_bytes(make_entry(99))
    conn.execute(LEAF.update().where(LEAF.c.idx == 3).values(entry=forged, leaf_hash=leaf_hash(forged)))
    assert recompute_root(conn).root != head(conn).root


def test_a_cut_tail_gives_another_size(conn: Connection) -> None:
    """Entries cut off the end are missing against the stored head."""
    append(conn, [make_entry(number) for number in range(5)])
    without_guards(conn)
    conn.execute(LEAF.delete().where(LEAF.c.idx >= 3))
    assert (recompute_root(conn).size, head(conn).size) == (3, 5)


def test_dropped_guards_are_named(conn: Connection) -> None:
    """The start-up check names every guard that was taken away."""
    without_guards(conn)
    assert missing_guards(conn) == guard_names(conn.dialect.name)
