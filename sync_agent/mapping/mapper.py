"""What a case is, given its rows: one CaseFile, what is ready to go up, and findings for what could not be said."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from sync_agent.domain.canonical import canonical_bytes
from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError
from sync_agent.mapping.codes import CodeTables
from sync_agent.mapping.compiler import Compiled, compile_profile
from sync_agent.mapping.fields import grade, held_step, keyed, step_of
from sync_agent.mapping.lists import Data, Fault, distinct, fill, put
from sync_agent.mapping.mending import Mender
from sync_agent.mapping.plugins import Finder, installed, rows_of
from sync_agent.mapping.profile import Profile
from sync_agent.mapping.trace import Origin, origins
from sync_agent.mapping.uses import table_uses
from sync_agent.mapping.values import Unmapped, UnreadableError, local_or_none
from sync_agent.mapping.words import nearest
from sync_agent.source import CaseRows, Row

__all__ = ["Mapped", "Mapper"]

_KEY_LENGTH = 40
_KEYED_LISTS = {"settlements": Step.SETTLEMENT, "enforcements": Step.ENFORCEMENT}


@dataclass(frozen=True, slots=True)
class Mapped:
    """One mapped case.

    `ready` holds (step, local key) whose `ready_when` holds, of steps the case has; local key '' for single steps.
    `group` holds what the case shares with others, such as `petition:12`. `national_ids` are the Ids that the local
    system keeps, `sent` what it says went up, `told_steps` the steps of which it tells either. Its repr shows nothing:
    keys may be names.
    """

    case: CaseFile = field(repr=False)
    ready: frozenset[tuple[Step, str]] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    group: tuple[str, ...] = field(repr=False)
    national_ids: Mapping[tuple[Step, str], str] = field(default_factory=dict, repr=False)
    sent: frozenset[tuple[Step, str]] = field(default=frozenset(), repr=False)
    told_steps: frozenset[Step] = field(default=frozenset(), repr=False)


class Mapper:
    """Maps rows by a profile that is compiled once. Never raises for bad data; raises ConfigError for a wrong profile.

    `digest` identifies the profile, the tables and the plug-ins it uses; `key_definition` what makes a key (source,
    zone, columns), `agency_map` which national agency a local one is, `table_uses` the paths that each of the
    `code_tables` feeds; in those of `tables_by_name` a local value is looked up among the names. `told` are the
    steps of which the local system is told that they were acknowledged.
    """

    def __init__(self, profile: Profile, tables: CodeTables, plugins: Finder = installed) -> None:
        self._profile = profile
        self._compiled: Compiled = compile_profile(profile, tables, plugins)
        origins_of_parts = frozenset(each.origin for each in self._compiled.derived)
        self._mender = Mender(profile, self._compiled.columns.used, origins_of_parts)
        self._pattern = re.compile(profile.key.pattern, re.ASCII)
        self._checked_parts: set[str] = set()
        self.digest = _digest(profile, self._compiled)
        self.told = frozenset(profile.write_back)
        self.table_uses = table_uses(profile)
        self.code_tables = self._compiled.tables
        self.tables_by_name = self._compiled.by_name
        made_of = [profile.source.id, profile.source.zone, *profile.key.definition]
        self.key_definition = hashlib.sha256(canonical_bytes(made_of)).hexdigest()
        self.agency_map = _agency_map(profile, self._compiled)

    def check_columns(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Raise ConfigError when the profile uses a column that its part does not return."""
        known = {**columns, **{each.part: each.columns for each in self._compiled.derived}}
        for part, used in sorted(self._compiled.columns.used.items()):
            for column, spelled in sorted(used.items()):
                if column not in known[part]:
                    raise self._unknown_column(part, spelled, known[part])

    def map(self, rows: CaseRows) -> Mapped:
        """Return the case with its findings, sorted; the same rows in any order give the same result."""
        return self._mapped(rows, [])

    def map_and_unmapped(self, rows: CaseRows) -> tuple[Mapped, tuple[tuple[str, str, Unmapped], ...]]:
        """Return the case, and (path, local table and column, what) of each local code without a value.

        For completing code tables only: such a code may be anything, where the profile names a wrong column.
        """
        faults: list[Fault] = []
        mapped = self._mapped(rows, faults)
        return mapped, tuple((each.path, each.where, each.unmapped) for each in faults if each.unmapped is not None)

    def _mapped(self, rows: CaseRows, faults: list[Fault]) -> Mapped:
        findings = set(self._key_findings(rows.case_key))
        rows = self._with_derived(self._mender.mended(rows, findings), findings)
        self._check_rows(rows)
        singles = self._singles(rows, findings)
        data: Data = {"case_key": _writable(rows.case_key)}
        for single in self._compiled.singles:
            row = singles[single.part]
            if row is not None:
                fill(data, single.fields, row, singles, faults)
        ready = self._lists(data, rows, singles, faults)
        self._existences(data, singles)
        case = self._validated(data, faults)
        findings.update(_finding(fault) for fault in faults)
        findings.update(_unclassified(case, findings))
        group = self._group(rows, findings)
        facts = self._compiled.nationals.read(rows.parts, singles)
        findings.update(facts.findings)
        return Mapped(
            case,
            self._ready(case, singles, ready),
            _in_order(findings),
            group,
            facts.ids,
            frozenset(facts.sent),
            self._compiled.nationals.steps,
        )

    def trace(self, rows: CaseRows) -> list[Origin]:
        """Return from which cells the values of a case are read."""
        rows = self._with_derived(self._mender.mended(rows, set()), set())
        return list(origins(self._compiled, rows.parts, self._singles(rows, set())))

    def place_of_ids(self, step: Step) -> str:
        """Return the local table and column of the national Ids of a step, "" where the profile names none."""
        return self._compiled.nationals.wheres.get(step, "")

    def place_of(self, path: str) -> str:
        """Return the local table and column that a field is read from, a part by its file; "" where none is named."""
        wheres = self._compiled.wheres
        return wheres.get(path) or wheres.get(f"{path}.location", "")

    def _key_findings(self, key: str) -> list[Finding]:
        if key.isascii() and len(key) <= _KEY_LENGTH and self._pattern.fullmatch(key):
            return []
        return [Finding("bad_key", Level.BLOCK, "case_key", where=", ".join(self._profile.key.definition))]

    def _with_derived(self, rows: CaseRows, findings: set[Finding]) -> CaseRows:
        if not self._compiled.derived:
            return rows
        parts = dict(rows.parts)
        for each in self._compiled.derived:
            try:
                made = rows_of(each.plugin, each.columns, rows.parts.get(each.origin, ()))
                parts[each.part] = made
                if each.unclear is not None and any(row["name_unclear"] is not None for row in made):
                    findings.add(each.unclear)
            except UnreadableError as bad:
                parts[each.part] = ()
                findings.add(Finding(bad.rule, Level.HOLD, where=each.origin))
        return CaseRows(rows.case_key, parts)

    def _singles(self, rows: CaseRows, findings: set[Finding]) -> dict[str, Row | None]:
        singles: dict[str, Row | None] = {}
        for single in self._compiled.singles:
            found: Sequence[Row] = rows.parts.get(single.part, ())
            if len(found) > 1:
                found = distinct(found, single.columns)
            singles[single.part] = found[0] if len(found) == 1 else None
            if len(found) > 1:
                findings.update(
                    Finding("rows_disagree", Level.HOLD, path, step, where=single.part) for step, path in single.touches
                )
        return singles

    def _existences(self, data: Data, singles: Mapping[str, Row | None]) -> None:
        for existence in self._compiled.existences:
            row = singles[existence.part]
            if row is not None and existence.test(row, singles):
                put(data, existence.parents, existence.leaf, {})
            else:
                _drop(data, (*existence.parents, existence.leaf))

    def _lists(
        self, data: Data, rows: CaseRows, singles: Mapping[str, Row | None], faults: list[Fault]
    ) -> set[tuple[Step, str]]:
        ready: set[tuple[Step, str]] = set()
        for each in self._compiled.lists:
            entries, keys = each.read(rows.parts, None, singles, faults)
            if entries:
                put(data, each.name[:-1], each.name[-1], entries)
            if each.path in _KEYED_LISTS:
                ready.update((_KEYED_LISTS[each.path], key) for key in keys)
        return ready

    def _validated(self, data: Data, faults: list[Fault]) -> CaseFile:
        while True:
            try:
                return CaseFile.model_validate(data)
            except ValidationError as error:
                problems = error.errors(include_input=False, include_url=False, include_context=False)
            faults.extend(self._refused(data, problem["loc"]) for problem in problems)
            _remove(data, [problem["loc"] for problem in problems])

    def _refused(self, data: Data, place: tuple[int | str, ...]) -> Fault:
        path = ".".join(str(each) for each in place if isinstance(each, str))
        key = ""
        if len(place) > 1 and isinstance(place[1], int):
            entry = data[str(place[0])][place[1]]
            key = str(entry.get("local_key", "")) if isinstance(entry, dict) else ""
        return Fault("bad_value", path, self._compiled.wheres.get(path, ""), key)

    def _ready(
        self, case: CaseFile, singles: Mapping[str, Row | None], ready: set[tuple[Step, str]]
    ) -> frozenset[tuple[Step, str]]:
        there = {(Step.CASE, "")}
        if case.processing is not None:
            there.add((Step.PROCESSING, ""))
        if case.acceptance is not None:
            there.add((Step.ACCEPTANCE, ""))
        for step, part, test in self._compiled.ready:
            if test(singles[part] if part is not None else None, singles):
                ready.add((step, ""))
        there.update((Step.SETTLEMENT, settlement.local_key) for settlement in case.settlements)
        there.update((Step.ENFORCEMENT, enforcement.local_key) for enforcement in case.enforcements)
        return frozenset(ready & there)

    def _group(self, rows: CaseRows, findings: set[Finding]) -> tuple[str, ...]:
        shared: set[str] = set()
        for shares in self._compiled.group:
            values = {shares.get(row) for row in rows.parts.get(shares.part, ())} - {None}
            known = {local_or_none(value) for value in values}
            if None in known:  # with whom the case shares something must be known, or protection could be missed
                findings.add(Finding("bad_value", Level.HOLD, where=shares.where))
            shared.update(f"{shares.name}:{value}" for value in known - {None})
        return tuple(sorted(shared))

    def _check_rows(self, rows: CaseRows) -> None:
        for part, used in self._compiled.columns.used.items():
            found = rows.parts.get(part)
            if found and part not in self._checked_parts:
                for column, spelled in sorted(used.items()):
                    if column not in found[0]:
                        raise self._unknown_column(part, spelled, list(found[0]))
                self._checked_parts.add(part)

    def _unknown_column(self, part: str, column: str, known: Sequence[str]) -> ConfigError:
        close = nearest(column, known)
        return ConfigError(
            "the profile uses the column {column}, which the part {part} does not return",
            where=self._profile.naming(column, "source", "parts", part),
            todo="did you mean {near}?" if close else "return it in the query, or mend the rule",
            facts=(("column", column), ("part", part), ("near", close)),
        )


