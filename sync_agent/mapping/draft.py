"""A first profile from the tables and columns of a local system: what is likely is written, what is not is asked.

It never invents a fact: local codes are left open (no case of an unknown kind goes up), and whatever only a name speaks
for is marked `# ?` and stands in the list at the top that a person works off.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sync_agent.errors import ConfigError
from sync_agent.i18n import tr
from sync_agent.mapping.draft_queries import Queries, Reached
from sync_agent.mapping.fields import Field, FieldKind, case_fields, fields_of
from sync_agent.mapping.likeness import Guess, Join, columns_for, joins, named_in, role_of, squeezed, words
from sync_agent.source import Column, Structure, Table

__all__ = ["Draft", "coded_columns", "draft_profile"]

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS_OF_YAML: Final = frozenset({"true", "false", "null"})
_OPEN: Final = "'?'"
_CODE_TABLES: Final = {"agency": "agencies", "next_agency": "agencies", "source": "sources"}
"""The table that holds the codes of a field, by the last word of its path, where a configuration has one."""
_LISTS: Final = {
    "people": "petitioners.people",
    "respondents": "respondents",
    "attachments": "attachments",
    "settlements": "settlements",
    "enforcements": "enforcements",
    "classifications": "classifications",
}
_SINGLE: Final = ("case", "receipt", "processing", "acceptance", "reception", "representative", "withdrawal")
_PERSONAL: Final = frozenset({"people", "respondents", "representative"})
_STEPS: Final = {
    "processing": ("processing.processed_on", "processing.direction"),
    "acceptance": ("acceptance.accepted_on",),
    "settlements": ("issued_on", "outcome"),
    "enforcements": ("updated_on",),
}
"""What of a step says that it happened."""
_STEP_WORDS: Final = {"settlements": "settlement", "enforcements": "enforcement"}


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a profile; `open` is what a person must decide."""

    text: str = field(repr=False)
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A table that belongs to a case: what its rows are, how it is reached, which columns seem to be which fields."""

    role: str
    table: Table
    way: tuple[Join, ...]
    guesses: tuple[Guess, ...]


def draft_profile(
    structure: Structure,
    *,
    counts: Mapping[tuple[str, str], Mapping[str, int]] | None = None,
    codes: Iterable[str] = (),
) -> Draft:
    """Return the draft for a database. `counts` are values of code columns, `codes` the code tables there are.

    Raises ConfigError when no table looks like one of petitions.
    """
    return _Drafter(structure, counts or {}, frozenset(codes)).draft()


def coded_columns(structure: Structure) -> list[tuple[Table, Column]]:
    """Return the columns that seem to hold codes or flags and say nothing of a person: those that may be counted."""
    drafter = _Drafter(structure, {}, frozenset())
    return [
        (part.table, guess.column)
        for part in drafter.parts
        if part.role not in _PERSONAL
        for guess in part.guesses
        if drafter.field_of(part, guess).kind in {FieldKind.CHOICE, FieldKind.FLAG}
    ]


def _root(tables: Iterable[Table]) -> Table:
    """Return the table of cases: the one whose columns say most of a petition."""
    scored = [
        (sum(1 + each.sure for each in columns_for("case", table.columns)) + 2 * (role_of(table) == "case"), table)
        for table in tables
        if role_of(table) in {"case", ""}
    ]
    score, table = max(scored, key=lambda each: each[0], default=(0, None))
    if table is None or score < 4:  # noqa: PLR2004 - two columns with names that are sure, or one in a table with one
        raise ConfigError(
            "no table looks like one of petitions",
            where="source.url",
            todo="check that the account sees the tables; or write the profile by hand: docs/profile.md",
        )
    return table


class _Drafter:
    def __init__(
        self, structure: Structure, counts: Mapping[tuple[str, str], Mapping[str, int]], codes: frozenset[str]
    ) -> None:
        self._database = structure.database
        self._counts = counts
        self._codes = codes
        self._open: list[str] = []
        self._root = _root(structure.tables)
        ways = joins(self._root, structure.tables)
        tables = {table.name: table for table in structure.tables}
        self._near = [(tables[name], way) for name, way in sorted(ways.items(), key=lambda each: len(each[1]))]
        self.parts = list(self._parts())
        self._key = tuple(self._root.column(name) for name in self._root.key) or self._root.columns[:1]
        self._queries = Queries(structure.database, self._root, self._key)

    def draft(self) -> Draft:
        body = [*self._source(), "", *self._key_section(), "", *self._fields(), "", *self._lists(), *self._ready()]
        body += [*self._group(), *self._national_ids(), *self._rest()]
        head = ["# yaml-language-server: $schema=../schemas/profile/profile.schema.json"]
        head += [f"# {tr('A draft made from the names of tables and columns. To be decided by a person:')}"]
        head += [f"#  {number}. {told}" for number, told in enumerate(self._open, 1)]
        return Draft("\n".join([*head, "version: 1", "", *body]) + "\n", tuple(self._open))

    def field_of(self, part: _Part, guess: Guess) -> Field:
        """Return the field of the CaseFile that a guess is about."""
        known = case_fields()
        path = _LISTS.get(part.role, "")
        if not path:
            return known[guess.path]
        model = known[path].model
        return fields_of(model)[guess.path] if model is not None else Field(path, FieldKind.TEXT)

    def _parts(self) -> Iterator[_Part]:
        """Yield the table of cases and, for each role, the table that says most of it."""
        yield _Part("case", self._root, (), tuple(columns_for("case", self._root.columns)))
        best: dict[str, _Part] = {}
        for table, way in self._near:
            part = _Part(role_of(table), table, way, tuple(columns_for(role_of(table), table.columns)))
            usable = part.role in {*_SINGLE, *_LISTS} and part.role != "case" and part.guesses
            if usable and (part.role not in best or len(part.guesses) > len(best[part.role].guesses)):
                best[part.role] = part
        best |= {part.role: part for part in self._beside(list(best.values())) if part.role not in best}
        yield from (best[role] for role in (*_SINGLE, *_LISTS) if role in best)

    def _beside(self, steps: list[_Part]) -> Iterator[_Part]:
        """Yield people and classifications that have no table of their own, from the table of cases or of a step."""
        people = self._told("people", self._root, ())
        persons = {guess.column for guess in people.guesses}
        yield from [people] if people.guesses else []
        respondents = self._told("respondents", self._root, persons)
        yield from [respondents] if respondents.guesses else []
        for table, way in [(self._root, ()), *((each.table, each.way) for each in steps)]:
            told = replace(self._told("classifications", table, ()), way=way)
            if told.guesses:
                yield told
                return

    def _told(self, role: str, table: Table, taken: Container[Column]) -> _Part:
        """Return what a table says of a role beside its own, in columns whose names are sure."""
        guesses = (guess for guess in columns_for(role, table.columns) if guess.sure and guess.column not in taken)
        return _Part(role, table, (), tuple(guess for guess in guesses if guess.column.name not in table.key))

    def _ask(self, where: str, question: str) -> str:
        """Put a question into the list at the top, once; return the mark that stands at the place."""
        told = f"{where}: {question}"
        if told not in self._open:
            self._open.append(told)
        return f"  # ? {question}"

    # the source

    def _source(self) -> list[str]:
        lines = ["source:"]
        lines += [f"  id: local{self._ask('source.id', tr('the name of this source, for good'))}"]
        lines += [f"  zone: Asia/Ho_Chi_Minh{self._ask('source.zone', tr('the zone of the times in the database'))}"]
        lines += [f"  root: [{_yaml(self._root.name)}]"]
        if self._queries.numbered:
            lines += ["  key_parts:", "    so: {pattern: '^D([0-9]+)$', integer: true}"]
        lines += ["  changes: |", *_indented(self._queries.changes(self._timed(), self._ask), 4), "  parts:"]
        for table, part in {part.table.name: part for part in self.parts}.items():
            lines += [f"    {_yaml(table)}: |", *_indented(self._queries.part(part.way), 6)]
        return lines

    def _timed(self) -> list[Reached]:
        """Return the tables whose times tell of a change: those of the parts, and journals."""
        parts = {part.table.name: (part.table, part.way) for part in self.parts}
        return [*parts.values(), *((table, way) for table, way in self._near if role_of(table) == "journal")]

    def _key_section(self) -> list[str]:
        named = [f"{self._root.name}.{column.name}" for column in self._key]
        pattern = "D[1-9][0-9]{0,17}" if self._queries.numbered else "[A-Za-z0-9._/-]{1,40}"
        told = self._ask(
            "key",
            tr(
                "is a national case one row of {table}, known by {columns}, for ever?",
                table=self._root.name,
                columns=" + ".join(named),
            ),
        )
        return ["key:", f"  pattern: '{pattern}'", f"  definition: [{_quoted('D ' + ' - '.join(named))}]{told}"]

    # the fields

    def _fields(self) -> list[str]:
        lines = ["fields:"]
        taken: set[str] = set()
        for part in self.parts:
            own = [guess for guess in part.guesses if part.role not in _LISTS and guess.path not in taken]
            taken |= {guess.path for guess in own}
            if own:
                lines += [f"  {_yaml(part.table.name)}:"]
                lines += [f"    {guess.path}: {self._rule(part, guess)}" for guess in own]
            if part.way and part.role in _SINGLE and own:
                self._ask(part.table.name, tr("has it at most one row for a case?"))
        if (
            any(part.role == "people" and part.way for part in self.parts)
            and self._told("people", self._root, ()).guesses
        ):
            self._ask(self._root.name, tr("it names a person too: is that one also among the people?"))
        for path in ("agency", "kind", "petition.received_on", "petition.content"):
            if path not in taken:
                lines += [f"  # {path}:{self._ask(path, tr('no column was found for it'))}"]
        return lines

    def _rule(self, part: _Part, guess: Guess) -> str:
        """Return the rule of a field and, where it is not sure, the mark behind it."""
        known, name = self.field_of(part, guess), _yaml(guess.column.name)
        where = f"{part.table.name}.{guess.column.name}"
        if known.kind is FieldKind.CHOICE:
            told = tr("which local value is which: {choices}", choices=", ".join(sorted(known.choices)))
            counted = self._counted(part.table, guess.column)
            mark = self._ask(where, told + counted)
            return f"{{column: {name}, values: {{{_OPEN}: {min(known.choices)}}}}}{mark}"
        if known.kind is FieldKind.FLAG and "khong" in squeezed(guess.column.name):
            mark = self._ask(where, tr("the name says no: is 1 no here?"))
            return f"{{column: {name}, true_values: 0, false_values: 1}}{mark}"
        if known.coded:
            return self._code(_CODE_TABLES.get(guess.path.rpartition(".")[2], ""), name, where)
        if not guess.sure:
            return f"{name}{self._ask(where, tr('is it this field?'))}"
        if (
            known.kind in {FieldKind.DATE, FieldKind.DATETIME}
            and guess.column.kind == "text"
            and self._database != "sqlite"
        ):
            return f"{name}{self._ask(where, tr('days as text: give formats unless they are YYYY-MM-DD'))}"
        return name

    def _code(self, table: str, name: str, where: str) -> str:
        if table in self._codes:
            told = tr("a local code (then codes/{table}.csv) or the national one?", table=table)
            return f"{{column: {name}, codes: {table}}}{self._ask(where, told)}"
        return f"{name}{self._ask(where, tr('is it the national code? If not, give a code table'))}"

    def _counted(self, table: Table, column: Column) -> str:
        counts = self._counts.get((table.name, column.name))
        if not counts:
            return ""
        return " (" + ", ".join(f"{value or _OPEN}: {count}" for value, count in sorted(counts.items())) + ")"

    def _lists(self) -> list[str]:
        lines: list[str] = []
        for part in self.parts:
            if part.role in _LISTS:
                lines += self._list(part)
        return ["lists:", *lines, ""] if lines else []

    def _list(self, part: _Part) -> list[str]:
        path, key = _LISTS[part.role], self._key_of(part.table)
        lines = [f"  {path}:", f"    part: {_yaml(part.table.name)}", f"    sort: [{', '.join(map(_yaml, key))}]"]
        if part.role == "classifications":
            guess = part.guesses[0]
            where = f"{part.table.name}.{guess.column.name}"
            return [*lines, f"    value: {self._code('fields', _yaml(guess.column.name), where)}"]
        if part.role == "enforcements" and (parent := self._parent(part)) is None:
            self._ask(part.table.name, tr("which decision does an enforcement belong to? It is not drafted"))
            return []
        lines += ["    fields:"]
        if part.role in {"attachments", "settlements", "enforcements"}:
            lines += [f"      local_key: {_yaml(key[0])}"]
        if part.role == "enforcements" and parent is not None:
            lines += [f"      settlement_key: {_yaml(parent)}"]
        return [*lines, *(f"      {guess.path}: {self._rule(part, guess)}" for guess in part.guesses)]

    def _key_of(self, table: Table) -> list[str]:
        if table.key:
            return list(table.key)
        self._ask(table.name, tr("it has no key: by which columns are its rows told apart for ever?"))
        return [table.columns[0].name]

    def _parent(self, part: _Part) -> str | None:
        """Return the column of an enforcement that names its decision."""
        decisions = {each.table for each in self.parts if each.role == "settlements"}
        last = part.way[-1] if part.way else None
        return last.on[0][1].name if last is not None and last.before in decisions else None

    # what is said of the whole

    def _ready(self) -> list[str]:
        day = next((g.column.name for g in self.parts[0].guesses if g.path == "petition.received_on"), "")
        lines = ["ready_when:", self._present("case", self._root, day or self._key[0].name)]
        for part in self.parts:
            if part.role in _STEPS and (part.role != "enforcements" or self._parent(part) is not None):
                told = [g.column.name for path in _STEPS[part.role] for g in part.guesses if g.path == path]
                table = None if part.role in _LISTS else part.table
                column = told[0] if told else self._key_of(part.table)[0]
                lines.append(self._present(_STEP_WORDS.get(part.role, part.role), table, column))
        return lines

    def _present(self, step: str, table: Table | None, column: str) -> str:
        """Return the condition that a column holds something; without a table it is that of the row at hand."""
        mark = self._ask(f"ready_when.{step}", tr("what shows that it is no draft any more?"))
        named = f"part: {_yaml(table.name)}, " if table is not None else ""
        return f"  {step}: {{{named}column: {_yaml(column)}, present: true}}{mark}"

    def _group(self) -> list[str]:
        shared = [part for part in self.parts if part.role == "people" and len(part.way) > 1 and part.table.key]
        lines = [f"    - {{part: {_yaml(part.table.name)}, column: {_yaml(part.table.key[0])}}}" for part in shared]
        self._ask("group", tr("which columns do cases share that must be protected together (petition, person, link)?"))
        return ["", "group:", "  person:", *lines] if lines else []

    def _national_ids(self) -> list[str]:
        lines = []
        for part in self.parts:
            column = named_in(part.table, words("national")["ids"])
            if column is not None and (part.role == "case" or (part.role in _STEP_WORDS and part.way)):
                named = f"part: {_yaml(part.table.name)}, " if part.role == "case" else ""
                step = _STEP_WORDS.get(part.role, part.role)
                told = self._ask(f"national_ids.{step}", tr("is it the national id?"))
                if step != "enforcement" or self._parent(part) is not None:
                    lines += [f"  {step}: {{{named}column: {_yaml(column.name)}}}{told}"]
        return ["", "national_ids:", *lines] if lines else []

    def _rest(self) -> list[str]:
        """Return what was left out, as comments: tables and columns nobody could name."""
        lines = []
        used = {part.table.name for part in self.parts}
        for part in self.parts:
            named = {guess.column for each in self.parts if each.table == part.table for guess in each.guesses}
            left = [
                column.name
                for column in part.table.columns
                if column not in named and column.name not in part.table.key
            ]
            lines += [f"#   {part.table.name}: {', '.join(left)}"] if left and part.table.name in used else []
            used.discard(part.table.name)
        tables = [table.name for table, _ in self._near if table.name not in {part.table.name for part in self.parts}]
        head = ["", f"# {tr('Columns that were not used:')}", *lines] if lines else []
        return (
            [*head, f"# {tr('Tables that belong to a case and were not used: {tables}', tables=', '.join(tables))}"]
            if tables
            else head
        )


def _indented(lines: Iterable[str], depth: int) -> list[str]:
    return [" " * depth + line for line in lines]


def _yaml(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS_OF_YAML else _quoted(name)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
