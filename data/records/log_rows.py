"""From a validated record to its row of the log (see ``lake/log.py`` for the columns).

Everything that depends on a time zone, on rounding or on a secret is settled here, once, so that what
builds the facts needs only integers. The importer's SQL (``data/sql``) does the same column-wise; a test
holds the two together.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from data.records.base import Record
from data.records.events import CallsOffered, Case, Contact, Sale, Session
from data.records.identity import customer_key, pseudonym
from data.records.reference import ActiveCustomers, HourCost, Product, Target, Topic
from data.records.types import CURRENCY, SCALE

HOUR_S = 3600  # longer intervals of calls belong to no hour


def epoch(moment: datetime | None) -> int | None:
    """Whole seconds since 1970 (UTC), fractions dropped."""
    return None if moment is None else int(moment.timestamp() // 1)


def minor(amount: Decimal | None) -> int | None:
    """An amount in øre, exactly."""
    return None if amount is None else int(amount.scaleb(2))


def log_row(record: Record, *, zone: ZoneInfo, secret: bytes, e164: str | None) -> dict[str, Any]:
    """The record's columns of ``SCHEMAS[kind]`` without the ordering ones, the day as ISO text.

    A contact's ``source`` and ``asked`` are the caller's to add: they tell how it came, not what it was.
    ``e164`` is the contact's phone number where it could be read.
    """
    match record:
        case Contact():
            return _contact(record, zone, customer_key(secret, record.customer_id, e164))
        case Sale():
            return _sale(record, zone)
        case Case():
            return _case(record, zone, customer_key(secret, record.customer_id, None))
        case Session():
            return _session(record, zone, customer_key(secret, record.customer_id, None))
        case CallsOffered():
            return _calls_offered(record, zone)
        case Topic() | Product() | ActiveCustomers() | HourCost() | Target():
            return _reference(record)
    raise TypeError(f"no log row for {type(record).__name__}")


def _contact(contact: Contact, zone: ZoneInfo, key: str) -> dict[str, Any]:
    local = contact.ended_at.astimezone(zone)
    answered = contact.answered
    if answered is None:
        answered = contact.offered_at is None or contact.answered_at is not None
    offered_at, answered_at = epoch(contact.offered_at), epoch(contact.answered_at)
    wait = None if offered_at is None or answered_at is None else answered_at - offered_at
    parts = (contact.talk_s, contact.hold_s, contact.wrap_s)
    handling = contact.handling_s
    if handling is None and any(part is not None for part in parts):
        handling = sum(part or 0 for part in parts)
    scale = "" if contact.score is None else contact.score_scale or SCALE
    return {
        "contact_id": contact.contact_id,
        "day": local.date().isoformat(),
        "hour": local.hour,
        "ended_at": epoch(contact.ended_at),
        "partner": contact.partner or "",
        "team": contact.team or "",
        "agent": contact.agent or "",
        "channel": contact.channel or "",
        "topic": contact.topic or "",
        "language": contact.language or "",
        "customer_key": key,
        "identified": contact.customer_id is not None,
        "answered": answered,
        "wait_s": wait,
        "talk_s": contact.talk_s,
        "hold_s": contact.hold_s,
        "wrap_s": contact.wrap_s,
        "handling_s": handling,
        "case_id": contact.case_id or "",
        "self_service_first": contact.self_service_first,
        "closed_automatically": bool(contact.closed_automatically),
        "score": contact.score if scale == SCALE else None,
        "score_at": epoch(contact.score_at),
        "score_scale": scale,
        "score_given": contact.score,
        "hit": contact.hit,
        "hit_value_minor": minor(contact.hit_value),
    }


def _sale(sale: Sale, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "sale_id": sale.sale_id,
        "contact_id": sale.contact_id,
        "day": sale.sold_at.astimezone(zone).date().isoformat(),
        "sold_at": epoch(sale.sold_at),
        "kind": sale.kind or "",
        "product": sale.product or "",
        "value_minor": minor(sale.value),
        "currency": sale.currency or CURRENCY,
        "cancelled": bool(sale.cancelled),
    }


def _case(case: Case, zone: ZoneInfo, key: str) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "day": case.opened_at.astimezone(zone).date().isoformat(),
        "opened_at": epoch(case.opened_at),
        "closed_at": epoch(case.closed_at),
        "topic": case.topic or "",
        "customer_key": key,
    }


def _session(session: Session, zone: ZoneInfo, key: str) -> dict[str, Any]:
    local = session.started_at.astimezone(zone)
    return {
        "session_id": session.session_id,
        "customer_key": key,
        "day": local.date().isoformat(),
        "hour": local.hour,
        "started_at": epoch(session.started_at),
        "ended_at": epoch(session.ended_at),
        "channel": session.channel or "",
        "topic": session.topic or "",
        "completed": session.completed,
    }


def _calls_offered(calls: CallsOffered, zone: ZoneInfo) -> dict[str, Any]:
    start, local = epoch(calls.interval_start), calls.interval_start.astimezone(zone)
    place = (calls.partner, calls.team or "", calls.channel or "")
    return {
        "interval_id": "|".join([*(part.replace("|", "¦") for part in place), str(start)]),
        "day": local.date().isoformat(),
        "hour": local.hour if calls.interval_s <= HOUR_S else None,
        "interval_start": start,
        "interval_s": calls.interval_s,
        "partner": calls.partner,
        "team": calls.team or "",
        "channel": calls.channel or "",
        "offered": calls.offered,
        "answered": calls.answered,
        "answered_within_s20": calls.answered_within_s20,
        "abandoned": calls.abandoned,
        "wait_s": calls.wait_s,
    }


def _reference(
    record: Topic | Product | ActiveCustomers | HourCost | Target,
) -> dict[str, Any]:
    match record:
        case Topic():
            return {
                "topic": record.topic,
                "need": record.need or "",
                "ease": record.ease,
                "contact_cost_minor": minor(record.contact_cost),
            }
        case Product():
            return {"product": record.product, "progression_milli": _milli(record.progression)}
        case ActiveCustomers():
            return {
                "active_id": _dated(record.month, record.partner),
                "month": record.month.isoformat(),
                "partner": record.partner or "",
                "customers": record.customers,
            }
        case HourCost():
            return {
                "cost_id": _dated(record.valid_from, record.partner),
                "valid_from": record.valid_from.isoformat(),
                "partner": record.partner or "",
                "cost_minor": minor(record.cost),
            }
        case Target():
            return {
                "target_id": record.target_id,
                "metric": record.metric,
                "filters": json.dumps(record.filters or {}, ensure_ascii=False),
                "baseline": None if record.baseline is None else _to_six(record.baseline),
                "target": _to_six(record.target),
                "start": None if record.start is None else record.start.isoformat(),
                "by": record.by.isoformat(),
                "owner": record.owner or "",
                "withdrawn": bool(record.withdrawn),
            }


def _dated(day: date, partner: str | None) -> str:
    return f"{day.isoformat()}|{partner or ''}"


def _milli(factor: Decimal | None) -> int:
    return 1000 if factor is None else int((factor * 1000).to_integral_value(ROUND_HALF_UP))


def _to_six(number: Decimal) -> float:
    return float(number.quantize(Decimal("0.000001"), ROUND_HALF_UP))


def link(contact: Contact, *, secret: bytes, e164: str | None) -> dict[str, str] | None:
    """What a contact with both a phone number and a customer teaches: whose number it is."""
    if e164 is None or contact.customer_id is None:
        return None
    return {
        "phone_key": customer_key(secret, None, e164),
        "customer_key": pseudonym(secret, f"customer:{contact.customer_id}"),
    }
