"""Decides how what the ledger holds is said on a page: states with a sign and a word, times as in Viet Nam, no name."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sync_agent.errors import SyncAgentError
from sync_agent.i18n import date_text, mark, number_text, time_text, tr
from sync_agent.ledger import Request, State
from sync_agent.web.front import Desk
from sync_agent.words import ago, kind_word, level_word, result_word, rule_sentence, state_word, step_word

__all__ = ["BUCKETS", "GLOBALS", "Said", "bucket_word", "case_name", "failure_text", "outcome_text"]

BUCKETS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "up": (mark("gone up"), frozenset({State.ACKNOWLEDGED})),
    "waiting": (mark("waiting"), frozenset({State.PENDING, State.IN_FLIGHT, State.WAITING})),
    "held": (mark("held"), frozenset({State.HELD})),
    "refused": (mark("refused"), frozenset({State.REJECTED})),
    "uncertain": (mark("uncertain"), frozenset({State.UNCERTAIN})),
    "unready": (mark("not ready"), frozenset({State.NOT_READY})),
}
"""The states of messages as an inspector asks for them, each with its word; a tone and a sign of the same name."""

_TONES: Final = {state: tone for tone, (_, states) in BUCKETS.items() for state in states}
_RESULTS: Final = {"done": "up", "guard": "held", "interrupted": "uncertain"}
_REQUESTS: Final = {"asked": "waiting", "begun": "waiting", "done": "up", "failed": "refused"}
_LEVELS: Final = {"block": "refused", "hold": "held", "warn": "unready"}
_REQUEST_STATES: Final = {
    "asked": mark("asked"),
    "begun": mark("begun"),
    "done": mark("done"),
    "failed": mark("failed"),
}
_REQUEST_KINDS: Final = {
    "sync": mark("a pass"),
    "resync": mark("send again"),
    "reconcile": mark("compare with the national side"),
    "release": mark("release a hold"),
    "reject": mark("reject a hold"),
    "resolve": mark("settle an uncertain message"),
    "retry": mark("try a refused message again"),
}
_RUN_KINDS: Final = {"sync": mark("a pass"), "resync": mark("send again"), "adopt": mark("taking over a stock")}
_HEAD_REASONS: Final = {
    "start": mark("the service began"),
    "stop": mark("the service ended"),
    "entries": mark("enough entries"),
    "hour": mark("the hour was over"),
    "run": mark("a pass ended"),
    "person": mark("a person asked"),
    "rotation": mark("the key was replaced"),
}


class Said(dict[str, Any]):
    """What an entry or a request says; what it does not say is None."""

    def __missing__(self, name: str) -> None:
        """Say nothing."""


def bucket_word(bucket: str) -> str:
    """Return the word of one of the states an inspector asks for."""
    return tr(BUCKETS[bucket][0])


def case_name(desk: Desk, row: Any) -> str:
    """Return the key of a case, of a protected one its pseudonym."""
    return desk.names.shown(row.case_key, protected=row.protected_since is not None)


def _instant_text(text: str | None) -> str:
    return time_text(datetime.fromisoformat(text)) if text else "–"


def _day_text(text: str | None) -> str:
    return date_text(date.fromisoformat(text)) if text else "–"


def _when(moment: datetime | None) -> str:
    return time_text(moment) if moment else "–"


def _state_text(state: str) -> str:
    """Return a state in words; what is none of a message stands as it is."""
    return state_word(state) if state in set(State) else state


def _count(number: int) -> str:
    return number_text(number) if number else "–"


def outcome_text(asked: Request) -> str:
    """Return what came of a request: how much, figures and codes as the command prints them, an error in words."""
    if asked.error is not None:
        return failure_text(asked.error)
    match asked.result:
        case int() as number:
            return number_text(number)
        case list() as several:
            return number_text(len(several))
        case dict() as figures:
            plain = {name: value for name, value in figures.items() if isinstance(value, int | str)}
            return ", ".join(f"{name} {value}" for name, value in sorted(plain.items())) or "–"
    return "–"


def failure_text(failure: SyncAgentError) -> str:
    """Return what an error says, in the reader's language."""
    return tr(failure.what, **dict(failure.facts))


def _head_reason(reason: str) -> str:
    return tr(_HEAD_REASONS.get(reason, reason))


def _run_kind(kind: str) -> str:
    return tr(_RUN_KINDS.get(kind, kind))


def _request_state(state: str) -> str:
    return tr(_REQUEST_STATES[state])


def _request_kind(kind: str) -> str:
    return tr(_REQUEST_KINDS.get(kind, kind))


GLOBALS: Final[Mapping[str, Any]] = {
    "age": ago,
    "bucket_word": bucket_word,
    "buckets": tuple(BUCKETS),
    "count": _count,
    "day_text": _day_text,
    "failure_text": failure_text,
    "head_reason": _head_reason,
    "instant_of": datetime.fromisoformat,
    "instant_text": _instant_text,
    "kind_word": kind_word,
    "level_word": level_word,
    "levels": _LEVELS,
    "outcome_text": outcome_text,
    "request_kind": _request_kind,
    "request_state": _request_state,
    "request_tones": _REQUESTS,
    "result_tones": _RESULTS,
    "result_word": result_word,
    "run_kind": _run_kind,
    "said_of": Said,
    "rule_sentence": rule_sentence,
    "state_text": _state_text,
    "state_word": state_word,
    "step_word": step_word,
    "tones": _TONES,
    "when": _when,
}
"""What every template may call."""
