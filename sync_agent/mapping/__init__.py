"""Turns local rows into a CaseFile by a declarative profile and dated code tables. What is bad becomes a finding."""

from sync_agent.mapping.codes import CodeTable, CodeTables, load_code_tables
from sync_agent.mapping.completing import Filled, TableChange, additions, read_filled
from sync_agent.mapping.draft import Draft, coded_columns, draft_profile
from sync_agent.mapping.fields import FieldKind
from sync_agent.mapping.loading import load_profile, parse_profile
from sync_agent.mapping.mapper import Mapped, Mapper
from sync_agent.mapping.plugins import GROUP, RowsFunction, TextFunction
from sync_agent.mapping.profile import Profile
from sync_agent.mapping.suggest import Suggester, Suggestion
from sync_agent.mapping.trace import Cell, Origin
from sync_agent.mapping.uses import kind_of
from sync_agent.mapping.values import Unmapped

__all__ = [
    "GROUP",
    "Cell",
    "CodeTable",
    "CodeTables",
    "Draft",
    "FieldKind",
    "Filled",
    "Mapped",
    "Mapper",
    "Origin",
    "Profile",
    "RowsFunction",
    "Suggester",
    "Suggestion",
    "TableChange",
    "TextFunction",
    "Unmapped",
    "additions",
    "coded_columns",
    "draft_profile",
    "kind_of",
    "load_code_tables",
    "load_profile",
    "parse_profile",
    "read_filled",
]
