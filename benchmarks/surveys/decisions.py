"""Decisions: contacts decided, claimed and written down in batches, against bare inserts of as many rows."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks.surveys.common import COMMITS_MS, NOON, ROUNDS, contacts, report, settings_of, slow_commits
from data.api.intake import accept
from store import open_store
from store.schema import decision, feed, message, slot, survey
from surveys.carriers.phone import PhoneGateway
from surveys.sending.worker import Worker


def run(count: int) -> None:
    for commit_ms in COMMITS_MS:
        ours, whole, bare = [], [], []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                settings = settings_of(Path(folder))
                store = open_store(settings.database_url)
                accept(store, settings, "contact", contacts(count), NOON)
                slow_commits(store, commit_ms / 1_000)
                worker = Worker(settings, store, PhoneGateway(store))
                began = time.perf_counter()
                while worker._asker.decide_due(NOON, 10_000, int(NOON.timestamp()))[0]:
                    pass
                ours.append(count / (time.perf_counter() - began))
                store.close()
            with tempfile.TemporaryDirectory() as folder:
                settings = settings_of(Path(folder))
                store = open_store(settings.database_url)
                accept(store, settings, "contact", contacts(count), NOON)
                slow_commits(store, commit_ms / 1_000)
                began = time.perf_counter()
                Worker(settings, store, PhoneGateway(store)).step(NOON)
                whole.append(count / (time.perf_counter() - began))
                store.close()
            bare.append(_bare_inserts(count, commit_ms / 1_000))
        report(f"decisions and claims/s, {commit_ms} ms per commit", ours, bare, 0.5)
        report("  with phone gateway, outcomes and feed", whole, bare, None)


def _bare_inserts(count: int, commit_s: float) -> float:
    """The same rows (decision, slot, survey, message, feed), inserted plainly in batches of 10,000."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(settings_of(Path(folder)).database_url)
        slow_commits(store, commit_s)
        body = (
            "Hei! Hvor fornøyd er du med hjelpen du fikk av Svar? Svar med et tall fra 1 til 10. Svar STOPP."
        )
        snapshot = {
            "contact_id": "c",
            "day": "2026-11-24",
            "state": "asked",
            "reason": "asked",
            "eligible": True,
        }
        began = time.perf_counter()
        for first in range(0, count, 10_000):
            ids = range(first, min(count, first + 10_000))
            rows: dict[Any, list[dict[str, Any]]] = {
                decision: [
                    {"contact_id": f"c{n}", "phone": f"+4742{n:06d}", "customer_key": "k", "state": "asked",
                     "reason": "asked", "eligible": True, "rule_version": "1", "due_at": n, "created_at": n,
                     "decided_at": n} for n in ids
                ],
                slot: [{"phone": f"+4742{n:06d}", "last_sent_at": n, "contact_id": f"c{n}"} for n in ids],
                survey: [
                    {"contact_id": f"c{n}", "token": f"{n:022d}", "phone": f"+4742{n:06d}", "language": "nb",
                     "opened_at": n, "closes_at": n, "question": "score", "messages": 1} for n in ids
                ],
                message: [
                    {"message_id": f"{n:024d}", "contact_id": f"c{n}", "purpose": "opening",
                     "question": "score", "phone": f"+4742{n:06d}", "body": body, "state": "claimed",
                     "created_at": n} for n in ids
                ],
                feed: [
                    {"kind": "outcome", "key": f"c{n}", "accepted_us": n, "payload": snapshot} for n in ids
                ],
            }  # fmt: skip
            with store.write() as connection:
                for table, values in rows.items():
                    connection.execute(insert(table), values)
        rate = count / (time.perf_counter() - began)
        store.close()
    return rate
