"""An invented local system: its database, its people, its working days.

Input of the demo and of tests, never of production.
"""

from sync_agent.example.generate import generate
from sync_agent.example.links import torn_edit
from sync_agent.example.mutate import mutate
from sync_agent.example.organisations import ORGANISATIONS, Organisation
from sync_agent.example.stock import Changes, Special, Stock

__all__ = ["ORGANISATIONS", "Changes", "Organisation", "Special", "Stock", "generate", "mutate", "torn_edit"]
