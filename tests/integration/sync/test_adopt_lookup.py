"""Adoption by look-up: who is asked for, what an answer means, and that nobody protected is ever named."""

import pytest

from sync_agent.domain.steps import Step
from sync_agent.errors import NationalUnreachableError, SyncAgentError
from sync_agent.national import FoundCase, PersonQuery
from sync_agent.sync import AdoptionReport, adopt, rehearse_adoption, resolve
from tests.support.houses import House, Houses

BOSS = "os:lan"
NAME = "Lò Văn Mẫu 1"
TRUSTED = '"lookup" = "contains"'


@pytest.fixture
def trusting(make_house: Houses) -> House:
    """Return a house whose look-up is known to find what is there."""
    return make_house(capabilities=TRUSTED)


def found(national_id: str = "case-1", **told: str) -> FoundCase:
    """Return a listed case that is our first one, but for what is told."""
    return FoundCase(national_id, **{"name": NAME, "content": "Nội dung 1", **told})


def there(house: House, *rows: FoundCase, name: str = NAME) -> None:
    """Have the national side list these cases of a person."""
    house.gateway.people[name] = list(rows)


def look_up(house: House) -> AdoptionReport:
    """Run an adoption with look-up."""
    return adopt(house.agent, actor=BOSS, look_up=True)


def names_asked(house: House) -> set[str]:
    """Return every name that was asked for."""
    return {query.name for query, _ in house.gateway.searched} - {""}


def test_what_is_found_once_is_taken_over(trusting: House) -> None:
    """By its petitioner and its text; nothing is sent."""
    key = trusting.local.case(1)
    there(trusting, found())
    report = look_up(trusting)
    trusting.sync()
    assert (trusting.message(key).ack_id, trusting.gateway.sent, report.steps) == ("case-1", [], {"case": 1})
    assert [entry.reason for entry in trusting.entries() if entry.event == "adopted"] == ["looked_up"]


def test_what_is_not_there_is_created(trusting: House) -> None:
    """The look-up is trusted."""
    trusting.local.case(1)
    report = look_up(trusting)
    trusting.sync()
    assert (report.total("create"), report.trust, trusting.gateway.steps) == (1, "configured", [("case", False)])


@pytest.mark.parametrize(
    "rows",
    [
        [found("a"), found("b")],
        [found(content="Việc khác")],
        [found(name="Người Khác")],
        [found(f"id-{number}", content=f"Việc {number}") for number in range(10)] + [found()],
    ],
    ids=["several", "other_text", "same_text_other_name", "maybe_cut"],
)
def test_what_is_ambiguous_waits_for_a_person(trusting: House, rows: list[FoundCase]) -> None:
    """Neither taken over nor created."""
    key = trusting.local.case(1)
    there(trusting, *rows)
    report = look_up(trusting)
    trusting.sync()
    assert (trusting.gateway.sent, trusting.rules(key)) == ([], {"maybe_present"})
    assert (report.ambiguous, report.needs_person) == ([key], 1)


def test_a_list_shorter_than_the_cap_is_whole(make_house: Houses) -> None:
    """Where the contract knows how long it can be."""
    house = make_house(capabilities=f'{TRUSTED}\n"lookup.cap" = "50"')
    key = house.local.case(1)
    there(house, found(), *[found(f"id-{number}", content=f"Việc {number}") for number in range(20)])
    look_up(house)
    assert house.message(key).ack_id == "case-1"


def test_a_list_as_long_as_the_cap_is_doubted(make_house: Houses) -> None:
    """Ours may be among those that were cut off."""
    house = make_house(capabilities=f'{TRUSTED}\n"lookup.cap" = "2"')
    key = house.local.case(1)
    there(house, found("x", name="Người Khác", content="a"), found("y", name="Người Khác", content="b"))
    look_up(house)
    assert house.rules(key) == {"maybe_present"}


def test_another_person_of_the_name_is_nobody(trusting: House) -> None:
    """Their ID numbers differ."""
    trusting.local.case(1)
    trusting.local.execute("UPDATE nguoi SET so_dinh_danh = '012345678901'")
    there(trusting, found(id_number="012345678902", content="Việc khác"))
    assert look_up(trusting).total("create") == 1


def test_a_person_is_asked_for_by_number_and_by_name(trusting: House) -> None:
    """Under the account of the agency; what either finds counts."""
    key = trusting.local.case(1)
    trusting.local.execute("UPDATE nguoi SET so_dinh_danh = '012345678901'")
    there(trusting, found(id_number="012345678901"), name="012345678901")
    look_up(trusting)
    assert trusting.gateway.searched == [
        (PersonQuery(id_number="012345678901"), "tinh"),
        (PersonQuery(name=NAME), "tinh"),
    ]
    assert trusting.message(key).ack_id == "case-1"


