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
