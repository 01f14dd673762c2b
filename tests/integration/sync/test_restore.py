"""An older copy of the ledger was put back: it is noticed, nothing is made twice, what can be settled is settled."""

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync_agent.doctor import Verdict, examine
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError, GuardError, LedgerError, SyncAgentError
from sync_agent.ledger import HeadFile, OutsideHead, head_of, queries
from sync_agent.national import WireRequest
from sync_agent.sync import declare_restored, rehearse, resolve
from tests.support.faults import PaperGateway, on_paper
from tests.support.houses import House, Houses
from tests.support.servers import POSTGRES, fresh_database

CONTAINS = '"lookup" = "contains"'
CLEARS = '"lookup" = "contains"\n"empty_string" = "clears"\n"lists_on_update" = "replace"'
WAIT = {"minutes": 25}
"""Longer than a request can take and the national side may need after it."""


@dataclass
class Copy:
    """A ledger as it was once, without the head that is kept beside it."""

    house: House
    folder: Path

    @classmethod
    def of(cls, house: House, name: str = "older") -> "Copy":
        """Keep the ledger as it is now."""
        made = cls(house, house.folder / name)
        house.agent.ledger.engine.dispose()
        made.folder.mkdir()
        for path in house.agent.settings.state.glob("ledger.db*"):
            shutil.copy(path, made.folder)
        return made

    def put_back(self) -> None:
        """Have the ledger as it was then, and nothing else."""
        state = self.house.agent.settings.state
        self.house.agent.ledger.engine.dispose()
        for path in state.glob("ledger.db*"):
            path.unlink()
        for path in self.folder.iterdir():
            shutil.copy(path, state)


def restored(make_house: Houses, *, capabilities: str = "", extra: str = "") -> tuple[House, PaperGateway]:
    """Return a house whose ledger is older than its second pass, in which a case with all its steps went up."""
    house, paper = on_paper(make_house(page=50, workers=1, capabilities=capabilities, extra=extra))
    house.local.case(1)
    house.sync()
    older = Copy.of(house)
    house.clock.move(hours=1)
    house.local.full(2)
    house.sync()
    assert len(paper.arrivals()) == 7
    older.put_back()
    return house, paper


def broken(_: str) -> None:
    """Do what a power cut does while a message is on its way."""
    raise RuntimeError("the machine was switched off")


def declare(house: House) -> None:
    """Declare that the ledger is an older copy."""
    declare_restored(house.agent, reason="disk_failed", actor="os:lan")


def passes(house: House, number: int = 3) -> None:
    """Run some passes, each after the national side had time."""
    for _ in range(number):
        house.clock.move(**WAIT)
        house.sync()


def head_file(house: House) -> Path:
    """Return the head kept outside."""
    return house.agent.settings.state / "ledger.head"


def refused(house: House) -> str:
    """Run a pass that a guard stops before it begins; return what the guard says."""
    before = house.events()
    with pytest.raises(GuardError) as caught:
        house.sync()
    assert "db restored" in caught.value.todo
    assert house.events() == before
    return caught.value.what


def test_an_older_copy_is_noticed(make_house: Houses) -> None:
    """Nothing is sent and nothing written until a person declares it."""
    house, paper = restored(make_house)
    assert "older copy" in refused(house)
    assert len(paper.arrivals()) == 7


def test_another_copy_of_the_same_length_or_longer_is_noticed(make_house: Houses) -> None:
    """An older copy that went on by itself has other entries where the head stands."""
    house, _ = on_paper(make_house(page=50))
    house.local.case(1)
    house.sync()
    older = Copy.of(house)
    head = head_file(house).read_bytes()
    house.local.case(2)
    house.sync()
    newest = head_file(house).read_bytes()
    older.put_back()
    head_file(house).write_bytes(head)
    for _ in range(3):
        house.sync()
    head_file(house).write_bytes(newest)
    assert "another copy" in refused(house)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b"x" * 512])
