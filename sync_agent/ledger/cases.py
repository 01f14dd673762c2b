"""Cases in the ledger: loading, saving, and which of them have something to do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, func, select, update

from sync_agent.ledger.messages import State, went_up
from sync_agent.ledger.rows import fetch, table_of
from sync_agent.ledger.tables import CaseRow, GroupRow, MessageRow

__all__ = [
    "Due",
    "NamedCase",
    "beside_protected",
    "due_cases",
    "find_case",
    "known_cases",
    "load_by_id",
    "load_cases",
    "members_of",
    "named_cases",
    "only_again",
    "origins",
    "rename_cases",
    "restless_beside",
    "save_groups",
    "settling_cases",
    "unsettled_beside",
]

_CASE = table_of(CaseRow)
_GROUP = table_of(GroupRow)
_MESSAGE = table_of(MessageRow)
_NEVER = "9999-12-31"
_ASIDE = "~"  # no source has this name: keys may change places without meeting each other


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """Place of a case in the order of delivery: nearest legal date first, then oldest row."""

    due_on: str
    case_id: int
    case_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NamedCase:
    """The key of a case, and whether the national side may know it."""

    case_key: str = field(repr=False)
    went_up: bool


def named_cases(connection: Connection, source_id: str) -> list[NamedCase]:
    """Return the key of every case of a source."""
    sent = exists().where(_MESSAGE.c.case_id == _CASE.c.id, went_up())
    statement = select(_CASE.c.case_key, sent).where(_CASE.c.source_id == source_id).order_by(_CASE.c.id)
    return [NamedCase(row[0], bool(row[1])) for row in connection.execute(statement)]


def load_cases(connection: Connection, source_id: str, keys: Collection[str]) -> dict[str, CaseRow]:
    """Return the known cases among `keys`."""
    statement = select(_CASE).where(_CASE.c.source_id == source_id, _CASE.c.case_key.in_(keys))
    return {row.case_key: row for row in fetch(connection, CaseRow, statement)}


def load_by_id(connection: Connection, ids: Collection[int]) -> list[CaseRow]:
    """Return cases by their row ids."""
    if not ids:
        return []
    return fetch(connection, CaseRow, select(_CASE).where(_CASE.c.id.in_(ids)))


def find_case(connection: Connection, source_id: str, name: str) -> CaseRow | None:
    """Return the case whose key or pseudonym is `name`."""
    statement = select(_CASE).where(
        _CASE.c.source_id == source_id, (_CASE.c.case_key == name) | (_CASE.c.pseudonym == name)
    )
    rows = fetch(connection, CaseRow, statement)
    return rows[0] if rows else None


def origins(connection: Connection, source_id: str, keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return, of those cases among `keys` that were renamed, the source and key under which they were first known."""
    statement = select(_CASE.c.case_key, _CASE.c.origin_source, _CASE.c.origin_key).where(
        _CASE.c.source_id == source_id, _CASE.c.case_key.in_(keys), _CASE.c.origin_key.is_not(None)
    )
    return {row.case_key: (row.origin_source, row.origin_key) for row in connection.execute(statement)}


def rename_cases(
    connection: Connection, old_source: str, new_source: str, names: Mapping[str, tuple[str, str]]
) -> None:
    """Rename cases (old key: new key and pseudonym), all of them where the source itself has a new name.

    What each was first called is kept.
    """
    if not names:
        return
    kept = {
        "origin_source": func.coalesce(_CASE.c.origin_source, _CASE.c.source_id),
        "origin_key": func.coalesce(_CASE.c.origin_key, _CASE.c.case_key),
    }
    leaving = update(_CASE).where(_CASE.c.source_id == old_source, _CASE.c.case_key == bindparam("old"))
    connection.execute(leaving.values(kept | {"source_id": _ASIDE}), [{"old": old} for old in names])
    moves = [{"old": old, "new": new, "shown": shown} for old, (new, shown) in names.items()]
    one = update(_CASE).where(_CASE.c.source_id == _ASIDE, _CASE.c.case_key == bindparam("old"))
    renamed = {"source_id": new_source, "case_key": bindparam("new"), "pseudonym": bindparam("shown")}
    connection.execute(one.values(renamed), moves)


def known_cases(connection: Connection, source_id: str) -> int:
    """Count the cases of a source that the ledger knows."""
    return connection.execute(select(func.count()).where(_CASE.c.source_id == source_id)).scalar_one()


def settling_cases(connection: Connection, source_id: str, now: datetime) -> int:
    """Count the cases that have something to send and must read the same for some time yet."""
    pending = exists().where(_MESSAGE.c.case_id == _CASE.c.id, _MESSAGE.c.state == State.PENDING)
    statement = select(func.count()).where(_CASE.c.source_id == source_id, _CASE.c.look_at > now, pending)
    return connection.execute(statement).scalar_one()


