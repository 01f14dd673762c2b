"""Decides by which words people are told of steps, states, levels, kinds and results, wherever they read them."""

from datetime import datetime, timedelta
from typing import Final

from sync_agent.i18n import Language, language, mark, number_text, tr

__all__ = ["ago", "kind_word", "level_word", "result_word", "rule_sentence", "state_word", "step_word"]

_STEPS: Final = {
    "case": mark("case"),
    "processing": mark("processing"),
    "acceptance": mark("acceptance"),
    "settlement": mark("settlement"),
    "enforcement": mark("enforcement"),
}
_STATES: Final = {
    "not_ready": mark("not ready"),
    "pending": mark("to be sent"),
    "in_flight": mark("on its way"),
    "acknowledged": mark("acknowledged"),
    "waiting": mark("waiting to be tried again"),
    "rejected": mark("refused"),
    "uncertain": mark("uncertain"),
    "held": mark("held"),
}
_KINDS: Final = {
    "complaint": mark("complaint"),
    "denunciation": mark("denunciation"),
    "feedback": mark("recommendation, feedback"),
    "mixed": mark("mixed content"),
}
_LEVELS: Final = {"block": mark("block"), "hold": mark("hold"), "warn": mark("warn")}
_RESULTS: Final = {
    "done": mark("done"),
    "guard": mark("stopped by a guard"),
    "interrupted": mark("interrupted"),
    "failed": mark("failed"),
    "NationalUnreachableError": mark("the national side was not reached"),
    "SourceError": mark("the local system could not be read"),
    "ConfigError": mark("the configuration was wrong"),
}


def step_word(step: str) -> str:
    """Return the step as people call it; "" is the whole case."""
    return tr(_STEPS[step]) if step else tr("whole case")


def state_word(state: str) -> str:
    """Return the state of a message as people call it."""
    return tr(_STATES[state])


def kind_word(kind: str | None) -> str:
    """Return the kind of a case as people call it."""
    return tr(_KINDS[kind]) if kind else tr("not classified")


def level_word(level: str) -> str:
    """Return how much a finding weighs as people call it."""
    return tr(_LEVELS[level])


def result_word(result: str | None) -> str:
    """Return how a run ended as people call it; one that did not end was cut off or still runs."""
    return tr(_RESULTS.get(result, result)) if result else tr("not ended")


def ago(then: datetime, now: datetime) -> str:
    """Return how long ago something was: `3 h ago`."""
    age = max(now - then, timedelta())
    if age < timedelta(hours=1):
        return tr("{count} min ago", count=number_text(age // timedelta(minutes=1)))
    if age < timedelta(days=2):
        return tr("{count} h ago", count=number_text(age // timedelta(hours=1)))
    return tr("{count} days ago", count=number_text(age.days))


def rule_sentence(rule: str) -> str:
    """Return what a rule means, in the reader's language."""
    from sync_agent.domain.rules import RULES  # noqa: PLC0415 - not for every start of a command

    found = RULES.get(rule)
    if found is None:
        return rule
    return found.vi if language() is Language.VI else found.en