def test_a_missing_or_damaged_head_is_noticed_when_something_was_sent(house: House, content: bytes | None) -> None:
    """A state folder that was lost says nothing about what went up."""
    house.local.case(1)
    house.sync()
    if content is None:
        head_file(house).unlink()
    else:
        head_file(house).write_bytes(content)
    assert "missing" in refused(house)


def test_a_head_with_one_byte_changed_is_damaged(house: House) -> None:
    """Its checksum says so."""
    house.local.case(1)
    house.sync()
    content = head_file(house).read_bytes()
    assert OutsideHead.from_bytes(content) is not None
    assert OutsideHead.from_bytes(content.replace(b'"size":', b'"size":1', 1)) is None


def test_a_missing_head_is_made_when_nothing_was_ever_sent(house: House) -> None:
    """Then nothing can be lost."""
    house.sync()
    head_file(house).unlink()
    house.sync()
    assert head_file(house).exists()


def test_a_deleted_ledger_is_noticed(house: House) -> None:
    """A new one would send everything a second time."""
    house.local.case(1)
    house.sync()
    house.agent.ledger.engine.dispose()
    for path in house.agent.settings.state.glob("ledger.db*"):
        path.unlink()
    other = house.reopened()
    with pytest.raises(GuardError):
        other.sync()
    assert house.gateway.cases() == ["Nội dung 1"]


@pytest.mark.parametrize(
    "act",
    [
        lambda house: rehearse(house.agent),
        lambda house: resolve(house.agent, "V1", Step.CASE, arrived=None, actor="os:lan"),
    ],
)
def test_no_other_work_begins_on_an_older_copy(make_house: Houses, act: Callable[[House], object]) -> None:
    """Neither a rehearsal, whose plan would be wrong, nor a decision."""
    house, _ = restored(make_house)
    with pytest.raises(GuardError):
        act(house)


def test_an_older_copy_can_still_be_read(make_house: Houses) -> None:
    """What stood then is still true of then; the doctor says what is wrong."""
    house, _ = restored(make_house)
    with house.agent.ledger.read() as connection:
        assert queries.overview(connection, "nho").cases == 1
    (found,) = [check for check in examine(house.folder, probe=False) if check.where == "ledger.head"]
    assert found.verdict is Verdict.FAIL


def test_a_rehearsal_leaves_the_head_as_it_is(house: House) -> None:
    """It leaves no trace anywhere."""
    house.local.case(1)
    house.sync()
    before = head_file(house).read_bytes()
    house.local.case(2)
    rehearse(house.agent)
    assert head_file(house).read_bytes() == before


def test_the_head_is_private_and_of_one_length(house: House) -> None:
    """It is written over in place."""
    house.local.case(1)
    house.sync()
    assert (head_file(house).stat().st_mode & 0o777, head_file(house).stat().st_size) == (0o600, 512)


def test_the_head_holds_each_intent_before_it_is_sent(make_house: Houses) -> None:
    """What may have been sent is never missing in it, and nothing that was not committed is in it."""
    house = make_house(workers=1)  # while the only one sends, nothing else is intended
    seen: list[tuple[bool, bool]] = []

    def look(_: WireRequest) -> None:
        head = OutsideHead.from_bytes(head_file(house).read_bytes())
        assert head is not None
        rows = house.select("SELECT idx, event FROM audit_leaf ORDER BY idx")
        last = max(idx for idx, event in rows if event == "intent")
        seen.append((last < head.size, head.size <= len(rows)))

    house.gateway.before = look
    for number in (1, 2, 3):
        house.local.full(number)
    house.sync()
    assert (set(seen), len(seen)) == ({(True, True)}, 18)


def test_after_a_pass_the_head_is_that_of_the_whole_log(house: House) -> None:
    """Answers included, so that a copy from the middle of the pass is noticed."""
    house.local.case(1)
    house.sync()
    kept = OutsideHead.from_bytes(head_file(house).read_bytes())
    with house.agent.ledger.read() as connection:
        assert (kept, len(house.events())) == (head_of(connection), kept.size if kept else 0)


