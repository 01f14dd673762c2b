"""Decides how a signed head leaves this machine, by each kind of place; what comes back is kept as its receipt.

A head holds no personal data: a name of the log, a number, a hash, a time.
"""

import base64
import hashlib
import socket
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol

from sync_agent.audit.anchor_settings import AnchorSettings, FileAnchor, MailAnchor, SyslogAnchor, TimestampAnchor
from sync_agent.audit.checkpoints import StoredCheckpoint
from sync_agent.durable import create_durably
from sync_agent.errors import ConfigError
from sync_agent.mail import MailError, send_mail

__all__ = ["Channel", "Unanchored", "kept_heads", "note_file", "open_channel"]

_SECONDS: Final = 10
_FACILITY: Final = 13 * 8 + 5  # log audit, notice (RFC 5424)
_MOST_ANSWER: Final = 1_000_000  # bytes


class Unanchored(Exception):  # noqa: N818 - an outcome that is recorded, not an error a person sees
    """A head could not be taken to a place; `cause` is a code."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Channel(Protocol):
    """A place outside. `remote` tells whether it is on another machine."""

    name: str
    remote: bool

    def take(self, head: StoredCheckpoint) -> bytes | None:
        """Take a head there and return what came back, if anything does. Raises Unanchored."""


def open_channel(settings: AnchorSettings, folder: Path) -> Channel:
    """Return the place that settings name; paths are relative to `folder`. Raises ConfigError."""
    match settings:
        case FileAnchor():
            return _Folder(settings, folder)
        case SyslogAnchor():
            return _Syslog(settings)
        case MailAnchor():
            return _Mail(settings, folder)
        case TimestampAnchor():
            return _Timestamp(settings)


def note_file(number: int) -> str:
    """Return the name of the file of a head in a folder."""
    return f"{number:08d}.note"


def kept_heads(folder: Path) -> list[Path]:
    """Return the files of heads in a folder, by number; parts of one are none. Raises OSError when it is unreadable."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".note")


class _Folder:
    def __init__(self, settings: FileAnchor, folder: Path) -> None:
        self.name, self.remote = settings.name, settings.remote
        self._folder = folder / settings.folder

    def take(self, head: StoredCheckpoint) -> None:
        # The folder is not made: a volume that is not mounted must not look like one that is.
        try:
            path = self._folder / note_file(head.number)
            create_durably(path, head.note, mode=0o444)
        except FileExistsError:
            if path.read_bytes() != head.note:
                raise Unanchored("another_head_is_there") from None
        except OSError:
            raise Unanchored("not_writable") from None


class _Syslog:
    def __init__(self, settings: SyslogAnchor) -> None:
        self.name, self.remote = settings.name, settings.remote
        self._settings = settings

    def take(self, head: StoredCheckpoint) -> None:
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        note = base64.b64encode(head.note).decode()
        line = f"<{_FACILITY}>1 {time} {socket.gethostname()} sync-agent - checkpoint - {note}".encode()
        address = (self._settings.host, self._settings.port)
        try:
            if self._settings.protocol == "tcp":
                with socket.create_connection(address, _SECONDS) as connection:
                    connection.sendall(str(len(line)).encode() + b" " + line)  # RFC 6587: octet counting
            else:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
                    connection.sendto(line, address)
        except OSError:
            raise Unanchored("no_connection") from None


class _Mail:
    def __init__(self, settings: MailAnchor, folder: Path) -> None:
        self.name, self.remote = settings.name, settings.remote
        self._settings, self._folder = settings, folder

    def take(self, head: StoredCheckpoint) -> None:
        message = EmailMessage()
        message["From"], message["To"] = self._settings.sender, ", ".join(self._settings.recipients)
        message["Subject"] = f"sync-agent: head {head.number} of the audit log, {head.size} entries"
        message.set_content(head.note.decode(), cte="8bit")
        settings, where = self._settings, f"audit.anchors.{self.name}"
        try:
            send_mail(settings, message, self._folder, seconds=_SECONDS, where=where)
        except MailError as error:
            raise Unanchored(error.cause) from None


class _Timestamp:
    def __init__(self, settings: TimestampAnchor) -> None:
        self.name, self.remote = settings.name, settings.remote
        self._url = settings.url
        try:
            import rfc3161_client  # noqa: F401, PLC0415 - an extra: said at start, not at the first head
        except ImportError:
            raise ConfigError(
                "the package rfc3161-client is not installed",
                where=f"audit.anchors.{self.name}",
                todo="install sync-agent with its extra: timestamp",
            ) from None

    def take(self, head: StoredCheckpoint) -> bytes:
        from rfc3161_client import PKIStatus, TimestampRequestBuilder, decode_timestamp_response  # noqa: PLC0415

        asked = TimestampRequestBuilder().data(head.note).build()
        answer = self._ask(asked.as_bytes())
        try:
            response = decode_timestamp_response(answer)
            stamped = PKIStatus(response.status) in {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}
            imprint = response.tst_info.message_imprint.message if stamped else b""
        except ValueError:
            raise Unanchored("not_a_timestamp") from None
        if imprint != hashlib.sha512(head.note).digest() or response.tst_info.nonce != asked.nonce:
            raise Unanchored("not_our_timestamp")
        return answer

    def _ask(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query"}
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310 - http(s) by its setting
        ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        try:
            with ask(request, timeout=_SECONDS) as answer:
                return bytes(answer.read(_MOST_ANSWER))
        except urllib.error.HTTPError as error:
            error.close()
            raise Unanchored(f"status_{error.code}") from None
        except OSError:
            raise Unanchored("no_connection") from None
