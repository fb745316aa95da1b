"""How the demonstration's customers behave once they are asked: the same in the history and live.

Nobody here decides who is asked. A contact's customer is watched until the product has decided; who was
asked answers after a while, and goes on answering as long as something is asked that they care to answer.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from demo.plan import Reaction
from store import Store
from store.schema import decision, survey

CHUNK = 500  # ids in one statement


@dataclass(frozen=True, order=True)
class Answer:
    """A message of a customer: ``at`` (epoch seconds) is when it is sent."""

    at: int
    contact_id: str
    phone: str
    text: str


class Respondents:
    """Customers who would answer, from their contact to their last message."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watched: dict[str, Reaction] = {}  # by contact, until it is decided
        self._asked: dict[str, tuple[Reaction, int]] = {}  # with the number of messages seen
        self._answers: list[Answer] = []

    def watch(self, contact_id: str, reaction: Reaction, *, at_most: int = 1_000_000) -> None:
        """This contact's customer would react so; of more than ``at_most`` the oldest are given up."""
        self._watched[contact_id] = reaction
        for known in (self._watched, self._asked):
            while len(known) > at_most:
                del known[next(iter(known))]

    @property
    def next_at(self) -> int | None:
        """When the next message is sent, None when none is on its way."""
        return self._answers[0].at if self._answers else None

    def due(self, now: int) -> Iterator[Answer]:
        """The messages sent up to now, oldest first; each is handed out once, when it is asked for."""
        while self._answers and self._answers[0].at <= now:
            yield heapq.heappop(self._answers)

    def look(self, now: int, answered: Sequence[str] = ()) -> None:
        """See who has been asked since, and who of those that ``answered`` was asked something more."""
        wanted = [*self._watched, *answered]
        if not wanted:
            return
        with self._store.read() as connection:
            for start in range(0, len(wanted), CHUNK):
                for row in _states(connection, wanted[start : start + CHUNK]):
                    self._see(now, row)

    def _see(self, now: int, row: Any) -> None:
        contact_id = row.contact_id
        if contact_id in self._watched:
            if row.state == "waiting":
                return
            reaction = self._watched.pop(contact_id)
            if row.state == "asked" and row.phone:
                self._asked[contact_id] = (reaction, 1)
                self._say(now + reaction.after_s, row, reaction.text)
        elif contact_id in self._asked and row.phone:
            reaction, seen = self._asked[contact_id]
            if row.messages > seen:
                self._asked[contact_id] = (reaction, row.messages)
                again = row.question == "score"
                self._say(
                    now + reaction.then_s,
                    row,
                    reaction.second if again else reaction.answers.get(row.question, ""),
                )

    def _say(self, at: int, row: Any, text: str) -> None:
        if text:
            heapq.heappush(self._answers, Answer(at, row.contact_id, row.phone, text))


def _states(connection: Connection, contact_ids: Sequence[str]) -> Iterator[Any]:
    columns = (decision.c.contact_id, decision.c.state, survey.c.phone, survey.c.question, survey.c.messages)
    query = (
        select(*columns)
        .outerjoin(survey, survey.c.contact_id == decision.c.contact_id)
        .where(decision.c.contact_id.in_(contact_ids))
    )
    yield from connection.execute(query)
