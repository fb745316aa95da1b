"""How urgent a flagged reply is, so that the queue is read from an index however long it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WAITS = sa.text("urgency IS NOT NULL AND handled_at IS NULL")
_HANDLED = sa.text("handled_at IS NOT NULL")
_SETTLED = sa.text("settled_at IS NOT NULL")
_FILL = sa.text(
    """
    update reply set urgency = case
        when cast(flags as text) like '%emergency%' then 0
        when cast(flags as text) like '%complaint%' then 1
        when cast(flags as text) like '%question%' then 2
        when cast(flags as text) like '%swearing%' then 3
        else 4 end
    where cast(flags as text) not in ('[]', '')
    """
)


def upgrade() -> None:
    """Apply."""
    op.add_column("reply", sa.Column("urgency", sa.SmallInteger(), nullable=True))
    op.execute(_FILL)
    for name, columns, where in (
        ("reply_to_call", ["urgency", "received_at"], _WAITS),
        ("reply_handled", ["handled_at"], _HANDLED),
        ("reply_settled", ["settled_at"], _SETTLED),
    ):
        op.create_index(name, "reply", columns, sqlite_where=where, postgresql_where=where)
