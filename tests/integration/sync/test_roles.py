"""A ledger on PostgreSQL whose tables the agent does not own: it does all its work, and cannot change the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from sync_agent.audit import CheckpointReason, powers, role_statements
from sync_agent.bootstrap import upgrade_ledger
from sync_agent.doctor import examine
from sync_agent.errors import ConfigError, LedgerError
from sync_agent.ledger import migrate
from sync_agent.sync import adopt, apply_rekey, declare_restored, erase
from tests.support.houses import House, Houses

OWNER, AGENT, AUDITOR = (f"sync_agent_test_{use}_{uuid4().hex[:8]}" for use in ("owner", "agent", "auditor"))
LOGINS = {OWNER: "sync_agent_owner", AGENT: "sync_agent_writer", AUDITOR: "sync_agent_auditor"}


@pytest.fixture
def database() -> str:
    """Keep the ledgers of these tests on the server."""
    return "postgresql"


def run_sql(url: str, *statements: str) -> list[Any]:
    """Run statements in one transaction by another way into the database; return the rows of the last."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        results = [connection.exec_driver_sql(statement.replace("%", "%%")) for statement in statements]
        return list(results[-1].all()) if results[-1].returns_rows else []


def by(url: str, user: str) -> str:
    """Return the address for another user."""
    return make_url(url).set(username=user).render_as_string(hide_password=False)


@pytest.fixture
def roles(ledger: str) -> Iterator[str]:
    """Make roles and logins as an administrator would; the logins are dropped with what hangs on them."""
    made = [f"CREATE ROLE {login} LOGIN IN ROLE {role}" for login, role in LOGINS.items()]
    run_sql(ledger, *role_statements(), *made)
    yield ledger
    run_sql(ledger, *(f"DROP ROLE {login}" for login in LOGINS))


@pytest.fixture
def house(make_house: Houses, ledger: str, roles: str) -> House:
    """Return a house whose ledger was made without roles, and was given them since."""
    assert roles == ledger
    made = make_house(page=50, workers=1)
    made.agent.ledger.engine.dispose()
    run_sql(ledger, *role_statements())
    return separate(made, ledger)


def separate(house: House, ledger: str) -> House:
    """Have the agent and whoever upgrades be two users, and upgrade."""
    path = house.folder / "agent.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f'"{ledger}"', f'"{by(ledger, AGENT)}"\nledger_owner = "{OWNER}"'), encoding="utf-8")
    assert upgrade_ledger(house.folder) == migrate.HEAD
    return house.reopened()


@contextmanager
def as_user(house: House, user: str) -> Iterator[Any]:
    """Open a transaction as one of the users."""
    url = house.agent.ledger.engine.url.set(username=user)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def test_the_agent_does_all_its_work_without_owning_anything(house: House) -> None:
    """Passes, adoption, holds, another name of the source, heads, an erasure, a copy that was put back."""
    for number in (1, 2):
        house.local.full(number)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    house.release("V1", "file_missing")
    adopt(house.agent, actor="os:lan")
    house.clock.move(hours=1)
    house.sync(full=True)
    assert set(house.states().values()) == {"acknowledged"}
    heads = house.agent.ledger.heads
    assert heads is not None
    heads.sign(house.agent.ledger, CheckpointReason.PERSON)
    heads.rotate(house.agent.ledger, "os:lan")
    renamed = house.edited("profile.yaml", "id: nho", "id: lon")
    apply_rekey(renamed.agent, {}, reason="renamed", actor="os:lan")
    assert not erase(renamed.agent, "V1", reason="luat", actor="os:lan")  # only the owner writes tables anew
    declare_restored(renamed.agent, reason="disk", actor="os:lan")
    renamed.sync(full=True)
    with renamed.agent.ledger.read() as connection:
        assert (powers(connection), migrate.problems(connection)) == ([], [])
    verdict = {check.subject: check.verdict for check in examine(renamed.folder, probe=False)}
    assert verdict["guards of the audit log"] == "ok"


REFUSED = [
    (AGENT, "UPDATE audit_leaf SET event = event"),
    (AGENT, "DELETE FROM audit_leaf"),
    (AGENT, "TRUNCATE audit_tile CASCADE"),
    (AGENT, "DELETE FROM audit_tree"),
    (AGENT, "ALTER TABLE audit_leaf DISABLE TRIGGER ALL"),
    (AGENT, "DROP TRIGGER audit_leaf_no_update ON audit_leaf"),
    (AGENT, "UPDATE audit_erasable SET value = value"),
    (AGENT, "UPDATE alembic_version SET version_num = version_num"),
    (AGENT, "CREATE TABLE beside (id integer)"),
    (AGENT, "SET ROLE sync_agent_owner"),
    (AUDITOR, "SELECT value FROM audit_erasable"),
    (AUDITOR, "INSERT INTO audit_leaf SELECT * FROM audit_leaf"),
    (AUDITOR, "UPDATE message SET state = state"),
]
ALLOWED = ["SELECT * FROM audit_leaf", "SELECT * FROM message", "SELECT commitment FROM audit_erasable"]


def test_what_a_role_may_not_do_is_refused_by_the_server(house: House) -> None:
    """Before any guard is asked; an auditor reads everything but secrets and notes."""
    said = []
    for user, statement in [*REFUSED, *((AUDITOR, each) for each in ALLOWED)]:
        with as_user(house, user) as connection:
            try:
                connection.exec_driver_sql(statement)
                said.append("done")
            except DBAPIError as error:
                said.append(type(error.orig).__name__)
    assert said == ["InsufficientPrivilege"] * len(REFUSED) + ["done"] * len(ALLOWED)


def test_a_check_tells_of_an_agent_that_owns_the_tables(make_house: Houses) -> None:
    """As when one user does everything."""
    house = make_house(signed=False)
    check = next(each for each in examine(house.folder, probe=False) if each.subject == "guards of the audit log")
    assert (check.verdict, dict(check.facts)) == ("warn", {"powers": "superuser"})


def test_an_upgrade_makes_the_ledger_and_the_agent_does_not(house: House, ledger: str) -> None:
    """A blank schema stays blank until the owner comes; a dropped guard is put back by the next upgrade."""
    house.agent.ledger.engine.dispose()
    run_sql(ledger, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", *role_statements())
    with pytest.raises(LedgerError, match="db upgrade"):
        house.reopened()
    assert upgrade_ledger(house.folder) == migrate.HEAD
    run_sql(ledger, "DROP TRIGGER audit_leaf_no_update ON audit_leaf")
    upgrade_ledger(house.folder)
    (house.folder / "state" / "ledger.head").unlink()  # of the ledger that was dropped
    again = house.reopened()
    again.sign()
    again.local.case(1)
    again.sync()
    assert again.state("V1") == "acknowledged"


def test_a_user_that_is_not_the_owner_upgrades_nothing(house: House) -> None:
    """One line says which role it lacks."""
    path = house.folder / "agent.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(f'"{OWNER}"', f'"{AUDITOR}"'), encoding="utf-8")
    with pytest.raises(LedgerError, match="is not in the role sync_agent_owner"):
        upgrade_ledger(house.folder)


def test_a_file_has_no_owner(make_house: Houses) -> None:
    """A setting that does nothing is a slip."""
    house = make_house(name="file", ledger="", signed=False)
    path = house.folder / "agent.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('ledger_url = ""', 'ledger_owner = "x"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="has no owner"):
        upgrade_ledger(house.folder)
