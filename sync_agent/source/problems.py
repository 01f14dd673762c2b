"""What a person is told when a local database refuses: one line from an allow-list, never the driver's own text."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sync_agent.errors import SourceError
from sync_agent.i18n import mark

__all__ = ["Kind", "Problem", "SourceLostError", "explained"]

_MEND: Final = "mend the query in the profile"


class SourceLostError(SourceError):
    """The local system does not answer, or stopped answering. Reading again later may succeed."""


class Kind(Enum):
    """What went wrong, the same for every kind of database."""

    LOST = auto()
    ACCOUNT = auto()
    DATABASE = auto()
    ENCRYPTION = auto()
    METHOD = auto()
    FORBIDDEN = auto()
    TABLE = auto()
    COLUMN = auto()
    FUNCTION = auto()
    SYNTAX = auto()
    TYPES = auto()
    TIMEOUT = auto()
    LOCKED = auto()
    WRITES = auto()
    SNAPSHOT = auto()
    NO_FILE = auto()
    NO_SQLITE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Problem:
    """What a driver's error means. `name` is that of a table, column or function; `code` the driver's number for it."""

    kind: Kind
    name: str = ""
    code: str = ""


_MISSING: Final = {Kind.TABLE: "table", Kind.COLUMN: "column", Kind.FUNCTION: "function"}

_SAID: Final = {
    Kind.LOST: (
        mark("the source cannot be reached"),
        mark("check that its server runs and that this machine may connect to it"),
    ),
    Kind.ACCOUNT: (
        mark("the source refuses the account"),
        mark("check its name in source.url, its password, and the rules of the server"),
    ),
    Kind.DATABASE: (mark("the source has no database of this name"), mark("check source.url")),
    Kind.ENCRYPTION: (
        mark("no encrypted connection to the source can be made"),
        mark("check the certificate and what source.url says about encryption"),
    ),
    Kind.METHOD: (
        mark("the account of the source logs in by a method that the driver cannot use here"),
        mark("encrypt the connection, or install the package cryptography"),
    ),
    Kind.FORBIDDEN: (
        mark("the account of the source may not read what the query {query} needs"),
        mark("grant it SELECT there, nothing more"),
    ),
    Kind.SYNTAX: (mark("the query {query} is not valid SQL"), mark(_MEND)),
    Kind.TYPES: (mark("the query {query} compares values of different types"), mark("convert one of them by CAST")),
    Kind.TIMEOUT: (
        mark("the query {query} took longer than {seconds} seconds"),
        mark("help it by an index, or raise source.statement_seconds"),
    ),
    Kind.LOCKED: (mark("the source is locked by another program"), mark("try again later")),
    Kind.WRITES: (mark("the query {query} tries to write, but the source is only ever read"), mark(_MEND)),
    Kind.SNAPSHOT: (
        mark("the source does not allow snapshots"),
        mark("let its administrator set ALLOW_SNAPSHOT_ISOLATION ON for this database"),
    ),
    Kind.NO_FILE: (mark("the source cannot be opened"), mark("check the path and the right to read it")),
    Kind.NO_SQLITE: (mark("the source is not a SQLite database"), mark("check the path")),
    Kind.OTHER: (mark("the query {query} failed in the source ({error})"), ""),
}


def explained(query: str, error: BaseException, problem: Problem, *, seconds: int) -> SourceError:
    """Return the error for people: names of tables, columns and queries, and the driver's code; no value, no text."""
    if problem.kind in _MISSING:
        return _missing(query, problem)
    what, todo = _SAID[problem.kind]
    known = {"query": query, "seconds": str(seconds), "error": f"{type(error).__name__} {problem.code}".strip()}
    facts = tuple((name, value) for name, value in known.items() if f"{{{name}}}" in what)
    return (SourceLostError if problem.kind is Kind.LOST else SourceError)(what, todo=todo, facts=facts)


def _missing(query: str, problem: Problem) -> SourceError:
    facts = (("kind", _MISSING[problem.kind]), ("name", problem.name), ("query", query))
    if problem.name:
        return SourceError("the source has no {kind} {name}, which the query {query} needs", todo=_MEND, facts=facts)
    return SourceError("the query {query} needs a {kind} that the source does not have", todo=_MEND, facts=facts)
