"""The rating page: one question on the web for those who would rather tap than write.

It needs no JavaScript and no cookie: the token in the address is the only secret, unguessable, and good
until the survey closes. Looking at the page changes nothing, so a link preview answers nobody's question.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from sqlalchemy import select, update
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from settings import Settings
from store import Store
from store.schema import answer, survey
from surveys import outcomes, questions
from surveys.gateways.signature import parse_form
from surveys.questions import Question, say
from surveys.replies import ANSWER
from surveys.self_service import came_from_self_service

PER_MINUTE = 60  # of one address; a person needs three
MAX_BODY = 16 * 1024
MAX_TEXT = 1_600
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}
_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(), trim_blocks=True
).get_template("rating.html")


@dataclass
class RateLimit:
    """So many a minute of one address. Kept in memory: each process counts its own."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[float, int]] = field(default_factory=dict)

    def allows(self, who: str) -> bool:
        now = self.clock()
        if len(self._seen) > 10_000:
            self._seen = {name: (since, n) for name, (since, n) in self._seen.items() if now - since < 60}
        since, count = self._seen.get(who, (now, 0))
        since, count = (since, count + 1) if now - since < 60 else (now, 1)
        self._seen[who] = (since, count)
        return count <= self.per_minute


def routes(settings: Settings, store: Store, replied: Callable[[], None]) -> list[Route]:
    """GET and POST /r/{token}."""
    limit = RateLimit(PER_MINUTE)

    async def page(request: Request) -> Response:
        if request.method not in ("GET", "HEAD", "POST"):
            return Response(status_code=405, headers={"Allow": "GET, HEAD, POST"})
        if not limit.allows(request.client.host if request.client else ""):
            return _render(429, "nb", message="busy")
        now = datetime.now(UTC)
        form: dict[str, str] = {}
        if request.method == "POST":
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    return Response(status_code=413)
            form = {name: values[-1] for name, values in parse_form(bytes(body)).items()}
        token = request.path_params["token"]
        response, changed = await run_in_threadpool(_visit, settings, store, token, form, now)
        if changed:
            replied()
        return response

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return [Route("/r/{token}", page, methods=methods)]


def _visit(
    settings: Settings, store: Store, token: str, form: Mapping[str, str], now: datetime
) -> tuple[Response, bool]:
    """Show the question, or take an answer and show what follows."""
    with store.read() as connection:
        # A NUL is in no token, and PostgreSQL does not take one.
        row = connection.execute(select(survey).where(survey.c.token == token.replace("\x00", ""))).first()
    if row is None:
        return _render(404, "nb", message="unknown"), False
    if row.closes_at <= now.timestamp() or row.phone is None:
        return _render(410, row.language, message="expired"), False
    book = questions.load()
    if not form:
        return _render(200, row.language, book.opening, settings=settings, row=row), False
    question = book.by_id(form.get("question", ""))
    given = _given(question, form)
    if question is None or given is None:
        return _render(400, row.language, question or book.opening, settings=settings, row=row), False
    answers = _record(store, row, question, given, now)
    follow_up = None
    if question.id == book.opening.id and settings.follow_ups:
        follow_up = book.next(row.contact_id, answers, _tried(store, row))
    return _render(200, row.language, follow_up, settings=settings, row=row, thanks=True), True


def _tried(store: Store, row: Any) -> bool | None:
    with store.read() as connection:
        return True if came_from_self_service(connection, [row.contact_id]) else row.tried


def _given(question: Question | None, form: Mapping[str, str]) -> tuple[int | None, str] | None:
    """The value and the words of an answer; None where it is none."""
    if question is None:
        return None
    if question.kind == "text":
        text = form.get("text", "").replace("\x00", "").strip()[:MAX_TEXT]
        return (None, text) if text else None
    value = form.get("value", "")
    top = 10 if question.kind == "scale" else 2
    return (int(value), "") if value in {str(number) for number in range(1, top + 1)} else None


def _record(
    store: Store, row: Any, question: Question, given: tuple[int | None, str], now: datetime
) -> dict[str, int | None]:
    """Write one answer as a reply by SMS would; returns all answers of the survey, id → value."""
    value, text = given
    with store.write() as connection:
        connection.execute(
            ANSWER,
            {
                "contact_id": row.contact_id,
                "question": question.id,
                "value": value,
                "text": text,
                "answered_at": int(now.timestamp()),
                "source": "web",
                "late": False,
            },
        )
        # Who answers here has had the link, and is asked nothing more by SMS.
        connection.execute(
            update(survey)
            .where(survey.c.contact_id == row.contact_id)
            .values(question="", sent=True, delivered=True)
        )
        outcomes.append_changed(connection, [row.contact_id], now)
        if text:
            outcomes.append_comments(connection, [row.contact_id], now)
        found = connection.execute(
            select(answer.c.question, answer.c.value).where(answer.c.contact_id == row.contact_id)
        )
        return dict(found.all())


def _render(
    status: int,
    language: str,
    question: Question | None = None,
    *,
    settings: Settings | None = None,
    row: Any = None,
    message: str = "",
    thanks: bool = False,
) -> HTMLResponse:
    page = questions.load().page
    words = {name: say(wordings, language, {}) for name, wordings in page.items()}
    values = {"company": settings.company, "agent": row.agent, "link": ""} if settings else {}
    html = _PAGE.render(
        language=language if language in questions.LANGUAGES else "nb",
        title=words["title"],
        say=words,
        question=question,
        wording=say(question.web, language, values) if question else "",
        action=f"/r/{row.token}" if row is not None else "",
        thanks=words["thanks"] if thanks else "",
        message=words.get(message, ""),
    )
    return HTMLResponse(html, status, _HEADERS)
