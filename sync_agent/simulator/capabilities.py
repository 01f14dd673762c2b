"""Decides which of the behaviours nobody outside knows for certain the simulator plays.

Each default is the one that harms a careless client most: what a client does not ask for is created a second time.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync_agent.errors import ConfigError

__all__ = ["CAPABILITY_VALUES", "WORST_CAPABILITIES", "Capabilities", "parse_capabilities"]

CAPABILITY_VALUES: Mapping[str, tuple[str, ...]] = {
    "case.update": ("by_id",),
    "settlement.update": ("none", "by_number", "decision_id:FIELD"),
    "processing": ("appends", "overwrites"),
    "acceptance": ("appends", "overwrites"),
    "lists_on_update": ("append", "replace"),
    "empty_string": ("clears", "keeps"),
    "link": ("off", "on"),
    "lookup": ("contains", "exact", "none"),
    "lookup.lag": ("SECONDS",),
    "lookup.cap": ("NUMBER",),
    "owner": ("any", "same"),
}
"""Every capability and its values, the default first; words in capitals stand for a value of that form."""

WORST_CAPABILITIES: Mapping[str, str] = {
    "settlement.update": "none",
    "processing": "appends",
    "acceptance": "appends",
    "lists_on_update": "append",
    "empty_string": "clears",
    "link": "off",
    "lookup": "none",
    "owner": "same",
}
"""The combination under which a client must still create nothing twice."""

_FORMS = {
    "decision_id:FIELD": re.compile(r"decision_id:(?P<value>[A-Za-z][A-Za-z0-9]{0,63})"),
    "SECONDS": re.compile(r"(?P<value>\d{1,6}(\.\d{1,6})?)"),
    "NUMBER": re.compile(r"(?P<value>[1-9]\d{0,5})"),
}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the service does with updates, lists, empty strings, links and look-ups."""

    settlement_update: str = "none"
    decision_field: str = ""
    """The top-level field that names the decision to update, where settlements are updated by `decision_id`."""
    processing: str = "appends"
    acceptance: str = "appends"
    lists_on_update: str = "append"
    empty_string: str = "clears"
    link: str = "off"
    lookup: str = "contains"
    lookup_lag: float = 0.0
    """Seconds before a new case can be found."""
    lookup_cap: int = 50
    """Most results of one look-up."""
    owner: str = "any"
    """`same`: only the account that created a record may update it."""


def parse_capabilities(values: Mapping[str, str]) -> Capabilities:
    """Return the capabilities that `values` names, the rest at their defaults.

    Raises ConfigError for a name or a value that does not exist.
    """
    capabilities = Capabilities()
    for name, value in values.items():
        if name not in CAPABILITY_VALUES:
            raise _unknown(name)
        capabilities = replace(capabilities, **_setting(name, value))
    return capabilities


def _setting(name: str, value: str) -> dict[str, Any]:
    if name == "lookup.lag":
        return {"lookup_lag": float(_formed(name, value))}
    if name == "lookup.cap":
        return {"lookup_cap": int(_formed(name, value))}
    if name == "settlement.update" and value.startswith("decision_id"):
        return {"settlement_update": "decision_id", "decision_field": _formed(name, value)}
    if value not in CAPABILITY_VALUES[name]:
        raise _bad_value(name, value)
    return {} if name == "case.update" else {name.replace(".", "_"): value}


def _formed(name: str, value: str) -> str:
    match = _FORMS[CAPABILITY_VALUES[name][-1]].fullmatch(value)
    if match is None:
        raise _bad_value(name, value)
    return match["value"]


def _unknown(name: str) -> ConfigError:
    nearest = difflib.get_close_matches(name, CAPABILITY_VALUES, n=1, cutoff=0.0)[0]
    return ConfigError(
        "unknown capability '{name}'",
        where="--capability",
        todo="did you mean '{nearest}'?",
        facts=(("name", name), ("nearest", nearest)),
    )


def _bad_value(name: str, value: str) -> ConfigError:
    return ConfigError(
        "capability '{name}' cannot be '{value}'",
        where="--capability",
        todo="use one of: {values}",
        facts=(("name", name), ("value", value), ("values", ", ".join(CAPABILITY_VALUES[name]))),
    )
