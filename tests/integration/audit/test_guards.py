import re
from typing import Any

import pytest
from sqlalchemy import Connection, CursorResult, Engine, delete, func, insert, select
from sqlalchemy.exc import DataError, IntegrityError

from sync_agent.audit import (
    Entry,
    Event,
    append,
    guard_names,
    guard_statements,
    head,
    install_guards,
    missing_guards,
)
from sync_agent.audit.tables import ANCHOR, CHECKPOINT, ERASABLE, LEAF, TILE, TREE
from tests.support.guards import drop_guard, spoken, table_of_guard
from tests.support.ledgers import DATABASES, ON_POSTGRES, ON_SQLITE

HASH = "x'" + "00" * 32 + "'"
TILE_BYTES = "zeroblob(8192)"


@pytest.fixture
def filled(conn: Connection) -> Connection:
    """Return a log with 600 entries, so two tiles, two checkpoints and an anchor."""
    append(conn, [Entry(event=Event.PLANNED, time="2026-11-23T01:02:03.456Z", attempt=at) for at in range(600)])
    for number, size in enumerate([256, 600]):
        note = {"root": bytes(32), "note": b"n", "signed_at": "2026-11-23T01:02:03.456Z", "reason": "interval"}
        conn.execute(insert(CHECKPOINT).values(number=number, size=size, **note))
    anchor = {"channel": "file", "outcome": "ok", "anchored_at": "2026-11-23T01:02:03.456Z"}
    conn.execute(insert(ANCHOR).values(number=0, checkpoint=1, **anchor))
    return conn


def leaf(idx: str, *, verb: str = "INSERT", tail: str = "", entry: str = "x'00'", hashed: str = HASH) -> str:
    """Return a statement that puts in an entry."""
    return f"{verb} INTO audit_leaf (idx, entry, leaf_hash, event) VALUES ({idx}, {entry}, {hashed}, 'held') {tail}"


def tree(row: str, verb: str = "INSERT") -> str:
    """Return a statement that puts in a head."""
    return f"{verb} INTO audit_tree (id, size, frontier) VALUES ({row})"


def tile(level: int, idx: str, *, verb: str = "INSERT", hashes: str = TILE_BYTES) -> str:
    """Return a statement that puts in a tile."""
    return f"{verb} INTO audit_tile (level, idx, hashes) VALUES ({level}, {idx}, {hashes})"


def checkpoint(number: str, size: int, *, verb: str = "INSERT", root: str = HASH) -> str:
    """Return a statement that puts in a checkpoint."""
    columns = "number, size, root, note, signed_at, reason"
    return f"{verb} INTO audit_checkpoint ({columns}) VALUES ({number}, {size}, {root}, x'00', 't', 'start')"


def anchor(number: str, of: int, verb: str = "INSERT") -> str:
    """Return a statement that puts in an anchor."""
    columns = "number, checkpoint, channel, outcome, anchored_at"
    return f"{verb} INTO audit_anchor ({columns}) VALUES ({number}, {of}, 'file', 'ok', 't')"


