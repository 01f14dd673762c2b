"""The attack table: whatever is changed past the agent, `verify` names it."""

# ruff: noqa: S608 - statements of an intruder, made of names in this file

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, Integer, LargeBinary
from sqlmodel import SQLModel

from sync_agent.audit import CheckpointReason, Event, KeyFile, Kind, guard_names, open_channel, text_of
from sync_agent.audit.anchor_settings import FileAnchor
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.ledger import (
    HeadFile,
    HeadKeeper,
    Ledger,
    Outside,
    Verification,
    accesslog,
    accounts,
    migrate,
    open_engine,
    sign,
    verify,
)
from sync_agent.ledger.replay import PROVED
from sync_agent.national import Refused
from sync_agent.sync.holds import reject
from sync_agent.sync.lift import lift
from sync_agent.sync.persons import decline_adoption
from tests.support.guards import without_guards
from tests.support.houses import SECRET_ENV, House, Houses
from tests.support.servers import POSTGRES, fresh_database

FOLDER = FileAnchor(name="volume", kind="file", folder=Path("volume"), remote=True)

EVIDENCE = sorted(
    (table.name, column.name)
    for table in SQLModel.metadata.tables.values()
    for column in table.columns
    if column.info["proof"] == "evidence"
)


@dataclass(frozen=True)
class Scene:
    """A ledger with a history, closed: its folder is copied for every attack."""

    folder: Path
    house: House
    yesterday: Path  # the ledger as it was before the last pass

    @property
    def outside(self) -> Outside:
        """The places outside that the installation has."""
        return Outside((FOLDER,), self.folder)


def a_history(house: House) -> Path:
    """Let every kind of row come about; return a copy of the ledger from before the end."""
    ledger, keeper = house.agent.ledger, heads_of(house)
    (house.folder / "volume").mkdir()
    keeper.channels = (open_channel(FOLDER, house.folder),)
    for number in (1, 2):
        house.local.full(number)
    for number in (3, 4):
        house.local.denunciation(number)
    for number in (6, 7):
        house.local.case(number)
        house.local.insert("tep", vu_viec=number, ten="đơn.pdf", duong_dan="don.pdf")
    house.answers(Refused("missing_field", "▢", 200, "x", b"x"))
    house.sync()
    _let_people_decide(house)
    _let_people_in(ledger)
    with ledger.write() as tx:
        for _ in range(300):
            tx.record(Event.NATIONAL_UP, account="tinh")
    keeper.rotate(ledger, "os:lan")
    keeper.take_out(ledger, keeper.sign(ledger, CheckpointReason.PERSON), asked=True)
    yesterday = house.folder / "yesterday.db"
    if (house.folder / "state" / "ledger.db").exists():  # not on a server
        _copy(house.folder / "state" / "ledger.db", yesterday)
    house.local.execute("DELETE FROM vu_viec WHERE id = 2")
    for _ in range(2):
        house.clock.move(hours=7)
        house.sync(full=True)
    assert accesslog.close_access_days(ledger) == 1
    decline_adoption(house.agent, reason="none_yet", actor="os:lan")
    _sign_by_two(ledger)
    keeper.take_out(ledger, keeper.sign(ledger, CheckpointReason.PERSON), asked=True)
    return yesterday


def _let_people_decide(house: House) -> None:
    house.local.change(4, loai="KN", linh_vuc="KN.01.02", noi_dung="Không phải tố cáo")
    house.sync()
    lift(house.agent, "V4", reason="kind_was_wrong", actor="os:lan")
    house.release("V6", "file_missing")
    reject(house.agent, "V7", "file_missing", reason="wrong_file", actor="os:minh")


def _let_people_in(ledger: Ledger) -> None:
    with ledger.write(actor="os:lan") as tx:
        accounts.add_account(tx, "lan", accounts.Role.OPERATOR, frozenset(), "kept one")
        accounts.add_account(tx, "minh", accounts.Role.AUDITOR, frozenset({"H217.01", "H217.02"}), "kept two")
        accounts.set_password(tx, "lan", "kept three")
        accounts.disable_account(tx, "lan")
        accounts.enable_account(tx, "lan")
        accounts.disable_account(tx, "minh")
        accesslog.note_access(tx, "case", 200, account="lan", case_id=1, origin="O-AAAAAAAAAA")


