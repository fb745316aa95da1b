"""Everything that will reach Svar, in order, and what each customer answers.

A plan holds events (records as a source would send them, each with the second at which it reaches us) and
reactions (what a customer does *if* asked). Whether anybody is asked is not planned: that is decided by
the real rules when the plan is played.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from demo import spelling, world
from demo.around import calls_offered, cases, free_sessions, sales
from demo.history import (
    DAY_S,
    Calendar,
    Contacts,
    Customers,
    draw_contacts,
    draw_customers,
    launch_day,
    outage_day,
)
from demo.opinions import Opinions, draw_opinions

STOPS = 0.006  # share of those asked who want to be left alone
PUZZLES = 0.012  # … who write something that is no score and leave it at that
SECOND_TRY = 0.02  # of those who give a score: the first attempt is no score
LATE = 0.012  # … who answer after the 72 hours have passed
GOES_ON, ANGRY_GOES_ON = 0.72, 0.95  # answers a follow-up question; after a score of at most 4
CLARIFIES = 0.9  # says the bare number when asked to


class Event(NamedTuple):
    """A record on its way to us: ``at`` is when it arrives (epoch seconds)."""

    at: int
    kind: str
    item: dict[str, Any]
    contact: str = ""  # the contact it belongs to, where it belongs to one


@dataclass(frozen=True)
class Reaction:
    """What a customer writes when asked, and how many seconds after the message."""

    after_s: int
    text: str
    second: str  # to a request for a bare number, should it come; "" = no answer
    answers: Mapping[str, str]  # by follow-up question; a question that is absent goes unanswered
    then_s: int  # seconds from a follow-up question to its answer


@dataclass(frozen=True)
class Plan:
    """A whole history. ``contacts`` and ``opinions`` are the truth behind it, for tests and live traffic."""

    events: list[Event]
    reactions: dict[str, Reaction]
    calendar: Calendar
    contacts: Contacts
    customers: Customers
    opinions: Opinions
    launched: date  # day on which the measure began to work


def plan(
    *,
    contacts: int,
    days: int,
    seed: int,
    until: date,
    zone: ZoneInfo,
    phones: range = world.HISTORY_PHONES,
    mark: str = world.MARK,
) -> Plan:
    """The history of ``days`` days ending with ``until``: the same arguments give the same plan.

    ``mark`` begins every id. ValueError when there would be nothing or too much to draw from.
    """
    if contacts < 20 or days < 8:
        raise ValueError("a demonstration needs at least 20 contacts and 8 days")
    people = int(contacts * _customers_a_contact(days)) + 1
    if people > len(phones):
        raise ValueError("there are not so many fictitious numbers: they are used up")
    rng = np.random.default_rng(seed)
    calendar = Calendar.ending(until, days, zone)
    customers = draw_customers(people, rng, phones)
    drawn = draw_contacts(contacts, calendar, customers, rng)
    opinions = draw_opinions(drawn, customers, rng)
    names = _Names(mark, drawn, customers, opinions)
    matters = cases(drawn, rng)
    events = [
        *_contact_events(names, matters.case_of, rng),
        *_session_events(names, rng),
        *_case_events(names, matters.opened_at, matters.closed_at),
        *_sale_events(names, rng),
        *_calls_events(drawn, calendar),
    ]
    events.sort(key=lambda event: (event.at, event.kind))
    return Plan(events, _reactions(names, calendar, rng), calendar, drawn, customers, opinions,
                calendar.days[launch_day(days)])  # fmt: skip


def _customers_a_contact(days: int) -> float:
    """Customers per contact: the longer the period, the more often the same ones come back."""
    return float(0.72 * (90 / days) ** 0.4)


class _Names:
    """Ids and times as a source writes them."""

    def __init__(self, mark: str, contacts: Contacts, customers: Customers, opinions: Opinions) -> None:
        self.mark, self.contacts, self.customers, self.opinions = mark, contacts, customers, opinions

    def contact(self, position: int) -> str:
        return f"{self.mark}C{position:07d}"

    def case(self, first: int) -> str:
        return f"{self.mark}K{first:07d}"

    def customer(self, customer: int) -> str:
        return f"{self.mark}{customer:06d}"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(int(at), UTC).isoformat()


def _contact_events(names: _Names, case_of: np.ndarray, rng: np.random.Generator) -> list[Event]:
    c, o, customers = names.contacts, names.opinions, names.customers
    number = len(c.topic)
    # Without a customer number no session can be seen; half of the time the platform knows by itself.
    flagged = ~o.identified & (rng.random(number) < 0.5)
    broken = rng.random(number) < 0.006  # a digit is missing
    delay = rng.integers(2, 45, number)
    events = []
    for i in range(number):
        partner, channel = world.PARTNERS[c.partner[i]], world.CHANNELS[c.channel[i]]
        item: dict[str, Any] = {
            "contact_id": names.contact(i),
            "ended_at": _iso(c.ended_at[i]),
            "language": str(customers.language[c.customer[i]]),
            "partner": partner.name,
            "team": str(c.team[i]),
            "channel": channel,
            "topic": world.TOPICS[c.topic[i]].name,
        }
        if o.phone_known[i]:
            phone = world.phone_number(int(customers.phone[c.customer[i]]))
            item["phone"] = phone[:-4] if broken[i] else phone
        if o.identified[i]:
            item["customer_id"] = names.customer(int(c.customer[i]))
        if flagged[i]:
            item["self_service_first"] = bool(c.route[i])
        if case_of[i] >= 0:
            item["case_id"] = names.case(int(case_of[i]))
        at = int(c.ended_at[i] + delay[i])
        events.append(Event(at, "contact", item | _handling(c, i, channel), item["contact_id"]))
    return events


def _handling(c: Contacts, i: int, channel: str) -> dict[str, Any]:
    """Who took it and how long it took; e-mail, store and web know only the sum."""
    if c.automatic[i]:
        return {"closed_automatically": True}
    live = channel in {"phone", "chat"}
    start = int(c.started_at[i])
    queue = {"offered_at": _iso(start)} if live else {}
    if not c.answered[i]:
        return queue | {"answered": False}
    taken = {"agent": str(c.agent[i])}
    if not live:
        return taken | {"handling_s": int(c.talk_s[i] + c.wrap_s[i])}
    times = {"talk_s": int(c.talk_s[i]), "hold_s": int(c.hold_s[i]), "wrap_s": int(c.wrap_s[i])}
    return queue | {"answered_at": _iso(start + int(c.wait_s[i]))} | taken | times


def _session_events(names: _Names, rng: np.random.Generator) -> list[Event]:
    """Visits that led to a contact, and those after which nobody had to ask."""
    c = names.contacts
    led = np.flatnonzero((c.session_at > 0) & names.opinions.identified)
    free = free_sessions(c, names.customers, rng)
    customer = np.concatenate([c.customer[led], free.customer])
    started = np.concatenate([c.session_at[led], free.started_at])
    ended = np.concatenate([
        np.minimum(c.session_at[led] + 30 + rng.gamma(2, 110, len(led)).astype(np.int64), c.started_at[led]),
        free.ended_at,
    ])  # fmt: skip
    topic = np.concatenate([c.topic[led], free.topic])
    completed = np.concatenate([rng.random(len(led)) < 0.18, free.completed])
    channel = rng.choice(np.array(["web", "app", "bot"]), size=len(customer), p=[0.5, 0.38, 0.12])
    return [
        Event(int(ended[i]) + 5, "session", {
            "session_id": f"{names.mark}W{i:07d}",
            "customer_id": names.customer(int(customer[i])),
            "started_at": _iso(started[i]),
            "ended_at": _iso(ended[i]),
            "channel": str(channel[i]),
            "topic": world.TOPICS[topic[i]].name,
            "completed": bool(completed[i]),
        }, names.contact(int(led[i])) if i < len(led) else "")
        for i in range(len(customer))
    ]  # fmt: skip


def _case_events(names: _Names, opened: Mapping[int, int], closed: Mapping[int, int]) -> list[Event]:
    """Each case twice: when it is opened, and again when it is closed."""
    c = names.contacts
    events = []
    for first, opened_at in opened.items():
        item: dict[str, Any] = {
            "case_id": names.case(first),
            "opened_at": _iso(opened_at),
            "topic": world.TOPICS[c.topic[first]].name,
        }
        if names.opinions.identified[first]:
            item["customer_id"] = names.customer(int(c.customer[first]))
        contact, known = names.contact(first), int(c.ended_at[first])
        events.append(Event(known + 10, "case", item, contact))
        closing = item | {"closed_at": _iso(closed[first])}
        events.append(Event(max(closed[first], known) + 10, "case", closing, contact))
    return events


def _sale_events(names: _Names, rng: np.random.Generator) -> list[Event]:
    products = {product.name: product for product in world.PRODUCTS}
    events = []
    for number, sale in enumerate(sales(names.contacts, rng)):
        product = products[sale.product]
        item = {
            "sale_id": f"{names.mark}S{number:06d}",
            "contact_id": names.contact(sale.contact),
            "sold_at": _iso(sale.sold_at),
            "kind": product.kind,
            "product": product.name,
            "value": f"{product.value}.00",
            "currency": "NOK",
        }
        at = max(sale.sold_at, int(names.contacts.ended_at[sale.contact])) + 20
        events.append(Event(at, "sale", item, item["contact_id"]))
    return events


def _calls_events(contacts: Contacts, calendar: Calendar) -> list[Event]:
    return [
        Event(start + interval_s + 5, "calls_offered", item | {"interval_start": _iso(start)})
        for start, interval_s, item in calls_offered(contacts, calendar)
    ]


def _reactions(names: _Names, calendar: Calendar, rng: np.random.Generator) -> dict[str, Reaction]:
    """Those who would write back, by contact."""
    c, o = names.contacts, names.opinions
    begun = int(calendar.starts[outage_day(calendar)])
    topic = [topic.name for topic in world.TOPICS].index(world.STORY.outage_topic)
    outage = (c.topic == topic) & (c.started_at >= begun) & (c.started_at < begun + DAY_S)
    chance = rng.random(len(c.topic))
    reactions = {}
    for i in np.flatnonzero(o.replies | (chance < STOPS + PUZZLES)):
        language = str(names.customers.language[c.customer[i]])
        if o.replies[i]:
            reactions[names.contact(int(i))] = _rating(names, int(i), language, rng, outage=bool(outage[i]))
        else:
            stops = chance[i] < STOPS
            text = (spelling.stop_text if stops else spelling.unclear_text)(language, rng)
            reactions[names.contact(int(i))] = Reaction(_soon(rng), text, "", {}, 0)
    return reactions


def _rating(names: _Names, i: int, language: str, rng: np.random.Generator, *, outage: bool) -> Reaction:
    c, o = names.contacts, names.opinions
    score = int(o.score[i])
    first = spelling.score_text(score, language, rng)
    if rng.random() < SECOND_TRY:
        first = spelling.unclear_text(language, rng)
    second = str(score) if rng.random() < CLARIFIES else ""
    after = _soon(rng)
    if rng.random() < LATE:
        after += int(timedelta(hours=72).total_seconds())
    answers = {
        "reason": spelling.reason_text(language, rng, outage=outage),
        "solved": spelling.yes_or_no(bool(c.solved[i]), language, rng),
        "tried_self_service": spelling.yes_or_no(bool(c.route[i]), language, rng),
        "guided": spelling.yes_or_no(bool(o.guided[i]), language, rng),
        "self_help": spelling.score_text(int(o.self_help[i]), language, rng),
    }
    goes_on = ANGRY_GOES_ON if score <= 4 else GOES_ON
    willing = {question: text for question, text in answers.items() if rng.random() < goes_on}
    return Reaction(after, first, second, willing, 15 + int(rng.gamma(1.2, 80)))


def _soon(rng: np.random.Generator) -> int:
    """Most answer within minutes, some in the evening, a few the day after."""
    return min(12 + int(rng.lognormal(5.9, 1.7)), 70 * 3600)