def due_cases(
    connection: Connection,
    source_id: str,
    now: datetime,
    *,
    after: Due | None,
    limit: int,
    keys: Sequence[str] = (),
    since: str = "",
    before: str = "",
    again: bool = True,
) -> list[Due]:
    """Return a keyset page of the cases that have something to do now.

    Only those with a legal date from `since` on, or `before` (ISO days) if given; a case without one has it last.
    Not `again`: without those of which nothing is to go up but what is sent again.
    """
    due_on = func.coalesce(_CASE.c.due_on, _NEVER)
    statement = select(due_on, _CASE.c.id, _CASE.c.case_key).where(
        _CASE.c.source_id == source_id, _CASE.c.look_at <= now
    )
    if keys:
        statement = statement.where(_CASE.c.case_key.in_(keys))
    if since:
        statement = statement.where(due_on >= since)
    if before:
        statement = statement.where(due_on < before)
    if not again:
        statement = statement.where(~only_again())
    if after is not None:
        later = (due_on > after.due_on) | ((due_on == after.due_on) & (_CASE.c.id > after.case_id))
        statement = statement.where(later)
    return [Due(*row) for row in connection.execute(statement.order_by(due_on, _CASE.c.id).limit(limit))]


def only_again() -> ColumnElement[bool]:
    """Return the condition of a case that has messages that are sent again, and nothing else to send."""
    of_case = _MESSAGE.c.case_id == _CASE.c.id
    others = exists().where(of_case, _MESSAGE.c.forced.is_(None), _MESSAGE.c.state.in_([State.PENDING, State.WAITING]))
    return exists().where(of_case, _MESSAGE.c.forced > "") & ~others


def save_groups(
    connection: Connection, tokens: dict[int, set[str]], *, grow_only: Collection[int] = frozenset()
) -> None:
    """Replace the group tokens of the cases given by row id; those in `grow_only` lose none."""
    stored: dict[int, set[str]] = {case_id: set() for case_id in tokens}
    for row in connection.execute(select(_GROUP).where(_GROUP.c.case_id.in_(tokens))):
        stored[row.case_id].add(row.token)
    for case_id, wanted in tokens.items():
        gone = stored[case_id] - wanted
        if gone and case_id not in grow_only:
            connection.execute(_GROUP.delete().where(_GROUP.c.case_id == case_id, _GROUP.c.token.in_(gone)))
    new = [{"token": t, "case_id": case_id} for case_id, wanted in tokens.items() for t in wanted - stored[case_id]]
    if new:
        connection.execute(_GROUP.insert(), new)


def members_of(connection: Connection, case_ids: Collection[int], *, unprotected: bool = False) -> set[int]:
    """Return the row ids of all cases, or of the `unprotected` ones, that share something with one of `case_ids`."""
    tokens = select(_GROUP.c.token).where(_GROUP.c.case_id.in_(case_ids))
    members = select(_GROUP.c.case_id).where(_GROUP.c.token.in_(tokens)).distinct()
    if unprotected:
        members = members.join(_CASE, _CASE.c.id == _GROUP.c.case_id).where(_CASE.c.protected_since.is_(None))
    return set(connection.execute(members).scalars())


def restless_beside(connection: Connection, case_ids: Collection[int]) -> dict[int, datetime]:
    """Return those of `case_ids` that share something with a case not settled yet, and when that is looked at again."""
    beside = _beside(case_ids, _CASE.c.dirty, _CASE.c.look_at.is_not(None)).add_columns(func.max(_CASE.c.look_at))
    return {row[0]: row[1] for row in connection.execute(beside)}


def unsettled_beside(connection: Connection, case_ids: Collection[int], since: datetime) -> set[int]:
    """Return those of `case_ids` that share something with another case that read differently after `since`."""
    return set(connection.execute(_beside(case_ids, _CASE.c.digest_seen_at > since)).scalars())


def beside_protected(connection: Connection, case_ids: Collection[int]) -> set[int]:
    """Return those of `case_ids` that share something with a protected case."""
    return set(connection.execute(_beside(case_ids, _CASE.c.protected_since.is_not(None))).scalars())


def _beside(case_ids: Collection[int], *others: ColumnElement[bool]) -> Select[Any]:
    """Return the query for those of `case_ids` that share something with another case of which `others` is true."""
    other = _GROUP.alias("other")
    return (
        select(_GROUP.c.case_id)
        .join(other, other.c.token == _GROUP.c.token)
        .join(_CASE, _CASE.c.id == other.c.case_id)
        .where(_GROUP.c.case_id.in_(case_ids), other.c.case_id != _GROUP.c.case_id, *others)
        .group_by(_GROUP.c.case_id)
    )