def test_every_petitioner_is_asked_for(trusting: House) -> None:
    """The record may stand under any of them."""
    trusting.local.case(1)
    trusting.local.person(1, person="N9", name="Lò Thị Khác")
    look_up(trusting)
    assert names_asked(trusting) == {NAME, "Lò Thị Khác"}


def test_what_the_ledger_has_is_no_candidate(trusting: House) -> None:
    """Another case of the same person, adopted by its local id."""
    trusting.local.case(2, name=NAME, ma_qg="case-2")
    trusting.local.case(1)
    there(trusting, found("case-2", content="Nội dung 2"))
    report = look_up(trusting)
    assert (report.total("adopted"), report.total("create")) == (1, 1)


def test_what_another_local_case_claims_is_not_taken_over(trusting: House) -> None:
    """Its id stands at two others, which are held themselves."""
    key = trusting.local.case(1)
    trusting.local.case(2, ma_qg="case-1")
    trusting.local.case(3, ma_qg="case-1")
    there(trusting, found())
    look_up(trusting)
    assert trusting.rules(key) == {"maybe_present"}


def test_two_local_cases_that_no_answer_tells_apart_wait_for_a_person(trusting: House) -> None:
    """One record would fit both; nobody is asked for."""
    keys = [trusting.local.case(1), trusting.local.case(2, name=NAME, noi_dung="Nội dung 1")]
    there(trusting, found())
    look_up(trusting)
    assert [trusting.rules(key) for key in keys] == [{"maybe_present"}] * 2
    assert trusting.gateway.searched == []


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM nguoi", "UPDATE nguoi SET ho_ten = NULL", "UPDATE vu_viec SET noi_dung = ' '"],
    ids=["nobody", "nameless", "no_text"],
)
def test_a_case_with_nobody_to_ask_for_is_not_asked_for(trusting: House, sql: str) -> None:
    """What cannot be compared is never found, and never taken not to be there."""
    key = trusting.local.case(1)
    trusting.local.execute(sql)
    look_up(trusting)
    trusting.sync()
    assert (trusting.gateway.searched, "maybe_present" in trusting.rules(key), trusting.gateway.sent) == ([], True, [])


# protection


def test_a_denouncer_is_never_asked_for(trusting: House) -> None:
    """Asking names them; a person looks."""
    key = trusting.local.denunciation(1)
    there(trusting, found())
    look_up(trusting)
    trusting.sync()
    assert (trusting.gateway.searched, trusting.gateway.sent) == ([], [])
    assert (trusting.rules(key), trusting.message(key).ack_id) == ({"maybe_present"}, None)


@pytest.mark.parametrize("settle", [0, 120])
def test_who_shares_a_person_with_a_denunciation_is_never_asked_for(make_house: Houses, settle: int) -> None:
    """Whichever of them is read first, and before or after they have settled."""
    house = make_house(capabilities=TRUSTED, settle=settle, page=1)
    house.local.case(1, person="N7")
    house.local.denunciation(2, person="N7", name=NAME)
    house.local.case(3, person="N7", name=NAME)
    for _ in range(3):
        look_up(house)
        house.clock.move(hours=1)
    assert house.gateway.searched == []


def test_beside_a_case_that_just_changed_nobody_is_asked_for(make_house: Houses) -> None:
    """It may be a denunciation now, and not have settled."""
    house = make_house(capabilities=TRUSTED, settle=120)
    house.local.case(1, person="N7")
    house.local.case(2, person="N7", name=NAME)
    look_up(house)
    house.clock.move(hours=1)
    house.local.change(2, noi_dung="Nội dung mới")
    look_up(house)
    assert house.gateway.searched == []


@pytest.mark.parametrize(("loai", "linh_vuc"), [(None, "KN.01.02"), ("KN", "TC.01.02"), ("PA", None)])
def test_what_is_not_surely_open_is_not_asked_for(trusting: House, loai: str | None, linh_vuc: str | None) -> None:
    """Not classified, or with witnesses that disagree."""
    key = trusting.local.case(1, loai=loai, linh_vuc=linh_vuc)
    look_up(trusting)
    assert (trusting.gateway.searched, "maybe_present" in trusting.rules(key)) == ([], True)


def test_a_kind_must_have_settled_before_anybody_is_asked_for(make_house: Houses) -> None:
    """As before a name is sent; until then the case waits, and nothing is created."""
    house = make_house(capabilities=TRUSTED, kind_settle=7200)
    key = house.local.case(1)
    report = look_up(house)
    house.sync()
    assert (report.total("waiting"), house.gateway.searched, house.gateway.sent) == (1, [], [])
    house.clock.move(hours=3)
    look_up(house)
    house.sync()
    assert (names_asked(house), house.state(key)) == ({NAME}, "acknowledged")


