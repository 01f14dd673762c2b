"""How a mail leaves: over which line, by whom, and what is said when it does not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sync_agent.errors import ConfigError
from sync_agent.mail import MailError, MailServer, compose, send_mail
from sync_agent.settings import RecipientSettings
from tests.support.postoffices import PASSWORD, PostOffice, post_office

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
CLOSED = 1  # a port on which nobody listens


def send(office: PostOffice, folder: Path, *, seconds: float = 10, **settings: Any) -> str:
    """Send one mail to an office and return its answer."""
    chosen = {"host": "127.0.0.1", "port": office.port, "security": "none"} | settings
    if "username" in chosen:
        secret = folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text(PASSWORD, encoding="utf-8")
        chosen["secret_file"] = secret
    message = compose("agent@tinh.example", "can-bo@tinh.example", "Thư thử", "Nội dung\n", now=NOW, language="vi")
    return send_mail(MailServer(**chosen), message, folder, seconds=seconds, where="notifications")


def cause(office: PostOffice, folder: Path, **settings: Any) -> tuple[str, bool]:
    """Return why a mail was not taken, and whether it would never be."""
    with pytest.raises(MailError) as failed:
        send(office, folder, **settings)
    assert office.mails == []
    return failed.value.cause, failed.value.final


def test_a_mail_arrives_whole_and_the_answer_is_returned(tmp_path: Path) -> None:
    """With its accents, a date, an id of the sender's host, and no answer asked of an absent reader."""
    with post_office(tmp_path) as office:
        assert send(office, tmp_path) == "250 2.0.0 queued as 1"
    (mail,) = office.mails
    assert (mail["Subject"], mail.get_content()) == ("Thư thử", "Nội dung\r\n")
    assert (mail["Auto-Submitted"], mail["Message-ID"].endswith("@tinh.example>")) == ("auto-generated", True)


@pytest.mark.parametrize(
    "subject", ["Đã hết: cấu hình mới bị từ chối, cấu hình cũ vẫn có hiệu lực " * 4, "plain " * 40]
)
def test_a_long_subject_arrives_with_all_its_blanks(tmp_path: Path, subject: str) -> None:
    """In lines of less than eighty characters, as mails have them."""
    message = compose("a@x.vn", "b@x.vn", subject, "t", now=NOW, language="vi")
    with post_office(tmp_path) as office:
        server = MailServer(host="127.0.0.1", port=office.port, security="none")
        send_mail(server, message, tmp_path, seconds=10, where="notifications")
    assert office.mails[0]["Subject"] == " ".join(subject.split())
    assert max(map(len, office.raw[0].split(b"\r\n"))) < 80


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_leaves_over_tls_and_signs_in(tmp_path: Path, security: str) -> None:
    """By a certificate that the settings trust."""
    with post_office(tmp_path, password=PASSWORD, **{security: True}) as office:
        send(office, tmp_path, security=security, username="agent", ca_file="mail-ca.pem")
    assert (office.signed_in, len(office.mails)) == (["agent"], 1)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_is_not_trusted_gets_no_password(tmp_path: Path, security: str) -> None:
    """Nor the mail."""
    with post_office(tmp_path, password=PASSWORD, **{security: True}) as office:
        assert cause(office, tmp_path, security=security, username="agent") == ("untrusted", False)
    assert office.signed_in == []


def test_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    """Somebody on the way may have taken the offer out."""
    with post_office(tmp_path) as office:
        assert cause(office, tmp_path, security="starttls") == ("no_tls", False)


def test_a_server_that_refuses_starttls_gets_nothing(tmp_path: Path) -> None:
    """Although it offers it."""
    with post_office(tmp_path, starttls=True, answers={"STARTTLS": "454 not now"}) as office:
        assert cause(office, tmp_path, security="starttls", ca_file="mail-ca.pem") == ("no_tls", False)


def test_a_password_that_is_refused_is_said(tmp_path: Path) -> None:
    """With the server's words."""
    with post_office(tmp_path, tls=True, password="another") as office, pytest.raises(MailError) as failed:
        send(office, tmp_path, security="tls", username="agent", ca_file="mail-ca.pem")
    assert (failed.value.cause, failed.value.answer) == ("refused_password", "535 5.7.8 wrong user name or password")


