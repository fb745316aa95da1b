"""A carrier of our own over HTTP that speaks Twilio's API and fails in every way a carrier can.

It runs on a thread. ``accepted`` is what it has taken: the truth that the tests compare with.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from settings import Settings
from surveys.carriers.signature import HEADER, sign

SID = "AC" + "1" * 32
TOKEN = "an-auth-token-of-the-tests"


@dataclass
class Text:
    """One message the carrier has accepted."""

    sid: str
    to: str
    body: str
    callback: str
    at: float
    status: str = "queued"

    @property
    def attempt(self) -> str:
        """The id that our status callback carries."""
        return self.callback.partition("attempt=")[2]


@dataclass
class Carrier:
    """``behave`` chooses what happens to a post: "ok", an error code, "429", or ``when:how``.

    When: none (not accepted), after, early (status callbacks come before the answer), slow (by so many s).
    How: hang, reset, 500, garbage, or an oddity of ``_odd``.
    """

    behave: Callable[[dict[str, str]], str | int] = lambda form: "ok"
    statuses: tuple[str, ...] = ()
    hang_s: float = 60.0
    retry_after: str = "1"
    lists: bool = True
    accepted: list[Text] = field(default_factory=list)
    posts: Counter[str] = field(default_factory=Counter)
    forms: list[dict[str, str]] = field(default_factory=list)
    on_text: Callable[[Text], None] | None = None
    port: int = 0
    inbound: list[dict[str, Any]] = field(default_factory=list)  # as the list has them
    prefix: str = ""  # a path before the API's
    most_at_once: int = 0

    def __enter__(self) -> Carrier:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something on the carrier's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop_listening(self) -> None:
        """From now on connections are refused."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(20)

    def listen_again(self) -> None:
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    async def _open(self) -> None:
        self._busy = 0
        self._random = random.Random(1)
        self._session = ClientSession(timeout=ClientTimeout(total=10))
        self._background: set[asyncio.Task[None]] = set()
        await self._listen()

    async def _listen(self) -> None:
        app = web.Application()
        path = f"{self.prefix}/2010-04-01/Accounts/{SID}/Messages.json"
        app.router.add_post(path, self._create)
        app.router.add_get(path, self._list)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def _shut(self) -> None:
        for task in self._background:
            task.cancel()
        await self._runner.cleanup()
        await self._session.close()

    async def _create(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        behaviour = self.behave(form)
        self.posts[str(behaviour)] += 1
        self._busy += 1
        self.most_at_once = max(self.most_at_once, self._busy)
        try:
            return await self._answer(request, form, behaviour)
        finally:
            self._busy -= 1

    async def _answer(
        self, request: web.Request, form: dict[str, str], behaviour: str | int
    ) -> web.StreamResponse:
        if isinstance(behaviour, int):
            return _refuse(behaviour)
        if behaviour == "429":
            return web.json_response(
                {"code": 20429, "message": "Too many", "status": 429},
                status=429,
                headers={"Retry-After": self.retry_after},
            )
        before, _, how = behaviour.partition(":")
        text = await self._accept(form) if before in ("ok", "after", "early", "slow") else None
        if before == "slow":
            await asyncio.sleep(float(how))
        if how == "hang":
            await asyncio.sleep(self.hang_s)
        if how in ("reset", "hang"):
            assert request.transport is not None
            request.transport.abort()
        if how:
            return await _odd(request, text, how)
        assert text is not None
        if before == "early":
            await self.call_back(text, ("sent", "delivered"))
        return web.json_response(_json(text), status=201)

    async def _accept(self, form: dict[str, str]) -> Text:
        sid = "SM" + f"{self._random.getrandbits(128):032x}"
        text = Text(sid, form["To"], form["Body"], form.get("StatusCallback", ""), time.time())
        self.accepted.append(text)
        if self.on_text:
            self.on_text(text)
        if self.statuses:
            self.later(self.call_back(text, self.statuses))
        return text

    def later(self, coroutine: Any) -> None:
        task = self._loop.create_task(coroutine)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def is_busy(self) -> bool:
        """Whether callbacks and customers are under way."""
        return bool(self._background)

    async def call_back(self, text: Text, statuses: tuple[str, ...], error: str = "") -> None:
        """Tell statuses as they are said to come: one after the other, the error with each."""
        for status in statuses:
            text.status = status
            form = {"MessageSid": text.sid, "MessageStatus": status, "To": text.to, "ErrorCode": error}
            await self.post(text.callback, form)

    async def post(self, url: str, form: dict[str, str]) -> int:
        """Call a webhook, signed; 0 when nobody answers."""
        form = {"AccountSid": SID, "ApiVersion": "2010-04-01", **form}
        signature = sign(TOKEN, url, {name: [value] for name, value in form.items()})
        try:
            async with self._session.post(url, data=form, headers={HEADER: signature}) as answer:
                return answer.status
        except (OSError, TimeoutError):
            return 0
        except Exception:
            return 0

    async def _list(self, request: web.Request) -> web.Response:
        to = request.query.get("To")
        since = request.query.get("DateSent>")
        found = [_json(text) for text in reversed(self.accepted) if to in (text.to, None) and self.lists]
        if to is None:
            assert since, "all messages of the account are never asked for"
            found = [{**text, "date_sent": text["date_created"]} for text in found] + self.inbound
        page = {
            "messages": found,
            "next_page_uri": None,
            "page": 0,
            "page_size": 50,
            "uri": str(request.rel_url),
        }
        return web.json_response(page)


_HTTP = {
    "301": 301,
    "302": 302,
    "303": 303,
    "307": 307,
    "308": 308,
    "400": 400,
    "404": 404,
    "413": 413,
    "500": 500,
}
_NOT_EVEN = {"null": b"null", "list": b"[1]", "empty": b"", "garbage": b"<html>{"}
_STRANGE: dict[str, dict[str, Any]] = {
    "no-sid": {"sid": None},
    "nul": {"sid": "SM\x00\x00", "status": "que\x00ued"},
    "surrogate": {"sid": "SM\ud800", "status": "\udfff"},
    "other-types": {"sid": 12345, "status": 7, "num_segments": [], "error_code": "none", "date_created": 5},
    "extra": {"new_field": {"of": ["the", "carrier"]}, "status": "a new status"},
}


async def _odd(request: web.Request, text: Text | None, how: str) -> web.StreamResponse:
    """Answers that are allowed, or nearly, and that no carrier we know gives."""
    if how in _HTTP:
        place = {"Location": "http://127.0.0.1:1/elsewhere"}
        return web.Response(
            status=_HTTP[how], text="<html>no</html>", content_type="text/html", headers=place
        )
    body = json.dumps({**_json(text), **_STRANGE.get(how, {})} if text else {}).encode()
    if how in _NOT_EVEN:
        return web.Response(status=201, body=_NOT_EVEN[how], content_type="application/json")
    if how == "long":
        body = body[:-1] + b', "padding": "' + b"x" * 1_000_000 + b'"}'
    if how == "close":
        answer = web.Response(status=201, body=body, content_type="application/json")
        answer.force_close()
        return answer
    if how not in ("chunked", "trickle", "endless"):
        return web.Response(status=200 if how == "200" else 201, body=body, content_type="application/json")
    stream = web.StreamResponse(status=201, headers={"Content-Type": "application/json"})
    stream.enable_chunked_encoding()
    await stream.prepare(request)
    for start in range(0, len(body), 20):
        await stream.write(body[start : start + 20])
        await asyncio.sleep(0.005 if how == "trickle" else 0)
    while how == "endless":
        await stream.write(b" " * 100_000)
    await stream.write_eof()
    return stream


def through(carrier: Carrier, settings: Settings, **more: Any) -> Settings:
    """Settings that send through the carrier, at any hour and as fast as it goes."""
    given = {
        "gateway": "twilio",
        "twilio_account_sid": SID,
        "twilio_auth_token": TOKEN,
        "twilio_from": "+4759440000",
        "twilio_base_url": carrier.url,
        "quiet_hours": "",
        "sending": "on",
        "messages_per_second": 10_000.0,
    }
    return settings.model_copy(update=given | more)


def _refuse(code: int) -> web.Response:
    status = {20003: 401, 20429: 429}.get(code, 400)
    return web.json_response({"code": code, "message": "no", "status": status}, status=status)


def _json(text: Text) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "account_sid": SID,
        "to": text.to,
        "from": "+4759440000",
        "body": text.body,
        "status": text.status,
        "direction": "outbound-api",
        "date_created": formatdate(text.at),
        "date_sent": None,
        "error_code": None,
        "num_segments": "1",
    }
