"""Surveys: retries, who claimed a message, early callbacks, what a survey has come to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "early_status",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sid"),
    )
    op.create_index("answer_by_time", "answer", ["answered_at"], unique=False)
    op.add_column(
        "decision", sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index("decision_by_customer", "decision", ["customer_key", "decided_at"], unique=False)
    op.create_index("decision_by_time", "decision", ["created_at"], unique=False)
    op.add_column("message", sa.Column("worker", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "message", sa.Column("segments", sa.SmallInteger(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("message", sa.Column("look_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "message", sa.Column("looks", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.drop_index(
        "message_open", table_name="message", sqlite_where=sa.text("state IN ('claimed', 'unknown')")
    )
    op.create_index("message_by_time", "message", ["created_at"], unique=False)
    op.create_index(
        "message_unsettled",
        "message",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('ready', 'claimed', 'unknown')"),
        postgresql_where=sa.text("state IN ('ready', 'claimed', 'unknown')"),
    )
    op.add_column(
        "phone_message", sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("reply", sa.Column("question", sa.Text(), server_default="", nullable=False))
    op.add_column("reply", sa.Column("settled_at", sa.BigInteger(), nullable=True))
    op.add_column("survey", sa.Column("day", sa.Text(), server_default="", nullable=False))
    op.add_column("survey", sa.Column("agent", sa.Text(), server_default="", nullable=False))
    op.add_column("survey", sa.Column("tried", sa.Boolean(), nullable=True))
    op.add_column("survey", sa.Column("sent", sa.Boolean(), nullable=True))
    op.add_column("survey", sa.Column("delivered", sa.Boolean(), nullable=True))
