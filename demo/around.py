"""What surrounds the contacts. Cases, sales, visits that needed no contact,
and the calls each partner was offered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo import world
from demo.history import BEYOND_TIME, DAY_S, Calendar, Contacts, Customers, Flags, Ints

INTERVAL_S = 1_800  # of the calls offered
FREE_SESSIONS = 0.9  # visits without a contact, per contact, before those too near to one are left out


@dataclass(frozen=True)
class Cases:
    """``case_of``: the position of the case's first contact, -1 for none. Times are by that position."""

    case_of: Ints
    opened_at: dict[int, int]
    closed_at: dict[int, int]


@dataclass(frozen=True)
class FreeSessions:
    """Visits after which nobody got in touch; one position each."""

    customer: Ints
    started_at: Ints
    ended_at: Ints
    topic: Ints
    completed: Flags


@dataclass(frozen=True)
class PlannedSale:
    """``contact`` is a position."""

    contact: int
    product: str
    sold_at: int


def cases(contacts: Contacts, rng: np.random.Generator) -> Cases:
    """A case for whatever could not be settled at once, from its first contact until it is closed."""
    number = len(contacts.topic)
    positions = np.arange(number)
    last = np.zeros(number, dtype=np.int64)
    np.maximum.at(last, contacts.first, contacts.ended_at)
    is_first = contacts.first == positions
    again = np.bincount(contacts.first, minlength=number) > 1
    has = is_first & contacts.answered & (
        again | (rng.random(number) < np.where(contacts.solved, 0.10, 0.75))
    )  # fmt: skip
    at_once = contacts.solved & ~again
    work = np.where(at_once, rng.gamma(1.0, 900, number), rng.lognormal(11.2, 0.9, number)).astype(np.int64)
    firsts = np.flatnonzero(has)
    return Cases(
        case_of=np.where(has[contacts.first], contacts.first, -1),
        opened_at={int(i): int(contacts.started_at[i]) for i in firsts},
        closed_at={int(i): int(last[i] + work[i]) for i in firsts},
    )


def sales(contacts: Contacts, rng: np.random.Generator) -> Iterator[PlannedSale]:
    """Sales of answered contacts: most during the contact, some in the days after."""
    number = len(contacts.topic)
    sells = np.array([t.sells for t in world.TOPICS])[contacts.topic]
    sells = sells * np.array([p.sells for p in world.PARTNERS])[contacts.partner]
    sells = sells * np.where(contacts.solved, 1.1, 0.5) * np.where(contacts.route, 0.92, 1.1)
    sold = contacts.answered & ~contacts.automatic & (rng.random(number) < sells)
    for i in np.flatnonzero(sold):
        products = world.TOPICS[contacts.topic[i]].products or ("Nett Trygg",)
        product = products[int(rng.integers(len(products)))]
        later = int(rng.integers(3_600, 6 * DAY_S)) if rng.random() < 0.15 else -int(contacts.wrap_s[i])
        yield PlannedSale(
            int(i), product, max(int(contacts.ended_at[i]) + later, int(contacts.started_at[i]))
        )


def free_sessions(contacts: Contacts, customers: Customers, rng: np.random.Generator) -> FreeSessions:
    """Visits of known customers that no contact of theirs follows within a day."""
    number = int(len(contacts.topic) * FREE_SESSIONS)
    customer = rng.choice(np.flatnonzero(customers.known), size=number)
    # People visit at the hours at which others call, half an hour more or less.
    started = contacts.started_at[rng.integers(len(contacts.topic), size=number)]
    started = started + rng.integers(-1_800, 1_800, size=number)
    tried = np.array([t.tried * t.weight for t in world.TOPICS])
    topic = rng.choice(len(world.TOPICS), size=number, p=tried / tried.sum())
    order = np.lexsort((contacts.started_at, contacts.customer))
    keys = contacts.customer[order] * BEYOND_TIME + contacts.started_at[order]
    wanted = customer * BEYOND_TIME + started
    following = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    gap = keys[following] - wanted
    keep = (gap < 0) | (gap > DAY_S + 3_600)
    started, ended = started[keep], (started + 30 + rng.gamma(2, 100, number).astype(np.int64))[keep]
    return FreeSessions(customer[keep], started, ended, topic[keep].astype(np.int64),
                        (rng.random(number) < 0.86)[keep])  # fmt: skip


def calls_offered(contacts: Contacts, calendar: Calendar) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """``(start, interval in seconds, figures)`` per partner and half hour in which somebody called."""
    calls = np.flatnonzero(contacts.channel == world.CHANNELS.index("phone"))
    slot = (contacts.started_at[calls] - calendar.starts[0]) // INTERVAL_S
    cell = slot * len(world.PARTNERS) + contacts.partner[calls]
    cells, place = np.unique(cell, return_inverse=True)
    answered, wait = contacts.answered[calls], contacts.wait_s[calls]
    offered = np.bincount(place)
    taken = np.bincount(place, weights=answered).astype(int)
    quick = np.bincount(place, weights=answered & (wait <= 20)).astype(int)
    waited = np.bincount(place, weights=np.where(answered, wait, 0)).astype(int)
    for i, key in enumerate(cells):
        start = int(calendar.starts[0] + key // len(world.PARTNERS) * INTERVAL_S)
        yield start, INTERVAL_S, {
            "partner": world.PARTNERS[key % len(world.PARTNERS)].name,
            "channel": "phone",
            "interval_s": INTERVAL_S,
            "offered": int(offered[i]),
            "answered": int(taken[i]),
            "answered_within_s20": int(quick[i]),
            "abandoned": int(offered[i] - taken[i]),
            "wait_s": int(waited[i]),
        }  # fmt: skip
