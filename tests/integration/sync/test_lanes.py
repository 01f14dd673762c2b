"""Several accounts in one installation: one that is refused stops its own messages and nobody else's."""

import threading
import uuid
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.national import (
    Accepted,
    AccountRefusedError,
    AccountSettings,
    HttpGateway,
    NotProcessed,
    Outcome,
    Unknown,
    WireRequest,
    load_accounts,
)
from sync_agent.national.content import Content
from sync_agent.national.exchange import Reply
from sync_agent.sync import rehearse, run_pass
from sync_agent.sync.lanes import ClosedLane
from tests.support.houses import House, Houses

ONE = """alias = "tinh"
agencies = ["H217.01", "H217.02"]
username = "tinh"
secret_env = "SYNC_AGENT_TEST_SECRET"
"""
TWO = """alias = "a"
agencies = ["H217.01"]
username = "a"
secret_env = "SYNC_AGENT_TEST_SECRET"
[[national.accounts]]
alias = "b"
agencies = ["H217.02"]
username = "b"
secret_env = "SYNC_AGENT_TEST_SECRET"
"""
UNAUTHORIZED = NotProcessed("unauthorized", 401)
FORBIDDEN = Unknown("forbidden", 403)
BUSY = NotProcessed("status", 503)
WHOLE_CASE = 6
"""Messages of a case with all its steps and two decisions."""


@pytest.fixture
def make_two(make_house: Houses) -> Callable[..., House]:
    """Return what builds a house where `a` speaks for H217.01 and `b` for H217.02."""

    def _make_two(*, workers: int = 4, extra: str = "") -> House:
        house = make_house(signed=False, page=50, workers=workers, extra=extra).edited("agent.toml", ONE, TWO)
        house.sign()
        return house

    return _make_two


Make = Callable[..., House]


class Door:
    """Refuses accounts from a step on, until it is opened for them."""

    def __init__(self, answer: Outcome, *accounts: str, step: Step = Step.CASE) -> None:
        self._answer = answer
        self._accounts = set(accounts)
        self._step = step
        self._shut: set[str] = set()

    def __call__(self, request: WireRequest, account: str) -> Outcome | None:
        """Answer as a service would that has taken an account's right away."""
        if account in self._accounts and request.step is self._step:
            self._shut.add(account)
        return self._answer if account in self._shut else None


def cases_of_both(house: House, count: int) -> tuple[list[str], list[str]]:
    """Add so many whole cases of each agency, in turn; return the keys of a's and of b's."""
    for number in range(1, 2 * count + 1):
        house.local.full(number)
        if number % 2 == 0:
            house.local.change(number, co_quan="H217.02")
    return [f"V{number}" for number in range(1, 2 * count, 2)], [f"V{number}" for number in range(2, 2 * count + 1, 2)]


def states_of(house: House, keys: list[str]) -> Counter[str]:
    """Count the messages of some cases by state."""
    return Counter(state for (key, _, _), state in house.states().items() if key in keys)


def sent_by(house: House, account: str) -> list[Outcome | Exception]:
    """Return what was answered to one account, in order."""
    return [record.outcome for record in house.gateway.sent if record.account == account]


def taken(house: House) -> list[tuple[Any, ...]]:
    """Return the content of every message that was accepted."""
    return [
        (record.account, record.request.step, str(record.request.body))
        for record in house.gateway.sent
        if isinstance(record.outcome, Accepted)
    ]


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("answer", [UNAUTHORIZED, FORBIDDEN], ids=["401", "403"])
def test_a_refused_account_stops_only_its_own_messages(make_two: Make, answer: Outcome, step: Step) -> None:
    """Whichever step it is refused at, all of the other account goes up in the same pass."""
    house = make_two()
    refused, others = cases_of_both(house, 3)
    house.gateway.by_account = Door(answer, "a", step=step)
    report = house.sync()
    assert states_of(house, others) == {"acknowledged": 3 * WHOLE_CASE}
    assert list(report.delivered.closed.values()) == [ClosedLane("a", answer.cause)]  # type: ignore[union-attr]
    left = states_of(house, refused)
    assert set(left) <= {"acknowledged", "pending", "waiting", "uncertain"}
    assert left["pending"] > 0
    assert left["waiting"] + left["uncertain"] == sent_by(house, "a").count(answer)


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("answer", [UNAUTHORIZED, FORBIDDEN], ids=["401", "403"])
def test_a_refused_account_is_tried_once(make_two: Make, answer: Outcome, workers: int) -> None:
    """Its first message goes alone: no account is locked by wrong tries, and one message at most is in doubt."""
    house = make_two(workers=workers)
    cases_of_both(house, 4)
    house.gateway.by_account = Door(answer, "a")
    house.sync()
    assert sent_by(house, "a") == [answer]


