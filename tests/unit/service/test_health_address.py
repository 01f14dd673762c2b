"""Where the service tells how it is: on its own machine or nowhere."""

from ipaddress import ip_address

import pytest
from pydantic import ValidationError

from sync_agent.settings import ServiceSection


def test_by_default_it_is_told_on_this_machine_alone() -> None:
    """So that whoever installs it can look at once, and nobody else."""
    host, _, port = ServiceSection().health_address.rpartition(":")
    assert (ip_address(host).is_loopback, port) == (True, "9108")


@pytest.mark.parametrize("address", ["", "127.0.0.1:0", "127.8.8.8:9108", "[::1]:9108"])
def test_an_address_of_this_machine_is_taken(address: str) -> None:
    """Of either protocol; or none."""
    assert ServiceSection(health_address=address).health_address == address


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0:9108", "[::]:9108", "10.0.0.1:9108", "sync.example:9108", "localhost:9108", "127.0.0.1", ":9108"),
        *("127.0.0.1:99999", "127.0.0.1:x", "127.0.0.1:9108/metrics", "http://127.0.0.1:9108", "127.0.0.1:9108?a"),
    ],
)
def test_any_other_is_refused(address: str) -> None:
    """A name may lead elsewhere one day."""
    with pytest.raises(ValidationError):
        ServiceSection(health_address=address)
