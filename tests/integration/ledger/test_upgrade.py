"""Ledgers of earlier versions, as those versions left them: brought up to date, nothing is lost and work goes on.

`tests/data/ledgers` has one for each schema there ever was, with the keys of its state folder where it has any: two
passes over the same seven cases, one message in doubt and one refused. They are never made anew.
"""

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sync_agent.audit import head
from sync_agent.bootstrap import upgrade_ledger
from sync_agent.errors import ConfigError, LedgerError
from sync_agent.ledger import migrate, open_engine, verify
from sync_agent.sync import declare_restored
from tests.support.houses import SECRET_ENV, House, Houses
from tests.support.ledgers import changing, ledger_url

OLD = Path(__file__).parents[2] / "data" / "ledgers"
REVISIONS = ("0001", "0002", "0003", "0004")
KEPT = ("audit_leaf", "audit_tile", "audit_erasable", "case_state", "message", "finding", "policy_signature", "run")


@pytest.fixture
def make_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Houses]:
    """Yield what builds houses."""
    monkeypatch.setenv(SECRET_ENV, "bí-mật-thử")
    houses = Houses(tmp_path)
    with houses.stack:
        yield houses


def moved_in(make_house: Houses, revision: str) -> House:
    """Return the house in which an old ledger was made, with that ledger in the place of its own."""
    house = make_house(workers=1, signed=False)
    house.local.full(1)
    house.local.case(2)
    house.local.processed(2)
    house.local.change(2, noi_dung="Nội dung 2, sửa")
    house.local.denunciation(3)
    for number in (4, 5, 6, 7):
        house.local.case(number)
    house.agent.ledger.engine.dispose()
    state = house.folder / "state"
    for path in state.iterdir():
        if path.name != "installation.key":
            path.unlink()
    for kept in OLD.glob(f"{revision}.*.*"):
        shutil.copy(kept, state / kept.name.removeprefix(f"{revision}."))
    for path in state.iterdir():
        path.chmod(0o600)
    with closing(sqlite3.connect(state / "ledger.db")) as ledger:
        ledger.executescript((OLD / f"{revision}.sql").read_text(encoding="utf-8"))
    return house


def counted(path: Path) -> dict[str, int]:
    """Return how many rows each of the tables has."""
    with closing(sqlite3.connect(path)) as ledger:
        return {name: ledger.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in KEPT}  # noqa: S608


def rows(path: Path, sql: str) -> list[Any]:
    """Return the rows of a query on a file."""
    with closing(sqlite3.connect(path)) as ledger:
        return ledger.execute(sql).fetchall()


def test_there_is_an_old_ledger_for_every_schema() -> None:
    """Whoever adds a migration keeps a ledger of the version before it."""
    assert [path.stem for path in sorted(OLD.glob("*.sql"))] == [*REVISIONS]
    assert f"{int(REVISIONS[-1]) + 1:04}" == migrate.HEAD


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_old_ledger_loses_nothing_and_work_goes_on(make_house: Houses, revision: str) -> None:
    """Rows and log are kept, the log verifies, guards stand, and what is up is not created again."""
    house = moved_in(make_house, revision)
    ledger = house.folder / "state" / "ledger.db"
    acknowledged = "SELECT step, ack_id, state FROM message ORDER BY id"
    before, said = counted(ledger), rows(ledger, acknowledged)
    copies: list[Path] = []
    assert upgrade_ledger(house.folder, actor="os:lan", copied=copies.append) == migrate.HEAD
    assert (counted(copies[0]), rows(copies[0], "SELECT * FROM alembic_version")) == (before, [(revision,)])
    assert stat.S_IMODE(copies[0].stat().st_mode) == 0o600
    assert counted(ledger) == before | {"audit_leaf": before["audit_leaf"] + 1}
    assert rows(ledger, acknowledged) == said

    house = house.reopened()
    upgraded = house.entries()[-1]
    assert (upgraded.event, upgraded.actor, upgraded.old_state) == ("ledger_upgraded", "os:lan", revision)
    with house.agent.ledger.read() as connection:
        assert (migrate.problems(connection), head(connection).size) == ([], before["audit_leaf"] + 1)
    outside = {"outside_missing"} if revision == "0001" else set()  # that version kept no head outside
    assert {each.code for each in verify(house.agent.ledger).findings.listed} == outside
    if revision == "0001":  # nobody can tell whether it is the one that sent last: a person says so
        declare_restored(house.agent, reason="upgraded", actor="os:lan")
    house.sign()
    house.local.case(8)
    house.sync()
    assert [step for step in house.gateway.steps if not step[1]] == [("case", False)]
    assert house.state("V8") == "acknowledged"


def test_an_upgrade_that_fails_leaves_the_ledger_and_its_copy(
    make_house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old version can go on with it."""
    house = moved_in(make_house, "0004")
    before = counted(house.folder / "state" / "ledger.db")

    def fail(*_: object) -> None:
        raise LedgerError("on the way")

    monkeypatch.setattr("sync_agent.ledger.migrate.install_guards", fail)
    with pytest.raises(LedgerError, match="on the way"):
        upgrade_ledger(house.folder)
    state = house.folder / "state"
    assert rows(state / "ledger.db", "SELECT * FROM alembic_version") == [("0004",)]
    assert [counted(path) for path in sorted(state.glob("ledger*.db"))] == [before, before]


def test_without_room_for_a_copy_nothing_is_upgraded(make_house: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is half a copy left."""
    house = moved_in(make_house, "0004")
    monkeypatch.setattr("sync_agent.ledger.backup._ROOM", 10**12)
    with pytest.raises(LedgerError, match="too little free space"):
        upgrade_ledger(house.folder)
    state = house.folder / "state"
    assert rows(state / "ledger.db", "SELECT * FROM alembic_version") == [("0004",)]
    assert not [path for path in state.iterdir() if path.name.startswith((".ledger", "ledger-"))]


def test_on_a_server_somebody_must_say_that_there_is_a_backup(make_house: Houses, tmp_path: Path) -> None:
    """The agent cannot make one there."""
    with ledger_url("postgresql", tmp_path / "none") as url:
        engine = open_engine(url, create=True)
        migrate.upgrade(engine)
        with changing(engine) as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")
            for table in ("request", "account", "access_log", "notice", "tally"):
                connection.exec_driver_sql(f"DROP TABLE {table}")
            for index in ("ix_case_state_received", "ix_message_state_case", "ix_message_not_up", "ix_message_forced"):
                connection.exec_driver_sql(f"DROP INDEX {index}")
            for column in ("trigger_on", "first_ack_at", "forced"):
                connection.exec_driver_sql(f"ALTER TABLE message DROP COLUMN {column}")
            connection.exec_driver_sql("ALTER TABLE case_state DROP COLUMN received_on")
        engine.dispose()
        house = make_house(signed=False)
        path = house.folder / "agent.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('ledger_url = ""', f'ledger_url = "{url}"'), encoding="utf-8")
        with pytest.raises(ConfigError, match="pg_dump"):
            upgrade_ledger(house.folder)
        assert upgrade_ledger(house.folder, backed_up=lambda: True) == migrate.HEAD
