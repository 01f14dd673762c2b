"""What people ask of a running service: done as their command would, told as it would, and written down."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from threading import Thread
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from sync_agent.audit import read_note
from sync_agent.domain.steps import Step
from sync_agent.errors import GuardError, LockedError, NationalUnreachableError
from sync_agent.ledger import (
    Request,
    RequestKind,
    RequestState,
    Role,
    add_account,
    ask,
    begin_request,
    exclusive,
    fail_request,
    find_request,
    known_by_key,
    last_requests,
    sealed_note,
)
from sync_agent.national import AccountRefusedError, Refused, Unknown, WireRequest
from sync_agent.service import Manager, Service
from sync_agent.sync import (
    Errand,
    NoProgress,
    RejectOrder,
    ReleaseOrder,
    ResolveOrder,
    RetryOrder,
    SyncOrder,
    Tried,
    do,
    erase,
)
from tests.support.houses import House, Houses

T = TypeVar("T")
PATIENCE = 60


def interrupt() -> None:
    """Do what Ctrl+C does."""
    os.kill(os.getpid(), signal.SIGINT)


def served(house: House, act: Callable[[], T]) -> T:
    """Have a service run while somebody does something; return what came of that, or raise it."""
    outcome: Future[T] = Future()
    service = Service(lambda: nullcontext(house.agent), Manager(None))

    def somebody() -> None:
        try:
            wait_until(lambda: service.state.started_at is not None)
            outcome.set_result(act())
        except BaseException as error:  # noqa: BLE001 - raised where the test waits
            outcome.set_exception(error)
        finally:
            wait_until(lambda: bool(service.state.passes))  # else it may strike while a module is being loaded
            interrupt()

    thread = Thread(target=somebody)
    thread.start()
    service.run()
    thread.join()
    return outcome.result()


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def order(house: House, kind: RequestKind, what: Any, *, note: str | None = None, actor: str = "os:lan") -> Any:
    """Have something done by whoever holds the ledger."""
    return do(kind, what, Errand(agent=house.agent, actor=actor, note=note), lambda _: None)


def put(house: House, kind: str, content: dict[str, Any], actor: str = "os:lan", note: bytes | None = None) -> int:
    """Ask something as the pages would; return its number."""
    with house.agent.ledger.write() as tx:
        number = ask(tx, RequestKind.SYNC, content, actor=actor, note=note)
        tx.connection.execute(text("UPDATE request SET kind = :kind WHERE id = :id"), {"kind": kind, "id": number})
    return number


def found(house: House, number: int) -> Request:
    """Return a request as it stands."""
    with house.agent.ledger.read() as connection:
        request = find_request(connection, number)
    assert request is not None
    return request


def ended(house: House, number: int) -> Request:
    """Wait until a request has ended."""
    wait_until(lambda: found(house, number).ended_at is not None)
    return found(house, number)


@contextmanager
def another_holds(house: House) -> Iterator[None]:
    """Have the ledger held by what answers nobody."""
    with exclusive(house.agent.settings.state, house.agent.ledger.engine):
        yield


@pytest.fixture
def held(make_house: Houses) -> House:
    """Return a house with one case that is held, and that nothing was sent of."""
    house = make_house(workers=1)
    house.local.case(1)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    return house


# the actions


def test_a_sync_is_a_pass_and_says_what_a_pass_says(house: House) -> None:
    """With the report of one, under the name of who asked, in a run of its own."""
    person = house.reopened()
    report = served(house, lambda: order(person, RequestKind.SYNC, SyncOrder(full=True)))
    told = [entry for entry in house.entries() if entry.event in {"request_taken", "run_started"}]
    at = [entry.event.value for entry in told].index("request_taken")
    taken, started = told[at : at + 2]
    assert (report.scanned.read, report.scanned.full, report.counts["read"]) == (3, True, 3)
    assert (taken.event, taken.actor, taken.new_state) == ("request_taken", "os:lan", "sync")
    assert (started.event, started.actor) == ("run_started", "os:lan")
    (request,) = last(house)
    assert (request.state, request.run, request.stage is not None) == (RequestState.DONE, started.run, True)
    assert sorted(house.states().values()) == ["acknowledged"] * 3


def last(house: House) -> list[Request]:
    """Return all that was asked, the newest first."""
    with house.agent.ledger.read() as connection:
        return last_requests(connection, 10)


def test_a_release_counts_for_what_was_looked_at_and_its_note_is_kept_where_it_can_be_erased(held: House) -> None:
    """The request itself lets go of the note."""
    person, note = held.reopened(), "Đã xem bản giấy"
    wanted = ReleaseOrder(key="V1", rule="file_missing", digest=held.sight("V1"), reason="seen")
    assert served(held, lambda: order(person, RequestKind.RELEASE, wanted, note=note)) == 1
    released = next(entry for entry in held.entries() if entry.event == "released")
    taken = next(entry for entry in held.entries() if entry.event == "request_taken")
    with held.agent.ledger.read() as connection:
        kept = read_note(connection, released.note or "")
    assert (released.actor, released.reason, taken.reason, kept) == ("os:lan", "seen", "seen", note)
    assert held.select("SELECT count(*) FROM request WHERE note IS NOT NULL") == [(0,)]


def test_nobody_reads_a_note_in_the_table(held: House) -> None:
    """It is sealed until it is carried out."""
    put(held, "sync", {}, note=sealed_note(held.agent.installation_key, "Đã xem bản giấy"))
    ((stored,),) = held.select("SELECT note FROM request")
    assert "Đã xem".encode() not in bytes(stored)


def test_a_rejection(held: House) -> None:
    """One hold, rejected by who asked."""
    person = held.reopened()
    wanted = RejectOrder(key="V1", rule="file_missing", reason="wrong_file")
    assert served(held, lambda: order(person, RequestKind.REJECT, wanted)) == 1
    assert held.select("SELECT rejected_by FROM finding WHERE rule = 'file_missing'") == [("os:lan",)]


def test_an_uncertain_message_is_resolved(house: House) -> None:
    """By the word of who looked it up."""
    house.answers(Unknown("read_timeout"))
    house.sync(keys=["V1"])
    person = house.reopened()
    wanted = ResolveOrder(key="V1", step=Step.CASE, arrived=None)
    assert house.state("V1") == "uncertain"
    assert served(house, lambda: order(person, RequestKind.RESOLVE, wanted)) is None
    resolved = next(entry for entry in house.entries() if entry.event == "resolved")
    assert (resolved.actor, resolved.reason) == ("os:lan", "person")


def test_what_was_refused_is_tried_again_and_told_as_it_stands(house: House) -> None:
    """By its state; the text of the answer is nobody's."""
    house.answers(Refused("other", "", 200))
    house.sync(keys=["V1"])
    person = house.reopened()
    wanted = RetryOrder(key="V1", reason="asked")
    tried: list[Tried] = served(house, lambda: order(person, RequestKind.RETRY, wanted))
    assert [(each.step, each.state, each.ack_at is not None) for each in tried] == [("case", "acknowledged", True)]
    asked = [entry.actor for entry in house.entries() if entry.event == "retry_requested"]
    assert (asked, "answer_shown" in house.events()) == (["os:lan"], False)


