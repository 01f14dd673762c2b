"""What may stand between the agent and PostgreSQL: a pooler, or a server that lets nobody in. Spoken by hand.

The messages are those of the frontend/backend protocol 3.0: a type byte, four bytes of length (themselves included),
content. Before them a client may ask for encryption, which is declined with one byte.
"""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import make_url

__all__ = ["pooler", "turned_away"]

_ENCRYPTION = (80877103, 80877104)  # SSLRequest, GSSENCRequest
_KEY_DATA = b"K"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    target: tuple[str, int] = ("", 0)
    refusal = b""


class _Pooler(socketserver.BaseRequestHandler):
    """Passes everything on, but gives the client a backend of its own invention, as poolers do."""

    server: _Server

    def handle(self) -> None:
        """Serve one connection."""
        startup = _startup(self.request)
        with closing(socket.create_connection(self.server.target)) as backend:
            backend.sendall(startup)
            kind = b""
            while kind != _KEY_DATA:
                kind, content = _message(backend)
                if kind == _KEY_DATA:
                    (pid,) = struct.unpack("!I", content[:4])
                    content = struct.pack("!I", pid ^ 1) + content[4:]
                self.request.sendall(kind + struct.pack("!I", len(content) + 4) + content)
            back = threading.Thread(target=_pump, args=(backend, self.request), daemon=True)
            back.start()
            _pump(self.request, backend)
            back.join()


class _Refusing(socketserver.BaseRequestHandler):
    """Ends every connection with one message of the server."""

    server: _Server

    def handle(self) -> None:
        """Serve one connection."""
        _startup(self.request)
        content = self.server.refusal
        self.request.sendall(b"E" + struct.pack("!I", len(content) + 4) + content)


def _startup(client: socket.socket) -> bytes:
    """Return the message that opens the conversation, having declined encryption."""
    while True:
        head = _exactly(client, 8)
        length, code = struct.unpack("!II", head)
        if code not in _ENCRYPTION:
            return head + _exactly(client, length - 8)
        client.sendall(b"N")


def _message(sender: socket.socket) -> tuple[bytes, bytes]:
    kind = _exactly(sender, 1)
    (length,) = struct.unpack("!I", _exactly(sender, 4))
    return kind, _exactly(sender, length - 4)


def _exactly(sender: socket.socket, count: int) -> bytes:
    read = b""
    while len(read) < count:
        part = sender.recv(count - len(read))
        if not part:
            raise ConnectionError("ended in the middle of a message")
        read += part
    return read


def _pump(sender: socket.socket, receiver: socket.socket) -> None:
    """Pass on until the sender has nothing more."""
    while part := sender.recv(65536):
        receiver.sendall(part)
    receiver.shutdown(socket.SHUT_WR)


@contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def pooler(url: str) -> Iterator[str]:
    """Put a pooler before the database at `url`; give the address that leads through it."""
    direct = make_url(url)
    with _serving(_Pooler) as server:
        server.target = (str(direct.host), direct.port or 5432)
        yield direct.set(host="127.0.0.1", port=server.server_address[1]).render_as_string(hide_password=False)


@contextmanager
def turned_away(sqlstate: str, said: str) -> Iterator[str]:
    """Give the address of a server that answers every client with this error."""
    fields = {b"S": "FATAL", b"V": "FATAL", b"C": sqlstate, b"M": said}
    with _serving(_Refusing) as server:
        server.refusal = b"".join(kind + text.encode() + b"\0" for kind, text in fields.items()) + b"\0"
        yield f"postgresql+psycopg://lan@127.0.0.1:{server.server_address[1]}/ledger"
