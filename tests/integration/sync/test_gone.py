"""Full scans: what nobody announced is found, what is no longer there is gone, and doubt never is."""

from datetime import timedelta

import pytest

from sync_agent.errors import GuardError, SourceError
from sync_agent.ledger import find_case
from sync_agent.national import Unknown
from sync_agent.sync import rehearse
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH

MANY = "[guards]\nvolume_min = 100\ngone_min = 2\ngone_share = 0.0"


def gone(house: House, *keys: str) -> list[bool]:
    """Tell of each case whether it counts as gone."""
    with house.agent.ledger.read() as connection:
        found = [find_case(connection, "nho", key) for key in keys]
    return [case is not None and case.gone_since is not None for case in found]


def remove(house: House, *numbers: int) -> None:
    """Delete cases as a person with a database tool does."""
    for number in numbers:
        house.local.execute("DELETE FROM vu_viec WHERE id = ?", number)


def two_scans(house: House) -> None:
    """Read everything twice, a night apart."""
    for _ in range(2):
        house.clock.move(days=1)
        house.sync(full=True)


def test_a_full_scan_finds_a_silent_edit(house: House) -> None:
    """A change that moved no change time is missed by ticks, and no longer by the night."""
    house.local.case(1, sua_luc="2026-09-01 08:00:00")
    house.sync()
    house.clock.move(days=1)
    house.sync()
    house.local.execute("UPDATE vu_viec SET noi_dung = 'Nội dung mới'")
    house.clock.move(days=1)
    house.sync()
    ticks = house.gateway.cases()
    house.sync(full=True)
    assert (ticks, house.gateway.cases()) == (["Nội dung 1"], ["Nội dung 1", "Nội dung mới"])


def test_a_full_scan_finds_a_case_that_is_dated_back(house: House) -> None:
    """A record of last year that was entered yesterday is older than every watermark."""
    house.local.case(1)
    house.sync()
    house.clock.move(days=1)
    house.sync()
    house.local.case(2, sua_luc="2025-03-01 08:00:00")
    house.sync()
    before = len(house.gateway.sent)
    house.sync(full=True)
    assert (before, house.gateway.cases()) == (1, ["Nội dung 1", "Nội dung 2"])


@ON_BOTH
def test_a_case_is_gone_when_two_full_scans_have_not_found_it(house: House) -> None:
    """Not after one, not by a tick, and with an entry in the log."""
    house.local.case(1)
    key = house.local.case(2)
    house.sync()
    remove(house, 2)
    house.sync()
    house.sync(full=True)
    once = gone(house, "V1", key)
    house.clock.move(days=1)
    house.sync(full=True)
    assert (once, gone(house, "V1", key)) == ([False, False], [False, True])
    assert [event for event in house.events() if event in {"gone", "returned"}] == ["gone"]


def test_of_a_case_that_is_gone_nothing_is_touched_that_went_up(house: House) -> None:
    """What the national side acknowledged stays acknowledged, with a finding that says so."""
    house.local.case(1)
    key = house.local.case(2)
    house.sync()
    before = house.message(key)
    remove(house, 2)
    two_scans(house)
    after = house.message(key)
    assert (after.state, after.ack_digest, after.ack_id, after.ack_at) == (
        "acknowledged",
        before.ack_digest,
        before.ack_id,
        before.ack_at,
    )
    assert (house.rules(key), len(house.gateway.sent)) == ({"source_missing"}, 2)


def test_of_a_case_that_is_gone_nothing_is_sent_any_more(make_house: Houses) -> None:
    """Neither what waited to be sent nor what was held stands open."""
    house = make_house(kind_settle=500_000)
    house.local.case(1)
    key = house.local.case(2)
    house.sync()
    remove(house, 2)
    two_scans(house)
    house.clock.move(days=30)
    house.sync()
    assert (house.gateway.cases(), house.message(key).state, house.message(key).reason) == (
        ["Nội dung 1"],
        "not_ready",
        "absent",
    )


def test_what_is_in_doubt_stays_in_doubt(house: House) -> None:
    """The national side may hold it, whatever became of the local record."""
    house.local.case(1)
    house.sync()
    key = house.local.case(2)
    house.answers(Unknown("read_timeout"))
    house.sync()
    remove(house, 2)
    two_scans(house)
    assert (gone(house, key), house.state(key), house.rules(key)) == ([True], "uncertain", {"source_missing"})


