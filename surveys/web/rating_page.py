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
from surveys.carriers.signature import parse_form
from surveys.ledger import snapshots
from surveys.ledger.came_from import came_from_self_service
from surveys.questions import questions
from surveys.questions.questions import Question, say
from surveys.replies.changes import ANSWER
from surveys.web.client_address import address_of

PER_MINUTE = 60  # of one survey, and of one address without any; a person needs three
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
    """So many a minute of one name. Kept in memory: each process counts its own."""

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
        token, busy = request.path_params["token"], _render(429, language_of(request), message="busy")
        if not limit.allows(f"token {token}"):
            return busy
        now = datetime.now(UTC)
        form: dict[str, str] = {}
        if request.method == "POST":
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    return Response(status_code=413)
            form = {name: values[-1] for name, values in parse_form(bytes(body)).items()}
        visit = _Visit(settings, store, token, language_of(request), now)
        response, changed = await run_in_threadpool(visit.answer, form)
        if changed:
            replied()
        # Who guesses is slowed down. A whole office may share an address, so nobody else is.
        peer, told = request.client.host if request.client else "", request.headers.getlist("x-forwarded-for")
        address = address_of(peer, ",".join(told), settings.proxies)
        guessed = response.status_code == 404
        return busy if guessed and not limit.allows(f"address {address}") else response

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return [Route("/r/{token}", page, methods=methods)]


def language_of(request: Request) -> str:
    """The first language of the visitor's browser that we speak, for those whose survey nobody knows."""
    for named in request.headers.get("accept-language", "").split(","):
        name = named.partition(";")[0].strip().lower()[:2]
        if name in questions.LANGUAGES or name in ("no", "sv", "da"):
            return name if name in questions.LANGUAGES else "nb"
        if name:
            return "en"
    return "nb"


@dataclass(frozen=True)
class _Visit:
    """One request for the page of a token."""

    settings: Settings
    store: Store
    token: str
    language: str  # of the browser; a survey has its own
    now: datetime

    def answer(self, form: Mapping[str, str]) -> tuple[Response, bool]:
        """Show the question, or take an answer and show what follows; says whether anything has changed."""
        # A NUL is in no token, and PostgreSQL does not take one.
        query = select(survey).where(survey.c.token == self.token.replace("\x00", ""))
        with self.store.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return _render(404, self.language, message="unknown"), False
        if row.closes_at <= self.now.timestamp() or row.phone is None:
            return _render(410, row.language, message="expired"), False
        book = questions.load()
        if not form:
            given = self._given(row.contact_id, book.opening.id)
            page = _render(200, row.language, book.opening, settings=self.settings, row=row, given=given)
            return page, False
        question = book.by_id(form.get("question", ""))
        said = _said(question, form)
        if question is None or said is None:
            page = _render(400, row.language, question or book.opening, settings=self.settings, row=row)
            return page, False
        answers = _record(self.store, row, question, said, self.now)
        follow_up = None
        if question.id == book.opening.id and self.settings.follow_ups:
            follow_up = book.next(row.contact_id, answers, _tried(self.store, row))
        page = _render(200, row.language, follow_up, settings=self.settings, row=row, thanks=True)
        return page, True

    def _given(self, contact_id: str, question: str) -> int | None:
        mine = (answer.c.contact_id == contact_id) & (answer.c.question == question)
        with self.store.read() as connection:
            return connection.scalar(select(answer.c.value).where(mine))


def _tried(store: Store, row: Any) -> bool | None:
    with store.read() as connection:
        return True if came_from_self_service(connection, [row.contact_id]) else row.tried


def _said(question: Question | None, form: Mapping[str, str]) -> tuple[int | None, str] | None:
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
        snapshots.append_changed(connection, [row.contact_id], now)
        if text:
            snapshots.append_comments(connection, [row.contact_id], now)
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
    given: int | None = None,
) -> HTMLResponse:
    page = questions.load().page
    words = {name: say(wordings, language, {"score": str(given)}) for name, wordings in page.items()}
    values = {"company": settings.company, "agent": row.agent, "link": ""} if settings else {}
    html = _PAGE.render(
        language=language if language in questions.LANGUAGES else "nb",
        title=words["title"],
        say=words,
        question=question,
        wording=say(question.web, language, values) if question else "",
        action=f"/r/{row.token}" if row is not None else "",
        thanks=words["thanks"] if thanks else "",
        given=words["given"] if given is not None else "",
        message=words.get(message, ""),
    )
    return HTMLResponse(html, status, _HEADERS)
