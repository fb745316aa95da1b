"""The built-in phones: a carrier in our own database, for demonstrations and for the first try.

A message arrives at once. Its id is made of the attempt's id, so posting it twice leaves one message and
an attempt of unknown outcome can be looked up with certainty.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, literal, select

from store import Store
from store.schema import message, phone_message
from surveys.carriers.base import Outgoing, Posted

BATCH = 1_000
PREFIX = "PH"


class PhoneGateway:
    """Delivers into ``phone_message``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._done: list[Posted] = []

    def room(self) -> int:
        return BATCH - len(self._done)

    def fault(self) -> str:
        return ""

    def share(self, senders: int) -> None:
        pass  # our own phones take all there is

    def submit(self, messages: Sequence[Outgoing], now: datetime) -> None:
        # Only what is still claimed: a worker that was stopped for minutes may find that others have given
        # its claims up and asked again.
        claimed = select(
            (PREFIX + message.c.message_id).label("sid"),
            message.c.phone,
            literal("to_phone").label("direction"),
            message.c.body,
            literal(int(now.timestamp())).label("at"),
            literal(time.time_ns()).label("seq"),
        ).where(message.c.message_id.in_([m.message_id for m in messages]), message.c.state == "claimed")
        columns = ["sid", "phone", "direction", "body", "at", "seq"]
        statement = insert(phone_message).from_select(columns, claimed).returning(phone_message.c.sid)
        with self._store.write() as connection:
            taken = set(connection.scalars(statement)) if messages else set()
        self._done += [_delivered(m) for m in messages if sid(m) in taken]

    def results(self, timeout_s: float) -> list[Posted]:  # noqa: ARG002 (nothing to wait for)
        done, self._done = self._done, []
        return done

    def in_flight(self) -> int:
        return len(self._done)

    def can_look_up(self) -> bool:
        return True

    def look_up(self, messages: Sequence[Outgoing], known: frozenset[str]) -> list[Posted]:  # noqa: ARG002
        """Here absence is proof: what is not in the table was never posted."""
        with self._store.read() as connection:
            query = select(phone_message.c.sid).where(phone_message.c.sid.in_([sid(m) for m in messages]))
            found = set(connection.scalars(query))
        return [_delivered(m) if sid(m) in found else Posted(m, "not_sent") for m in messages]

    def close(self, timeout_s: float) -> list[Posted]:
        return self.results(timeout_s)


def sid(outgoing: Outgoing) -> str:
    """The id of a message on the phones, made of the attempt's."""
    return f"{PREFIX}{outgoing.message_id}"


def _delivered(outgoing: Outgoing) -> Posted:
    return Posted(outgoing, "taken", sid=sid(outgoing), status="delivered")
