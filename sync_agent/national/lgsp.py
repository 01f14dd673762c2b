"""Decides how an account speaks through a province's LGSP: who it says it is, how it asks for a token, what it carries.

The names were seen in clients of other services behind an LGSP; what stands in TRAN_CODE is for the LGSP to say.
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from sync_agent.national.answers import seconds_to_wait
from sync_agent.national.exchange import LostError, NotSentError, Transport
from sync_agent.national.tokens import Token, TokenError, token_of
from sync_agent.national.transport_settings import plain_address

__all__ = ["LgspSettings", "ask_for_token", "call_headers", "identity_of"]

HeaderText = Annotated[str, Field(pattern=r"^[!-~]([ -~]{0,198}[!-~])?$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]

_FORM = "application/x-www-form-urlencoded"
_ASKED = b"grant_type=client_credentials"


class LgspSettings(BaseModel):
    """What the LGSP has agreed with the agency; the secret key is the account's secret, never a setting.

    `{action}` in `tran_code` stands for the action that is called.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token_url: str
    access_key: Name
    app_name: Name
    partner_code: Name
    partner_code_cus: str = ""
    sender_code: HeaderText
    tran_code: HeaderText
    receiver_code: HeaderText

    @field_validator("token_url")
    @classmethod
    def _whole_address(cls, address: str) -> str:
        if not address:
            raise ValueError("must be an http or https address")
        return plain_address(address)


def identity_of(settings: LgspSettings, secret: str) -> str:
    """Return the value of the header `lgspaccesstoken`: base64 of JSON. It holds the secret."""
    named = {
        "AccessKey": settings.access_key,
        "SecretKey": secret,
        "AppName": settings.app_name,
        "PartnerCode": settings.partner_code,
        "PartnerCodeCus": settings.partner_code_cus,
    }
    return base64.b64encode(orjson.dumps(named)).decode("ascii")


def call_headers(settings: LgspSettings, identity: str, token: Token, action: str) -> dict[str, str]:
    """Return what a call of `action` carries."""
    return {
        "Authorization": f"Bearer {token.value}",
        "lgspaccesstoken": identity,
        "SENDER_CODE": settings.sender_code,
        "TRAN_CODE": settings.tran_code.replace("{action}", action),
        "RECEIVER_CODE": settings.receiver_code,
    }


def ask_for_token(
    settings: LgspSettings,
    identity: str,
    transport: Transport,
    *,
    clock: Callable[[], float],
    now: Callable[[], datetime],
) -> Token:
    """Ask the LGSP for a token. Raises TokenError: a lost answer is only a lost token."""
    asked_at = clock()
    try:
        reply = transport.post(settings.token_url, _ASKED, {"lgspaccesstoken": identity, "Content-Type": _FORM})
    except (NotSentError, LostError) as error:
        cause = error.cause
    else:
        return token_of(reply, identity, asked_at, seconds_to_wait(reply.retry_after, now()))
    raise TokenError(f"token_{cause}")
