"""Doubts about what the national side holds already, the name a case was born under, and the agency map."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("message", sa.Column("doubt", sa.String(), nullable=True))
    op.add_column("case_state", sa.Column("origin_source", sa.String(), nullable=True))
    op.add_column("case_state", sa.Column("origin_key", sa.String(), nullable=True))
    op.add_column("environment", sa.Column("agency_map", sa.String(), nullable=True))
    op.add_column("case_state", sa.Column("lifted_digest", sa.String(), nullable=True))
    op.add_column("policy_signature", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("policy_signature", sa.Column("content", sa.String(), nullable=True))
    op.add_column("policy_signature", sa.Column("reason", sa.String(), nullable=True))
    op.add_column("policy_signature", sa.Column("second_actor", sa.String(), nullable=True))
    op.add_column("policy_signature", sa.Column("second_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("refusal", sa.String(), nullable=True))
    op.add_column("finding", sa.Column("rejected_digest", sa.String(), nullable=True))
    op.add_column("finding", sa.Column("rejected_by", sa.String(), nullable=True))
    op.add_column("finding", sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("finding", sa.Column("rejected_reason", sa.String(), nullable=True))
    op.add_column("message", sa.Column("refusals", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "lane",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("credential", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("account"),
    )
