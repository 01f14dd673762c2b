"""Decides what the agent can be held to: an append-only Merkle log of decisions, without a name in it."""

from sync_agent.audit.columns import Holds, Proof, column, unclassified
from sync_agent.audit.edge import needed_to_append
from sync_agent.audit.entry import Entry, Event, Range, Versions, entry_bytes, entry_document, parse
from sync_agent.audit.forms import actor_code, instant
from sync_agent.audit.guards import guard_names, guard_statements, install_guards, missing_guards
from sync_agent.audit.log import StoredEntry, append, end_hashes, entries, head, recompute_root
from sync_agent.audit.merkle import Frontier, Head, leaf_hash, node_hash
from sync_agent.audit.schema import entry_schema
from sync_agent.audit.secrets import CaseSecret, create_secrets, keep_note, load_secrets, read_note, rename_owners

__all__ = [
    "CaseSecret",
    "Entry",
    "Event",
    "Frontier",
    "Head",
    "Holds",
    "Proof",
    "Range",
    "StoredEntry",
    "Versions",
    "actor_code",
    "append",
    "column",
    "create_secrets",
    "end_hashes",
    "entries",
    "entry_bytes",
    "entry_document",
    "entry_schema",
    "guard_names",
    "guard_statements",
    "head",
    "install_guards",
    "instant",
    "keep_note",
    "leaf_hash",
    "load_secrets",
    "missing_guards",
    "needed_to_append",
    "node_hash",
    "parse",
    "read_note",
    "recompute_root",
    "rename_owners",
    "unclassified",
]