def test_an_error_of_the_service_is_the_error_of_the_command(make_house: Houses) -> None:
    """Of the same type, with its facts, so that the command tells it in its own language, with its exit code."""
    house = make_house(workers=1, extra="[guards]\nvolume_min = 0\nvolume_share = 0")
    house.local.case(1)
    person = house.reopened()
    with pytest.raises(GuardError) as raised:
        served(house, lambda: order(person, RequestKind.SYNC, SyncOrder()))
    with pytest.raises(GuardError) as direct:
        house.sync()
    asked, said = raised.value, direct.value
    assert (asked.what, asked.where, asked.todo, asked.facts) == (said.what, said.where, said.todo, said.facts)
    assert [(e.new_state, e.reason) for e in house.entries() if e.event == "request_failed"] == [("sync", "GuardError")]


# while a pass runs


def test_who_asks_during_a_long_pass_is_seen_at_once_and_does_not_wait_for_its_end(house: House) -> None:
    """What is on its way comes home; nothing more leaves before the request is done."""
    person, asked = house.reopened(), list[int]()

    def slow(_request: WireRequest) -> None:
        if not asked:
            asked.append(put(person, "sync", {"cases": ["V3"]}))
            wait_until(lambda: found(person, asked[0]).seen_at is not None)

    def until_it_is_done() -> Request:
        wait_until(lambda: bool(asked))
        return ended(person, asked[0])

    house.gateway.before = slow
    served(house, until_it_is_done)
    events = house.events()
    taken = events.index("request_taken")
    assert (events[:taken].count("intent"), events[:taken].count("accepted")) == (1, 1)
    assert house.state("V3") == "acknowledged"


# what is refused


@pytest.mark.parametrize(
    ("kind", "content", "actor"),
    [
        ("drop_tables", {}, "web:lan"),
        ("resolve", {"key": "V1"}, "web:lan"),
        ("sync", {"full": "yes"}, "web:lan"),
        ("sync", {"held": True}, "web:lan"),
        ("sync", {"limit": -1}, "web:lan"),
        ("sync", {}, "web:\nlan"),
    ],
)
def test_what_nobody_understands_is_refused_and_written_down(
    house: House, kind: str, content: dict[str, Any], actor: str
) -> None:
    """Nothing of it is done, and the service goes on."""
    with house.agent.ledger.write() as tx:
        add_account(tx, "lan", Role.OPERATOR, frozenset(), "hash")
    number = put(house, kind, content, actor)
    request = served(house, lambda: ended(house, number))
    refused = [entry for entry in house.entries() if entry.event == "request_refused"]
    assert (request.state, request.error is not None) == (RequestState.FAILED, True)
    assert [(each.actor, each.new_state) for each in refused] == [("agent", kind)]
    assert "request_taken" not in house.events()


