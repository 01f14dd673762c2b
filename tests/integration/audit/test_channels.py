import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sync_agent.audit import AnchorSettings, NoteSigner, StoredCheckpoint, open_channel
from sync_agent.audit.channels import Channel, Unanchored, note_file
from tests.support.outsiders import Authority, mail_server, stamping, syslog_server

SIGNER = NoteSigner("sync-agent/test", bytes(32))
HEAD = StoredCheckpoint(7, 300, bytes(32), SIGNER.sign("a head\n"), "2026-11-23T01:02:03.456Z", "hour")
ANCHOR: TypeAdapter[Any] = TypeAdapter(AnchorSettings)
CLOSED = 1  # a port on which nobody listens


def place(base: Path, /, **settings: Any) -> Channel:
    """Return the place that such settings name."""
    return open_channel(ANCHOR.validate_python({"name": "outside", **settings}), base)


def cause(channel: Channel) -> str:
    """Return why a head did not get there."""
    with pytest.raises(Unanchored) as failed:
        channel.take(HEAD)
    return failed.value.cause


# a folder


def test_a_head_becomes_a_file_of_its_number(tmp_path: Path) -> None:
    """Byte for byte what was signed, and for reading only."""
    assert place(tmp_path, kind="file", folder=".").take(HEAD) is None
    kept = tmp_path / note_file(7)
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (HEAD.note, 0o444)


def test_the_same_head_twice_is_one_file(tmp_path: Path) -> None:
    """A second try after a cut finds it there."""
    channel = place(tmp_path, kind="file", folder=".")
    channel.take(HEAD)
    assert channel.take(HEAD) is None


def test_another_head_of_that_number_is_never_written_over(tmp_path: Path) -> None:
    """What was kept stays: it may be the proof that the log was changed."""
    (tmp_path / note_file(7)).write_bytes(b"another")
    assert cause(place(tmp_path, kind="file", folder=".")) == "another_head_is_there"
    assert (tmp_path / note_file(7)).read_bytes() == b"another"


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A volume that is not mounted must not look like one that is."""
    assert cause(place(tmp_path, kind="file", folder="volume")) == "not_writable"


# syslog


def test_syslog_gets_one_message_with_the_whole_head(tmp_path: Path) -> None:
    """By RFC 5424, its length before it (RFC 6587)."""
    with syslog_server() as (port, received):
        place(tmp_path, kind="syslog", host="127.0.0.1", port=port).take(HEAD)
        length, message = received.get(timeout=30).split(b" ", 1)
    assert (int(length), message[:6]) == (len(message), b"<109>1")
    assert base64.b64decode(message.rsplit(b" ", 1)[1]) == HEAD.note


def test_a_syslog_server_that_is_away_is_said(tmp_path: Path) -> None:
    """The head did not get there."""
    assert cause(place(tmp_path, kind="syslog", host="127.0.0.1", port=CLOSED)) == "no_connection"


# e-mail


def mail(port: int, folder: Path, **more: Any) -> Channel:
    """Return a mailbox behind a server of this machine."""
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "a@x.vn", "recipients": ["b@x.vn"]}
    return place(folder, kind="mail", **settings, **more)


def test_a_mail_holds_the_head_as_it_is(tmp_path: Path) -> None:
    """So that it can be saved and verified."""
    with mail_server() as (port, taken):
        mail(port, tmp_path).take(HEAD)
    body = taken[0].replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
    assert body == HEAD.note


def test_a_mail_that_is_refused_is_said(tmp_path: Path) -> None:
    """A mailbox that does not exist holds nothing."""
    with mail_server(answer=b"550 no such mailbox") as (port, taken):
        assert (cause(mail(port, tmp_path)), taken) == ("refused", [])


def test_a_mail_server_that_is_away_is_said(tmp_path: Path) -> None:
    """The head did not get there."""
    assert cause(mail(CLOSED, tmp_path)) == "no_connection"


def test_no_password_goes_over_an_open_line(tmp_path: Path) -> None:
    """Such settings are refused."""
    with pytest.raises(ValidationError, match="only over TLS"):
        mail(25, tmp_path, username="a", secret_env="PASSWORD")


# a time stamp


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return an authority with a certificate of its own."""
    return Authority(tmp_path_factory.mktemp("authority"))


def test_a_time_stamp_is_kept_as_the_receipt(tmp_path: Path, authority: Authority) -> None:
    """The whole answer, which anybody can verify later."""
    with stamping(authority.stamp) as url:
        receipt = place(tmp_path, kind="timestamp", url=url).take(HEAD)
    assert receipt == (authority.root.parent / "answer").read_bytes()


def test_a_time_stamp_of_something_else_is_no_receipt(tmp_path: Path, authority: Authority) -> None:
    """An answer to an older question would prove an older head."""
    with stamping(authority.stamp) as url:
        old = place(tmp_path, kind="timestamp", url=url).take(HEAD)
    with stamping(lambda _: old) as url:
        assert cause(place(tmp_path, kind="timestamp", url=url)) == "not_our_timestamp"


def test_an_answer_that_is_no_time_stamp_is_said(tmp_path: Path) -> None:
    """A page of a proxy, for instance."""
    with stamping(lambda _: b"<html>") as url:
        assert cause(place(tmp_path, kind="timestamp", url=url)) == "not_a_timestamp"


def test_an_authority_that_does_not_answer_is_said(tmp_path: Path) -> None:
    """With its status, or as nobody there."""
    with stamping(lambda _: b"") as url:
        assert cause(place(tmp_path, kind="timestamp", url=url)) == "status_503"
    assert cause(place(tmp_path, kind="timestamp", url=f"http://127.0.0.1:{CLOSED}/")) == "no_connection"
