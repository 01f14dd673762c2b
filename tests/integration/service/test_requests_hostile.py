"""What the role of the pages can write into a request ends no service: it is refused, or it fails."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from sync_agent.ledger import (
    Request,
    RequestKind,
    RequestState,
    Role,
    add_account,
    ask,
    find_account,
    find_request,
)
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.tables import RequestRow
from sync_agent.service import Manager
from sync_agent.service.requests import Requests
from sync_agent.sync import claim
from tests.support.houses import House, Houses
from tests.support.servers import POSTGRES, fresh_database

TABLE = table_of(RequestRow)
MANY = [f"V{number}" for number in range(70_000)]
DIFFERENCE = {"kind": "several", "case": "V1", "step": "case"}


@pytest.fixture
def on_server(make_house: Houses) -> Iterator[House]:
    """Yield a house whose ledger is on a server."""
    with fresh_database(POSTGRES) as url:
        house = make_house(ledger=url)
        yield house
        house.stack.close()


def answered(house: House, kind: str, content: str) -> Request:
    """Have a service answer a request as it stands in the table."""
    claim(house.agent)
    with house.agent.ledger.write() as tx:
        if find_account(tx.connection, "lan") is None:
            add_account(tx, "lan", Role.OPERATOR, frozenset(), "hash")
        number = ask(tx, RequestKind.SYNC, {}, actor="web:lan")
        tx.connection.execute(update(TABLE).where(TABLE.c.id == number).values(kind=kind, content=content))
    Requests(lambda: house.agent, lambda: None, Manager(None)).answer()
    with house.agent.ledger.read() as connection:
        request = find_request(connection, number)
    assert request is not None
    return request


def resync_of(**selection: object) -> str:
    """Return the content of a request for a resync."""
    return json.dumps({"selection": selection, "reason": "x"})


def repair_of(*differences: object) -> str:
    """Return the content of a request for a repair."""
    return json.dumps({"differences": differences, "reason": "x"})


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("sync", "[" * 100_000),
        ("sync", '{"full": ' * 100_000),
        ("sync", json.dumps({"cases": MANY})),
        ("sync", json.dumps({"cases": ["\ud800"]})),
        ("sync", json.dumps({"limit": 2**80})),
        ("resync", resync_of(cases=MANY)),
        ("reconcile", repair_of({})),
        ("reconcile", repair_of(DIFFERENCE | {"kind": "K K"})),
    ],
)
def test_what_cannot_be_meant_is_told_as_an_error(house: House, kind: str, content: str) -> None:
    """The service goes on, and has sent nothing."""
    request = answered(house, kind, content)
    assert (request.state, request.error is not None) == (RequestState.FAILED, True)
    assert house.gateway.sent == []


@pytest.mark.parametrize("content", [resync_of(until="9999-12-31"), resync_of(since="0001-01-01")])
def test_a_day_that_no_clock_reaches_is_as_near_as_it_does(house: House, content: str) -> None:
    """Until the end of time is no error."""
    assert answered(house, "resync", content).state == RequestState.DONE


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("reject", json.dumps({"key": "V\x00", "rule": "file_missing", "reason": "x"})),
        ("resync", resync_of(cases=["V\x00"])),
        ("reconcile", repair_of(DIFFERENCE | {"case": "V\x00"})),
    ],
)
def test_what_no_server_takes_is_not_asked_of_it(on_server: House, kind: str, content: str) -> None:
    """A ledger that fails would end the service."""
    assert answered(on_server, kind, content).state == RequestState.FAILED


def test_days_at_the_ends_of_time_are_days_to_a_server(on_server: House) -> None:
    """As to a file."""
    content = resync_of(since="0001-01-01", until="9999-12-31")
    assert answered(on_server, "resync", content).state == RequestState.DONE
