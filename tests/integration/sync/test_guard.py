"""The volume guard: what is unusually much waits for a person, who accepts exactly one content."""

import pytest

from sync_agent.errors import GuardError, NationalUnreachableError
from sync_agent.national import NotProcessed, Refused
from sync_agent.sync import rehearse
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH

pytestmark = ON_BOTH

SMALL = "[guards]\nvolume_min = 2\nvolume_share = 0.0"


@pytest.fixture
def guarded(make_house: Houses) -> House:
    """Return a house in which three messages are too many."""
    return make_house(extra=SMALL)


def digest_of(house: House, **options: object) -> str:
    """Return the digest of the plan as a person would get it from a rehearsal."""
    plan = rehearse(house.agent, **options).plan  # type: ignore[arg-type]  # the options of the test
    assert plan is not None
    return plan.digest


def stopped(house: House, **options: object) -> GuardError:
    """Run a pass that the guard stops."""
    with pytest.raises(GuardError) as caught:
        house.sync(**options)
    return caught.value


def three_cases(house: House) -> None:
    """Put more cases than may go up by themselves."""
    for number in (1, 2, 3):
        house.local.case(number)


def test_too_much_sends_nothing(guarded: House) -> None:
    """Not a part of it: nothing."""
    three_cases(guarded)
    stopped(guarded)
    assert (guarded.gateway.sent, set(guarded.states().values())) == ([], {"pending"})


def test_as_much_as_is_usual_goes_up(guarded: House) -> None:
    """The limit itself is allowed."""
    guarded.local.case(1)
    guarded.local.case(2)
    guarded.sync()
    assert len(guarded.gateway.sent) == 2


def test_the_share_of_the_known_cases_counts_where_it_is_more(make_house: Houses) -> None:
    """Two percent of a large office is a usual day."""
    house = make_house(extra="[guards]\nvolume_min = 2\nvolume_share = 0.5")
    for number in range(1, 11):
        house.local.case(number, san_sang=0)
    house.sync()
    for number in range(1, 6):
        house.local.change(number, san_sang=1)
    house.sync()
    assert len(house.gateway.sent) == 5


def test_a_stop_is_recorded(guarded: House) -> None:
    """The log says what was stopped, and the run how it ended."""
    three_cases(guarded)
    stopped(guarded)
    ended = [entry for entry in guarded.entries() if entry.event == "run_ended"]
    assert ("plan_stopped" in guarded.events(), ended[-1].new_state) == (True, "guard")


def test_the_digest_of_a_rehearsal_lets_the_plan_through(guarded: House) -> None:
    """What a person looked at with `--dry-run` is what goes up."""
    three_cases(guarded)
    guarded.sync(accepted=digest_of(guarded))
    assert len(guarded.gateway.sent) == 3


def test_the_digest_of_the_stop_is_that_of_a_rehearsal(guarded: House) -> None:
    """Both name the same plan."""
    three_cases(guarded)
    error = stopped(guarded)
    assert dict(error.facts)["digest"] == digest_of(guarded)


def test_a_rehearsal_in_the_middle_gives_the_same_digest(guarded: House) -> None:
    """With some of it sent, some waiting and some refused, too."""
    guarded.local.full(1)
    guarded.answers(Refused("bad", "", 200))
    guarded.sync(accepted=digest_of(guarded))
    three_more = [guarded.local.case(number) for number in (2, 3, 4)]
    digest = digest_of(guarded)
    guarded.sync(accepted=digest)
    assert {guarded.state(key) for key in three_more} == {"acknowledged"}


def test_a_wrong_digest_is_refused(guarded: House) -> None:
    """A plan that nobody has seen does not go up under the name of another."""
    three_cases(guarded)
    digest = digest_of(guarded)
    guarded.local.change(1, noi_dung="Nội dung mới")
    error = stopped(guarded, accepted=digest)
    assert "changed since it was accepted" in error.what
    assert guarded.gateway.sent == []


