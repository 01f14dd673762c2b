"""Whose request it is."""

import base64

import pytest

from sync_agent.simulator.credentials import Credentials


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


KNOWN = Credentials({"H217.01": "mật:khẩu"}, {"lgsp": "token-1"})
OPEN = Credentials({}, {})


@pytest.mark.parametrize(
    ("header", "account"),
    [
        (_basic("H217.01:mật:khẩu"), "H217.01"),
        (_basic("H217.01:sai"), ""),
        (_basic("H217.02:mật:khẩu"), ""),
        (_basic("H217.02:"), ""),
        (_basic("H217.01"), ""),
        ("Bearer token-1", "lgsp"),
        ("bearer token-1", "lgsp"),
        ("Bearer token-2", ""),
        ("Bearer ", ""),
        ("Basic ???", ""),
        ("Basic " + base64.b64encode(b"\xff:\xff").decode(), ""),
        ("Digest x", ""),
        ("", ""),
    ],
)
def test_only_the_right_secret_proves_an_account(header: str, account: str) -> None:
    """Anything else is nobody."""
    assert KNOWN.account(header) == account


@pytest.mark.parametrize(
    ("header", "account"),
    [(_basic("ai:gì"), "ai"), (_basic("ai"), ""), ("Bearer gì", "bearer"), ("Bearer", ""), ("", "")],
)
def test_with_no_account_set_up_whoever_names_himself_is_let_in(header: str, account: str) -> None:
    """A request without credentials is nobody even then."""
    assert OPEN.account(header) == account


def test_secrets_are_not_shown() -> None:
    """Neither passwords nor tokens stand in what is printed for debugging."""
    assert repr(KNOWN) == "Credentials()"
