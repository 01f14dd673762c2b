"""What the exit code says, the same for every command."""

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """Exit codes; `errors.py` gives the same ones to its classes."""

    DONE = 0
    NEEDS_PERSON = 1  # done, but something is held, rejected, uncertain, or was found
    USAGE = 2  # or the configuration
    UNREACHABLE = 3  # the national side
    AUDIT = 4  # verification failed
    LOCKED = 5  # another instance holds the ledger
    SOURCE = 6  # unreadable
    INTERRUPTED = 130
