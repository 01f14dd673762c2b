"""What was refused is tried again when something decides differently, or when a person says so."""

import shutil
from collections.abc import Callable

import pytest

from sync_agent.domain.steps import Step
from sync_agent.errors import GuardError, NationalUnreachableError, SyncAgentError
from sync_agent.national import Accepted, NotProcessed, Refused
from sync_agent.sync import RetryReport, retry
from tests.support.houses import ROOT, House

SECRET_TEXT = "Ông Lò Văn Mẫu không hợp lệ"
REFUSAL = Refused("bad_code", "▢ không hợp lệ", 200, SECRET_TEXT, SECRET_TEXT.encode())


@pytest.fixture
def refused(house: House) -> House:
    """Return a house with one case that was refused."""
    house.local.case(1)
    house.answers(REFUSAL)
    house.sync()
    assert house.state("V1") == "rejected"
    return house


def again(house: House, **options: object) -> RetryReport:
    """Have the case tried again by a person."""
    return retry(house.agent, "V1", **{"reason": "list_updated", "actor": "os:lan", **options})  # type: ignore[arg-type]


# by itself


def test_nothing_new_is_no_reason_to_try_again(refused: House) -> None:
    """The same content under the same versions is refused again."""
    refused.local.touch(1)
    refused.sync()
    assert (refused.state("V1"), len(refused.gateway.sent)) == ("rejected", 1)


TABLE = "local,national,name,valid_from,valid_to,source\n"


def _by_table(house: House) -> House:
    (house.folder / "codes" / "nguon.csv").write_text(f"{TABLE}KN,01,Nguồn,,,test\n", "utf-8")
    field = "    petition.content: noi_dung\n"
    return house.edited("profile.yaml", field, f"{field}    petition.source: {{column: loai, codes: nguon}}\n")


def _change_mapping(house: House) -> House:
    return house.edited("profile.yaml", "    petition.entered_on: ngay_nhan\n", "")


def _change_table(house: House) -> House:
    return house.edited("codes/nguon.csv", "Nguồn,,,test\n", "Nguồn,,,test\nPA,02,Nguồn khác,,,test\n")


def _change_contract(house: House) -> House:
    shutil.copytree(ROOT / "schemas", house.folder / "schemas")
    changed = house.edited("schemas/kntc/refusals.toml", "vocabulary = [", "vocabulary = [ # one more word\n  'thừa',")
    return changed.edited("agent.toml", f'schemas = "{ROOT.as_posix()}/schemas"', 'schemas = "schemas"')


def _change_policy(house: House) -> House:
    changed = house.edited("privacy.toml", '    "petition.eligible",\n', "")
    changed.sign()
    return changed


def _change_case(house: House) -> House:
    house.local.change(1, noi_dung="Nội dung khác")
    return house


@pytest.mark.parametrize(
    "change",
    [_change_case, _change_mapping, _change_table, _change_contract, _change_policy],
    ids=lambda one: one.__name__,
)
def test_what_decides_differently_now_is_tried_again(house: House, change: Callable[[House], House]) -> None:
    """By the next pass, without anybody's word."""
    house = _by_table(house)
    house.local.case(1)
    house.answers(REFUSAL)
    house.sync()
    house = change(house)
    assert house.state("V1") == "rejected"
    house.sync()
    assert (house.state("V1"), house.message("V1").refusal, len(house.gateway.sent)) == ("acknowledged", None, 2)


# by a person


def test_a_person_has_it_tried_again_though_nothing_changed(refused: House) -> None:
    """Now, by the way everything goes: an intent first, and who asked for it and why."""
    report = again(refused)
    assert (refused.state("V1"), [message.state for message in report.messages]) == ("acknowledged", ["acknowledged"])
    entries = refused.entries()
    asked = next(place for place, entry in enumerate(entries) if entry.event == "retry_requested")
    assert (entries[asked].actor, entries[asked].reason, entries[asked].step) == ("os:lan", "list_updated", "case")
    after = [entry.event.value for entry in entries[asked:]]
    assert after == ["retry_requested", "planned", "intent", "accepted", "run_ended"]


def test_nothing_of_an_answer_is_kept_but_its_code_and_its_known_words(refused: House) -> None:
    """The text of the refusal never reaches the disk."""
    message = refused.message("V1")
    assert (message.reason, message.refusal) == ("bad_code", "▢ không hợp lệ")
    content = b"".join(path.read_bytes() for path in sorted((refused.folder / "state").iterdir()) if path.is_file())
    assert ("Lò Văn".encode() in content, "không hợp lệ".encode() in content) == (False, True)


def test_a_second_refusal_is_a_refusal(refused: House) -> None:
    """With its own code and words."""
    refused.answers(Refused("other", "▢ ▢", 200, "Chuyện khác", b"x"))
    report = again(refused)
    message = refused.message("V1")
    assert (message.state, message.reason, message.refusal, report.answers) == ("rejected", "other", "▢ ▢", [])


