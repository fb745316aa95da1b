"""The survey that a number's next reply belongs to, with what it has come to so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from store.schema import answer, message, opt_out, survey
from surveys.self_service import came_from_self_service


@dataclass
class OpenSurvey:
    """The survey a number's next reply belongs to, as this batch has left it."""

    row: Any
    tried: bool | None  # the website or app first, as far as it is known
    answers: dict[str, int | None]
    question: str
    messages: int
    clarified: bool


def open_surveys(connection: Connection, phones: set[str]) -> dict[str, OpenSurvey]:
    """The latest survey of each number, with its answers."""
    if not phones:
        return {}
    latest: dict[str, Any] = {}
    query = select(survey).where(survey.c.phone.in_(phones)).order_by(survey.c.opened_at, survey.c.contact_id)
    for row in connection.execute(query.with_for_update()):
        latest[row.phone] = row
    ids = [row.contact_id for row in latest.values()]
    answers: dict[str, dict[str, int | None]] = {}
    given = select(answer.c.contact_id, answer.c.question, answer.c.value)
    for contact_id, question, value in connection.execute(given.where(answer.c.contact_id.in_(ids))):
        answers.setdefault(contact_id, {})[question] = value
    asked_again = select(message.c.contact_id).where(
        message.c.contact_id.in_([row.contact_id for row in latest.values() if row.messages > 1]),
        message.c.purpose == "clarification",
    )
    clarified = set(connection.scalars(asked_again))
    # What a session shows counts for more than what the platform says.
    open_ones = [row.contact_id for row in latest.values() if row.question and row.tried is not True]
    tried = came_from_self_service(connection, open_ones)
    return {
        phone: OpenSurvey(
            row,
            True if row.contact_id in tried else row.tried,
            answers.get(row.contact_id, {}),
            row.question,
            row.messages,
            row.contact_id in clarified,
        )
        for phone, row in latest.items()
    }


def stopped(connection: Connection, phones: Iterable[str]) -> set[str]:
    """Those of the numbers that have said stop."""
    return set(connection.scalars(select(opt_out.c.phone).where(opt_out.c.phone.in_(list(phones)))))
