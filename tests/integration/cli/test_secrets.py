"""Where secrets come from, and where they are refused."""

from datetime import date
from pathlib import Path

import pytest
import trustme

from sync_agent.bootstrap import open_agent
from sync_agent.errors import ConfigError
from sync_agent.example import generate
from sync_agent.resources import create_configuration
from sync_agent.secretfile import read_secret

PASSWORD = "tuyet-mat"
CREDENTIAL = Path("${CREDENTIALS_DIRECTORY}") / "national"


def handed(folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int = 0o400) -> None:
    """Hand a secret over as systemd does."""
    file = folder / "national"
    file.write_text(PASSWORD + "\n", encoding="ascii")
    file.chmod(mode)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))


@pytest.mark.parametrize("prefix", ["", "/etc/sync-agent"])
@pytest.mark.parametrize("mode", [0o400, 0o440])
def test_a_credential_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str, mode: int) -> None:
    """Whatever the folder of the configuration that stands before it."""
    handed(tmp_path, monkeypatch, mode)
    assert read_secret(Path(prefix) / CREDENTIAL, "", where="here") == PASSWORD


def test_a_credential_that_everybody_can_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service manager would not have made it."""
    handed(tmp_path, monkeypatch, 0o404)
    with pytest.raises(ConfigError, match="others can read"):
        read_secret(CREDENTIAL, "", where="here")


def test_without_a_service_manager_there_are_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, as of any file that is missing."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secret(CREDENTIAL, "", where="here")


@pytest.mark.parametrize("name", ["${HOME}", "$CREDENTIALS_DIRECTORY", "${CREDENTIALS_DIRECTORY}x", "~"])
def test_nothing_else_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Not another variable, not another way to write it."""
    handed(tmp_path, monkeypatch)
    folder = tmp_path / name
    folder.mkdir()
    file = folder / "national"
    file.write_text("literal", encoding="ascii")
    file.chmod(0o400)
    assert read_secret(file, "", where="here") == "literal"


SETTINGS = {
    "national.accounts": [],
    "agent.ledger_secret_file": [
        (
            'state = "state" ',
            'ledger_url = "postgresql+psycopg://u@127.0.0.1:9/d"\nledger_secret_file = "state/x"\nstate = "state" ',
        )
    ],
    "source.secret_file": [
        ('url = "sqlite:///local.db"', 'url = "postgresql+psycopg://u@127.0.0.1:9/d"\nsecret_file = "state/x"')
    ],
    "national.transport.client_key": [
        ('body = "json" ', 'client_certificate = "state/x"\nclient_key = "state/x"\nbody = "json" ')
    ],
}
"""Each setting that names a secret file, with what makes the example use it."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_takes_a_file_that_others_can_read(tmp_path: Path, setting: str) -> None:
    """The agent does not start; the line names the setting and the file, not what is in it."""
    folder = tmp_path / "site"
    create_configuration(folder)
    toml = folder / "agent.toml"
    text = toml.read_text(encoding="utf-8")
    for old, new in SETTINGS[setting]:
        assert old in text
        text = text.replace(old, new)
    toml.write_text(text, encoding="utf-8")
    authority = trustme.CA()
    pair = authority.issue_cert("agent.example").private_key_and_cert_chain_pem.bytes()
    for name, mode in (("national.secret", 0o644 if setting == "national.accounts" else 0o600), ("x", 0o644)):
        (folder / "state" / name).write_bytes(pair)
        (folder / "state" / name).chmod(mode)
    generate(folder / "local.db", folder / "files", cases=3, seed=1, today=date(2026, 11, 23))
    with pytest.raises(ConfigError, match="others can read") as caught, open_agent(folder):
        raise AssertionError
    assert (caught.value.where.startswith(setting), "PRIVATE" in str(caught.value)) == (True, False)
