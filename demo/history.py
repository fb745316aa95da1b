"""Who gets in touch when, about what, with whom, and by which route.

Everything is drawn with NumPy from one seed and anchored at the last day, so the same arguments give the
same history, row for row. Times are epoch seconds; a day's clock is counted from its noon, so that the
hours people see are right also on the days when summer time begins or ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from demo import world

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAY_S = 86_400
BEYOND_TIME = np.int64(10) ** 11  # customer x this + epoch second sorts by customer, then time
REPEATS = 0.11  # share of contacts that come back because the first one did not help


@dataclass(frozen=True)
class Calendar:
    """The days of the history and the epoch second at which each one's local clock shows 00:00."""

    days: tuple[date, ...]
    starts: Ints

    @classmethod
    def ending(cls, until: date, days: int, zone: ZoneInfo) -> Calendar:
        """``days`` days of which ``until`` is the last one."""
        dates = tuple(until - timedelta(days=back) for back in range(days - 1, -1, -1))
        noons = [int(datetime.combine(day, time(12), zone).timestamp()) for day in dates]
        return cls(dates, np.array(noons, dtype=np.int64) - DAY_S // 2)


@dataclass(frozen=True)
class Customers:
    """One position per customer. ``known`` = the company has a customer number for them."""

    phone: Ints  # last six digits
    known: Flags
    language: NDArray[np.str_]


@dataclass(frozen=True)
class Contacts:
    """One position per contact, in order of ``ended_at``. Codes index the tuples of the world."""

    customer: Ints
    topic: Ints
    channel: Ints
    partner: Ints
    team: NDArray[np.str_]
    agent: NDArray[np.str_]
    agent_code: Ints  # unique over all partners
    started_at: Ints
    wait_s: Ints
    talk_s: Ints
    hold_s: Ints
    wrap_s: Ints
    ended_at: Ints
    answered: Flags
    automatic: Flags  # closed without an agent
    solved: Flags
    first: Ints  # position of the first contact about the same matter
    route: Flags  # True = self-service first, whether or not anybody can know it
    session_at: Ints  # start of the session before the contact; 0 where there is none


def draw_customers(number: int, rng: np.random.Generator, phones: range) -> Customers:
    """``number`` customers with distinct numbers out of ``phones``."""
    languages = list(world.LANGUAGES)
    return Customers(
        phone=phones.start + rng.choice(len(phones), size=number, replace=False).astype(np.int64),
        known=rng.random(number) < 0.86,
        language=rng.choice(np.array(languages), size=number, p=list(world.LANGUAGES.values())),
    )


@dataclass(frozen=True)
class _Draft:
    """Contacts before their durations are drawn, in no order."""

    topic: Ints
    channel: Ints
    customer: Ints
    partner: Ints
    agent: Ints
    started: Ints
    episode: Ints
    solved: Flags


def draw_contacts(total: int, calendar: Calendar, customers: Customers, rng: np.random.Generator) -> Contacts:
    """Exactly ``total`` contacts: first ones by topic, day and hour, then those who had to come back."""
    again = int(total * REPEATS)
    day, topic = _days_and_topics(total - again, calendar, rng)
    channel = _channels(calendar, day, rng)
    started = calendar.starts[day] + _clock(calendar, day, channel, rng)
    partner, agent = _people(topic, rng)
    solved = rng.random(len(topic)) < _chance_solved(topic, partner)
    willing = rng.gamma(0.8, 1.0, len(customers.phone)) + 0.25  # a few call often, most seldom
    customer = rng.choice(len(customers.phone), size=len(topic), p=willing / willing.sum()).astype(np.int64)

    back = _who_comes_back(started, solved, again, calendar, rng)
    later_partner, later_agent = _people(topic[back], rng)
    later_solved = rng.random(len(back)) < _chance_solved(topic[back], later_partner) + 0.1
    again_at, again_by = _come_back(started[back], channel[back], calendar, rng)
    episode = np.concatenate([np.arange(len(topic)), back])
    draft = _Draft(
        topic=topic[episode],
        channel=np.concatenate([channel, again_by]),
        customer=customer[episode],
        partner=np.concatenate([partner, later_partner]),
        agent=np.concatenate([agent, later_agent]),
        started=np.concatenate([started, again_at]),
        episode=episode,
        solved=np.concatenate([solved, later_solved]),
    )
    return _finish(draft, rng)


def launch_day(days: int) -> int:
    """Position of the day on which the measure starts to work."""
    return int(days * world.STORY.measure_at)


def outage_day(calendar: Calendar) -> int:
    """Position of the day of the outage: a working day, when everybody notices."""
    wanted = int(len(calendar.days) * world.STORY.outage_at)
    return next(position for position in range(wanted, -1, -1) if calendar.days[position].weekday() < 5)


def _days_and_topics(number: int, calendar: Calendar, rng: np.random.Generator) -> tuple[Ints, Ints]:
    weights = np.zeros((len(calendar.days), len(world.TOPICS)))
    for d, day in enumerate(calendar.days):
        weekday = 6 if (day.month, day.day) in world.HOLIDAYS else day.weekday()
        weights[d] = world.WEEKDAYS[weekday]
        for t, topic in enumerate(world.TOPICS):
            distance = abs(day.day - topic.peak_day) if topic.peak_day else 99
            weights[d, t] *= topic.weight * (1 + 0.9 * np.exp(-((distance / 2.5) ** 2)))
    names = [topic.name for topic in world.TOPICS]
    story = world.STORY
    weights[launch_day(len(calendar.days)) :, names.index(story.measure_topic)] *= 1 + story.measure_effect
    weights[outage_day(calendar), names.index(story.outage_topic)] *= story.outage_factor
    weights *= rng.gamma(60, 1 / 60, size=(len(calendar.days), 1))  # no two Mondays are alike
    cells = rng.choice(weights.size, size=number, p=weights.ravel() / weights.sum())
    return (cells // len(world.TOPICS)).astype(np.int64), (cells % len(world.TOPICS)).astype(np.int64)


def _channels(calendar: Calendar, day: Ints, rng: np.random.Generator) -> Ints:
    """A channel that is open on the day, by its share of contacts."""
    channel = np.zeros(len(day), dtype=np.int64)
    chance = rng.random(len(day))
    for d, date_ in enumerate(calendar.days):
        weights = np.array(
            [world.HOURS[name].weight if world.opening(name, date_) else 0.0 for name in world.CHANNELS]
        )
        here = day == d
        channel[here] = np.searchsorted(np.cumsum(weights) / weights.sum(), chance[here], side="right")
    return np.minimum(channel, len(world.CHANNELS) - 1)


def _clock(calendar: Calendar, day: Ints, channel: Ints, rng: np.random.Generator) -> Ints:
    """Seconds after local midnight, within the channel's hours and by the load of the day."""
    load = np.array(world.LOAD, dtype=float)
    second = np.zeros(len(day), dtype=np.int64)
    chance, within = rng.random(len(day)), rng.integers(0, 3600, len(day))
    shut = np.array([[world.opening(name, date_) or (0, 0) for name in world.CHANNELS]
                     for date_ in calendar.days])  # fmt: skip
    opens, closes = shut[day, channel, 0], shut[day, channel, 1]
    for begin, end in np.unique(np.stack([opens, closes], axis=1), axis=0):
        here = (opens == begin) & (closes == end)
        hours = np.arange(begin, end) if end > begin else np.arange(10, 16)
        share = np.cumsum(load[hours]) / load[hours].sum()
        second[here] = hours[np.minimum(np.searchsorted(share, chance[here]), len(hours) - 1)] * 3600
    return second + within


def _people(topic: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """The partner and, counted over all partners, the agent who takes each contact."""
    weights = np.array([[p.weight * p.topics.get(t.name, 1.0) for p in world.PARTNERS] for t in world.TOPICS])
    shares = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    partner = (rng.random(len(topic))[:, None] > shares[topic]).sum(axis=1).astype(np.int64)
    sizes = np.array([len(world.agents(p)) for p in world.PARTNERS])
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    # Part-timers take fewer contacts than full-timers: the share falls with the place in the list.
    place = (rng.random(len(topic)) ** 1.15 * sizes[partner]).astype(np.int64)
    return partner, offsets[partner] + place


def _chance_solved(topic: Ints, partner: Ints) -> Floats:
    by_topic = np.array([t.solved for t in world.TOPICS])
    by_partner = np.array([p.solved for p in world.PARTNERS])
    chances: Floats = by_topic[topic] + by_partner[partner]
    return chances


def _who_comes_back(
    started: Ints, solved: Flags, number: int, calendar: Calendar, rng: np.random.Generator
) -> Ints:
    """Positions of the first contacts that lead to another one: nearly all of them were not solved."""
    chance = rng.random(len(started)) * np.where(solved, 0.06, 1.0)
    chance[started > calendar.starts[-1] - DAY_S // 2] = -1.0  # there is no day left to come back on
    return np.sort(np.argsort(-chance, kind="stable")[:number])


def _come_back(
    started: Ints, channel: Ints, calendar: Calendar, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """When they start again and by which channel: most the next day or the one after, by the same one."""
    day = np.searchsorted(calendar.starts, started, side="right") - 1
    later = day + rng.choice([1, 2, 3, 4, 5, 6], size=len(day), p=[0.42, 0.22, 0.14, 0.1, 0.07, 0.05])
    later = np.minimum(later, len(calendar.days) - 1)
    shut = np.array([[world.opening(name, date_) is None for name in world.CHANNELS]
                     for date_ in calendar.days])  # fmt: skip
    for _ in range(4):  # at most four days in a row are closed (two holidays beside a weekend)
        later = np.where(shut[later, channel], np.minimum(later + 1, len(calendar.days) - 1), later)
    # Where the history ends on a day that is closed they use the web form, which never is.
    channel = np.where(shut[later, channel], world.CHANNELS.index("web"), channel)
    return calendar.starts[later] + _clock(calendar, later, channel, rng), channel


def _finish(draft: _Draft, rng: np.random.Generator) -> Contacts:
    """Waiting, handling, routes; everything sorted by the time the contact ended."""
    number = len(draft.topic)
    phone, chat = draft.channel == 0, draft.channel == 1
    pace = np.array([p.pace for p in world.PARTNERS])[draft.partner]
    talk = np.array([t.talk_s for t in world.TOPICS])[draft.topic] * pace * rng.lognormal(-0.12, 0.5, number)
    talk *= np.select([phone, chat, draft.channel == 2], [1.0, 1.35, 0.9], 1.15)
    queue = np.where(phone, 75.0, np.where(chat, 35.0, 0.0)) * rng.gamma(0.9, 1.1, number)
    automatic = (draft.channel == 4) & (rng.random(number) < 0.3)
    abandons = np.array([p.abandons for p in world.PARTNERS])[draft.partner]
    answered = ~(phone & (rng.random(number) < abandons))
    handled = answered & ~automatic
    held = handled & phone & (rng.random(number) < 0.4)
    wait_s = queue.astype(np.int64)
    talk_s = np.where(handled, talk, 0).astype(np.int64)
    hold_s = np.where(held, talk * rng.beta(1.2, 6, number), 0).astype(np.int64)
    wrap_s = np.where(handled, 25 + rng.gamma(2.0, 28.0, number) * pace, 0).astype(np.int64)
    # A contact has ended when its agent is done with it, wrap-up included.
    ended = draft.started + wait_s + talk_s + hold_s + wrap_s

    tried = np.array([t.tried for t in world.TOPICS])[draft.topic]
    route, session_at = _routes(tried, draft.customer, draft.started, rng)

    order = np.lexsort((np.arange(number), ended))
    _, opening = np.unique(draft.episode[order], return_index=True)  # episodes are numbered without gaps
    names = np.array([each for partner in world.PARTNERS for each in world.agents(partner)])[draft.agent]
    columns = {
        "customer": draft.customer, "topic": draft.topic, "channel": draft.channel,
        "partner": draft.partner, "team": names[:, 0], "agent": names[:, 1], "agent_code": draft.agent,
        "started_at": draft.started, "wait_s": wait_s, "talk_s": talk_s, "hold_s": hold_s, "wrap_s": wrap_s,
        "ended_at": ended, "answered": answered, "automatic": automatic, "solved": draft.solved & answered,
        "first": opening[draft.episode], "route": route, "session_at": session_at,
    }  # fmt: skip
    return Contacts(**{name: column[order] for name, column in columns.items()})


def _scaled_to(mean: float, relative: Floats) -> Floats:
    """Chances in proportion to ``relative``, at most 0.95, with the given mean."""
    low, high = 0.0, 5.0
    for _ in range(50):
        middle = (low + high) / 2
        if np.minimum(relative * middle, 0.95).mean() < mean:
            low = middle
        else:
            high = middle
    chances: Floats = np.minimum(relative * high, 0.95)
    return chances


def _routes(tried: Floats, customer: Ints, started: Ints, rng: np.random.Generator) -> tuple[Flags, Ints]:
    """Who came by way of self-service, and when they began there.

    A session counts for every contact of the customer in the 24 hours after it, so somebody who gets in
    touch again the next morning is self-service first as well, whatever was drawn: fewer are drawn, so that
    the published share comes out.
    """
    chance = rng.random(len(tried))
    lead = np.minimum(60 + rng.lognormal(6.2, 1.2, len(tried)), 20 * 3600).astype(np.int64)
    wanted = customer * BEYOND_TIME + started
    share = world.SELF_SERVICE_FIRST
    for _ in range(5):
        drawn = chance < _scaled_to(share, tried)
        keys = np.sort((wanted - lead)[drawn])
        latest = np.maximum(np.searchsorted(keys, wanted, side="right") - 1, 0)
        since = wanted - keys[latest]
        route = drawn | ((since >= 0) & (since <= DAY_S))
        share += world.SELF_SERVICE_FIRST - float(route.mean())
    return route, np.where(drawn, started - lead, 0)
