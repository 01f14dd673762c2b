"""The figures several commands show: messages by step and state, and what of them needs a person."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sync_agent.cli.output import Column, Output
from sync_agent.cli.words import DUE_SOON, LATE, STATES, state_word, step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import number_text, tr

if TYPE_CHECKING:
    from sync_agent.ledger import queries

__all__ = ["needing_a_person", "print_messages", "print_next", "print_stopped"]

_ORDER = ("acknowledged", "in_flight", "waiting", "pending", "not_ready", "held", "uncertain", "rejected")
_FOR_A_PERSON = ("held", "uncertain", "rejected")


def needing_a_person(overview: "queries.Overview") -> int:
    """Return how many messages wait for a person."""
    return sum(overview.for_a_person.values())


def print_messages(
    output: Output,
    counts: Mapping[tuple[str, str], int],
    late: Mapping[str, int] | None = None,
    soon: Mapping[str, int] | None = None,
) -> None:
    """Print a row for each step and a column for each state that occurs; by step also what is late or about to be."""
    states = [state for state in _ORDER if any(at == state for _, at in counts)]
    columns = [Column(state, state_word(state), right=True, style=STATES[state]) for state in states]
    if late:
        columns.append(Column("late", tr("late by the law"), right=True, style=LATE))
    if soon:
        columns.append(Column("soon", tr("about to be late"), right=True, style=DUE_SOON))
    output.table(
        [Column("step", tr("messages")), *columns],
        [
            {
                "step": step_word(step),
                **{state: counts.get((step, state), 0) for state in states},
                "late": (late or {}).get(step, 0),
                "soon": (soon or {}).get(step, 0),
            }
            for step in Step
            if any(each == step for each, _ in counts)
        ],
    )


def print_stopped(output: Output, kept: int | None = None) -> None:
    """Say that nothing new is created while no head reaches another machine, how many messages wait, and what to do."""
    output.text(
        tr("No head of the audit log reaches another machine: nothing new is created, changes go on.")
        + ("" if kept is None else f" {tr('Kept back: {count} messages.', count=number_text(kept))}")
        + f" - {tr('see: {command}', command='sync-agent audit checkpoint')}"
    )


def print_next(output: Output, overview: "queries.Overview") -> None:
    """Print, for each state that waits for a person, how many messages there are and which command goes on."""
    if overview.refused_again:
        count = number_text(overview.refused_again)
        output.text(tr("{count} refused messages are tried again by themselves.", count=count))
    totals = overview.for_a_person
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
