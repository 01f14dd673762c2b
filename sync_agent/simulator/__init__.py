"""A national service to develop and test against: it decides what a real one might do, at its most awkward.

It shares nothing with the client's side of the contract, so that a misreading on one side shows on the other.
"""

from sync_agent.simulator.capabilities import (
    CAPABILITY_VALUES,
    WORST_CAPABILITIES,
    Capabilities,
    parse_capabilities,
)
from sync_agent.simulator.fault import Fault, parse_fault
from sync_agent.simulator.faults import FaultPlan
from sync_agent.simulator.options import SimulatorOptions, parse_pairs, secrets_from
from sync_agent.simulator.records import ID_PREFIX
from sync_agent.simulator.server import SimulatorServer, announce, serve
from sync_agent.simulator.state import Creation, Duplicate, SimulatorState

__all__ = [
    "CAPABILITY_VALUES",
    "ID_PREFIX",
    "WORST_CAPABILITIES",
    "Capabilities",
    "Creation",
    "Duplicate",
    "Fault",
    "FaultPlan",
    "SimulatorOptions",
    "SimulatorServer",
    "SimulatorState",
    "announce",
    "parse_capabilities",
    "parse_fault",
    "parse_pairs",
    "secrets_from",
    "serve",
]
