"""Decides how connections are taken and ended: one thread each, idle ones closed when the simulator stops."""

import socket
import sys
import threading
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from sync_agent.simulator.exchange import RESET_ON_CLOSE, Exchange, Shared

__all__ = ["Listener"]


class Listener(ThreadingHTTPServer):
    """The listening socket; `failures` holds what went wrong in the simulator itself, never a client's doing."""

    request_queue_size = 128

    def __init__(self, host: str, port: int, shared: Shared) -> None:
        self.failures: list[BaseException] = []
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        super().__init__((host, port), partial(Exchange, shared))

    def server_bind(self) -> None:
        """Bind without asking the name server who this machine is."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection until it is closed."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; one that is to be reset must not say a polite goodbye first."""
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(RESET_ON_CLOSE)) == RESET_ON_CLOSE:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let clients disconnect in silence; keep and print everything else."""
        failure = sys.exception()
        if failure is None or isinstance(failure, ConnectionError | TimeoutError):
            return
        self.failures.append(failure)
        super().handle_error(request, client_address)

    def finish(self, seconds: float) -> None:
        """Let requests under way end for at most `seconds`, and close every connection."""
        with self._changed:
            self._shut(socket.SHUT_RD)
            if not self._changed.wait_for(lambda: not self._open, seconds):
                self._shut(socket.SHUT_RDWR)
                self._changed.wait_for(lambda: not self._open, seconds)

    def _shut(self, direction: int) -> None:
        for connection in self._open:
            with suppress(OSError):  # the client was faster
                connection.shutdown(direction)
