"""What the national side has acknowledged, and how delivery of the rest stands. No personal data, ever."""

from sync_agent.ledger import cases, findings, migrate, queries
from sync_agent.ledger.cases import Due, due_cases, find_case, known_cases
from sync_agent.ledger.engine import copy_in_memory, ledger_problem, open_engine
from sync_agent.ledger.environment import (
    Environment,
    bind,
    declare_go_live,
    environment,
    is_signed,
    require_same,
    save_source_state,
    sign,
    source_state,
)
from sync_agent.ledger.findings import FindingKey, finding_key, load_findings, to_finding
from sync_agent.ledger.known import KnownCase, known_by_id, known_by_key, known_by_name, subject_of, with_messages_in
from sync_agent.ledger.lock import exclusive
from sync_agent.ledger.messages import (
    MessageKey,
    PlannedRow,
    State,
    accept_plan,
    id_is_taken,
    load_messages,
    planned,
    sort_key,
)
from sync_agent.ledger.rows import insert_rows, save_rows
from sync_agent.ledger.runs import end_run, last_runs, start_run
from sync_agent.ledger.store import Clock, Ledger, Transaction, utc_now
from sync_agent.ledger.tables import CaseRow, EnvironmentRow, FindingRow, MessageRow, RunRow, SourceRow

__all__ = [
    "CaseRow",
    "Clock",
    "Due",
    "Environment",
    "EnvironmentRow",
    "FindingKey",
    "FindingRow",
    "KnownCase",
    "Ledger",
    "MessageKey",
    "MessageRow",
    "PlannedRow",
    "RunRow",
    "SourceRow",
    "State",
    "Transaction",
    "accept_plan",
    "bind",
    "cases",
    "copy_in_memory",
    "declare_go_live",
    "due_cases",
    "end_run",
    "environment",
    "exclusive",
    "find_case",
    "finding_key",
    "findings",
    "id_is_taken",
    "insert_rows",
    "is_signed",
    "known_by_id",
    "known_by_key",
    "known_by_name",
    "known_cases",
    "last_runs",
    "ledger_problem",
    "load_findings",
    "load_messages",
    "migrate",
    "open_engine",
    "planned",
    "queries",
    "require_same",
    "save_rows",
    "save_source_state",
    "sign",
    "sort_key",
    "source_state",
    "start_run",
    "subject_of",
    "to_finding",
    "utc_now",
    "with_messages_in",
]
