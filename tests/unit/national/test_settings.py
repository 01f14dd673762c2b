"""Which connection settings are safe to use."""

from typing import Any

import pytest
from pydantic import ValidationError

from sync_agent.national import AccountSettings, TransportSettings, WireOptions


def test_https_is_taken_with_cautious_times() -> None:
    """Nothing but the address is needed; an idle connection ends before a server's usual five seconds."""
    settings = TransportSettings(base_url="https://national.example")

    assert (settings.keepalive_expiry, settings.tries, settings.body) == (4, 3, "json")


@pytest.mark.parametrize(
    "values",
    [
        {"base_url": "http://national.example"},
        {"base_url": "http://national.example", "plain_http_host": "national.example"},
        {"base_url": "http://national.example", "plain_http_reason": "closed network"},
        {"base_url": "http://national.example", "plain_http_host": "other.example", "plain_http_reason": "x"},
        {"base_url": "http://national.example", "plain_http_host": "national.example", "plain_http_reason": " "},
        {"base_url": "ftp://national.example"},
        {"base_url": "national.example"},
        {"base_url": ""},
        {"base_url": "https://user:secret@national.example"},
        {"base_url": "https://national.example/?a=1"},
        {"base_url": "https://national.example", "proxy": "http://user:secret@proxy.example:3128"},
        {"base_url": "https://national.example", "client_key": "key.pem"},
        {"base_url": "https://national.example", "tries": 4},
        {"base_url": "https://national.example", "read_seconds": 0},
        {"base_url": "https://national.example", "verify": False},
    ],
)
def test_an_unsafe_setting_is_refused(values: dict[str, Any]) -> None:
    """Plain http without a named host and a reason, secrets in addresses, switched-off checks."""
    with pytest.raises(ValidationError) as caught:
        TransportSettings(**values)

    assert "secret" not in str(caught.value)


def test_plain_http_can_be_allowed_for_one_named_host() -> None:
    """With the reason written beside it."""
    settings = TransportSettings(
        base_url="http://127.0.0.1:8080/x", plain_http_host="127.0.0.1", plain_http_reason="simulator on this machine"
    )

    assert settings.base_url == "http://127.0.0.1:8080/x"


def test_the_money_unit_must_be_chosen() -> None:
    """Nobody knows the wire's unit: no default."""
    with pytest.raises(ValidationError):
        WireOptions.model_validate({})


@pytest.mark.parametrize(
    "values",
    [
        {"username": "u"},
        {"username": "u", "secret_file": "s", "secret_env": "S"},
        {"username": "", "secret_file": "s"},
        {"username": "a:b", "secret_file": "s"},
        {"username": "u", "secret_file": "s", "alias": "có dấu"},
        {"username": "u", "secret_file": "s", "password": "x"},
    ],
)
def test_an_account_needs_a_name_agencies_and_one_place_of_its_secret(values: dict[str, Any]) -> None:
    """And never holds the secret itself."""
    with pytest.raises(ValidationError):
        AccountSettings.model_validate({"alias": "a", "agencies": ["H217.01"], **values})
