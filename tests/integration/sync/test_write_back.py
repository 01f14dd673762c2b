"""What the local system is told: its national id and the time, nothing else, and never in the way of anything."""

from dataclasses import replace

import pytest

from sync_agent.errors import ConfigError
from sync_agent.ledger import write_back_counts
from sync_agent.sync import adopt
from tests.support.houses import House, Houses

SECTION = """
write_back:
  case:
    update: UPDATE vu_viec SET ma_qg = :national_id, qg_luc = :acknowledged_at WHERE 'V' || id = :case_key
    sets: [vu_viec.ma_qg, vu_viec.qg_luc]
  processing:
    update: UPDATE xu_ly SET da_gui = 1 WHERE 'V' || vu_viec = :case_key
    sets: [xu_ly.da_gui]
  settlement:
    update: UPDATE quyet_dinh SET ma_qg = :national_id WHERE CAST(id AS text) = :local_key
    sets: [quyet_dinh.ma_qg]
"""
ON = '[write_back]\nurl = "sqlite:///local.db"'


def telling(house: House, section: str = SECTION, *, on: bool = True) -> House:
    """Return the house with a profile that names what is written back, and with an account to do so."""
    house.local.execute("ALTER TABLE vu_viec ADD COLUMN qg_luc TEXT")
    path = house.folder / "profile.yaml"
    path.write_text(path.read_text(encoding="utf-8") + section, encoding="utf-8")
    return house.edited("agent.toml", "[delivery]", f"{ON}\n[delivery]") if on else house.reopened()


@pytest.fixture
def told(make_house: Houses) -> House:
    """Return a house whose local system is told."""
    return telling(make_house())


def local(house: House, sql: str) -> list[tuple[object, ...]]:
    """Return rows of the local system."""
    with house.local.connected() as connection:
        return connection.execute(sql).fetchall()


def trail(house: House) -> list[tuple[str, str | None]]:
    """Return what the log says of it: event and reason."""
    return [(e.event.value, e.reason) for e in house.entries() if e.event in {"written_back", "write_back_failed"}]


def test_nothing_is_written_unless_it_is_asked_for(make_house: Houses) -> None:
    """A profile that names updates does nothing without an account to make them."""
    house = telling(make_house(), on=False)
    house.local.case(1)
    house.sync()
    assert (local(house, "SELECT ma_qg, qg_luc FROM vu_viec"), house.select("SELECT * FROM write_back")) == (
        [(None, None)],
        [],
    )


def test_the_local_system_gets_the_id_and_the_time(told: House) -> None:
    """In its own time zone, in the pass that got the acknowledgement, with an entry."""
    key = told.local.case(1)
    told.sync()
    message = told.message(key)
    assert message.ack_at is not None
    assert local(told, "SELECT ma_qg, substr(qg_luc, 1, 16) FROM vu_viec") == [(message.ack_id, "2026-11-02 10:00")]
    assert trail(told) == [("written_back", None)]


def test_every_named_step_is_told_by_its_own_key(told: House) -> None:
    """Two decisions, each with its id; a step without an id by a flag; a step that is not named not at all."""
    key = told.local.full(1)
    told.sync()
    ids = [(told.message(key, "settlement", each).ack_id,) for each in ("11", "12")]
    assert local(told, "SELECT ma_qg FROM quyet_dinh ORDER BY id") == ids
    assert (local(told, "SELECT da_gui FROM xu_ly"), local(told, "SELECT ma_qg FROM thi_hanh")) == ([(1,)], [(None,)])


def test_what_was_written_is_no_change_of_the_case(told: House) -> None:
    """Not even where the update moves the change time: the case reads as before and nothing goes up."""
    told.local.execute(
        "CREATE TRIGGER touch AFTER UPDATE OF ma_qg ON vu_viec BEGIN"
        " UPDATE vu_viec SET sua_luc = '2026-11-02 10:05:00' WHERE id = NEW.id; END"
    )
    key = told.local.full(1)
    told.sync()
    before = told.select("SELECT rev, last_digest FROM case_state")
    for _ in range(3):
        told.clock.move(minutes=2)
        told.sync(full=True)
    assert (told.select("SELECT rev, last_digest FROM case_state"), len(told.gateway.sent)) == (before, 6)
    assert (told.rules(key), len(trail(told))) == (set(), 4)


def test_an_update_is_told_again_with_its_time(told: House) -> None:
    """Each acknowledgement has its own."""
    told.local.case(1)
    told.sync()
    told.clock.move(hours=1)
    told.local.change(1, noi_dung="Nội dung mới")
    told.sync()
    assert local(told, "SELECT substr(qg_luc, 1, 16) FROM vu_viec") == [("2026-11-02 11:00",)]


@pytest.mark.parametrize(("where", "reason"), [("0 = 1", "no_row"), ("1 = 1", "several_rows")])
def test_exactly_one_row_must_change(make_house: Houses, where: str, reason: str) -> None:
    """An update that hits none or several is taken back; what goes up is not held up by it."""
    house = telling(make_house(), SECTION.replace("'V' || id = :case_key", f"{where} OR :case_key = ''"))
    for number in (1, 2):
        house.local.case(number)
    report = house.sync()
    assert (local(house, "SELECT DISTINCT ma_qg FROM vu_viec"), len(house.gateway.sent)) == ([(None,)], 2)
    assert (report.told["not_written_back"], trail(house)) == (2, [("write_back_failed", reason)] * 2)


