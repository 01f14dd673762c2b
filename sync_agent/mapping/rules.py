"""How a field rule becomes one function from a row to a value: nothing is interpreted while rows are read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sync_agent.domain.findings import Level
from sync_agent.mapping.amounts import land_reader, money_reader
from sync_agent.mapping.codes import CodeTable, CodeTables
from sync_agent.mapping.columns import Columns, Get, Singles
from sync_agent.mapping.conditions import Test, compile_condition
from sync_agent.mapping.document import Place
from sync_agent.mapping.fields import Field, FieldKind
from sync_agent.mapping.people import NAME_COLUMNS
from sync_agent.mapping.plugins import Finder, Plugin, through
from sync_agent.mapping.profile import Amount, FieldRule, Profile, Scalars, Split
from sync_agent.mapping.texts import text_reader
from sync_agent.mapping.values import (
    Convert,
    Unmapped,
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
    """One compiled field: `path` as findings name it, where it goes (`parents`, `leaf`), the local column behind it.

    `doubt` is when a person must look at it, and how grave that is.
    """

    path: str
    parents: tuple[str, ...]
    leaf: str
    where: str
    read: Read
    doubt: tuple[Test, Level] | None = None


class RuleCompiler:
    """Compiles field rules of one profile. Raises ConfigError when a code table is missing or wrong."""

    def __init__(self, profile: Profile, tables: CodeTables, columns: Columns, find: Finder) -> None:
        self._profile = profile
        self._find = find
        self._tables = tables
        self._columns = columns
        self._converters = _converters(ZoneInfo(profile.source.zone))
        self.used_tables: dict[str, CodeTable] = {}
        self.by_name: set[str] = set()
        self.used_plugins: dict[str, Plugin] = {}

    def field(self, rule: FieldRule, field: Field, part: str, place: Place, *, under: str = "") -> ReadField:
        """Return the compiled field; `under` is the path of the list it is in, `place` where the rule stands."""
        path = f"{under}.{field.path}" if under else field.path
        *parents, leaf = field.path.split(".")
        read = self.read(rule, field, part, place)
        return ReadField(path, tuple(parents), leaf, self._where(rule, part), read, self._doubt(rule, part))

    def plugin(self, name: str, place: Place) -> Plugin:
        """Return a plug-in by its name; `place` says where it stands."""
        self.used_plugins[name] = self._find(name, self._profile.at(*place))
        return self.used_plugins[name]

    def _doubt(self, rule: FieldRule, part: str) -> tuple[Test, Level] | None:
        if rule.doubt is None:
            return None
        return compile_condition(rule.doubt.when, part, self._columns), Level(rule.doubt.level)

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
        where = self._where(rule, part)
        get = self._origin(rule, part)
        if rule.plugin is not None:
            get = through(self.plugin(rule.plugin, (*place, "plugin")), get, where)
        if rule.codes is not None:
            return self._coded(rule, get, part, where, place)
        if rule.periods is not None:
            return self._in_periods(rule, get, part, where)
        convert = self._convert(rule, field)

        def read(row: Row, _singles: Singles) -> object:
            value = get(row)
            try:
                return None if value is None else convert(value)
            except UnreadableError as bad:
                bad.where = where
                raise

        return read if rule.cut is None else self._cut(rule, read, part, where)

    def _cut(self, rule: FieldRule, read: Read, part: str, where: str) -> Read:
        """Return the reader that says of a text, which stays, that it may be only the beginning of one."""
        raw, limit = self._columns.raw(part, str(rule.column)), rule.cut

        def remarked(row: Row, singles: Singles) -> object:
            value = read(row, singles)
            if value is None or (isinstance(limit, int) and len(as_text(raw(row))) < limit):
                return value
            raise UnreadableError("maybe_cut" if isinstance(limit, int) else "only_part", where, kept=value)

        return remarked

    def _where(self, rule: FieldRule, part: str) -> str:
        """Return the local table and column behind a rule: for a name that was split off, those of the whole text."""
        column, derived = _column(rule), self._profile.derived.get(part)
        if derived is not None and derived.names is not None:
            part, column = derived.from_, derived.names.column if column in NAME_COLUMNS else column
        return f"{part}.{column}".rstrip(".")

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
        if rule.by_name:
            self.by_name.add(name)
        day = self._day(rule.dated_by, part)

        def read(row: Row, _singles: Singles) -> object:
            value = get(row)
            if value is None:
                return None
            on = day(row)
            code = (table.find_name if rule.by_name else table.find)(local(value), on)
            if code is None:
                raise UnreadableError("unmapped_code", where, unmapped=Unmapped(local(value), name, on))
            return code

        return read

    def _in_periods(self, rule: FieldRule, get: Get, part: str, where: str) -> Read:
        """Return the reader of a value whose meaning depends on the day; without one only what never changed counts."""
        periods = [
            (each.valid_from or date.min, each.valid_to or date.max, {local(k): v for k, v in each.values.items()})
            for each in rule.periods or ()
        ]
        day = self._day(rule.dated_by, part)

        def read(row: Row, _singles: Singles) -> object:
            value = get(row)
            if value is None:
                return None
            on, known = day(row), local(value)
            meanings = {values.get(known) for start, end, values in periods if on is None or start <= on <= end}
            if len(meanings) != 1:
                raise UnreadableError("undated_code", where)
            (meaning,) = meanings
            if meaning is None:
                raise UnreadableError("unmapped_code", where, unmapped=Unmapped(known, "", on))
            return meaning

        return read

    def _day(self, columns: tuple[str, ...] | None, part: str) -> Callable[[Row], date | None]:
        gets = [(self._columns.get(part, column), f"{part}.{column}") for column in columns or ()]
        convert = date_reader(())

        def day(row: Row) -> date | None:
            for get, where in gets:
                value = get(row)
                if value is None:
                    continue
                try:
                    found = convert(value)
                except UnreadableError as bad:
                    bad.where = where
                    raise
                return found if isinstance(found, date) else None
            return None

        return day

    def _convert(self, rule: FieldRule, field: Field) -> Convert:
        if rule.values is not None:
            return _valued({local(key): value for key, value in rule.values.items()})
        if rule.amount is not None:
            return _amount_reader(rule.amount)
        if field.kind is FieldKind.TEXT:
            return text_reader(rule)
        if rule.true_values is not None:
            return flag_reader(_locals(rule.true_values), _locals(rule.false_values or ()))
        return self._converters[field.kind](rule.formats or ())


def _converters(zone: ZoneInfo) -> dict[FieldKind, Callable[[tuple[str, ...]], Convert]]:
    return {
        FieldKind.DATE: date_reader,
        FieldKind.DATETIME: lambda formats: datetime_reader(formats, zone),
        FieldKind.PARTIAL_DATE: partial_date_reader,
        FieldKind.INTEGER: lambda _formats: as_integer,
        FieldKind.DECIMAL: lambda _formats: as_decimal,
        FieldKind.FLAG: lambda _formats: as_flag,
    }


def _amount_reader(amount: Amount) -> Convert:
    reader = money_reader if amount.kind == "money" else land_reader
    return reader(*({" ".join(each.casefold().split()) for each in words} for words in (amount.of, amount.not_of)))


def _column(rule: FieldRule) -> str:
    first = rule.first_of[0] if rule.first_of else rule
    return next((column for column in (first.column, *(first.join or ())) if column), "")


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
            raise UnreadableError("unmapped_code", unmapped=Unmapped(local(value), ""))
        return found

    return convert
