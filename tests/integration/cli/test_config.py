"""`config show`: what is in force, where it comes from, and nothing that is secret."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sync_agent.cli.main import main
from sync_agent.resources import create_configuration

PASSWORD = "tuyet-mat-khong-ai-biet"
STATE = Path("state")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a configuration whose secret is in place."""
    folder = tmp_path / "site"
    create_configuration(folder)
    written(folder / STATE / "national.secret")
    return folder


def written(path: Path, mode: int = 0o600) -> Path:
    """Write a file of a secret."""
    path.write_text(PASSWORD, encoding="ascii")
    path.chmod(mode)
    return path


def edited(folder: Path, old: str, new: str) -> None:
    """Change agent.toml."""
    path = folder / "agent.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def shown(folder: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> Any:
    """Return what the command says as JSON."""
    assert main(["config", "show", "--json", "--config", str(folder)]) == code
    return json.loads(capsys.readouterr().out)


def setting(document: Any, name: str) -> tuple[Any, str]:
    """Return value and origin of one setting."""
    (found,) = [row for row in document["settings"] if row["setting"] == name]
    return found["value"], found["origin"]


def kept(document: Any) -> dict[str, str]:
    """Return how each secret is kept."""
    return {each["setting"]: each["kept"] for each in document["secrets"]}


def test_each_setting_says_where_it_comes_from(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, a variable of its own, a variable of its section, or nowhere."""
    monkeypatch.setenv("SYNC_AGENT_DELIVERY__WORKERS", "7")
    monkeypatch.setenv("SYNC_AGENT_GUARDS", '{"volume_min": 9}')
    document = shown(folder, capsys)
    assert {
        name: setting(document, name)
        for name in (
            "agent.mode",
            "delivery.workers",
            "guards.volume_min",
            "guards.volume_share",
            "source.statement_seconds",
            "national.accounts.tinh-a.username",
        )
    } == {
        "agent.mode": ("demo", "agent.toml"),
        "delivery.workers": (7, "SYNC_AGENT_DELIVERY__WORKERS"),
        "guards.volume_min": (9, "SYNC_AGENT_GUARDS"),
        "guards.volume_share": (0.02, "agent.toml"),
        "source.statement_seconds": (120, "default"),
        "national.accounts.tinh-a.username": ("tinh-a", "agent.toml"),
    }


def test_secrets_are_named_by_their_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The installation key too."""
    document = shown(folder, capsys)
    assert kept(document) == {"installation key": "private", "national.accounts.tinh-a.secret_file": "private"}
    assert [row["setting"] for row in document["settings"] if "secret" in row["setting"]] == []


@pytest.mark.parametrize(("mode", "state"), [(0o644, "open"), (None, "unreadable")])
def test_a_secret_that_is_not_in_order_needs_a_person(
    folder: Path, capsys: pytest.CaptureFixture[str], mode: int | None, state: str
) -> None:
    """Others can read it, or nobody can."""
    path = folder / STATE / "national.secret"
    path.unlink() if mode is None else path.chmod(mode)
    assert kept(shown(folder, capsys, code=1))["national.accounts.tinh-a.secret_file"] == state


@pytest.mark.parametrize(("value", "state"), [(PASSWORD, "set"), ("", "not_set")])
def test_a_variable_is_named_and_not_read_out(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    state: str,
) -> None:
    """Of every secret that can come from the environment."""
    edited(folder, 'secret_file = "state/national.secret"', 'secret_env = "OF_ACCOUNT"')
    edited(folder, 'url = "sqlite:///local.db"', 'url = "postgresql://u@host/d"\nsecret_env = "OF_SOURCE"')
    edited(
        folder,
        'state = "state" ',
        'ledger_url = "postgresql+psycopg://u@host/d"\nledger_secret_env = "OF_LEDGER"\nstate = "state" ',
    )
    for name in ("OF_ACCOUNT", "OF_SOURCE", "OF_LEDGER"):
        monkeypatch.setenv(name, value)
    assert kept(shown(folder, capsys, code=0 if value else 1)) == {
        "installation key": "private",
        "agent.ledger_secret_env": state,
        "source.secret_env": state,
        "national.accounts.tinh-a.secret_env": state,
    }


@pytest.mark.parametrize("words", [("--json",), ("--lang", "vi"), ("--lang", "en"), ("--debug",)])
def test_no_form_shows_a_secret(folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    """Neither what is in the files nor options of an address."""
    edited(folder, 'url = "sqlite:///local.db"', f'url = "postgresql://u@host/d?options={PASSWORD}&sslmode=require"')
    assert main(["config", "show", *words, "--config", str(folder)]) == 0
    said = "".join(capsys.readouterr())
    key = (folder / STATE / "installation.key").read_text(encoding="ascii").strip()
    assert [secret for secret in (PASSWORD, key) if secret in said] == []
    assert "postgresql://u@host/d?options=…&sslmode=…" in said


@pytest.mark.usefixtures("english")
def test_people_read_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each setting, then the secrets."""
    assert main(["config", "show", "--lang", "en", "--config", str(folder)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "agent.mode demo agent.toml" in lines
    assert (
        "national.capabilities code.direction.return = 2, code.direction.guide = 7, lookup = unproven agent.toml"
        in lines
    )
    path = folder.resolve() / STATE / "national.secret"
    assert f"national.accounts.tinh-a.secret_file file {path}, readable by owner only" in lines


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:pa@host/d",
        "postgresql://u:pa/ss@host/d",
        "postgresql://:pa@host/d",
        "postgresql://u@host/d?password=pa",
        "postgresql://u@host/d?sslmode=require&sslPassword=pa",
        "mssql+mssqlpython://host/d?odbc_connect=PWD%3Dpa",
    ],
)
@pytest.mark.parametrize("setting", ["SYNC_AGENT_SOURCE__URL", "SYNC_AGENT_AGENT__LEDGER_URL"])
def test_an_address_with_a_password_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str, setting: str
) -> None:
    """Wherever it may hide; the line does not repeat it."""
    monkeypatch.setenv(setting, url)
    assert main(["config", "show", "--lang", "en", "--config", str(folder)]) == 2
    captured = capsys.readouterr()
    assert ("must not hold a password" in captured.err, url in captured.err, captured.out) == (True, False, "")


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
@pytest.mark.parametrize(("mode", "code"), [(0o400, 0), (0o440, 0), (0o444, 1)])
def test_systemd_hands_a_secret_over(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mode: int, code: int
) -> None:
    """By LoadCredential: the folder is the service's alone and the bits of the group are an access list's mask."""
    handed = folder.parent / "credentials"
    handed.mkdir(mode=0o700)
    written(handed / "national", mode)
    edited(folder, '"state/national.secret"', '"${CREDENTIALS_DIRECTORY}/national"')
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    state = "private" if code == 0 else "open"
    assert kept(shown(folder, capsys, code=code))["national.accounts.tinh-a.secret_file"] == state
