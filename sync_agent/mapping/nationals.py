"""What the local system says of the national database: the Ids it keeps, and which steps it says were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.nationalid import is_national_id
from sync_agent.domain.steps import Step
from sync_agent.mapping.columns import Columns, Get, Singles
from sync_agent.mapping.conditions import Test, compile_condition
from sync_agent.mapping.lists import ReadList
from sync_agent.mapping.profile import Profile
from sync_agent.mapping.values import local_or_none
from sync_agent.source import Row

__all__ = ["NationalFacts", "ReadNationals", "compile_nationals"]

_LISTS = {Step.SETTLEMENT: "settlements", Step.ENFORCEMENT: "enforcements"}


@dataclass(slots=True)
class NationalFacts:
    """What one case says of the national database, by (step, local key); "" is the key of a step there is once."""

    ids: dict[tuple[Step, str], str] = field(default_factory=dict, repr=False)
    sent: set[tuple[Step, str]] = field(default_factory=set, repr=False)
    findings: set[Finding] = field(default_factory=set, repr=False)


@dataclass(frozen=True, slots=True)
class _Column:
    """Where the Ids of one step stand; `entries` is None for a step that a case has once."""

    step: Step
    part: str
    where: str
    get: Get
    entries: ReadList | None


@dataclass(frozen=True, slots=True)
class ReadNationals:
    """The section `national_ids` as functions. `wheres` is the local table and column of the Ids of a step."""

    steps: frozenset[Step]
    wheres: Mapping[Step, str]
    columns: tuple[_Column, ...]
    tests: tuple[tuple[Step, str, Test], ...]

    def read(self, parts: Mapping[str, Sequence[Row]], singles: Singles) -> NationalFacts:
        """Return what a case says; a value that can be no Id is a finding and no Id."""
        facts = NationalFacts()
        for column in self.columns:
            if column.entries is None:
                row = singles[column.part]
                if row is not None:
                    _take(facts, column, "", column.get(row))
                continue
            for key, row in column.entries.keyed(parts, singles):
                _take(facts, column, key, column.get(row))
        for step, part, test in self.tests:
            row = singles[part]
            if row is not None and test(row, singles):
                facts.sent.add((step, ""))
        return facts


def compile_nationals(profile: Profile, columns: Columns, lists: Sequence[ReadList]) -> ReadNationals:
    """Return the section compiled; `lists` are the compiled lists of the profile."""
    by_path = {each.path: each for each in lists}
    found: list[_Column] = []
    tests: list[tuple[Step, str, Test]] = []
    for step, told in profile.national_ids.items():
        entries = by_path[_LISTS[step]] if step in _LISTS else None
        part = entries.part if entries is not None else str(told.part)
        if entries is None:
            columns.singles.add(part)
        if told.when is not None:
            tests.append((step, part, compile_condition(told.when, part, columns)))
        else:
            name = str(told.column)
            found.append(_Column(step, part, f"{part}.{name}", columns.get(part, name), entries))
    wheres = {column.step: column.where for column in found}
    return ReadNationals(frozenset(profile.national_ids), wheres, tuple(found), tuple(tests))


def _take(facts: NationalFacts, column: _Column, key: str, value: object) -> None:
    if value is None:
        return
    text = local_or_none(value)
    if text is not None and is_national_id(text):
        facts.ids[column.step, key] = text
    else:
        facts.findings.add(Finding("bad_value", Level.HOLD, "", column.step, key, column.where))
