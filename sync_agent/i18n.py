"""In which language people are spoken to, and how dates, times and numbers look to them.

The ids are the English sentences in the code; Vietnamese comes from the gettext catalogue in `locale/`.
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

__all__ = [
    "DOMAIN",
    "LOCALES",
    "Language",
    "date_text",
    "language",
    "mark",
    "number_text",
    "set_language",
    "speaking",
    "time_text",
    "tr",
    "trn",
]

DOMAIN: Final = "sync_agent"
LOCALES: Final = Path(__file__).parent / "locale"


class Language(StrEnum):
    """The languages people can be spoken to in; the first is the default."""

    VI = "vi"
    EN = "en"


class _Facts(dict[str, object]):
    """The facts of a message; a name nobody filled stays visible instead of hiding the message."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


class _Speech:
    """What was chosen for this process."""

    language = Language.VI


_HERE: ContextVar[Language | None] = ContextVar("language", default=None)  # of one reader, where there are several


def set_language(chosen: Language) -> None:
    """Choose the language of every later message of this process."""
    _Speech.language = chosen


@contextmanager
def speaking(chosen: Language) -> Iterator[None]:
    """Speak to one reader in their language, whatever the process speaks: of a request, in its thread or task."""
    before = _HERE.set(chosen)
    try:
        yield
    finally:
        _HERE.reset(before)


def language() -> Language:
    """Return the language people are spoken to in."""
    return _HERE.get() or _Speech.language


@cache  # read when the first message of a language is needed
def _catalogue(chosen: Language) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALES, [chosen.value], fallback=True)


def _translations() -> gettext.NullTranslations:
    return _catalogue(language())


def tr(message: str, /, **facts: object) -> str:
    """Return `message` in the chosen language with its `{names}` filled from `facts`.

    `message` is a literal English sentence, or a variable that holds one which was marked with `mark`.
    """
    text = _translations().gettext(message) if message else ""
    return text.format_map(_Facts(facts)) if facts else text


def trn(singular: str, plural: str, count: int, /, **facts: object) -> str:
    """Return the form of the message that fits `count`, which fills `{count}`."""
    text = _translations().ngettext(singular, plural, count)
    return text.format_map(_Facts(facts, count=number_text(count)))


def mark(message: str) -> str:
    """Return `message` as it is; tells the catalogues that it is translated later."""
    return message


def date_text(day: date) -> str:
    """Return `23/11/2026` in Vietnamese, `2026-11-23` in English."""
    return day.strftime("%d/%m/%Y") if language() is Language.VI else day.isoformat()


def time_text(instant: datetime) -> str:
    """Return an aware instant to the minute, as the clock in Việt Nam showed it."""
    local = instant.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    return f"{date_text(local.date())} {local:%H:%M}"


def number_text(number: int | Decimal) -> str:
    """Return `1.234,5` in Vietnamese, `1,234.5` in English; every digit is kept."""
    text = format(number, ",")
    return text.translate(str.maketrans(",.", ".,")) if language() is Language.VI else text
