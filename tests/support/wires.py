"""A wire in front of a server that a test can cut and mend: what a client sees of a restart, without one."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url

__all__ = ["Wire", "wire_to"]

_CHUNK = 65536
_AT_ONCE = struct.pack("ii", 1, 0)
"""To close a connection by a reset, as a server that died."""


class Wire:
    """Passes bytes between its own port and a server. While it is cut, every new connection is refused."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.opened = 0
        """How many connections were made through it."""
        self.mend()

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
            ends, self._ends = self._ends, []
        if listener is not None:
            with suppress(OSError):  # it wakes the thread that waits in accept
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for end in ends:
            with suppress(OSError):  # the other side was faster
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                end.shutdown(socket.SHUT_RD)  # a thread may wait in recv, and the reset waits for the thread
            end.close()

    def mend(self) -> None:
        """Take connections again, at the same port."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        with self._lock:
            self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # it was cut
                return
            server = socket.create_connection(self._server)
            with self._lock:
                if self._listener is not listener:
                    client.close()
                    server.close()
                    return
                self._ends += [client, server]
                self.opened += 1
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # either end was closed
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def wire_to(url: str) -> Iterator[tuple[Wire, str]]:
    """Give a wire to the server of a database URL, and that URL through the wire."""
    address = make_url(url)
    wire = Wire(str(address.host), int(address.port or 0))
    try:
        yield wire, address.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
    finally:
        wire.cut()