@pytest.mark.parametrize(
    ("answers", "final"),
    [
        ({"RCPT": "550 no such mailbox"}, True),
        ({"RCPT": "450 greylisted"}, False),
        ({"MAIL": "552 too much"}, True),
        ({"DATA": "451 later"}, False),
    ],
)
def test_a_refusal_tells_whether_another_try_may_help(tmp_path: Path, answers: dict[str, str], final: bool) -> None:
    """As the first digit of the answer does."""
    with post_office(tmp_path, answers=answers) as office:
        assert cause(office, tmp_path) == ("refused", final)


def test_a_password_that_smtp_cannot_say_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves."""
    monkeypatch.setenv("MAIL_PASSWORD", "mật-khẩu")
    with post_office(tmp_path, tls=True, password=PASSWORD) as office:
        chosen = MailServer(
            host="127.0.0.1",
            port=office.port,
            security="tls",
            username="agent",
            secret_env="MAIL_PASSWORD",
            ca_file=office.ca_file,
        )
        message = compose("a@x.vn", "b@x.vn", "s", "t", now=NOW, language="vi")
        with pytest.raises(MailError, match="refused_password"):
            send_mail(chosen, message, tmp_path, seconds=5, where="notifications")


def test_a_mail_that_was_taken_is_taken_however_the_server_takes_leave(tmp_path: Path) -> None:
    """A second one would be the same again."""
    with post_office(tmp_path, answers={"QUIT": "421 too busy"}) as office:
        assert send(office, tmp_path) == "250 2.0.0 queued as 1"


def test_a_server_that_hangs_is_left(tmp_path: Path) -> None:
    """After the seconds that were given it."""
    with post_office(tmp_path, hangs=True) as office:
        assert cause(office, tmp_path, seconds=0.2) == ("no_connection", False)


def test_a_server_that_is_away_is_said(tmp_path: Path) -> None:
    """As an anchor by mail says it."""
    assert cause(PostOffice(port=CLOSED), tmp_path) == ("no_connection", False)


def test_certificates_to_trust_that_are_not_there_are_said(tmp_path: Path) -> None:
    """By their own word: the server is not to blame."""
    with post_office(tmp_path, tls=True) as office:
        assert cause(office, tmp_path, security="tls", ca_file="nowhere.pem") == ("no_ca_file", False)


def test_a_secret_that_is_not_there_is_an_error_of_the_settings(tmp_path: Path) -> None:
    """Before any connection."""
    settings = MailServer(host="127.0.0.1", username="agent", secret_file=Path("nowhere"))
    message = compose("a@x.vn", "b@x.vn", "s", "t", now=NOW, language="vi")
    with pytest.raises(ConfigError, match="notifications"):
        send_mail(settings, message, tmp_path, seconds=1, where="notifications")


def test_an_answer_is_one_line_that_can_be_shown(tmp_path: Path) -> None:
    """Whatever the server says."""
    said = {"MAIL": f"550-first\x1b[31m\r\n550 {'x' * 999}"}
    with post_office(tmp_path, answers=said) as office, pytest.raises(MailError) as failed:
        send(office, tmp_path)
    assert (failed.value.answer.isprintable(), len(failed.value.answer) <= 200) == (True, True)


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.vn", "a\nBcc: x@y.vn"])
def test_no_subject_begins_another_header(subject: str) -> None:
    """It stays one line."""
    message = compose("a@x.vn", "b@x.vn", subject, "t", now=NOW, language="vi")
    assert (message["Bcc"], message["Subject"]) == (None, "a Bcc: x@y.vn")


@pytest.mark.parametrize("address", ["a@x.vn\nBcc: b@y.vn", "a b@x.vn", "a@x.vn, b@y.vn", "Tên <a@x.vn>", "a", "@x.vn"])
def test_an_address_is_one_plain_mailbox(address: str) -> None:
    """Anything else is refused with the settings."""
    with pytest.raises(ValidationError):
        RecipientSettings(address=address)