def test_only_the_step_that_was_named_is_tried_again(house: House) -> None:
    """The other refusal stays."""
    house.local.full(1)
    house.answers(Accepted("case-1", 200), Accepted("x", 200), Accepted("y", 200), REFUSAL, REFUSAL)
    for _ in range(2):  # a refusal ends the case for this pass
        house.sync()
    states = [house.state("V1", "settlement", key) for key in ("11", "12")]
    assert states == ["rejected", "rejected"]
    with pytest.raises(SyncAgentError, match="nothing of this case was refused"):
        again(house, step=Step.PROCESSING)
    again(house, step=Step.SETTLEMENT)
    assert [house.state("V1", "settlement", key) for key in ("11", "12")] == ["acknowledged"] * 2


def test_a_case_that_was_not_refused_is_not_tried_again(house: House) -> None:
    """What went up went up."""
    house.local.case(1)
    house.sync()
    with pytest.raises(SyncAgentError, match="nothing of this case was refused"):
        again(house)
    assert ("retry_requested" in house.events(), len(house.gateway.sent)) == (False, 1)


def test_a_hold_that_came_meanwhile_keeps_it(refused: House) -> None:
    """The case is read again first; nobody's word leads around a hold."""
    refused.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    report = again(refused)
    assert ([message.state for message in report.messages], len(refused.gateway.sent)) == (["held"], 1)


def test_a_case_that_became_protected_sends_no_name(refused: House) -> None:
    """What goes up is what the gate lets through now."""
    refused.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")
    again(refused)
    assert ("Lò Văn Mẫu" in str(refused.gateway.last), refused.state("V1")) == (False, "acknowledged")


def test_a_national_side_that_is_down_leaves_it_waiting(refused: House) -> None:
    """The pass after goes on with it."""
    refused.answers(NotProcessed("connect"))
    with pytest.raises(NationalUnreachableError):
        again(refused)
    assert refused.state("V1") == "waiting"


def test_the_volume_guard_stops_it(house: House) -> None:
    """The guards of a pass are those of a retry."""
    house.local.case(1)
    house.answers(REFUSAL)
    house.sync()
    house = house.edited("agent.toml", "[delivery]", "[guards]\nvolume_min = 0\nvolume_share = 0.0\n[delivery]")
    house.local.change(1, noi_dung="Khác")
    with pytest.raises(GuardError):
        again(house)
    assert len(house.gateway.sent) == 1


# the answer


def test_the_new_answer_is_handed_to_the_person_who_asked(refused: House) -> None:
    """From memory, once; the log has that it was shown, and still none of it."""
    refused.answers(REFUSAL)
    report = again(refused, listen=True)
    assert [(answer.step, answer.text) for answer in report.answers] == [("case", SECRET_TEXT)]
    entry = next(entry for entry in refused.entries() if entry.event == "answer_shown")
    assert (entry.actor, entry.step, entry.response is not None) == ("os:lan", "case", True)
    assert SECRET_TEXT not in repr(report)
    content = b"".join(path.read_bytes() for path in sorted((refused.folder / "state").iterdir()) if path.is_file())
    assert "Lò Văn".encode() not in content


def test_an_accepted_message_has_no_answer_to_show(refused: House) -> None:
    """Nothing was shown, and the log does not say so."""
    report = again(refused, listen=True)
    assert (report.answers, "answer_shown" in refused.events()) == ([], False)


def test_the_answer_about_a_protected_case_is_shown_to_nobody(house: House) -> None:
    """Nothing is sent for it either."""
    house.local.denunciation(1)
    house.answers(REFUSAL)
    house.sync()
    with pytest.raises(SyncAgentError, match="shown to nobody"):
        again(house, listen=True)
    assert (len(house.gateway.sent), house.state("V1")) == (1, "rejected")


def test_a_case_that_this_look_protects_shows_no_answer(refused: House) -> None:
    """It was a complaint when the person asked."""
    refused.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")
    refused.answers(REFUSAL)
    with pytest.raises(SyncAgentError, match="shown to nobody"):
        again(refused, listen=True)
    assert (len(refused.gateway.sent), "answer_shown" in refused.events()) == (1, False)


def test_a_case_protected_while_it_was_sent_shows_no_answer(refused: House) -> None:
    """The last look counts."""
    refused.answers(REFUSAL)
    reads = []

    def before_read(number: int) -> None:
        reads.append(number)
        if len(reads) == 2:  # the delivery's own look
            refused.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")

    refused.source.before_read = before_read
    report = again(refused, listen=True)
    assert (report.answers, "answer_shown" in refused.events(), refused.protected("V1")) == ([], False, True)
