"""Places outside this machine as tests play them: a syslog server, a mail server, a time-stamping authority."""

import shutil
import socketserver
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from tests.support.servers import REQUIRED

__all__ = ["Authority", "listening", "mail_server", "stamping", "syslog_server"]


@contextmanager
def listening(server: socketserver.TCPServer) -> Iterator[int]:
    """Serve in the background; give the port."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def syslog_server() -> Iterator[tuple[int, Queue[bytes]]]:
    """Give the port of a syslog server over TCP, and what it received, one connection each."""
    received: Queue[bytes] = Queue()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with self.request.makefile("rb") as stream:
                received.put(stream.read())

    with listening(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, received


@contextmanager
def mail_server(*, answer: bytes = b"250 taken") -> Iterator[tuple[int, list[bytes]]]:
    """Give the port of a mail server and the messages it took; `answer` is what it says to each recipient."""
    taken: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().strip():
                self.wfile.write(self._answer(line.upper()) + b"\r\n")

        def _answer(self, line: bytes) -> bytes:
            if line.startswith(b"RCPT"):
                return answer
            if line == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                taken.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            return b"221 bye" if line == b"QUIT" else b"250 fine"

    with listening(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, taken


class Authority:
    """A time-stamping authority by the `openssl` of this machine, with a certificate of its own."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.fail("no openssl") if REQUIRED else pytest.skip("a time stamp needs the command openssl")
        self._folder = folder
        self.root = folder / "root.pem"
        self._configure()
        self._run(
            "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=root -keyout root.key -out root.pem -config ca.cnf"
        )
        self._run("req -new -newkey rsa:2048 -nodes -subj /CN=stamps -keyout stamps.key -out stamps.csr -config ca.cnf")
        self._run(
            "x509 -req -in stamps.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 "
            "-extfile stamps.ext -out stamps.pem"
        )

    def stamp(self, query: bytes) -> bytes:
        """Return the answer to a query."""
        (self._folder / "query").write_bytes(query)
        self._run("ts -reply -queryfile query -out answer -config ca.cnf -section stamps")
        return (self._folder / "answer").read_bytes()

    def _configure(self) -> None:
        (self._folder / "serial").write_text("01\n")
        (self._folder / "stamps.ext").write_text(
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )
        (self._folder / "ca.cnf").write_text(
            "[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n"
            "[v3]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n"
            "[stamps]\nserial=serial\nsigner_cert=stamps.pem\nsigner_key=stamps.key\n"
            "signer_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256,sha512\naccuracy=secs:1\n"
            "ess_cert_id_chain=no\ness_cert_id_alg=sha256\n"
        )

    def _run(self, command: str) -> None:
        subprocess.run(["openssl", *command.split()], cwd=self._folder, check=True, capture_output=True)


@contextmanager
def stamping(answer: Any) -> Iterator[str]:
    """Give the address of an authority that answers a query by `answer(body)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if body else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    with listening(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/"
