"""The breaker of each account: opens, rests, tries one message, closes; and what people see of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.ledger import LaneRow, load_lanes, save_lane
from sync_agent.national import AccountRefusedError, Accounts, CodeEntry, NotProcessed, Outcome, Refused, Unknown
from sync_agent.national.accounts import Account
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH

DOWN = NotProcessed("connect_error")
FORBIDDEN = Unknown("forbidden", 403)
UNAUTHORIZED = NotProcessed("unauthorized", 401)
Make = Callable[..., House]


@pytest.fixture
def make_down(make_house: Houses) -> Make:
    """Return what builds a house with many cases whose account opens after three failures."""

    def _make_down(*answers: Outcome, cases: int = 8) -> House:
        house = make_house(workers=1, page=50, breaker=60, extra="unreachable_after = 3\nbreaker_max_seconds = 200")
        for number in range(1, cases + 1):
            house.local.case(number)
        house.answers(*answers)
        return house

    return _make_down


def lane(house: House) -> LaneRow:
    """Return what the ledger knows of the only account."""
    with house.agent.ledger.read() as connection:
        return load_lanes(connection)["tinh"]


def rests(house: House) -> float:
    """Return for how many seconds the account still rests."""
    until = lane(house).next_probe_at
    assert until is not None
    return round((until - house.clock.now).total_seconds())


def fails(house: House, error: type[Exception] = NationalUnreachableError) -> int:
    """Run a pass that ends so; return how many messages it sent."""
    before = len(house.gateway.sent)
    with pytest.raises(error):
        house.sync()
    return len(house.gateway.sent) - before


@ON_BOTH
def test_failures_in_a_row_open_it(make_house: Houses) -> None:
    """The pass ends as before; the ledger knows since when, why and until when."""
    house = make_house(workers=1, page=50, breaker=60, extra="unreachable_after = 3")
    for number in range(1, 9):
        house.local.case(number)
    house.answers(*[DOWN] * 3)
    assert fails(house) == 3
    row = lane(house)
    assert (row.state, row.cause, row.failures, rests(house)) == ("open", "connect_error", 3, 60)
    assert row.opened_at is not None


def test_while_it_is_open_nothing_leaves_but_all_else_goes_on(make_down: Make) -> None:
    """A new case is read and planned meanwhile; one line says when the next try is."""
    house = make_down(*[DOWN] * 3)
    fails(house)
    house.local.case(99)
    with pytest.raises(NationalUnreachableError) as caught:
        house.sync()
    assert (len(house.gateway.sent), house.state("V99")) == (3, "pending")
    assert dict(caught.value.facts)["account"] == "tinh"


@pytest.mark.parametrize(("asked", "pause"), [(30.0, 60), (600.0, 600), (86_400.0, 21_600)])
def test_it_rests_as_long_as_the_service_asks_for(make_down: Make, asked: float, pause: int) -> None:
    """Never longer than the longest wait of a message."""
    house = make_down(*[NotProcessed("status", 503, asked)] * 3)
    fails(house)
    assert rests(house) == pause


def test_a_pass_with_nothing_to_send_does_not_mind(make_down: Make) -> None:
    """Only who has something to send is told."""
    house = make_down(DOWN, DOWN, DOWN, cases=3)
    fails(house)
    assert house.sync().delivered.resting == {}


def test_one_message_tries_it_and_failing_makes_the_pause_longer(make_down: Make) -> None:
    """Doubled up to the longest; one entry when it went down, none for each try."""
    house = make_down(*[DOWN] * 10)
    fails(house)
    pauses, tried = [rests(house)], []
    for _ in range(3):
        house.clock.move(seconds=rests(house) + 1)
        tried.append(fails(house))
        pauses.append(rests(house))
    assert (tried, pauses) == ([1, 1, 1], [60, 120, 200, 200])
    assert (house.events().count("national_down"), house.events().count("national_up")) == (1, 0)


def test_a_success_closes_it_and_all_the_rest_goes_up(make_down: Make) -> None:
    """In the same pass; the next failure starts with the short pause again."""
    house = make_down(*[DOWN] * 3)
    fails(house)
    house.clock.move(hours=1)
    house.sync()
    row = lane(house)
    assert set(house.states().values()) == {"acknowledged"}
    assert (row.state, row.failures, row.openings, row.next_probe_at) == ("closed", 0, 0, None)
    assert [event for event in house.events() if event.startswith("national_")] == ["national_down", "national_up"]


def test_a_refused_message_is_a_sign_of_life(make_down: Make) -> None:
    """The service answered."""
    house = make_down(DOWN, DOWN, DOWN, Refused("missing_field", "", 200))
    fails(house)
    house.clock.move(hours=1)
    house.sync()
    assert lane(house).state == "closed"


def test_failures_are_counted_from_pass_to_pass(make_down: Make) -> None:
    """One message a pass is as many failures in a row as there are passes."""
    house = make_down(cases=1)
    for _ in range(3):
        house.answers(DOWN)
        fails(house)
        house.clock.move(days=1)
    assert lane(house).state == "open"


@pytest.mark.parametrize("answer", [UNAUTHORIZED, FORBIDDEN], ids=["401", "403"])
def test_a_refusal_of_the_account_opens_it_at_once(make_down: Make, answer: Outcome) -> None:
    """The next pass sends nothing and says the same of the account."""
    house = make_down(answer)
    assert (fails(house, ConfigError), fails(house, ConfigError)) == (1, 0)
    assert (lane(house).state, rests(house)) == ("open", 60)


def test_a_changed_secret_is_tried_at_once(make_down: Make) -> None:
    """Without waiting for the pause to end."""
    house = make_down(UNAUTHORIZED)
    fails(house, ConfigError)
    account = Account("tinh", frozenset({"H217.01", "H217.02"}), "Basic bW9p")
    changed = replace(house, agent=replace(house.agent, accounts=Accounts([account])))
    changed.sync()
    assert set(house.states().values()) == {"acknowledged"}


def test_a_standing_403_leaves_one_message_in_doubt_all_day(make_down: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each later try is a question that makes no record; only its answer lets messages go."""
    house = make_down(FORBIDDEN)
    asked: list[int] = []

    def code_list(kind: int, account: str) -> list[CodeEntry]:
        del account
        asked.append(kind)
        raise AccountRefusedError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(type(house.gateway), "code_list", lambda _, kind, account: code_list(kind, account))
        for _ in range(24):
            fails(house, ConfigError)
            house.clock.move(hours=1)
    states = list(house.states().values())
    assert (len(house.gateway.sent), states.count("uncertain"), len(asked) > 3) == (1, 1, True)
    house.clock.move(hours=6)
    house.sync()
    assert list(house.states().values()).count("acknowledged") == len(states) - 1


