"""How a field rule becomes one function from a row to a value: nothing is interpreted while rows are read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sync_agent.mapping.codes import CodeTable, CodeTables
from sync_agent.mapping.columns import Columns, Get, Singles
from sync_agent.mapping.conditions import compile_condition
from sync_agent.mapping.document import Place
from sync_agent.mapping.fields import Field, FieldKind
from sync_agent.mapping.profile import FieldRule, Profile, Scalars, Split
from sync_agent.mapping.values import (
    Convert,
    UnreadableError,
    as_decimal,
    as_flag,
    as_integer,
    as_text,
    date_reader,
    datetime_reader,
    flag_reader,
    local,
    partial_date_reader,
)
from sync_agent.source import Row

__all__ = ["Read", "ReadField", "RuleCompiler"]

Read = Callable[[Row, Singles], object]
"""Returns the value of a field, None when absent; raises UnreadableError naming the local column."""


@dataclass(frozen=True, slots=True)
class ReadField:
    """One compiled field: `path` as findings name it, where it goes (`parents`, `leaf`), the local column behind it."""

    path: str
    parents: tuple[str, ...]
    leaf: str
    where: str
    read: Read


class RuleCompiler:
    """Compiles field rules of one profile. Raises ConfigError when a code table is missing or wrong."""

    def __init__(self, profile: Profile, tables: CodeTables, columns: Columns) -> None:
        self._profile = profile
        self._tables = tables
        self._columns = columns
        self._converters = _converters(ZoneInfo(profile.source.zone))
        self.used_tables: dict[str, CodeTable] = {}

    def field(self, rule: FieldRule, field: Field, part: str, place: Place, *, under: str = "") -> ReadField:
        """Return the compiled field; `under` is the path of the list it is in, `place` where the rule stands."""
        path = f"{under}.{field.path}" if under else field.path
        *parents, leaf = field.path.split(".")
        return ReadField(path, tuple(parents), leaf, _where(rule, part), self.read(rule, field, part, place))

    def read(self, rule: FieldRule, field: Field, part: str, place: Place) -> Read:
        """Return the function that reads one rule."""
        read = self._unconditional(rule, field, part, place)
        if rule.when is None:
            return read
        test = compile_condition(rule.when, part, self._columns)
        return lambda row, singles: read(row, singles) if test(row, singles) else None

    def _unconditional(self, rule: FieldRule, field: Field, part: str, place: Place) -> Read:
        if rule.constant is not None:
            constant = rule.constant
            return lambda _row, _singles: constant
        if rule.first_of is not None:
            return _first(
                tuple(
                    self.read(each, field, part, (*place, "first_of", position))
                    for position, each in enumerate(rule.first_of)
                )
            )
        where = _where(rule, part)
        get = self._origin(rule, part)
        if rule.codes is not None:
            return self._coded(rule, get, part, where, place)
        convert = self._convert(rule, field)

        def read(row: Row, _singles: Singles) -> object:
            value = get(row)
            try:
                return None if value is None else convert(value)
            except UnreadableError as bad:
                bad.where = where
                raise

        return read

    def _origin(self, rule: FieldRule, part: str) -> Get:
        if rule.join is not None:
            gets = tuple(self._columns.get(part, column) for column in rule.join)
            return _joined(gets, " " if rule.separator is None else rule.separator)
        get = self._columns.get(part, str(rule.column))
        return get if rule.split is None else _halved(get, rule.split)

    def _coded(self, rule: FieldRule, get: Get, part: str, where: str, place: Place) -> Read:
        name = str(rule.codes)
        table = self._tables.table(name, self._profile.at(*place, "codes"))
        self.used_tables[name] = table
        day = self._day(rule.dated_by, part)

        def read(row: Row, _singles: Singles) -> object:
            value = get(row)
            if value is None:
                return None
            code = table.find(local(value), day(row))
            if code is None:
                raise UnreadableError("unmapped_code", where)
            return code

        return read

    def _day(self, column: str | None, part: str) -> Callable[[Row], date | None]:
        if column is None:
            return lambda _row: None
        get, convert = self._columns.get(part, column), date_reader(())

        def day(row: Row) -> date | None:
            value = get(row)
            try:
                found = None if value is None else convert(value)
            except UnreadableError as bad:
                bad.where = f"{part}.{column}"
                raise
            return found if isinstance(found, date) else None

        return day

    def _convert(self, rule: FieldRule, field: Field) -> Convert:
        if rule.values is not None:
            return _valued({local(key): value for key, value in rule.values.items()})
        if rule.true_values is not None:
            return flag_reader(_locals(rule.true_values), _locals(rule.false_values or ()))
        return self._converters[field.kind](rule.formats or ())


def _converters(zone: ZoneInfo) -> dict[FieldKind, Callable[[tuple[str, ...]], Convert]]:
    return {
        FieldKind.TEXT: lambda _formats: as_text,
        FieldKind.DATE: date_reader,
        FieldKind.DATETIME: lambda formats: datetime_reader(formats, zone),
        FieldKind.PARTIAL_DATE: partial_date_reader,
        FieldKind.INTEGER: lambda _formats: as_integer,
        FieldKind.DECIMAL: lambda _formats: as_decimal,
        FieldKind.FLAG: lambda _formats: as_flag,
    }


def _where(rule: FieldRule, part: str) -> str:
    first = rule.first_of[0] if rule.first_of else rule
    columns = (first.column, *(first.join or ()))
    return f"{part}.{next((column for column in columns if column), '')}".rstrip(".")


def _locals(values: Scalars) -> frozenset[str]:
    return frozenset(map(local, values))


def _first(reads: tuple[Read, ...]) -> Read:
    def read(row: Row, singles: Singles) -> object:
        for each in reads:
            value = each(row, singles)
            if value is not None:
                return value
        return None

    return read


def _joined(gets: tuple[Get, ...], separator: str) -> Get:
    def get(row: Row) -> object:
        parts = [as_text(value) for each in gets if (value := each(row)) is not None]
        return separator.join(parts) if parts else None

    return get


def _halved(get: Get, split: Split) -> Get:
    position = 0 if split.take == "before" else 2

    def half(row: Row) -> object:
        value = get(row)
        return None if value is None else as_text(value).partition(split.at)[position].strip() or None

    return half


def _valued(values: dict[str, str]) -> Convert:
    def convert(value: object) -> str:
        found = values.get(local(value))
        if found is None:
            raise UnreadableError("unmapped_code")
        return found

    return convert
