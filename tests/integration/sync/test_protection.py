"""No identity of a protected case leaves: not by its own steps, not by those it shares a person with, not later."""

import base64
from pathlib import Path

import pytest

from sync_agent.errors import SyncAgentError
from sync_agent.national import Unknown, WireRequest
from sync_agent.source import FileStore
from tests.support.houses import House, Houses

NAME = "Hoàng Thị Kín"
MARKER = "thông tin được bảo vệ"


def test_a_denunciation_without_an_approved_summary_is_held(house: House) -> None:
    """Nobody but a person can write a text that tells nothing."""
    key = house.local.denunciation(1, tom_tat=None)
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("held", "needs_redacted_summary")
    assert house.gateway.sent == []


def test_a_denunciation_goes_up_without_a_name(house: House) -> None:
    """The petitioner block is the marker, the text the approved summary."""
    house.local.denunciation(1, name=NAME, noi_dung=f"{NAME} tố cáo")
    house.sync()
    assert house.gateway.cases() == ["Tóm tắt 1"]
    assert [person["HoTen"] for person in house.gateway.last["NguoiKNTC"]["DataNguoiKNTC"]] == [MARKER]
    assert "Hoàng" not in house.gateway.everything()


def test_no_step_of_a_denunciation_carries_a_text(house: House) -> None:
    """Processing, decision and number of the decision are closed too."""
    house.local.denunciation(1, name=NAME)
    house.local.processed(1, noi_dung=f"Đã mời {NAME}")
    house.local.decided(1, 11, so=f"12/{NAME}", ket_qua="TD")
    house.sync()
    assert [step for step, _ in house.gateway.steps] == ["case", "processing", "settlement"]
    assert "Kín" not in house.gateway.everything()


def test_a_summary_that_tells_the_name_is_held(house: House) -> None:
    """The last check on the way out finds it, without accents and in any case."""
    key = house.local.denunciation(1, name=NAME, tom_tat="Bà HOANG THI KIN tố cáo")
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("held", "identity_in_text")
    assert house.gateway.sent == []


def test_until_the_policy_is_signed_every_case_is_held(make_house: Houses) -> None:
    """A shortened list could unprotect a case without anyone's word; a signature lets all go, no row changed."""
    house = make_house(signed=False)
    key, other = house.local.denunciation(1), house.local.case(2)
    house.sync()
    assert [house.message(each).reason for each in (key, other)] == ["policy_not_signed"] * 2
    assert house.gateway.sent == []
    house.clock.move(days=1)
    house.sign()
    house.sync()
    assert [(house.state(each), house.rules(each)) for each in (key, other)] == [("acknowledged", set())] * 2


def test_another_policy_must_be_signed_anew(house: House) -> None:
    """A signature is for the policy that the person has read."""
    house.local.denunciation(1)
    changed = house.edited(
        "privacy.toml", '    "petition.source",\n    "petition.eligible",\n', '    "petition.eligible",\n'
    )
    changed.sync()
    assert changed.message("V1").reason == "policy_not_signed"


def test_protection_stays_after_the_kind_was_corrected(house: House) -> None:
    """Only a named person lifts it; until then no name goes up."""
    key = house.local.denunciation(1, name=NAME)
    house.sync()
    house.local.change(1, loai="KN", linh_vuc="KN.01.02", noi_dung="Không phải tố cáo")
    house.sync()
    assert (house.protected(key), "Hoàng" in house.gateway.everything()) == (True, False)


def test_a_case_that_shares_a_person_with_a_denunciation_is_protected(house: House) -> None:
    """The one would give the other away, whichever was read first."""
    house.local.denunciation(1, person="P7", name=NAME)
    house.local.case(2, person="P7", name=NAME)
    house.sync()
    assert (house.protected("V2"), house.message("V2").reason) == (True, "needs_redacted_summary")
    assert "Hoàng" not in house.gateway.everything()


@pytest.mark.parametrize("page", [1, 2, 50])
def test_a_group_holds_over_the_borders_of_pages(make_house: Houses, page: int) -> None:
    """Cases of one person that are read far apart."""
    house = make_house(page=page)
    house.local.case(1, person="P7", name=NAME)
    for number in range(2, 6):
        house.local.case(number)
    house.local.denunciation(6, person="P7", name=NAME)
    house.sync()
    assert house.protected("V1")
    assert "Hoàng" not in house.gateway.everything()


