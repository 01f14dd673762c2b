"""Decides what goes to the national side and what became of it: contracts, accounts, the gateway, outcomes by type."""

from sync_agent.national.accounts import Accounts, AccountSettings, load_accounts
from sync_agent.national.gateway import CodeEntry, Gateway, HttpGateway, open_gateway
from sync_agent.national.kntc import KntcContract, load_contract
from sync_agent.national.messages import (
    FileChangedError,
    FileSlot,
    Ids,
    Message,
    Projection,
    Sent,
    Shape,
    WireOptions,
    WireRequest,
)
from sync_agent.national.outcomes import Accepted, NotProcessed, Outcome, Refused, Unknown
from sync_agent.national.refusals import REFUSED_UNKNOWN
from sync_agent.national.transport_settings import TransportSettings

__all__ = [
    "REFUSED_UNKNOWN",
    "Accepted",
    "AccountSettings",
    "Accounts",
    "CodeEntry",
    "FileChangedError",
    "FileSlot",
    "Gateway",
    "HttpGateway",
    "Ids",
    "KntcContract",
    "Message",
    "NotProcessed",
    "Outcome",
    "Projection",
    "Refused",
    "Sent",
    "Shape",
    "TransportSettings",
    "Unknown",
    "WireOptions",
    "WireRequest",
    "load_accounts",
    "load_contract",
    "open_gateway",
]
