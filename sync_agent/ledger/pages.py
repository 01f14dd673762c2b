"""Decides how cases are found for the pages: the newest first, never by more work than a page is worth.

Of what is rare only so many candidates are looked through at once; where the search stopped the next page goes on.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, select

from sync_agent.audit import WrittenEntry, owners_of
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.domain.findings import Level
from sync_agent.ledger.cases import find_case, load_by_id, load_cases
from sync_agent.ledger.messages import State, load_messages, sort_key
from sync_agent.ledger.queries import standing
from sync_agent.ledger.rows import fetch, table_of
from sync_agent.ledger.tables import CaseRow, FindingRow, MessageRow

__all__ = [
    "CasePage",
    "CaseSearch",
    "case_of",
    "case_row",
    "entries_seen",
    "messages_of",
    "page_sight",
    "search_cases",
]

_CASE: Final = table_of(CaseRow)
_MESSAGE: Final = table_of(MessageRow)
_FINDING: Final = table_of(FindingRow)
_FIRST: Final = 2**31 - 1  # above every row id: more is no INTEGER on a server
_ROUND: Final = 500
_ROUNDS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSearch:
    """What a case must be; None is anything. Days are ISO and both are included.

    `agencies` is whose cases the reader may see at all. State, step, `late` and `due_until`, up to which day it must go
    up and is not late yet, must hold of one and the same message. `held_by` is a rule that keeps it from going up.
    """

    state: State | None = None
    step: str | None = None
    late: bool = False
    kind: str | None = None
    agency: str | None = None
    received_since: str | None = None
    received_until: str | None = None
    protected: bool = False
    gone: bool = False
    agencies: Collection[str] | None = None
    due_until: str | None = None
    held_by: str | None = None

    @property
    def by_message(self) -> bool:
        """Tell whether a message decides."""
        return self.state is not None or self.step is not None or self.by_law

    @property
    def by_law(self) -> bool:
        """Tell whether it is asked what is late, or must go up in time."""
        return self.late or self.due_until is not None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Cases, and before which row id the search goes on, None at its end. `whole`: the page is as long as it may be."""

    rows: list[CaseRow] = field(repr=False)
    next_before: int | None
    whole: bool = True


def search_cases(
    connection: Connection,
    source_id: str,
    wanted: CaseSearch,
    *,
    today: str,
    before: int | None = None,
    limit: int = 50,
) -> CasePage:
    """Return a page of cases, the newest first."""
    if not wanted.by_message:
        found = fetch(
            connection, CaseRow, _cases(source_id, wanted).where(_CASE.c.id < (before or _FIRST)).limit(limit + 1)
        )
        return CasePage(found[:limit], found[limit - 1].id if len(found) > limit else None)
    found, at = [], before or _FIRST
    for _ in range(_ROUNDS):
        ids = list(connection.execute(_candidates(wanted, today, at)).scalars())
        if ids:
            found += fetch(connection, CaseRow, _cases(source_id, wanted).where(_CASE.c.id.in_(ids)))
        if len(found) > limit:
            return CasePage(found[:limit], found[limit - 1].id)
        if len(ids) < _ROUND:
            return CasePage(found, None)
        at = ids[-1]
    return CasePage(found, at, whole=False)


def _candidates(wanted: CaseSearch, today: str, before: int) -> Select[Any]:
    m = _MESSAGE.c
    query = select(m.case_id).where(m.case_id < before, *message_conditions(wanted, today))
    return query.distinct().order_by(m.case_id.desc()).limit(_ROUND)


def _cases(source_id: str, wanted: CaseSearch) -> Select[Any]:
    return select(_CASE).where(*case_conditions(source_id, wanted)).order_by(_CASE.c.id.desc())


def message_conditions(wanted: CaseSearch, today: str) -> list[ColumnElement[bool]]:
    """Return what must hold of one message of a case."""
    m = _MESSAGE.c
    asked = [
        (m.state == wanted.state, wanted.state),
        (m.step == wanted.step, wanted.step),
        (m.first_ack_at.is_(None), wanted.by_law),
        (m.due_on < today, wanted.late),
        (m.due_on.between(today, wanted.due_until or ""), wanted.due_until),
    ]
    return [condition for condition, value in asked if value]


