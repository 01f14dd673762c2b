"""Seals for secrets and notes, and what is left of cases that were erased."""

import sqlalchemy as sa
from alembic import op

from sync_agent.audit import seal_all

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("audit_erasable", sa.Column("number", number, nullable=True))
    op.create_index("audit_erasable_by_number", "audit_erasable", ["number"], unique=True)
    op.create_table(
        "erased_case",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "mark"),
    )
    seal_all(op.get_bind())
