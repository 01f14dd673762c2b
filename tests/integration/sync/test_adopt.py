"""Adoption by the ids of the local system: what is there already is taken over before the first send, nothing twice."""

from pathlib import Path

import pytest

from sync_agent.domain.steps import Step
from sync_agent.errors import GuardError, SourceError, SyncAgentError
from sync_agent.national import Accepted, Unknown
from sync_agent.settings import Mode
from sync_agent.sync import adopt, decline_adoption, rehearse_adoption, resolve
from tests.support.houses import House, Houses

BOSS = "os:lan"
CAPABLE = '"processing" = "overwrites"\n"acceptance" = "overwrites"\n"settlement.update" = "decision_id:IdKQ"\n'


def adopted_full(house: House, number: int = 1) -> str:
    """Put a case of which everything went up by another program."""
    key = house.local.full(number)
    mark(house, number)
    return key


def mark(house: House, number: int) -> None:
    """Write national ids and sent-flags to all rows of a case."""
    house.local.change(number, ma_qg=f"case-{number}")
    house.local.execute("UPDATE xu_ly SET da_gui = 1 WHERE vu_viec = ?", number)
    house.local.execute("UPDATE thu_ly SET da_gui = 1 WHERE vu_viec = ?", number)
    house.local.execute("UPDATE quyet_dinh SET ma_qg = 'decision-' || id WHERE vu_viec = ?", number)
    house.local.execute("UPDATE thi_hanh SET ma_qg = 'enforcement-' || id WHERE quyet_dinh / 10 = ?", number)


def held_by(house: House, key: str) -> set[str]:
    """Return the rules of the findings of a case."""
    return house.rules(key)


def test_everything_with_an_id_or_a_flag_is_taken_over(house: House) -> None:
    """The case, its steps, its decisions: all acknowledged, nothing sent."""
    key = adopted_full(house)
    report = adopt(house.agent, actor=BOSS)
    assert (set(house.states().values()), house.gateway.sent) == ({"acknowledged"}, [])
    assert report.steps == {"case": 1, "processing": 1, "acceptance": 1, "settlement": 2, "enforcement": 1}
    assert house.message(key, "settlement", "12").ack_id == "decision-12"
    assert house.message(key, "processing").ack_id is None


def test_what_was_taken_over_is_known_as_the_content_of_now(house: House) -> None:
    """The next pass sends nothing."""
    adopted_full(house)
    adopt(house.agent, actor=BOSS)
    house.sync()
    assert house.gateway.sent == []


def test_an_adopted_message_names_account_and_versions(house: House) -> None:
    """As one that was sent from here."""
    key = adopted_full(house)
    adopt(house.agent, actor=BOSS)
    message = house.message(key)
    assert (message.ack_account, message.ack_id) == ("tinh", "case-1")
    assert None not in {message.ack_at, message.ack_agent, message.ack_mapping, message.ack_contract}


def test_each_adoption_is_an_entry_that_names_no_id(house: House) -> None:
    """With who did it and how it was known; the id only as a commitment."""
    adopted_full(house)
    adopt(house.agent, actor=BOSS)
    entries = [entry for entry in house.entries() if entry.event == "adopted"]
    assert [(entry.step, entry.reason, entry.actor) for entry in entries[:2]] == [
        ("case", "local_id", BOSS),
        ("processing", "local_id", BOSS),
    ]
    assert len({entry.national_id for entry in entries} - {None}) == 4
    assert "case-1" not in "".join(map(repr, house.entries()))


def test_no_hold_appears_for_what_is_taken_over(house: House) -> None:
    """The log of an adoption holds decisions, not doubts that are settled in the same moment."""
    adopted_full(house)
    adopt(house.agent, actor=BOSS)
    assert "finding_appeared" not in house.events()


def test_a_case_without_an_id_is_created(house: House) -> None:
    """It is new: the next pass sends it, and the other one not."""
    adopted_full(house)
    house.local.case(2)
    report = adopt(house.agent, actor=BOSS)
    house.sync()
    assert (report.total("create"), house.gateway.cases()) == (1, ["Nội dung 2"])