ATTACKS = {
    "leaf: change bytes": "UPDATE audit_leaf SET entry = x'00' WHERE idx = 5",
    "leaf: change nothing": "UPDATE audit_leaf SET entry = entry",
    "leaf: change the look-up column": "UPDATE audit_leaf SET subject = NULL WHERE idx = 5",
    "leaf: move": "UPDATE audit_leaf SET idx = 600 WHERE idx = 599",
    "leaf: delete one": "DELETE FROM audit_leaf WHERE idx = 599",
    "leaf: delete all": "DELETE FROM audit_leaf",
    "leaf: upsert": leaf("5", tail="ON CONFLICT (idx) DO UPDATE SET entry = x'00'"),
    "leaf: duplicate": leaf("599"),
    "leaf: gap": leaf("601"),
    "leaf: far gap": leaf("9000000000"),
    "leaf: negative": leaf("-1"),
    "leaf: no index": leaf("NULL"),
    "leaf: short hash": leaf("600", hashed="x'00'"),
    "tree: back": "UPDATE audit_tree SET size = 599",
    "tree: same size, other root": "UPDATE audit_tree SET frontier = zeroblob(32)",
    "tree: ahead of the entries": "UPDATE audit_tree SET size = 601",
    "tree: no size": "UPDATE audit_tree SET size = NULL",
    "tree: another row": "UPDATE audit_tree SET id = 2, size = 601",
    "tree: delete": "DELETE FROM audit_tree",
    "tree: second row": tree("2, 0, x''"),
    "tile: change": "UPDATE audit_tile SET hashes = zeroblob(8192) WHERE idx = 0",
    "tile: delete": "DELETE FROM audit_tile",
    "tile: gap": tile(0, "3"),
    "tile: first of its level is not 0": tile(1, "1"),
    "tile: no index": tile(0, "NULL"),
    "tile: partial": tile(0, "2", hashes="zeroblob(8160)"),
    "checkpoint: change": "UPDATE audit_checkpoint SET note = x'01'",
    "checkpoint: delete": "DELETE FROM audit_checkpoint",
    "checkpoint: gap": checkpoint("3", 600),
    "checkpoint: no number": checkpoint("NULL", 600),
    "checkpoint: older than the last": checkpoint("2", 599),
    "checkpoint: ahead of the log": checkpoint("2", 601),
    "checkpoint: short root": checkpoint("2", 600, root="x'00'"),
    "anchor: change": "UPDATE audit_anchor SET outcome = 'failed'",
    "anchor: delete": "DELETE FROM audit_anchor",
    "anchor: gap": anchor("2", 1),
    "anchor: of no checkpoint": anchor("1", 2),
    "leaf: upsert of nothing": leaf("5", tail="ON CONFLICT (idx) DO NOTHING"),
}

ATTACKS_IN_SQLITE = {
    "leaf: change or replace": "UPDATE OR REPLACE audit_leaf SET idx = 4 WHERE idx = 5",
    "leaf: replace": leaf("5", verb="INSERT OR REPLACE"),
    "leaf: replace, other spelling": leaf("599", verb="REPLACE"),
    "leaf: ignore": leaf("5", verb="INSERT OR IGNORE"),
    "leaf: index as text": leaf("'x'"),
    "leaf: text for bytes": leaf("600", entry="'{}'"),
    "leaf: text for hash": leaf("600", hashed=f"'{'a' * 32}'"),
    "tree: replace": tree("1, 0, x''", "INSERT OR REPLACE"),
    "tile: replace": tile(0, "1", verb="INSERT OR REPLACE"),
    "tile: text": tile(0, "2", hashes=f"'{'a' * 8192}'"),
    "checkpoint: replace": checkpoint("1", 600, verb="INSERT OR REPLACE"),
    "anchor: replace": anchor("0", 1, "INSERT OR REPLACE"),
}

ATTACKS_ON_SERVER = {
    "leaf: index as text": leaf("'x'"),
    "leaf: index as a word": leaf("'5'"),
    "leaf: empty": "TRUNCATE audit_leaf",
    "leaf: merge": "MERGE INTO audit_leaf USING (SELECT 5 AS at) AS other ON idx = at WHEN MATCHED THEN DELETE",
    "leaf: several, out of order": f"{leaf('601')}, (600, x'00', {HASH}, 'held')",
    "leaf: as a replica": "SET LOCAL session_replication_role = replica; DELETE FROM audit_leaf",
    "leaf: beside a table of the same name": "CREATE TEMPORARY TABLE audit_leaf AS SELECT 700::bigint AS idx; "
    + leaf("701").replace("INTO ", "INTO public."),
    "tree: empty": "TRUNCATE audit_tree",
    "tile: empty": "TRUNCATE audit_tile",
    "checkpoint: empty, and what names it": "TRUNCATE audit_checkpoint CASCADE",
    "anchor: empty": "TRUNCATE audit_anchor",
    "all: empty": "TRUNCATE audit_leaf, audit_tree, audit_tile, audit_checkpoint, audit_anchor",
    "tree: change one's own": "UPDATE audit_tree SET id = 2",
}

EVERY_ATTACK = [
    *(
        pytest.param(database, attack, id=f"{database}: {name}")
        for database in DATABASES
        for name, attack in ATTACKS.items()
    ),
    *(pytest.param("sqlite", attack, id=f"sqlite: {name}") for name, attack in ATTACKS_IN_SQLITE.items()),
    *(pytest.param("postgresql", attack, id=f"postgresql: {name}") for name, attack in ATTACKS_ON_SERVER.items()),
]

