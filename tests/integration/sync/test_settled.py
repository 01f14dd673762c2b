"""When a case may be sent at all: read twice alike, its kind for longer; and that no row is missed meanwhile."""

from datetime import timedelta

import pytest

from tests.support.houses import House, Houses


@pytest.fixture
def patient(make_house: Houses) -> House:
    """Return a house that waits two minutes for an equal read, as by default."""
    return make_house(settle=120)


def test_one_read_is_not_enough(patient: House) -> None:
    """A case is sent only when two reads at least `settle` apart give the same."""
    key = patient.local.case(1)
    report = patient.sync()
    assert (patient.state(key), patient.gateway.sent) == ("pending", [])
    assert report.delivered.settling == 1


def test_a_second_read_too_soon_is_not_enough(patient: House) -> None:
    """A busy schedule does not shorten the wait."""
    patient.local.case(1)
    patient.sync()
    patient.clock.move(seconds=100)
    patient.sync()
    assert patient.gateway.sent == []


def test_an_equal_read_after_the_wait_sends(patient: House) -> None:
    """Once settled, it goes up at once and whole."""
    patient.local.full(1)
    patient.sync()
    patient.clock.move(seconds=121)
    patient.sync()
    assert len(patient.gateway.sent) == 6


def test_a_change_starts_the_wait_anew(patient: House) -> None:
    """The wait counts from the first read of what is to be sent."""
    patient.local.case(1)
    patient.sync()
    patient.clock.move(seconds=100)
    patient.local.change(1, noi_dung="Nội dung mới")
    patient.sync()
    patient.clock.move(seconds=100)
    patient.sync()
    assert patient.gateway.sent == []
    patient.clock.move(seconds=21)
    patient.sync()
    assert patient.gateway.cases() == ["Nội dung mới"]


def test_a_case_that_vanished_before_it_was_sent_goes_up_when_it_returns(patient: House) -> None:
    """As it was, and read twice again."""
    patient.local.case(1)
    patient.sync()
    patient.clock.move(seconds=121)
    patient.local.execute("UPDATE vu_viec SET id = 900")
    patient.sync()
    patient.clock.move(seconds=121)
    patient.local.execute("UPDATE vu_viec SET id = 1")
    patient.local.touch(1)
    patient.sync()
    assert patient.gateway.cases() == []
    patient.clock.move(seconds=121)
    patient.sync()
    assert patient.gateway.cases() == ["Nội dung 1"]


def test_a_change_that_only_the_second_read_sees_waits_as_well(patient: House) -> None:
    """Rows can change without a change time; what the first read saw is not there any more."""
    patient.local.case(1, sua_luc="2026-10-01 08:00:00")
    patient.sync()
    patient.clock.move(seconds=121)
    patient.local.execute("UPDATE vu_viec SET noi_dung = 'Nội dung mới'")
    for _ in range(3):
        patient.sync()
    assert patient.gateway.sent == []
    patient.clock.move(seconds=121)
    patient.sync()
    assert patient.gateway.cases() == ["Nội dung mới"]


def test_a_torn_read_is_never_sent(patient: House) -> None:
    """A system that deletes and writes anew the people of a case is read in between: nobody's name is lost."""
    patient.local.case(1)
    patient.sync()
    patient.clock.move(seconds=121)
    patient.sync()
    patient.local.change(1, noi_dung="Nội dung mới")
    patient.local.execute("DELETE FROM nguoi")
    patient.sync()
    patient.local.person(1)
    for _ in range(4):
        patient.clock.move(seconds=61)
        patient.sync()
    assert patient.gateway.cases() == ["Nội dung 1", "Nội dung mới"]
    assert all(record.request.body["NguoiKNTC"]["DataNguoiKNTC"] for record in patient.gateway.sent)


def test_what_was_read_in_between_does_not_count_as_the_same(patient: House) -> None:
    """A - B - A: the first A is too old to vouch for the second."""
    patient.local.case(1)
    patient.sync()
    patient.clock.move(seconds=60)
    patient.local.change(1, noi_dung="B")
    patient.sync()
    patient.clock.move(seconds=60)
    patient.local.change(1, noi_dung="Nội dung 1")
    patient.sync()
    patient.clock.move(seconds=60)
    patient.sync()
    assert patient.gateway.sent == []


