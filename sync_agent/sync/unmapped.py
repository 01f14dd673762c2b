"""Which local codes in use have no national code, with what they were probably meant to be. Never a person's text.

A value is shown only where its field holds codes and the policy lets that field of that case go up; others are counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sync_agent.domain.reference import successor_of
from sync_agent.mapping import FieldKind, Mapped, Suggester, Suggestion, Unmapped, kind_of
from sync_agent.privacy import numbers_in
from sync_agent.sync.codelists import code_lists, code_ref
from sync_agent.sync.context import Agent
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.scan import every_page

__all__ = ["UnmappedCode", "UnmappedCodes", "unmapped_codes"]

_LONGEST: Final = 120
_MOST: Final = 5_000
"""Different values of one column. More are no codes: the profile names a wrong column."""

_UNIT: Final = ("tỉnh ", "thành phố ", "tp. ", "tp ")


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where a code is used: `table` '' where the profile maps it by `values`."""

    table: str
    where: str
    path: str


@dataclass(slots=True)
class _Use:
    cases: int = 0
    first: date | None = None
    last: date | None = None

    def count(self, day: date | None) -> None:
        self.cases += 1
        if day is not None:
            self.first = min(self.first or day, day)
            self.last = max(self.last or day, day)


@dataclass(frozen=True, slots=True)
class UnmappedCode:
    """One local value without a national code. `first_day` and `last_day` are those that decided, where days do.

    `table` is the code table to complete, '' where the profile's `values` are; `local_name` what is known of its name.
    """

    ref: str
    table: str
    where: str  # local table and column
    path: str  # of the CaseFile
    list_name: str
    local: str = field(repr=False)
    local_name: str = field(repr=False)
    cases: int
    first_day: date | None
    last_day: date | None
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class UnmappedCodes:
    """What the whole source uses. `withheld` counts cases by place whose value is not shown: a person's, or no code."""

    read: int
    codes: tuple[UnmappedCode, ...]
    withheld: Mapping[tuple[str, str], int]


def unmapped_codes(
    agent: Agent, *, names: Mapping[str, Mapping[str, str]] | None = None, progress: Progress | None = None
) -> UnmappedCodes:
    """Read every case and return the local codes without a national one, the most used first. Writes nothing.

    `names` are names of local codes by code table: without them a bare number suggests nothing. Raises SourceError.
    """
    progress, tally = progress or NoProgress(), _Tally(agent)
    read = 0
    progress.stage("reading local cases", None)
    for keys in every_page(agent):
        for rows in agent.source.read(keys).values():
            tally.count(*agent.mapper.map_and_unmapped(rows))
            read += 1
        progress.advance(len(keys))
    progress.finish()
    codes = [each for place in sorted(tally.uses) for each in tally.described(place, names or {})]
    ordered = sorted(codes, key=lambda each: (-each.cases, each.table, each.path, each.local))
    return UnmappedCodes(read, tuple(ordered), tally.withheld)


class _Tally:
    """Counts, for each place, the values that may be shown, and the cases of those that may not."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._lists = code_lists(agent.settings, agent.contract)
        self.uses: dict[_Place, dict[str, _Use]] = {}
        self.withheld: Counter[tuple[str, str]] = Counter()

    def count(self, mapped: Mapped, found: Iterable[tuple[str, str, Unmapped]]) -> None:
        """Count each value once for a case."""
        for path, where, what in dict.fromkeys(found):
            values = self.uses.setdefault(_Place(what.table, where, path), {})
            room = what.local in values or len(values) < _MOST
            if room and self._may_be_shown(mapped, path, what.local):
                values.setdefault(what.local, _Use()).count(what.day)
            else:
                self.withheld[where, path] += 1

    def _may_be_shown(self, mapped: Mapped, path: str, value: str) -> bool:
        agent = self._agent
        if self._lists.spec_of(path) is None and kind_of(path) is not FieldKind.CHOICE:
            return False
        if path not in agent.policy.open_paths(protected=bool(agent.gate.protection(mapped.case))):
            return False
        if len(value) > _LONGEST or not value.isprintable() or numbers_in(value):
            return False
        return not agent.gate.identities(mapped.case).found_in([value])

    def described(self, place: _Place, names: Mapping[str, Mapping[str, str]]) -> Iterator[UnmappedCode]:
        """Yield each value of a place, with what it was probably meant to be."""
        spec = self._lists.spec_of(place.path)
        suggester = Suggester(self._lists.in_force(spec).entries if spec is not None else {})
        table = self._agent.mapper.code_tables.get(place.table)
        known = {entry.local: entry.name for entry in table.entries} if table else {}
        known |= names.get(place.table, {})
        for local, use in self.uses[place].items():
            name = known.get(local, "")
            yield UnmappedCode(
                ref=code_ref(self._agent, place.table, local) if place.table else "",
                table=place.table,
                where=place.where,
                path=place.path,
                list_name=f"{spec.number} {spec.name}" if spec is not None else "",
                local=local,
                local_name=name,
                cases=use.cases,
                first_day=use.first,
                last_day=use.last,
                suggestions=suggester.best(_spoken(name or local)),
            )


def _spoken(text: str) -> list[str]:
    """Return a text and, of a province of before 2025-07-01, the name of the one it went into."""
    bare = text.casefold()
    prefix = next((unit for unit in _UNIT if bare.startswith(unit)), "")
    later = successor_of(text[len(prefix) :].strip())
    return [text] if later is None else [text, later]