def test_before_adoption_a_foreign_id_holds_the_case(house: House) -> None:
    """All of it: another program writes it, or wrote it before us."""
    key = adopted_full(house)
    house.sync()
    assert (house.gateway.sent, "foreign_writer" in held_by(house, key)) == ([], True)


def test_the_hold_goes_with_the_adoption(house: House) -> None:
    """Also when passes ran before it."""
    key = adopted_full(house)
    house.sync()
    adopt(house.agent, actor=BOSS)
    assert (held_by(house, key), house.state(key)) == (set(), "acknowledged")


def test_an_id_that_appears_later_holds_the_case(house: House) -> None:
    """It was sent from here, and now the local system names another record."""
    key = house.local.case(1)
    house.sync()
    house.local.execute("UPDATE vu_viec SET ma_qg = 'other', noi_dung = 'Mới' WHERE id = 1")
    house.local.touch(1)
    house.sync()
    assert (len(house.gateway.sent), held_by(house, key)) == (1, {"foreign_writer"})


def test_our_own_id_written_back_holds_nothing(house: House) -> None:
    """In whatever letters it is written."""
    key = house.local.case(1)
    house.sync()
    house.local.change(1, ma_qg=str(house.message(key).ack_id).upper(), noi_dung="Mới")
    house.sync()
    assert (house.gateway.steps, held_by(house, key)) == ([("case", False), ("case", True)], set())


def test_a_step_without_an_id_goes_up_where_the_profile_tells_of_it(house: House) -> None:
    """A decision that the local system never sent is created under the adopted case."""
    house.local.case(1, ma_qg="case-1")
    house.local.decided(1, 11)
    adopt(house.agent, actor=BOSS)
    house.sync()
    assert (house.gateway.steps, house.gateway.last["Id"]) == ([("settlement", False)], "case-1")


def test_a_step_of_which_the_profile_tells_nothing_is_held(house: House) -> None:
    """It may have gone up with the case; a person looks."""
    house = house.edited("profile.yaml", "  acceptance: {part: thu_ly, when: {column: da_gui, equals: 1}}\n", "")
    key = adopted_full(house)
    adopt(house.agent, actor=BOSS)
    house.sync()
    assert (house.state(key, "acceptance"), held_by(house, key)) == ("held", {"maybe_present"})
    assert house.gateway.sent == []


