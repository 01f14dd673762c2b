"""Erasing a case: what ties log and ledger to it is gone, also from copies; all else stays as it was."""

import shutil
from pathlib import Path

import pytest

from sync_agent.audit import Seals, destroyed_owners, finish_erasures, head, recompute_root
from sync_agent.audit.tables import ERASABLE
from sync_agent.errors import AuditError, ConfigError, LedgerError, SyncAgentError
from sync_agent.ledger import erasure, known_by_key
from sync_agent.ledger.verification import verify
from sync_agent.sync import declare_restored, erasable_since, erase, erase_old
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH, ON_SQLITE

CASE_TABLES = ("case_state", "message", "finding", "case_group")


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house with two cases that went up with all their steps."""
    made = make_house(page=50, workers=1)
    made.local.full(1)
    made.local.full(2)
    made.sync()
    return made


def erased(house: House, key: str = "V1", **options: str) -> bool:
    """Erase a case."""
    return erase(house.agent, key, reason="luat_91_2025", actor="os:lan", **options)


def held(house: House) -> dict[str, int]:
    """Count the rows about cases by table."""
    tables = (*CASE_TABLES, "audit_erasable")
    return {table: house.select(f"SELECT count(*) FROM {table}")[0][0] for table in tables}  # noqa: S608 - of the test


def copied(house: House) -> Path:
    """Keep a copy of the ledger as it is now."""
    house.agent.ledger.engine.dispose()
    shutil.copy(house.agent.settings.state / "ledger.db", house.folder / "copy.db")
    return house.folder / "copy.db"


def put_back(house: House, copy: Path) -> House:
    """Put an older copy in the place of the ledger, and open it as another process would."""
    house.agent.ledger.engine.dispose()
    for path in house.agent.settings.state.glob("ledger.db*"):
        path.unlink()
    shutil.copy(copy, house.agent.settings.state / "ledger.db")
    return house.reopened()


# what is left


@ON_BOTH
def test_nothing_of_the_case_is_left_but_its_mark(house: House) -> None:
    """Neither its key, nor an Id, nor a secret; the other case stays whole, and the log as it was."""
    before = held(house)
    erased(house)
    keys = [key for (key,) in house.select("SELECT case_key FROM case_state")]
    owners = {key for (key,) in house.select("SELECT case_key FROM audit_erasable")}
    assert (keys, owners) == (["V2"], {"V2", ""})
    assert held(house) == {table: count // 2 for table, count in before.items()} | {"audit_erasable": 2}
    assert house.select("SELECT source_id, length(mark) FROM erased_case") == [("nho", 64)]
    with house.agent.ledger.read() as connection:
        assert recompute_root(connection) == head(connection)


def test_an_entry_says_who_and_on_what_basis(house: House) -> None:
    """Of the subject, which nobody can tie to the case any more."""
    with house.agent.ledger.read() as connection:
        subject = known_by_key(connection, "nho", ["V1"])["V1"].subject
    erased(house, note="Theo đơn của người gửi")
    entry = house.entries()[-1]
    assert (entry.event, entry.actor, entry.reason, entry.subject) == ("erased", "os:lan", "luat_91_2025", subject)


def test_a_verification_takes_the_case_as_closed(house: House) -> None:
    """Neither tampered with nor missing."""
    erased(house)
    house.sync()
    found = verify(house.agent.ledger)
    assert (found.tampered, found.findings.total) == (False, 0)


@ON_SQLITE
def test_the_file_holds_no_byte_of_it(house: House) -> None:
    """Neither its key nor its national Id; written anew, with nothing beside it."""
    house.agent.ledger.engine.dispose()
    ack_id = house.message("V1").ack_id or ""
    assert erased(house)
    content = b"".join(path.read_bytes() for path in house.agent.settings.state.glob("ledger.db*"))
    assert (b"V2" in content, ack_id.encode() in content) == (True, False)


# what comes after


def test_it_is_neither_read_nor_sent_again(house: House) -> None:
    """Not by a full scan either, nor does it count as missing."""
    sent = len(house.gateway.sent)
    erased(house)
    for _ in range(3):
        house.clock.move(hours=1)
        report = house.sync(full=True)
        assert report.scanned is not None
        assert (report.scanned.read, report.scanned.missing) == (1, 0)
    assert (len(house.gateway.sent), held(house)["case_state"]) == (sent, 1)


def test_a_change_of_it_is_something_for_a_person(house: House) -> None:
    """Once, until somebody has looked; and nothing goes up."""
    erased(house)
    house.clock.move(hours=1)
    house.local.change(1, noi_dung="Mới")
    sent = len(house.gateway.sent)
    for _ in range(2):
        house.sync()
    with house.agent.ledger.read() as connection:
        assert erasure.erased_counts(connection, "nho") == (1, 1)
    erased(house)
    with house.agent.ledger.read() as connection:
        assert erasure.erased_counts(connection, "nho") == (1, 0)
    events = [event for event in house.events() if event.startswith("erased")]
    assert (events, len(house.gateway.sent)) == (["erased", "erased_changed", "erased_seen"], sent)


def test_an_open_outcome_is_settled_first(make_house: Houses) -> None:
    """Else it would never be known whether the record is there."""
    house = make_house(workers=1)
    house.local.case(1)
    house.gateway.before = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        house.sync()
    house.gateway.before = None
    with pytest.raises(SyncAgentError, match="nobody knows yet"):
        erased(house)
    assert held(house)["case_state"] == 1


# copies


@ON_SQLITE
def test_a_copy_from_before_does_not_bring_it_back(house: House) -> None:
    """Its secret opens nowhere any more, and declaring the copy erases the case again; the others go on."""
    copy = copied(house)
    erased(house)
    older = put_back(house, copy)
    with older.agent.ledger.read() as connection:
        assert set(destroyed_owners(connection, "nho")) == {"V1"}
        with pytest.raises(LedgerError, match="no secret any more"):
            known_by_key(connection, "nho", ["V1"])
    declare_restored(older.agent, reason="disk", actor="os:lan")
    sent = len(older.gateway.sent)
    older.clock.move(hours=1)
    older.sync(full=True)
    assert (held(older)["case_state"], len(older.gateway.sent)) == (1, sent)
    with older.agent.ledger.read() as connection:
        assert (set(destroyed_owners(connection, "nho")), erasure.erased_counts(connection, "nho")) == (set(), (1, 0))


@pytest.mark.parametrize("cut", ["before the commit", "before the keys", "after the keys"])
@ON_SQLITE
def test_an_erasure_cut_short_is_finished_or_undone(house: House, monkeypatch: pytest.MonkeyPatch, cut: str) -> None:
    """Never half: either the case is as it was, or its secret opens in no copy."""
    copy = copied(house)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    places = {
        "before the commit": (erasure, "_remove"),
        "before the keys": (Seals, "destroy"),
        "after the keys": (Seals, "settle"),
    }
    with monkeypatch.context() as patched:
        patched.setattr(*places[cut], stop)
        with pytest.raises(KeyboardInterrupt):
            erased(house)
    again = house.reopened()
    again.sync()
    assert held(again)["case_state"] == (2 if cut == "before the commit" else 1)
    assert not Seals(again.agent.settings.state).intended
    older = put_back(again, copy)
    with older.agent.ledger.read() as connection:
        assert set(destroyed_owners(connection, "nho")) == (set() if cut == "before the commit" else {"V1"})


def test_a_number_is_never_given_out_twice(house: House) -> None:
    """The newest case is erased: what comes next is sealed by another key."""
    before = {n for (n,) in house.select("SELECT number FROM audit_erasable")}
    erased(house, "V2")
    house.local.case(3)
    house.sync()
    after = {n for (n,) in house.select("SELECT number FROM audit_erasable")}
    assert (before, after) == ({0, 1}, {0, 2, 3})


def test_a_secret_of_another_installation_does_not_open(house: House) -> None:
    """One line says so, as of a tampered one."""
    house.agent.settings.state.joinpath("seals.key").unlink()
    Seals(house.agent.settings.state).make()
    with pytest.raises(AuditError, match="does not open"):
        house.reopened().sync()


def test_a_missing_key_says_so(house: House) -> None:
    """And no other is made in its place."""
    house.agent.settings.state.joinpath("seals.key").unlink()
    with pytest.raises(ConfigError, match=r"seals\.key.*cannot be read"):
        house.reopened().sync()


# retention


def test_nothing_younger_than_a_year_is_erased_by_its_age(house: House) -> None:
    """Whatever is asked."""
    with pytest.raises(ConfigError, match="at least 12 months"):
        erasable_since(house.agent, 11)
    house.clock.move(days=360)
    assert erasable_since(house.agent, 12) == []


def test_what_rested_for_long_is_erased_and_what_is_open_is_not(house: House) -> None:
    """A message that waits is an open matter."""
    house.local.case(3)
    house.unreachable_once()
    house.clock.move(days=400)
    old = erasable_since(house.agent, 12)
    erase_old(house.agent, old, reason="het_han", actor="os:lan")
    assert house.select("SELECT case_key FROM case_state") == [("V3",)]


def test_the_secrets_in_the_database_are_sealed(house: House) -> None:
    """A copy of it alone opens none."""
    with house.agent.ledger.read() as connection:
        values = connection.execute(ERASABLE.select()).all()
        assert [len(row.value) > 32 and row.number is not None for row in values] == [True, True]
        assert finish_erasures(connection) == 0
