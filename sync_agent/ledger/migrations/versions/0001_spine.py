"""The ledger and the audit log of the first release, with the guards of the log."""

import sqlalchemy as sa
from alembic import op

from sync_agent.audit import install_guards

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.CheckConstraint("length(root) = 32", name="audit_checkpoint_root"),
        sa.CheckConstraint("number >= 0 AND size >= 0", name="audit_checkpoint_number"),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(op.f("ix_audit_checkpoint_size"), "audit_checkpoint", ["size"], unique=False)
    op.create_table(
        "audit_erasable",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("case_key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('secret', 'note')", name="audit_erasable_kind"),
        sa.PrimaryKeyConstraint("source_id", "case_key", "kind", "commitment"),
    )
    op.create_index("audit_erasable_by_commitment", "audit_erasable", ["commitment"], unique=True)
    op.create_index(
        "audit_erasable_one_secret",
        "audit_erasable",
        ["source_id", "case_key"],
        unique=True,
        sqlite_where=sa.text("kind = 'secret'"),
        postgresql_where=sa.text("kind = 'secret'"),
    )
    op.create_table(
        "audit_leaf",
        sa.Column("idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.CheckConstraint("idx >= 0", name="audit_leaf_idx"),
        sa.CheckConstraint("length(leaf_hash) = 32", name="audit_leaf_hash"),
        sa.PrimaryKeyConstraint("idx"),
    )
    op.create_index("audit_leaf_by_event", "audit_leaf", ["event", "idx"], unique=False)
    op.create_index(
        "audit_leaf_by_subject",
        "audit_leaf",
        ["subject", "idx"],
        unique=False,
        sqlite_where=sa.text("subject IS NOT NULL"),
        postgresql_where=sa.text("subject IS NOT NULL"),
    )
    op.create_table(
        "audit_tile",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(hashes) = 8192", name="audit_tile_full"),
        sa.CheckConstraint("level >= 0 AND idx >= 0", name="audit_tile_place"),
        sa.PrimaryKeyConstraint("level", "idx"),
    )
    op.create_table(
        "audit_tree",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="audit_tree_one_row"),
        sa.CheckConstraint("size >= 0 AND length(frontier) % 32 = 0", name="audit_tree_frontier"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "case_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("case_key", sa.String(), nullable=False),
        sa.Column("pseudonym", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("kind_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_digest", sa.String(), nullable=False),
        sa.Column("digest_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.String(), nullable=True),
        sa.Column("protected_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("protection", sa.String(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "case_key"),
    )
    op.create_index("ix_case_state_look_at", "case_state", ["source_id", "look_at"], unique=False)
    op.create_index("ix_case_state_pseudonym", "case_state", ["source_id", "pseudonym"], unique=False)
    op.create_table(
        "environment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("accounts", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("key_definition", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("go_live", sa.String(), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "policy_signature",
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("policy"),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("counts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "source_state",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("watermark", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mapping", sa.String(), nullable=True),
        sa.Column("contract", sa.String(), nullable=True),
        sa.Column("policy", sa.String(), nullable=True),
        sa.Column("configuration", sa.String(), nullable=True),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("full_scan_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source_id"),
    )
    op.create_table(
        "audit_anchor",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("checkpoint", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("anchored_at", sa.String(length=24), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("number >= 0", name="audit_anchor_number"),
        sa.ForeignKeyConstraint(
            ["checkpoint"],
            ["audit_checkpoint.number"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "case_group",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_state.id"],
        ),
        sa.PrimaryKeyConstraint("token", "case_id"),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("local_key", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_digest", sa.String(), nullable=True),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_state.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "rule", "field", "step", "local_key", "place"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("local_key", sa.String(), nullable=False),
        sa.Column("parent_key", sa.String(), nullable=False),
        sa.Column("ack_digest", sa.String(), nullable=True),
        sa.Column("ack_id", sa.String(), nullable=True),
        sa.Column("ack_account", sa.String(), nullable=True),
        sa.Column("ack_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ack_agent", sa.String(), nullable=True),
        sa.Column("ack_mapping", sa.String(), nullable=True),
        sa.Column("ack_contract", sa.String(), nullable=True),
        sa.Column("ack_policy", sa.String(), nullable=True),
        sa.Column("ack_shape", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wanted_digest", sa.String(), nullable=True),
        sa.Column("wanted_mark", sa.String(), nullable=True),
        sa.Column("wanted_shape", sa.String(), nullable=True),
        sa.Column("accepted_mark", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("due_on", sa.String(), nullable=True),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("versions", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_state.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "step", "local_key"),
    )
    op.create_index("ix_message_ack_id", "message", ["step", "ack_id"], unique=True)
    op.create_index("ix_message_state", "message", ["state", "next_try_at"], unique=False)
    install_guards(op.get_bind())