def test_a_case_that_returns_goes_on_where_it_was(house: House) -> None:
    """With an entry, and its changes go up again."""
    house.local.case(1)
    key = house.local.case(2)
    house.sync()
    remove(house, 2)
    two_scans(house)
    house.local.execute("DELETE FROM nguoi WHERE vu_viec = 2")
    house.local.case(2, noi_dung="Khôi phục")
    house.sync()
    assert (gone(house, key), house.rules(key)) == ([False], set())
    assert [event for event in house.events() if event in {"gone", "returned"}] == ["gone", "returned"]
    assert house.gateway.steps == [("case", False), ("case", False), ("case", True)]


def test_a_case_seen_in_between_starts_anew(house: House) -> None:
    """Absent, there, absent: two scans in a row must not find it."""
    house.local.case(1)
    key = house.local.case(2)
    house.sync()
    for id_now in (902, 2, 902):
        house.clock.move(days=1)
        house.local.execute("UPDATE vu_viec SET id = ? WHERE id IN (2, 902)", id_now)
        house.sync(full=True)
    assert gone(house, key) == [False]


def test_two_scans_at_once_count_as_one(make_house: Houses) -> None:
    """A system that deletes and writes anew what it saves is without the case for a moment."""
    house = make_house(settle=120)
    house.local.case(1)
    key = house.local.case(2)
    house.sync()
    remove(house, 2)
    house.sync(full=True)
    house.sync(full=True)
    at_once = gone(house, key)
    house.clock.move(seconds=121)
    house.sync(full=True)
    assert (at_once, gone(house, key)) == ([False], [True])


def test_a_scan_that_was_cut_short_counts_nothing(house: House) -> None:
    """What it did not come to may be there."""
    for number in range(1, 6):
        house.local.case(number)
    house.sync()
    remove(house, 1)
    house.source.before_read = lambda _: (_ for _ in ()).throw(SourceError("cut"))
    for _ in range(3):
        house.clock.move(days=1)
        with pytest.raises(SourceError):
            house.sync(full=True)
    assert house.select("SELECT DISTINCT absent_scans, present FROM case_state") == [(0, 1)]


def test_a_source_that_answers_with_nothing_makes_nothing_gone(house: House) -> None:
    """An empty database is another database, or an account without rights: the pass says so and stops."""
    keys = [house.local.case(number) for number in (1, 2)]
    house.sync()
    house.local.execute("ALTER TABLE vu_viec RENAME TO that")
    house.local.execute("CREATE TABLE vu_viec AS SELECT * FROM that WHERE 0 = 1")
    for _ in range(3):
        house.clock.move(days=1)
        with pytest.raises(SourceError, match="no case at all"):
            house.sync(full=True)
    assert gone(house, *keys) == [False, False]


def test_a_case_that_only_the_list_of_changes_leaves_out_is_there(house: House) -> None:
    """What its own rows say is stronger than that a query does not name it."""
    house.local.case(1)
    key = house.local.case(2)
    house.sync()
    narrowed = house.edited(
        "profile.yaml", "sua_luc AS changed_at FROM vu_viec", "sua_luc AS changed_at FROM vu_viec WHERE id = 1"
    )
    two_scans(narrowed)
    narrowed.local.execute("UPDATE vu_viec SET noi_dung = 'Nội dung mới' WHERE id = 2")
    narrowed.sync(full=True)
    assert (gone(narrowed, key), narrowed.gateway.cases()[-1]) == ([False], "Nội dung mới")


@pytest.fixture
def emptied(make_house: Houses) -> House:
    """Return a house that lost more cases than may be gone by themselves, and has a new one."""
    house = make_house(extra=MANY)
    for number in range(1, 6):
        house.local.case(number)
    house.sync()
    remove(house, 1, 2, 3)
    house.sync(full=True)
    house.clock.move(days=1)
    house.local.case(6)
    return house


def test_more_gone_cases_than_usual_stop_the_pass(emptied: House) -> None:
    """A restored or half-loaded database looks just like that: nothing is sent, nothing is marked."""
    with pytest.raises(GuardError, match="gone") as caught:
        emptied.sync(full=True)
    assert (dict(caught.value.facts)["count"], len(emptied.gateway.sent)) == ("3", 5)
    assert (gone(emptied, "V1", "V2", "V3"), "plan_stopped" in emptied.events()) == ([False] * 3, True)