def test_who_accepted_a_plan_is_recorded_with_it(guarded: House) -> None:
    """The acceptance and its entry are one."""
    three_cases(guarded)
    digest = digest_of(guarded)
    guarded.sync(accepted=digest, actor="os:lan")
    entry = next(entry for entry in guarded.entries() if entry.event == "plan_accepted")
    assert (entry.actor, entry.set_digest, entry.counts) == ("os:lan", digest, {"case.create": 3})


def test_a_small_plan_needs_no_acceptance_and_no_entry(guarded: House) -> None:
    """Nothing is said to be accepted by a person that was not."""
    guarded.local.case(1)
    guarded.sync()
    assert "plan_accepted" not in guarded.events()


def test_an_accepted_plan_survives_a_pass_that_breaks_off(guarded: House) -> None:
    """It is not asked for again, although nothing of it went up."""
    three_cases(guarded)
    guarded.answers(*[NotProcessed("connect")] * 20)
    with pytest.raises(NationalUnreachableError):
        guarded.sync(accepted=digest_of(guarded))
    guarded.gateway.script.clear()
    guarded.clock.move(hours=7)
    guarded.sync()
    assert set(guarded.states().values()) == {"acknowledged"}


def test_an_accepted_plan_survives_a_crash(guarded: House) -> None:
    """Another process goes on where the first one died."""
    three_cases(guarded)
    guarded.answers(RuntimeError("the machine was switched off"))
    with pytest.raises(RuntimeError):
        guarded.sync(accepted=digest_of(guarded))
    guarded.reopened().sync()
    assert sorted(guarded.states().values()) == ["acknowledged", "acknowledged", "uncertain"]


def test_content_that_changed_after_acceptance_is_not_sent_by_it(make_house: Houses) -> None:
    """While it settled, somebody wrote something else: that passes the guard on its own."""
    house = make_house(extra=SMALL, settle=120)
    three_cases(house)
    house.sync(accepted=digest_of(house))
    for number in (1, 2, 3):
        house.local.change(number, noi_dung=f"Khác {number}")
    house.clock.move(seconds=121)
    stopped(house)
    assert house.gateway.sent == []


def test_a_change_seen_first_by_delivery_is_not_sent_unguarded(house: House) -> None:
    """What was read after the guard spoke waits for the next pass."""
    house.local.case(1)
    house.local.case(2)
    house.source.before_read = lambda number: house.local.change(2, noi_dung="Khác") if number == 2 else None
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1"]
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "Khác"]


def test_what_was_seen_first_by_delivery_does_not_wait_for_a_back_off(house: House) -> None:
    """The next pass lets a new step through although an update of its case waits for hours."""
    key = house.local.case(1)
    house.sync()
    house.local.change(1, noi_dung="Mới")
    house.answers(NotProcessed("status", 503, retry_after=20_000))
    house.source.before_read = lambda number: house.local.decided(1, 11) if number == 4 else None
    with pytest.raises(NationalUnreachableError):
        house.sync()
    assert house.message(key, "settlement", "11").accepted_mark is None
    house.sync()
    assert house.state(key, "settlement", "11") == "acknowledged"


def test_a_restricted_pass_accepts_only_its_own_plan(guarded: House) -> None:
    """The others are asked for when their turn comes."""
    three_cases(guarded)
    guarded.sync(keys=["V1"])
    stopped_at = rehearse(guarded.agent).plan
    assert stopped_at is not None
    assert [row.case_key for row in stopped_at.rows] == ["V2", "V3"]


def test_held_messages_are_no_part_of_a_plan(guarded: House) -> None:
    """What cannot go up does not count."""
    three_cases(guarded)
    guarded.local.change(1, loai=None)
    guarded.sync()
    assert len(guarded.gateway.sent) == 2


def test_going_back_to_what_was_once_accepted_is_a_new_plan(guarded: House) -> None:
    """Acceptance is for what is wanted now, not for everything a case ever said."""
    three_cases(guarded)
    guarded.sync(accepted=digest_of(guarded))
    for content in ("B", "A"):
        for number in (1, 2, 3):
            guarded.local.change(number, noi_dung=f"{content} {number}")
        stopped(guarded)