def _sign_by_two(ledger: Ledger) -> None:
    content: dict[str, Any] = {"open": []}
    policy = hashlib.sha256(canonical_bytes(content)).hexdigest()
    for actor in ("os:lan", "os:minh"):
        with ledger.write(actor=actor) as tx:
            sign(tx, policy, actor, content=content, reason="asked_for", four_eyes=True)


def heads_of(house: House) -> HeadKeeper:
    """Return what signs the heads of a house."""
    assert house.agent.ledger.heads is not None
    return house.agent.ledger.heads


def _copy(path: Path, to: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Return the history, made once."""
    with pytest.MonkeyPatch.context() as patched, ExitStack() as stack:
        patched.setenv(SECRET_ENV, "bí-mật-thử")
        house = Houses(tmp_path_factory.mktemp("scene"), stack)()
        yesterday = a_history(house)
        yield Scene(house.folder, house, yesterday)


class Copy:
    """A copy of the scene that an intruder may write to."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene, self.folder = scene, folder
        shutil.copytree(scene.folder / "volume", folder / "volume")
        (folder / "state").mkdir()
        for name in ("audit.pub", "ledger.head"):
            shutil.copy(scene.folder / "state" / name, folder / "state")
        self.path = folder / "state" / "ledger.db"
        _copy(scene.folder / "state" / "ledger.db", self.path)

    def attack(self, *statements: str, values: Sequence[object] = ()) -> None:
        """Write past guards and checks, as whoever owns the file can."""
        with closing(sqlite3.connect(self.path)) as conn, conn:
            for name in guard_names("sqlite"):
                conn.execute(f"DROP TRIGGER {name}")
            conn.execute("PRAGMA ignore_check_constraints = ON")
            for statement in statements:
                conn.execute(statement, values)

    def verify(self, **changes: Any) -> Verification:
        """Verify what is there now."""
        house = self.scene.house
        engine = open_engine(f"sqlite:///{self.path}", create=False)
        engine.update_execution_options(**house.agent.ledger.engine.get_execution_options())
        state = self.folder / "state"
        keeper = replace(heads_of(house), key=KeyFile(state, heads_of(house).key.name))
        outside = Outside((FOLDER,), self.folder, **changes)
        try:
            return verify(Ledger(engine, source_id="nho", outside=HeadFile(state), heads=keeper), outside)
        finally:
            engine.dispose()

    def found(self, **changes: Any) -> set[str]:
        """Return the codes of what is found, but for the guards that an attack takes away."""
        return {each.code for each in self.verify(**changes).findings.listed} - {"guard_missing"}


@pytest.fixture
def copy(scene: Scene, tmp_path: Path) -> Copy:
    """Return a copy to attack."""
    return Copy(scene, tmp_path)


def test_a_whole_history_is_sound(copy: Copy) -> None:
    """Nothing is found where nothing was done."""
    found = copy.verify()
    assert [(each.code, each.facts) for each in found.findings.listed] == []
    assert (found.anchored, found.log.size - found.anchored, found.unsigned) == (found.log.size, 0, 0)


def test_the_history_has_every_kind_of_row(copy: Copy) -> None:
    """So that no mutation below is one of nothing."""
    with closing(sqlite3.connect(copy.path)) as conn:
        empty = [
            f"{table}.{column}"
            for table, column in EVIDENCE
            if not conn.execute(f"SELECT count({column}) FROM {table}").fetchone()[0]
        ]
    assert empty == ["audit_anchor.receipt"]


def test_every_evidence_column_is_replayed_or_made_anew() -> None:
    """One that is added later must be too."""
    ledger = {(table, column) for table, column in EVIDENCE if not table.startswith("audit_")}
    assert ledger == {(table, column) for table, columns in PROVED.items() for column in columns}


def other_value(table: str, column: str, value: object) -> object:
    """Return another value of the form a column has."""
    kind = SQLModel.metadata.tables[table].c[column].type
    if isinstance(kind, Integer):
        return int(str(value or 0)) + 1000
    if isinstance(kind, LargeBinary):
        return bytes(len(value)) if isinstance(value, bytes) else b"forged"
    if "TIME" in str(kind).upper() or isinstance(kind, DateTime) or column in {"signed_at", "bound_at"}:
        return "2020-01-01 00:00:00.000000"
    return "0" * 64 if len(str(value or "")) == 64 else "forged"


@pytest.mark.parametrize(("table", "column"), EVIDENCE)
def test_a_changed_value_is_named_with_its_table_and_column(copy: Copy, table: str, column: str) -> None:
    """Of every column that is evidence, of whatever table."""
    with closing(sqlite3.connect(copy.path)) as conn:
        row = f"SELECT rowid, {column} FROM {table} ORDER BY {column} IS NULL, rowid DESC LIMIT 1"
        rowid, value = conn.execute(row).fetchone()
    copy.attack(f"UPDATE {table} SET {column} = ? WHERE rowid = {rowid}", values=[other_value(table, column, value)])
    found = copy.verify()
    named = [each for each in found.findings.listed if each.table == table and column in each.column.split(", ")]
    assert (found.tampered, named != []) == (True, True)


ADD_ENTRY = """INSERT INTO audit_leaf SELECT 1 + (SELECT max(idx) FROM audit_leaf), entry, leaf_hash, event, subject
    FROM audit_leaf WHERE idx = 9"""
ADD_HEAD = """INSERT INTO audit_checkpoint SELECT 1 + (SELECT max(number) FROM audit_checkpoint), size, root, note,
    signed_at, reason FROM audit_checkpoint WHERE number = 1"""
ADD_MESSAGE = """INSERT INTO message (case_id, step, local_key, parent_key, state, attempts, epoch, refusals)
    VALUES (1, 'settlement', 'x', '', 'acknowledged', 0, 0, 0)"""
SWAP_HEADS = """UPDATE audit_checkpoint SET (note, root, size) = (SELECT o.note, o.root, o.size
    FROM audit_checkpoint o WHERE o.number = 3 - audit_checkpoint.number) WHERE number IN (1, 2)"""
SWAP_ENTRIES = """UPDATE audit_leaf SET (entry, leaf_hash, event, subject) = (SELECT o.entry, o.leaf_hash, o.event,
    o.subject FROM audit_leaf o WHERE o.idx = 5 - audit_leaf.idx) WHERE idx IN (2, 3)"""
SWAP_ACKNOWLEDGED = """UPDATE message SET (state, ack_digest) = (SELECT o.state, o.ack_digest FROM message o
    WHERE o.id = 3 - message.id) WHERE id IN (1, 2)"""
DELETE_SECRET = """DELETE FROM audit_erasable WHERE kind = 'secret'
    AND case_key = (SELECT min(case_key) FROM case_state)"""
TABLES = ("leaf", "tree", "tile", "checkpoint", "anchor")

ATTACKS = {
    "delete an entry": (["DELETE FROM audit_leaf WHERE idx = 7"], {"entry_missing", "tree_changed"}),
    "cut the tail": (["DELETE FROM audit_leaf WHERE idx > 200"], {"tree_changed", "head_not_of_log", "outside_ahead"}),
    "delete the head of the tree": (["DELETE FROM audit_tree"], {"tree_changed"}),
    "delete a tile": (["DELETE FROM audit_tile"], {"tile_missing"}),
    "delete a signed head": (["DELETE FROM audit_checkpoint WHERE number = 1"], {"head_missing", "head_chain"}),
    "delete the newest signed head": (
        ["DELETE FROM audit_checkpoint WHERE number = (SELECT max(number) FROM audit_checkpoint)"],
        {"note_not_kept", "anchor_head_missing"},
    ),
    "delete all signed heads": (["DELETE FROM audit_checkpoint"], {"head_missing", "note_not_kept"}),
    "delete a message": (["DELETE FROM message WHERE id = 1"], {"row_missing"}),
    "delete a finding": (["DELETE FROM finding WHERE id = (SELECT max(id) FROM finding)"], {"row_missing"}),
    "delete a case": (
        [f"DELETE FROM {table} WHERE case_id = 1" for table in ("message", "finding", "case_group")]
        + ["DELETE FROM case_state WHERE id = 1"],
        {"row_missing"},
    ),
    "delete the environment": (["DELETE FROM environment"], {"row_missing"}),
    "delete a signature": (["DELETE FROM policy_signature"], {"row_missing"}),
    "add an account": (
        ["INSERT INTO account SELECT 'di', role, agencies, password, created_at, NULL, 1 FROM account LIMIT 1"],
        {"row_without_entry"},
    ),
    "let a disabled account in": (["UPDATE account SET disabled_at = NULL"], {"row_changed"}),
    "say that nobody looked": (["DELETE FROM access_log"], {"row_changed"}),
    "say that somebody else looked": (["UPDATE access_log SET account = 'minh'"], {"row_changed"}),
    "delete an account": (["DELETE FROM account WHERE name = 'minh'"], {"row_missing"}),
    "delete a secret": (
        [DELETE_SECRET],
        {"secret_missing"},
    ),
    "change a secret": (["UPDATE audit_erasable SET value = zeroblob(32)"], {"secret_missing"}),
    "empty the log": ([f"DELETE FROM audit_{table}" for table in TABLES], {"outside_ahead", "row_without_entry"}),
    "empty messages": (["DELETE FROM message"], {"row_missing"}),
    "add an entry": (
        [ADD_ENTRY],
        {"tree_changed"},
    ),
    "replace an entry": (
        ["INSERT OR REPLACE INTO audit_leaf SELECT 9, entry, leaf_hash, event, subject FROM audit_leaf WHERE idx = 4"],
        {"tree_changed", "tile_changed", "head_not_of_log"},
    ),
    "add a signed head": (
        [ADD_HEAD],
        {"head_changed", "head_chain"},
    ),
    "add a tile": (["INSERT INTO audit_tile SELECT 1, 0, hashes FROM audit_tile"], {"tile_extra"}),
    "add a message": (
        [ADD_MESSAGE],
        {"row_without_entry"},
    ),
    "swap entries": ([SWAP_ENTRIES], {"tree_changed", "tile_changed"}),
    "swap signed heads": ([SWAP_HEADS], {"head_chain", "head_changed"}),
    "swap what was acknowledged": ([SWAP_ACKNOWLEDGED], {"row_changed"}),
    "an entry that is none": (["UPDATE audit_leaf SET entry = x'5b5d' WHERE idx = 3"], {"entry_unreadable"}),
    "a number in its place": (["UPDATE audit_leaf SET entry = x'31' WHERE idx = 3"], {"entry_unreadable"}),
    "a note that is none": (["UPDATE audit_checkpoint SET note = x'00' WHERE number = 1"], {"head_unreadable"}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_named(copy: Copy, attack: str) -> None:
    """By what it did, and as tampering."""
    statements, codes = ATTACKS[attack]
    copy.attack(*statements)
    found = copy.verify()
    assert (codes - {each.code for each in found.findings.listed}, found.tampered) == (set(), True)


@pytest.mark.parametrize("name", guard_names("sqlite"))
def test_a_guard_that_was_taken_away_is_named(copy: Copy, name: str) -> None:
    """It is no tampering by itself, but a person must look."""
    with closing(sqlite3.connect(copy.path)) as conn, conn:
        conn.execute(f"DROP TRIGGER {name}")
    found = copy.verify()
    assert [(each.code, each.key) for each in found.findings.listed] == [("guard_missing", name)]
    assert not found.tampered


def test_yesterdays_file_is_named(copy: Copy) -> None:
    """By the head in the state folder and by those that were taken outside."""
    _copy(copy.scene.yesterday, copy.path)
    assert copy.found() == {"outside_ahead", "note_not_of_log"}


def test_yesterdays_file_is_named_by_a_saved_head_alone(copy: Copy, tmp_path: Path) -> None:
    """Although the state folder was put back too and the volume emptied: one mail that was kept is enough."""
    newest = max((copy.folder / "volume").iterdir())
    saved = tmp_path / "mail.txt"
    saved.write_bytes(newest.read_bytes().replace(b"\n", b"\r\n"))
    _copy(copy.scene.yesterday, copy.path)
    (copy.folder / "state" / "ledger.head").unlink()
    newest.unlink()
    assert copy.found(files=(saved,)) == {"outside_missing", "note_not_of_log"}


def test_a_head_signed_anew_by_another_key_is_named(copy: Copy) -> None:
    """Also when its public half was put in the place of the right one."""
    stranger = KeyFile(copy.folder, heads_of(copy.scene.house).key.name).make()
    with closing(sqlite3.connect(copy.path)) as conn:
        number, note = conn.execute("SELECT number, note FROM audit_checkpoint ORDER BY number DESC").fetchone()
    forged = stranger.sign(text_of(note))
    copy.attack(f"UPDATE audit_checkpoint SET note = ? WHERE number = {number}", values=[forged])
    shutil.copy(copy.folder / "audit.pub", copy.folder / "state" / "audit.pub")
    assert {"key_missing", "note_signature"} <= copy.found()


def test_a_log_made_anew_is_named_by_the_key_on_paper(copy: Copy, tmp_path: Path) -> None:
    """Whole and consistent in itself, but not signed by the key that was handed over."""
    paper = heads_of(copy.scene.house).key.verifiers()
    other = KeyFile(tmp_path / "state", heads_of(copy.scene.house).key.name)
    (tmp_path / "state" / "audit.pub").unlink()
    engine = open_engine(f"sqlite:///{tmp_path}/new.db", create=True)
    migrate.upgrade(engine)
    keeper = HeadKeeper(other)
    ledger = Ledger(engine, source_id="nho", heads=keeper)
    keeper.sign(ledger, CheckpointReason.PERSON)
    codes = {each.code for each in verify(ledger, Outside(keys=paper)).findings.listed}
    engine.dispose()
    assert codes == {"key_not_named"}


@pytest.mark.parametrize(("event", "codes"), [("incarnation_started", set()), ("national_up", {"head_signature"})])
def test_a_key_names_itself_in_a_copy_that_was_put_back_only(
    ledger: Ledger, tmp_path: Path, event: str, codes: set[str]
) -> None:
    """Where the old key is gone with the newer ledger; anywhere else the old one must have signed its name."""
    ledger.heads = keeper = HeadKeeper(KeyFile(tmp_path, "sync-agent/test"))
    keeper.sign(ledger, CheckpointReason.START)
    keeper.key.prepare()
    keeper.key.advance()
    with ledger.write() as tx:
        tx.record(Event(event))
        if event != "incarnation_started":
            new, old = keeper.key.verifiers()[::-1]
            digest = hashlib.sha256(str(new).encode()).hexdigest()
            named = {"old_state": old.key_id.hex(), "new_state": new.key_id.hex(), "set_digest": digest}
            tx.record(Event.KEY_ROTATED, reason="restored", **named)
    keeper.sign(ledger, CheckpointReason.START)
    found = verify(ledger, Outside(keys=keeper.key.verifiers())).findings.listed
    assert {each.code for each in found} - {"row_unknown"} == codes


def test_the_key_on_paper_is_accepted(copy: Copy) -> None:
    """The first one too, although another signs now."""
    first, *_ = heads_of(copy.scene.house).key.verifiers()
    assert copy.found(keys=(first,)) == set()


def test_a_head_that_is_no_longer_outside_is_lost_and_not_broken(copy: Copy) -> None:
    """What it covered is un-anchored again."""
    newest = max((copy.folder / "volume").iterdir())
    newest.unlink()
    found = copy.verify()
    assert [each.code for each in found.findings.listed] == ["anchor_lost"]
    assert (found.tampered, found.sound, 0 < found.anchored < found.log.size) == (False, False, True)


def test_a_volume_that_is_not_mounted_is_said(copy: Copy) -> None:
    """Nothing there was compared."""
    shutil.rmtree(copy.folder / "volume")
    found = copy.verify()
    assert ({each.code for each in found.findings.listed}, found.anchored) == ({"anchor_unreadable"}, 0)


def test_a_head_outside_that_was_never_signed_is_named(copy: Copy) -> None:
    """By whatever key."""
    path = copy.folder / "volume" / "99999999.note"
    stranger = KeyFile(copy.folder, heads_of(copy.scene.house).key.name).make()
    path.write_bytes(stranger.sign(text_of(max((copy.folder / "volume").iterdir()).read_bytes())))
    assert copy.found() == {"note_signature"}


def test_a_silence_nobody_declared_is_a_gap(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found when the pauses that are usual are shorter than those of the one who signed."""
    house = copy.scene.house
    monkeypatch.setattr(house.agent.ledger, "heads", replace(heads_of(house), every=timedelta()))
    found = verify(house.agent.ledger, copy.scene.outside)
    assert ({each.kind for each in found.findings.listed}, found.tampered) == ({Kind.GAP}, False)


def test_a_lost_part_that_was_declared_is_no_fork(copy: Copy) -> None:
    """The heads of it that are outside are known to be of what was lost."""
    house = copy.scene.house
    _copy(copy.scene.yesterday, copy.path)
    engine = open_engine(f"sqlite:///{copy.path}", create=False)
    lost = HeadFile(copy.folder / "state").read()
    assert lost is not None
    ledger = Ledger(engine, source_id="nho", clock=house.clock, outside=HeadFile(copy.folder / "state"))
    with ledger.write() as tx:
        facts = {"head_size": lost.size, "head_root": lost.root}
        tx.record(Event.INCARNATION_STARTED, reason="disk_failed", **facts)
    ledger.keep_head()
    engine.dispose()
    assert copy.found() == set()


def test_it_runs_while_somebody_writes(copy: Copy) -> None:
    """One snapshot, no lock."""
    with closing(sqlite3.connect(copy.path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert copy.found() == set()
        writer.execute("ROLLBACK")


# on a server


@pytest.fixture(scope="module")
def on_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a house with the same history whose ledger is on PostgreSQL."""
    with pytest.MonkeyPatch.context() as patched, ExitStack() as stack, fresh_database(POSTGRES) as url:
        patched.setenv(SECRET_ENV, "bí-mật-thử")
        with stack:
            house = Houses(tmp_path_factory.mktemp("server"), stack, ledger=url)()
            a_history(house)
            yield house


ON_SERVER = {
    name: ATTACKS[name]
    for name in (
        "delete an entry",
        "cut the tail",
        "delete a message",
        "add an entry",
        "swap entries",
        "delete a secret",
    )
} | {
    "change a state": (["UPDATE message SET state = 'held' WHERE id = 1"], {"row_changed"}),
    "lift a protection": (
        ["UPDATE case_state SET protected_since = NULL WHERE protected_since IS NOT NULL"],
        {"row_changed"},
    ),
    "change a head": (["UPDATE audit_checkpoint SET reason = 'stop'"], {"head_changed"}),
}


@pytest.mark.parametrize("attack", ON_SERVER)
def test_an_attack_on_a_server_is_named(on_server: House, monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    """By what it did; seen from inside the intruder's transaction, which comes to nothing."""
    statements, codes = ON_SERVER[attack]
    ledger = on_server.agent.ledger
    with ledger.engine.connect().execution_options(ledger_write=True) as conn, conn.begin() as intruder:
        without_guards(conn)
        for statement in statements:
            conn.exec_driver_sql(statement)
        monkeypatch.setattr(ledger, "read", lambda: nullcontext(conn))
        found = verify(ledger)
        intruder.rollback()
    assert (codes - {each.code for each in found.findings.listed}, found.tampered) == (set(), True)


def test_a_history_on_a_server_is_sound(on_server: House) -> None:
    """As in a file."""
    found = verify(on_server.agent.ledger, Outside((FOLDER,), on_server.folder))
    assert ([each.facts for each in found.findings.listed], found.anchored) == ([], found.log.size)
