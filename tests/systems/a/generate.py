"""Which invented cases system A holds: usual ones like those of the example system, and one or more of every quirk."""

import random
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from sync_agent.example.chance import likely, seeded
from sync_agent.example.codelists import fill_code_lists
from sync_agent.example.desk import Desk
from sync_agent.example.files import Files
from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, FEEDBACK, MIXED
from sync_agent.example.names import Names
from sync_agent.example.organisations import ORGANISATIONS
from sync_agent.example.people import People
from sync_agent.example.petitions import add_petition
from sync_agent.example.places import Addresses
from sync_agent.example.plan import Plan
from sync_agent.example.receptions import add_reception_only
from sync_agent.example.staff import STAFF_NAMES
from sync_agent.example.steps import add_steps
from sync_agent.example.tables import Tables, connect, create_schema
from tests.systems.a.quirks import Expected, Quirks

__all__ = ["TODAY", "Made", "generate"]

HERE: Final = Path(__file__).parent
TODAY: Final = date(2026, 11, 2)
_AGES: Final = range(3, 420)
"""Days before today: all of them after the merger of units, which has cases of its own among the quirks."""

_SETTLING: Final = tuple(entry.local_id for entry in ORGANISATIONS if entry.settles)
_SEVERAL: Final = 0.1
_WITHOUT_PETITION: Final = 0.05


@dataclass(frozen=True)
class Made:
    """What was put in: number of cases, the case keys of each quirk by its name, findings of the mapping to expect."""

    cases: int
    quirks: dict[str, tuple[str, ...]] = field(repr=False)
    expected: Expected = field(repr=False)


def generate(url: str, folder: Path, *, usual: int = 60, seed: int = 1) -> Made:
    """Fill an empty MariaDB database with about `usual` usual cases and every quirk; files go below `folder`/files.

    The same `seed` gives the same rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "draft.db"  # rows are collected in the example's own tables, which have the same columns
    create_schema(draft)
    rng = seeded(seed)
    with closing(connect(draft)) as connection:
        tables = Tables(connection)
        people = People(rng, tables, Names(rng, set(STAFF_NAMES)), Addresses(rng))
        desk = Desk(rng, tables, people, Files(rng, folder / "files"), TODAY)
        connection.execute("BEGIN")
        fill_code_lists(tables)
        _usual(desk, usual)
        quirks = Quirks(desk)
        quirks.add_all()
        tables.write_grouped()
        made = Made(_cases(connection), quirks.keys, quirks.expected + _doubtful_enforcements(connection))
        _copy(connection, url)
    draft.unlink()
    return made


def _usual(desk: Desk, number: int) -> None:
    rng = desk.rng
    for _ in range(number):
        draft = add_petition(desk, _plan(rng))
        add_steps(desk, draft)
    for _ in range(round(number * _WITHOUT_PETITION)):
        add_reception_only(desk)


def _plan(rng: random.Random) -> Plan:
    kind = rng.choices((COMPLAINT, FEEDBACK, DENUNCIATION, MIXED), (55, 30, 10, 5))[0]
    age = rng.choice([day for day in _AGES if day % 5])
    return Plan(kind, age, tuple(rng.sample(_SETTLING, 2 if likely(rng, _SEVERAL) else 1)))


def _cases(connection: sqlite3.Connection) -> int:
    query = """SELECT (SELECT COUNT(*) FROM (SELECT DISTINCT IdDonThu, OrgNhan FROM don_thu_thong_tin_don_thu))
                    + (SELECT COUNT(*) FROM so_tiep_cong_dan WHERE IdDonThu IS NULL)"""
    return int(connection.execute(query).fetchone()[0])


def _doubtful_enforcements(connection: sqlite3.Connection) -> Expected:
    """Every enforcement where its organisation made several decisions on the petition."""
    query = """SELECT COUNT(*) FROM don_thu_thi_hanh_giai_quyet t
               JOIN don_thu_quyet_dinh_giai_quyet q USING (IDQuyetDinhGiaiQuyet)
               WHERE (SELECT COUNT(*) FROM don_thu_quyet_dinh_giai_quyet a
                      WHERE a.IdDonThu = q.IdDonThu AND a.OrgTao = q.OrgTao) > 1"""
    number = connection.execute(query).fetchone()[0]
    return Counter({("doubtful", "enforcements.settlement_key", "hold"): number})


def _copy(local: sqlite3.Connection, url: str) -> None:
    """Make the tables of `schema.sql` and fill them with the rows collected."""
    statements = (HERE / "schema.sql").read_text(encoding="utf-8").split(";\n")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as server:
        for statement in filter(str.strip, statements):
            server.exec_driver_sql(statement.replace("%", "%%"))
        found = local.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        )
        for (table,) in found.fetchall():
            rows = local.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - names of our own schema
            if rows:
                columns = [record[1] for record in local.execute(f"PRAGMA table_info({table})")]
                marks = ", ".join(["%s"] * len(columns))
                server.exec_driver_sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608
