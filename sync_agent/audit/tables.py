"""Decides how the audit log is kept: six tables, of which one alone may ever lose a row.

The classes are the definition (migrations create them); reading and writing use the Core tables below them.
Changed only by new migrations, never by a batch operation, which would drop the guards.
"""

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, String, Table, text
from sqlmodel import SQLModel

from sync_agent.audit.columns import column

__all__ = [
    "ANCHOR",
    "CHECKPOINT",
    "ERASABLE",
    "LEAF",
    "TILE",
    "TREE",
    "AuditAnchor",
    "AuditCheckpoint",
    "AuditErasable",
    "AuditLeaf",
    "AuditTile",
    "AuditTree",
]

_BIG = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY is the row id of SQLite
_HASH = LargeBinary(32)
_HEX = String(64)
_TIME = String(24)  # as in the entries: 2026-11-23T01:02:03.456Z


class AuditLeaf(SQLModel, table=True):
    """One entry: the exact bytes that were hashed. Append-only; `idx` counts from 0 without a hole.

    `event` and `subject` are copied from the entry for look-up; they are proved by comparing them with it.
    """

    __tablename__ = "audit_leaf"
    __table_args__ = (
        CheckConstraint("idx >= 0", name="audit_leaf_idx"),
        CheckConstraint("length(leaf_hash) = 32", name="audit_leaf_hash"),
        Index("audit_leaf_by_event", "event", "idx"),
        Index(
            "audit_leaf_by_subject",
            "subject",
            "idx",
            sqlite_where=text("subject IS NOT NULL"),
            postgresql_where=text("subject IS NOT NULL"),
        ),
    )

    idx: int = column("count", "evidence", primary_key=True, sa_type=_BIG, sa_column_kwargs={"autoincrement": False})
    entry: bytes = column("bytes", "evidence", sa_type=LargeBinary)
    leaf_hash: bytes = column("digest", "evidence", sa_type=_HASH)
    event: str = column("code", "evidence", sa_type=String(40))
    subject: str | None = column("digest", "evidence", default=None, sa_type=_HEX)


class AuditTree(SQLModel, table=True):
    """The one row that is the head of the log: `frontier` is the roots of its full subtrees, largest first."""

    __tablename__ = "audit_tree"
    __table_args__ = (
        CheckConstraint("id = 1", name="audit_tree_one_row"),
        CheckConstraint("size >= 0 AND length(frontier) % 32 = 0", name="audit_tree_frontier"),
    )

    id: int = column("count", "evidence", primary_key=True, sa_type=Integer, sa_column_kwargs={"autoincrement": False})
    size: int = column("count", "evidence", sa_type=_BIG)
    frontier: bytes = column("bytes", "evidence", sa_type=LargeBinary)


class AuditTile(SQLModel, table=True):
    """A full tile of C2SP tlog-tiles: 256 hashes of height 8 * `level`, written once when it fills."""

    __tablename__ = "audit_tile"
    __table_args__ = (
        CheckConstraint("level >= 0 AND idx >= 0", name="audit_tile_place"),
        CheckConstraint("length(hashes) = 8192", name="audit_tile_full"),
    )

    level: int = column("count", "evidence", primary_key=True, sa_type=Integer)
    idx: int = column("count", "evidence", primary_key=True, sa_type=_BIG)
    hashes: bytes = column("bytes", "evidence", sa_type=LargeBinary)


class AuditCheckpoint(SQLModel, table=True):
    """A signed head: `note` is the exact C2SP signed note. Several may have one size (hourly, nothing happened)."""

    __tablename__ = "audit_checkpoint"
    __table_args__ = (
        CheckConstraint("number >= 0 AND size >= 0", name="audit_checkpoint_number"),
        CheckConstraint("length(root) = 32", name="audit_checkpoint_root"),
    )

    number: int = column("count", "evidence", primary_key=True, sa_type=_BIG, sa_column_kwargs={"autoincrement": False})
    size: int = column("count", "evidence", sa_type=_BIG, index=True)
    root: bytes = column("digest", "evidence", sa_type=_HASH)
    note: bytes = column("bytes", "evidence", sa_type=LargeBinary)
    signed_at: str = column("time", "evidence", sa_type=_TIME)
    reason: str = column("code", "evidence", sa_type=String(40))


class AuditAnchor(SQLModel, table=True):
    """One attempt to take a checkpoint off the machine, and the proof that came back, if any.

    The agent's own memory of what it tried, and so `working`: what proves is the head at the place, or the receipt.
    """

    __tablename__ = "audit_anchor"
    __table_args__ = (CheckConstraint("number >= 0", name="audit_anchor_number"),)

    number: int = column("count", "working", primary_key=True, sa_type=_BIG, sa_column_kwargs={"autoincrement": False})
    checkpoint: int = column("count", "working", references="audit_checkpoint.number", sa_type=_BIG)
    channel: str = column("code", "working", sa_type=String(40))
    outcome: str = column("code", "working", sa_type=String(40))
    anchored_at: str = column("time", "working", sa_type=_TIME)
    receipt: bytes | None = column("bytes", "evidence", default=None, sa_type=LargeBinary)


class AuditErasable(SQLModel, table=True):
    """The one table of the log that may lose rows: secrets of cases and notes of people, deleted on erasure.

    `commitment` is what the entries say: the case's subject for its secret, the note's commitment for a note.
    """

    __tablename__ = "audit_erasable"
    __table_args__ = (
        CheckConstraint("kind IN ('secret', 'note')", name="audit_erasable_kind"),
        Index("audit_erasable_by_commitment", "commitment", unique=True),
        Index("audit_erasable_by_number", "number", unique=True),
        Index(
            "audit_erasable_one_secret",
            "source_id",
            "case_key",
            unique=True,
            sqlite_where=text("kind = 'secret'"),
            postgresql_where=text("kind = 'secret'"),
        ),
    )

    source_id: str = column("code", "working", primary_key=True, sa_type=String(64))
    case_key: str = column("key", "working", primary_key=True, sa_type=String(255))
    kind: str = column("code", "working", primary_key=True, sa_type=String(8))
    commitment: str = column("digest", "working", primary_key=True, sa_type=_HEX)
    value: bytes = column("secret", "working", sa_type=LargeBinary)
    number: int | None = column("count", "working", default=None, sa_type=_BIG)  # of its seal; none: not sealed


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


LEAF = _table("audit_leaf")
TREE = _table("audit_tree")
TILE = _table("audit_tile")
CHECKPOINT = _table("audit_checkpoint")
ANCHOR = _table("audit_anchor")
ERASABLE = _table("audit_erasable")
