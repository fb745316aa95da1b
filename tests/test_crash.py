"""A thousand contacts for three hundred numbers, while the process is killed again and again."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from store import open_store
from store.schema import decision, message
from tests.serving import Server, served, until

CONTACTS, NUMBERS, KILLS = 1_000, 300, 5


@pytest.mark.slow
def test_no_number_gets_two_sms_and_no_contact_is_without_a_decision_whatever_is_killed(
    tmp_path: Path,
) -> None:
    random.seed(20261122)
    with served(tmp_path / "home") as server:
        posting = threading.Thread(target=post_all, args=(server,))
        posting.start()
        for _ in range(KILLS):
            time.sleep(random.uniform(0.05, 1.5))
            server.kill()
            server.start()
        posting.join(timeout=120)
        store = open_store(server.settings.database_url)

        def all_decided() -> dict[str, int] | None:
            with store.read() as connection:
                states = select(decision.c.state, func.count()).group_by(decision.c.state)
                count: dict[str, int] = {row[0]: row[1] for row in connection.execute(states)}
                pending = connection.scalar(select(func.count()).where(message.c.state == "claimed"))
            return (
                count
                if sum(count.values()) == CONTACTS and not count.get("waiting") and not pending
                else None
            )

        states = until(all_decided, "a decision on every contact", timeout=60)
        with store.read() as connection:
            openings = select(func.count()).where(message.c.purpose == "opening").group_by(message.c.phone)
            per_number = connection.scalars(openings).all()
            without_reason = connection.scalar(select(func.count()).where(decision.c.reason.in_(["", "new"])))
        store.close()
    assert states == {"asked": NUMBERS, "skipped": CONTACTS - NUMBERS}
    assert list(per_number) == [1] * NUMBERS
    assert without_reason == 0


def post_all(server: Server) -> None:
    """Post in batches of twenty; what was not acknowledged is posted again, as a real sender does."""
    ended = datetime.now(UTC).isoformat()
    batches = [
        [
            {
                "contact_id": f"crash-{n}",
                "ended_at": ended,
                "phone": f"+4790001{n % NUMBERS:03d}",
                "partner": "Nordlys",
            }
            for n in range(start, start + 20)
        ]
        for start in range(0, CONTACTS, 20)
    ]
    while batches:
        try:
            if server.post("/api/contacts", batches[0]).status_code == 200:
                batches.pop(0)
        except httpx.TransportError:
            time.sleep(0.1)
