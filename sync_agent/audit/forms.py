"""Decides which values may stand in an entry: bounded ASCII words, hex, instants, small integers. Never free text.

Every form is a check and the JSON Schema of the same thing, so that the two cannot drift apart.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = [
    "CODE",
    "COUNTS",
    "DIGEST",
    "FLAG",
    "INSTANT",
    "NUMBER",
    "REASON",
    "STATUS",
    "WORD",
    "Form",
    "actor_code",
    "instant",
]

_CODE = r"[A-Za-z0-9_.:@+-]{1,128}"
_WORD = r"[A-Za-z][A-Za-z0-9_.:+-]{0,127}"  # begins with a letter, so that an ID or telephone number is none
_REASON = r"[A-Za-z][A-Za-z0-9_.:+-]{0,511}"  # several codes joined by `+`
_DIGEST = r"[0-9a-f]{64}"
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
_MAX_NUMBER = 2**53 - 1  # what every JSON reader keeps exact
_MAX_COUNTS = 64
_STATUS_RANGE = range(100, 1000)


@dataclass(frozen=True, slots=True)
class Form:
    """One form of value: `accepts` tells whether a value has it, `schema` says the same to other readers."""

    name: str
    accepts: Callable[[object], bool]
    schema: Mapping[str, object]


def _text_form(name: str, pattern: str) -> Form:
    fullmatch = re.compile(pattern, re.ASCII).fullmatch

    def accepts(value: object) -> bool:
        return isinstance(value, str) and fullmatch(value) is not None

    return Form(name, accepts, {"type": "string", "pattern": f"^{pattern}$"})


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MAX_NUMBER


def _is_status(value: object) -> bool:
    return type(value) is int and value in _STATUS_RANGE


def _is_flag(value: object) -> bool:
    return type(value) is bool


def _is_instant(value: object) -> bool:
    if not _INSTANT_TEXT.accepts(value):
        return False
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _is_counts(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and len(value) <= _MAX_COUNTS
        and all(WORD.accepts(name) and _is_number(number) for name, number in value.items())
    )


CODE = _text_form("code", _CODE)
WORD = _text_form("word", _WORD)
REASON = _text_form("reason", _REASON)
DIGEST = _text_form("digest", _DIGEST)
_INSTANT_TEXT = _text_form("instant", _INSTANT)
INSTANT = Form("instant", _is_instant, _INSTANT_TEXT.schema)
NUMBER = Form("number", _is_number, {"type": "integer", "minimum": 0, "maximum": _MAX_NUMBER})
STATUS = Form("status", _is_status, {"type": "integer", "minimum": _STATUS_RANGE[0], "maximum": _STATUS_RANGE[-1]})
FLAG = Form("flag", _is_flag, {"type": "boolean"})
COUNTS = Form(
    "counts",
    _is_counts,
    {
        "type": "object",
        "maxProperties": _MAX_COUNTS,
        "propertyNames": WORD.schema,
        "additionalProperties": NUMBER.schema,
    },
)


def instant(moment: datetime) -> str:
    """Return an aware `moment` as the log writes it: UTC, milliseconds, `Z`. A naive one raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError("an instant of the audit log needs its time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def actor_code(kind: str, login: str) -> str:
    r"""Return `kind:login` as an actor of the log; what a code cannot hold (`\`, spaces) becomes `+` and its hex."""
    escaped = re.sub(rb"[^A-Za-z0-9_.:@-]", lambda found: b"+%02x" % found.group()[0], login.encode("utf-8"))
    return f"{kind}:{escaped.decode('ascii')}"
