"""Decides how a check collects what it has to say: a code and its facts, never more of one kind than a person reads."""

import re
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Remark", "Remarks", "Severity", "Unreadable", "shown"]

_MOST = 20  # of one kind
_LONGEST = 120
_UNSAFE = re.compile(r"[^\x20-\x7e]")


class Severity(IntEnum):
    """How bad a remark is; the value is the exit code, a higher one wins."""

    TOLD = 0
    LOOK = 1
    UNREADABLE = 2
    TAMPERED = 4


@dataclass(frozen=True)
class Remark:
    """One thing to say: `code` has its sentences in `words.py`, `facts` fill them."""

    code: str
    facts: dict[str, str]


class Unreadable(Exception):  # noqa: N818 - what it says is a remark like the others
    """Something cannot be read, or is refused unread. Nothing was proved, nothing disproved."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


class Remarks:
    """What a check has to say, in the order it was found."""

    def __init__(self) -> None:
        self.all: list[Remark] = []
        self.counts: Counter[str] = Counter()

    def add(self, code: str, **facts: object) -> None:
        """Say something; what comes too often is counted only."""
        self.counts[code] += 1
        if self.counts[code] <= _MOST:
            self.all.append(Remark(code, {name: shown(value) for name, value in facts.items()}))

    def left_out(self) -> dict[str, int]:
        """Return, by code, how many were counted only."""
        return {code: count - _MOST for code, count in self.counts.items() if count > _MOST}


def shown(value: object) -> str:
    """Return a value as it can be printed: bounded, and nothing in it moves the cursor of a terminal."""
    text = str(value)
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)
