"""The wire under the carrier's official client: time-outs that hold, and what the carrier answered."""

from __future__ import annotations

import base64
import json
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from yarl import URL

CONNECT_S = 10.0
MAX_ANSWER = 4 * 1024 * 1024  # bytes; a page of fifty messages is a tenth of it
_FORM = "application/x-www-form-urlencoded"


@dataclass
class Seen:
    """What the wire said to one request, whatever the client made of it."""

    status: int | None = None
    code: int | None = None
    retry_after_s: float | None = None
    text: str = ""


seen_now: ContextVar[Seen] = ContextVar("seen")


class AnswerTooLongError(Exception):
    """The carrier answers more than any message is worth."""


class Transport(AsyncHttpClient):  # type: ignore[misc]
    """The transport under the official client: time-outs that hold, and the status it saw.

    The official transport hands ``None`` to aiohttp as its time-out, which lifts every time-out of the
    session, keeps what only its own tests read, and lets aiohttp parse the same address and compose the
    same form anew for every post: together a third of what a post costs.
    """

    def __init__(self, timeout_s: float, connections: int, *, trust_env: bool) -> None:
        super().__init__(logging.getLogger("twilio.http"), True, timeout_s)
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=timeout_s)
        # A connection that was idle for long may be closed by the other side just as we post on it.
        connector = aiohttp.TCPConnector(limit=connections, keepalive_timeout=4)
        self._session = aiohttp.ClientSession(
            connector=connector, trust_env=trust_env, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def request(  # noqa: PLR0917 (the client's signature)
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 (the client's signature; ours is the session's)
        allow_redirects: bool = False,
    ) -> Response:
        headers = dict(headers or {})
        if auth:
            headers["Authorization"] = _basic(*auth)
        if data:
            headers["Content-Type"] = _FORM
        async with self._session.request(
            method,
            _place(url),
            params=params,
            data=_form(data) if data else None,
            headers=headers,
            timeout=self._timeout,
            allow_redirects=allow_redirects,
        ) as answer:
            seen = seen_now.get(None)
            if seen is not None:
                seen.status = answer.status
                seen.retry_after_s = _seconds(answer.headers.get("Retry-After"))
            text = await _text(answer)
            if seen is not None:
                seen.text = text
                if answer.status >= 400:
                    seen.code = _code(text)
            return Response(answer.status, text, answer.headers)

    async def close(self) -> None:
        await self._session.close()


async def _text(answer: aiohttp.ClientResponse) -> str:
    """The answer's text, of a bounded length whatever the other side sends."""
    if answer.content_length is not None and answer.content_length <= MAX_ANSWER:
        content = await answer.read()
    else:
        pieces = bytearray()
        async for piece in answer.content.iter_any():
            pieces += piece
            if len(pieces) > MAX_ANSWER:
                raise AnswerTooLongError
        content = bytes(pieces)
    return content.decode("utf-8", "replace")


@lru_cache(maxsize=4)
def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@lru_cache(maxsize=64)
def _place(url: str) -> URL:
    return URL(url)


def _form(data: dict[str, object]) -> bytes:
    return "&".join([f"{name}={_quoted(str(value))}" for name, value in data.items()]).encode()


@lru_cache(maxsize=4_096)
def _quoted(value: str) -> str:
    # Wordings, sender and validity are the same in one message after another.
    return quote_plus(value, errors="replace")


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After, in seconds or as a date; None where it is absent or unreadable."""
    if not retry_after:
        return None
    try:
        return min(3_600.0, max(0.0, float(retry_after)))
    except ValueError:
        pass
    try:
        wait = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(3_600.0, max(0.0, wait))


def _code(text: str) -> int | None:
    """Twilio's error code in an answer, or None."""
    try:
        return int(field_of(text, "code"))
    except (ValueError, TypeError, OverflowError):
        return None


def field_of(text: str, name: str) -> Any:
    """One field of an answer; None where there is none, or the answer is no object."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document.get(name) if isinstance(document, dict) else None