def test_nothing_is_sent_when_the_head_cannot_be_written(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The intent stands, so that the message is in doubt, but no byte has left."""
    key, before = house.local.case(1), HeadFile.note

    def on_a_folder(kept: HeadFile, new: OutsideHead) -> None:
        folder, kept.path = kept.path, kept.path.parent
        try:
            before(kept, new)
        finally:
            kept.path = folder

    monkeypatch.setattr(HeadFile, "note", on_a_folder)
    with pytest.raises(LedgerError):
        house.sync()
    assert (house.state(key), house.gateway.sent) == ("in_flight", [])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 6])
def test_killed_around_the_writing_of_the_head_the_next_pass_goes_on(make_house: Houses, when: str, at: int) -> None:
    """The intent is committed and the head is not, or both are: the head is never ahead of the ledger."""
    house, paper = on_paper(make_house(page=50, workers=1, capabilities=CONTAINS))
    house.local.full(1)
    house.sync(limit=0)
    older = Copy.of(house)
    assert killed_at_head(house, when, at)
    assert len(paper.arrivals()) == at - 1
    assert "in_flight" in house.states().values()
    newest = Copy.of(house, "newest")
    older.put_back()
    if at > 1 or when == "after":
        refused(house)
    newest.put_back()
    house.clock.move(**WAIT)
    house.sync()
    assert len({(each.step, each.of) for each in paper.arrivals()}) == len(paper.arrivals())


def killed_at_head(house: House, when: str, at: int) -> bool:
    """Run a pass in a child that is killed before or after it writes the head for the time number `at`."""
    house.agent.ledger.engine.dispose()
    child = os.fork()
    if child == 0:
        write, written = HeadFile.note, [0]

        def note(kept: HeadFile, new: OutsideHead) -> None:
            written[0] += 1
            if (when, at) == ("before", written[0]):
                os.kill(os.getpid(), signal.SIGKILL)
            write(kept, new)
            if (when, at) == ("after", written[0]):
                os.kill(os.getpid(), signal.SIGKILL)

        HeadFile.note = note  # type: ignore[assignment]
        house.sync()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_the_declaration_is_recorded_with_the_head_that_was_lost(make_house: Houses) -> None:
    """Who, why, what is in doubt; the first entry of the new incarnation holds the old head."""
    house, _ = restored(make_house)
    lost, size = OutsideHead.from_bytes(head_file(house).read_bytes()), len(house.events())
    assert lost is not None
    declare(house)
    first, done = house.entries()[size], house.entries()[-1]
    assert (first.event, done.event, first.actor, done.reason) == (
        "incarnation_started",
        "restored",
        "os:lan",
        "disk_failed",
    )
    assert {(each.head_size, each.head_root) for each in (first, done)} == {(lost.size, lost.root)}
    assert done.counts == {"cases": 1, "case": 1, "processing": 1, "acceptance": 1, "settlement": 2, "enforcement": 1}


def test_a_reason_must_be_a_code(make_house: Houses) -> None:
    """The log holds no free text."""
    house, _ = restored(make_house)
    with pytest.raises(SyncAgentError):
        declare_restored(house.agent, reason="vì hỏng đĩa", actor="os:lan")


def test_a_declaration_cut_short_is_none(make_house: Houses) -> None:
    """Wherever it was cut, no pass runs until it was done to its end."""
    house, _ = restored(make_house)
    house.source.before_read = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        declare(house)
    house.source.before_read = lambda _: None
    for _ in range(5):
        with pytest.raises(GuardError):
            house.sync()
    declare(house)
    house.sync()


def test_a_declaration_cut_short_is_none_even_where_nothing_was_noticed(house: House) -> None:
    """A whole machine that was put back holds the head that fits."""
    house.local.case(1)
    house.sync()
    house.source.before_read = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        declare(house)
    house.source.before_read = lambda _: None
    with pytest.raises(GuardError):
        house.sync()


def test_a_declaration_for_another_environment_changes_nothing(make_house: Houses) -> None:
    """The ledger of a test endpoint does not get into production this way either."""
    house = make_house()
    house.local.case(1)
    house.sync()
    other, before = house.edited("agent.toml", "national.example/", "other.example/"), head_file(house).read_bytes()
    with pytest.raises(ConfigError):
        declare(other)
    assert head_file(house).read_bytes() == before


LOOKUPS = [
    "",
    '"lookup" = "exact"',
    CONTAINS,
    CONTAINS + '\n"lookup.lag" = "3600"',
    CONTAINS + '\n"lookup.cap" = "1"',
    CLEARS,
]


@pytest.mark.parametrize("capabilities", LOOKUPS)
def test_whatever_the_look_up_can_do_nothing_is_made_twice(make_house: Houses, capabilities: str) -> None:
    """The case that went up meanwhile is found by its token where it may be; its steps wait for a person."""
    house, paper = restored(make_house, capabilities=capabilities)
    declare(house)
    for _ in range(6):
        house.clock.move(hours=2)
        house.sync()
    assert len(paper.arrivals()) == 7
    assert {state for (key, *_), state in house.states().items() if key == "V1"} == {"acknowledged"}
    unsettled = {step for (key, step, _), state in house.states().items() if (key, state) == ("V2", "uncertain")}
    assert {"settlement", "enforcement"} <= unsettled


@pytest.mark.parametrize("capabilities", LOOKUPS)
def test_what_never_went_up_goes_up_once(make_house: Houses, capabilities: str) -> None:
    """Where not finding it proves that; else a person says so."""
    house, paper = restored(make_house, capabilities=capabilities)
    house.local.full(3)
    declare(house)
    for _ in range(6):
        house.clock.move(hours=2)
        house.sync()
    states = {state for (key, *_), state in house.states().items() if key == "V3"}
    made = [each for each in paper.arrivals() if each.step == "case"]
    assert (states, len(made)) == (({"acknowledged"}, 3) if "contains" in capabilities else ({"uncertain"}, 2))
    if "contains" not in capabilities:
        resolve(house.agent, "V3", Step.CASE, arrived=None, actor="os:lan")
        passes(house)
        assert {state for (key, *_), state in house.states().items() if key == "V3"} == {"acknowledged"}
    assert len({(each.step, each.of) for each in paper.arrivals()}) == len(paper.arrivals()) == 13


def test_nothing_is_looked_up_before_the_national_side_had_time(make_house: Houses) -> None:
    """What was sent just before the copy was put back may not be found yet."""
    house, paper = restored(make_house, capabilities=CONTAINS + '\n"lookup.lag" = "3600"')
    declare(house)
    house.clock.move(minutes=70)
    house.sync()
    assert house.state("V2") == "uncertain"
    house.clock.move(minutes=30)
    house.sync()
    assert (house.state("V2") == "uncertain", len(paper.arrivals())) == (False, 7)


def test_what_was_uncertain_in_the_copy_is_given_time_too(make_house: Houses) -> None:
    """It may have been sent again meanwhile, a moment before the copy was put back."""
    house, paper = on_paper(make_house(page=50, capabilities=CONTAINS))
    house.local.case(1)
    paper.around = broken
    with pytest.raises(RuntimeError):
        house.sync()
    paper.around = lambda _: None
    older = Copy.of(house)
    house.clock.move(hours=2)
    house.sync()
    assert len(paper.arrivals()) == 1
    older.put_back()
    declare(house)
    house.sync()
    assert (house.state("V1"), len(paper.arrivals())) == ("uncertain", 1)
    passes(house)
    assert (house.message("V1").ack_id, len(paper.arrivals())) == (paper.arrivals()[0].national_id, 1)


def test_the_present_content_goes_up_over_what_was_found(make_house: Houses) -> None:
    """Which content arrived is not known, so that it is sent again where the contract can."""
    house, paper = restored(make_house, capabilities=CLEARS)
    house.local.change(2, noi_dung="Nội dung mới")
    declare(house)
    passes(house)
    assert (house.state("V2"), paper.updates()) == ("acknowledged", ["case"])
    assert house.message("V2").ack_id in {each.national_id for each in paper.arrivals()}


def test_an_update_that_may_empty_fields_waits_for_a_person(make_house: Houses) -> None:
    """With cautious capabilities nobody knows what such an update would do to what is there."""
    house, paper = restored(make_house, capabilities=CONTAINS)
    declare(house)
    passes(house)
    assert (house.state("V2"), house.message("V2").reason, paper.updates()) == ("held", "adopted_update", [])


def test_a_person_who_finds_it_settles_it(make_house: Houses) -> None:
    """Settlements and enforcements are found by no look-up."""
    house, paper = restored(make_house, capabilities=CLEARS)
    declare(house)
    passes(house)
    ids = {each.of[-1]: each.national_id for each in paper.arrivals() if each.step == "settlement"}
    for local_key in ("21", "22"):
        resolve(house.agent, "V2", Step.SETTLEMENT, local_key=local_key, arrived=ids[f"{local_key}/QĐ"], actor="os:lan")
    assert {house.message("V2", "settlement", key).ack_id for key in ("21", "22")} == set(ids.values())
    passes(house)
    assert len(paper.arrivals()) == 7


def test_what_cannot_have_gone_up_is_not_in_doubt(make_house: Houses) -> None:
    """Held by the scope, or acknowledged, or no longer part of the case."""
    scope = '[scope]\nagencies = ["H217.01"]\nkinds = ["complaint"]\nstart_from = 2026-07-01'
    house, _ = restored(make_house, extra=scope)
    house.local.case(3, co_quan="H217.02")
    house.local.case(4, ngay_nhan="2026-06-01")
    declare(house)
    assert {key for (key, *_), state in house.states().items() if state == "uncertain"} == {"V2"}


def test_the_declaration_is_allowed_where_nothing_was_noticed(house: House) -> None:
    """After a whole machine was put back, head and all."""
    house.local.case(1)
    house.sync()
    house.local.case(2)
    declare(house)
    assert house.states() == {("V1", "case", ""): "acknowledged", ("V2", "case", ""): "uncertain"}
    house.clock.move(**WAIT)
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1"]


def test_what_went_up_before_its_case_was_protected_is_told(make_house: Houses) -> None:
    """When it went up is not known: it may have been with the name."""
    house, _ = on_paper(make_house(page=50, capabilities=CLEARS))
    house.local.case(1)
    house.sync(limit=0)
    older = Copy.of(house)
    house.sync()
    house.clock.move(hours=1)
    older.put_back()
    house.local.change(1, loai="TC", linh_vuc="TC.01.02", tom_tat="Tóm tắt")
    declare(house)
    passes(house)
    assert "reclassified" in house.rules("V1")


def test_an_older_copy_on_a_server_is_noticed(make_house: Houses) -> None:
    """The head is in the state folder of the agent, wherever its ledger is."""
    with fresh_database(POSTGRES) as url:
        house = make_house(ledger=url)
        house.local.case(1)
        house.sync()
        lost = head_file(house).read_bytes()
        house.agent.ledger.engine.dispose()
        with fresh_database(POSTGRES) as other:
            house = house.edited("agent.toml", url, other)
            refused_new(house)
            head_file(house).unlink()
            house.sync(limit=0)
            head_file(house).write_bytes(lost)
            refused_new(house)
            declare(house)
            house.clock.move(**WAIT)
            house.sync()
            assert (house.state("V1"), house.gateway.cases()) == ("uncertain", ["Nội dung 1"])
            house.agent.ledger.engine.dispose()


def refused_new(house: House) -> None:
    """Run a pass that a guard stops."""
    with pytest.raises(GuardError):
        house.sync()
