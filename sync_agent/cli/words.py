"""The words people see for steps, states, levels and kinds, and in which colour a terminal shows them.

A colour only repeats what its word says: without colours nothing is lost.
"""

from typing import Final

from sync_agent import words
from sync_agent.cli.output import Toned
from sync_agent.words import ago, kind_word, level_word, rule_sentence, step_word

__all__ = [
    "DUE_SOON",
    "LATE",
    "STATES",
    "ago",
    "kind_word",
    "level_word",
    "result_word",
    "rule_sentence",
    "state_word",
    "step_word",
    "up_word",
]

_GOOD: Final = "green"
_BAD: Final = "red"
LATE: Final = "red"
DUE_SOON: Final = "yellow"

STATES: Final = {
    "acknowledged": _GOOD,
    "in_flight": "cyan",
    "pending": "cyan",
    "waiting": "yellow",
    "not_ready": "dim",
    "held": "yellow",
    "uncertain": "magenta",
    "rejected": _BAD,
}
"""The colour of each state of a message."""


def state_word(state: str) -> Toned:
    """Return the state of a message as people call it."""
    return Toned(words.state_word(state), STATES[state])


def result_word(result: str | None) -> Toned:
    """Return how a run ended as people call it; one that did not end was cut off or still runs."""
    tones = {"done": _GOOD, "interrupted": "yellow", None: "yellow"}
    return Toned(words.result_word(result), tones.get(result, _BAD))


def up_word(word: str, *, up: bool) -> Toned:
    """Return the word for what works, or does not."""
    return Toned(word, _GOOD if up else _BAD)
