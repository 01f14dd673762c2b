"""A service manager that keeps what it is told."""

import socket
import time
from pathlib import Path

__all__ = ["FakeManager"]

_PATIENCE = 60


class FakeManager:
    """Listens where systemd would; `lines` is what came, in order."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self.lines: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)

    def take_in(self, seconds: float) -> bool:
        """Wait so long for one message; tell whether it came."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            self.lines += self._socket.recv(4096).decode().splitlines()
        except TimeoutError:
            return False
        return True

    def wait_for(self, line: str, *, times: int = 1) -> float:
        """Wait until a line has come so many times in all; return how long that took, in seconds."""
        begin = time.monotonic()
        while self.lines.count(line) < times:
            assert time.monotonic() - begin < _PATIENCE, self.lines
            self.take_in(1)
        return time.monotonic() - begin

    def drain(self) -> list[str]:
        """Return all that has come so far."""
        while self.take_in(0):
            pass
        return self.lines

    def close(self) -> None:
        """Listen no longer."""
        self._socket.close()