def test_another_account_goes_on_while_one_rests(make_house: Houses) -> None:
    """The pass is done; it names who rests and until when."""
    house = make_house(signed=False, workers=1, page=50, breaker=60, extra="unreachable_after = 3")
    house = house.edited("agent.toml", 'agencies = ["H217.01", "H217.02"]', 'agencies = ["H217.01"]')
    with (house.folder / "agent.toml").open("a", encoding="utf-8") as file:
        file.write('[[national.accounts]]\nalias = "b"\nagencies = ["H217.02"]\nusername = "b"\n')
        file.write('secret_env = "SYNC_AGENT_TEST_SECRET"\n')
    house = house.reopened()
    house.sign()
    for number in range(1, 8):
        house.local.case(number, co_quan="H217.01" if number % 2 else "H217.02")
    house.gateway.by_account = lambda _, account: DOWN if account == "tinh" else None
    reports = [house.sync()]
    house.local.case(8, co_quan="H217.02")
    reports.append(house.sync())
    assert [set(report.delivered.resting) for report in reports] == [{"tinh"}, {"tinh"}]
    assert [house.state(f"V{number}") for number in (2, 4, 6)] == ["acknowledged"] * 3
    assert [record.account for record in house.gateway.sent].count("tinh") == 3
    assert reports[1].counts["accounts_resting"] == 1


def test_a_crash_during_the_trial_leaves_it_to_the_next_pass(make_down: Make) -> None:
    """Half open is not a state that anything stays in."""
    house = make_down(*[DOWN] * 3)
    fails(house)
    house.clock.move(hours=1)
    house.answers(RuntimeError("power"))
    with pytest.raises(RuntimeError):
        house.sync()
    assert lane(house).state == "half_open"
    house.sync()
    assert lane(house).state == "closed"


@pytest.mark.parametrize(
    ("answers", "error"),
    [([DOWN] * 3, NationalUnreachableError), ([UNAUTHORIZED], ConfigError)],
    ids=["down", "401"],
)
def test_look_ups_wait_as_well_while_it_is_open(
    make_down: Make, answers: list[Outcome], error: type[Exception]
) -> None:
    """Nothing at all leaves by the account; what is in doubt is looked up once the pause is over."""
    house = make_down(Unknown("server_error", 500), *answers)
    key = "V1"
    house.gateway.found[house.token(key)] = ["a3b8c1d4-0000-4000-8000-000000000001"]
    fails(house, error)
    assert house.state(key) == "uncertain"
    open_until(house, hours=1)
    house.clock.move(minutes=50)
    fails(house, error)
    assert (house.gateway.looked_up, house.state(key)) == ([], "uncertain")
    house.clock.move(hours=1)
    assert house.sync().settled == {"found": 1}
    assert house.state(key) == "acknowledged"


def open_until(house: House, **by: float) -> None:
    """Have the account rest until then."""
    row = lane(house)
    row.next_probe_at = house.clock.now + timedelta(**by)
    with house.agent.ledger.write() as tx:
        save_lane(tx, row)


def test_the_pause_ends_when_it_says(make_down: Make) -> None:
    """Not a second before."""
    house = make_down(*[DOWN] * 3)
    fails(house)
    house.clock.move(seconds=58)
    assert fails(house) == 0
    house.clock.now += timedelta(seconds=2)
    house.sync()
    assert lane(house).state == "closed"
