"""Decides which settings of the connection are safe to use."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["TransportSettings", "plain_address"]

Seconds = Annotated[float, Field(gt=0, le=600)]


class TransportSettings(BaseModel):
    """How to reach the national service. Times in seconds.

    Plain http is refused unless `plain_http_host` names the host and `plain_http_reason` says why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: str
    body: Literal["json", "form"] = "json"
    proxy: str = ""
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    plain_http_host: str = ""
    plain_http_reason: str = ""
    connect_seconds: Seconds = 10
    read_seconds: Seconds = 60
    write_seconds: Seconds = 60
    pool_seconds: Seconds = 30
    keepalive_expiry: float = Field(default=4, ge=0, le=60)  # below the server's, so that an idle end is not a doubt
    tries: int = Field(default=3, ge=1, le=3)
    quick_retry_seconds: float = Field(default=5, ge=0, le=30)  # a longer Retry-After is left to the ledger

    @field_validator("base_url", "proxy")
    @classmethod
    def _plain_address(cls, address: str) -> str:
        return plain_address(address) if address else address

    @model_validator(mode="after")
    def _http_needs_a_reason(self) -> "TransportSettings":
        if not self.base_url:
            raise ValueError("base_url is needed")
        self.require_safe(self.base_url)
        if self.client_key is not None and self.client_certificate is None:
            raise ValueError("client_key needs client_certificate")
        return self

    def require_safe(self, address: str) -> None:
        """Raise ValueError for an address without TLS whose host was not named."""
        parts = urlsplit(address)
        named = self.plain_http_host == parts.hostname and bool(self.plain_http_reason.strip())
        if parts.scheme == "http" and not named:
            raise ValueError(
                "plain http is refused: use https, or name the host in plain_http_host and say why in plain_http_reason"
            )


def plain_address(address: str) -> str:
    """Return `address` if it is one of http or https with nothing secret in it. Raises ValueError."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must not hold a query or fragment")
    return address
