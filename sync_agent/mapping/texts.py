"""What is known of the texts of a column: that letters were lost in it, which form they must have, how names stand."""

import re

from sync_agent.mapping.people import spelled
from sync_agent.mapping.profile import FieldRule
from sync_agent.mapping.values import Convert, UnreadableError, as_text

__all__ = ["text_reader"]


def text_reader(rule: FieldRule) -> Convert:
    """Return the reader of a text. What lost letters or lacks the form is no value: the right one is not guessed."""
    if rule.damage is None and rule.pattern is None and rule.capitals is None:
        return as_text
    form = re.compile(rule.pattern) if rule.pattern is not None else None

    def read(value: object) -> str:
        text = as_text(value)
        if rule.damage is not None and rule.damage in text:
            raise UnreadableError("text_lost")
        if form is not None and form.fullmatch(text) is None:
            raise UnreadableError("bad_form")
        return spelled(text) if rule.capitals is not None else text

    return read
