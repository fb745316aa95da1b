"""The survey that a number's next reply belongs to, with what it has come to so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from store.schema import answer, message, opt_out, survey
from surveys.ledger import snapshots
from surveys.ledger.came_from import came_from_self_service

NOT_OUT = (
    "not_sent",
    "undelivered",
    "failed",
    "canceled",
)  # states of a message that the customer has not got


@dataclass
class OpenSurvey:
    """The survey a number's next reply belongs to, as this batch has left it."""

    row: Any
    tried: bool | None  # the website or app first, as far as it is known
    answers: dict[str, int | None]  # the last one last
    question: str  # the one that the customer can have got
    messages: int
    clarified: bool
    pending: str = ""  # the question of the message that waits to be sent
    pending_id: str = ""  # that message


def open_surveys(connection: Connection, phones: set[str]) -> dict[str, OpenSurvey]:
    """The latest survey of each number, with its answers."""
    if not phones:
        return {}
    theirs = select(survey.c.contact_id).where(survey.c.phone.in_(phones))
    snapshots.lock(connection, connection.scalars(theirs))
    latest: dict[str, Any] = {}
    query = select(survey).where(survey.c.phone.in_(phones)).order_by(survey.c.opened_at, survey.c.contact_id)
    for row in connection.execute(query.with_for_update()):
        latest[row.phone] = row
    ids = [row.contact_id for row in latest.values()]
    answers: dict[str, dict[str, int | None]] = {}
    given = select(answer.c.contact_id, answer.c.question, answer.c.value).where(answer.c.contact_id.in_(ids))
    # Within a second the score came first: everything else is asked because of it.
    for contact_id, question, value in connection.execute(
        given.order_by(answer.c.answered_at, answer.c.question != "score")
    ):
        answers.setdefault(contact_id, {})[question] = value
    out = _messages_out(connection, [row.contact_id for row in latest.values() if row.messages > 1])
    # What a session shows counts for more than what the platform says.
    open_ones = [row.contact_id for row in latest.values() if row.question and row.tried is not True]
    tried = came_from_self_service(connection, open_ones)
    return {
        phone: _opened(
            row,
            True if row.contact_id in tried else row.tried,
            answers.get(row.contact_id, {}),
            out.get(row.contact_id, []),
        )
        for phone, row in latest.items()
    }


def _messages_out(connection: Connection, contact_ids: list[str]) -> dict[str, list[Any]]:
    """Each survey's follow-ups and clarifications in order. Those that wait are locked: none is claimed."""
    if not contact_ids:
        return {}
    waits = (message.c.contact_id.in_(contact_ids)) & (message.c.state == "ready")
    connection.execute(
        select(message.c.message_id).where(waits).order_by(message.c.message_id).with_for_update()
    ).all()
    columns = (
        message.c.message_id,
        message.c.contact_id,
        message.c.purpose,
        message.c.question,
        message.c.state,
    )
    query = (
        select(*columns)
        .where(message.c.contact_id.in_(contact_ids), message.c.purpose != "opening")
        .order_by(message.c.created_at, message.c.message_id)
    )
    out: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        out.setdefault(row.contact_id, []).append(row)
    return out


def _opened(row: Any, tried: bool | None, answers: dict[str, int | None], out: list[Any]) -> OpenSurvey:
    """The survey as the customer has seen it: a question is open when the carrier can have it."""
    opened = OpenSurvey(row, tried, answers, row.question, row.messages, clarified=False)
    for sent in out:
        opened.clarified |= sent.purpose == "clarification" and sent.state not in NOT_OUT
        if sent.state == "ready":
            opened.pending, opened.pending_id = sent.question, sent.message_id
    if not row.question:
        opened.pending = opened.pending_id = ""
    asked = [sent for sent in out if sent.purpose == "follow_up" and sent.question == row.question]
    if asked and asked[-1].state in (*NOT_OUT, "ready"):
        opened.question = ""
    return opened


def stopped(connection: Connection, phones: Iterable[str]) -> set[str]:
    """Those of the numbers that have said stop."""
    return set(connection.scalars(select(opt_out.c.phone).where(opt_out.c.phone.in_(list(phones)))))
