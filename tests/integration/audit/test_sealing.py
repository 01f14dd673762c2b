"""Keys of sealed secrets: one can be destroyed for good, all others open as before."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from sync_agent.audit import SEALS, Seals, create_secrets, keep_note, load_secrets, read_note, role_statements, seal_all
from sync_agent.audit.guards import grant_statements
from sync_agent.audit.tables import ERASABLE
from sync_agent.errors import AuditError, ConfigError
from sync_agent.ledger import tables as ledger_tables
from tests.support.ledgers import ON_SQLITE

ASKED = [0, 1, 15, 16, 255, 256, 4095, 16**8 - 1]


@pytest.fixture
def seals(tmp_path: Path) -> Seals:
    """Return keys that were just made."""
    made = Seals(tmp_path)
    made.make()
    return made


@pytest.mark.parametrize("destroyed", [[0], [255], [16**8 - 1], [0, 1, 255], list(range(300))])
def test_only_what_was_destroyed_opens_no_more(seals: Seals, tmp_path: Path, destroyed: list[int]) -> None:
    """In this process and in the next, however many there are."""
    sealed = {number: seals.seal(number, b"secret %d" % number) for number in ASKED}
    seals.destroy(destroyed)
    expected = {number: None if number in destroyed else b"secret %d" % number for number in ASKED}
    for reader in (seals, Seals(tmp_path)):
        assert {number: reader.unseal(number, each) for number, each in sealed.items()} == expected
        assert {number for number in ASKED if reader.is_destroyed(number)} == set(destroyed) & set(ASKED)


def test_nothing_is_sealed_by_a_destroyed_key(seals: Seals) -> None:
    """It could never be read again."""
    seals.destroy([7])
    with pytest.raises(KeyError):
        seals.seal(7, b"x")


def test_old_cases_destroyed_together_cost_little(seals: Seals) -> None:
    """Ten thousand numbers in a row leave fewer keys than two hundred."""
    seals.destroy(range(10_000))
    assert len(seals.path.read_text(encoding="ascii").splitlines()) < 200


def test_no_key_of_a_destroyed_one_stays_in_the_file(seals: Seals) -> None:
    """Neither its own nor one on the way to it."""
    before = seals.path.read_text(encoding="ascii").split()[1]
    seals.destroy([5])
    lines = seals.path.read_text(encoding="ascii").splitlines()
    assert (before in "".join(lines), [line for line in lines if "00000005".startswith(line.split()[0])]) == (False, [])
    assert seals.path.stat().st_mode & 0o77 == 0


def test_what_was_sealed_otherwise_is_refused(seals: Seals) -> None:
    """A byte changed, another number, nothing at all."""
    sealed = seals.seal(3, b"x" * 32)
    for wrong in (sealed[:-1] + bytes([sealed[-1] ^ 1]), seals.seal(4, b"x" * 32), b""):
        with pytest.raises(AuditError, match="does not open"):
            seals.unseal(3, wrong)


@pytest.mark.parametrize("content", ["", "-", "- zz", "- 00", "x y z"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    """In one line, and nothing is made in its place."""
    path = tmp_path / "seals.key"
    path.touch(mode=0o600)
    path.write_text(content, encoding="ascii")
    with pytest.raises(ConfigError):
        Seals(tmp_path).unseal(0, b"")


@ON_SQLITE
def test_what_was_kept_open_is_sealed_by_an_upgrade(engine: Engine, seals: Seals) -> None:
    """Secrets and notes read the same afterwards, and a connection without the keys reads none."""
    with engine.begin() as conn:
        made = create_secrets(conn, "nho", ["V1", "V2"])
        note = keep_note(conn, "nho", "V1", "đồng ý")
    with engine.execution_options(**{SEALS: seals}).begin() as conn:
        assert (seal_all(conn), seal_all(conn)) == (3, 0)
        values = set(conn.execute(select(ERASABLE.c.value)).scalars())
        assert not values & {bytes(secret) for secret in made.values()}
        assert (load_secrets(conn, "nho", ["V1", "V2"]), read_note(conn, note)) == (made, "đồng ý")
    with engine.begin() as conn, pytest.raises(AuditError, match="cannot be opened here"):
        load_secrets(conn, "nho", ["V1"])


def test_every_table_is_in_the_grants() -> None:
    """A table that is added gets rights for each role, or none on purpose."""
    assert ledger_tables.__name__  # so that they are defined
    words = " ".join(grant_statements()).replace(",", " ").split()
    tables = set(SQLModel.metadata.tables) | {"alembic_version"}
    assert {table: words.count(table) >= 3 for table in tables} == dict.fromkeys(tables, True)
    assert len(role_statements()) == 2
