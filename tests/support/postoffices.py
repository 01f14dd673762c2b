"""A mail server as tests play it, good or bad: with or without TLS, with passwords, refusing, hanging."""

import base64
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event

import trustme

from tests.support.outsiders import listening

__all__ = ["PASSWORD", "PostOffice", "post_office"]

PASSWORD = "mat-khau-thu"


@dataclass
class PostOffice:
    """What it does, and the mails it took. `answers` replaces what it says to a command, such as `RCPT`."""

    port: int = 0
    tls: bool = False  # from the first byte
    starttls: bool = False
    password: str = ""
    hangs: bool = False
    answers: dict[str, str] = field(default_factory=dict)
    refuses: frozenset[str] = frozenset()  # recipients
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    released: Event = field(default_factory=Event)  # set: what hangs lets go
    ca_file: Path = Path()
    context: ssl.SSLContext | None = None

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails of one recipient, oldest first."""
        return [mail for mail in self.mails if mail["To"] == address]


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    office: PostOffice

    def setup(self) -> None:
        """Begin with TLS where that is so."""
        if self.office.tls and self.office.context is not None:
            self.request = self.office.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        """Close also what TLS was put over."""
        super().finish()
        self.request.close()

    def handle(self) -> None:
        """Answer each command until the client has gone."""
        if self.office.hangs:
            self.office.released.wait(60)
            return
        self._say("220 office.example")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            verb = line.split()[0].upper()
            if verb in self.office.answers:
                self._say(self.office.answers[verb])
            else:
                getattr(self, f"do_{verb.lower()}", self.do_other)(line)
            if verb == "QUIT":
                return

    def do_ehlo(self, _: str) -> None:
        """Say what can be done."""
        offers = ["250-office.example"]
        offers += ["250-STARTTLS"] if self.office.starttls else []
        offers += ["250-AUTH PLAIN"] if self.office.password else []
        self._say("\r\n".join([*offers, "250 8BITMIME"]))

    def do_starttls(self, _: str) -> None:
        """Go on over TLS."""
        self._say("220 go on")
        if self.office.context is not None:
            self.request = self.office.context.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)

    def do_auth(self, line: str) -> None:
        """Compare a password (PLAIN, in one go)."""
        _, name, password = base64.b64decode(line.split()[2]).decode().split("\0")
        self.office.signed_in.append(name)
        self._say("235 welcome" if password == self.office.password else "535 5.7.8 wrong user name or password")

    def do_rcpt(self, line: str) -> None:
        """Take a recipient or not."""
        address = line.partition("<")[2].partition(">")[0]
        self._say(f"550 5.1.1 no {address} here" if address in self.office.refuses else "250 fine")

    def do_data(self, _: str) -> None:
        """Take a mail."""
        self._say("354 go on")
        content = b"".join(iter(self.rfile.readline, b".\r\n"))
        self.office.raw.append(content)
        self.office.mails.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        self._say(f"250 2.0.0 queued as {len(self.office.mails)}")

    def do_quit(self, _: str) -> None:
        """Say good-bye."""
        self._say("221 bye")

    def do_other(self, _: str) -> None:
        """Agree."""
        self._say("250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def post_office(folder: Path, **behaviour: object) -> Iterator[PostOffice]:
    """Give a mail server at 127.0.0.1 that behaves so; its certificates are trusted by `ca_file` only."""
    office = PostOffice(**behaviour)  # type: ignore[arg-type]
    if office.tls or office.starttls:
        ca, office.ca_file = trustme.CA(), folder / "mail-ca.pem"
        ca.cert_pem.write_to_path(office.ca_file)
        office.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1").configure_cert(office.context)
    handler = type("Talk", (_Talk,), {"office": office})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that goes is no error
    server.daemon_threads = True
    with listening(server) as office.port:
        try:
            yield office
        finally:
            office.released.set()
