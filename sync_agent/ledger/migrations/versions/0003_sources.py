"""Cases that are gone from the local system, and what was written back to it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("case_state", sa.Column("absent_scans", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("case_state", sa.Column("gone_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_case_state_absent", "case_state", ["source_id", "absent_scans"])
    op.create_index("ix_message_ack_at", "message", ["ack_at"])
    op.create_index("ix_case_group_case_id", "case_group", ["case_id", "token"])
    op.add_column("source_state", sa.Column("queued_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "write_back",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("wrote_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("ix_write_back_due", "write_back", ["wrote_at", "next_try_at"])
