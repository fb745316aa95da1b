"""Over HTTP: contacts, sales, cases, sessions and calls offered, posted to ``/api/…``.

One object, a JSON array or NDJSON; answered row by row, and only when what was accepted is durable. Sending
again is harmless. The models of ``data/records/events.py`` are the contract: they check what comes in and
make the OpenAPI document. ``docs/api.md`` tells senders what to expect.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data.api import access, payloads
from data.api.batching import Grouped
from data.api.intake import Answer
from data.api.openapi import MAX_BODY, MAX_RECORDS, document
from data.records.events import PATHS
from settings import Settings
from store import Absence, Store, is_away

log = logging.getLogger(__name__)

# Every method is ours to answer: one that is not registered would fall through to the pages.
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
MAX_EXPONENT = 30  # of ten, in a number with a fraction or an exponent
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines")


class Refusal(Exception):
    """The request as a whole cannot be taken."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.response = JSONResponse({"error": message}, status, headers)


def routes(settings: Settings, store: Store, accepted: Callable[[], None]) -> list[Route]:
    """The API's routes. ``accepted()`` is called after each commit that brought something new."""
    grouped = Grouped(settings, store)
    absence = Absence(log, "what comes in is answered 503 until it is back.")
    described = document(settings)

    async def openapi(_: Request) -> Response:
        return JSONResponse(described)

    made = [
        Route(
            path,
            _endpoint(settings, store, grouped, kind, accepted=accepted, absence=absence),
            methods=METHODS,
            name=f"api:{kind}",
        )
        for kind, path in PATHS.items()
    ]
    for name, mapping in payloads.mappings(settings).items():
        endpoint = _endpoint(
            settings,
            store,
            grouped,
            mapping.record,
            accepted=accepted,
            absence=absence,
            read=partial(_mapped, payloads.Reader(settings, mapping)),
            keep=partial(payloads.keep_rejected, settings, name),
        )
        made.append(Route(f"/api/in/{name}", payloads.with_token(endpoint), methods=METHODS))
    made.append(Route("/api/in/{mapping}", _no_mapping, methods=METHODS, name="api:in"))
    return [*made, Route("/api/openapi.json", openapi, methods=["GET"], name="api:openapi")]


async def _no_mapping(request: Request) -> Response:
    name = request.path_params["mapping"]
    message = f"There is no mapping {name!r} that says what a record is. New ones count from the next start."
    return JSONResponse({"error": message}, 404)


def _mapped(reader: payloads.Reader, body: bytes, content_type: str) -> list[Any]:
    """The records that a mapping makes of another system's payloads."""
    return reader.records(payloads.columns(body, content_type, parse))


def _endpoint(
    settings: Settings,
    store: Store,
    grouped: Grouped,
    kind: str,
    *,
    accepted: Callable[[], None],
    absence: Absence,
    read: Callable[[bytes, str], list[Any]] | None = None,
    keep: Callable[[bytes, list[Answer], datetime], None] | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    read = read or parse

    async def endpoint(request: Request) -> Response:
        try:
            if request.method != "POST":
                raise Refusal(405, f"{request.method} is not possible here: POST records.", {"Allow": "POST"})
            header = request.headers.get("authorization", "")
            source = await run_in_threadpool(
                access.authorise, settings, store, header, kind, datetime.now(UTC)
            )
            body = await _body(request)
            items = await run_in_threadpool(read, body, request.headers.get("content-type", ""))
            items = access.own_items(source, kind, items)
            answers = await grouped.accept(kind, items, source.partner if source else None)
            if keep:
                await run_in_threadpool(keep, body, answers, datetime.now(UTC))
        except Refusal as refusal:
            return refusal.response
        except access.AccessError as error:
            headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
            return JSONResponse({"error": str(error)}, error.status, headers)
        except ClientDisconnect:
            return Response(status_code=400)
        except SQLAlchemyError as error:
            if is_away(error):
                absence.begins(error)
            else:
                log.exception("a batch of kind %s could not be stored", kind)
            message = "It could not be stored just now; nothing was kept. Send it again."
            return JSONResponse({"error": message}, 503, {"Retry-After": "5"})
        absence.ends()
        if any(answer.status in {"accepted", "updated"} for answer in answers):
            accepted()
        return _answer(answers)

    return endpoint


async def _body(request: Request) -> bytes:
    """The body, refused as soon as it is known to be too large."""
    too_large = Refusal(413, f"A request may be at most {MAX_BODY} bytes long: send several.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise too_large
    return bytes(body)


def parse(body: bytes, content_type: str) -> list[Any]:
    """The items of a body. A broken line of NDJSON becomes text, which no record is: it alone is refused."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(400, "The body is not UTF-8.") from None
    if not text or text.isspace():
        raise Refusal(400, "The body is empty: send an object, an array of objects, or one object a line.")
    if content_type.partition(";")[0].strip().lower() in NDJSON:
        items = _lines(text)
    else:
        try:
            given = _loads(text)
        except ValueError as error:
            # One object a line is also understood where the sender did not say so.
            if not _looks_like_lines(text):
                raise Refusal(400, f"The body is not JSON: {error}.") from None
            items = _lines(text)
        else:
            items = given if isinstance(given, list) else [given]
    if not items:
        raise Refusal(400, "The array is empty.")
    if len(items) > MAX_RECORDS:
        raise _too_many(len(items))
    return items


def _too_many(count: int) -> Refusal:
    return Refusal(413, f"A request may hold at most {MAX_RECORDS} records, this one has {count}.")


def _loads(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_fraction, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _fraction(text: str) -> Decimal | str:
    """Exact: an amount must not pass through a binary fraction.

    A number of absurd size stays text and is refused as such: written out as an integer, 1e10000000 would
    keep the whole process busy for minutes.
    """
    number = Decimal(text)
    return number if abs(number.adjusted()) <= MAX_EXPONENT else text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _looks_like_lines(text: str) -> bool:
    first = text.lstrip().splitlines()[0]
    try:
        return isinstance(_loads(first), dict)
    except ValueError:
        return False


def _lines(text: str) -> list[Any]:
    # Counted before anything is made of them: as objects they take a hundred times the room.
    if text.count("\n") > 2 * MAX_RECORDS:
        raise _too_many(sum(1 for line in text.split("\n") if line.strip()))
    items: list[Any] = []
    for line in text.split("\n"):
        if line.strip():
            try:
                items.append(_loads(line))
            except ValueError:
                items.append(line)
    return items


def _answer(answers: list[Answer]) -> JSONResponse:
    counts: Counter[str] = Counter(answer.status for answer in answers)
    status = 200 if not counts["rejected"] else 422 if counts["rejected"] == len(answers) else 207
    names = ("accepted", "updated", "unchanged", "rejected")
    content = {name: counts[name] for name in names} | {"records": [asdict(answer) for answer in answers]}
    return JSONResponse(content, status)
