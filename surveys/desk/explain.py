"""Everything on record about one contact: what came in, what was decided, what was sent, what came back.

:mod:`surveys.desk.timeline` puts it into words. No number is shown in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Table, select

from store import Store, feed
from store.deeds import deeds
from store.schema import answer, decision, message, message_status, record, reply, slot, survey
from surveys.asking.decision_codes import in_words
from surveys.desk.queue import SUBJECT

_NOT_SHOWN = {"phone", "form", "token", "worker", "customer_key"}


def explain(store: Store, contact_id: str) -> dict[str, Any] | None:
    """The story of a live contact, with times in ISO 8601 (UTC); None when it is not known.

    Keys: ``contact`` (its facts as they now stand), ``decision`` (as it stands), ``decisions`` (each state it
    was in, also while it waited), ``changes`` (of facts, and whether they came before the decision),
    ``survey``, ``messages`` with ``statuses``, ``replies``, ``answers``, ``deeds`` of people, and
    ``asked_before``: the number's survey that was in the way, where one was.
    """
    with store.read() as connection:
        decided = connection.execute(select(decision).where(decision.c.contact_id == contact_id)).first()
        if decided is None:
            return None
        known = connection.execute(
            select(record).where(record.c.kind == "contact", record.c.record_id == contact_id)
        ).first()

        def of(table: Table, *order: Any) -> list[dict[str, Any]]:
            rows = connection.execute(select(table).where(table.c.contact_id == contact_id).order_by(*order))
            return [_plain(row._mapping) for row in rows]

        story: dict[str, Any] = {
            "contact_id": contact_id,
            "phone": _masked(decided.phone),
            "contact": dict(known.payload) if known else {},
            "decision": _plain(decided._mapping) | {"why": in_words(decided.reason)},
            "asked_before": _asked_before(connection, decided),
            "survey": next(iter(of(survey)), None),
            "messages": _with_statuses(
                connection,
                # Within a second, the opening one was first.
                of(message, message.c.created_at, message.c.purpose != "opening", message.c.message_id),
            ),
            "replies": of(reply, reply.c.received_at, reply.c.sid),
            "answers": of(answer, answer.c.answered_at),
        }
    history = feed.history(store, contact_id)
    story["decisions"] = _decisions([row for row in history if row.kind == "outcome"])
    story["changes"] = _changes([row for row in history if row.kind == "contact"], decided.decided_at)
    done = deeds(store, SUBJECT, [came["sid"] for came in story["replies"]])
    story["deeds"] = [asdict(deed) | {"at": _iso(deed.at)} for deed in done]
    return story


def _asked_before(connection: Connection, decided: Any) -> dict[str, Any] | None:
    """The number's survey that kept this contact from being asked, as far as it is still on record."""
    if decided.reason != "recently_asked" or not decided.phone:
        return None
    query = select(slot).where(slot.c.phone == decided.phone, slot.c.last_sent_at <= decided.decided_at)
    row = connection.execute(query).first()
    return {"contact_id": row.contact_id, "at": _iso(row.last_sent_at)} if row else None


def _with_statuses(connection: Connection, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for sent in messages:
        told = select(message_status).where(message_status.c.message_id == sent["message_id"])
        sent["statuses"] = [
            {"status": row.status, "error": row.error, "at": _iso(row.at)}
            for row in connection.execute(told.order_by(message_status.c.seq))
        ]
    return messages


def _decisions(rows: Sequence[feed.FeedRow]) -> list[dict[str, Any]]:
    """Each state and reason the decision was in, with when it came to it."""
    found: list[dict[str, Any]] = []
    for row in rows:
        state = {name: row.payload[name] for name in ("state", "reason")}
        if not found or any(found[-1][name] != value for name, value in state.items()):
            found.append({"at": _iso(row.accepted_us // 1_000_000), **state})
    return found


def _changes(rows: Sequence[feed.FeedRow], decided_at: int | None) -> list[dict[str, Any]]:
    """What each later version of the contact changed: field → (old, new)."""
    changes = []
    for before, row in pairwise(rows):
        fields = {
            name: (before.payload.get(name), value)
            for name, value in row.payload.items()
            if before.payload.get(name) != value
        }
        at = row.accepted_us // 1_000_000
        open_still = decided_at is None or at < decided_at
        changes.append({"at": _iso(at), "fields": fields, "before_decision": open_still})
    return changes


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: _iso(value) if name.endswith("_at") else value
        for name, value in row.items()
        if name not in _NOT_SHOWN
    }


def _iso(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def _masked(phone: str | None) -> str:
    return "none" if not phone else f"…{phone[-3:]}"
