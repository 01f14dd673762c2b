"""Accounts with secrets from files and the environment."""

import base64
from pathlib import Path
from typing import Any

import pytest

from sync_agent.errors import ConfigError
from sync_agent.national import AccountSettings, load_accounts

SECRET = "bí mật 0:1"


def _secret(folder: Path, content: bytes, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return "secret"


def _account(**values: Any) -> AccountSettings:
    return AccountSettings.model_validate({"alias": "tinh", "agencies": ["H217.01"], "username": "u", **values})


def _error(folder: Path, *accounts: AccountSettings) -> str:
    with pytest.raises(ConfigError) as caught:
        load_accounts(accounts, folder)
    return str(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o600])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_private_file_gives_a_basic_secret(tmp_path: Path, mode: int, end: bytes) -> None:
    """A line end at the end of the file is not part of it."""
    name = _secret(tmp_path, SECRET.encode() + end, mode)

    accounts = load_accounts([_account(secret_file=name)], tmp_path)

    assert accounts.authorization("tinh") == "Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode()


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o777])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """The line says which file and how to mend it."""
    name = _secret(tmp_path, SECRET.encode(), mode)

    message = _error(tmp_path, _account(secret_file=name))

    assert "national.accounts (tinh): others can read" in message
    assert "chmod 0400" in message
    assert SECRET not in message


def test_the_environment_gives_a_bearer_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named by the setting."""
    monkeypatch.setenv("NATIONAL_TOKEN", "eyJ.abc")

    accounts = load_accounts([_account(auth="bearer", username="", secret_env="NATIONAL_TOKEN")], tmp_path)

    assert accounts.authorization("tinh") == "Bearer eyJ.abc"


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    """Not an empty secret."""
    message = _error(tmp_path, _account(secret_env="NATIONAL_TOKEN_X"))

    assert (
        message
        == "national.accounts (tinh): the environment variable NATIONAL_TOKEN_X is not set - set it for the agent alone"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"\n", "is empty"), (b"\xff\xfe", "cannot be read")],
)
def test_a_file_without_a_secret_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    """Empty or not text."""
    assert message in _error(tmp_path, _account(secret_file=_secret(tmp_path, content)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With its path."""
    assert str(tmp_path / "nowhere") in _error(tmp_path, _account(secret_file="nowhere"))


def test_a_bearer_token_is_one_word_of_ascii(tmp_path: Path) -> None:
    """Anything else would break the header."""
    account = _account(auth="bearer", secret_file=_secret(tmp_path, b"two words"))

    assert "one word of printable ASCII" in _error(tmp_path, account)


def test_two_accounts_cannot_share_an_alias_or_an_agency(tmp_path: Path) -> None:
    """Otherwise nobody could say who sent a case."""
    name = _secret(tmp_path, b"x")
    first = _account(secret_file=name)

    assert "two accounts have this alias" in _error(tmp_path, first, _account(secret_file=name, agencies=["H1"]))
    assert "another account already speaks for H217.01" in _error(
        tmp_path, first, _account(secret_file=name, alias="khac")
    )


def test_an_agency_nobody_speaks_for_has_no_account(tmp_path: Path) -> None:
    """There is no default."""
    accounts = load_accounts([_account(secret_file=_secret(tmp_path, b"x"))], tmp_path)

    assert (accounts.for_agency("H217.01"), accounts.for_agency("H217.02")) == ("tinh", None)
    assert (accounts.aliases, accounts.agencies) == (("tinh",), {"H217.01": "tinh"})


def test_no_repr_shows_a_secret(tmp_path: Path) -> None:
    """Neither of the account nor of all of them."""
    accounts = load_accounts([_account(secret_file=_secret(tmp_path, b"hush"))], tmp_path)

    shown = repr(accounts) + repr(vars(accounts))

    assert "hush" not in shown
    assert base64.b64encode(b"u:hush").decode() not in shown


def test_an_account_without_agencies_speaks_for_nobody(tmp_path: Path) -> None:
    """A configuration to start from is complete but sends nothing."""
    accounts = load_accounts([_account(secret_file=_secret(tmp_path, b"x"), agencies=[])], tmp_path)

    assert (accounts.aliases, accounts.agencies) == (("tinh",), {})
