"""Decides what a fault is: what goes wrong, on which requests, before or after the service has committed.

    FAULT   = KIND [=VALUE] [@ROUTE[+ROUTE...]] [:KEY=VALUE[,KEY=VALUE...]]
    ROUTE   = an action such as CapNhatVuViec, or `writes`, or `reads`, or `token`; none = every action
    KEY     = share (0 < share <= 1)     acts on this share of the matching requests, by the seeded generator
              count (N >= 1)             acts at most N times
              after (N >= 0)             lets the first N matching requests pass
              retry-after (seconds)      only with a status: the header of that name

    KIND              what the client sees                                        the service has processed it
    latency=D[..D]    an answer D later (`50ms`, `1.5s`, a range at random)       later than the client may wait
    NNN               the HTTP status NNN (300-599)                               no
    NNN-after         the same                                                    yes
    lost              the connection closed without a byte                        yes
    lost-before       the same                                                    no
    reset             the connection reset                                        no
    reset-after       the same                                                    yes
    html              an HTML page with status 200                                no
    html-after        the same                                                    yes
    empty             status 200 and an empty body                                yes
    empty-before      the same                                                    no
    truncated         half of the body, then the connection closed                yes
    garbled           half of the body, with a length that fits it                yes
    text              the right body as text/plain                                yes
    single            the right body, encoded once instead of twice               yes
    other-id          an answer that names an Id never asked for                  yes
    refuse[=name]     status 200, empty Id, a message (with `name`: quoting one)  no

Examples: `503@CapNhatVuViec:share=0.05`, `lost@writes:share=0.02`, `401:after=100,count=5`.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync_agent.errors import ConfigError
from sync_agent.simulator.actions import ACTIONS, READS, TOKEN, WRITES

__all__ = ["Fault", "parse_fault"]

_KINDS = {  # kind: whether the service has processed the request when the fault shows
    "lost": True,
    "lost-before": False,
    "reset": False,
    "reset-after": True,
    "html": False,
    "html-after": True,
    "empty": True,
    "empty-before": False,
    "truncated": True,
    "garbled": True,
    "text": True,
    "single": True,
    "other-id": True,
    "refuse": False,
}
_GROUPS: Mapping[str, frozenset[str]] = {"writes": WRITES, "reads": READS, TOKEN: frozenset({TOKEN})}
_GRAMMAR = re.compile(r"(?P<kind>[a-z0-9-]+)(=(?P<value>[^@:]+))?(@(?P<routes>[^:]+))?(:(?P<keys>.+))?")
_STATUS = re.compile(r"(?P<status>[345]\d\d)(?P<after>-after)?")
_DURATION = re.compile(r"(?P<number>\d{1,7}(\.\d{1,6})?)(?P<unit>ms|s)")
_SECONDS = {"ms": 0.001, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Fault:
    """One parsed fault; `effect` is the kind without the suffix that tells its moment."""

    spec: str
    effect: str
    processed: bool = False
    routes: frozenset[str] = ACTIONS
    share: float = 1.0
    count: int | None = None
    after: int = 0
    status: int = 0
    retry_after: int | None = None
    delay: tuple[float, float] = (0.0, 0.0)
    """Shortest and longest delay in seconds."""
    quotes_name: bool = False


def parse_fault(spec: str) -> Fault:
    """Return the fault that `spec` describes; raises ConfigError with what is wrong and what would be right."""
    match = _GRAMMAR.fullmatch(spec)
    if match is None:
        raise ConfigError("the form is KIND[=VALUE][@ROUTE+ROUTE][:key=value,key=value]", where=_where(spec))
    fault = _of_kind(spec, match["kind"], match["value"] or "")
    return replace(fault, routes=_routes(spec, match["routes"]), **_keys(spec, fault, match["keys"]))


def _of_kind(spec: str, kind: str, value: str) -> Fault:
    status = _STATUS.fullmatch(kind)
    if kind == "latency":
        return Fault(spec, kind, delay=_delay(spec, value))
    if kind == "refuse" and value in {"", "name"}:
        return Fault(spec, kind, quotes_name=bool(value))
    if value:
        raise ConfigError("'{kind}' takes no such value", where=_where(spec), facts=(("kind", kind),))
    if status is not None:
        return Fault(spec, "status", processed=bool(status["after"]), status=int(status["status"]))
    if kind in _KINDS:
        return Fault(spec, kind.removesuffix("-after").removesuffix("-before"), processed=_KINDS[kind])
    nearest = difflib.get_close_matches(kind, ["latency", *_KINDS], n=1, cutoff=0.0)[0]
    raise ConfigError(
        "there is no fault '{kind}'",
        where=_where(spec),
        todo="did you mean '{nearest}'?",
        facts=(("kind", kind), ("nearest", nearest)),
    )


def _delay(spec: str, value: str) -> tuple[float, float]:
    found = [_DURATION.fullmatch(text) for text in value.split("..", 1)]
    seconds = [float(match["number"]) * _SECONDS[match["unit"]] for match in found if match is not None]
    if len(seconds) != len(found) or seconds != sorted(seconds):
        raise ConfigError("a delay is like 50ms, 1.5s or 20ms..200ms", where=_where(spec))
    return seconds[0], seconds[-1]


def _routes(spec: str, names: str | None) -> frozenset[str]:
    if names is None:
        return ACTIONS
    routes: set[str] = set()
    for name in names.split("+"):
        if name not in ACTIONS and name not in _GROUPS:
            nearest = difflib.get_close_matches(name, [*_GROUPS, *sorted(ACTIONS)], n=1, cutoff=0.0)[0]
            raise ConfigError(
                "there is no route '{name}'",
                where=_where(spec),
                todo="did you mean '{nearest}'?",
                facts=(("name", name), ("nearest", nearest)),
            )
        routes |= _GROUPS.get(name, {name})
    return frozenset(routes)


def _keys(spec: str, fault: Fault, text: str | None) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for pair in text.split(",") if text else ():
        name, _, value = pair.partition("=")
        if name == "share":
            keys["share"] = _share(spec, value)
        elif name in {"count", "after"} or (name == "retry-after" and fault.effect == "status"):
            keys[name.replace("-", "_")] = _number(spec, name, value)
        else:
            raise ConfigError(
                "'{name}' is not a key of this fault",
                where=_where(spec),
                todo="keys are share, count, after, and with a status retry-after",
                facts=(("name", name),),
            )
    return keys


def _share(spec: str, value: str) -> float:
    share = float(value) if re.fullmatch(r"[01](\.\d{1,9})?", value) else 0.0
    if not 0.0 < share <= 1.0:
        raise ConfigError("share is a number above 0 and at most 1", where=_where(spec))
    return share


def _number(spec: str, name: str, value: str) -> int:
    number = int(value) if re.fullmatch(r"\d{1,9}", value) else -1
    if number < (name == "count"):
        raise ConfigError(
            "'{name}' is a whole number, {least} or more",
            where=_where(spec),
            facts=(("name", name), ("least", "1" if name == "count" else "0")),
        )
    return number


def _where(spec: str) -> str:
    return f"--fault {spec}"
