"""Replies: signature checked and committed before the answer, against a route that does nothing.

The peer is a Starlette form route that checks the same signature with Twilio's own validator.
"""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import text

from benchmarks.surveys.common import (
    COMMITS_MS,
    CONNECTIONS,
    NOON,
    ROUNDS,
    TOKEN,
    contacts,
    report,
    served,
    settings_of,
    slow_commits,
)
from data.api.intake import accept
from store import Store, open_store
from surveys.carriers.phone import PhoneGateway
from surveys.carriers.signature import sign
from surveys.replies import storing_apart
from surveys.sending.worker import Worker

BODIES = [
    "8",
    "10",
    "9 og takk for hjelpen, {word}",
    "3",
    "Veldig bra service av {word}, 9",
    "hva?",
    "7 - litt lang ventetid hos {word}",
]
STOP_EVERY = 100


def _body(n: int) -> str:
    """What one customer writes; whoever writes more than a number does so in words of his own."""
    if n % STOP_EVERY == STOP_EVERY - 1:
        return "STOPP"
    word = "".join(chr(ord("a") + int(digit)) for digit in str(n))
    return BODIES[n % len(BODIES)].format(word=word)


def serve(kind: str, port: int, home: Path, commit_s: float) -> None:
    """The server under test, as a process of its own."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from twilio.request_validator import RequestValidator

    from surveys.web.webhooks import routes

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
        command = (sys.executable, "-m", "benchmarks.bench_surveys", "--serve", "storing")
        storing_apart.COMMAND = (*command, "--commit-ms", str(commit_s * 1_000))
        app = Starlette(routes=routes(settings, store, lambda: None))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def serve_storing(commit_s: float) -> None:
    """The process that stores beside the server under test, with the same commits."""

    storing_apart.main(lambda store: slow_commits(store, commit_s))


def requests(count: int, first: int) -> list[bytes]:
    made = []
    for n in range(first, first + count):
        form = {
            "ToCountry": "NO", "ToState": "", "SmsMessageSid": f"SM{n:032x}", "NumMedia": "0", "ToCity": "",
            "FromZip": "", "SmsSid": f"SM{n:032x}", "FromState": "", "SmsStatus": "received", "FromCity": "",
            "Body": _body(n), "FromCountry": "NO", "To": "+4759440000", "ToZip": "",
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


def run(count: int) -> None:
    for commit_ms in COMMITS_MS:
        rates: dict[str, list[float]] = {"no-op": [], "svar": []}
        until_read = []
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            settings = settings_of(home)
            store = open_store(settings.database_url)
            # Every reply answers an open survey: it is attributed, scored, told to the feed and followed up.
            accept(store, settings, "contact", contacts(count * ROUNDS), NOON)
            _asked_now(store, Worker(settings, store, PhoneGateway(store)), count * ROUNDS)
            for turn in range(ROUNDS):
                made = requests(count, turn * count)
                for kind in ("no-op", "svar"):
                    with served("--serve", kind, "--home", folder, "--commit-ms", str(commit_ms)) as port:
                        asyncio.run(_fire(port, made[:0]))
                        began = time.perf_counter()
                        rates[kind].append(asyncio.run(_fire(port, made)))
                        if kind == "svar":
                            _wait_until_read(store)
                            until_read.append(count / (time.perf_counter() - began))
            store.close()
        report(
            f"replies/s, {commit_ms} ms per commit",
            rates["svar"],
            rates["no-op"],
            0.8 if not commit_ms else 0.5,
        )
        report("  until all of them are read as well", until_read, rates["no-op"], None)


def _wait_until_read(store: Store) -> None:
    unread = text("select exists (select 1 from reply where read_at is null)")
    while True:
        with store.read() as connection:
            if not connection.scalar(unread):
                return
        time.sleep(0.01)


def _asked_now(store: Store, worker: Worker, count: int) -> None:
    # Asked at the real time, since the webhook attributes replies by it.
    now = datetime.now(UTC)
    shift = math.floor((now - NOON).total_seconds())
    with store.write() as connection:
        connection.execute(
            text("update decision set created_at = created_at + :s, due_at = due_at + :s"), {"s": shift}
        )
        connection.execute(
            text("update record set payload = json_set(payload, '$.ended_at', :at)"),
            {"at": int(now.timestamp()) - 60},
        )
    worker.step(now)
    with store.read() as connection:
        asked = connection.scalar(text("select count(*) from survey"))
    assert asked == count, f"{asked} of {count} were asked: replies without a survey would measure nothing"
