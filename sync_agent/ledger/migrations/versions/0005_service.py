"""What people ask of the service, who may open the pages and did, and when the law's clock stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("case_state", sa.Column("received_on", sa.String(), nullable=True))
    op.create_index("ix_case_state_received", "case_state", ["source_id", "received_on"])
    op.add_column("message", sa.Column("trigger_on", sa.String(), nullable=True))
    op.add_column("message", sa.Column("first_ack_at", _TIME, nullable=True))
    op.execute("UPDATE message SET first_ack_at = ack_at")  # of what went up more than once, the log knows better
    op.add_column("message", sa.Column("forced", sa.String(), nullable=True))
    op.create_index("ix_message_state_case", "message", ["state", "case_id"])
    not_up = sa.text("first_ack_at IS NULL")
    op.create_index("ix_message_not_up", "message", ["case_id", "due_on"], sqlite_where=not_up, postgresql_where=not_up)
    op.create_index("ix_message_forced", "message", ["forced", "case_id"])
    _requests()
    _pages()
    op.create_table(
        "notice",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("told_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_table(
        "tally",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "name"),
    )


def _requests() -> None:
    asked_as = sa.text("CURRENT_USER") if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("database_role", sa.String(), nullable=True, server_default=asked_as),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=True),
        sa.Column("begun_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("state", sa.String(), nullable=False, server_default="asked"),
        sa.Column("run", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_request_state", "request", ["state", "id"])


def _pages() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("agencies", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("disabled_at", _TIME, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "access_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_access_log_at", "access_log", ["at"])
