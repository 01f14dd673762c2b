"""What systemd is told: that the service is ready, what it does, that it moves on, that it ends.

The protocol is a datagram of `NAME=value` lines to the socket that NOTIFY_SOCKET names (sd_notify(3)).
"""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

__all__ = ["Manager"]

_AT_MOST_EACH: Final = 1.0
"""Seconds between two signs of life: a pass commits hundreds of times in one."""


class Manager:
    """The service manager. Without an address nobody is told anything."""

    def __init__(self, address: str | None) -> None:
        self._socket: socket.socket | None = None
        self._told_at = 0.0
        if address:
            self._address = "\0" + address[1:] if address.startswith("@") else address
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Manager":
        """Return the manager that started this process, if one did."""
        return cls(environment.get("NOTIFY_SOCKET"))

    def ready(self) -> None:
        """Say that the start is over: the first pass may begin."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Say that something was done. Never called for the mere passing of time: what hangs must be noticed."""
        now = time.monotonic()
        if now - self._told_at >= _AT_MOST_EACH:
            self._told_at = now
            self._tell("WATCHDOG=1")

    def say(self, status: str) -> None:
        """Show one line to whoever asks how the service is."""
        self._tell(f"STATUS={' '.join(status.split())}")

    def extend(self, seconds: float) -> None:
        """Ask for more time to start or to end."""
        self._tell(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._tell("STOPPING=1")

    def close(self) -> None:
        """Tell nothing more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, text: str) -> None:
        if self._socket is None:
            return
        with suppress(OSError):  # a manager that is not there, or is slow, stops no work: it misses the line and acts
            self._socket.sendto(text.encode(), self._address)
