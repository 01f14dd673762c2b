"""What goes up when the local records change, and what is held because the contract has no way to say it."""

import pytest

from sync_agent.national import Accepted
from sync_agent.sync import local_keys
from tests.support.houses import House, Houses

OVERWRITES = '"processing" = "overwrites"\n"acceptance" = "overwrites"'


def test_only_the_changed_step_goes_up(house: House) -> None:
    """A new text is an update of the case; nothing else is sent again."""
    house.local.full(1)
    house.sync()
    house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    assert house.gateway.steps[6:] == [("case", True)]
    assert house.gateway.cases()[-1] == "Nội dung mới"


def test_an_update_carries_the_id_of_the_case(house: House) -> None:
    """What was minted at the first time names the record for ever after."""
    key = house.local.case(1)
    house.sync()
    minted = house.message(key).ack_id
    house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    assert house.gateway.last["VuViec"]["Id"] == minted
    assert house.message(key).ack_id == minted


def test_a_change_time_alone_sends_nothing(house: House) -> None:
    """The content decides, not the clock of the local system."""
    house.local.full(1)
    house.sync()
    house.local.touch(1)
    house.clock.move(minutes=1)
    house.sync()
    assert len(house.gateway.sent) == 6


def test_a_change_that_was_taken_back_sends_nothing(house: House) -> None:
    """There and back again between two passes is no change."""
    house.local.case(1)
    house.sync()
    house.local.change(1, noi_dung="Nhầm")
    house.local.change(1, noi_dung="Nội dung 1")
    house.sync()
    assert len(house.gateway.sent) == 1


def test_what_is_not_ready_waits(house: House) -> None:
    """A draft does not go up, however complete it is; once ready it does."""
    key = house.local.case(1, san_sang=0)
    house.sync()
    assert (house.gateway.sent, house.state(key)) == ([], "not_ready")
    house.local.change(1, san_sang=1)
    house.sync()
    assert house.gateway.steps == [("case", False)]


def test_a_later_step_waits_until_the_case_is_ready(house: House) -> None:
    """Processing needs the Id of its case."""
    key = house.local.full(1)
    house.local.change(1, san_sang=0)
    house.sync()
    assert (house.gateway.sent, house.state(key, "processing")) == ([], "pending")


def test_a_step_that_comes_later_goes_up_alone(house: House) -> None:
    """A decision a month after the case."""
    house.local.case(1)
    house.sync()
    house.local.decided(1, 11)
    house.sync()
    assert house.gateway.steps == [("case", False), ("settlement", False)]


def test_an_enforcement_names_its_decision(house: House) -> None:
    """The Id of the second decision, not of the first."""
    key = house.local.full(1)
    house.sync()
    assert house.gateway.last["IdKetQua"] == house.message(key, "settlement", "12").ack_id


def test_an_enforcement_that_moved_to_another_decision_goes_up_again(house: House) -> None:
    """To which decision a report belongs is content, although only its Id is sent."""
    key = house.local.full(1)
    house.sync()
    house.local.execute("UPDATE thi_hanh SET quyet_dinh = 11")
    house.local.touch(1)
    house.sync()
    assert house.gateway.steps[6:] == [("enforcement", True)]
    assert house.gateway.last["IdKetQua"] == house.message(key, "settlement", "11").ack_id


def test_a_changed_decision_is_held_when_nobody_knows_how_to_update_it(house: House) -> None:
    """Sent again it might stand twice in the national database."""
    key = house.local.full(1)
    house.sync()
    house.local.execute("UPDATE quyet_dinh SET ket_qua = 'S' WHERE id = 11")
    house.local.touch(1)
    house.sync()
    message = house.message(key, "settlement", "11")
    assert (message.state, message.reason) == ("held", "update_not_expressible")
    assert len(house.gateway.sent) == 6


def test_a_held_update_keeps_what_was_acknowledged(house: House) -> None:
    """Failures never touch the acknowledged side of a message."""
    key = house.local.full(1)
    house.sync()
    before = house.message(key, "settlement", "11")
    house.local.execute("UPDATE quyet_dinh SET ket_qua = 'S' WHERE id = 11")
    house.local.touch(1)
    house.sync()
    after = house.message(key, "settlement", "11")
    assert (after.ack_digest, after.ack_id, after.ack_at) == (before.ack_digest, before.ack_id, before.ack_at)
    assert after.wanted_digest != after.ack_digest


