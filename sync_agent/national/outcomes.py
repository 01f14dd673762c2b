"""What became of a request, by type: the type alone says whether it may be sent again."""

from dataclasses import dataclass, field

__all__ = ["FILE_CHANGED", "OVERSLEPT", "TOO_LARGE", "Accepted", "NotProcessed", "Outcome", "Refused", "Unknown"]

FILE_CHANGED = "file_changed"
"""Cause of a message that did not go up whole, because its file was another than the one it was judged by."""

OVERSLEPT = "overslept"
"""Cause of a message that did not go up, because the process slept until its intent was too old."""

TOO_LARGE = "too_large"
"""Code of a refusal, or cause of a doubt: the message was larger than the service, or what stands before it, takes."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The national side holds it under `national_id`. `answer` is the raw body, for its digest only."""

    national_id: str
    status: int
    answer: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Understood and not taken; `final`: the same content is known to be refused for ever.

    `masked` shows only words of the refusal vocabulary; `raw` never leaves memory.
    """

    code: str
    masked: str
    status: int
    raw: str = field(default="", repr=False)
    answer: bytes = field(default=b"", repr=False)
    final: bool = False


@dataclass(frozen=True, slots=True)
class NotProcessed:
    """Surely not processed: may be sent again, not before `retry_after` seconds if given. `status` 0: no answer."""

    cause: str
    status: int = 0
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been processed or not. A create must not be sent again on this. `status` 0: no answer.

    `masked` is what may be shown of it, as in `Refused`.
    """

    cause: str
    status: int = 0
    answer: bytes = field(default=b"", repr=False)
    masked: str = ""


Outcome = Accepted | Refused | NotProcessed | Unknown
