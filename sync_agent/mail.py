"""Decides how a mail leaves: by SMTP, over a line as safe as the settings ask for, or not at all; and says why not."""

import smtplib
import ssl
from contextlib import closing, suppress
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import make_msgid
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sync_agent.secretfile import read_secret

__all__ = ["Address", "MailError", "MailServer", "compose", "send_mail"]

Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}$")]
"""A mailbox, without a name beside it: nothing in it can begin another line of a header."""

_LONGEST = 200
_FINAL = 500  # from here on an answer holds also for a later try


class MailServer(BaseModel):
    """A mail server and how it is spoken to. The password is never a setting."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    secret_file: Path | None = None
    secret_env: str = ""
    ca_file: Path | None = None  # the certificates to trust; None: the system's

    @model_validator(mode="after")
    def _no_password_in_the_open(self) -> "MailServer":
        if self.username and self.security == "none":
            raise ValueError("a password is sent only over TLS: security must be starttls or tls")
        if self.username and self.secret_file is None and not self.secret_env:
            raise ValueError("a username needs secret_file or secret_env")
        return self


class MailError(Exception):
    """A mail could not be handed over; `cause` is a code, `answer` the server's own words, if it had any.

    `final`: this mail would be refused again.
    """

    def __init__(self, cause: str, answer: str = "", *, final: bool = False) -> None:
        super().__init__(cause)
        self.cause, self.answer, self.final = cause, answer, final


class _Whole(EmailPolicy):
    """Folds subjects by the older way: the newer one of the library loses blanks between Vietnamese words."""

    def fold(self, name: str, value: str) -> str:
        """Return a header as it is sent."""
        if name.lower() != "subject":
            return str(super().fold(name, value))
        charset = "us-ascii" if value.isascii() else "utf-8"
        return f"{name}: {Header(value, charset, header_name=name).encode(linesep=self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header as the bytes that are sent."""
        return self.fold(name, value).encode("ascii") if name.lower() == "subject" else super().fold_binary(name, value)


def compose(sender: str, to: str, subject: str, text: str, *, now: datetime, language: str) -> EmailMessage:
    """Return a mail of this program to one mailbox; no answer of an absent reader comes back to it (RFC 3834)."""
    message = EmailMessage(policy=_Whole(linesep="\r\n"))
    message["From"], message["To"] = sender, to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = now
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message.set_content(text)
    message["Auto-Submitted"], message["Content-Language"] = "auto-generated", language
    return message


def send_mail(server: MailServer, message: EmailMessage, folder: Path, *, seconds: float, where: str) -> str:
    """Hand a mail over and return what the server answered; it waits at most `seconds` for each answer.

    Relative files are below `folder`; `where` names the setting in errors. Raises MailError; ConfigError for a secret
    that cannot be read.
    """
    password = _password(server, folder, where) if server.username else ""
    try:
        with closing(_connected(server, folder, seconds)) as line:
            if server.username:
                line.login(server.username, password)
            line.send_message(message)
            with suppress(smtplib.SMTPException, OSError):  # it has the mail: how it says good-bye is its affair
                line.quit()
            return line.answer
    except smtplib.SMTPAuthenticationError as error:
        raise MailError("refused_password", _answer(error.smtp_code, error.smtp_error)) from None
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        raise MailError("refused", _answer(code, words), final=code >= _FINAL) from None
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        raise MailError("refused", _answer(code, error.smtp_error), final=code >= _FINAL) from None
    except smtplib.SMTPServerDisconnected:
        raise MailError("no_connection") from None
    except smtplib.SMTPException:  # the server lacks what is needed: TLS, or a way to sign in
        raise MailError("refused") from None
    except UnicodeEncodeError:  # SMTP has no way to say such a user name or password
        raise MailError("refused_password") from None
    except ssl.SSLError:
        raise MailError("untrusted") from None
    except OSError:
        raise MailError("no_connection") from None


class _Line(smtplib.SMTP):
    """A connection that remembers what the server said to the mail."""

    answer = ""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the mail itself."""
        code, words = super().data(msg)
        self.answer = _answer(code, words)
        return code, words


class _SecureLine(_Line, smtplib.SMTP_SSL):
    """One that begins with TLS."""


def _connected(server: MailServer, folder: Path, seconds: float) -> _Line:
    """Return a connection; over TLS where that was asked for. Raises MailError, SMTPException or OSError."""
    if server.security == "none":
        return _Line(server.host, server.port, timeout=seconds)
    context = _trusting(None if server.ca_file is None else folder / server.ca_file)
    if server.security == "tls":
        return _SecureLine(server.host, server.port, timeout=seconds, context=context)
    line = _Line(server.host, server.port, timeout=seconds)
    try:
        line.starttls(context=context)
    except smtplib.SMTPNotSupportedError:
        line.close()
        raise MailError("no_tls") from None
    except smtplib.SMTPResponseException as error:
        line.close()
        raise MailError("no_tls", _answer(error.smtp_code, error.smtp_error)) from None
    except BaseException:
        line.close()
        raise
    return line


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError:
        raise MailError("no_ca_file") from None


def _password(server: MailServer, folder: Path, where: str) -> str:
    file = folder / server.secret_file if server.secret_file else None
    return read_secret(file, server.secret_env, where=where)


def _answer(code: int, words: bytes | str) -> str:
    """Return an answer as one line that can be shown: what a server says is not ours."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return " ".join("".join(c if c.isprintable() else " " for c in f"{code} {text}").split())[:_LONGEST]