def test_a_changed_decision_goes_up_by_its_id_where_the_service_takes_it(make_house: Houses) -> None:
    """The capability names the field that carries the Id of the decision."""
    house = make_house(capabilities='"settlement.update" = "decision_id:IdKetQuaGQ"')
    key = house.local.full(1)
    house.sync()
    minted = house.message(key, "settlement", "11").ack_id
    assert minted is not None
    house.local.execute("UPDATE quyet_dinh SET ket_qua = 'S' WHERE id = 11")
    house.local.touch(1)
    house.answers(Accepted(minted, 200))
    house.sync()
    assert house.gateway.steps[6:] == [("settlement", True)]
    assert house.gateway.last["IdKetQuaGQ"] == minted
    assert house.state(key, "settlement", "11") == "acknowledged"


def test_a_changed_processing_is_held_by_default(house: House) -> None:
    """Whether a second one replaces the first was never seen."""
    key = house.local.full(1)
    house.sync()
    house.local.execute("UPDATE xu_ly SET noi_dung = 'Khác'")
    house.local.touch(1)
    house.sync()
    assert (house.state(key, "processing"), len(house.gateway.sent)) == ("held", 6)


def test_a_changed_processing_goes_up_where_the_service_overwrites(make_house: Houses) -> None:
    """The same message again, on the same case."""
    house = make_house(capabilities=OVERWRITES)
    house.local.full(1)
    house.sync()
    house.local.execute("UPDATE xu_ly SET noi_dung = 'Khác'")
    house.local.touch(1)
    house.sync()
    assert [step for step, _ in house.gateway.steps[6:]] == ["processing"]


def test_a_changed_file_is_held(house: House) -> None:
    """Files go only with the create; the same row with other bytes is a change."""
    (house.folder / "files" / "don.pdf").write_bytes(b"one")
    key = house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    (house.folder / "files" / "don.pdf").write_bytes(b"two")
    house.local.touch(1)
    house.sync()
    assert (house.message(key).reason, len(house.gateway.sent)) == ("files_changed", 1)


def test_a_file_that_came_back_as_it_was_is_no_change(house: House) -> None:
    """The hold goes with its reason."""
    file = house.folder / "files" / "don.pdf"
    file.write_bytes(b"one")
    key = house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    for content in (b"two", b"one"):
        file.write_bytes(content)
        house.local.touch(1)
        house.sync()
    assert (house.state(key), house.rules(key)) == ("acknowledged", set())


def test_a_changed_file_is_held_until_its_bytes_are_read_again_for_named_cases(house: House) -> None:
    """A pass over named cases judges them anew, even without a new change time."""
    file = house.folder / "files" / "don.pdf"
    file.write_bytes(b"one")
    key = house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    file.write_bytes(b"two")
    house.sync(keys=[key])
    assert house.message(key).reason == "files_changed"


def test_a_step_deleted_locally_is_a_warning_and_stays_up(house: House) -> None:
    """The contract takes nothing back, and nothing is sent in its place."""
    key = house.local.full(1)
    house.sync()
    house.local.execute("DELETE FROM xu_ly")
    house.local.touch(1)
    house.sync()
    assert "deleted_locally" in house.rules(key)
    assert (house.state(key, "processing"), len(house.gateway.sent)) == ("acknowledged", 6)


def test_a_deleted_step_that_never_went_up_is_forgotten(house: House) -> None:
    """Nothing of it is sent, and it holds nothing up."""
    key = house.local.case(1)
    house.local.processed(1, huong=None)
    house.local.decided(1, 11)
    house.sync()
    house.local.execute("DELETE FROM xu_ly")
    house.local.touch(1)
    house.sync()
    assert house.message(key, "processing").reason == "absent"
    assert house.gateway.steps == [("case", False), ("settlement", False)]


def test_a_deleted_step_that_returns_goes_up(house: House) -> None:
    """Absence is not remembered against it."""
    key = house.local.case(1)
    house.local.processed(1, huong=None)
    house.sync()
    house.local.execute("DELETE FROM xu_ly")
    house.local.touch(1)
    house.sync()
    house.local.processed(1)
    house.sync()
    assert house.state(key, "processing") == "acknowledged"


