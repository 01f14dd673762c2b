"""Decides what the agent can be held to: an append-only Merkle log of decisions, without a name in it."""

from sync_agent.audit.anchor_settings import AnchorSettings
from sync_agent.audit.anchors import (
    DONE,
    AnchorRecord,
    anchor_records,
    attempt,
    due_channels,
    keep_attempts,
    last_done,
    places_over,
)
from sync_agent.audit.bundle import write_bundle
from sync_agent.audit.channels import Channel, open_channel
from sync_agent.audit.checkpoints import (
    Checkpoint,
    CheckpointReason,
    StoredCheckpoint,
    checkpoints,
    first_head_over,
    last_checkpoint,
    newest_head_over,
    sign_head,
)
from sync_agent.audit.columns import Holds, Proof, column, unclassified
from sync_agent.audit.discrepancies import SENTENCES, Discrepancy, Findings, Kind
from sync_agent.audit.edge import needed_to_append
from sync_agent.audit.entry import Entry, Event, Range, Versions, entry_bytes, entry_document, parse
from sync_agent.audit.erasure import destroyed_owners, erase_secrets, finish_erasures, seal_all
from sync_agent.audit.forms import actor_code, instant
from sync_agent.audit.guards import (
    OWNER,
    grant_rights,
    guard_names,
    guard_statements,
    install_guards,
    missing_guards,
    powers,
    role_statements,
)
from sync_agent.audit.keyfile import KEY_FILE, KeyFile
from sync_agent.audit.log import StoredEntry, append, end_hashes, entries, head, head_and_ends, recompute_root
from sync_agent.audit.merkle import Frontier, Head, leaf_hash, node_hash
from sync_agent.audit.note import NoteSigner, NoteVerifier, text_of
from sync_agent.audit.prooffile import consistency_file, proof_file
from sync_agent.audit.schema import entry_schema
from sync_agent.audit.sealing import SEALS_FILE, Seals
from sync_agent.audit.seals import SEALS, has_sealed, require_seals
from sync_agent.audit.secrets import (
    CaseSecret,
    create_secrets,
    keep_note,
    load_secrets,
    owner_of,
    read_note,
    rename_owners,
    secrets_of,
)
from sync_agent.audit.selection import Selection, WrittenEntry, selected, written_entry
from sync_agent.audit.verify import ReadLog, read_log
from sync_agent.audit.verify_anchors import How, Reach, SavedNote, saved_notes, verify_anchors, verify_saved
from sync_agent.audit.verify_heads import KeyRing, Rhythm, Series, head_sizes, verify_heads

__all__ = [
    "DONE",
    "KEY_FILE",
    "OWNER",
    "SEALS",
    "SEALS_FILE",
    "SENTENCES",
    "AnchorRecord",
    "AnchorSettings",
    "CaseSecret",
    "Channel",
    "Checkpoint",
    "CheckpointReason",
    "Discrepancy",
    "Entry",
    "Event",
    "Findings",
    "Frontier",
    "Head",
    "Holds",
    "How",
    "KeyFile",
    "KeyRing",
    "Kind",
    "NoteSigner",
    "NoteVerifier",
    "Proof",
    "Range",
    "Reach",
    "ReadLog",
    "Rhythm",
    "SavedNote",
    "Seals",
    "Selection",
    "Series",
    "StoredCheckpoint",
    "StoredEntry",
    "Versions",
    "WrittenEntry",
    "actor_code",
    "anchor_records",
    "append",
    "attempt",
    "checkpoints",
    "column",
    "consistency_file",
    "create_secrets",
    "destroyed_owners",
    "due_channels",
    "end_hashes",
    "entries",
    "entry_bytes",
    "entry_document",
    "entry_schema",
    "erase_secrets",
    "finish_erasures",
    "first_head_over",
    "grant_rights",
    "guard_names",
    "guard_statements",
    "has_sealed",
    "head",
    "head_and_ends",
    "head_sizes",
    "install_guards",
    "instant",
    "keep_attempts",
    "keep_note",
    "last_checkpoint",
    "last_done",
    "leaf_hash",
    "load_secrets",
    "missing_guards",
    "needed_to_append",
    "newest_head_over",
    "node_hash",
    "open_channel",
    "owner_of",
    "parse",
    "places_over",
    "powers",
    "proof_file",
    "read_log",
    "read_note",
    "recompute_root",
    "rename_owners",
    "require_seals",
    "role_statements",
    "saved_notes",
    "seal_all",
    "secrets_of",
    "selected",
    "sign_head",
    "text_of",
    "unclassified",
    "verify_anchors",
    "verify_heads",
    "verify_saved",
    "write_bundle",
    "written_entry",
]
