"""How one thing came out that `check` looked at, and how an error of it is told."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sync_agent.errors import SyncAgentError
from sync_agent.sync import Agent

__all__ = ["Check", "Look", "Verdict", "failed", "seen"]


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: `what` and `todo` are message ids, filled from `facts`."""

    subject: str
    verdict: Verdict
    what: str
    todo: str = ""
    where: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    exit_code: int = 2


Look = Callable[[Agent], Check | Iterable[Check]]


def seen(agent: Agent, subject: str, look: Look) -> Iterator[Check]:
    """Yield what a look finds; an error of ours is what it finds then."""
    try:
        found = look(agent)
        yield from [found] if isinstance(found, Check) else found
    except SyncAgentError as error:
        yield failed(subject, error)


def failed(subject: str, error: SyncAgentError) -> Check:
    """Return an error as a line of the doctor."""
    return Check(subject, Verdict.FAIL, error.what, error.todo, error.where, error.facts, error.exit_code)
