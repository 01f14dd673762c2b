"""The figures several commands show: messages by step and state, and what of them needs a person."""

from collections import Counter
from collections.abc import Mapping

from sync_agent.cli.output import Column, Output
from sync_agent.cli.words import state_word, step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import number_text, tr

__all__ = ["needing_a_person", "print_messages", "print_next"]

_ORDER = ("acknowledged", "in_flight", "waiting", "pending", "not_ready", "held", "uncertain", "rejected")
_FOR_A_PERSON = ("held", "uncertain", "rejected")


def needing_a_person(counts: Mapping[tuple[str, str], int]) -> int:
    """Return how many messages, counted by (step, state), wait for a person."""
    return sum(number for (_, state), number in counts.items() if state in _FOR_A_PERSON)


def print_messages(output: Output, counts: Mapping[tuple[str, str], int]) -> None:
    """Print a row for each step and a column for each state that occurs."""
    states = [state for state in _ORDER if any(at == state for _, at in counts)]
    columns = [Column(state, state_word(state), right=True) for state in states]
    output.table(
        [Column("step", tr("messages")), *columns],
        [
            {"step": step_word(step), **{state: counts.get((step, state), 0) for state in states}}
            for step in Step
            if any(each == step for each, _ in counts)
        ],
    )


def print_next(output: Output, counts: Mapping[tuple[str, str], int]) -> None:
    """Print, for each state that waits for a person, how many messages there are and which command goes on."""
    totals: Counter[str] = Counter()
    for (_, state), number in counts.items():
        totals[state] += number
    todo = {
        "held": tr("see: {command}", command="sync-agent holds list"),
        "uncertain": tr("see: {command}", command="sync-agent cases list --state uncertain"),
        "rejected": tr("see: {command}", command="sync-agent cases list --state rejected"),
    }
    for state in _FOR_A_PERSON:
        if totals[state]:
            line = tr(
                "{count} messages need a person, {state}", count=number_text(totals[state]), state=state_word(state)
            )
            output.text(f"{line} - {todo[state]}")