@pytest.mark.parametrize("step", list(Step))
def test_with_the_right_secret_everything_goes_up_in_the_next_pass(make_two: Make, step: Step) -> None:
    """At once, each message one time, and the volume guard does not ask a second time."""
    house = make_two(extra="[guards]\nvolume_min = 1")
    refused, others = cases_of_both(house, 3)
    house.gateway.by_account = Door(UNAUTHORIZED, "a", step=step)
    plan = rehearse(house.agent).plan
    house.sync(accepted=plan.digest if plan else None)
    house.gateway.by_account = None
    report = house.sync()
    assert states_of(house, refused + others) == {"acknowledged": 6 * WHOLE_CASE}
    assert (len(taken(house)), len(set(taken(house)))) == (6 * WHOLE_CASE, 6 * WHOLE_CASE)
    assert report.delivered.closed == {}


def test_after_a_long_refusal_nothing_has_to_rest(make_two: Make) -> None:
    """It was the account that was refused, not the message that failed."""
    house = make_two()
    cases_of_both(house, 1)
    house.gateway.by_account = Door(UNAUTHORIZED, "a")
    house.sync()
    for _ in range(12):
        with pytest.raises(ConfigError):  # nobody else has anything to send any more
            house.sync()
    house.gateway.by_account = None
    house.sync()
    assert set(house.states().values()) == {"acknowledged"}


def test_every_account_refused_is_a_fault_of_the_configuration(make_two: Make) -> None:
    """The error names the accounts; each was tried once."""
    house = make_two()
    cases_of_both(house, 3)
    house.gateway.by_account = Door(UNAUTHORIZED, "a", "b")
    with pytest.raises(ConfigError) as caught:
        house.sync()
    assert (caught.value.what, caught.value.facts) == (
        "the national side refuses the credentials of account {account}",
        (("account", "a, b"),),
    )
    assert len(house.gateway.sent) == 2
    assert "in_flight" not in house.states().values()


def test_the_only_account_with_work_refused_is_a_fault_of_the_configuration(make_two: Make) -> None:
    """That another account had nothing to send changes nothing."""
    house = make_two()
    house.local.case(1)
    house.gateway.by_account = Door(FORBIDDEN, "a")
    with pytest.raises(ConfigError) as caught:
        house.sync()
    assert (caught.value.what, caught.value.facts) == (
        "the national side forbids account {account} to send",
        (("account", "a"),),
    )


def test_a_limit_counts_what_a_refused_account_sent(make_two: Make) -> None:
    """Never more messages than allowed; the account that is let in has the rest."""
    house = make_two()
    cases_of_both(house, 3)
    house.gateway.by_account = Door(UNAUTHORIZED, "a")
    report = house.sync(limit=4)
    assert (len(sent_by(house, "a")), len(sent_by(house, "b"))) == (1, 3)
    assert set(report.delivered.closed) == {"a"}


def test_a_limit_spent_on_a_refused_account_is_not_the_fault_of_all(make_two: Make) -> None:
    """The other account had work as well and was not asked."""
    house = make_two()
    cases_of_both(house, 1)
    house.gateway.by_account = Door(UNAUTHORIZED, "a")
    report = house.sync(limit=1)
    assert (len(house.gateway.sent), set(report.delivered.closed)) == (1, {"a"})