def test_content_that_is_no_json_is_refused(house: House) -> None:
    """The role of the pages may write anything there."""
    number = put(house, "sync", {})
    with house.agent.ledger.write() as tx:
        tx.connection.execute(text("UPDATE request SET content = '{' WHERE id = :id"), {"id": number})
    assert served(house, lambda: ended(house, number)).error is not None


# whoever holds the ledger is gone, or is no service


def test_what_an_earlier_service_had_begun_is_not_begun_again(held: House) -> None:
    """Some of it may have been done: a person looks."""
    number = put(held, "release", {"key": "V1", "rule": "file_missing", "digest": "", "reason": "seen"})
    with held.agent.ledger.write() as tx:
        begin_request(tx, number)
    request = served(held, lambda: ended(held, number))
    failed = [(e.new_state, e.reason) for e in held.entries() if e.event == "request_failed"]
    assert (type(request.error), failed) == (LockedError, [("release", "interrupted")])
    assert "released" not in held.events()


def test_a_service_that_is_told_to_end_says_what_it_had_begun(house: House) -> None:
    """And the pass it was asked for records what was in flight."""
    number = put(house, "sync", {})
    house.gateway.before = lambda _: None if house.gateway.sent else interrupt()
    Service(lambda: nullcontext(house.agent), Manager(None)).run()
    request = found(house, number)
    assert (request.state, type(request.error)) == (RequestState.FAILED, LockedError)
    assert "in_flight" not in house.states().values()


def test_what_holds_the_ledger_and_does_not_answer_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 5; the request is taken back, so that nothing is done behind the back of who asked."""
    monkeypatch.setattr("sync_agent.sync.asking._SEEN_WITHIN", 0.1)
    with another_holds(house.reopened()), pytest.raises(LockedError) as raised:
        order(house, RequestKind.SYNC, SyncOrder())
    (request,) = last(house)
    assert (raised.value.exit_code, request.state, house.gateway.sent) == (5, RequestState.FAILED, [])


@pytest.mark.parametrize("begun", [False, True])
def test_when_the_holder_ends_the_command_does_it_itself_unless_it_was_begun(
    house: House, monkeypatch: pytest.MonkeyPatch, *, begun: bool
) -> None:
    """As if nobody had held the ledger."""
    monkeypatch.setattr("sync_agent.sync.asking._TRY_EACH", 0.1)
    other = house.reopened()

    def holder() -> None:
        with another_holds(other):
            holding.set_result(None)
            wait_until(lambda: bool(last(other)))
            if begun:
                with other.agent.ledger.write() as tx:
                    begin_request(tx, last(other)[0].id)

    holding: Future[None] = Future()
    thread = Thread(target=holder)
    thread.start()
    holding.result()
    if begun:
        with pytest.raises(LockedError, match="the service ended while"):
            order(house, RequestKind.SYNC, SyncOrder())
    else:
        assert order(house, RequestKind.SYNC, SyncOrder()).counts["read"] == 3
    thread.join()
    assert (last(house)[0].state, len(house.gateway.sent)) == (RequestState.FAILED, 0 if begun else 3)


def test_who_leaves_leaves_the_request_and_is_told_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C ends the waiting, not the request."""

    def leave(_seconds: float) -> None:
        raise KeyboardInterrupt

    told: list[str] = []
    monkeypatch.setattr("sync_agent.sync.asking.time.sleep", leave)
    errand = Errand(agent=house.agent, actor="os:lan", progress=NoProgress())
    with another_holds(house.reopened()), pytest.raises(KeyboardInterrupt):
        do(RequestKind.SYNC, SyncOrder(), errand, told.append)
    (request,) = last(house)
    assert (request.state, len(told)) == (RequestState.ASKED, 2)
    assert str(request.id) in told[-1]


# what stays


def test_with_a_case_what_was_asked_about_it_is_erased(held: House) -> None:
    """By its key and by its pseudonym; what was asked about others stays."""
    with held.agent.ledger.read() as connection:
        pseudonym = known_by_key(connection, "nho", ["V1"])["V1"].row.pseudonym
    for content in ({"cases": ["V1"]}, {"cases": [pseudonym]}, {"cases": ["V11"]}):
        put(held, "sync", content)
    erase(held.agent, "V1", reason="request", actor="os:lan")
    assert [request.content for request in last(held)] == [{"cases": ["V11"]}]


def test_a_failure_is_told_by_the_tree_of_errors(house: House) -> None:
    """Whatever the type of the error was, it is one whose exit code is known."""
    number = put(house, "sync", {})
    with house.agent.ledger.write() as tx:
        fail_request(tx, number, AccountRefusedError("{account} is refused", facts=(("account", "tinh"),)))
    error = found(house, number).error
    assert error is not None
    assert (type(error), str(error), error.exit_code) == (NationalUnreachableError, "tinh is refused", 3)
