"""What passes between the gateway and the transport, and the two ways in which an exchange can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sync_agent.national.content import Content

__all__ = ["LostError", "NotSentError", "Reply", "Transport"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came, whatever its status, and how many bytes it answers. `retry_after` is the raw header."""

    status: int
    content_type: str = field(repr=False)
    retry_after: str = field(repr=False)
    body: bytes = field(repr=False)
    asked_bytes: int = 0


class NotSentError(Exception):
    """No byte of the request has left: it was surely not processed. `cause` is a code."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class LostError(Exception):
    """Bytes have left and no whole answer came: nobody knows whether it was processed. `cause` is a code."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Transport(Protocol):
    """Carries one request; the one place that knows an HTTP library."""

    def post(self, path: str, content: bytes | Content, headers: Mapping[str, str]) -> Reply:
        """Return the answer to a POST below the base address, or to a whole one. Raises NotSentError or LostError.

        A content that raises FileChangedError while it is sent is never sent to its end: that is a LostError.
        """
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