def test_refusals_do_not_count_as_a_national_side_out_of_reach(make_two: Make) -> None:
    """One answered 401 and one busy moment are not two failures in a row."""
    house = make_two(workers=1, extra="unreachable_after = 2")
    for number in range(1, 4):
        house.local.case(number, co_quan="H217.01" if number == 2 else "H217.02")
    house.gateway.by_account = Door(UNAUTHORIZED, "a")
    house.answers(BUSY)
    house.sync()
    assert [house.state(key) for key in ("V1", "V2", "V3")] == ["waiting", "waiting", "acknowledged"]


def test_a_national_side_out_of_reach_ends_the_pass_for_every_account(make_two: Make) -> None:
    """Failures in a row are counted together: a broken line is nobody's own."""
    house = make_two(workers=1, extra="unreachable_after = 4")
    for number in range(1, 21):
        house.local.case(number, co_quan="H217.01" if number % 2 else "H217.02")
    house.answers(*[NotProcessed("connect_error")] * 20)
    with pytest.raises(NationalUnreachableError):
        house.sync()
    assert (len(sent_by(house, "a")), len(sent_by(house, "b"))) == (2, 2)


def test_answers_that_stay_away_end_the_pass(make_two: Make) -> None:
    """A line that swallows everything must not bring one message after another into doubt."""
    house = make_two(workers=2, extra="unreachable_after = 3")
    for number in range(1, 21):
        house.local.case(number)
    house.answers(*[Unknown("read_timeout")] * 20)
    with pytest.raises(NationalUnreachableError) as caught:
        house.sync()
    assert "is not known" in caught.value.what
    assert Counter(house.states().values())["uncertain"] <= 4


def test_doubts_with_an_answer_do_not_end_the_pass(make_two: Make) -> None:
    """The national side is there; each of its errors is a doubt of one message."""
    house = make_two(workers=1, extra="unreachable_after = 2")
    for number in range(1, 7):
        house.local.case(number)
    house.answers(*[Unknown("server_error", 500)] * 5)
    house.sync()
    assert Counter(house.states().values()) == {"uncertain": 5, "acknowledged": 1}


def test_an_account_on_trial_holds_up_nobody_else(make_two: Make) -> None:
    """While the first answer to one is awaited, the other sends all it has."""
    house = make_two(workers=2)
    _, others = cases_of_both(house, 3)
    done = threading.Event()
    in_time: list[bool] = []

    def answer(_: WireRequest, account: str) -> Outcome | None:
        if account == "a" and not in_time:
            in_time.append(done.wait(30))
        elif len(sent_by(house, "b")) == len(others) * WHOLE_CASE - 1:
            done.set()
        return None

    house.gateway.by_account = answer
    house.sync()
    assert (in_time, set(house.states().values())) == ([True], {"acknowledged"})


def test_cases_that_waited_for_the_first_answer_keep_their_order(make_two: Make) -> None:
    """By legal date, then as they came."""
    house = make_two(workers=2)
    for number in range(1, 7):
        house.local.case(number)
    house.sync()
    keys = house.select("SELECT c.case_key FROM message m JOIN case_state c ON c.id = m.case_id ORDER BY m.intent_at")
    assert [key for (key,) in keys] == [f"V{number}" for number in range(1, 7)]