def test_a_case_that_vanished_is_kept_as_it_was(house: House) -> None:
    """A case the source no longer returns is not sent, and goes up when it returns."""
    key = house.local.case(1, san_sang=0)
    house.sync()
    house.local.change(1, san_sang=1)
    house.gateway.before = None
    house.local.execute("UPDATE vu_viec SET id = 900 WHERE id = 1")
    house.sync(keys=[key])
    assert house.state(key) == "not_ready"
    house.local.execute("UPDATE vu_viec SET id = 1 WHERE id = 900")
    house.local.touch(1)
    house.sync()
    assert house.state(key) == "acknowledged"


def test_a_pass_over_named_cases_leaves_the_others(house: House) -> None:
    """`--case` reads, plans and sends those cases only."""
    first, second = house.local.case(1), house.local.case(2)
    house.sync(keys=[second])
    assert house.states() == {(second, "case", ""): "acknowledged"}
    house.sync()
    assert house.state(first) == "acknowledged"


def test_a_case_named_twice_is_one_case(house: House) -> None:
    """The same key again changes nothing."""
    key = house.local.case(1)
    house.sync(keys=[key, key])
    assert house.gateway.steps == [("case", False)]


def test_a_case_can_be_named_by_its_pseudonym(house: House) -> None:
    """As a log or a mail shows it; a name the ledger does not know is taken as a key."""
    key = house.local.case(1)
    house.sync()
    ((pseudonym,),) = house.select("SELECT pseudonym FROM case_state")
    assert local_keys(house.agent, [pseudonym, key, "V9"]) == [key, key, "V9"]


def test_a_named_case_that_does_not_exist_is_passed_over(house: House) -> None:
    """Nothing is read, nothing is sent, nothing fails."""
    report = house.sync(keys=["V77"])
    assert report.scanned is not None
    assert (report.scanned.read, house.gateway.sent) == (0, [])


def test_a_limit_sends_so_many_and_keeps_the_rest(house: House) -> None:
    """`--limit` counts messages; the next pass goes on where this one stopped."""
    house.local.full(1)
    house.local.full(2)
    house.sync(limit=4)
    assert len(house.gateway.sent) == 4
    house.sync()
    assert len(house.gateway.sent) == 12
    assert set(house.states().values()) == {"acknowledged"}


def test_a_limit_of_nothing_sends_nothing(house: House) -> None:
    """Everything is read and planned all the same."""
    key = house.local.case(1)
    house.sync(limit=0)
    assert (house.gateway.sent, house.state(key)) == ([], "pending")


def test_the_nearest_legal_date_goes_first(house: House) -> None:
    """Cases go up by the day on which the law wants them entered."""
    house.local.case(1)
    house.local.case(2)
    house.local.insert("thu_ly", vu_viec=1, ngay="2026-10-20")
    house.local.insert("thu_ly", vu_viec=2, ngay="2026-10-06")
    house.sync(limit=1)
    assert house.gateway.cases() == ["Nội dung 2"]


@pytest.mark.parametrize("page", [1, 2, 3, 50])
def test_the_size_of_a_page_changes_nothing(make_house: Houses, page: int) -> None:
    """However many cases are read at a time, each goes up once."""
    house = make_house(page=page)
    for number in range(1, 8):
        house.local.case(number)
    house.sync()
    assert sorted(house.gateway.cases()) == [f"Nội dung {number}" for number in range(1, 8)]


def test_a_case_with_what_the_contract_cannot_carry_goes_up_with_a_warning(house: House) -> None:
    """An extension stays behind, counted; its place in a list is no obstacle for the log."""
    key = house.local.full(1)
    house.local.insert("gia_han", vu_viec=1, den_ngay="2026-12-05")
    house.sync()
    assert "not_expressible" in house.rules(key)
    assert house.state(key, "acceptance") == "acknowledged"


def test_an_update_that_would_empty_a_field_waits_for_a_person(house: House) -> None:
    """What an empty text does on an update was never seen."""
    key = house.local.case(1)
    house.local.execute("UPDATE nguoi SET so_dinh_danh = '001099000001'")
    house.sync()
    house.local.execute("UPDATE nguoi SET so_dinh_danh = NULL")
    house.local.touch(1)
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("held", "update_empties_field")
