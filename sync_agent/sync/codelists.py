"""Brings the national code lists here and completed code tables into force, each change with its audit entry.

The service is asked before the ledger is locked; a list is in force only after its change was recorded.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync_agent.audit import Event
from sync_agent.domain.agencyids import AgencyScheme, agency_scheme
from sync_agent.domain.canonical import canonical_bytes, keyed_digest
from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.ledger import exclusive
from sync_agent.mapping import CodeTable, Filled, TableChange, additions, read_filled
from sync_agent.national import CodeList, CodeLists, DraftList, KntcContract, ListChange, ListSpec, cleaned, compare
from sync_agent.settings import Settings
from sync_agent.sync.context import Agent
from sync_agent.sync.run import claim

__all__ = [
    "PulledList",
    "StaleCode",
    "code_lists",
    "code_ref",
    "import_codes",
    "plan_import",
    "pull_lists",
    "stale_codes",
]

_REF = 12
"""Hex digits of the mark by which a line of the list of unmapped codes is known again."""


@dataclass(frozen=True, slots=True)
class PulledList:
    """What came of asking for one list: `kept` None when it was not, `cause` then says why (a code).

    `against_previous` and `against_bundled` are what differs from what was in force, and from what ships.
    """

    spec: ListSpec
    kept: CodeList | None
    cause: str
    against_previous: ListChange
    against_bundled: ListChange


@dataclass(frozen=True, slots=True)
class StaleCode:
    """A line of a code table whose national code is not in the list in force."""

    table: str
    local: str
    national: str


def code_lists(settings: Settings, contract: KntcContract) -> CodeLists:
    """Return the national code lists of an installation."""
    folder = settings.path(settings.agent.schemas) / settings.national.contract
    return CodeLists(contract.file.lists, folder, settings.state)


def code_ref(agent: Agent, table: str, local: str) -> str:
    """Return the mark of one local code of one table: a spreadsheet that changes the code is noticed by it."""
    return "r" + keyed_digest(agent.installation_key, "codes", canonical_bytes([table, local]))[:_REF]


def pull_lists(
    agent: Agent,
    account: str,
    *,
    provinces: Sequence[str] = (),
    ministries: Sequence[str] = (),
    actor: str,
    held: bool = False,
    answered: Callable[[], None] = lambda: None,
) -> list[PulledList]:
    """Ask the service for every list, keep what it answers, and record that, with each list that changed.

    An answer without an entry is not kept: it may be a lack of rights. `held`: the caller holds the ledger and has
    claimed it; `answered` is called after each list. Raises NationalUnreachableError when the first two lists are not
    answered, ConfigError for an account that is not configured.
    """
    if account not in agent.accounts.aliases:
        facts = (("name", account), ("known", ", ".join(agent.accounts.aliases)))
        raise ConfigError("there is no account {name}; there are: {known}", where="--account", facts=facts)
    parts = {"province": tuple(provinces), "ministry": tuple(ministries)}
    lists = code_lists(agent.settings, agent.contract)
    answers: list[tuple[ListSpec, dict[str, str], str]] = []
    for spec in lists.specs:
        try:
            answers.append((spec, _asked(agent, spec, account, parts), ""))
        except NationalUnreachableError as error:
            answers.append((spec, {}, dict(error.facts).get("cause", "unreachable")))
            if len(answers) == 2 and all(cause for _, _, cause in answers):  # noqa: PLR2004 - see the docstring
                raise
        answered()
    with _holding(agent, held=held):
        pulled = [_drafted(agent, lists, answer, account) for answer in answers]
        with agent.ledger.write(actor=actor) as tx:
            for each, draft, before in pulled:
                if draft is not None and draft.kept.digest != before.digest:
                    tx.record(
                        Event.CODES_CHANGED,
                        field=f"list.{each.spec.file}",
                        old_state=before.digest,
                        new_state=draft.kept.digest,
                        counts=each.against_previous.counts,
                        account=account,
                    )
            tx.record(Event.CODES_PULLED, counts=_counts(pulled), account=account)
        for _, draft, _ in pulled:
            if draft is not None:
                draft.publish()  # after the record: no list is ever in force that the log does not know
    agent.ledger.keep_head()
    return [each for each, _, _ in pulled]


@contextmanager
def _holding(agent: Agent, *, held: bool) -> Iterator[None]:
    """Hold and claim the ledger, unless the caller does."""
    if held:
        yield
        return
    with exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        yield


def _counts(pulled: Sequence[tuple[PulledList, DraftList | None, CodeList]]) -> dict[str, int]:
    changed = [draft for _, draft, before in pulled if draft is not None and draft.kept.digest != before.digest]
    missing = [draft for _, draft, _ in pulled if draft is None]
    return {"lists": len(pulled), "changed": len(changed), "missing": len(missing)}


def _asked(agent: Agent, spec: ListSpec, account: str, parts: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return all that the service says of a list: asked for the whole, and for each part that was named."""
    entries = list(agent.gateway.code_list(spec.number, account))
    for part in parts.get(spec.narrowed_by or "", ()):
        entries += agent.gateway.code_list(spec.number, account, **{str(spec.narrowed_by): part})
    try:
        return cleaned(entries)
    except ValueError:
        raise NationalUnreachableError(
            "the national service gave no usable answer ({cause})", facts=(("cause", "malformed"),)
        ) from None


