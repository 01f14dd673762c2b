"""How an example database comes about: plans, rows in one transaction, files, and an account of what was made."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sync_agent.example.chance import likely, seeded
from sync_agent.example.codelists import fill_code_lists
from sync_agent.example.desk import Desk, Draft
from sync_agent.example.expect import Case, expectations, identifying_values, read_cases
from sync_agent.example.files import Files
from sync_agent.example.kinds import DENUNCIATION, KIND_NAMES, MIXED
from sync_agent.example.names import Names
from sync_agent.example.people import People
from sync_agent.example.petitions import add_petition, add_summary
from sync_agent.example.places import Addresses
from sync_agent.example.plan import Plan, make_plans
from sync_agent.example.receptions import add_reception_only
from sync_agent.example.staff import STAFF, STAFF_NAMES
from sync_agent.example.steps import add_steps
from sync_agent.example.stock import Special, Stock
from sync_agent.example.tables import Tables, connect, create_schema, moment

__all__ = ["generate"]

_WITHOUT_PETITION: Final = 0.05
_CHUNK: Final = 1000
_STEP_TABLES: Final = {
    "processing": "don_thu_ket_qua_xu_ly",
    "acceptance": "don_thu_quyet_dinh_thu_ly",
    "settlement": "don_thu_quyet_dinh_giai_quyet",
    "enforcement": "don_thu_thi_hanh_giai_quyet",
}


def generate(path: Path, files_root: Path, *, cases: int, seed: int, today: date) -> Stock:
    """Make the database `path` with exactly `cases` national cases, and the attached files under `files_root`.

    The same `seed` and `today` give the same rows. From 70 cases on every `Special` occurs. Regular work ends on the
    day before `today`. Raises FileExistsError when `path` exists, ValueError when `cases` is not positive.
    """
    if cases < 1:
        raise ValueError("an example database needs at least one case")
    create_schema(path)
    rng = seeded(seed)
    without = round(cases * _WITHOUT_PETITION)
    with closing(connect(path)) as connection:
        tables = Tables(connection)
        people = People(rng, tables, Names(rng, set(STAFF_NAMES)), Addresses(rng))
        desk = Desk(rng, tables, people, Files(rng, files_root), today)
        connection.execute("BEGIN IMMEDIATE")
        fill_code_lists(tables)
        petitions = _add_petitions(desk, make_plans(rng, cases - without))
        for _ in range(without):
            add_reception_only(desk)
        tables.write_grouped()
        connection.execute("COMMIT")
        return _account(connection, files_root, petitions, desk.special)


def _add_petitions(desk: Desk, plans: list[Plan]) -> int:
    drafts: dict[Plan, Draft] = {}
    for number, plan in enumerate(plans, start=1):
        draft = drafts[plan] = add_petition(desk, plan, drafts.get(plan.partner) if plan.partner else None)
        add_steps(desk, draft)
        add_summary(desk, draft, protected=plan.kind in {DENUNCIATION, MIXED})
        _add_paper_trail(desk, draft)
        if number % _CHUNK == 0:
            desk.tables.write_grouped()
    return len(plans)


def _add_paper_trail(desk: Desk, draft: Draft) -> None:
    """Add the hand-over between users, and now and then a document issued on the way."""
    rng, agency = desk.rng, draft.plan.agencies[0]
    user = STAFF[agency].user
    when = moment(desk.during(min(draft.received + timedelta(days=1), desk.last_day)))
    desk.tables.add(
        "don_thu_luan_chuyen", IdDonThu=draft.id, UserGiao=user, UserNhan=user + 500, PhanCong=1, NgayTao=when
    )
    if draft.row.get("NgayThuLy") and likely(rng, 0.2):
        day = draft.row["NgayThuLy"]
        number = f"{rng.randint(1, 400)}/CV-TTr"
        desk.tables.add(
            "don_thu_van_ban_xu_ly_giai_quyet",
            IdDonThu=draft.id,
            SoKyHieu=number,
            TrichYeu="Đôn đốc giải quyết đơn",
            NgayBanHanh=day,
            OrgTao=agency,
            NgayTao=day,
        )


def _account(
    connection: sqlite3.Connection, files_root: Path, petitions: int, special: Mapping[Special, Iterable[int]]
) -> Stock:
    cases = read_cases(connection)
    protected, by_group, held = expectations(connection, files_root, cases)
    receipts = [case for case in cases.values() if case.petition is not None]
    several = Counter(case.petition for case in receipts)
    steps = {name: _count(connection, table) for name, table in _STEP_TABLES.items()}
    return Stock(
        cases=len(cases),
        petitions=petitions,
        by_kind=dict(Counter(KIND_NAMES[case.kind] for case in cases.values())),
        steps={"case": len(receipts), **steps},
        receptions_only=tuple(case.key for case in cases.values() if case.petition is None),
        several_agencies=tuple(case.key for case in receipts if several[case.petition] > 1),
        repeated=tuple(case.key for case in receipts if case.repeats),
        protected=protected,
        by_group=by_group,
        held=held,
        special={kind: _keys(cases.values(), set(ids)) for kind, ids in special.items()},
        identifying=identifying_values(connection, protected),
    )


def _count(connection: sqlite3.Connection, table: str) -> int:
    found = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608 - own names
    return int(found[0])


def _keys(cases: Iterable[Case], petitions: set[int]) -> tuple[str, ...]:
    return tuple(case.key for case in cases if case.petition in petitions)
