"""What of a profile is done once: every rule, condition and list becomes a function before the first row is read."""

from collections.abc import Mapping
from dataclasses import dataclass

from sync_agent.domain.findings import Finding
from sync_agent.domain.steps import Step
from sync_agent.mapping.checks import own_part
from sync_agent.mapping.codes import CodeTable, CodeTables
from sync_agent.mapping.columns import Columns, Get
from sync_agent.mapping.conditions import Test, compile_condition
from sync_agent.mapping.document import Place
from sync_agent.mapping.fields import Field, FieldKind, case_fields, fields_of, grade, held_step
from sync_agent.mapping.lists import ReadList
from sync_agent.mapping.nationals import ReadNationals, compile_nationals
from sync_agent.mapping.people import NAME_COLUMNS, named_rows
from sync_agent.mapping.plugins import Finder, Plugin
from sync_agent.mapping.profile import Condition, FieldRule, ListRule, Profile
from sync_agent.mapping.rules import ReadField, RuleCompiler
from sync_agent.mapping.writebacks import check_write_back

__all__ = ["Compiled", "Derived", "Existence", "Shared", "Single", "compile_profile"]


@dataclass(frozen=True, slots=True)
class Single:
    """A part with at most one row per case; `touches` is what stays unknown when its rows disagree."""

    part: str
    columns: tuple[str, ...]
    fields: tuple[ReadField, ...]
    touches: tuple[tuple[Step | None, str], ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """A part that a plug-in makes of another; `columns` in small letters.

    `unclear` is what is found when a row of names has a text of which nobody can say what it names.
    """

    part: str
    origin: str
    plugin: Plugin
    columns: tuple[str, ...]
    unclear: Finding | None = None


@dataclass(frozen=True, slots=True)
class Existence:
    """A part of the CaseFile that is there exactly when a condition on a row holds."""

    part: str
    parents: tuple[str, ...]
    leaf: str
    test: Test


@dataclass(frozen=True, slots=True)
class Shared:
    """A column by which cases belong together; `name` is petition, person or link."""

    name: str
    part: str
    where: str
    get: Get


@dataclass(frozen=True, slots=True)
class Compiled:
    """A profile as functions. `ready` is (step, part of the row at hand, test); `wheres` is path to local column."""

    columns: Columns
    derived: tuple[Derived, ...]
    singles: tuple[Single, ...]
    existences: tuple[Existence, ...]
    lists: tuple[ReadList, ...]
    ready: tuple[tuple[Step, str | None, Test], ...]
    group: tuple[Shared, ...]
    nationals: ReadNationals
    wheres: Mapping[str, str]
    tables: Mapping[str, CodeTable]
    by_name: frozenset[str]
    plugins: Mapping[str, Plugin]


def compile_profile(profile: Profile, tables: CodeTables, find: Finder) -> Compiled:
    """Return the compiled profile; raises ConfigError when a code table or a plug-in is missing or wrong."""
    return _Compiler(profile, tables, find).compiled()


class _Compiler:
    def __init__(self, profile: Profile, tables: CodeTables, find: Finder) -> None:
        self._profile = profile
        self._columns = Columns(profile)
        self._rules = RuleCompiler(profile, tables, self._columns, find)
        self._wheres: dict[str, str] = {}

    def compiled(self) -> Compiled:
        derived = tuple(self._derived(name) for name in self._profile.derived)
        fields = {part: self._fields(part, rules) for part, rules in self._profile.fields.items()}
        existences = tuple(
            self._existence(part, path, rule.exists_when)
            for part, rules in self._profile.fields.items()
            for path, rule in rules.items()
            if rule.exists_when is not None
        )
        known = case_fields()
        lists = tuple(self._list(rule, known[path], "", ("lists", path)) for path, rule in self._profile.lists.items())
        ready = self._ready()
        group = tuple(
            Shared(name, entry.part, f"{entry.part}.{entry.column}", self._columns.get(entry.part, entry.column))
            for name, entries in self._profile.group.items()
            for entry in entries
        )
        check_write_back(self._profile, self._columns.used)
        nationals = compile_nationals(self._profile, self._columns, lists)
        parts = [*fields, *sorted(self._columns.singles - set(fields))]
        singles = tuple(self._single(part, fields.get(part, ())) for part in parts)
        return Compiled(
            self._columns,
            derived,
            singles,
            existences,
            lists,
            ready,
            group,
            nationals,
            self._wheres,
            self._rules.used_tables,
            frozenset(self._rules.by_name),
            self._rules.used_plugins,
        )

    def _derived(self, part: str) -> Derived:
        rule = self._profile.derived[part]
        columns = tuple(column.lower() for column in rule.columns)
        if rule.names is None:
            plugin = self._rules.plugin(str(rule.plugin), ("derived", part, "plugin"))
            return Derived(part, rule.from_, plugin, columns)
        for column in rule.columns:
            self._columns.use(rule.from_, column)
        get = self._columns.get(rule.from_, rule.names.column)
        path = next((path for path, each in self._profile.lists.items() if each.part == part), "")
        where = f"{rule.from_}.{rule.names.column}"
        unclear = Finding("names_unclear", grade("names_unclear", path), path, held_step(path), where=where)
        return Derived(part, rule.from_, named_rows(rule.names, get, columns), (*columns, *NAME_COLUMNS), unclear)

    def _fields(self, part: str, rules: Mapping[str, FieldRule]) -> tuple[ReadField, ...]:
        known = case_fields()
        compiled = tuple(
            self._rules.field(rule, known[path], part, ("fields", part, path))
            for path, rule in rules.items()
            if rule.exists_when is None
        )
        for field in compiled:
            self._wheres.setdefault(field.path, field.where)
        return compiled

    def _existence(self, part: str, path: str, condition: Condition) -> Existence:
        *parents, leaf = path.split(".")
        return Existence(part, tuple(parents), leaf, compile_condition(condition, part, self._columns))

    def _single(self, part: str, fields: tuple[ReadField, ...]) -> Single:
        touched = {held_step(path): path for path in reversed(self._profile.fields.get(part, {}))}
        if not touched or None in touched:
            touches: tuple[tuple[Step | None, str], ...] = ((None, touched.get(None, "")),)
        else:
            touches = tuple(touched.items())
        return Single(part, tuple(sorted(self._columns.used[part])), fields, touches)

    def _list(self, rule: ListRule, field: Field, under: str, place: Place) -> ReadList:
        path = f"{under}.{field.path}" if under else field.path
        sort = tuple(self._columns.use(rule.part, column) for column in rule.sort)
        on = tuple((self._columns.use(rule.part, mine), theirs.lower()) for mine, theirs in rule.on.items())
        value = None
        if rule.value is not None:
            around, _, leaf = path.rpartition(".")
            text = Field(leaf, FieldKind.TEXT)
            value = self._rules.field(rule.value, text, rule.part, (*place, "value"), under=around)
            self._wheres.setdefault(path, value.where)
        inner = fields_of(field.model) if field.model is not None else {}
        fields = tuple(
            self._rules.field(each, inner[name], rule.part, (*place, "fields", name), under=path)
            for name, each in rule.fields.items()
        )
        for each in fields:
            self._wheres.setdefault(each.path, each.where)
        lists = tuple(
            self._nested(each, inner[name], rule.part, path, (*place, "lists", name))
            for name, each in rule.lists.items()
        )
        only = compile_condition(rule.only, rule.part, self._columns) if rule.only is not None else None
        name = tuple(field.path.split("."))
        ready = self._list_ready(path)
        return ReadList(path, name, rule.part, sort, only, on, value, fields, lists, ready, self._columns)

    def _nested(self, rule: ListRule, field: Field, parent: str, under: str, place: Place) -> ReadList:
        for column in rule.on.values():
            self._columns.use(parent, column)
        return self._list(rule, field, under, place)

    def _list_ready(self, path: str) -> Test | None:
        step = {"settlements": Step.SETTLEMENT, "enforcements": Step.ENFORCEMENT}.get(path)
        if step is None:
            return None
        return compile_condition(self._profile.ready_when[step], own_part(self._profile, step), self._columns)

    def _ready(self) -> tuple[tuple[Step, str | None, Test], ...]:
        compiled = []
        for step, condition in self._profile.ready_when.items():
            if step in {Step.SETTLEMENT, Step.ENFORCEMENT}:
                continue
            part = own_part(self._profile, step)
            if part is not None:
                self._columns.singles.add(part)
            compiled.append((step, part, compile_condition(condition, part, self._columns)))
        return tuple(compiled)
