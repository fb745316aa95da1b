"""The survey side, each rate beside a peer measured in the same run, with and without 2 ms per commit.

- replies: signature checked, committed (and read) before the answer, against a Starlette form route that
  checks the same signature with Twilio's own validator and does nothing.
- decisions: contacts decided, claimed and written down in batches, against bare inserts of as many rows.
- sends: through the worker and Twilio's official client, against that client alone, to a no-op server.

Real disks take their time to sync; this machine's hardly does. Hence the 2 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import event, insert

from data.intake import accept
from settings import Settings
from store import Store, open_store
from store.schema import decision, feed, message, slot, survey

TOKEN = "an-auth-token-of-the-benchmark"
CONNECTIONS = 64
IN_FLIGHT = 256
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
ROUNDS = 3


def settings_of(home: Path, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "home": home,
        "demo": True,
        "pseudonym_key": "k",
        "twilio_auth_token": TOKEN,
        "public_url": "http://svar.example",
        "quiet_hours": "",
    }
    return Settings(**{**given, **more})


def slow_commits(store: Store, seconds: float) -> None:
    """Add what a real disk adds to every commit that wrote."""
    if seconds:

        def pause(connection: Any) -> None:
            if connection.get_execution_options().get("svar_writes"):
                time.sleep(seconds)

        event.listen(store.engine, "commit", pause)


def contacts(count: int, first: int = 0) -> list[dict[str, Any]]:
    ended = (NOON - timedelta(minutes=1)).isoformat()
    return [
        {
            "contact_id": f"c{n}",
            "ended_at": ended,
            "phone": f"+4742{n:06d}",
            "partner": "Nord",
            "language": "nb",
        }
        for n in range(first, first + count)
    ]


# --- replies ---


def serve(kind: str, port: int, home: Path, commit_s: float) -> None:
    """The server under test, as a process of its own."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from twilio.request_validator import RequestValidator

    from surveys.webhooks import routes

    validator = RequestValidator(TOKEN)

    async def no_op(request: Request) -> Response:
        form = await request.form()
        url = "http://svar.example/sms/reply"
        signature = request.headers.get("X-Twilio-Signature", "")
        return Response(status_code=200 if validator.validate(url, form, signature) else 403)

    if kind == "no-op":
        app = Starlette(routes=[Route("/sms/reply", no_op, methods=["POST"])])
    else:
        settings = settings_of(home)
        store = open_store(settings.database_url)
        slow_commits(store, commit_s)
        app = Starlette(routes=routes(settings, store, lambda: None))
    sys.setswitchinterval(0.0005)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def requests(count: int, first: int) -> list[bytes]:
    from surveys.gateways.signature import sign

    bodies = [
        "8",
        "10",
        "9 og takk for hjelpen",
        "3",
        "Veldig bra service, 9",
        "hva?",
        "7 - litt lang ventetid",
    ]
    made = []
    for n in range(first, first + count):
        form = {
            "ToCountry": "NO", "ToState": "", "SmsMessageSid": f"SM{n:032x}", "NumMedia": "0", "ToCity": "",
            "FromZip": "", "SmsSid": f"SM{n:032x}", "FromState": "", "SmsStatus": "received", "FromCity": "",
            "Body": bodies[n % len(bodies)], "FromCountry": "NO", "To": "+4759440000", "ToZip": "",
            "NumSegments": "1", "MessageSid": f"SM{n:032x}", "AccountSid": "AC" + "1" * 32,
            "From": f"+4742{n:06d}", "ApiVersion": "2010-04-01",
        }  # fmt: skip
        signature = sign(TOKEN, "http://svar.example/sms/reply", {k: [v] for k, v in form.items()})
        body = urlencode(form).encode()
        head = (
            "POST /sms/reply HTTP/1.1\r\nHost: svar.example\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


async def _fire(port: int, made: list[bytes]) -> float:
    """All requests over 64 connections; returns requests a second. Every answer must be a 200."""
    waiting = iter(made)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            if length:
                await reader.readexactly(length)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return len(made) / (time.perf_counter() - began)


@contextmanager
def served(kind: str, home: Path, commit_s: float) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    arguments = ["--serve", kind, "--port", str(port), "--home", str(home), "--commit-s", str(commit_s)]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bench_surveys", *arguments])
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def bench_replies(count: int) -> None:
    from surveys.gateways.phone import PhoneGateway
    from surveys.worker import Worker

    for commit_ms in (0, 2):
        rates: dict[str, list[float]] = {"no-op": [], "svar": []}
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            settings = settings_of(home)
            store = open_store(settings.database_url)
            # Every reply answers an open survey: it is attributed, scored, told to the feed and followed up.
            accept(store, settings, "contact", contacts(count * ROUNDS), NOON)
            _asked_now(store, Worker(settings, store, PhoneGateway(store)))
            for turn in range(ROUNDS):
                made = requests(count, turn * count)
                for kind in ("no-op", "svar"):
                    with served(kind, home, commit_ms / 1_000) as port:
                        asyncio.run(_fire(port, made[:0]))
                        rates[kind].append(asyncio.run(_fire(port, made)))
            store.close()
        report(
            f"replies/s, {commit_ms} ms per commit",
            rates["svar"],
            rates["no-op"],
            0.8 if not commit_ms else 0.5,
        )


def _asked_now(store: Store, worker: Any) -> None:
    # Asked at the real time, since the webhook attributes replies by it.
    from sqlalchemy import text

    now = datetime.now(UTC)
    shift = int((now - NOON).total_seconds())
    with store.write() as connection:
        connection.execute(
            text("update decision set created_at = created_at + :s, due_at = due_at + :s"), {"s": shift}
        )
        connection.execute(
            text("update record set payload = json_set(payload, '$.ended_at', :at)"),
            {"at": int(now.timestamp()) - 60},
        )
    worker.step(now)


# --- decisions and claims ---


def bench_decisions(count: int) -> None:
    from surveys.gateways.phone import PhoneGateway
    from surveys.worker import Worker

    for commit_ms in (0, 2):
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


# --- sends ---


def bench_sends(count: int) -> None:
    with carrier() as url:
        for commit_ms in (0, 2):
            ours, alone = [], []
            for _ in range(ROUNDS):
                alone.append(asyncio.run(_client_alone(url, count)))
                ours.append(_worker_sends(url, count, commit_ms / 1_000))
            report(f"sends/s, {commit_ms} ms per commit", ours, alone, 0.8)


def _worker_sends(url: str, count: int, commit_s: float) -> float:
    import threading

    from surveys.gateways.twilio import TwilioGateway
    from surveys.worker import Worker

    with tempfile.TemporaryDirectory() as folder:
        settings = settings_of(
            Path(folder), demo=False, gateway="twilio", twilio_account_sid="AC" + "1" * 32,
            twilio_from="+4759440000", twilio_base_url=url,
            messages_per_second=1e6, posts_in_flight=IN_FLIGHT,
        )  # fmt: skip
        store = open_store(settings.database_url)
        now = datetime.now(UTC)
        items = [
            {**contact, "ended_at": now.isoformat(), "phone": f"+4791{n:06d}"}
            for n, contact in enumerate(contacts(count))
        ]
        accept(store, settings, "contact", items, now)
        slow_commits(store, commit_s)
        gateway = TwilioGateway(settings)
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
    from twilio.http.async_http_client import AsyncTwilioHttpClient
    from twilio.rest import Client

    async with AsyncTwilioHttpClient() as http:
        client = Client("AC" + "1" * 32, TOKEN, http_client=http)
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


@contextmanager
def carrier() -> Iterator[str]:
    """A server that takes every message and does nothing, as a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bench_surveys", "--serve", "carrier", "--port", str(port)]
    )
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


async def _serve_carrier(port: int) -> None:
    answer = b'{"sid": "SM%032x", "status": "queued", "body": "", "to": "", "error_code": null}'

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                writer.close()
                return
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            body = answer % random.getrandbits(128)
            writer.write(
                b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                % len(body)
                + body
            )

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    await server.serve_forever()


def report(name: str, ours: list[float], peer: list[float], goal: float | None) -> None:
    """One line: medians, their ratio, and the goal where there is one."""
    mine, theirs = statistics.median(ours), statistics.median(peer)
    wanted = "" if goal is None else f" (goal {goal})"
    print(f"{name:46} svar {mine:9,.0f}  peer {theirs:9,.0f}  ratio {mine / theirs:5.2f}{wanted}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--home", type=Path, default=Path())
    parser.add_argument("--commit-s", type=float, default=0.0)
    parser.add_argument("--only", choices=["replies", "decisions", "sends"])
    given = parser.parse_args()
    if given.serve == "carrier":
        asyncio.run(_serve_carrier(given.port))
        return
    if given.serve:
        serve(given.serve, given.port, given.home, given.commit_s)
        return
    gc.freeze()
    parts: dict[str, Callable[[], None]] = {
        "replies": lambda: bench_replies(8_000),
        "decisions": lambda: bench_decisions(30_000),
        "sends": lambda: bench_sends(5_000),
    }
    for name, part in parts.items():
        if given.only in (None, name):
            part()


if __name__ == "__main__":
    os.environ.pop("SVAR_DEMO", None)
    main()