def test_what_a_person_accepts_is_gone(emptied: House) -> None:
    """By the digest of the plan, as with messages; the rest of the pass goes on."""
    with pytest.raises(GuardError) as caught:
        emptied.sync(full=True)
    emptied.sync(accepted=dict(caught.value.facts)["digest"], actor="os:lan")
    assert (gone(emptied, "V1", "V2", "V3"), len(emptied.gateway.sent)) == ([True] * 3, 6)
    assert {entry.actor for entry in emptied.entries() if entry.event == "gone"} == {"os:lan"}


def test_a_rehearsal_names_what_would_be_gone(emptied: House) -> None:
    """And marks nothing."""
    plan = rehearse(emptied.agent, full=True).plan
    assert plan is not None
    assert ([each.case_key for each in plan.leaving], plan.counts["gone"]) == (["V1", "V2", "V3"], 3)
    assert gone(emptied, "V1") == [False]


def test_cases_that_came_back_need_no_acceptance(emptied: House) -> None:
    """The plan is made of what is missing now."""
    with pytest.raises(GuardError):
        emptied.sync(full=True)
    emptied.local.execute("DELETE FROM nguoi WHERE vu_viec <= 3")
    for number in (1, 2, 3):
        emptied.local.case(number)
    emptied.sync()
    assert (gone(emptied, "V1", "V2", "V3"), len(emptied.gateway.sent)) == ([False] * 3, 6)


def test_a_clock_that_was_set_back_has_everything_read(house: House) -> None:
    """A watermark of a wrong clock would hide what happened since: what lies before it is read as well."""
    house.local.case(1)
    house.clock.move(days=400)
    house.sync()
    house.clock.move(days=-399)
    house.local.case(2)
    report = house.sync()
    assert report.scanned is not None
    assert (report.scanned.full, house.gateway.cases()) == (True, ["Nội dung 1", "Nội dung 2"])


def test_without_any_change_time_every_case_is_read_each_time(house: House) -> None:
    """A table that keeps none still loses nothing."""
    house.local.case(1)
    house.sync()
    timeless = house.edited("profile.yaml", "sua_luc AS changed_at", "NULL AS changed_at")
    timeless.sync()
    timeless.clock.move(days=1)
    timeless.local.execute("UPDATE vu_viec SET noi_dung = 'Nội dung mới'")
    report = timeless.sync()
    assert report.scanned is not None
    assert (report.scanned.full, timeless.gateway.cases()) == (False, ["Nội dung 1", "Nội dung mới"])


def test_a_journal_line_that_is_there_before_its_rows_is_not_believed_alone(house: House) -> None:
    """The line was read and showed nothing new: its case is read again for as long as the overlap lasts."""
    house.local.case(1)
    house.sync()
    house.clock.move(hours=1)
    house.local.touch(1)
    house.sync()
    house.clock.move(minutes=9)
    house.local.execute("UPDATE vu_viec SET noi_dung = 'Nội dung mới'")
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "Nội dung mới"]


@pytest.mark.parametrize("minutes", [-90, 90])
def test_only_the_clock_of_the_source_counts(house: House, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """The agent's own may be wrong by more than the overlap."""
    monkeypatch.setattr(house.source, "now", lambda: house.clock.now - timedelta(minutes=minutes))
    for number in (1, 2):
        stamp = house.clock.now + timedelta(hours=7, minutes=-minutes)
        house.local.case(number, sua_luc=stamp.strftime("%Y-%m-%d %H:%M:%S"))
        house.sync()
        house.clock.move(minutes=20)
    assert house.gateway.cases() == ["Nội dung 1", "Nội dung 2"]


def test_hundreds_of_rows_of_one_instant_are_all_read(make_house: Houses) -> None:
    """One UPDATE over a table gives every row one time; pages go by key, so none falls between two of them."""
    house = make_house(page=7, extra="[guards]\nvolume_min = 1000")
    for number in range(1, 101):
        house.local.case(number)
    house.sync()
    house.clock.move(hours=1)
    house.local.execute("UPDATE vu_viec SET noi_dung = noi_dung || ' mới', sua_luc = ?", house.local.stamp())
    house.sync()
    assert len(set(house.gateway.cases()[100:])) == 100
