"""`config show` of what comes several times: places outside, recipients of mails; and of every kind of secret."""

import json
from pathlib import Path
from typing import Any

import pytest

from sync_agent.cli.main import main
from sync_agent.resources import create_configuration

MORE = """
[[audit.anchors]]
name = "usb"
kind = "file"
folder = "outside"

[notifications]
host = "mail.example.vn"
sender = "sync-agent@example.vn"
username = "sync-agent"
secret_file = "mail.secret"

[[notifications.recipients]]
address = "truc@example.vn"

[web]
tls_certificate = "web.crt"
tls_key = "web.key"
trusted_proxy = "10.0.0.1"
proxy_header = "X-Remote-User"
proxy_secret_env = "PROXY_SECRET"
ledger_secret_file = "pages.secret"
"""


@pytest.fixture
def shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what is shown of a configuration with all of it."""
    folder = tmp_path / "site"
    create_configuration(folder)
    with (folder / "agent.toml").open("a", encoding="utf-8") as file:
        file.write(MORE)
    for name in ("mail.secret", "web.key", "pages.secret"):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text("bí-mật-không-ai-biết", encoding="utf-8")
    monkeypatch.setenv("PROXY_SECRET", "bí-mật-không-ai-biết")
    capsys.readouterr()
    main(["config", "show", "--json", "--config", str(folder)])
    return json.loads(capsys.readouterr().out)


def test_each_place_and_recipient_has_its_lines(shown: Any) -> None:
    """A place by its name, a recipient by its number; where they come from is the file."""
    told = {each["setting"]: (each["value"], each["origin"]) for each in shown["settings"]}
    assert told["audit.anchors.usb.folder"] == ("outside", "agent.toml")
    assert told["notifications.recipients.0.address"] == ("truc@example.vn", "agent.toml")


def test_every_secret_is_among_the_secrets(shown: Any) -> None:
    """By where it is kept and whether others can read it; the key of the pages too."""
    kept = {each["setting"]: each["kept"] for each in shown["secrets"]}
    own = {name: kept.get(name) for name in ("notifications.secret_file", "web.tls_key", "web.ledger_secret_file")}
    assert own == dict.fromkeys(own, "private")
    assert kept["web.proxy_secret_env"] == "set"
    assert "bí-mật-không-ai-biết" not in json.dumps(shown, ensure_ascii=False)
