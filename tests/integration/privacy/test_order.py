"""Between one read and the next a case may become another: no name goes up through the gap."""

import pytest

from sync_agent.errors import SyncAgentError
from sync_agent.sync import resolve
from tests.support.houses import House, Houses

NAME = "Hoàng Thị Kín"
TO_DENUNCIATION = "UPDATE vu_viec SET loai = 'TC', linh_vuc = 'TC.01.02', tom_tat = 'Tóm tắt' WHERE id = 1"


def _at_read(house: House, number: int, sql: str) -> None:
    """Have the local system change between two reads."""

    def act(read: int) -> None:
        if read == number:
            house.local.execute(sql)

    house.source.before_read = act


def test_a_kind_corrected_between_scan_and_delivery_sends_no_name(house: House) -> None:
    """What is sent was read a moment ago, not planned a while ago."""
    house.local.case(1, name=NAME, noi_dung=f"{NAME} tố cáo")
    _at_read(house, 2, TO_DENUNCIATION)
    house.sync()
    assert (house.protected("V1"), "Hoàng" in house.gateway.everything()) == (True, False)


def test_a_field_code_corrected_in_between_sends_no_name(house: House) -> None:
    """Any witness counts, not only the kind."""
    house.local.case(1, name=NAME)
    _at_read(house, 2, "UPDATE vu_viec SET linh_vuc = 'TC.01.02' WHERE id = 1")
    house.sync()
    assert "Hoàng" not in house.gateway.everything()


def test_a_person_joined_to_a_denunciation_in_between_sends_no_name(house: House) -> None:
    """The group is as it is at the read before sending."""
    house.local.denunciation(2, person="P7", name=NAME)
    house.local.case(1, person="P8", name=NAME)
    _at_read(house, 2, "UPDATE nguoi SET ma_nguoi = 'P7' WHERE vu_viec = 1")
    house.sync()
    assert "Hoàng" not in house.gateway.everything()


@pytest.mark.parametrize("settle", [0, 120])
def test_a_decision_whose_outcome_nobody_can_read_keeps_the_name_back(make_house: Houses, settle: int) -> None:
    """It may be that of a denunciation."""
    house = make_house(settle=settle)
    house.local.case(1, name=NAME)
    house.local.decided(1, 11, ket_qua="?")
    house.sync()
    house.clock.move(seconds=121)
    house.sync()
    assert house.gateway.sent == []
    assert house.message("V1").reason == "unmapped_code"


def test_two_processings_of_an_unclassified_case_keep_the_name_back(house: House) -> None:
    """Processed without a field code is protected, and which processing counts does not matter."""
    house.local.case(1, name=NAME, linh_vuc=None)
    house.local.processed(1)
    house.local.processed(1, huong="CD")
    house.sync()
    assert house.gateway.sent == []


def test_a_decision_that_makes_a_case_protected_takes_its_other_steps_along(house: House) -> None:
    """A complaint that turns out to have been a denunciation: what had gone up is reclassified, the rest stays."""
    house.local.case(1, name=NAME)
    house.sync()
    house.local.processed(1, noi_dung=f"Đã mời {NAME}")
    house.local.decided(1, 11, ket_qua="TD")
    house.sync()
    assert [step for step, _ in house.gateway.steps] == ["case"]
    assert "reclassified" in house.rules("V1")


def test_a_release_for_a_file_opens_nothing_of_a_case_that_became_protected(house: House) -> None:
    """A release is for what was looked at; the allow-list is not its matter."""
    house.local.case(1, name=NAME, noi_dung=f"{NAME} tố cáo")
    house.local.insert("tep", vu_viec=1, ten=f"{NAME}.pdf", duong_dan="don.pdf")
    house.sync()
    house.release("V1", "file_missing", reason="lost_on_paper", actor="os:lan")
    house.local.execute(TO_DENUNCIATION)
    house.local.touch(1)
    house.sync()
    assert house.gateway.cases() == ["Tóm tắt 1"[:7]]
    assert "Hoàng" not in house.gateway.everything()


def test_a_note_about_a_case_that_cannot_be_read_is_refused(house: House) -> None:
    """Nothing could be compared with it."""
    house.local.case(1, name=NAME)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    house.local.execute("DELETE FROM vu_viec")
    with pytest.raises(SyncAgentError):
        house.release("V1", "file_missing", reason="seen", note="Bà Kín đã xác nhận", actor="os:lan")


