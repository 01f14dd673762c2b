"""Which fields of the CaseFile a code table feeds, as the profile says, and what kind of field each is."""

from collections.abc import Iterator, Mapping

from sync_agent.mapping.fields import Field, FieldKind, case_fields, fields_of
from sync_agent.mapping.profile import FieldRule, ListRule, Profile

__all__ = ["kind_of", "table_uses"]


def table_uses(profile: Profile) -> dict[str, tuple[str, ...]]:
    """Return the CaseFile paths that each code table of the profile feeds, both in order."""
    found: dict[str, set[str]] = {}
    for path, rule in _rules(profile):
        for each in _alternatives(rule):
            if each.codes is not None:
                found.setdefault(each.codes, set()).add(path)
    return {table: tuple(sorted(paths)) for table, paths in sorted(found.items())}


def kind_of(path: str) -> FieldKind | None:
    """Return what a CaseFile path holds, through its lists; None for a path that does not exist."""
    return _kind_in(case_fields(), path)


def _kind_in(fields: Mapping[str, Field], path: str) -> FieldKind | None:
    if path in fields:
        return fields[path].kind
    around = (each for each in fields.values() if each.kind is FieldKind.LIST and path.startswith(f"{each.path}."))
    for each in around:
        if each.model is not None:
            return _kind_in(fields_of(each.model), path.removeprefix(f"{each.path}."))
    return None


def _rules(profile: Profile) -> Iterator[tuple[str, FieldRule]]:
    for rules in profile.fields.values():
        yield from rules.items()
    yield from _of_lists(profile.lists, "")


def _of_lists(lists: Mapping[str, ListRule], under: str) -> Iterator[tuple[str, FieldRule]]:
    for name, each in lists.items():
        path = f"{under}{name}"
        if each.value is not None:
            yield path, each.value
        yield from ((f"{path}.{field}", rule) for field, rule in each.fields.items())
        yield from _of_lists(each.lists, f"{path}.")


def _alternatives(rule: FieldRule) -> Iterator[FieldRule]:
    yield rule
    for each in rule.first_of or ():
        yield from _alternatives(each)
