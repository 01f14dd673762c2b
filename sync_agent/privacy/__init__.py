"""Decides what of a case may leave the agency, under which name a case is shown, and whether a text still tells who."""

from sync_agent.privacy.gate import Gate, GateResult
from sync_agent.privacy.keys import KeyNames
from sync_agent.privacy.policy import Policy, load_policy
from sync_agent.privacy.protection import Reason
from sync_agent.privacy.withheld import Withheld

__all__ = ["Gate", "GateResult", "KeyNames", "Policy", "Reason", "Withheld", "load_policy"]