def test_a_file_that_is_still_being_written_is_not_sent(patient: House) -> None:
    """The rows are settled long before its last byte has come: files settle like rows."""
    file = patient.folder / "files" / "don.pdf"
    file.write_bytes(b"on")
    patient.local.case(1)
    patient.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    patient.sync()
    for content in (b"one", b"one and a half"):
        patient.clock.move(seconds=121)
        file.write_bytes(content)
        patient.sync()
    assert patient.gateway.sent == []
    patient.clock.move(seconds=121)
    patient.sync()
    assert [each["FileDinhKem"] for each in patient.gateway.last["Attachment"]] == ["b25lIGFuZCBhIGhhbGY="]


def test_a_torn_read_leaves_no_protection_behind(patient: House) -> None:
    """Protection is for good, and so rests on a settled read."""
    patient.local.case(1)
    patient.local.processed(1)
    patient.local.change(1, loai=None)
    patient.sync()
    patient.local.change(1, loai="KN")
    patient.sync()
    patient.clock.move(seconds=121)
    patient.sync()
    assert (patient.protected("V1"), patient.gateway.cases()) == (False, ["Nội dung 1"])


def test_a_denunciation_first_typed_as_a_complaint_never_sends_a_name(make_house: Houses) -> None:
    """The first creation of an unprotected case waits until its kind has stood for two hours."""
    house = make_house(kind_settle=7200)
    key = house.local.case(1)
    house.sync()
    house.clock.move(minutes=119)
    house.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")
    house.sync()
    assert house.state(key) == "acknowledged"
    assert "Lò Văn Mẫu" not in house.gateway.everything()


def test_a_complaint_waits_for_its_kind_and_then_goes_up(make_house: Houses) -> None:
    """Two hours after the kind was first read, it is read again and goes up."""
    house = make_house(kind_settle=7200)
    house.local.case(1)
    house.sync()
    house.clock.move(minutes=119)
    house.sync()
    assert house.gateway.sent == []
    house.clock.move(minutes=2)
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1"]


def test_another_kind_waits_anew(make_house: Houses) -> None:
    """The wait counts from the kind the case has now."""
    house = make_house(kind_settle=7200)
    house.local.case(1)
    house.sync()
    house.clock.move(minutes=119)
    house.local.change(1, loai="PA", linh_vuc="PA.01")
    house.sync()
    house.clock.move(minutes=5)
    house.sync()
    assert house.gateway.sent == []


def test_an_update_does_not_wait_for_the_kind(make_house: Houses) -> None:
    """Only what was never sent can still be kept back."""
    house = make_house(kind_settle=7200)
    house.local.case(1)
    house.sync()
    house.clock.move(hours=3)
    house.sync()
    house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    assert house.gateway.steps == [("case", False), ("case", True)]


def test_a_protected_case_does_not_wait_for_its_kind(make_house: Houses) -> None:
    """It sends no name anyway."""
    house = make_house(kind_settle=7200)
    house.local.denunciation(1)
    house.sync()
    assert house.gateway.steps == [("case", False)]


def test_a_retry_of_a_creation_still_waits_for_a_new_kind(make_house: Houses) -> None:
    """A creation that was not processed is a first creation still."""
    house = make_house(kind_settle=7200)
    house.local.case(1)
    house.sync()
    house.clock.move(minutes=121)
    house.unreachable_once()
    house.local.change(1, loai="PA")  # a kind that does not go with the code: protected, so no summary, held
    house.clock.move(minutes=5)
    house.sync()
    assert [type(record.outcome).__name__ for record in house.gateway.sent] == ["NotProcessed"]


def test_a_row_dated_in_the_future_pushes_nothing(house: House) -> None:
    """The watermark follows the source's clock, not its rows."""
    house.local.case(1, sua_luc="2031-01-01 00:00:00")
    house.sync()
    house.clock.move(hours=1)
    house.local.case(2)
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "Nội dung 2"]


def test_equal_change_times_over_page_borders_lose_nothing(house: House) -> None:
    """Pages go by key, so that a thousand rows of one instant are all read."""
    for number in range(1, 9):
        house.local.case(number)
    house.sync()
    assert len(house.gateway.cases()) == 8


