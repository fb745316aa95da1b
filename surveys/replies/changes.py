"""What a batch of readings writes, gathered so that it is written in few statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text, update

from store import bulk
from store.schema import message, reply, survey
from surveys.ledger import snapshots

_READ = (
    update(reply)
    .where(reply.c.sid == bindparam("reply_sid"))
    .values(
        read_at=bindparam("at"),
        contact_id=bindparam("contact"),
        kind=bindparam("read_kind"),
        score=bindparam("read_score"),
        flags=bindparam("read_flags"),
        urgency=bindparam("how_urgent"),
        parser=bindparam("by"),
        late=bindparam("is_late"),
        question=bindparam("asked"),
    )
)
ANSWER = text(
    """
    insert into answer (contact_id, question, value, text, answered_at, source, late)
    values (:contact_id, :question, :value, :text, :answered_at, :source, :late)
    on conflict (contact_id, question) do update set value = excluded.value, text = excluded.text,
        answered_at = excluded.answered_at, source = excluded.source, late = excluded.late
    """
)
_DROP = (
    update(message)
    .where(message.c.message_id == bindparam("dropped"), message.c.state == "ready")
    .values(state="not_sent", error="overtaken", settled_at=bindparam("dropped_at"), look_at=None)
)
_SURVEY = (
    update(survey)
    .where(survey.c.contact_id == bindparam("id"))
    .values(question=bindparam("open_question"), messages=bindparam("sent_so_far"), sent=True, delivered=True)
)


@dataclass
class Changes:
    """Rows for each of the statements above, and whose comment has changed."""

    replies: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    surveys: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)  # messages that waited and are not to be sent
    worded: list[str] = field(default_factory=list)  # contacts whose comment has changed


def write(connection: Connection, changes: Changes, now: datetime) -> None:
    """Write it all inside the caller's transaction, and tell the feed what the surveys have come to."""
    bulk.run(connection, _READ, changes.replies)
    bulk.run(connection, ANSWER, changes.answers)
    bulk.run(connection, _SURVEY, changes.surveys)
    bulk.insert_rows(connection, message, changes.messages)
    bulk.run(connection, _DROP, changes.dropped)
    snapshots.append_changed(connection, [row["id"] for row in changes.surveys], now)
    snapshots.append_comments(connection, changes.worded, now)
