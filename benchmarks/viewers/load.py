"""What happens while people look: customers get in touch, are asked, and reply, one every second or so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import httpx

from settings import Settings
from store import Store, open_store
from surveys.web.simulated_phone import Phone

PHONES = 42_950_0000  # among those that neither the history nor its traffic uses
WAIT_S = 60


@dataclass(frozen=True)
class Reply:
    """One reply, and when its post began (seconds of ``time.monotonic``)."""

    at: float
    partner: str


class Customers:
    """Customers of the partners in turn: some are asked beforehand, each then replies."""

    def __init__(self, settings: Settings, partners: Sequence[str]) -> None:
        self._settings, self._partners = settings, partners
        self._store: Store = open_store(settings.database_url)
        self._phone = Phone(settings, self._store)
        token = {"Authorization": f"Bearer {settings.api_secret}"}
        self._api = httpx.Client(base_url=settings.base_url, headers=token, timeout=60, trust_env=False)
        # Numbers and ids of their own in each run on the same home.
        self._first = int(time.time()) % 50_000
        self._numbers = count(self._first)

    def close(self) -> None:
        self._api.close()
        self._store.close()

    def get_in_touch(self, how_many: int) -> list[tuple[str, str]]:
        """Contacts that have just ended, as ``(phone, partner)``."""
        customers = []
        for number in (next(self._numbers) for _ in range(how_many)):
            customers.append((f"+47429{number:05d}", self._partners[number % len(self._partners)]))
        rows = [
            {
                "contact_id": f"DEMO-bench-{self._first}-{phone}",
                "ended_at": datetime.now(UTC).isoformat(),
                "phone": phone,
                "partner": partner,
                "channel": "phone",
                "talk_s": 240,
                "self_service_first": True,
            }
            for phone, partner in customers
        ]
        self._api.post("/api/contacts", json=rows).raise_for_status()
        return customers

    async def wait_until_asked(self, customers: Sequence[tuple[str, str]]) -> None:
        deadline = time.monotonic() + WAIT_S
        for phone, _ in customers:
            while not self._phone.messages(phone):
                if time.monotonic() > deadline:
                    raise RuntimeError("customers were not asked; see the server's log")
                await asyncio.sleep(0.1)

    def reply(self, phone: str, partner: str, score: int) -> Reply:
        at = time.monotonic()
        self._phone.reply(phone, str(score))
        return Reply(at, partner)
