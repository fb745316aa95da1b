"""Who settled or took care of a reply; the sessions of a customer found by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UNSETTLED = sa.text("kind = 'unclear' AND settled_at IS NULL")
_SESSION = sa.text("kind = 'session'")


def upgrade() -> None:
    """Apply."""
    op.add_column("reply", sa.Column("settled_by", sa.Text(), server_default="", nullable=False))
    op.add_column("reply", sa.Column("handled_at", sa.BigInteger(), nullable=True))
    op.add_column("reply", sa.Column("handled_by", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "reply_unsettled",
        "reply",
        ["received_at"],
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    )
    op.create_index(
        "session_by_customer",
        "record",
        [sa.text("(payload ->> 'customer_key')")],
        sqlite_where=_SESSION,
        postgresql_where=_SESSION,
    )
