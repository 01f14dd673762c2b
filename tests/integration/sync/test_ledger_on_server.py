"""A whole agent whose ledger is on PostgreSQL: how it begins, what it shares, and sessions that end under it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from sync_agent.audit import head, recompute_root
from sync_agent.bootstrap import open_agent, open_desk, upgrade_ledger
from sync_agent.doctor import Check, examine
from sync_agent.errors import ConfigError, LedgerError, LockedError
from sync_agent.ledger import environment, exclusive, migrate
from sync_agent.sync import rehearse
from tests.support.faults import Faults
from tests.support.houses import House, Houses
from tests.support.poolers import pooler


@pytest.fixture
def database() -> str:
    """Keep the ledgers of these tests on the server."""
    return "postgresql"


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house whose requests leave one after the other."""
    return make_house(workers=1)


def on_server(url: str, sql: str) -> Sequence[Any]:
    """Return the rows of a query by another way into the same database."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        result = connection.exec_driver_sql(sql)
        return result.all() if result.returns_rows else []


def rows_of(url: str) -> dict[str, Sequence[Any]]:
    """Return, by table, where each row is and which transaction wrote it."""
    tables = [name for (name,) in on_server(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    sql = "SELECT xmin::text, xmax::text, ctid::text FROM {} ORDER BY ctid"
    return {name: on_server(url, sql.format(name)) for name in tables}


def looked_at(folder: Path, subject: str) -> Check:
    """Return what `check` says of one thing."""
    return next(check for check in examine(folder, probe=False) if check.subject == subject)


def unmade(make_house: Houses, ledger: str) -> House:
    """Return a house whose database is empty again."""
    house = make_house(signed=False)
    house.agent.ledger.engine.dispose()
    on_server(ledger, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return house


# how it begins


def test_an_upgrade_makes_a_ledger(make_house: Houses, ledger: str) -> None:
    """In an empty database; a second one finds nothing to do."""
    house = unmade(make_house, ledger)
    assert [upgrade_ledger(house.folder), upgrade_ledger(house.folder)] == [migrate.HEAD, migrate.HEAD]
    assert looked_at(house.folder, "ledger").what.startswith("PostgreSQL {version}, a direct connection")


def test_looking_at_a_database_without_a_ledger_makes_none(make_house: Houses, ledger: str) -> None:
    """Neither `status`, nor `check`, nor a rehearsal."""
    house = unmade(make_house, ledger)
    desk = open_desk(house.folder)
    with desk.ledger.read() as connection:
        bound = environment(connection)
    desk.ledger.engine.dispose()
    with open_agent(house.folder, new_ledger=False, clock=house.clock) as agent:
        rehearse(agent)
    said = looked_at(house.folder, "ledger").what, looked_at(house.folder, "lock").what
    tables = on_server(ledger, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert (bound, said, tables[0][0]) == (None, ("none yet; the first pass makes it", "free"), 0)


def test_a_check_says_that_somebody_stands_between(make_house: Houses, ledger: str) -> None:
    """In one line of `check`, and no pass begins."""
    house = make_house()
    with pooler(ledger) as through:
        moved = house.folder / "agent.toml"
        moved.write_text(moved.read_text(encoding="utf-8").replace(ledger, through), encoding="utf-8")
        checks = examine(house.folder, probe=False)
    assert [check.what for check in checks] == ["there is a connection pooler before the ledger's database"]


def test_the_password_comes_from_its_file(make_house: Houses, ledger: str) -> None:
    """It reaches the driver and shows itself nowhere."""
    house = make_house()
    secret = house.folder / "state" / "ledger.secret"
    secret.touch(mode=0o600)
    secret.write_text("bí-mật-sổ\n", encoding="utf-8")
    opened = house.edited(
        "agent.toml", f'ledger_url = "{ledger}"', f'ledger_url = "{ledger}"\nledger_secret_file = "{secret}"'
    )
    url = opened.agent.ledger.engine.url
    assert (url.password, "bí-mật-sổ" in f"{url} {opened.agent.ledger.engine!r}") == ("bí-mật-sổ", False)


def test_a_file_takes_no_password(make_house: Houses) -> None:
    """A setting that does nothing is a slip."""
    house = make_house(name="file", ledger="")
    with pytest.raises(ConfigError, match="takes no password"):
        house.edited("agent.toml", 'ledger_url = ""', 'ledger_secret_env = "SYNC_AGENT_TEST_LEDGER"')


# what it shares


def test_a_plan_is_the_same_wherever_the_ledger_is(make_house: Houses) -> None:
    """A rehearsal on a copy of either gives one digest, before the first pass and after it."""
    houses = [make_house(), make_house(name="file", ledger="")]
    digests = []
    for house in houses:
        house.local.full(1)
        house.local.denunciation(2)
        before = rehearse(house.agent).plan
        house.sync()
        house.local.change(1, noi_dung="Mới")
        house.local.case(3)
        after = rehearse(house.agent).plan
        digests.append([plan and (plan.digest, len(plan.rows)) for plan in (before, after)])
    assert digests[0] == digests[1]
    assert None not in digests[0]


def test_a_rehearsal_leaves_the_server_as_it_is(house: House, ledger: str) -> None:
    """Not a row of any table is written."""
    house.local.full(1)
    house.sync()
    house.local.change(1, noi_dung="Mới")
    before = rows_of(ledger)
    rehearse(house.agent)
    assert rows_of(ledger) == before


def test_two_machines_with_one_ledger_exclude_each_other(make_house: Houses) -> None:
    """Each has a state folder of its own."""
    here, there = make_house(), make_house(name="other", signed=False)
    with exclusive(there.agent.settings.state, there.agent.ledger.engine), pytest.raises(LockedError):
        here.sync()


# sessions that end under it


@pytest.mark.parametrize("place", range(3, 75, 18))
def test_a_pass_whose_sessions_end_says_so_and_the_next_goes_on(house: House, ledger: str, place: int) -> None:
    """Nothing is half written, nothing goes up twice, and the lock is free."""
    for number in (1, 2, 3):
        house.local.full(number)

    def end_them() -> None:
        on_server(
            ledger,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'sync-agent'",
        )

    with Faults(place, end_them).on(house.agent.ledger.engine), pytest.raises(LedgerError) as caught:
        house.sync()
    assert caught.value.what == "the ledger cannot be used ({kind})"
    states = house.states().values() if house.gateway.sent else ()
    assert {"in_flight", "uncertain"} & set(states) == set()  # the answers that were known came in by a new session
    house.clock.move(hours=2)
    house.sync()
    sent = house.gateway.cases()
    assert sorted(set(sent)) == sorted(sent)
    assert set(house.states().values()) <= {"acknowledged", "uncertain", "pending", "not_ready"}
    with house.agent.ledger.read() as connection:
        assert recompute_root(connection) == head(connection)
        assert migrate.problems(connection) == []
