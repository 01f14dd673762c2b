"""Turns local rows into a CaseFile by a declarative profile and dated code tables. What is bad becomes a finding."""

from sync_agent.mapping.codes import CodeTable, CodeTables, load_code_tables
from sync_agent.mapping.loading import load_profile, parse_profile
from sync_agent.mapping.mapper import Mapped, Mapper
from sync_agent.mapping.profile import Profile

__all__ = [
    "CodeTable",
    "CodeTables",
    "Mapped",
    "Mapper",
    "Profile",
    "load_code_tables",
    "load_profile",
    "parse_profile",
]