def test_what_is_out_of_scope_is_not_asked_for_until_it_is_opened(make_house: Houses) -> None:
    """Then the adoption is run again; before that nothing is created."""
    scope = '[scope]\nagencies = ["H217.01"]\nkinds = ["complaint"]\nstart_from = "2026-11-01"'
    house = make_house(capabilities=TRUSTED, extra=scope)
    key = house.local.case(1)
    assert look_up(house).total("kept") == 1
    house = house.edited("agent.toml", "2026-11-01", "2026-01-01")
    house.sync()
    assert (house.gateway.searched, house.gateway.sent, house.rules(key)) == ([], [], {"maybe_present"})
    there(house, found())
    look_up(house)
    assert house.message(key).ack_id == "case-1"


def test_a_draft_is_not_asked_for(trusting: House) -> None:
    """Nothing of it goes anywhere before it is ready."""
    trusting.local.case(1, san_sang=0)
    assert look_up(trusting).total("kept") == 1
    assert trusting.gateway.searched == []


# trust


def test_an_unproven_look_up_creates_nothing(house: House) -> None:
    """What it did not find may be there; what it found is taken over."""
    key, other = house.local.case(1), house.local.case(2)
    there(house, found())
    report = look_up(house)
    house.sync()
    assert (report.trust, house.message(key).ack_id, house.gateway.sent) == ("", "case-1", [])
    assert house.rules(other) == {"maybe_present"}


def test_a_look_up_that_finds_what_is_there_proves_itself(house: House) -> None:
    """By cases just taken over by their local ids."""
    house.local.case(1, ma_qg="case-1")
    house.local.case(2)
    there(house, found())
    report = look_up(house)
    house.sync()
    assert (report.trust, house.gateway.cases()) == ("proven", ["Nội dung 2"])
    assert "capability_proven" in house.events()


def test_a_look_up_that_misses_one_that_is_there_proves_nothing(house: House) -> None:
    """One of two is not enough."""
    house.local.case(1, ma_qg="case-1")
    house.local.case(2, ma_qg="case-2")
    house.local.case(3)
    there(house, found())
    report = look_up(house)
    house.sync()
    assert (report.trust, house.gateway.sent) == ("", [])


def test_no_more_than_five_are_asked_for_as_a_proof(house: House) -> None:
    """And none that is protected."""
    house.local.denunciation(9, ma_qg="case-9")
    for number in range(1, 8):
        house.local.case(number, ma_qg=f"case-{number}")
        there(house, FoundCase(f"case-{number}"), name=f"Lò Văn Mẫu {number}")
    house.local.case(10)
    assert look_up(house).trust == "proven"
    assert names_asked(house) == {*(f"Lò Văn Mẫu {number}" for number in range(1, 6)), "Lò Văn Mẫu 10"}


def test_what_an_unproven_look_up_missed_is_asked_for_again_by_a_trusted_one(house: House) -> None:
    """Once: not by another unproven one."""
    house.local.case(1)
    look_up(house)
    look_up(house)
    assert len(house.gateway.searched) == 1
    trusted = house.edited("agent.toml", "[national.capabilities]\n", f"[national.capabilities]\n{TRUSTED}\n")
    look_up(trusted)
    trusted.sync()
    assert (len(house.gateway.searched), house.gateway.steps) == (2, [("case", False)])


# what follows


def test_every_later_step_of_a_case_that_was_looked_up_is_in_doubt(trusting: House) -> None:
    """No look-up tells of them; those that come later are in none."""
    key = trusting.local.full(1)
    there(trusting, found())
    look_up(trusting)
    trusting.local.decided(1, 19)
    trusting.sync()
    states = {(step, local_key): state for (_, step, local_key), state in trusting.states().items()}
    assert [at for at, state in states.items() if state == "acknowledged"] == [("case", "")]
    assert (states["settlement", "19"], states["settlement", "11"]) == ("pending", "held")
    assert trusting.rules(key) == {"maybe_present"}


def test_looked_up_and_pushed_goes_up_as_an_update(trusting: House) -> None:
    """Under the id that was found."""
    trusting.local.case(1)
    there(trusting, found())
    adopt(trusting.agent, actor=BOSS, look_up=True, push=True, reason="old_data")
    trusting.sync()
    assert (trusting.gateway.steps, trusting.gateway.last["VuViec"]["Id"]) == ([("case", True)], "case-1")