def test_a_step_that_comes_after_the_adoption_is_in_no_doubt(house: House) -> None:
    """Only what existed then may be there."""
    house = house.edited("profile.yaml", "  acceptance: {part: thu_ly, when: {column: da_gui, equals: 1}}\n", "")
    key = house.local.case(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    house.local.insert("thu_ly", vu_viec=1, ngay="2026-10-06", han="2026-11-05")
    house.local.touch(1)
    house.sync()
    assert house.state(key, "acceptance") == "acknowledged"


def test_a_person_releases_what_may_be_there(house: House) -> None:
    """It is not there, they say: it goes up."""
    house = house.edited("profile.yaml", "  acceptance: {part: thu_ly, when: {column: da_gui, equals: 1}}\n", "")
    key = adopted_full(house)
    adopt(house.agent, actor=BOSS)
    assert house.release(key, "maybe_present", reason="looked", actor=BOSS) == 1
    house.sync()
    assert house.gateway.steps == [("acceptance", False)]


@pytest.mark.parametrize(("arrived", "sent"), [("case-1", []), (None, [("acceptance", False)])])
def test_a_person_settles_what_may_be_there(house: House, arrived: str | None, sent: list[tuple[str, bool]]) -> None:
    """A step without an id of its own is confirmed with that of its case."""
    house = house.edited("profile.yaml", "  acceptance: {part: thu_ly, when: {column: da_gui, equals: 1}}\n", "")
    key = adopted_full(house)
    adopt(house.agent, actor=BOSS)
    resolve(house.agent, key, Step.ACCEPTANCE, arrived=arrived, actor=BOSS)
    house.sync()
    assert (house.gateway.steps, house.state(key, "acceptance")) == (sent, "acknowledged")


def test_two_cases_with_one_id_are_both_held(house: House) -> None:
    """Which of them it is nobody here can know; written as a GUID may be, in other letters."""
    keys = [house.local.case(1, ma_qg="ab-1"), house.local.case(2, ma_qg="AB-1")]
    report = adopt(house.agent, actor=BOSS)
    house.sync()
    assert [held_by(house, key) for key in keys] == [{"national_id_shared"}] * 2
    assert (house.gateway.sent, report.total("ambiguous"), report.ambiguous) == ([], 2, keys)


def test_a_shared_id_cannot_be_released(house: House) -> None:
    """It is mended in the local system."""
    key, _ = house.local.case(1, ma_qg="ab-1"), house.local.case(2, ma_qg="ab-1")
    adopt(house.agent, actor=BOSS)
    with pytest.raises(SyncAgentError, match="cannot be released"):
        house.release(key, "national_id_shared", reason="x", actor=BOSS)


def test_a_shared_id_that_was_mended_is_taken_over_by_the_next_adoption(house: House) -> None:
    """Both cases, each with its own."""
    keys = [house.local.case(1, ma_qg="ab-1"), house.local.case(2, ma_qg="ab-1")]
    adopt(house.agent, actor=BOSS)
    house.local.change(2, ma_qg="ab-2")
    adopt(house.agent, actor=BOSS)
    assert [house.message(key).ack_id for key in keys] == ["ab-1", "ab-2"]


def test_a_shared_id_that_was_taken_away_leaves_a_doubt(house: House) -> None:
    """The national database may hold the case under an id that nobody here knows."""
    house.local.case(1, ma_qg="ab-1")
    key = house.local.case(2, ma_qg="ab-1")
    adopt(house.agent, actor=BOSS)
    house.local.change(2, ma_qg=None)
    house.sync()
    assert (house.gateway.sent, held_by(house, key)) == ([], {"maybe_present"})


def test_an_id_that_the_ledger_has_is_not_taken_over_again(house: House) -> None:
    """It was minted for another case of ours."""
    house.local.case(1)
    house.answers(Accepted("ab-1", 200))
    house.sync()
    key = house.local.case(2, ma_qg="ab-1")
    adopt(house.agent, actor=BOSS)
    assert (house.message(key).ack_id, held_by(house, key)) == (None, {"national_id_shared"})


def test_two_decisions_with_one_id_are_not_taken_over(house: House) -> None:
    """Their case is, and is held."""
    key = adopted_full(house)
    house.local.execute("UPDATE quyet_dinh SET ma_qg = 'same'")
    adopt(house.agent, actor=BOSS)
    house.sync()
    assert (house.message(key).ack_id, house.message(key, "settlement", "11").ack_id) == ("case-1", None)
    assert (held_by(house, key), house.gateway.sent) == ({"national_id_shared"}, [])


def test_a_value_that_can_be_no_id_holds_the_message(house: House) -> None:
    """It is neither taken over nor taken for nothing."""
    key = house.local.case(1, ma_qg="đã gửi ngày 1/2")
    adopt(house.agent, actor=BOSS)
    house.sync()
    assert (house.gateway.sent, held_by(house, key)) == ([], {"bad_value"})


def test_an_uncertain_message_is_not_taken_over(house: House) -> None:
    """It was sent from here, and its outcome is settled first."""
    key = house.local.case(1)
    house.answers(Unknown("read", 0))
    house.sync()
    house.local.change(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    assert (house.state(key), house.message(key).ack_id) == ("uncertain", None)


def test_a_protected_case_is_taken_over_like_any_other(house: House) -> None:
    """Nothing of it is sent; and it did not become protected after it went up."""
    key = house.local.denunciation(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    house.sync()
    assert (house.message(key).ack_id, held_by(house, key), house.gateway.sent) == ("case-1", set(), [])


@pytest.mark.parametrize("settle", [0, 120])
def test_a_case_taken_over_open_that_becomes_protected_alarms(make_house: Houses, settle: int) -> None:
    """The program before us may have sent a name."""
    house = make_house(settle=settle)
    key = house.local.case(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    house.clock.move(hours=1)
    house.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")
    house.sync()
    assert "reclassified" in held_by(house, key)


@pytest.mark.parametrize("settle", [0, 120])
def test_a_case_protected_when_it_was_taken_over_does_not_alarm(make_house: Houses, settle: int) -> None:
    """Nothing new is known to be where it must not be."""
    house = make_house(settle=settle)
    key = house.local.denunciation(1, ma_qg="case-1")
    for _ in range(3):
        adopt(house.agent, actor=BOSS)
        house.clock.move(hours=1)
        house.sync()
    assert held_by(house, key) == set()


# the first update


def test_the_first_update_shows_which_fields_it_would_empty(house: House) -> None:
    """What the record holds there nobody here has seen."""
    key = house.local.case(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    house.local.change(1, noi_dung="Mới")
    house.sync()
    fields = {field for (field,) in house.select("SELECT field FROM finding WHERE rule = 'adopted_update'")}
    assert (house.gateway.sent, house.message(key).reason) == ([], "adopted_update")
    assert {"NguonDonDen.SoVanBanDen", "NguoiKNTC.DataNguoiKNTC[].SoDinhDanhCaNhan"} <= fields
    assert not fields & {"NoiDungDon", "VuViec.Id", "NguoiKNTC.DataNguoiKNTC[].HoTen", "Attachment[].TenHoSo"}


def test_a_first_update_over_a_service_that_keeps_what_is_empty_names_no_field(make_house: Houses) -> None:
    """One hold for the message as a whole."""
    house = make_house(capabilities='"empty_string" = "keeps"')
    key = house.local.case(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    house.local.change(1, noi_dung="Mới")
    house.sync()
    assert [tuple(row) for row in house.select("SELECT rule, field FROM finding")] == [("adopted_update", "")]
    assert house.state(key) == "held"


@pytest.mark.parametrize("empty", ["unknown", "clears"])
def test_a_released_first_update_goes_up_and_the_next_is_ordinary(make_house: Houses, empty: str) -> None:
    """From then on the national record is what was sent."""
    house = make_house(capabilities=f'"empty_string" = "{empty}"')
    key = house.local.case(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    house.local.change(1, noi_dung="Mới")
    house.sync()
    house.release(key, "adopted_update", reason="compared", actor=BOSS)
    house.sync()
    assert house.gateway.last["VuViec"]["Id"] == "case-1"
    house.local.change(1, noi_dung="Mới nữa")
    house.sync()
    assert (house.gateway.steps, house.gateway.cases()[-1]) == ([("case", True)] * 2, "Mới nữa")


def test_a_release_is_for_the_content_that_was_looked_at(house: House) -> None:
    """What changes after it is held again."""
    key = house.local.case(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    house.local.change(1, noi_dung="Mới")
    house.sync()
    house.release(key, "adopted_update", reason="compared", actor=BOSS)
    house.local.change(1, noi_dung="Mới nữa")
    house.sync()
    assert (house.gateway.sent, house.state(key)) == ([], "held")


def test_a_change_taken_back_lifts_the_hold(house: House) -> None:
    """The content is again what was taken over."""
    key = house.local.case(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS)
    for content in ("Mới", "Nội dung 1"):
        house.local.change(1, noi_dung=content)
        house.sync()
    assert (house.state(key), held_by(house, key)) == ("acknowledged", set())


def test_an_update_that_the_contract_forbids_is_held_by_that(house: House) -> None:
    """No release leads around what cannot be said."""
    key = adopted_full(house)
    adopt(house.agent, actor=BOSS)
    house.local.execute("UPDATE quyet_dinh SET ket_qua = 'S' WHERE id = 11")
    house.local.touch(1)
    house.sync()
    assert house.message(key, "settlement", "11").reason == "update_not_expressible"


# pushing


def test_push_sends_the_local_content_over_what_is_there(make_house: Houses) -> None:
    """Updates under the adopted ids; nothing is created."""
    house = make_house(capabilities=CAPABLE)
    adopted_full(house)
    adopt(house.agent, actor=BOSS, push=True, reason="old_data")
    answers = ["case-1", "case-1", "case-1", "decision-11", "decision-12", "enforcement-100"]
    house.answers(*[Accepted(national_id, 200) for national_id in answers])
    house.sync()
    minted = [step for step, update in house.gateway.steps if update]
    assert (minted, len(house.gateway.sent)) == (["case", "settlement", "settlement", "enforcement"], 6)
    assert house.gateway.last["ThiHanhId"] == "enforcement-100"


def test_what_was_pushed_is_ordinary_afterwards(make_house: Houses) -> None:
    """It is what was sent from here."""
    house = make_house(capabilities=CAPABLE)
    adopted_full(house)
    adopt(house.agent, actor=BOSS, push=True, reason="old_data")
    house.sync()
    house.local.change(1, noi_dung="Mới")
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "Mới"]


def test_a_push_does_not_send_files_again(house: House) -> None:
    """The contract takes files only on creation; that alone holds nothing."""
    (house.folder / "files" / "a.pdf").write_bytes(b"%PDF-")
    house.local.case(1, ma_qg="case-1")
    house.local.insert("tep", vu_viec=1, ten="a.pdf", duong_dan="a.pdf")
    adopt(house.agent, actor=BOSS, push=True, reason="old_data")
    house.sync()
    assert (house.gateway.steps, "Attachment" in house.gateway.last) == ([("case", True)], False)


def test_a_push_passes_the_volume_guard(make_house: Houses) -> None:
    """Like anything else that is unusually much."""
    house = make_house(extra="[guards]\nvolume_min = 2\nvolume_share = 0.0")
    for number in (1, 2, 3):
        house.local.case(number, ma_qg=f"case-{number}")
    adopt(house.agent, actor=BOSS, push=True, reason="old_data")
    with pytest.raises(GuardError) as caught:
        house.sync()
    assert house.gateway.sent == []
    house.sync(accepted=dict(caught.value.facts)["digest"])
    assert house.gateway.steps == [("case", True)] * 3


def test_a_push_says_why_and_who(house: House) -> None:
    """In the entry of the run, and in that of each message how."""
    house.local.case(1, ma_qg="case-1")
    adopt(house.agent, actor=BOSS, push=True, reason="old_data")
    told = [(entry.event, entry.reason, entry.actor) for entry in house.entries() if entry.reason]
    assert ("run_started", "push:old_data", BOSS) in told
    assert ("adopted", "pushed", BOSS) in told


@pytest.mark.parametrize("reason", [None, "", "two words"])
def test_a_push_needs_a_reason(house: House, reason: str | None) -> None:
    """A code, before anything is read."""
    house.local.case(1, ma_qg="case-1")
    with pytest.raises(SyncAgentError, match="a reason is a code"):
        adopt(house.agent, actor=BOSS, push=True, reason=reason)
    assert house.states() == {}


# the run


def test_a_source_that_fails_in_the_middle_leaves_what_was_done(house: House) -> None:
    """Running again takes over the rest, and nothing twice."""
    for number in range(1, 8):
        house.local.case(number, ma_qg=f"case-{number}")

    def fail(read: int) -> None:
        if read == 5:  # three pages to count the ids, then the second page of taking over
            raise SourceError("the local system went away", where="source")

    house.source.before_read = fail
    with pytest.raises(SourceError):
        adopt(house.agent, actor=BOSS)
    assert (len(house.states()), "go_live_declared" in house.events()) == (3, False)
    house.source.before_read = lambda _: None
    report = adopt(house.agent, actor=BOSS)
    assert (report.steps["case"], set(house.states().values())) == (4, {"acknowledged"})
    assert house.events().count("adopted") == 7


def test_a_rehearsal_leaves_no_trace(house: House) -> None:
    """Neither in the ledger nor on the national side; it says what would be done."""
    adopted_full(house)
    house.local.case(2)
    house.sync(keys=["V2"])
    state = house.agent.settings.state
    before = _bytes_of(state)
    report = rehearse_adoption(house.agent)
    assert (_bytes_of(state), len(house.gateway.sent)) == (before, 1)
    assert (report.total("adopted"), report.steps["settlement"]) == (1, 2)


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


def test_the_table_counts_by_kind_and_year(make_house: Houses) -> None:
    """What was taken over, what is new, what waits for a person, what is out of scope."""
    scope = '[scope]\nagencies = ["H217.01"]\nkinds = ["complaint"]\nstart_from = "2026-01-01"'
    house = make_house(extra=scope)
    house.local.case(1, ma_qg="case-1")
    house.local.case(2)
    house.local.case(3, ngay_nhan="2025-12-31")
    house.local.case(4, ma_qg="same")
    house.local.case(5, ma_qg="same")
    house.local.denunciation(6)
    report = adopt(house.agent, actor=BOSS)
    assert report.table == {
        ("complaint", 2026, "adopted"): 1,
        ("complaint", 2026, "create"): 1,
        ("complaint", 2025, "kept"): 1,
        ("complaint", 2026, "ambiguous"): 2,
        ("denunciation", 2026, "kept"): 1,
    }


def test_a_protected_case_for_a_person_is_named_by_pseudonym(house: House) -> None:
    """As everywhere."""
    house.local.denunciation(1, ma_qg="same")
    house.local.denunciation(2, ma_qg="same")
    report = adopt(house.agent, actor=BOSS)
    assert [name[:2] for name in report.ambiguous] == ["P-", "P-"]


def test_an_adoption_allows_the_first_send(make_house: Houses) -> None:
    """Outside the demo nothing goes up before; how it was allowed stays as it was said first."""
    scope = '[scope]\nagencies = ["H217.01"]\nkinds = ["complaint"]\nstart_from = "2026-01-01"'
    house = make_house(mode="test", settle=1, extra=scope)
    house.local.case(1)
    with pytest.raises(GuardError, match="declared") as caught:
        house.sync()
    assert "sync-agent adopt, or" in caught.value.todo
    adopt(house.agent, actor=BOSS)
    house.clock.move(minutes=1)
    house.sync()
    assert len(house.gateway.sent) == 1
    adopt(house.agent, actor=BOSS)
    assert [reason for (reason,) in house.select("SELECT go_live FROM environment")] == ["adopted"]
    assert house.events().count("go_live_declared") == 1


def test_adopting_after_declining_takes_over_what_is_foreign_now(house: House) -> None:
    """The go-live stays declined."""
    decline_adoption(house.agent, reason="first", actor=BOSS)
    key = house.local.case(1, ma_qg="case-1")
    house.sync()
    assert house.state(key) == "held"
    adopt(house.agent, actor=BOSS)
    assert house.message(key).ack_id == "case-1"
    assert [reason for (reason,) in house.select("SELECT go_live FROM environment")] == ["declined:first"]


def test_adopting_again_changes_nothing(house: House) -> None:
    """Once taken over is taken over."""
    adopted_full(house)
    adopt(house.agent, actor=BOSS)
    report = adopt(house.agent, actor=BOSS)
    assert (report.steps.total(), house.events().count("adopted")) == (0, 6)


def test_a_decision_sent_by_another_program_later_is_taken_over(house: House) -> None:
    """The case is ours; its decision got its id elsewhere."""
    key = house.local.case(1)
    house.sync()
    house.local.decided(1, 11, ma_qg="decision-11")
    house.sync()
    assert held_by(house, key) == {"foreign_writer"}
    adopt(house.agent, actor=BOSS)
    assert (house.message(key, "settlement", "11").ack_id, held_by(house, key)) == ("decision-11", set())


def test_nothing_is_taken_over_below_a_case_of_another_id(house: House) -> None:
    """Whose decision it is, is not known."""
    key = house.local.case(1)
    house.sync()
    house.local.decided(1, 11, ma_qg="decision-11")
    house.local.change(1, ma_qg="other")
    adopt(house.agent, actor=BOSS)
    assert (house.state(key, "settlement", "11"), held_by(house, key)) == ("held", {"foreign_writer"})


def test_a_simulators_id_is_refused_in_production(make_house: Houses) -> None:
    """Wherever it came from."""
    house = make_house(mode="production", settle=1, kind_settle=60)
    key = house.local.case(1, ma_qg="SIM-1")
    adopt(house.agent, actor=BOSS)
    assert house.agent.settings.agent.mode is Mode.PRODUCTION
    assert (house.message(key).ack_id, "foreign_writer" in held_by(house, key)) == (None, True)
