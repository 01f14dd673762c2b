"""Adoption against a national service over HTTP: what an older program sent is found, and nothing is sent twice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_agent.national import PersonQuery, TransportSettings, open_gateway
from sync_agent.simulator import SimulatorOptions, SimulatorServer
from sync_agent.sync import adopt
from tests.support.houses import House, Houses

BOSS = "os:lan"
CASES = 7


class Tower:
    """A national service that is there, and houses that speak to it."""

    def __init__(self, folder: Path, make_house: Houses) -> None:
        self.now = datetime(2026, 11, 2, tzinfo=UTC)
        self._folder = folder
        self._make_house = make_house
        self.server: SimulatorServer | None = None

    def start(self, **capabilities: str) -> None:
        """Start the service, or start it anew with other capabilities on the same records."""
        self.stop()
        options = SimulatorOptions(self._folder / "national.db", capabilities=capabilities, clock=lambda: self.now)
        self.server = SimulatorServer(options)
        self.server.start()

    def stop(self) -> None:
        """Stop it."""
        if self.server is not None:
            self.server.stop()

    def house(self, name: str, capabilities: str = "") -> House:
        """Return a house that sends to this service."""
        assert self.server is not None
        house = self._make_house(name=name, capabilities=capabilities)
        settings = TransportSettings.model_validate(
            {"base_url": self.server.url, "plain_http_host": "127.0.0.1", "plain_http_reason": "test"}
        )
        accounts = house.agent.settings.national.accounts
        gateway = open_gateway(house.agent.contract, settings, accounts, house.folder, workers=2, production=False)
        house.stack.callback(gateway.close)
        return replace(house, agent=replace(house.agent, gateway=gateway))

    @property
    def cases(self) -> int:
        """How many cases the service holds."""
        assert self.server is not None
        return self.server.state.counts_by_step().get("case", 0)


@pytest.fixture
def tower(tmp_path: Path, make_house: Houses) -> Iterator[Tower]:
    """Return a started service; what it raised is raised at the end."""
    found = Tower(tmp_path, make_house)
    found.start()
    yield found
    found.stop()


def stocked(house: House, **changes: Any) -> list[str]:
    """Put the same stock into any house: complaints, one of them with an ID number."""
    keys = [house.local.case(number, **changes) for number in range(1, CASES + 1)]
    house.local.execute("UPDATE nguoi SET so_dinh_danh = '012345678901' WHERE vu_viec = 1")
    return keys


def older(tower: Tower) -> dict[str, str]:
    """Have an older program send the stock; return its national ids by case."""
    house = tower.house("older")
    keys = stocked(house)
    house.sync()
    return {key: str(house.message(key).ack_id) for key in keys}


def test_all_that_an_older_program_sent_is_found(tower: Tower) -> None:
    """By names and texts as they came back over HTTP; a pass sends nothing then."""
    ids = older(tower)
    house = tower.house("newer", '"lookup" = "contains"')
    keys = stocked(house)
    report = adopt(house.agent, actor=BOSS, look_up=True)
    house.sync()
    assert {key: house.message(key).ack_id for key in keys} == ids
    assert (report.total("adopted"), tower.cases) == (CASES, CASES)


def test_a_stock_half_known_by_ids_proves_the_look_up_for_the_rest(tower: Tower) -> None:
    """Nothing is configured: what is there is found, what is not is created, and nothing twice."""
    ids = older(tower)
    house = tower.house("newer")
    keys = stocked(house)
    for number in (1, 2, 3):
        house.local.change(number, ma_qg=ids[f"V{number}"])
    new = house.local.case(99)
    report = adopt(house.agent, actor=BOSS, look_up=True)
    house.sync()
    assert (report.trust, {key: house.message(key).ack_id for key in keys}) == ("proven", ids)
    assert (house.state(new), tower.cases) == ("acknowledged", CASES + 1)
    assert tower.server is not None
    assert tower.server.state.duplicates() == []


@pytest.mark.parametrize("capabilities", [{"lookup": "none"}, {"lookup.lag": "60"}], ids=["none", "lag"])
def test_a_service_that_finds_nothing_leads_to_no_second_create(tower: Tower, capabilities: dict[str, str]) -> None:
    """It does not find what is surely there either."""
    ids = older(tower)
    tower.start(**capabilities)
    house = tower.house("newer")
    stocked(house)
    house.local.change(1, ma_qg=ids["V1"])
    report = adopt(house.agent, actor=BOSS, look_up=True)
    house.sync()
    assert (report.trust, report.total("ambiguous"), tower.cases) == ("", CASES - 1, CASES)


def test_a_list_that_the_service_cuts_leads_to_no_second_create(tower: Tower) -> None:
    """All cases are of one person, and only two of them are listed."""
    house = tower.house("older")
    for number in range(1, CASES + 1):
        house.local.case(number, name="Lò Văn Mẫu")
    house.sync()
    tower.start(**{"lookup.cap": "2"})
    newer = tower.house("newer", '"lookup" = "contains"\n"lookup.cap" = "2"')
    for number in range(1, CASES + 1):
        newer.local.case(number, name="Lò Văn Mẫu")
    adopt(newer.agent, actor=BOSS, look_up=True)
    newer.sync()
    assert (tower.cases, set(newer.states().values())) == (CASES, {"held"})


@pytest.mark.parametrize(
    ("capabilities", "later", "expected"),
    [
        ({}, 0, 1),
        ({"lookup": "exact"}, 0, 1),
        ({"lookup": "none"}, 0, 0),
        ({"lookup.lag": "60"}, 0, 0),
        ({"lookup.lag": "60"}, 61, 1),
    ],
)
@pytest.mark.parametrize("query", [PersonQuery(name="Văn Mẫu 3"), PersonQuery(id_number="012345678901")])
def test_a_search_finds_a_person_as_the_service_searches(
    tower: Tower, capabilities: dict[str, str], later: int, expected: int, query: PersonQuery
) -> None:
    """By a part of the name or the whole number, whatever it does with texts."""
    older(tower)
    tower.now += timedelta(seconds=later)
    tower.start(**capabilities)
    search: Callable[..., Any] = tower.house("newer").agent.gateway.search
    assert len(search(query, "tinh")) == expected