def test_a_person_says_that_an_ambiguous_one_is_there(trusting: House) -> None:
    """It is taken over as it is; what follows it is in doubt."""
    key = trusting.local.case(1)
    trusting.local.decided(1, 11)
    there(trusting, found("a"), found("b"))
    look_up(trusting)
    resolve(trusting.agent, key, Step.CASE, arrived="b", actor=BOSS)
    trusting.sync()
    assert (trusting.message(key).ack_id, trusting.gateway.sent) == ("b", [])
    assert trusting.state(key, "settlement", "11") == "held"
    told = [(entry.event, entry.reason, entry.actor) for entry in trusting.entries() if entry.actor == BOSS]
    assert told[-1] == ("finding_disappeared", None, BOSS) or ("adopted", "person", BOSS) in told


def test_a_person_says_that_an_ambiguous_one_is_not_there(trusting: House) -> None:
    """It is created, and not asked for again."""
    key = trusting.local.case(1)
    there(trusting, found("a"), found("b"))
    look_up(trusting)
    resolve(trusting.agent, key, Step.CASE, arrived=None, actor=BOSS)
    asked = len(trusting.gateway.searched)
    look_up(trusting)
    trusting.sync()
    assert (len(trusting.gateway.searched), trusting.gateway.steps) == (asked, [("case", False)])


def test_a_person_cannot_give_the_id_of_another_case(trusting: House) -> None:
    """The ledger has it."""
    trusting.local.case(2, ma_qg="case-2")
    key = trusting.local.case(1)
    there(trusting, found("a"), found("b"))
    look_up(trusting)
    with pytest.raises(SyncAgentError, match="belongs to another case"):
        resolve(trusting.agent, key, Step.CASE, arrived="case-2", actor=BOSS)


def test_a_step_is_not_settled_before_its_case(trusting: House) -> None:
    """It would hang in the air."""
    key = trusting.local.full(1)
    there(trusting, found())
    look_up(trusting)
    resolve(trusting.agent, key, Step.SETTLEMENT, local_key="11", arrived="decision-1", actor=BOSS)
    assert trusting.message(key, "settlement", "11").ack_id == "decision-1"
    with pytest.raises(SyncAgentError, match="neither uncertain nor in doubt"):
        resolve(trusting.agent, key, Step.CASE, arrived="case-1", actor=BOSS)


def test_a_release_lets_an_ambiguous_one_through(trusting: House) -> None:
    """For the content that was looked at."""
    key = trusting.local.case(1)
    there(trusting, found("a"), found("b"))
    look_up(trusting)
    trusting.release(key, "maybe_present", reason="looked", actor=BOSS)
    trusting.sync()
    assert trusting.gateway.steps == [("case", False)]


# the run


def test_a_national_side_that_fails_in_the_middle_leaves_what_was_done(trusting: House) -> None:
    """Running again goes on: nobody is asked for twice."""
    for number in range(1, 6):
        trusting.local.case(number)
        name = f"Lò Văn Mẫu {number}"
        there(trusting, found(f"case-{number}", name=name, content=f"Nội dung {number}"), name=name)
    trusting.gateway.search_fails_at = 3
    with pytest.raises(NationalUnreachableError):
        look_up(trusting)
    trusting.sync()
    assert (trusting.gateway.sent, len(trusting.gateway.searched)) == ([], 3)
    trusting.gateway.search_fails_at = None
    look_up(trusting)
    trusting.sync()
    asked = [query.name[-1] for query, _ in trusting.gateway.searched]
    assert (asked, trusting.gateway.sent) == (["1", "2", "3", "3", "4", "5"], [])
    assert set(trusting.states().values()) == {"acknowledged"}


def test_a_rehearsal_asks_but_writes_nothing(trusting: House) -> None:
    """What it found is found again by the adoption."""
    trusting.local.case(1)
    there(trusting, found())
    report = rehearse_adoption(trusting.agent, look_up=True)
    assert (report.total("adopted"), len(trusting.gateway.searched), trusting.states()) == (1, 1, {})


def test_without_look_up_nobody_is_asked_for(house: House) -> None:
    """What has no local id is new."""
    house.local.case(1)
    report = adopt(house.agent, actor=BOSS)
    assert (house.gateway.searched, report.trust, report.total("create")) == ([], None, 1)


def test_no_name_is_in_a_repr(trusting: House) -> None:
    """Neither of what is asked nor of what is found."""
    trusting.local.case(1)
    there(trusting, found(id_number="012345678901", address="Bản Mẫu"))
    report = look_up(trusting)
    shown = repr((trusting.gateway, report, found(), trusting.gateway.searched))
    assert [word for word in (NAME, "Nội dung", "0123456789", "Bản Mẫu", "case-1") if word in shown] == []
