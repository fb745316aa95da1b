"""Who has said stop, and who has said start again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, text, update

from store.schema import UNSETTLED, message, opt_out, survey

_OPT_OUT = text(
    """
    insert into opt_out (phone, since, source) values (:phone, :since, :source)
    on conflict (phone) do nothing
    """
)


def opt_out_in(connection: Connection, phone: str, source: str, now: datetime) -> None:
    """Record a stop: nothing waits for this number any more, and no question of it is open."""
    connection.execute(_OPT_OUT, {"phone": phone, "since": int(now.timestamp()), "source": source})
    connection.execute(
        update(message)
        .where(message.c.phone == phone, UNSETTLED, message.c.state == "ready")
        .values(state="not_sent", error="opted_out", settled_at=int(now.timestamp()))
    )
    connection.execute(
        update(survey).where(survey.c.phone == phone, survey.c.question != "").values(question="")
    )


def opt_in_in(connection: Connection, phone: str) -> None:
    """Take a stop back."""
    connection.execute(delete(opt_out).where(opt_out.c.phone == phone))
