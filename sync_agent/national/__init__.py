"""Decides what goes to the national side and what became of it: contracts, accounts, the gateway, outcomes by type."""

from sync_agent.national.accounts import Accounts, AccountSettings, load_accounts
from sync_agent.national.certificates import Certificate, client_certificate, shown_certificates
from sync_agent.national.codelists import CodeList, CodeLists, DraftList, ListChange, cleaned, compare
from sync_agent.national.contract_file import ListSpec
from sync_agent.national.endpoints import Endpoint, visit
from sync_agent.national.gateway import AccountRefusedError, CodeEntry, Gateway, HttpGateway, open_gateway
from sync_agent.national.kntc import KntcContract, load_contract
from sync_agent.national.messages import (
    FileChangedError,
    FileSlot,
    Ids,
    Message,
    Projection,
    Sent,
    Shape,
    WireFile,
    WireOptions,
    WireRequest,
)
from sync_agent.national.outcomes import FILE_CHANGED, TOO_LARGE, Accepted, NotProcessed, Outcome, Refused, Unknown
from sync_agent.national.refusals import REFUSED_UNKNOWN
from sync_agent.national.search import FoundCase, PersonQuery
from sync_agent.national.transport_settings import TransportSettings

__all__ = [
    "FILE_CHANGED",
    "REFUSED_UNKNOWN",
    "TOO_LARGE",
    "Accepted",
    "AccountRefusedError",
    "AccountSettings",
    "Accounts",
    "Certificate",
    "CodeEntry",
    "CodeList",
    "CodeLists",
    "DraftList",
    "Endpoint",
    "FileChangedError",
    "FileSlot",
    "FoundCase",
    "Gateway",
    "HttpGateway",
    "Ids",
    "KntcContract",
    "ListChange",
    "ListSpec",
    "Message",
    "NotProcessed",
    "Outcome",
    "PersonQuery",
    "Projection",
    "Refused",
    "Sent",
    "Shape",
    "TransportSettings",
    "Unknown",
    "WireFile",
    "WireOptions",
    "WireRequest",
    "cleaned",
    "client_certificate",
    "compare",
    "load_accounts",
    "load_contract",
    "open_gateway",
    "shown_certificates",
    "visit",
]
