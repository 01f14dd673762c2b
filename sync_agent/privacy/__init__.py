"""Decides what of a case may leave the agency, under which name a case is shown, and whether a text still tells who."""

from sync_agent.privacy.comparison import Change
from sync_agent.privacy.comparison import changes as policy_changes
from sync_agent.privacy.freetext import numbers_in
from sync_agent.privacy.gate import Gate, GateResult
from sync_agent.privacy.keys import KeyNames
from sync_agent.privacy.masking import MASK, Masking
from sync_agent.privacy.policy import Policy, load_policy
from sync_agent.privacy.protection import Reason
from sync_agent.privacy.sentences import Section
from sync_agent.privacy.sentences import word as field_word
from sync_agent.privacy.withheld import Withheld

__all__ = [
    "MASK",
    "Change",
    "Gate",
    "GateResult",
    "KeyNames",
    "Masking",
    "Policy",
    "Reason",
    "Section",
    "Withheld",
    "field_word",
    "load_policy",
    "numbers_in",
    "policy_changes",
]
