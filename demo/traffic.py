"""The invented company goes on working while Svar runs.

At first a customer gets in touch every few seconds, so that somebody who looks sees things happen; after a
quarter of an hour as seldom as in the history, so that a night does not outweigh ninety days. Often they
visited the website before, sometimes they buy; some answer the SMS. All of it goes through the front door:
records are posted to the API, replies to the signed webhook. Numbers come from a part of the range that
neither the history nor a person uses.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
from sqlalchemy.exc import SQLAlchemyError

from data.records.events import PATHS
from demo import world
from demo.plan import Event, Reaction, plan
from demo.respondents import Respondents
from settings import Settings
from store import open_store
from surveys.web.simulated_phone import Phone

PAUSE_S = (3.0, 5.0)  # between two contacts while it is lively
LIVELY_S = 900
USUAL_PAUSE_S = 432.0  # on average after that: two hundred contacts a day, as in the history
LOOK_S = 0.5  # how often customers look at their phones
AFTER_S, THEN_S = (4, 45), (5, 20)  # until a customer answers the ask, and a follow-up question
WATCHED = 300  # customers whose decision or answer may be outstanding
RETRY_S = (1.0, 30.0)  # first and longest pause after a fault
STALE_S = 120  # what could not be posted for so long is given up: it would no longer be news
TIMEOUT_S = 5.0
DRAWN, DRAWN_DAYS = 300, 8  # contacts planned at a time, and the days their topics are drawn from

log = logging.getLogger(__name__)


def run(settings: Settings, stop: threading.Event) -> None:
    """Keep the demonstration alive until ``stop`` is set; faults are waited out, never raised.

    Does nothing outside a demonstration.
    """
    if not settings.demo:
        log.warning("No demonstration, no live traffic: SVAR_DEMO is off.")
        return
    traffic = Traffic(settings)
    contact_at = reply_at = 0.0
    pause = RETRY_S[0]
    try:
        while not stop.is_set():
            try:
                if time.monotonic() >= contact_at:
                    traffic.contact(int(time.time()))
                    contact_at = time.monotonic() + traffic.pause()
                if time.monotonic() >= reply_at:
                    traffic.reply(int(time.time()))
                    reply_at = time.monotonic() + LOOK_S
                pause = RETRY_S[0]
                stop.wait(max(0.0, min(contact_at, reply_at) - time.monotonic()))
            except (httpx.HTTPError, SQLAlchemyError) as fault:
                # Only the kind is told, for a message may name a number; nothing while the server starts.
                level = logging.WARNING if pause > RETRY_S[1] / 4 else logging.DEBUG
                log.log(level, "Live traffic waits %.0f s: %s.", pause, type(fault).__name__)
                stop.wait(pause)
                pause = min(2 * pause, RETRY_S[1])
    finally:
        traffic.close()


@dataclass(frozen=True)
class Journey:
    """One contact with what belongs to it, as ``(kind, item)`` to post in order."""

    contact_id: str
    records: list[tuple[str, dict[str, Any]]]
    reaction: Reaction | None
    at: int  # when it was made (epoch seconds)


class Traffic:
    """The invented company's customers, live. Times are epoch seconds."""

    def __init__(self, settings: Settings, seed: int | None = None) -> None:
        self._settings = settings
        self._began = time.monotonic()
        self._rng = np.random.default_rng(seed)
        self._store = open_store(settings.database_url)
        self._respondents = Respondents(self._store)
        token = {"Authorization": f"Bearer {settings.api_secret}"}
        self._api = httpx.Client(
            base_url=settings.base_url, headers=token, timeout=TIMEOUT_S, trust_env=False
        )
        self._webhook = httpx.Client(timeout=TIMEOUT_S, trust_env=False)
        self._phone = Phone(settings, self._store, self._webhook)
        self._drawn = self._draw()
        self._unposted: Journey | None = None

    def pause(self) -> float:
        """Seconds until the next contact."""
        if time.monotonic() - self._began < LIVELY_S:
            return float(self._rng.uniform(*PAUSE_S))
        return float(self._rng.exponential(USUAL_PAUSE_S))

    def contact(self, now: int) -> None:
        """One customer gets in touch, with what came before and after. httpx.HTTPError on a fault."""
        # What could not be posted is posted again: harmless, since records are known by their ids.
        journey = self._unposted
        if journey is None or now - journey.at > STALE_S:
            journey = self._journey(now, *next(self._drawn))
        self._unposted = journey
        for kind, item in journey.records:
            self._api.post(PATHS[kind], json=item).raise_for_status()
        self._unposted = None
        if journey.reaction:
            after, then = (int(self._rng.integers(*span)) for span in (AFTER_S, THEN_S))
            hurried = replace(journey.reaction, after_s=after, then_s=then)
            self._respondents.watch(journey.contact_id, hurried, at_most=WATCHED)

    def reply(self, now: int) -> None:
        """Whoever has waited long enough answers. httpx.HTTPError on a fault."""
        self._respondents.look(now)
        for answer in self._respondents.due(now):
            self._phone.reply(answer.phone, answer.text)
            self._respondents.look(now, [answer.contact_id])

    def close(self) -> None:
        """Let go of connections."""
        self._api.close()
        self._webhook.close()
        self._store.close()

    def _draw(self) -> Iterator[tuple[list[Event], Reaction | None]]:
        """Contacts as the history draws them, without end: each with its visit, case and sales."""
        while True:
            planned = plan(
                contacts=DRAWN,
                days=DRAWN_DAYS,
                seed=int(self._rng.integers(2**32)),
                until=datetime.now(self._settings.zone).date(),
                zone=self._settings.zone,
                phones=world.TRAFFIC_PHONES,
                mark=f"{world.MARK}L{secrets.token_hex(4)}-",
            )
            belonging: dict[str, list[Event]] = defaultdict(list)
            free = []
            for event in planned.events:
                if event.contact:
                    belonging[event.contact].append(event)
                elif event.kind == "session":
                    free.append(event)
            for contact_id, events in belonging.items():
                # Somebody else visits at the same time and needs no contact.
                visit = [free.pop()] if free else []
                yield visit + events, planned.reactions.get(contact_id)

    def _journey(self, now: int, events: list[Event], reaction: Reaction | None) -> Journey:
        contact = next(event for event in events if event.kind == "contact")
        ended_at = _epoch(contact.item["ended_at"])
        records = []
        for event in events:
            end = ended_at if event.contact else _epoch(event.item["ended_at"])
            item = _moved(event.item, now - end)
            if all(_epoch(moment) <= now for moment in _moments(item).values()):
                records.append((event.kind, item))
        return Journey(contact.contact, records, reaction, now)


def _moments(item: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in item.items() if name.endswith("_at")}


def _epoch(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def _moved(item: dict[str, Any], seconds: int) -> dict[str, Any]:
    """The same record so many seconds later."""
    by = timedelta(seconds=seconds)
    moved = {
        name: (datetime.fromisoformat(value) + by).astimezone(UTC).isoformat()
        for name, value in _moments(item).items()
    }
    return item | moved
