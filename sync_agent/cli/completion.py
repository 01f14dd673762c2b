"""Which values a shell completes beside those of closed lists. Never a key of a case: it would stay in the shell."""

import os

from sync_agent.domain.rules import RULES

__all__ = ["describe_on_one_line", "event_names", "rule_names"]


def describe_on_one_line() -> None:
    """Have a shell that completes get each description whole: a second line would be another thing to choose."""
    if "_SYNC_AGENT_COMPLETE" in os.environ:
        os.environ["COLUMNS"] = "1000"


def rule_names(incomplete: str) -> list[str]:
    """Return the rules whose names begin so."""
    return sorted(name for name in RULES if name.startswith(incomplete))


def event_names(incomplete: str) -> list[str]:
    """Return the events of the audit log whose names begin so."""
    from sync_agent.audit import Event

    return sorted(event.value for event in Event if event.value.startswith(incomplete))
