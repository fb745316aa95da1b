"""The story of one contact: what came in, what was decided and why, what was sent, what came back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, select

from store import Store, feed
from store.schema import answer, decision, message, message_status, record, reply, survey
from surveys.reasons import in_words

_NOT_SHOWN = {"phone", "form", "token", "worker"}


def explain(store: Store, contact_id: str) -> dict[str, Any] | None:
    """Everything on record about a live contact, with times in ISO 8601 (UTC); None when it is not known."""
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
            "decision": _plain(decided._mapping),
            "survey": next(iter(of(survey)), None),
            "messages": _with_statuses(
                connection,
                of(message, message.c.purpose != "opening", message.c.created_at, message.c.message_id),
            ),
            "replies": of(reply, reply.c.received_at, reply.c.sid),
            "answers": of(answer, answer.c.answered_at),
        }
    history = feed.history(store, contact_id)
    story["changes"] = _changes(row for row in history if row.kind == "contact")
    story["decision"]["why"] = in_words(decided.reason)
    return story


def tell(story: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """The story as lines to read, in local time."""

    def at(value: str | None) -> str:
        return datetime.fromisoformat(value).astimezone(zone).strftime("%d.%m.%Y %H:%M:%S") if value else "?"

    decided, facts = story["decision"], story["contact"]
    lines = [
        f"Contact {story['contact_id']} came in at {at(decided['created_at'])}"
        f" (partner {facts.get('partner') or 'not given'}, agent {facts.get('agent') or 'not given'},"
        f" phone {story['phone']})."
    ]
    for change in story["changes"]:
        names = ", ".join(f"{name} {old!r} → {new!r}" for name, (old, new) in change["fields"].items())
        lines.append(f"It was changed at {at(change['at'])}: {names or 'nothing that we keep'}.")
    state = {"waiting": "It waits", "asked": "It was decided to ask", "skipped": "It was not asked"}
    when = f" at {at(decided['decided_at'])}" if decided["decided_at"] else f" until {at(decided['due_at'])}"
    rules = f" Rules {decided['rule_version']}." if decided["rule_version"] else ""
    lines.append(f"{state[decided['state']]}{when}: {decided['reason']}. {decided['why']}{rules}")
    for sent in story["messages"]:
        known = f", carrier's id {sent['sid']}" if sent["sid"] else ""
        error = f", error {sent['error']}" if sent["error"] else ""
        lines.append(
            f"SMS ({sent['purpose']}, {sent['question']}) at {at(sent['created_at'])}: "
            f"{sent['state']}{known}{error}. “{sent['body']}”"
        )
        for told in sent["statuses"]:
            why = f" ({told['error']})" if told["error"] else ""
            lines.append(f"  {at(told['at'])}: {told['status']}{why}")
    for came in story["replies"]:
        score = f" {came['score']}" if came["score"] else ""
        flags = f", flagged {', '.join(came['flags'])}" if came["flags"] else ""
        late = ", late" if came["late"] else ""
        lines.append(
            f"Reply at {at(came['received_at'])}: “{came['body']}”, read as {came['kind']}{score}"
            f" (parser {came['parser']}{flags}{late})."
        )
    for given in story["answers"]:
        value = given["value"] if given["value"] is not None else "in words"
        lines.append(f"Answer to {given['question']}: {value} (by {given['source']}).")
    return lines


def _with_statuses(connection: Connection, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for sent in messages:
        told = select(message_status).where(message_status.c.message_id == sent["message_id"])
        sent["statuses"] = [
            {"status": row.status, "error": row.error, "at": _iso(row.at)}
            for row in connection.execute(told.order_by(message_status.c.seq))
        ]
    return messages


def _changes(rows: Iterable[feed.FeedRow]) -> list[dict[str, Any]]:
    """What each later version of the contact changed: field → (old, new)."""
    changes = []
    before: dict[str, Any] | None = None
    for row in rows:
        if before is not None:
            fields = {
                name: (before.get(name), value)
                for name, value in row.payload.items()
                if before.get(name) != value
            }
            changes.append({"at": _iso(row.accepted_us // 1_000_000), "fields": fields})
        before = row.payload
    return changes


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: _iso(value) if name.endswith("_at") or name == "look_at" else value
        for name, value in row.items()
        if name not in _NOT_SHOWN
    }


def _iso(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def _masked(phone: str | None) -> str:
    return "none" if not phone else f"…{phone[-3:]}"
