"""A lost answer: nothing is sent again until it is known what became of it."""

from typing import Any

import pytest

from sync_agent.domain.steps import Step
from sync_agent.errors import NationalUnreachableError, SyncAgentError
from sync_agent.national import Accepted, Unknown, WireRequest
from sync_agent.sync import resolve
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH

WAIT = {"minutes": 25}
"""Longer than a request can take and the national side may need after it."""

OTHER_ID = "a3b8c1d4-0000-4000-8000-000000000009"
NEW_ID = "a3b8c1d4-0000-4000-8000-000000000001"


def lost(house: House, *, sends: int = 1) -> str:
    """Have the answer to the creation of one case lost; return its key."""
    key = house.local.case(1)
    house.answers(Unknown("read_timeout"))
    house.sync()
    assert (house.state(key), len(house.gateway.sent)) == ("uncertain", sends)
    return key


def settled(house: House, key: str, step: Step = Step.CASE, **how: str | None) -> None:
    """Have a person settle a message."""
    options: dict[str, str | None] = {"arrived": None, **how}
    resolve(
        house.agent, key, step, local_key=options.get("local_key") or "", arrived=options["arrived"], actor="os:lan"
    )


def test_a_process_that_slept_over_its_intent_sends_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another may have looked for the message meanwhile, found nothing and sent it; the next pass intends it anew."""
    key, contract = house.local.case(1), house.agent.contract
    build = contract.request

    def slow(*words: Any) -> WireRequest:
        house.clock.move(**WAIT)
        return build(*words)

    monkeypatch.setattr(contract, "request", slow)
    with pytest.raises(NationalUnreachableError):
        house.sync()
    assert (house.gateway.sent, house.state(key), house.message(key).reason) == ([], "waiting", "overslept")
    monkeypatch.undo()
    house.clock.move(hours=1)
    house.sync()
    assert (house.state(key), len(house.gateway.sent)) == ("acknowledged", 1)


@ON_BOTH
def test_a_lost_answer_makes_a_message_uncertain(house: House) -> None:
    """With an entry that says which outcome and which cause."""
    key = lost(house)
    (entry,) = [entry for entry in house.entries() if entry.event == "uncertain"]
    assert (house.message(key).reason, entry.reason, entry.new_state) == ("read_timeout", "read_timeout", "uncertain")


@ON_BOTH
def test_an_uncertain_creation_is_never_sent_again_by_itself(house: House) -> None:
    """However often and however long: by default nothing that was not found is sent."""
    lost(house)
    for _ in range(5):
        house.clock.move(days=1)
        house.sync()
    assert len(house.gateway.sent) == 1


def test_a_change_does_not_set_an_uncertain_creation_free(house: House) -> None:
    """The new content waits for the settlement too."""
    key = lost(house)
    house.local.change(1, noi_dung="Nội dung mới")
    house.clock.move(**WAIT)
    house.sync()
    assert (house.state(key), len(house.gateway.sent)) == ("uncertain", 1)


def test_a_new_policy_or_mapping_does_not_set_it_free(house: House) -> None:
    """Neither does a version that judges everything anew."""
    key = lost(house)
    house.edited("profile.yaml", "petition.content: noi_dung", "petition.content: linh_vuc").sync()
    assert (house.state(key), len(house.gateway.sent)) == ("uncertain", 1)


def test_nothing_is_looked_up_before_the_national_side_had_time(house: House) -> None:
    """No earlier than the request could take and the wait after it."""
    lost(house)
    house.clock.move(minutes=17)
    house.sync()
    assert house.gateway.looked_up == []
    house.clock.move(minutes=10)
    house.sync()
    assert house.gateway.looked_up == [(house.token("V1"), "tinh")]


def test_the_wait_counts_every_quick_try_of_one_intent(make_house: Houses) -> None:
    """The last of three tries may leave minutes after the intent."""
    house = make_house(extra="settle_remote_seconds = 0")
    lost(house)
    house.clock.move(seconds=3 * (30 + 10 + 60 + 60))
    house.sync()
    assert house.gateway.looked_up == []


def test_an_unknown_lag_counts_as_the_configured_wait(make_house: Houses) -> None:
    """A known lag of the look-up is waited for besides."""
    house = make_house(capabilities='"lookup.lag" = "3600"')
    lost(house)
    house.clock.move(minutes=60)
    house.sync()
    assert house.gateway.looked_up == []
    house.clock.move(minutes=25)
    house.sync()
    assert len(house.gateway.looked_up) == 1


@ON_BOTH
def test_found_once_it_is_adopted(house: House) -> None:
    """Its Id is that of the case, as if the answer had come."""
    key = lost(house)
    house.gateway.found[house.token(key)] = [NEW_ID]
    house.clock.move(**WAIT)
    house.sync()
    message = house.message(key)
    assert (message.state, message.ack_id, message.ack_digest) == ("acknowledged", NEW_ID, message.wanted_digest)
    assert len(house.gateway.sent) == 1


def test_what_follows_an_adopted_case_goes_up(house: House) -> None:
    """With the Id that was found."""
    house.local.full(1)
    house.answers(Unknown("read_timeout"))
    house.sync()
    house.gateway.found[house.token("V1")] = [NEW_ID]
    house.clock.move(**WAIT)
    house.sync()
    assert len(house.gateway.sent) == 6
    assert house.gateway.sent[1].request.body["Id"] == NEW_ID


def test_what_changed_meanwhile_goes_up_as_an_update_of_the_adopted_case(house: House) -> None:
    """What arrived is the content of the intent, not the newest."""
    key = lost(house)
    house.local.change(1, noi_dung="Nội dung mới")
    house.gateway.found[house.token(key)] = [NEW_ID]
    house.clock.move(**WAIT)
    for _ in range(2):
        house.sync()
    assert house.gateway.steps == [("case", False), ("case", True)]
    assert (house.gateway.last["VuViec"]["Id"], house.gateway.cases()[-1]) == (NEW_ID, "Nội dung mới")


@ON_BOTH
def test_an_id_the_ledger_has_already_is_not_adopted(house: House) -> None:
    """One Id cannot be two cases."""
    house.local.case(2)
    house.sync()
    taken = house.message("V2").ack_id
    assert taken is not None
    key = lost(house, sends=2)
    house.gateway.found[house.token(key)] = [taken]
    house.clock.move(**WAIT)
    house.sync()
    assert (house.state(key), house.message(key).ack_id) == ("uncertain", None)


def test_found_several_times_it_stays(house: House) -> None:
    """Which of them it is, a person must see."""
    key = lost(house)
    house.gateway.found[house.token(key)] = [NEW_ID, OTHER_ID]
    house.clock.move(**WAIT)
    report = house.sync()
    assert (house.state(key), report.settled) == ("uncertain", {"person": 1})


@pytest.mark.parametrize("lookup", ["unproven", "exact"])
def test_not_found_proves_nothing_unless_the_look_up_is_proven(make_house: Houses, lookup: str) -> None:
    """A look-up that never found anything cannot show that there is nothing."""
    house = make_house(capabilities=f'"lookup" = "{lookup}"')
    key = lost(house)
    house.clock.move(**WAIT)
    house.sync()
    assert (house.state(key), len(house.gateway.sent)) == ("uncertain", 1)


def test_not_found_by_a_proven_look_up_is_sent_again(make_house: Houses) -> None:
    """It did not arrive; the log says how that was known."""
    house = make_house(capabilities='"lookup" = "contains"')
    key = lost(house)
    house.clock.move(**WAIT)
    house.sync()
    assert (house.state(key), house.gateway.steps) == ("acknowledged", [("case", False)] * 2)
    (entry,) = [entry for entry in house.entries() if entry.event == "resolved"]
    assert entry.reason == "not_found"


def test_a_look_up_that_fails_does_not_stop_the_pass(house: House) -> None:
    """What is not in doubt goes up; the doubt is settled later."""
    key = lost(house)
    house.gateway.look_up_fails = NationalUnreachableError("the national service gave no usable answer")
    house.local.case(2)
    house.clock.move(**WAIT)
    report = house.sync()
    assert (house.state(key), house.state("V2")) == ("uncertain", "acknowledged")
    assert report.settled == {"unreachable": 1}


def test_one_look_up_that_fails_does_not_keep_others_from_being_settled(make_house: Houses) -> None:
    """A service may choke on one case and know the next."""
    house = make_house(workers=1)
    keys = [house.local.case(number) for number in (1, 2)]
    house.answers(Unknown("read_timeout"), Unknown("read_timeout"))
    house.sync()
    house.gateway.found = {house.token(key): [f"{NEW_ID[:-1]}{number}"] for number, key in enumerate(keys, 2)}
    house.gateway.look_up_fails = NationalUnreachableError("no usable answer")
    house.gateway.fails_for = {house.token(keys[0])}
    house.clock.move(**WAIT)
    house.sync()
    assert [house.state(key) for key in keys] == ["uncertain", "acknowledged"]


def test_look_ups_that_all_fail_are_not_tried_without_end(make_house: Houses) -> None:
    """After some in a row the rest waits for the next pass."""
    house = make_house(workers=4, page=50, extra="unreachable_after = 2")
    for number in range(1, 5):
        house.local.case(number)
    house.answers(*[Unknown("server_error", 500)] * 4)
    house.sync()
    house.gateway.look_up_fails = NationalUnreachableError("no usable answer")
    house.clock.move(**WAIT)
    report = house.sync()
    assert (len(house.gateway.looked_up), report.settled) == (2, {"unreachable": 2})


def test_a_doubt_that_needs_no_look_up_is_settled_while_look_ups_fail(make_house: Houses) -> None:
    """A repeatable message only has to wait."""
    house = make_house(workers=1)
    house.local.case(1)
    house.local.case(2)
    house.sync(keys=["V2"])
    house.local.change(2, noi_dung="Mới")
    house.answers(Unknown("read_timeout"), Unknown("read_timeout"))
    house.sync()
    house.gateway.look_up_fails = NationalUnreachableError("no usable answer")
    house.clock.move(**WAIT)
    house.sync()
    assert (house.state("V1"), house.state("V2")) == ("uncertain", "acknowledged")


def lost_settlement(house: House) -> str:
    """Have the answer to a decision lost; return the key of its case."""
    key = house.local.case(1)
    house.local.decided(1, 11)
    house.answers(Accepted(NEW_ID, 200), Unknown("read_timeout"))
    house.sync()
    assert house.state(key, "settlement", "11") == "uncertain"
    return key


def test_a_lost_decision_waits_for_a_person(house: House) -> None:
    """It cannot be looked up."""
    key = lost_settlement(house)
    house.clock.move(days=1)
    report = house.sync()
    assert (house.state(key, "settlement", "11"), report.settled) == ("uncertain", {"person": 1})
    assert house.gateway.looked_up == []


def test_a_lost_enforcement_waits_for_a_person(house: House) -> None:
    """Neither can that."""
    key = house.local.full(1)
    house.answers(*[Accepted(f"{NEW_ID[:-1]}{place}", 200) for place in range(1, 6)], Unknown("read_timeout"))
    house.sync()
    house.clock.move(days=1)
    house.sync()
    assert (house.state(key, "enforcement", "100"), len(house.gateway.sent)) == ("uncertain", 6)


def test_a_lost_decision_holds_only_what_needs_it(house: House) -> None:
    """Its enforcement waits for the Id; another decision does not."""
    key = house.local.full(1)
    ids = [Accepted(f"{NEW_ID[:-1]}{place}", 200) for place in range(1, 5)]
    house.answers(*ids, Unknown("read_timeout"))
    house.sync()
    assert house.state(key, "settlement", "11") == "acknowledged"
    assert (house.state(key, "settlement", "12"), house.state(key, "enforcement", "100")) == ("uncertain", "pending")


@ON_BOTH
def test_a_person_says_that_it_arrived(house: House) -> None:
    """With the Id the national side gave it; nothing is sent again."""
    key = lost_settlement(house)
    settled(house, key, Step.SETTLEMENT, local_key="11", arrived=OTHER_ID)
    house.sync()
    message = house.message(key, "settlement", "11")
    assert (message.state, message.ack_id, len(house.gateway.sent)) == ("acknowledged", OTHER_ID, 2)
    (entry,) = [entry for entry in house.entries() if entry.event == "resolved"]
    assert (entry.actor, entry.reason, entry.old_state, entry.new_state) == (
        "os:lan",
        "person",
        "uncertain",
        "acknowledged",
    )


def test_a_person_says_that_it_did_not_arrive(house: House) -> None:
    """Then it is sent once more."""
    key = lost_settlement(house)
    settled(house, key, Step.SETTLEMENT, local_key="11")
    house.sync()
    assert house.gateway.steps[1:] == [("settlement", False)] * 2
    assert house.state(key, "settlement", "11") == "acknowledged"


def test_a_person_who_settles_a_case_that_changed_meanwhile_sends_the_newest(house: House) -> None:
    """What goes up then is what the source says now, once it has passed the guard."""
    key = lost(house)
    house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    settled(house, key)
    house.sync()
    house.sync()
    assert house.gateway.cases() == ["Nội dung 1", "Nội dung mới"]


def test_a_message_that_is_not_uncertain_cannot_be_settled(house: House) -> None:
    """Nothing may overwrite what is known."""
    key = house.local.case(1)
    house.sync()
    with pytest.raises(SyncAgentError):
        settled(house, key, arrived=OTHER_ID)
    with pytest.raises(SyncAgentError):
        settled(house, key, Step.SETTLEMENT, local_key="77")
    with pytest.raises(SyncAgentError):
        settled(house, "V404")


def test_the_id_of_another_case_is_refused(house: House) -> None:
    """A slip of the pen must not join two cases."""
    house.local.case(2)
    house.sync()
    taken = house.message("V2").ack_id
    key = lost(house, sends=2)
    with pytest.raises(SyncAgentError) as caught:
        settled(house, key, arrived=taken)
    assert (caught.value.what, house.state(key)) == ("this national id belongs to another case", "uncertain")


@pytest.mark.parametrize("nothing", ["", "  ", "mã số", "x" * 65])
def test_what_is_no_id_is_refused(house: House, nothing: str) -> None:
    """A case acknowledged without an Id could never be updated."""
    key = lost(house)
    with pytest.raises(SyncAgentError):
        settled(house, key, arrived=nothing)
    assert house.state(key) == "uncertain"


def test_another_id_for_a_case_that_has_one_is_refused(house: House) -> None:
    """An update does not move a case."""
    key = house.local.case(1)
    house.sync()
    house.local.change(1, noi_dung="Mới")
    house.answers(Unknown("read_timeout"))
    house.sync()
    with pytest.raises(SyncAgentError) as caught:
        settled(house, key, arrived=OTHER_ID)
    assert caught.value.what == "this message already has another national id"


def test_a_step_without_an_id_is_confirmed_by_that_of_its_case(house: House) -> None:
    """So that the person has looked at the right case."""
    key = house.local.case(1)
    house.local.processed(1)
    house.answers(Accepted(NEW_ID, 200), Unknown("read_timeout"))
    house.sync()
    with pytest.raises(SyncAgentError):
        settled(house, key, Step.PROCESSING, arrived=OTHER_ID)
    settled(house, key, Step.PROCESSING, arrived=NEW_ID)
    message = house.message(key, "processing")
    assert (message.state, message.ack_id) == ("acknowledged", None)


def test_a_repeatable_update_is_sent_again_after_the_wait(house: House) -> None:
    """The server may finish late: not before, and then once."""
    key = house.local.case(1)
    house.sync()
    house.local.change(1, noi_dung="Mới")
    house.answers(Unknown("read_timeout"))
    house.sync()
    house.sync()
    assert len(house.gateway.sent) == 2
    house.clock.move(**WAIT)
    house.sync()
    assert (house.state(key), house.gateway.steps) == ("acknowledged", [("case", False)] + [("case", True)] * 2)


def test_a_lost_processing_is_sent_again_where_the_service_overwrites(make_house: Houses) -> None:
    """There the same message twice is one record."""
    house = make_house(capabilities='"processing" = "overwrites"')
    key = house.local.case(1)
    house.local.processed(1)
    house.answers(Accepted(NEW_ID, 200), Unknown("read_timeout"))
    house.sync()
    house.clock.move(**WAIT)
    house.sync()
    assert (house.state(key, "processing"), len(house.gateway.sent)) == ("acknowledged", 3)


def test_a_changed_id_is_never_stored(house: House) -> None:
    """An update answered with another Id is for a person."""
    key = house.local.case(1)
    house.sync()
    minted = house.message(key).ack_id
    house.local.change(1, noi_dung="Mới")
    house.answers(Accepted(OTHER_ID, 200))
    house.sync()
    for _ in range(2):
        house.clock.move(**WAIT)
        house.sync()
    message = house.message(key)
    assert (message.state, message.reason, message.ack_id) == ("uncertain", "id_changed", minted)
    assert len(house.gateway.sent) == 2


@ON_BOTH
def test_an_id_given_twice_is_never_stored_twice(make_house: Houses) -> None:
    """A service that answers every creation alike is not believed; and one such answer stops no other case."""
    house = make_house(workers=4, page=50)
    for number in (1, 2, 3):
        house.local.case(number)
    house.answers(*[Accepted(NEW_ID, 200)] * 3)
    house.sync()
    assert sorted(house.states().values()) == ["acknowledged", "uncertain", "uncertain"]


@ON_BOTH
def test_what_was_in_flight_in_a_crash_is_uncertain(house: House) -> None:
    """Nobody knows how far it got."""
    key = house.local.case(1)
    house.answers(RuntimeError("the machine was switched off"))
    with pytest.raises(RuntimeError):
        house.sync()
    assert house.state(key) == "in_flight"
    house.reopened().sync()
    message = house.message(key)
    assert (message.state, message.reason, len(house.gateway.sent)) == ("uncertain", "interrupted", 1)


def test_settling_records_under_which_versions_it_went_up(house: House) -> None:
    """What is acknowledged late was let through by the policy and mapping of its intent."""
    key = lost(house)
    intended = house.agent.versions.mapping
    changed = house.edited("profile.yaml", "petition.content: noi_dung", "petition.content: linh_vuc")
    assert changed.agent.versions.mapping != intended
    house.gateway.found[house.token(key)] = [NEW_ID]
    house.clock.move(**WAIT)
    changed.sync(limit=0)
    assert house.message(key).ack_mapping == str(intended)[:16]
