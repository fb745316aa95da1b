"""Count what the store knows of its surveys, by day and state, for a comparison with the published facts."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, and_, case, func, literal_column, or_, select

from store.engine import Store
from store.schema import answer, decision, record, survey

LAST_DAY = "9999-12-31"
_DAY: ColumnElement[str] = func.coalesce(survey.c.day, literal_column("(record.payload ->> 'day')", Text), "")


class Total(NamedTuple):
    """The live contacts of one local day whose decisions have one state: how many, and what came of them.

    As facts count: whoever answered was reached, and an answer after the window is none.
    """

    day: str  # local day of the contact, ISO text
    state: str  # waiting, asked, skipped
    contacts: int
    sent: int  # the carrier took the opening message
    delivered: int
    scored: int
    score_sum: int


def totals(store: Store, since: str = "") -> list[Total]:
    """Count contacts and sum scores by local day and state, from day ``since`` (ISO text) on, in order.

    Contacts whose day the store no longer knows stand under the day "".
    """
    scored = and_(answer.c.value.is_not(None), ~answer.c.late)
    query = (
        select(
            _DAY.label("day"),
            decision.c.state,
            func.count().label("contacts"),
            func.count(case((or_(survey.c.sent, survey.c.delivered, scored), 1))).label("sent"),
            func.count(case((or_(survey.c.delivered, scored), 1))).label("delivered"),
            func.count(case((scored, 1))).label("scored"),
            func.coalesce(func.sum(case((scored, answer.c.value))), 0).label("score_sum"),
        )
        .select_from(decision)
        .outerjoin(survey, survey.c.contact_id == decision.c.contact_id)
        .outerjoin(record, and_(record.c.kind == "contact", record.c.record_id == decision.c.contact_id))
        .outerjoin(answer, and_(answer.c.contact_id == decision.c.contact_id, answer.c.question == "score"))
        .where(_DAY.between(since, LAST_DAY))
        .group_by(_DAY, decision.c.state)
        .order_by(_DAY, decision.c.state)
    )
    with store.read() as connection:
        return [Total._make(row) for row in connection.execute(query)]
