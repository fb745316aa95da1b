"""Sends: through the worker and Twilio's official client, against that client alone, to a no-op server.

The peer is the official asynchronous client as it comes, with as many posts in flight; it stores nothing.
Ours decides, claims, posts through the official client and records every outcome. The server is a process
of its own that answers at once.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from benchmarks.surveys.common import (
    COMMITS_MS,
    CONNECTIONS,
    ROUNDS,
    TOKEN,
    contacts,
    report,
    served,
    settings_of,
    slow_commits,
)
from data.api.intake import accept
from store import open_store
from surveys.carriers import make_gateway
from surveys.sending.worker import Worker

ACCOUNT = "AC" + "1" * 32
_ANSWER = b'{"sid": "SM%032x", "status": "queued", "body": "", "to": "", "error_code": null}'
_HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def run(count: int) -> None:
    with served("--serve", "carrier") as port:
        url = f"http://127.0.0.1:{port}"
        for commit_ms in COMMITS_MS:
            ours, alone = [], []
            for _ in range(ROUNDS):
                alone.append(asyncio.run(_client_alone(url, count)))
                ours.append(_worker_sends(url, count, commit_ms / 1_000))
            report(f"sends/s, {commit_ms} ms per commit", ours, alone, 0.8)


def _worker_sends(url: str, count: int, commit_s: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_of(
            Path(folder),
            demo=False,
            gateway="twilio",
            sending="on",
            twilio_account_sid=ACCOUNT,
            twilio_from="+4759440000",
            twilio_base_url=url,
            messages_per_second=1e6,
            posts_in_flight=CONNECTIONS,
        )
        store = open_store(settings.database_url)
        now = datetime.now(UTC)
        items = [
            {**contact, "ended_at": now.isoformat(), "phone": f"+4791{n:06d}"}
            for n, contact in enumerate(contacts(count))
        ]
        accept(store, settings, "contact", items, now)
        slow_commits(store, commit_s)
        gateway = make_gateway(settings, store, apart=True)
        while not gateway.room():  # the poster takes a moment to start
            time.sleep(0.05)
        worker = Worker(settings, store, gateway)
        stop = threading.Event()
        done: list[float] = []
        finish = worker._finish

        def counted(results: Any, at: datetime) -> None:
            finish(results, at)
            done.extend(time.perf_counter() for _ in results)
            if len(done) >= count:
                stop.set()

        worker._finish = counted  # type: ignore[assignment, method-assign]
        began = time.perf_counter()
        worker.run(stop)
        store.close()
    return count / (done[-1] - began)


async def _client_alone(url: str, count: int) -> float:
    async with AsyncTwilioHttpClient() as http:
        client = Client(ACCOUNT, TOKEN, http_client=http)
        client.api.base_url = url
        numbers = iter(range(count))

        async def sender() -> None:
            for n in numbers:
                await client.messages.create_async(
                    to=f"+4791{n:06d}",
                    from_="+4759440000",
                    body="Hei! Hvor fornøyd er du med hjelpen du fikk? Svar med et tall fra 1 til 10.",
                    status_callback=f"http://svar.example/sms/status?attempt={n:024d}",
                    validity_period=14_400,
                )

        began = time.perf_counter()
        await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))
        return count / (time.perf_counter() - began)


class _NoOp(asyncio.Protocol):
    """Takes every message and does nothing: counts the bytes of a request and answers."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._bytes = transport, b""

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        head, end, body = self._bytes.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
            return
        self._bytes = b""
        answer = _ANSWER % random.getrandbits(128)
        self._transport.write(_HEAD % len(answer) + answer)


async def serve(port: int) -> None:
    """The no-op carrier."""
    server = await asyncio.get_running_loop().create_server(_NoOp, "127.0.0.1", port)
    await server.serve_forever()