def test_a_group_reaches_as_far_as_it_is_joined(house: House) -> None:
    """A shares a person with B, B another with C: a denunciation at one end protects the other."""
    house.local.case(1, person="A", name=NAME)
    house.local.person(1, person="B")
    house.local.case(2, person="B")
    house.local.person(2, person="C")
    house.local.denunciation(3, person="C")
    house.sync()
    assert [house.protected(f"V{number}") for number in (1, 2, 3)] == [True, True, True]
    assert "Hoàng" not in house.gateway.everything()


def test_a_case_that_went_up_before_its_group_became_protected_is_held(house: House) -> None:
    """What was sent with a name cannot be taken back: a person must act, and nothing more goes up."""
    house.local.case(1, person="P7", name=NAME)
    house.sync()
    house.clock.move(hours=1)
    house.sync()
    house.local.denunciation(2, person="P7", name=NAME)
    house.sync()
    house.sync()
    assert house.protected("V1")
    assert "reclassified" in house.rules("V1")
    assert "reclassified" in house.events()


def test_a_protected_case_that_joins_another_later_protects_it(house: House) -> None:
    """A correction of the person row makes the group."""
    house.local.case(1, person="P7", name=NAME)
    house.local.denunciation(2, person="P8", name=NAME)
    house.sync()
    house.clock.move(hours=1)
    house.sync()
    house.local.execute("UPDATE nguoi SET ma_nguoi = 'P7' WHERE vu_viec = 2")
    house.local.touch(2)
    house.sync()
    house.sync()
    assert "reclassified" in house.rules("V1")


def test_a_case_joins_a_protected_one_later_and_is_protected(house: House) -> None:
    """The other way round."""
    house.local.denunciation(1, person="P7", name=NAME)
    house.local.case(2, person="P8", name=NAME, san_sang=0)
    house.sync()
    house.local.execute("UPDATE nguoi SET ma_nguoi = 'P7' WHERE vu_viec = 2")
    house.local.change(2, san_sang=1)
    house.sync()
    assert (house.protected("V2"), "Hoàng" in house.gateway.everything()) == (True, False)


def test_a_denunciation_not_settled_yet_keeps_its_group_back(make_house: Houses) -> None:
    """A name must not go up in the two minutes before protection is kept for good."""
    house = make_house(settle=120, page=1)
    house.local.case(1, person="P7", name=NAME)
    house.sync()
    house.clock.move(seconds=121)
    house.local.denunciation(2, person="P7", name=NAME, sua_luc="2026-10-01 08:00:00")
    house.sync(keys=["V2"])
    house.sync()
    house.clock.move(seconds=121)
    for _ in range(2):
        house.sync()
    assert (house.protected("V1"), "Hoàng" in house.gateway.everything()) == (True, False)


def test_a_neighbour_that_settles_lets_its_group_go(make_house: Houses) -> None:
    """Two complaints of one person: the second only delays the first."""
    house = make_house(settle=120)
    house.local.case(1, person="P7")
    house.sync()
    house.clock.move(seconds=121)
    house.local.case(2, person="P7")
    report = house.sync()
    assert (house.gateway.sent, report.delivered.settling) == ([], 2)
    house.clock.move(seconds=121)
    house.sync()
    assert sorted(house.gateway.cases()) == ["Nội dung 1", "Nội dung 2"]


def test_a_neighbour_that_vanished_keeps_nobody_back(make_house: Houses) -> None:
    """What the source no longer returns cannot settle."""
    house = make_house(settle=120)
    house.local.case(2, person="P7", sua_luc=None)
    house.sync()
    house.local.execute("DELETE FROM vu_viec WHERE id = 2")
    house.local.case(1, person="P7")
    house.sync()
    for _ in range(2):
        house.clock.move(seconds=121)
        house.sync()
    assert house.gateway.cases() == ["Nội dung 1"]


def test_a_case_reclassified_after_it_went_up_is_held(house: House) -> None:
    """With an alarm in the log; its update waits for the documented procedure."""
    key = house.local.case(1, name=NAME)
    house.sync()
    house.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")
    house.sync()
    assert (house.state(key), "reclassified" in house.rules(key)) == ("held", True)
    assert len(house.gateway.sent) == 1
    assert house.events().count("reclassified") == 1