def test_what_failed_is_tried_again_later_and_later(told: House) -> None:
    """Not at once with every pass; the log is told once of the same trouble."""
    told.local.execute("CREATE TRIGGER refuse BEFORE UPDATE OF ma_qg ON vu_viec BEGIN SELECT RAISE(FAIL, 'no'); END")
    told.local.case(1)
    told.sync()
    told.sync()
    ((attempts,),) = told.select("SELECT attempts FROM write_back")
    told.clock.move(hours=7)
    told.sync()
    told.local.execute("DROP TRIGGER refuse")
    told.clock.move(hours=7)
    told.sync()
    assert (attempts, trail(told)) == (1, [("write_back_failed", "other"), ("written_back", None)])


def test_an_unreachable_local_account_keeps_nothing_from_going_up(told: House) -> None:
    """One is tried, the rest waits; all are told when it can be reached."""
    for number in (1, 2, 3):
        told.local.case(number)
    away = told.edited("agent.toml", ON, ON.replace("local.db", "nowhere.db"))
    report = away.sync()
    away.clock.move(hours=7)
    back = away.edited("agent.toml", "nowhere.db", "local.db")
    later = back.sync()
    assert (report.delivered.outcomes["acknowledged"], report.told["not_written_back"]) == (3, 1)
    assert (later.told["written_back"], trail(back)[0]) == (3, ("write_back_failed", "no_file"))


def test_what_was_acknowledged_before_a_pass_broke_off_is_told_by_the_next(told: House) -> None:
    """What is to be told is queued in the ledger, not in memory."""
    told.local.case(1)
    writer = told.agent.writer
    assert writer is not None
    deaf = replace(told, agent=replace(told.agent, writer=None))
    deaf.sync()
    told.local.case(2)
    told.unreachable_once()
    assert local(told, "SELECT ma_qg IS NOT NULL FROM vu_viec WHERE id = 1") == [(1,)]


def test_a_full_scan_tells_again_what_a_restored_database_forgot(told: House) -> None:
    """An older copy of the local system was put back: ids are missing that were there."""
    key = told.local.case(1)
    told.sync()
    told.local.execute("UPDATE vu_viec SET ma_qg = NULL, qg_luc = NULL")
    told.sync()
    forgotten = local(told, "SELECT ma_qg FROM vu_viec")
    told.sync(full=True)
    assert (forgotten, local(told, "SELECT ma_qg FROM vu_viec")) == ([(None,)], [(told.message(key).ack_id,)])


def test_what_was_there_before_is_told_once_it_is_wanted(make_house: Houses) -> None:
    """Of what was sent; what was taken over by its local id stands there already."""
    house = telling(make_house(), on=False)
    house.local.case(1)
    house.local.case(2, ma_qg="9c6f2f0e-5d8a-4f0c-9a35-0c8d6a1b2c3d")
    adopt(house.agent, actor="os:lan")
    house.sync()
    on = house.edited("agent.toml", "[delivery]", f"{ON}\n[delivery]")
    report = on.sync()
    assert (report.told["written_back"], local(on, "SELECT count(qg_luc) FROM vu_viec")) == (1, [(1,)])


def test_an_id_of_somebody_else_is_still_a_finding(told: House) -> None:
    """Only what was told from here is an echo."""
    key = told.local.case(1)
    told.sync()
    told.local.change(1, ma_qg="9c6f2f0e-5d8a-4f0c-9a35-0c8d6a1b2c3d")
    told.sync()
    assert "foreign_writer" in told.rules(key)


def test_a_case_that_is_gone_is_not_told(told: House) -> None:
    """Its row is no longer there to be changed; nobody is bothered with it for ever."""
    told.local.case(1)
    told.local.case(2)
    told.local.execute("CREATE TRIGGER refuse BEFORE UPDATE OF ma_qg ON vu_viec BEGIN SELECT RAISE(FAIL, 'no'); END")
    told.sync()
    told.local.execute("DELETE FROM vu_viec WHERE id = 2")
    for _ in range(2):
        told.clock.move(days=1)
        told.sync(full=True)
    with told.agent.ledger.read() as connection:
        assert write_back_counts(connection, "nho") == {"other": 1}


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        (SECTION.replace("vu_viec.qg_luc", "vu_viec.noi_dung"), "of which cases are made"),
        (SECTION.replace("[vu_viec.ma_qg, vu_viec.qg_luc]", "[vu_viec.qg_luc]"), "does not set ma_qg"),
        (SECTION.replace("vu_viec.qg_luc", "vu_vien.qg_luc"), "unknown part"),
        (SECTION.replace("UPDATE xu_ly", "DELETE FROM xu_ly WHERE 1 = 1; UPDATE xu_ly"), "one UPDATE"),
        (SECTION.replace(":national_id, qg_luc", ":ho_ten, qg_luc"), ":ho_ten"),
        (SECTION.replace("  processing:", "  procesing:"), "did you mean processing"),
    ],
)
def test_a_profile_that_would_write_what_it_reads_is_refused(make_house: Houses, section: str, problem: str) -> None:
    """What the agent writes must not be what it sends, and only what it knows may be written."""
    house = make_house()
    with pytest.raises(ConfigError) as caught:
        telling(house, section)
    assert problem in str(caught.value)


def test_an_account_without_an_update_is_refused(make_house: Houses) -> None:
    """Somebody thinks the local system is told, and it is not."""
    with pytest.raises(ConfigError, match="names nothing to write back"):
        make_house(extra=ON)
