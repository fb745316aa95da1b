"""What the store says of its surveys, day by day, to be compared with what the lake says of the same days."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, and_, case, func, literal_column, select

from store.engine import Store
from store.schema import answer, decision, record, survey

LAST_DAY = "9999-12-31"
_DAY: ColumnElement[str] = func.coalesce(survey.c.day, literal_column("(record.payload ->> 'day')", Text), "")


class Total(NamedTuple):
    """The live contacts of one local day whose decisions have one state: how many, and what came of them."""

    day: str  # local day of the contact, ISO text
    state: str  # waiting, asked, skipped
    contacts: int
    sent: int  # the carrier has taken the opening message
    delivered: int
    scored: int
    score_sum: int


def totals(store: Store, since: str = "") -> list[Total]:
    """Counts by state and sums of scores of every local day from ``since`` (ISO text) on, in order.

    Contacts that are waiting and have never been looked at are told to the lake by their first decision,
    so they are counted here as waiting and not at all there.
    """
    query = (
        select(
            _DAY.label("day"),
            decision.c.state,
            func.count().label("contacts"),
            func.count(case((survey.c.sent, 1))).label("sent"),
            func.count(case((survey.c.delivered, 1))).label("delivered"),
            func.count(answer.c.value).label("scored"),
            func.coalesce(func.sum(answer.c.value), 0).label("score_sum"),
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
