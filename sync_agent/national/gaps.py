"""Decides what of a case the contract has no room for: counted case by case, never dropped silently."""

from collections.abc import Iterator
from typing import Any

from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step

__all__ = ["Gaps"]

_STEPS = {
    "acceptance": Step.ACCEPTANCE,
    "enforcements": Step.ENFORCEMENT,
    "processing": Step.PROCESSING,
    "settlements": Step.SETTLEMENT,
}
_KEYED = frozenset({"enforcements", "settlements"})


class Gaps:
    """The CaseFile paths that no message carries, ready to be looked for.

    `counted` paths give one finding each (a list one for each item); those below a `folded` part one for the part.
    """

    def __init__(self, counted: tuple[str, ...], folded: tuple[str, ...]) -> None:
        self._paths = [(tuple(path.split(".")), _fold(path, folded)) for path in counted]

    def findings(self, case: CaseFile) -> list[Finding]:
        """Return what of `case` stays behind, each place once."""
        found = (
            Finding("not_expressible", Level.WARN, fold or path, _STEPS.get(parts[0]), key)
            for parts, fold in self._paths
            for path, key in _present(case, parts, "", "")
        )
        return list(dict.fromkeys(found))


def _fold(path: str, folded: tuple[str, ...]) -> str:
    return next((part for part in folded if path.startswith(f"{part}.")), "")


def _present(node: Any, parts: tuple[str, ...], path: str, key: str) -> Iterator[tuple[str, str]]:
    value = getattr(node, parts[0])
    here = f"{path}.{parts[0]}" if path else parts[0]
    if value is None:
        return
    if len(parts) > 1:
        for item in value if isinstance(value, tuple) else (value,):
            yield from _present(item, parts[1:], here, item.local_key if parts[0] in _KEYED else key)
    elif isinstance(value, tuple):
        for position in range(len(value)):
            yield f"{here}[{position}]", key
    else:
        yield here, key