attacked = pytest.mark.parametrize(("database", "attack"), EVERY_ATTACK, indirect=["database"])

REFUSED = (IntegrityError, DataError)
"""On a server a value of another type is refused before any guard sees it."""


def run(conn: Connection, sql: str) -> CursorResult[Any]:
    """Run a statement in the words of the database."""
    return conn.exec_driver_sql(spoken(conn.dialect.name, sql))


@attacked
def test_a_change_of_what_is_written_is_refused(filled: Connection, attack: str) -> None:
    """No statement changes, removes, replaces or leaves out a row of the log."""
    with pytest.raises(REFUSED):
        run(filled, attack)


@attacked
def test_a_refused_change_leaves_the_log_as_it_was(filled: Connection, attack: str) -> None:
    """After the refusal every row is what it was."""
    before = everything(filled)
    with pytest.raises(REFUSED), filled.begin_nested():
        run(filled, attack)
    assert everything(filled) == before


def everything(conn: Connection) -> list[list[object]]:
    """Return every row of the guarded tables."""
    return [[tuple(row) for row in conn.execute(select(table))] for table in (LEAF, TREE, TILE, CHECKPOINT, ANCHOR)]


@pytest.mark.parametrize(
    "honest",
    [leaf("600"), tile(0, "2"), tile(1, "0"), checkpoint("2", 600), anchor("1", 0)],
)
def test_the_next_row_is_accepted(filled: Connection, honest: str) -> None:
    """The guards let through what continues the log."""
    assert run(filled, honest).rowcount == 1


@pytest.mark.parametrize("attack", [tree("1, 0, x'00'"), tree("1, 7, x''"), tree("2, 0, x''"), tree("NULL, 0, x''")])
def test_a_log_begins_with_the_empty_head(conn: Connection, attack: str) -> None:
    """A first head that claims entries is refused."""
    with pytest.raises(IntegrityError):
        run(conn, attack)


def test_a_head_cannot_begin_again_over_existing_entries(conn: Connection) -> None:
    """Entries without a head are not given a fresh one."""
    run(conn, leaf("0"))
    with pytest.raises(IntegrityError):
        append(conn, [Entry(event=Event.PLANNED, time="2026-11-23T01:02:03.456Z")])


def test_an_entry_that_skips_the_log_is_refused_by_the_next_append(filled: Connection) -> None:
    """A leaf put in beside the head collides with the next honest one."""
    run(filled, leaf("600"))
    with pytest.raises(IntegrityError):
        append(filled, [Entry(event=Event.PLANNED, time="2026-11-23T01:02:03.456Z")])


def test_secrets_and_notes_can_be_erased(filled: Connection) -> None:
    """The one erasable table takes deletions."""
    row = {"source_id": "tinh-a", "case_key": "D1-1", "kind": "secret", "commitment": "a" * 64, "value": bytes(32)}
    filled.execute(insert(ERASABLE).values(**row))
    filled.execute(delete(ERASABLE))
    assert filled.execute(select(func.count()).select_from(ERASABLE)).scalar_one() == 0


def test_a_fresh_ledger_lacks_no_guard(conn: Connection) -> None:
    """What migrations create is what the check expects."""
    assert missing_guards(conn) == []


EVERY_GUARD = [(database, name) for database in DATABASES for name in guard_names(database)]

each_guard = pytest.mark.parametrize(("database", "name"), EVERY_GUARD, indirect=["database"])


@each_guard
def test_a_dropped_guard_is_named(conn: Connection, name: str) -> None:
    """Each guard is missed when it is gone."""
    drop_guard(conn, name)
    assert missing_guards(conn) == [name]


@ON_SQLITE
@pytest.mark.parametrize("statement", guard_statements("sqlite"))
def test_a_guard_in_another_wording_is_named(conn: Connection, statement: str) -> None:
    """A guard of the right name that does nothing counts as missing."""
    name = statement.split()[2]  # CREATE TRIGGER <name>
    drop_guard(conn, name)
    conn.exec_driver_sql(re.sub(r"SELECT RAISE\(.*?\);", "SELECT 1;", statement))
    assert missing_guards(conn) == [name]