def test_a_late_commit_inside_the_overlap_is_read(house: House) -> None:
    """A row that became visible after the scan, with a time before it."""
    house.local.case(1)
    house.sync()
    before = house.local.stamp()
    house.clock.move(minutes=5)
    house.sync()
    house.local.case(2, sua_luc=before)
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "Nội dung 2"]


def test_a_row_without_a_change_time_is_always_read(house: House) -> None:
    """It cannot say whether it changed."""
    house.local.case(1, sua_luc=None)
    house.sync()
    house.clock.move(days=3)
    house.local.execute("UPDATE vu_viec SET noi_dung = 'Nội dung mới'")
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "Nội dung mới"]


def test_what_changed_long_ago_is_not_read_again(house: House) -> None:
    """The watermark saves the work of reading everything at every pass."""
    house.local.case(1)
    house.sync()
    house.clock.move(hours=1)
    house.sync()
    house.clock.move(minutes=1)
    report = house.sync()
    assert report.scanned is not None
    assert report.scanned.read == 0


def test_the_watermark_stays_behind_the_clock_of_the_source(house: House) -> None:
    """By the overlap, so that rows inside it are read again."""
    house.sync()
    ((watermark,),) = house.select("SELECT watermark FROM source_state")
    report = house.sync()
    assert report.scanned is not None
    assert report.scanned.since is not None
    assert watermark.startswith(report.scanned.since.strftime("%Y-%m-%d %H:%M"))
    assert house.clock.now - report.scanned.since >= timedelta(seconds=600)


def test_a_pass_over_named_cases_moves_no_watermark(house: House) -> None:
    """What it did not read is read by the next one."""
    house.local.case(1)
    house.local.case(2)
    house.sync(keys=["V1"])
    house.clock.move(hours=1)
    house.sync()
    assert len(house.gateway.cases()) == 2


def test_a_scan_that_was_cut_short_is_done_again(house: House) -> None:
    """The watermark moves with the last page."""
    for number in range(1, 6):
        house.local.case(number)
    house.sync()
    house.clock.move(hours=1)
    for number in range(1, 6):
        house.local.change(number, noi_dung=f"Mới {number}")
    with pytest.raises(RuntimeError):
        house.sync(progress=_Breaks(3))
    house.clock.move(hours=1)
    house.sync()
    assert sorted(house.gateway.cases())[:5] == [f"Mới {number}" for number in range(1, 6)]


class _Breaks:
    """Fails after some cases were read."""

    def __init__(self, after: int) -> None:
        self._left = after

    def stage(self, name: str, total: int | None) -> None:
        """Take note of nothing."""

    def advance(self, count: int = 1) -> None:
        """Fail when enough was done."""
        self._left -= count
        if self._left <= 0:
            raise RuntimeError("the machine was switched off")

    def finish(self) -> None:
        """Take note of nothing."""


def test_a_new_mapping_reads_everything_again(house: House) -> None:
    """Rows that did not change may mean something else now."""
    house.local.case(1)
    house.sync()
    house.clock.move(hours=5)
    changed = house.edited("profile.yaml", "petition.content: noi_dung", "petition.content: linh_vuc")
    changed.sync()
    assert house.gateway.cases() == ["Nội dung 1", "KN.01.02"]
    assert "mapping_changed" in house.events()


def test_a_new_mapping_is_read_with_even_when_the_first_full_look_broke_off(house: House) -> None:
    """Only a whole scan makes a new mapping the known one."""
    for number in range(1, 6):
        house.local.case(number)
    house.sync()
    house.clock.move(hours=5)
    changed = house.edited("profile.yaml", "petition.content: noi_dung", "petition.content: linh_vuc")
    with pytest.raises(RuntimeError):
        changed.sync(progress=_Breaks(1))
    changed.sync()
    assert house.gateway.cases()[5:] == ["KN.01.02"] * 5


def test_new_capabilities_judge_everything_again(house: House) -> None:
    """What was held for want of a way goes up once there is one."""
    house.local.full(1)
    house.sync()
    house.local.execute("UPDATE xu_ly SET noi_dung = 'Khác'")
    house.local.touch(1)
    house.sync()
    house.clock.move(hours=5)
    house.edited("agent.toml", "[national.capabilities]", '[national.capabilities]\n"processing" = "overwrites"').sync()
    assert house.gateway.steps[6:] == [("processing", False)]
