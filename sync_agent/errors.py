"""Every error of the agent. The type decides what happens next; texts are for people.

SyncAgentError
├── ConfigError            a setting, profile, contract or code table is wrong      exit 2
├── GuardError             a guard against the irreversible stopped the pass         exit 1
├── SourceError            the local system cannot be read                           exit 6
├── LedgerError            the ledger cannot be read or written                      exit 2
│   ├── LockedError        another instance holds the ledger                         exit 5
│   └── EpochLostError     another instance has taken the ledger over                exit 5
├── NationalUnreachableError  nothing of the national side can be reached            exit 3
└── AuditError             the audit log does not verify                             exit 4
"""

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "AuditError",
    "ConfigError",
    "EpochLostError",
    "GuardError",
    "LedgerError",
    "LockedError",
    "NationalUnreachableError",
    "SourceError",
    "SyncAgentError",
]


@dataclass(eq=False)
class SyncAgentError(Exception):
    """Something the operator must know.

    `what` is a message id of the catalogues (English, with `{names}` filled from `facts`), `where` a file:line, a
    setting or a case key, `todo` the message id of what to do. None of them may carry personal data.
    """

    what: str
    where: str = ""
    todo: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        """Return the one line in English; the command line prints it in the reader's language."""
        facts = dict(self.facts)
        parts = [self.where, self.what.format(**facts), self.todo.format(**facts)]
        return ": ".join(part for part in parts[:2] if part) + (f" - {parts[2]}" if parts[2] else "")


class ConfigError(SyncAgentError):
    """A setting, profile, contract or code table is wrong."""

    exit_code = 2


class GuardError(SyncAgentError):
    """A guard against the irreversible stopped the pass."""

    exit_code = 1


class SourceError(SyncAgentError):
    """The local system cannot be read."""

    exit_code = 6


class LedgerError(SyncAgentError):
    """The ledger cannot be read or written."""

    exit_code = 2


class LockedError(LedgerError):
    """Another instance holds the ledger."""

    exit_code = 5


class EpochLostError(LedgerError):
    """Another instance has taken the ledger over."""

    exit_code = 5


class NationalUnreachableError(SyncAgentError):
    """Nothing of the national side can be reached."""

    exit_code = 3


class AuditError(SyncAgentError):
    """The audit log does not verify."""

    exit_code = 4
