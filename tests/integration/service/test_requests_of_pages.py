"""What the role of the pages may ask in PostgreSQL: in the name of people who sign in there, and of nobody else."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, text

from sync_agent.audit import grant_rights, role_statements
from sync_agent.ledger import Ledger, RequestKind, RequestState, Role, add_account, ask, find_request, open_engine
from sync_agent.service import Manager
from sync_agent.service.requests import Requests
from sync_agent.sync import claim
from tests.support.houses import House, Houses
from tests.support.servers import POSTGRES, fresh_database

PAGES = f"sync_agent_test_pages_{uuid4().hex[:8]}"


def run(connection: Connection, *statements: str) -> None:
    """Run statements as they stand."""
    for statement in statements:
        connection.exec_driver_sql(statement.replace("%", "%%"))


@pytest.fixture
def served(make_house: Houses) -> Iterator[House]:
    """Yield a house whose ledger is on a server with roles, and is held by this process."""
    with fresh_database(POSTGRES) as url:
        house = make_house(ledger=url, workers=1)
        house.local.case(1)
        engine = create_engine(url)
        with engine.begin() as connection:
            run(connection, *role_statements(), f"CREATE ROLE {PAGES} LOGIN IN ROLE sync_agent_web")
            grant_rights(connection)
        claim(house.agent)
        with house.agent.ledger.write() as tx:
            add_account(tx, "lan", Role.OPERATOR, frozenset(), "hash")
            add_account(tx, "auditor", Role.AUDITOR, frozenset(), "hash")
        yield house
        house.stack.close()
        with engine.begin() as connection:
            run(connection, f"DROP ROLE {PAGES}")
        engine.dispose()


def asked(house: House, actor: str) -> int:
    """Ask for a pass as the pages do: through their own login."""
    engine = open_engine(house.agent.ledger.engine.url.set(username=PAGES), create=False)
    with Ledger(engine, source_id="nho", clock=house.clock).write() as tx:
        number = ask(tx, RequestKind.SYNC, {}, actor=actor)
    engine.dispose()
    return number


@pytest.mark.parametrize(
    ("actor", "state", "event"),
    [
        ("web:lan", RequestState.DONE, "request_taken"),
        ("os:lan", RequestState.FAILED, "request_refused"),
        ("agent", RequestState.FAILED, "request_refused"),
        ("web:auditor", RequestState.FAILED, "request_refused"),
        ("web:nobody", RequestState.FAILED, "request_refused"),
    ],
)
def test_the_pages_speak_for_those_who_sign_in_there(served: House, actor: str, state: str, event: str) -> None:
    """The database says who inserted the row; the entry names that role."""
    number = asked(served, actor)
    Requests(lambda: served.agent, lambda: None, Manager(None)).answer()
    with served.agent.ledger.read() as connection:
        request = find_request(connection, number)
        role = connection.execute(text("SELECT database_role FROM request")).scalar()
    (entry,) = [each for each in served.entries() if each.event.startswith("request_")]
    assert request is not None
    assert (request.state, role, entry.event) == (state, PAGES, event)
    refused = event == "request_refused"
    assert (entry.actor, entry.account) == (("agent", PAGES) if refused else (actor, None))
    assert len(served.gateway.sent) == (0 if refused else 1)


def test_whoever_may_write_the_ledger_may_ask_in_any_name(served: House) -> None:
    """As a command does that runs beside the service."""
    with served.agent.ledger.write() as tx:
        number = ask(tx, RequestKind.SYNC, {}, actor="os:lan")
    Requests(lambda: served.agent, lambda: None, Manager(None)).answer()
    with served.agent.ledger.read() as connection:
        request = find_request(connection, number)
    assert request is not None
    assert request.state == RequestState.DONE


@pytest.mark.parametrize(
    ("kind", "content", "done"),
    [
        (RequestKind.SYNC, {"cases": ["V1"]}, True),
        (RequestKind.RESYNC, {"selection": {"cases": ["V1"]}, "reason": "checked"}, True),
        (RequestKind.SYNC, {}, False),
        (RequestKind.SYNC, {"cases": ["V2"]}, False),
        (RequestKind.SYNC, {"cases": ["V1", "V2"]}, False),
        (RequestKind.RESYNC, {"selection": {"step": "case"}, "reason": "checked"}, False),
    ],
)
def test_an_account_of_an_agency_asks_about_its_own_cases_only(
    make_house: Houses, kind: RequestKind, content: dict[str, Any], *, done: bool
) -> None:
    """Also when what the pages look at before they ask is passed by."""
    house = make_house(workers=1)
    house.local.case(1)
    house.local.case(2)
    house.sync()
    agency, other = "H217.01", "H217.02"
    with house.agent.ledger.write() as tx:
        for key, whose in (("V1", agency), ("V2", other)):
            tx.connection.execute(text("UPDATE case_state SET agency = :a WHERE case_key = :k"), {"a": whose, "k": key})
        add_account(tx, "lan", Role.OPERATOR, frozenset({agency}), "hash")
        number = ask(tx, kind, content, actor="web:lan")
    Requests(lambda: house.agent, lambda: None, Manager(None)).answer()
    with house.agent.ledger.read() as connection:
        request = find_request(connection, number)
    assert request is not None
    assert (request.state == RequestState.DONE) is done
    assert ("request_taken" in house.events()) is done
