"""What the store holds, as counters in Prometheus' text format. No personal data: numbers only."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, func, select

from store.engine import Store
from store.schema import alarm, decision, feed, message, reply

_BY_LABEL = (
    ("svar_contacts", "Live contacts by state of their decision.", decision, decision.c.state, "state"),
    ("svar_decisions", "Live contacts by reason of their decision.", decision, decision.c.reason, "reason"),
    ("svar_messages", "SMS out by state.", message, message.c.state, "state"),
    ("svar_replies", "SMS in by how they were read.", reply, reply.c.kind, "kind"),
)
_WHERE: tuple[tuple[str, str, Table, ColumnElement[bool]], ...] = (
    ("svar_feed_undrained", "Events that have not reached the lake.", feed, ~feed.c.drained),
    ("svar_replies_unread", "Replies stored but not read yet.", reply, reply.c.read_at.is_(None)),
    ("svar_alarms_open", "Faults that a person must see.", alarm, alarm.c.cleared_at.is_(None)),
)


def counters(store: Store) -> str:
    """All counters as text."""
    lines: list[str] = []
    with store.read() as connection:
        for name, help_text, table, column, label in _BY_LABEL:
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
            query = select(column, func.count()).select_from(table).group_by(column).order_by(column)
            lines += [f'{name}{{{label}="{value}"}} {n}' for value, n in connection.execute(query)]
        for name, help_text, table, condition in _WHERE:
            n = connection.scalar(select(func.count()).select_from(table).where(condition))
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge", f"{name} {n}"]
    return "\n".join(lines) + "\n"