def test_a_file_that_changed_is_no_proof_of_the_account(make_two: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of that message left: the next one is the first, and it alone is tried."""
    house = make_two()
    file = house.folder / "files" / "don.pdf"
    file.write_bytes(b"one")
    for number in range(1, 6):
        house.local.case(number)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    real = house.agent.contract.request

    def request(message: Any, *arguments: Any) -> Any:
        file.write_bytes(b"two")
        return real(message, *arguments)

    monkeypatch.setattr(house.agent.contract, "request", request)
    house.gateway.by_account = Door(UNAUTHORIZED, "a")
    with pytest.raises(ConfigError):
        house.sync()
    assert (house.message("V1").reason, len(house.gateway.sent)) == ("file_changed", 1)


def test_a_refusal_is_on_record(make_two: Make) -> None:
    """The entry names the account, the cause and the status; the run counts it."""
    house = make_two()
    cases_of_both(house, 2)
    house.gateway.by_account = Door(FORBIDDEN, "a")
    house.sync()
    (down,) = [entry for entry in house.entries() if entry.event == "national_down"]
    ended = house.entries()[-1]
    assert (down.account, down.reason, down.http_status) == ("a", "forbidden", 403)
    assert (ended.event, ended.new_state) == ("run_ended", "done")
    assert (ended.counts or {})["accounts_refused"] == 1


def test_an_interrupted_pass_with_a_refused_account_leaves_nothing_in_doubt(make_two: Make) -> None:
    """The next pass sends what is left, each message once."""
    house = make_two(workers=2)
    cases_of_both(house, 3)
    door = Door(UNAUTHORIZED, "a")

    def answer(request: WireRequest, account: str) -> Outcome | None:
        if len(sent_by(house, "b")) == 5:
            raise KeyboardInterrupt
        return door(request, account)

    house.gateway.by_account = answer
    with pytest.raises(KeyboardInterrupt):
        house.sync()
    assert len(sent_by(house, "a")) == 1
    house.gateway.by_account = None
    house.sync()
    left = Counter(house.states().values())
    assert set(left) <= {"acknowledged", "uncertain", "pending"}
    assert left["uncertain"] <= 2
    assert len(taken(house)) == len(set(taken(house)))


def test_a_refused_look_up_stops_those_of_its_account_only(make_two: Make) -> None:
    """It is asked once; what the other account lost is found."""
    house = make_two(workers=1)
    refused, others = cases_of_both(house, 3)
    house.answers(*[Unknown("read_timeout")] * 6)
    house.sync()
    for key in others:
        house.gateway.found[house.token(key)] = [f"a3b8c1d4-0000-4000-8000-00000000000{key[1:]}"]
    house.gateway.look_up_fails = AccountRefusedError("refused")
    house.gateway.fails_for = {house.token(key) for key in refused}
    house.clock.move(minutes=40)
    report = house.sync()
    assert states_of(house, others) == {"acknowledged": 3 * WHOLE_CASE}
    assert [house.state(key) for key in refused] == ["uncertain"] * 3
    assert Counter(account for _, account in house.gateway.looked_up) == {"a": 1, "b": 3}
    assert (report.settled["account_refused"], report.settled["found"]) == (3, 3)


class Lock:
    """A transport whose service asks for another password after so many messages; the file is replaced just after."""

    def __init__(self, file: Path, *, changes_after: int) -> None:
        self.file = file
        self.refused = 0
        self._left = changes_after
        self._password = "cu"
        self._turning = threading.Lock()
        self.write("cu")

    def write(self, password: str) -> None:
        """Replace the file as a careful administrator does."""
        new = self.file.with_suffix(".new")
        new.write_text(password, encoding="ascii")
        new.chmod(0o400)
        new.rename(self.file)

    def post(self, path: str, content: bytes | Content, headers: Mapping[str, str]) -> Reply:
        """Let in who has the password of the moment."""
        with self._turning:
            self._left -= 1
            if self._left == 0:
                self._password = "moi"
            right = b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == f"tinh:{self._password}"
            if not right:
                self.refused += 1
                self.write("moi")
                return Reply(401, "", "", b"")
        return Reply(200, "application/json", "", orjson.dumps({"Id": str(uuid.uuid4()), "Message": ""}))

    def close(self) -> None:
        """Nothing is held."""


def test_a_secret_changed_in_the_middle_of_a_pass_is_used_at_once(house: House, tmp_path: Path) -> None:
    """What was refused for the old one is sent again with the new: no lane is closed, nothing waits."""
    lock = Lock(tmp_path / "national.secret", changes_after=5)
    account = AccountSettings(alias="tinh", agencies=("H217.01",), username="tinh", secret_file=lock.file)
    transport = house.agent.settings.national.transport
    gateway = HttpGateway(
        house.agent.contract,
        lock,
        load_accounts([account], tmp_path),
        transport,
        production=False,
        sleep=lambda _: None,
    )
    for number in range(1, 4):
        house.local.full(number)
    report = run_pass(replace(house.agent, gateway=gateway))
    assert (Counter(house.states().values()), report.delivered.closed) == ({"acknowledged": 3 * WHOLE_CASE}, {})
    assert 1 <= lock.refused <= 2