def case_conditions(source_id: str, wanted: CaseSearch) -> list[ColumnElement[bool]]:
    """Return what must hold of a case itself."""
    c = _CASE.c
    asked = [
        (c.agency == wanted.agency, wanted.agency),
        (c.kind == wanted.kind, wanted.kind),
        (c.received_on >= (wanted.received_since or ""), wanted.received_since),
        (c.received_on <= (wanted.received_until or ""), wanted.received_until),
        (c.protected_since.is_not(None), wanted.protected),
        (c.gone_since.is_(None), wanted.by_law),
        (c.gone_since.is_not(None), wanted.gone),
        (c.id.in_(_held(wanted.held_by)), wanted.held_by),
    ]
    seen = [] if wanted.agencies is None else [c.agency.in_(sorted(wanted.agencies))]
    return [c.source_id == source_id, *seen, *(condition for condition, value in asked if value)]


def _held(rule: str | None) -> Select[Any]:
    """Return the cases that a rule keeps from going up, as `queries.list_holds` counts it."""
    f = _FINDING.c
    found = select(f.case_id).join(_CASE, f.case_id == _CASE.c.id)
    return found.where(f.rule == rule, f.level != Level.WARN, standing())


def case_of(
    connection: Connection, source_id: str, name: str, agencies: Collection[str] | None = None
) -> CaseRow | None:
    """Return the case whose key or pseudonym is `name`, as far as a reader of these agencies may see it."""
    return _seen(find_case(connection, source_id, name), source_id, agencies)


def case_row(
    connection: Connection, source_id: str, row_id: int, agencies: Collection[str] | None = None
) -> CaseRow | None:
    """Return a case by its row id, as far as a reader of these agencies may see it."""
    found = load_by_id(connection, [row_id]) if 0 < row_id < _FIRST else []
    return _seen(found[0] if found else None, source_id, agencies)


def entries_seen(
    connection: Connection, source_id: str, agencies: Collection[str] | None, entries: list[WrittenEntry]
) -> list[WrittenEntry]:
    """Keep the entries that a reader of these agencies may see: those about their cases, and of those about none what
    neither counts nor names an account: figures are of the whole installation, an account may be another agency's.
    """
    if agencies is None:
        return entries
    subjects = {each.document["subject"] for each in entries if "subject" in each.document}
    owners = {each: key for each, (owner, key) in owners_of(connection, subjects).items() if owner == source_id}
    cases = load_cases(connection, source_id, owners.values())
    theirs = {each for each, key in owners.items() if key in cases and cases[key].agency in agencies}
    return [each for each in entries if _is_seen(each.document, theirs)]


def _is_seen(document: dict[str, Any], theirs: Collection[str]) -> bool:
    return document["subject"] in theirs if "subject" in document else not {"counts", "account"} & document.keys()


def messages_of(connection: Connection, case_ids: Collection[int]) -> dict[int, list[MessageRow]]:
    """Return the messages of the cases in the order in which they go up."""
    found = load_messages(connection, case_ids)
    return {case_id: sorted(messages.values(), key=sort_key) for case_id, messages in found.items()}


def page_sight(row: CaseRow, messages: Iterable[MessageRow], findings: Iterable[FindingRow]) -> str:
    """Return the name of what a page shows of a case: the same as long as nothing of it changes.

    As `sight`, but without the secret of the case, which the pages never read.
    """
    holding = sorted(_name(each) for each in findings if each.level != Level.WARN)
    wanted = sorted((each.step, each.local_key, each.wanted_digest or "") for each in messages)
    return hashlib.sha256(canonical_bytes([row.last_digest, holding, wanted])).hexdigest()


def _name(row: FindingRow) -> list[str]:
    return [row.rule, row.field, row.step, row.local_key, row.place]


def _seen(row: CaseRow | None, source_id: str, agencies: Collection[str] | None) -> CaseRow | None:
    if row is None or row.source_id != source_id:
        return None
    return row if agencies is None or row.agency in agencies else None
