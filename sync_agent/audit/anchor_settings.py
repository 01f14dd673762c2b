"""Decides how a place outside is named to which signed heads are taken: a folder, syslog, e-mail, a time stamp."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sync_agent.mail import MailServer

__all__ = ["AnchorSettings", "FileAnchor", "MailAnchor", "SyslogAnchor", "TimestampAnchor"]

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
_Port = Annotated[int, Field(ge=1, le=65535)]


class _Anchor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: _Name  # in the records of what was taken where: never change it


class FileAnchor(_Anchor):
    """A folder, one file for each head. `remote` states that it is on another machine."""

    kind: Literal["file"]
    folder: Path
    remote: bool = False


class SyslogAnchor(_Anchor):
    """A syslog server; the head is one message in base64."""

    kind: Literal["syslog"]
    host: str
    port: _Port = 514
    protocol: Literal["udp", "tcp"] = "tcp"

    @property
    def remote(self) -> bool:
        """Whether it is another machine. UDP tells nobody whether it arrived."""
        return self.protocol == "tcp" and self.host not in {"localhost", "127.0.0.1", "::1"}


class MailAnchor(_Anchor, MailServer):
    """An e-mail with the head as its text, by SMTP."""

    kind: Literal["mail"]
    sender: str
    recipients: tuple[str, ...] = Field(min_length=1)

    @property
    def remote(self) -> bool:
        """A mailbox is not this machine's."""
        return True


class TimestampAnchor(_Anchor):
    """A time-stamping authority by RFC 3161. `certificate` is its root, in PEM, for verifying."""

    kind: Literal["timestamp"]
    url: Annotated[str, Field(pattern=r"^https?://")]  # the answer is signed: plain HTTP is usual and harmless
    certificate: Path | None = None

    @property
    def remote(self) -> bool:
        """An authority is somebody else."""
        return True


AnchorSettings = Annotated[FileAnchor | SyslogAnchor | MailAnchor | TimestampAnchor, Field(discriminator="kind")]