@ON_POSTGRES
@pytest.mark.parametrize("name", guard_names("postgresql"))
@pytest.mark.parametrize("how", ["DISABLE", "ENABLE", "ENABLE REPLICA"])
def test_a_guard_that_does_not_always_fire_is_named(conn: Connection, name: str, how: str) -> None:
    """Switched off, or only for some sessions."""
    conn.exec_driver_sql(f"ALTER TABLE {table_of_guard('postgresql')[name]} {how} TRIGGER {name}")
    assert missing_guards(conn) == [name]


HOLLOW = "AS $$ BEGIN RETURN NEW; END; $$"

ALTERED = {
    "a function that lets everything through": (
        f"CREATE OR REPLACE FUNCTION audit_leaf_next() RETURNS trigger LANGUAGE plpgsql {HOLLOW}",
        ["audit_leaf_next_only"],
    ),
    "a function that several guards call": (
        f"CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql {HOLLOW}",
        [name for name in guard_names("postgresql") if re.search("no_(update|delete|truncate)$", name)],
    ),
    "a function that looks for tables elsewhere": (
        "ALTER FUNCTION audit_leaf_next() SET search_path = pg_temp, public",
        ["audit_leaf_next_only"],
    ),
    "a function that looks for tables anywhere": (
        "ALTER FUNCTION audit_leaf_next() RESET ALL",
        ["audit_leaf_next_only"],
    ),
    "another condition": (
        (
            "CREATE OR REPLACE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf FOR EACH ROW"
            " WHEN (OLD.idx > 5) EXECUTE FUNCTION audit_refuse();"
            " ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_no_delete"
        ),
        ["audit_leaf_no_delete"],
    ),
    "another moment": (
        (
            "CREATE OR REPLACE TRIGGER audit_leaf_no_delete BEFORE UPDATE ON audit_leaf FOR EACH ROW"
            " EXECUTE FUNCTION audit_refuse(); ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_no_delete"
        ),
        ["audit_leaf_no_delete"],
    ),
    "another function of the same name": (
        (
            "CREATE SCHEMA other; CREATE FUNCTION other.audit_refuse() RETURNS trigger LANGUAGE plpgsql"
            f" SET search_path FROM CURRENT {HOLLOW};"
            " CREATE OR REPLACE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf FOR EACH ROW"
            " EXECUTE FUNCTION other.audit_refuse();"
            " ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_no_delete"
        ),
        ["audit_leaf_no_delete"],
    ),
}


@ON_POSTGRES
@pytest.mark.parametrize(("alteration", "names"), ALTERED.values(), ids=ALTERED.keys())
def test_an_altered_guard_on_a_server_is_named_and_mended(conn: Connection, alteration: str, names: list[str]) -> None:
    """Its definition, its function and where that looks for tables are compared; installing again restores them."""
    conn.exec_driver_sql(alteration)
    found = missing_guards(conn)
    install_guards(conn)
    assert (found, missing_guards(conn)) == (names, [])


def test_a_guard_is_put_back(filled: Connection) -> None:
    """Installing again restores what was dropped, also beside entries, and leaves the rest alone."""
    drop_guard(filled, "audit_leaf_no_delete")
    drop_guard(filled, "audit_tree_first_only")
    install_guards(filled)
    assert missing_guards(filled) == []


@ON_SQLITE
def test_an_altered_guard_in_a_file_is_replaced(conn: Connection) -> None:
    """By the one that should be there."""
    drop_guard(conn, "audit_leaf_no_update")
    conn.exec_driver_sql("CREATE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf BEGIN SELECT 1; END")
    install_guards(conn)
    assert missing_guards(conn) == []


def test_guards_hold_for_a_later_connection(engine: Engine) -> None:
    """The guards are in the database, not in the process that made it."""
    with engine.begin() as conn:
        append(conn, [Entry(event=Event.PLANNED, time="2026-11-23T01:02:03.456Z")])
    with engine.connect() as conn, conn.begin(), pytest.raises(IntegrityError):
        conn.exec_driver_sql("DELETE FROM audit_leaf")
    with engine.connect() as conn:
        assert head(conn).size == 1
