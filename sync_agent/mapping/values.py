"""How one local value becomes a text, day, instant, number or flag. What cannot be read is said so, never guessed."""

import re
import typing
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

__all__ = [
    "Convert",
    "Unmapped",
    "UnreadableError",
    "as_decimal",
    "as_flag",
    "as_integer",
    "as_text",
    "date_reader",
    "datetime_reader",
    "flag_reader",
    "local",
    "local_or_none",
    "partial_date_reader",
]

Convert = Callable[[object], object]
"""Turns a present local value into the value of a field, or raises UnreadableError."""

_HAS_TEXT = (int, float, Decimal, date)  # a tuple: a union would be made anew for every value
_FIRST_YEAR = 1900  # a year before that is a slip of the keyboard (0006, 0202), not a date of a case
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}|$)", re.ASCII)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[ T]\d{2}:\d{2}.*)?)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A local code without a CaseFile value on `day` (None: no day counts). `table` '' stands for `values`.

    Only for the person who completes the tables; the column may be the wrong one, so its repr shows nothing.
    """

    local: str = field(repr=False)
    table: str
    day: date | None = None


class UnreadableError(Exception):
    """A value that cannot be read; carries the rule of the finding and the column, never the value.

    `kept` is what stays of it all the same: not in the message of the error, and None where nothing does.
    """

    def __init__(self, rule: str, where: str = "", *, kept: object = None, unmapped: Unmapped | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.unmapped = unmapped
        self.where = where
        self.kept = kept


def local(value: object) -> str:
    """Return the text by which a local value is compared and looked up: 1, '1', ' 1', 1.0 and true are the same."""
    if type(value) is int:  # the most usual code, and not a bool
        return str(value)
    if isinstance(value, str):
        return value.strip() if value.isascii() else unicodedata.normalize("NFC", as_text(value)).strip()
    if isinstance(value, bool):
        return "1" if value else "0"
    return as_text(value)


def local_or_none(value: object) -> str | None:
    """Return `local`, or None for what is absent or has no text form: it equals nothing a profile can write."""
    try:
        return None if value is None else local(value)
    except UnreadableError:
        return None


def as_text(value: object) -> str:
    """Return a value as text; whole numbers without a fraction. Text in a damaged encoding is refused."""
    if isinstance(value, str):
        return value if value.isascii() else _whole(value)
    if isinstance(value, bool) or not isinstance(value, _HAS_TEXT):
        raise UnreadableError("bad_value")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    number = Decimal(str(value))
    return str(int(number)) if number.is_finite() and number == number.to_integral_value() else str(value)


def _whole(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UnreadableError("bad_value") from None
    return value


def as_integer(value: object) -> int:
    """Return a whole number; text must be digits with an optional sign, a fraction is refused."""
    if type(value) is int:
        return value
    number = as_decimal(value)
    if number != number.to_integral_value():
        raise UnreadableError("bad_number")
    return int(number)


def as_decimal(value: object) -> Decimal:
    """Return a number; text takes digits, an optional sign and a point, no thousands separators."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float | Decimal):
        number = Decimal(str(value))
        if number.is_finite():
            return number
    elif isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", value):
        return Decimal(value)
    raise UnreadableError("bad_number")


def flag_reader(true_values: frozenset[str], false_values: frozenset[str]) -> Convert:
    """Return the reader of a flag with these local values, as `local` writes them."""

    def read(value: object) -> bool:
        known = local(value)
        if known in true_values:
            return True
        if known in false_values:
            return False
        raise UnreadableError("bad_flag")

    return read


as_flag = flag_reader(frozenset({"1"}), frozenset({"0"}))
"""The flag whose local values are 1 and 0."""


def date_reader(formats: tuple[str, ...]) -> Convert:
    """Return the reader of a day; the time of day is cut. Without formats ISO text is read."""

    def read(value: object) -> date:
        moment = _moment(value, formats)
        return moment.date() if isinstance(moment, datetime) else moment

    return read


def datetime_reader(formats: tuple[str, ...], zone: ZoneInfo) -> Convert:
    """Return the reader of an instant (aware UTC) from the source's local time; a day alone is its first moment."""

    def read(value: object) -> datetime:
        moment = _moment(value, formats)
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

    return read


def partial_date_reader(formats: tuple[str, ...]) -> Convert:
    """Return the reader of a date whose day or month may be unknown; a format without %d or %m gives such a date."""

    def read(value: object) -> str:
        if isinstance(value, date):
            return _partial_iso(value.isoformat()[: len("2026-01-01")])
        text = as_text(value)
        if not formats:
            return _partial_iso(text)
        for form in formats:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007 (only the calendar day is used)
            except ValueError:
                continue
            _checked(found)
            return found.strftime("%Y-%m-%d" if "%d" in form else "%Y-%m" if "%m" in form else "%Y")
        return _refuse_date()

    return read


def _moment(value: object, formats: tuple[str, ...]) -> date:
    if isinstance(value, date):
        return _checked(value)
    if formats:
        return _checked(_formatted(as_text(value), formats))
    if not isinstance(value, str) or _ISO.match(value) is None:
        return _refuse_date()
    try:
        return _checked(date.fromisoformat(value) if len(value) == len("2026-01-01") else datetime.fromisoformat(value))
    except ValueError:
        return _refuse_date()


def _formatted(text: str, formats: tuple[str, ...]) -> datetime:
    for form in formats:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 (the caller localises)
        except ValueError:
            continue
    return _refuse_date()


def _partial_iso(text: str) -> str:
    text = text.removesuffix(" 00:00:00")
    while text.endswith("-00"):  # how MySQL writes a day or a month that is not known
        text = text[: -len("-00")]
    match = _PARTIAL.fullmatch(text)
    if match is None:
        return _refuse_date()
    year, month, day = match.groups()
    try:
        _checked(date(int(year), int(month or 1), int(day or 1)))
    except ValueError:
        return _refuse_date()
    return "-".join(part for part in (year, month, day) if part)


def _checked(value: date) -> date:
    return value if value.year >= _FIRST_YEAR else _refuse_date()


def _refuse_date() -> typing.Never:
    raise UnreadableError("bad_date")