def _drafted(
    agent: Agent, lists: CodeLists, answer: tuple[ListSpec, dict[str, str], str], account: str
) -> tuple[PulledList, DraftList | None, CodeList]:
    spec, entries, cause = answer
    before, bundled = lists.in_force(spec), lists.bundled(spec)
    if not entries:
        nothing = ListChange({}, {}, {})
        return PulledList(spec, None, cause or "empty", nothing, nothing), None, before
    draft = lists.draft(spec, entries, agent.clock(), account)
    changed = compare(before.entries, entries), compare(bundled.entries, entries)
    return PulledList(spec, draft.kept, "", *changed), draft, before


def stale_codes(lists: CodeLists, tables: Iterable[tuple[CodeTable, Sequence[str]]]) -> list[StaleCode]:
    """Return the lines of code tables whose code no pulled list holds; `tables` come with the paths they feed."""
    found = []
    for table, paths in tables:
        for current in _of_paths(lists, paths):
            if current.pulled_at is not None:
                found += [
                    StaleCode(table.name, entry.local, entry.national)
                    for entry in table.entries
                    if entry.national not in current.entries and entry.valid_to is None
                ]
    return found


def _of_paths(lists: CodeLists, paths: Sequence[str]) -> list[CodeList]:
    specs = {spec.number: spec for path in paths if (spec := lists.spec_of(path)) is not None}
    return [lists.in_force(spec) for spec in specs.values()]


def plan_import(agent: Agent, path: Path) -> list[TableChange]:
    """Return what a filled-in list would change in the code tables. Writes nothing.

    Raises ConfigError naming file and line: a code that the national list does not hold, a list that was never pulled,
    a local value that is not the one that was listed, periods that overlap.
    """
    lists = code_lists(agent.settings, agent.contract)
    filled = read_filled(path)
    for each in filled:
        _require_listed(agent, each)
    day = agent.clock().date().isoformat()
    folder = agent.settings.path(agent.settings.source.codes)
    return additions(
        folder, filled, name_of=lambda line: _national_name(agent, lists, line), source=f"codes import {day}"
    )


def import_codes(agent: Agent, changes: Sequence[TableChange], *, actor: str) -> None:
    """Write the tables and record each change. Raises ConfigError when a table was changed since the plan."""
    with exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        with agent.ledger.write(actor=actor) as tx:
            for change in changes:
                tx.record(
                    Event.CODES_CHANGED,
                    field=f"table.{re.sub(r'[^A-Za-z0-9_.-]', '_', change.before.name)}",
                    old_state=_digest(change.before),
                    new_state=_digest(change.after),
                    counts={"added": len(change.added)},
                )
                # Within the transaction: a table that cannot be written is not recorded. One that was written before a
                # crash is recorded by the next pass, as a changed mapping.
                change.write()
    agent.ledger.keep_head()


def _require_listed(agent: Agent, line: Filled) -> None:
    if not line.table:
        todo = "complete `values` in the mapping profile, and leave the code of this line empty"
        raise ConfigError("this column is not mapped by a code table", where=line.where, todo=todo)
    if line.ref != code_ref(agent, line.table, line.local):
        raise ConfigError(
            "the local value or the table is not the one that was listed",
            where=line.where,
            todo="spreadsheets drop leading zeros: read the column as text, or write the list again",
        )


def _national_name(agent: Agent, lists: CodeLists, line: Filled) -> str:
    paths = agent.mapper.table_uses.get(line.table)
    if paths is None:
        raise ConfigError(
            "the profile does not use the code table {table}", where=line.where, facts=(("table", line.table),)
        )
    name = ""
    for current in _of_paths(lists, paths):
        facts = (("code", line.code), ("list", f"{current.spec.number} {current.spec.name}"))
        if current.pulled_at is None:
            todo = "pull it first: sync-agent codes pull"
            raise ConfigError("the national list {list} was never pulled", where=line.where, todo=todo, facts=facts)
        if line.code not in current.entries:
            todo = "see: sync-agent codes list"
            if _of_another_scheme(current, line.code):
                todo = "this is an electronic identifier; the national list has codes of its own, such as H217.01"
            raise ConfigError("the national list {list} has no code {code}", where=line.where, todo=todo, facts=facts)
        name = current.entries[line.code]
    return line.local if line.table in agent.mapper.tables_by_name else name


def _of_another_scheme(current: CodeList, code: str) -> bool:
    """Tell whether a code has the form of an electronic identifier, and the list is the Inspectorate's of agencies."""
    electronic = {AgencyScheme.ELECTRONIC, AgencyScheme.ELECTRONIC_2016}
    return agency_scheme(code) in electronic and AgencyScheme.INSPECTORATE in set(map(agency_scheme, current.entries))


def _digest(table: CodeTable) -> str:
    return hashlib.sha256(table.content()).hexdigest()