def test_a_reclassified_case_stays_held(house: House) -> None:
    """Neither time nor a release sets it free."""
    key = house.local.case(1, name=NAME)
    house.sync()
    house.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")
    house.sync()
    with pytest.raises(SyncAgentError):
        house.release(key, "reclassified", reason="seen", actor="os:lan")
    house.local.change(1, noi_dung="Nội dung mới", tom_tat="Tóm tắt khác")
    house.clock.move(days=3)
    house.sync()
    assert (house.state(key), len(house.gateway.sent)) == ("held", 1)


def test_a_case_whose_answer_was_lost_counts_as_gone_up(house: House) -> None:
    """Its name may be there."""
    key = house.local.case(1, name=NAME)
    house.answers(Unknown("read_timeout"))
    house.sync()
    house.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")
    house.sync()
    assert "reclassified" in house.rules(key)


def test_a_denunciation_that_went_up_protected_is_not_reclassified(house: House) -> None:
    """Updates of it go on."""
    key = house.local.denunciation(1)
    house.sync()
    house.local.change(1, tom_tat="Tóm tắt khác")
    house.sync()
    assert (house.state(key), house.gateway.cases()) == ("acknowledged", ["Tóm tắt 1", "Tóm tắt khác"])


def test_a_policy_that_protects_more_marks_cases_that_did_not_change(house: House) -> None:
    """A code that now reports corruption: what went up before is reclassified, not overwritten."""
    key = house.local.case(1, loai="PA", linh_vuc="PA.01.07", name=NAME, tom_tat="Tóm tắt")
    house.sync()
    assert not house.protected(key)
    house.clock.move(days=1)
    codes = house.folder / "codes" / "corruption.csv"
    header = next(line for line in codes.read_text("utf-8").splitlines() if not line.startswith("#"))
    new = {"national": "PA.01.07", "local": "PA0107", "name": "x", "source": "x"}
    row = ",".join(new.get(column, "") for column in header.split(","))
    changed = house.edited("codes/corruption.csv", header, f"{header}\n{row}")
    changed.sign()
    changed.sync()
    assert (changed.protected(key), "reclassified" in changed.rules(key)) == (True, True)
    assert len(house.gateway.sent) == 1


