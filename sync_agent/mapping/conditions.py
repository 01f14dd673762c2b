"""When a condition of a profile holds for a row."""

from collections.abc import Callable

from sync_agent.mapping.columns import Columns, Get, Singles
from sync_agent.mapping.profile import Condition
from sync_agent.mapping.values import local, local_or_none
from sync_agent.source import Row

__all__ = ["Test", "compile_condition"]

Test = Callable[[Row | None, Singles], bool]


def compile_condition(condition: Condition, part: str | None, columns: Columns) -> Test:
    """Return the test; `part` is the part of the row at hand, None when every column names its own part."""
    if condition.all is not None:
        tests = tuple(compile_condition(each, part, columns) for each in condition.all)
        return lambda row, singles: all(test(row, singles) for test in tests)
    if condition.any is not None:
        tests = tuple(compile_condition(each, part, columns) for each in condition.any)
        return lambda row, singles: any(test(row, singles) for test in tests)
    matches = _matcher(condition)
    if condition.part is not None and condition.part != part:
        return _on_other(columns, condition.part, str(condition.column), matches)
    get = columns.get(str(part), str(condition.column))
    return lambda row, _singles: matches(None if row is None else get(row))


def _on_other(columns: Columns, part: str, column: str, matches: Callable[[object], bool]) -> Test:
    columns.singles.add(part)
    get: Get = columns.get(part, column)

    def test(_row: Row | None, singles: Singles) -> bool:
        other = singles[part]
        return matches(None if other is None else get(other))

    return test


def _matcher(condition: Condition) -> Callable[[object], bool]:
    if condition.present is not None:
        present = condition.present
        return lambda value: (value is not None) is present
    if condition.not_ is not None:
        others = frozenset(map(local, condition.not_))
        return lambda value: local_or_none(value) not in others
    wanted = condition.in_ if condition.in_ is not None else (condition.equals,)
    chosen = frozenset(map(local, wanted))
    return lambda value: local_or_none(value) in chosen
