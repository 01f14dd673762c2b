"""Accounts of the pages from the command line: a password is read from standard input and stands nowhere else."""

import io
from collections.abc import Callable

import pytest

from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]
PASSWORD = "mười hai ký tự trở lên"


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house in demo mode."""
    return make_house()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what puts words on standard input."""
    return lambda words: monkeypatch.setattr("sys.stdin", io.StringIO(words + "\n"))


def test_an_account_from_the_first_day_to_the_last(run: Run, house: House, typed: Callable[[str], None]) -> None:
    """Each change is an entry of the audit log in the name of who made it; the password is in none of them."""
    assert run("accounts", "list")[:2] == (0, "There is no account yet.\n")
    typed(PASSWORD)
    assert run("accounts", "add", "lan", "--role", "auditor", "--agency", "H217.02", "--agency", "H217.01")[0] == 0
    typed(PASSWORD + "!")
    assert run("accounts", "password", "lan")[0] == 0
    assert run("accounts", "disable", "lan")[0] == 0
    assert run("accounts", "disable", "lan")[0] == 0
    code, out, _ = run("accounts", "list")
    assert (code, [word in out for word in ("lan", "auditor", "H217.01 H217.02", "disabled")]) == (0, [True] * 4)
    assert run("accounts", "enable", "lan")[0] == 0
    told = [entry for entry in house.entries() if entry.event.startswith("account_")]
    events = ["account_added", "account_password_set", "account_disabled", "account_enabled"]
    assert [entry.event.value for entry in told] == events
    assert {(entry.account, entry.actor.partition(":")[0]) for entry in told} == {("lan", "os")}
    assert (told[0].new_state, told[0].reason) == ("auditor", "agencies:H217.01+H217.02")
    kept = str(house.select("SELECT * FROM account"))
    assert (PASSWORD in kept + str(told), "$argon2id$" in kept) == (False, True)
    assert run("audit", "verify")[0] in {0, 1}


@pytest.mark.parametrize(
    ("name", "password"),
    [("lan", "ngắn quá"), ("lan", "Lan-2026-2026-2026"), ("lan", "aaaaaaaaaaaaaaaa"), ("lan", ""), ("Lan", PASSWORD)],
)
def test_what_cannot_be_an_account_is_not_made(
    run: Run, house: House, typed: Callable[[str], None], name: str, password: str
) -> None:
    """A short password, one of the name or of one sign, a name that is none; what was typed is not repeated."""
    typed(password)
    code, out, err = run("accounts", "add", name, "--role", "operator")
    assert (code, out, "error:" in err, bool(password) and password in err) == (2, "", True, False)
    assert house.select("SELECT count(*) FROM account")[0][0] == 0


def test_nothing_is_done_to_an_account_that_is_not_there(run: Run, typed: Callable[[str], None]) -> None:
    """And none is made twice."""
    typed(PASSWORD)
    assert run("accounts", "password", "minh")[0] == 2
    assert run("accounts", "disable", "minh")[0] == 2
    typed(PASSWORD)
    assert run("accounts", "add", "minh", "--role", "auditor")[0] == 0
    typed(PASSWORD)
    code, _, err = run("accounts", "add", "minh", "--role", "operator")
    assert (code, "already" in err) == (2, True)
