"""Decides what the address of a page may ask: known words, days and numbers; anything else is not understood (400)."""

from collections.abc import Collection
from datetime import date
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

__all__ = ["address", "choice", "day", "flag", "month", "number", "word"]

_LONGEST = 80


def word(request: Request, name: str) -> str | None:
    """Return a short word of the address, None where it stands empty or not at all."""
    text = request.query_params.get(name, "").strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise HTTPException(400)
    return text or None


def choice(request: Request, name: str, known: Collection[str]) -> str | None:
    """Return one of the words that are known."""
    text = word(request, name)
    if text is not None and text not in known:
        raise HTTPException(400)
    return text


def flag(request: Request, name: str) -> bool:
    """Tell whether a box was ticked."""
    return choice(request, name, {"1"}) is not None


def number(request: Request, name: str) -> int | None:
    """Return a number, not below 0 and no larger than a database counts."""
    text = word(request, name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or int(text) >= 2**31 - 1:
        raise HTTPException(400)
    return int(text)


def day(request: Request, name: str) -> str | None:
    """Return a day in ISO."""
    text = word(request, name)
    return None if text is None else _iso(text)


def month(request: Request, name: str) -> str | None:
    """Return a month in ISO (2026-11)."""
    text = word(request, name)
    return None if text is None else _iso(f"{text}-01")[:7]


def address(path: str, **asked: object) -> str:
    """Return the address of a page with what is asked of it."""
    given = {name: 1 if value is True else value for name, value in asked.items() if value not in {None, False, ""}}
    return f"{path}?{urlencode(given)}" if given else path


def _iso(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise HTTPException(400) from None
