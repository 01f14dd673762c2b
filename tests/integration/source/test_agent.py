"""A whole agent that reads a server: its password from a file, and what `check` says of the account."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import make_url

from sync_agent.bootstrap import open_agent
from sync_agent.doctor import Check, Verdict, examine
from sync_agent.errors import ConfigError, SourceError
from sync_agent.example import generate
from sync_agent.resources import create_configuration
from tests.support.places import Place
from tests.support.servers import copy_database

Configured = Callable[..., Path]


@pytest.fixture
def configured(tmp_path: Path, server: Place) -> Configured:
    """Return a function that makes a configuration whose source is the example on a server."""
    folder = tmp_path / "site"
    create_configuration(folder)
    local = tmp_path / "example.db"
    generate(local, folder / "files", cases=5, seed=1, today=date(2026, 11, 23))
    copy_database(local, server.url)
    national = folder / "state" / "national.secret"
    national.write_text("invented", encoding="ascii")
    national.chmod(0o400)

    def configure(url: str, *lines: str) -> Path:
        toml = folder / "agent.toml"
        text = toml.read_text(encoding="utf-8")
        old = 'url = "sqlite:///local.db"'
        assert old in text
        address = make_url(url)._replace(password=None).render_as_string()
        toml.write_text(text.replace(old, "\n".join([f'url = "{address}"', *lines])), encoding="utf-8")
        return folder

    return configure


def source_check(folder: Path) -> Check:
    """Return what `check` says of the queries."""
    return next(check for check in examine(folder, probe=False) if check.subject == "source queries")


def test_the_password_comes_from_its_file(configured: Configured, server: Place, reader: str) -> None:
    """Relative to the folder of the configuration; an account that can only read is warned of by nothing."""
    server.let_read(reader)
    folder = configured(reader, 'secret_file = "state/source.secret"')
    secret = folder / "state" / "source.secret"
    secret.write_text("invented\n", encoding="ascii")
    secret.chmod(0o400)
    with open_agent(folder, new_ledger=False) as agent:
        assert len(agent.source.changes(None)) == 5
    assert source_check(folder).verdict is Verdict.OK


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)  # the other may trust every account of the machine
def test_a_wrong_password_is_said_and_not_shown(
    configured: Configured, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, in one line."""
    monkeypatch.setenv("SOURCE_PASSWORD_OF_TESTS", "hidden-word")
    folder = configured(reader, 'secret_env = "SOURCE_PASSWORD_OF_TESTS"')
    with pytest.raises(SourceError, match=r"^the source refuses the account") as caught, open_agent(folder):
        raise AssertionError
    assert "hidden-word" not in str(caught.value)


def test_an_account_that_may_write_is_warned_of(configured: Configured, server: Place) -> None:
    """Only that: the agent still reads."""
    check = source_check(configured(server.url))
    assert (check.verdict, check.what) == (Verdict.WARN, "the account may write to the source")


def test_a_file_takes_no_password(configured: Configured) -> None:
    """A secret that nothing would use is a mistake."""
    folder = configured("sqlite:///local.db", 'secret_env = "SOURCE_PASSWORD_OF_TESTS"')
    with pytest.raises(ConfigError, match="a source in SQLite or files takes no password"), open_agent(folder):
        raise AssertionError