def test_an_error_names_a_protected_case_by_its_pseudonym(house: House) -> None:
    """It ends in a log, whatever the person typed."""
    house.local.denunciation(1)
    house.sync()
    with pytest.raises(SyncAgentError) as caught:
        resolve(house.agent, "V1", "processing", arrived=None, actor="os:lan")  # type: ignore[arg-type] # as typed
    assert caught.value.where == house.agent.names.pseudonym("V1")


KEYED = {
    "SELECT 'V' || id AS case_key, sua_luc AS changed_at FROM vu_viec": (
        "SELECT KEY AS case_key, sua_luc AS changed_at FROM vu_viec v"
    ),
    "SELECT 'V' || id AS case_key, v.* FROM vu_viec v WHERE 'V' || id": (
        "SELECT KEY AS case_key, v.* FROM vu_viec v WHERE KEY"
    ),
    "SELECT 'V' || vu_viec AS case_key, n.* FROM nguoi n WHERE 'V' || vu_viec": (
        "SELECT KEY AS case_key, n.* FROM nguoi n JOIN vu_viec v ON v.id = n.vu_viec WHERE KEY"
    ),
}


def _keyed(house: House, key: str) -> House:
    """Return the house with `key`, an expression of SQL, as the key of its cases."""
    path = house.folder / "profile.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in KEYED.items():
        assert old in text
        text = text.replace(old, new.replace("KEY", key))
    path.write_text(text, encoding="utf-8")
    return house.reopened()


def test_a_case_whose_key_is_a_name_is_blocked_and_stays_unnamed(house: House) -> None:
    """The ledger knows it by its pseudonym, at every look the same, and waits for nothing."""
    changed = _keyed(house, "v.noi_dung")
    changed.local.case(1, noi_dung=NAME)
    for _ in range(3):
        changed.clock.move(minutes=5)
        changed.sync()
    ((key, rev, look_at),) = changed.select("SELECT case_key, rev, look_at FROM case_state")
    assert (key, rev, look_at) == (changed.agent.names.pseudonym(NAME), 1, None)
    assert (changed.rules(key) >= {"bad_key"}, changed.gateway.sent) == (True, [])


def test_a_denunciation_whose_key_is_a_name_protects_its_group(make_house: Houses) -> None:
    """Although it is never read a second time."""
    house = _keyed(make_house(settle=120), "CASE WHEN v.loai = 'TC' THEN v.noi_dung ELSE 'V' || v.id END")
    house.local.case(1, person="P7", name=NAME)
    house.local.denunciation(2, person="P7", noi_dung="Khuê tố cáo")
    house.sync()
    house.clock.move(hours=1)
    house.sync()
    assert (house.protected("V1"), house.gateway.sent) == (True, [])


def test_an_agency_that_is_no_code_is_not_kept(house: House) -> None:
    """A column of agencies may hold the name of a person."""
    house.local.case(1, co_quan=NAME)
    house.sync()
    assert house.select("SELECT agency FROM case_state") == [(None,)]


def test_a_half_written_denunciation_does_not_let_go_who_it_shares(make_house: Houses) -> None:
    """Link rows are deleted and written again on every save: what was shared counts until the new read has settled."""
    house = make_house(settle=120)
    house.local.denunciation(1, person="P7", name=NAME)
    for _ in range(2):
        house.sync()
        house.clock.move(seconds=121)
    house.local.case(2, person="P7", name=NAME, sua_luc="2026-10-01 08:00:00")
    house.sync(keys=["V2"])
    house.clock.move(seconds=121)
    house.local.execute("DELETE FROM nguoi WHERE vu_viec = 1")
    house.local.touch(1)
    house.sync()
    assert (house.protected("V2"), "Hoàng" in house.gateway.everything()) == (True, False)


def test_a_code_of_denunciations_taken_back_starts_the_wait_anew(make_house: Houses) -> None:
    """Who corrects a code may correct it again: the name waits as it does after a change of the kind."""
    house = make_house(settle=120, kind_settle=7200)
    house.local.case(1, name=NAME, san_sang=0)
    house.sync()
    house.clock.move(hours=3)
    house.local.change(1, linh_vuc="TC.01.02")
    house.sync()
    house.local.change(1, linh_vuc="KN.01.02", san_sang=1)
    for _ in range(3):
        house.sync()
        house.clock.move(minutes=10)
    assert house.gateway.sent == []
    house.clock.move(hours=2)
    house.sync()
    assert len(house.gateway.sent) == 1
