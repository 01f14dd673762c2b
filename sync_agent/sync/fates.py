"""Decides what becomes of a message that was not accepted: one table, by the kind of failure, shown in the manual.

State, quick tries, the next try by itself, who settles it, and the exit code a pass ends with while it stands so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType

from sync_agent.domain.steps import Step
from sync_agent.ledger import State
from sync_agent.national import FILE_CHANGED, NotProcessed, Refused, Unknown

__all__ = [
    "FATES",
    "REFUSED_AGAIN",
    "Again",
    "Failed",
    "Failure",
    "Fate",
    "Settler",
    "doubt_of",
    "failure_of",
    "refused_again",
]

Failed = NotProcessed | Refused | Unknown

REFUSED_AGAIN = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(hours=72))
"""How long a message rests after its first, second, third and fourth refusal that is not known as final."""


class Failure(StrEnum):
    """Why a message was not accepted."""

    NOT_SENT = "not_sent"
    BUSY = "busy"
    FILE_CHANGED = "file_changed"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    REFUSED_FINAL = "refused_final"
    NOT_THERE = "not_there"
    TOO_LARGE = "too_large"
    UNKNOWN_CASE = "unknown_case"
    UNKNOWN_CREATE = "unknown_create"
    UNKNOWN_UPDATE = "unknown_update"
    UNKNOWN_REPEATABLE = "unknown_repeatable"
    ID_CHANGED = "id_changed"
    ID_TAKEN = "id_taken"


class Again(StrEnum):
    """When a message is tried again by itself."""

    BACK_OFF = "back_off"  # longer each time, without end
    WITH_ACCOUNT = "with_account"  # as soon as its account is let in again
    RARELY = "rarely"  # by REFUSED_AGAIN, then never
    NEVER = "never"  # content, or the versions that made it, must change
    SETTLED = "settled"  # not before it is known whether it arrived


class Settler(StrEnum):
    """Who or what ends the failure."""

    TIME = "time"
    ACCOUNT = "account"
    PERSON = "person"
    LOOK_UP = "look_up"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a message; `when` is a sentence of the manual, `exits` the codes a pass may end with."""

    when: str
    state: State
    quick: bool
    again: Again
    settler: Settler
    exits: tuple[int, ...]


def _surely_not(when: str, *, quick: bool) -> Fate:
    return Fate(when, State.WAITING, quick, Again.BACK_OFF, Settler.TIME, (0, 3))


def _of_account(when: str) -> Fate:
    return Fate(when, State.WAITING, quick=False, again=Again.WITH_ACCOUNT, settler=Settler.ACCOUNT, exits=(1, 2, 3))


def _refused(when: str, again: Again) -> Fate:
    exits = (0, 1) if again is Again.RARELY else (1,)  # what is tried again by itself needs nobody yet
    return Fate(when, State.REJECTED, quick=False, again=again, settler=Settler.PERSON, exits=exits)


def _unknown(when: str, settler: Settler) -> Fate:
    return Fate(when, State.UNCERTAIN, quick=False, again=Again.SETTLED, settler=settler, exits=(1, 3))


FATES: Mapping[Failure, Fate] = MappingProxyType(
    {
        Failure.NOT_SENT: _surely_not(
            "no byte left: no connection, no free one in time, no token, or the process slept over its intent",
            quick=True,
        ),
        Failure.BUSY: _surely_not("a status that says so, by `not_processed_statuses`: 429, 503", quick=True),
        Failure.FILE_CHANGED: _surely_not("a file was another than the one it was judged by", quick=False),
        Failure.UNAUTHORIZED: _of_account("401, or the LGSP gives its account no token"),
        Failure.FORBIDDEN: _of_account("403 where the contract says it surely was not processed, or to a question"),
        Failure.REFUSED: _refused("refused, by a text not known as final", Again.RARELY),
        Failure.REFUSED_FINAL: _refused("refused, by a text with `final = true` in `refusals.toml`", Again.NEVER),
        Failure.NOT_THERE: _refused("404 to an update: never made a new record of", Again.NEVER),
        Failure.TOO_LARGE: _refused("413, by an answer that says it took nothing, or after a look-up", Again.NEVER),
        Failure.UNKNOWN_CASE: _unknown("no whole answer to a new case, or one not understood", Settler.LOOK_UP),
        Failure.UNKNOWN_CREATE: _unknown("the same to another new record", Settler.PERSON),
        Failure.UNKNOWN_UPDATE: _unknown("the same to an update that may not be repeated", Settler.PERSON),
        Failure.UNKNOWN_REPEATABLE: _unknown("the same to what may be repeated", Settler.REPEAT),
        Failure.ID_CHANGED: _unknown("an update answered with another Id", Settler.PERSON),
        Failure.ID_TAKEN: _unknown("an Id that another message has already", Settler.PERSON),
    }
)

_BY_STATUS = {
    0: Failure.NOT_SENT,
    HTTPStatus.UNAUTHORIZED: Failure.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: Failure.FORBIDDEN,
}


def failure_of(outcome: Failed, *, step: Step, update: bool, repeatable: bool) -> Failure:
    """Return which failure an outcome is for a message; `repeatable` is what its contract says of it."""
    if isinstance(outcome, NotProcessed):
        if outcome.cause == FILE_CHANGED:
            return Failure.FILE_CHANGED
        return _BY_STATUS.get(outcome.status, Failure.BUSY)
    if update and outcome.status == HTTPStatus.NOT_FOUND:
        return Failure.NOT_THERE
    if isinstance(outcome, Unknown):
        return doubt_of(outcome.cause, step=step, update=update, repeatable=repeatable)
    if outcome.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Failure.TOO_LARGE
    return Failure.REFUSED_FINAL if outcome.final else Failure.REFUSED


def doubt_of(reason: str | None, *, step: Step, update: bool, repeatable: bool) -> Failure:
    """Return which failure left a message uncertain for `reason`."""
    if reason in {Failure.ID_CHANGED, Failure.ID_TAKEN}:
        return Failure(reason)
    if repeatable:
        return Failure.UNKNOWN_REPEATABLE
    if update:
        return Failure.UNKNOWN_UPDATE
    return Failure.UNKNOWN_CASE if step is Step.CASE else Failure.UNKNOWN_CREATE


def refused_again(refusals: int) -> timedelta | None:
    """Return how long a message rests after so many refusals not known as final, None when a person must help."""
    return REFUSED_AGAIN[refusals - 1] if 1 <= refusals <= len(REFUSED_AGAIN) else None