def _finding(fault: Fault) -> Finding:
    level = fault.level or grade(fault.rule, fault.path)
    local_key = fault.local_key if keyed(step_of(fault.path)) else ""
    return Finding(fault.rule, level, fault.path, held_step(fault.path), local_key, fault.where)


def _in_order(findings: set[Finding]) -> tuple[Finding, ...]:
    # not by the findings themselves: a step may be None, which does not compare with one
    return tuple(sorted(findings, key=lambda each: (each.field, each.rule, each.local_key, each.where, str(each.step))))


def _writable(key: str) -> str:
    """Return the key, or something that can be written for one of spaces or damaged text (both are blocked)."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return ascii(key)
    return key if key.strip() else "?"


def _unclassified(case: CaseFile, findings: set[Finding]) -> set[Finding]:
    """Find that an unclassified case was processed, though not how: that alone protects its writer."""
    if case.kind is not None and case.classifications:
        return set()
    steps = {Step.PROCESSING, Step.ACCEPTANCE}
    return {replace(each, step=None) for each in findings if each.rule == "rows_disagree" and each.step in steps}


def _drop(data: Data, path: tuple[str, ...]) -> None:
    for name in path[:-1]:
        data = data.get(name, {})
    data.pop(path[-1], None)


def _remove(data: Data, places: Sequence[tuple[int | str, ...]]) -> None:
    """Take refused values out of the data; an entry without its required key goes whole."""
    entries: set[tuple[int | str, ...]] = set()
    for place in places:
        holder = _at(data, place[:-1])
        if isinstance(holder, dict) and place[-1] in holder:
            del holder[place[-1]]
        else:
            entries.add(place if isinstance(holder, list) else place[:-1])
    for place in sorted(entries, key=lambda each: int(each[-1]), reverse=True):
        del _at(data, place[:-1])[place[-1]]


def _at(data: Any, place: tuple[int | str, ...]) -> Any:
    for step in place:
        data = data[step]
    return data


def _digest(profile: Profile, compiled: Compiled) -> str:
    digest = hashlib.sha256(profile.model_dump_json(by_alias=True).encode())
    for name, table in sorted(compiled.tables.items()):
        content = table.content(names=name in compiled.by_name)
        digest.update(b"\x00" + name.encode() + b"\x00" + content)
    for name, plugin in sorted(compiled.plugins.items()):
        digest.update(b"\x00" + name.encode() + b"\x00" + plugin.version.encode())
    return digest.hexdigest()


def _agency_map(profile: Profile, compiled: Compiled) -> str:
    """Digest what turns a local agency into a national one: the values and code tables of the rules for `agency`."""
    rules = [rules["agency"] for rules in profile.fields.values() if "agency" in rules]
    made_of: list[Any] = []
    while rules:
        rule = rules.pop(0)
        rules = [*(rule.first_of or ()), *rules]
        table = compiled.tables[rule.codes].content(names=rule.by_name).decode() if rule.codes is not None else None
        values = sorted([str(local), code] for local, code in (rule.values or {}).items())
        plugin = [compiled.plugins[rule.plugin].version] if rule.plugin is not None else []
        made_of.append([str(rule.constant), values, table, *plugin])
    return hashlib.sha256(canonical_bytes(made_of)).hexdigest()
