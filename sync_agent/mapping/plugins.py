"""Which functions an installed package adds to the mapping, and which version of each a profile was compiled with."""

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from sync_agent.errors import ConfigError
from sync_agent.mapping.columns import Get
from sync_agent.mapping.values import UnreadableError, as_text
from sync_agent.mapping.words import unknown_word
from sync_agent.source import Row

__all__ = ["GROUP", "Finder", "Plugin", "RowsFunction", "TextFunction", "installed", "rows_of", "through"]

_Answer = TypeVar("_Answer")

GROUP: Final = "sync_agent.mapping"
"""The group of Python entry points in which a package offers its functions."""


class TextFunction(Protocol):
    """Turns one present local text into a value as a column would hold it, None for absent.

    The same text must always give the same value. ValueError says that the text cannot be understood.
    """

    def __call__(self, text: str, /) -> object:
        """Return the value."""
        ...


class RowsFunction(Protocol):
    """Turns all rows of one part of one case, in no order, into those of another; column names in small letters.

    The same rows must always give the same rows. ValueError says that they cannot be understood.
    """

    def __call__(self, rows: Sequence[Row], /) -> Iterable[Mapping[str, object]]:
        """Return the rows."""
        ...


@dataclass(frozen=True, slots=True)
class Plugin:
    """One function by the name a profile calls it; `version` tells it from what it was and will be."""

    name: str
    version: str
    function: Callable[[Any], Any] = field(repr=False)


Finder: TypeAlias = Callable[[str, str], Plugin]
"""Returns the plug-in of a name; the second text is the place that asked. Raises ConfigError."""


def installed(name: str, where: str) -> Plugin:
    """Return the function that an installed package offers under this name; raises ConfigError when none does.

    Its version is that of the package with a digest of the module's text: either may change without the other.
    """
    offered = {each.name: each for each in entry_points(group=GROUP)}
    if name not in offered:
        raise unknown_word("no installed package offers the mapping function '{word}'", name, offered, where)
    function = _loaded(offered[name], where)
    return Plugin(name, _version(offered[name], function, where), function)


def through(plugin: Plugin, get: Get, where: str) -> Get:
    """Return the reader of a column whose present text goes through a plug-in."""
    function: TextFunction = plugin.function

    def read(row: Row) -> object:
        value = get(row)
        return None if value is None else _asked(lambda: _stripped(function(as_text(value))), where)

    return read


def rows_of(plugin: Plugin, columns: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Return what a plug-in makes of rows: these columns, in small letters. Raises UnreadableError, without a value."""
    function: RowsFunction = plugin.function
    return _asked(lambda: [_row(each, columns) for each in function(rows)])


def _asked(ask: Callable[[], _Answer], where: str = "") -> _Answer:
    """Return what somebody else's function answers. Raises UnreadableError, of which nothing quotes a value."""
    try:
        return ask()
    except UnreadableError as bad:
        rule = bad.rule
    except ValueError:
        rule = "bad_value"
    except Exception:  # noqa: BLE001 - whatever it is, its text may quote a value
        rule = "plugin_failed"
    raise UnreadableError(rule, where)


def _row(made: Mapping[str, object], columns: Sequence[str]) -> Row:
    if not set(made) <= set(columns):
        raise UnreadableError("plugin_failed")
    return {column: made.get(column) for column in columns}


def _stripped(value: object) -> object:
    return (value.strip() or None) if isinstance(value, str) else value


def _loaded(offer: EntryPoint, where: str) -> Callable[[Any], Any]:
    try:
        function = offer.load()
    except Exception as error:  # noqa: BLE001 - somebody else's module may raise anything while it is imported
        reason = type(error).__name__
    else:
        if callable(function):
            return function  # type: ignore[no-any-return]
        reason = "not callable"
    facts = (("word", offer.name), ("reason", reason))
    raise ConfigError("the mapping function '{word}' cannot be loaded ({reason})", where=where, facts=facts)


def _version(offer: EntryPoint, function: Callable[[Any], Any], where: str) -> str:
    module = inspect.getmodule(function) or inspect.getmodule(type(function))
    try:
        text = inspect.getsource(module) if module is not None else ""
    except OSError:
        text = ""
    if offer.dist is None or not text:
        what = "the version of the mapping function '{word}' cannot be told"
        todo = "install its package with its source text"
        raise ConfigError(what, where=where, todo=todo, facts=(("word", offer.name),))
    return f"{offer.dist.name} {offer.dist.version} {hashlib.sha256(text.encode()).hexdigest()}"
