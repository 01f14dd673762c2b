"""Accounts with secrets from files and the environment."""

import base64
import os
import threading
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


def _replace(folder: Path, content: bytes, mode: int = 0o400) -> None:
    """Put a new secret file in place of the old one, as a careful administrator does."""
    new = folder / "secret.new"
    new.write_bytes(content)
    new.chmod(mode)
    new.rename(folder / "secret")


@pytest.mark.parametrize(
    ("auth", "expected"),
    [("basic", "Basic " + base64.b64encode(b"u:moi").decode()), ("bearer", "Bearer moi")],
)
def test_a_replaced_secret_is_used_at_once(tmp_path: Path, auth: str, expected: str) -> None:
    """Without a restart."""
    accounts = load_accounts([_account(auth=auth, secret_file=_secret(tmp_path, b"cu"))], tmp_path)

    _replace(tmp_path, b"moi")

    assert accounts.authorization("tinh") == expected


def test_a_secret_written_in_place_is_used_at_once(tmp_path: Path) -> None:
    """The same file with another content."""
    accounts = load_accounts([_account(auth="bearer", secret_file=_secret(tmp_path, b"cu"))], tmp_path)

    (tmp_path / "secret").write_bytes(b"moi nhat"[:3])

    assert accounts.authorization("tinh") == "Bearer moi"


def test_a_secret_of_the_same_length_and_time_is_seen_by_its_inode(tmp_path: Path) -> None:
    """A file that was prepared beforehand, or brought by a tool that keeps times."""
    accounts = load_accounts([_account(auth="bearer", secret_file=_secret(tmp_path, b"mot"))], tmp_path)
    before = (tmp_path / "secret").stat()

    _replace(tmp_path, b"hai")
    os.utime(tmp_path / "secret", ns=(before.st_atime_ns, before.st_mtime_ns))

    assert accounts.authorization("tinh") == "Bearer hai"


@pytest.mark.parametrize(
    ("content", "mode"),
    [(b"", 0o400), (b"\n", 0o400), (b"\xff\xfe", 0o400), (b"two words", 0o400), (b"moi", 0o644)],
    ids=["empty", "blank", "not text", "no token", "open to others"],
)
def test_while_a_new_secret_cannot_be_used_the_old_one_stays(tmp_path: Path, content: bytes, mode: int) -> None:
    """And it is tried again: once it is mended it is used."""
    accounts = load_accounts([_account(auth="bearer", secret_file=_secret(tmp_path, b"cu"))], tmp_path)

    _replace(tmp_path, content, mode)
    while_broken = [accounts.authorization("tinh") for _ in range(2)]
    _replace(tmp_path, b"moi")

    assert (while_broken, accounts.authorization("tinh")) == (["Bearer cu"] * 2, "Bearer moi")


def test_a_new_secret_is_used_once_its_rights_are_mended(tmp_path: Path) -> None:
    """To change the rights alone changes neither time nor size of the file."""
    accounts = load_accounts([_account(auth="bearer", secret_file=_secret(tmp_path, b"cu"))], tmp_path)
    _replace(tmp_path, b"moi", 0o644)
    before = accounts.authorization("tinh")

    (tmp_path / "secret").chmod(0o400)

    assert (before, accounts.authorization("tinh")) == ("Bearer cu", "Bearer moi")


def test_a_secret_that_is_missing_for_a_moment_stays_in_use(tmp_path: Path) -> None:
    """Between taking the old file away and putting the new one."""
    accounts = load_accounts([_account(auth="bearer", secret_file=_secret(tmp_path, b"cu"))], tmp_path)

    (tmp_path / "secret").unlink()
    missing = accounts.authorization("tinh")
    _replace(tmp_path, b"moi")

    assert (missing, accounts.authorization("tinh")) == ("Bearer cu", "Bearer moi")


def test_an_unusable_secret_is_warned_of_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the account and nothing of the file; again when another one is unusable later."""
    warnings: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        "sync_agent.national.accounts.log", lambda event, level, **facts: warnings.append((str(event), level, facts))
    )
    accounts = load_accounts([_account(auth="bearer", secret_file=_secret(tmp_path, b"cu"))], tmp_path)

    for content in (b"", b"moi", b""):
        _replace(tmp_path, content)
        for _ in range(3):
            accounts.authorization("tinh")

    assert warnings == [("secret_unusable", "warning", {"account": "tinh"})] * 2


def test_an_unchanged_secret_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at the file is all that a request costs."""
    accounts = load_accounts([_account(auth="bearer", secret_file=_secret(tmp_path, b"cu"))], tmp_path)

    def never(*_given: object, **_named: object) -> str:
        raise AssertionError("read again")

    monkeypatch.setattr("sync_agent.national.accounts.read_secret", never)

    assert [accounts.authorization("tinh") for _ in range(3)] == ["Bearer cu"] * 3


def test_a_secret_of_the_environment_is_read_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running process has the environment it was started with."""
    monkeypatch.setenv("NATIONAL_TOKEN", "cu")
    accounts = load_accounts([_account(auth="bearer", username="", secret_env="NATIONAL_TOKEN")], tmp_path)

    monkeypatch.setenv("NATIONAL_TOKEN", "moi")

    assert accounts.authorization("tinh") == "Bearer cu"


def test_no_thread_ever_sees_half_a_secret(tmp_path: Path) -> None:
    """Many ask while the file is replaced again and again."""
    secrets = [f"{number}" * 2000 for number in range(4)]
    accounts = load_accounts([_account(auth="bearer", secret_file=_secret(tmp_path, secrets[0].encode()))], tmp_path)
    done = threading.Event()
    seen: list[set[str]] = []

    def ask() -> None:
        mine = set()
        while not done.is_set():
            mine.add(accounts.authorization("tinh"))
        seen.append(mine)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(200):
        _replace(tmp_path, secrets[turn % 4].encode())
    done.set()
    for thread in threads:
        thread.join()

    assert set().union(*seen) <= {f"Bearer {secret}" for secret in secrets}
    assert (len(seen), accounts.authorization("tinh")) == (4, f"Bearer {secrets[199 % 4]}")
