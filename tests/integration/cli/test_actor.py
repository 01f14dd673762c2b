import os
import pwd
from pathlib import Path

import pytest

from sync_agent.cli import actor
from sync_agent.cli.actor import login_actor

OWN = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which the system keeps who logged in; it says that it does not know."""
    path = tmp_path / "loginuid"
    path.write_text("4294967295", encoding="ascii")
    monkeypatch.setattr(actor, "_LOGIN_UID", path)
    monkeypatch.delenv("SUDO_USER", raising=False)
    return path


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize("variable", ["LOGNAME", "USER", "LNAME", "USERNAME"])
def test_a_variable_anyone_can_set_is_nobodys_login(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two signatures must not come from one person with two names."""
    monkeypatch.setenv(variable, "another")
    assert login_actor() == f"os:{OWN}"


def test_who_logged_in_counts_more_than_what_sudo_says(login: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system keeps it from login on, and nobody can change it."""
    login.write_text(str(os.getuid()), encoding="ascii")
    monkeypatch.setenv("SUDO_USER", "another")
    assert login_actor() == f"os:{OWN}"


@pytest.mark.usefixtures("login")
def test_behind_sudo_it_is_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not keep who logged in."""
    monkeypatch.setenv("SUDO_USER", "lan")
    assert login_actor() == "os:lan"


def test_an_account_without_a_name_is_its_number(login: Path) -> None:
    """A container may know no names."""
    login.write_text("3999999999", encoding="ascii")
    assert login_actor() == "os:3999999999"


def test_without_such_a_file_it_is_the_account_of_the_process(login: Path) -> None:
    """Other systems keep no login."""
    login.unlink()
    assert login_actor() == f"os:{OWN}"