def test_no_file_of_a_protected_case_is_opened(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even to digest it."""
    opened: list[str] = []
    for name in ("open", "describe"):
        monkeypatch.setattr(FileStore, name, lambda _self, location: opened.append(location))
    (house.folder / "files" / "don.pdf").write_bytes(b"one")
    house.local.denunciation(1)
    house.local.insert("tep", vu_viec=1, ten=f"{NAME}.pdf", duong_dan="don.pdf")
    house.local.decided(1, 11, ket_qua="TD", tep="don.pdf")
    house.sync()
    assert (opened, [step for step, _ in house.gateway.steps]) == ([], ["case", "settlement"])
    assert "Hoàng" not in house.gateway.everything()


def test_a_file_of_an_open_case_goes_up(house: House) -> None:
    """The same file, where nothing forbids it."""
    (house.folder / "files" / "don.pdf").write_bytes(b"one")
    house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    assert [file["FileDinhKem"] for file in house.gateway.last["Attachment"]] == ["b25l"]


def test_the_files_of_every_step_go_up_with_it(house: House) -> None:
    """Each from its own place; a step without a file goes without."""
    for name in ("don", "xu_ly", "thu_ly", "quyet_dinh"):
        (house.folder / "files" / f"{name}.pdf").write_bytes(name.encode())
    house.local.full(1)
    house.local.insert("tep", vu_viec=1, ten="don.pdf", duong_dan="don.pdf")
    for table in ("xu_ly", "thu_ly"):
        house.local.execute(f"UPDATE {table} SET tep = ?", f"{table}.pdf")  # noqa: S608 - names of a test
    house.local.execute("UPDATE quyet_dinh SET tep = 'quyet_dinh.pdf' WHERE id = 11")
    house.sync()
    sent = {place: record.request.body for place, record in enumerate(house.gateway.sent)}
    assert sent[0]["Attachment"][0]["FileDinhKem"] == b64("don")
    assert sent[1]["NoiDungXuLy"]["HuongXuLy"]["FileDinhKem"] == b64("xu_ly")
    assert sent[2]["FileThuLy"] == b64("thu_ly")
    assert [sent[3]["FileQuyetDinh"], sent[4]["FileQuyetDinh"]] == [b64("quyet_dinh"), ""]


def b64(text: str) -> str:
    """Return a file's bytes as the wire carries them."""
    return base64.b64encode(text.encode()).decode("ascii")


@pytest.mark.parametrize(("table", "step"), [("xu_ly", "processing"), ("thu_ly", "acceptance")])
def test_a_missing_document_holds_its_step_alone(house: House, table: str, step: str) -> None:
    """The case itself goes up."""
    key = house.local.full(1)
    house.local.execute(f"UPDATE {table} SET tep = 'x.pdf'")  # noqa: S608 - names of a test
    house.sync()
    assert (house.state(key), house.message(key, step).reason) == ("acknowledged", "file_missing")


def test_a_missing_file_holds_the_step_until_a_person_releases_it(house: House) -> None:
    """Then it goes up without the file; the release is bound to what was looked at."""
    key = house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("held", "file_missing")
    assert house.release(key, "file_missing", reason="lost_on_paper", note="Đã hỏi", actor="os:lan") == 1
    house.sync()
    assert (house.state(key), house.gateway.last["Attachment"]) == ("acknowledged", [])


def test_a_release_ends_with_the_content_it_was_for(house: House) -> None:
    """Another text is another decision."""
    key = house.local.case(1, san_sang=0)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    house.release(key, "file_missing", reason="lost_on_paper", actor="os:lan")
    house.local.change(1, san_sang=1, noi_dung="Nội dung mới")
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("held", "file_missing")


def test_a_note_that_tells_who_it_is_is_refused(house: House) -> None:
    """A reason is a code; what a person adds must not hold what is withheld."""
    key = house.local.case(1, name=NAME)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    with pytest.raises(SyncAgentError):
        house.release(key, "file_missing", reason="seen", note="Bà Hoàng Thị Kín đã xác nhận", actor="os:lan")
    assert house.state(key) == "held"


@pytest.mark.parametrize("note", ["gọi 0912345678", "CCCD 001099000123", "a.b@example.vn"])
def test_a_note_that_looks_like_a_number_or_an_address_is_refused(house: House, note: str) -> None:
    """Whoever it belongs to."""
    key = house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    with pytest.raises(SyncAgentError):
        house.release(key, "file_missing", reason="seen", note=note, actor="os:lan")


def test_a_reason_that_is_no_code_is_refused(house: House) -> None:
    """Free text has no place in the log."""
    key = house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    with pytest.raises(SyncAgentError):
        house.release(key, "file_missing", reason="đã hỏi bà Kín", actor="os:lan")


def test_a_hold_that_is_mended_at_its_source_cannot_be_released(house: House) -> None:
    """No release ever widens what may leave."""
    key = house.local.denunciation(1, tom_tat=None)
    house.sync()
    with pytest.raises(SyncAgentError):
        house.release(key, "needs_redacted_summary", reason="seen", actor="os:lan")
    with pytest.raises(SyncAgentError):
        house.release(key, "file_missing", reason="seen", actor="os:lan")


def test_nothing_identifying_is_in_the_ledger(house: House) -> None:
    """Neither of protected nor of other cases: keys, digests, states, Ids and times."""
    house.local.case(1, name=NAME, noi_dung="Nội dung rất riêng")
    house.local.execute("UPDATE nguoi SET so_dinh_danh = '001099000123'")
    house.local.denunciation(2, name=NAME, tom_tat=f"{NAME} nói", person="P9")
    house.local.processed(1, noi_dung="Tóm tắt rất riêng")
    house.sync()
    content = b"".join(path.read_bytes() for path in Path(house.folder / "state").iterdir())
    for private in (NAME, "Kín", "rất riêng", "001099000123"):
        assert private.encode() not in content


def test_what_is_at_hand_does_not_leave_once_the_next_look_protects_it(make_house: Houses) -> None:
    """Cases wait for a worker while others are looked at: what was seen of them before holds no longer."""
    house = make_house(workers=1)
    for number in range(11, 23):  # three to a page
        pair = number in {16, 17}
        house.local.case(number, person="chung" if pair else "", name=NAME if pair else "")

    def turns_out_to_be_a_denunciation(request: WireRequest) -> None:
        if not house.gateway.sent:
            house.local.change(17, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt 17")

    house.gateway.before = turns_out_to_be_a_denunciation
    house.sync()
    assert (house.protected("V16"), house.protected("V17")) == (True, True)
    assert "Nội dung 15" in house.gateway.everything()
    assert NAME not in house.gateway.everything()
