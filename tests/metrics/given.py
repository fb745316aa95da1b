"""Rows of the log with everything that a test does not care about filled in."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from store import Store, feed

NOON = int(datetime(2026, 10, 5, 12, tzinfo=UTC).timestamp())  # a Monday
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
_order = itertools.count(1)


def one(facts: Any) -> dict[str, Any]:
    """The only fact there is."""
    (row,) = facts()
    return dict(row)


def hour_of(moment: int) -> int:
    return datetime.fromtimestamp(moment, UTC).hour


def day_of(moment: int) -> date:
    """The local day, in a place where local time is UTC."""
    return datetime.fromtimestamp(moment, UTC).date()


def customer_group(name: str) -> str:
    """The group of a customer, or of a contact of nobody known."""
    digits = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return digits[0] + "048c"[int(digits[1], 16) // 4]


def contact(contact_id: str = "c1", *, at: int = NOON, **given: Any) -> dict[str, Any]:
    """A live, answered phone contact of partner A."""
    row = {
        "contact_id": contact_id,
        "source": "api",
        "day": day_of(at),
        "hour": hour_of(at),
        "ended_at": at,
        "partner": "A",
        "team": "one",
        "agent": "ann",
        "channel": "phone",
        "topic": "bill",
        "language": "nb",
        "customer_key": "",
        "identified": False,
        "answered": True,
        "wait_s": None,
        "talk_s": None,
        "hold_s": None,
        "wrap_s": None,
        "handling_s": None,
        "case_id": "",
        "self_service_first": None,
        "closed_automatically": False,
        "asked": False,
        "score": None,
        "score_at": None,
        "score_scale": "",
        "score_given": None,
        "hit": None,
        "hit_value_minor": None,
    }
    return row | given


def outcome(contact_id: str = "c1", *, at: int = NOON, **given: Any) -> dict[str, Any]:
    """A survey that was sent and delivered."""
    row = {
        "contact_id": contact_id,
        "day": day_of(at),
        "state": "asked",
        "reason": "asked",
        "eligible": True,
        "asked_at": at,
        "sent": True,
        "delivered": True,
        "score": None,
        "score_at": None,
        "score_source": "sms",
        "late": False,
        "solved": None,
        "guided": None,
        "tried_self_service": None,
        "self_help_score": None,
    }
    return row | given


def sale(sale_id: str = "s1", contact_id: str = "c1", *, at: int = NOON, **given: Any) -> dict[str, Any]:
    """An upgrade for 100 kroner."""
    row = {
        "sale_id": sale_id,
        "contact_id": contact_id,
        "day": day_of(at),
        "sold_at": at,
        "kind": "upgrade",
        "product": "fibre",
        "value_minor": 100_00,
        "currency": "NOK",
        "cancelled": False,
    }
    return row | given


def session(session_id: str = "v1", customer: str = "k1", *, at: int = NOON, **given: Any) -> dict[str, Any]:
    """A visit to the website."""
    row = {
        "session_id": session_id,
        "customer_key": customer,
        "day": day_of(at),
        "hour": hour_of(at),
        "started_at": at,
        "ended_at": at + 60,
        "channel": "web",
        "topic": "bill",
        "completed": True,
    }
    return row | given


def case(case_id: str = "m1", *, at: int = NOON, **given: Any) -> dict[str, Any]:
    """A case that is still open."""
    row = {
        "case_id": case_id,
        "day": day_of(at),
        "opened_at": at,
        "closed_at": None,
        "topic": "bill",
        "customer_key": "",
    }
    return row | given


def calls(at: int = NOON, **given: Any) -> dict[str, Any]:
    """A quarter of an hour in which ten calls were offered, nine answered and eight of them in time."""
    row = {
        "interval_id": f"{given.get('partner', 'A')}|{given.get('team', 'one')}|phone|{at}",
        "day": day_of(at),
        "hour": hour_of(at),
        "interval_start": at,
        "interval_s": 900,
        "partner": "A",
        "team": "one",
        "channel": "phone",
        "offered": 10,
        "answered": 9,
        "answered_within_s20": 8,
        "abandoned": 1,
        "wait_s": 90,
    }
    return row | given


def product(name: str, progression_milli: int) -> dict[str, Any]:
    """What a product counts for."""
    return {"product": name, "progression_milli": progression_milli}


def link(phone_key: str, customer: str) -> dict[str, Any]:
    """A number turned out to be a customer's."""
    return {"phone_key": phone_key, "customer_key": customer}


def logged(row: dict[str, Any], *, us: int | None = None, seq: int = 0) -> dict[str, Any]:
    """A row as it stands in the log: accepted after those before it."""
    return row | {"accepted_us": next(_order) if us is None else us, "seq": seq}


def happens(store: Store, kind: str, *rows: dict[str, Any], us: int | None = None) -> None:
    """Rows come in live."""
    with store.write() as connection:
        for row in rows:
            payload = {key: v.isoformat() if isinstance(v, date) else v for key, v in row.items()}
            moment = next(_order) if us is None else us
            feed.append(connection, kind, [(str(next(iter(row.values()))), payload)], moment)


def days(count: int) -> int:
    """A number of days in seconds."""
    return int(timedelta(days=count).total_seconds())
