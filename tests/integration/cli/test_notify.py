"""`notify test`: sends one mail to each recipient and says what the mail server answered."""

import json
from pathlib import Path

import pytest

from sync_agent.cli.main import main
from sync_agent.i18n import Language, set_language
from sync_agent.resources import create_configuration
from tests.support.postoffices import post_office

SETTINGS = """
[notifications]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "sync-agent@tinh.example"
[[notifications.recipients]]
address = "can-bo@tinh.example"
[[notifications.recipients]]
address = "partner@tinh.example"
language = "en"
"""


@pytest.fixture(autouse=True)
def _speech(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNC_AGENT_LANG", raising=False)
    monkeypatch.setattr("sync_agent.i18n._Speech.language", Language.VI)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a configuration without a mail server."""
    folder = tmp_path / "site"
    create_configuration(folder)
    return folder


def with_server(folder: Path, port: int) -> Path:
    """Name a mail server of this machine in the configuration."""
    with (folder / "agent.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(port=port))
    return folder


def test_each_recipient_gets_a_mail_and_its_answer_is_shown(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before there is a ledger."""
    with post_office(tmp_path) as office:
        code = main(["notify", "test", "--config", str(with_server(folder, office.port)), "--lang", "en"])
    out = capsys.readouterr().out
    assert (code, [mail["To"] for mail in office.mails]) == (0, ["can-bo@tinh.example", "partner@tinh.example"])
    assert "can-bo@tinh.example: taken; the server answered: 250 2.0.0 queued as 1" in out
    assert office.mails[1]["Subject"] == "[sync-agent] test mail"


def test_one_address_can_be_tried_alone(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON for scripts."""
    with post_office(tmp_path) as office:
        code = main(["notify", "test", "--to", "a@x.vn", "--json", "--config", str(with_server(folder, office.port))])
    said = json.loads(capsys.readouterr().out)
    assert (code, [mail["To"] for mail in office.mails]) == (0, ["a@x.vn"])
    assert said == {"address": "a@x.vn", "sent": True, "cause": None, "answer": "250 2.0.0 queued as 1"}


def test_what_is_not_taken_is_said_with_the_servers_words(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what to do; the others get theirs."""
    with post_office(tmp_path, refuses=frozenset({"can-bo@tinh.example"})) as office:
        code = main(["notify", "test", "--config", str(with_server(folder, office.port)), "--lang", "en"])
    out = capsys.readouterr().out
    assert (code, len(office.mails)) == (1, 1)
    assert "not sent (refused); the server answered: 550 5.1.1 no can-bo@tinh.example here - read its answer" in out


@pytest.mark.parametrize("to", ["a", "a@x.vn\nBcc: b@y.vn", "A <a@x.vn>"])
def test_what_is_no_address_is_refused(
    folder: Path, tmp_path: Path, to: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything leaves."""
    with post_office(tmp_path) as office:
        assert main(["notify", "test", "--to", to, "--config", str(with_server(folder, office.port))]) == 2
    assert (office.raw, capsys.readouterr().out) == ([], "")


def test_without_a_mail_server_it_says_where_to_name_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2."""
    assert main(["notify", "test", "--config", str(folder), "--lang", "en"]) == 2
    assert "notifications.host" in capsys.readouterr().err
    set_language(Language.VI)
