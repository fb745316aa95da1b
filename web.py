"""The routes that outside programs call, and the jobs that run beside them.

``uvicorn web:app`` serves the routes alone, in any number of processes; ``app.py`` adds the pages and the
jobs. Nothing here knows what a contact or a reply is: it wires the parts together.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from data import inbox
from data.api import routes as api
from metrics.analysis.alarms import watch
from metrics.build.refresh import current_version
from middleware import OwnHost, SecurityHeaders
from publisher import Publisher
from settings import LOOPBACK, Settings
from store import Store, integrity, open_store
from store.counters import counters
from surveys.carriers import make_gateway
from surveys.ledger.faults import all_standing, clear, raise_alarm
from surveys.sending import live
from surveys.sending.outage import Keeper
from surveys.sending.worker import Worker
from surveys.tuning import share_fairly
from surveys.web import webhooks

log = logging.getLogger("svar")

# The figures are watched for alarms at a new version, and no oftener than this.
WATCH_S = 60
STORE_LOOK_S = 20.0  # between two looks whether the store can be written and the disk has room
INBOX_LOOK_S = 5.0  # between two looks at the watched folder
DAY_S = 86_400.0
FAILING = {"store_damaged", "store_not_writable"}  # faults with which nothing can be relied on


Job = Callable[[Settings, threading.Event], None]


class Service:
    """The store, the routes on it, and the threads that send and watch."""

    def __init__(self, settings: Settings) -> None:
        settings.claim_home()
        share_fairly()
        self.settings = settings
        self.store: Store = open_store(settings.database_url)
        self._worker: Worker | None = None
        self._publisher: Publisher | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._faults: list[str] = []  # of store and disk, as last seen: keys of FAULTS

    def routes(self) -> list[BaseRoute]:
        return [
            *api.routes(self.settings, self.store, self._wake),
            *webhooks.routes(self.settings, self.store, self._wake),
            Route("/health", self._health),
            Route("/metrics", self._metrics),
        ]

    def start(self, *jobs: Job, publisher: Publisher | None = None) -> None:
        """Start the sender, the watcher and any further jobs, each in a thread of its own.

        ``publisher`` brings the figures up to date; without one somebody else does.
        """
        self.start_spool()
        sends = live.checked(self.settings, self.store, datetime.now(UTC))
        self._worker = Worker(sends, self.store, make_gateway(sends, self.store))
        self._spawn("sender", lambda: self._sender().run(self._stop))
        self._publisher = publisher
        if publisher is not None:
            self._spawn("publisher", partial(publisher.run, self._stop))
        self._spawn("watcher", self._watch_until_stopped)
        if self.settings.inbox:
            self._spawn("inbox", self._watch_inbox)
        for job in jobs:
            self._spawn(job.__module__, partial(job, self.settings, self._stop))

    def start_spool(self) -> None:
        """Start what looks after the store, and what hands it the webhooks that came while it was away."""
        self._spawn("store", self._watch_store)
        self._spawn("spool", partial(Keeper(self.settings, self.store, self._wake).run, self._stop))

    def _watch_store(self) -> None:
        """Look at store and disk until stopped; at the file's pages at the start and once a day."""
        checked_at, is_damaged = -DAY_S, False
        while not self._stop.is_set():
            if time.monotonic() - checked_at >= DAY_S:
                checked_at, is_damaged = time.monotonic(), integrity.damaged(self.store)
            found = {
                "store_damaged": is_damaged,
                "store_not_writable": not integrity.writable(self.store),
                "disk_low": integrity.disk_low([self.settings.home, self.settings.lake_path]),
            }
            faults = [name for name, there in found.items() if there]
            self._tell_faults(faults)
            self._faults = faults
            self._stop.wait(STORE_LOOK_S)

    def _tell_faults(self, faults: list[str]) -> None:
        now = datetime.now(UTC)
        with contextlib.suppress(Exception):  # an alarm that cannot be written is in the log and in /health
            for name in integrity.FAULTS.keys() - set(faults):
                clear(self.store, name, now)
            for name in set(faults) - set(self._faults):
                log.error(integrity.FAULTS[name])
                raise_alarm(self.store, name, integrity.FAULTS[name], now)

    def _watch_inbox(self) -> None:
        """Import what comes into the watched folder, and keep its alarms, until stopped."""
        raised: dict[str, str] | None = None
        while not self._stop.is_set():
            now = datetime.now(UTC)
            try:
                made = inbox.look(self.settings, Path(self.settings.inbox), now)
                for name in inbox.FAULTS:
                    if name not in made.faults:
                        clear(self.store, name, now)
                    elif raised is None or raised.get(name) != made.faults[name]:
                        raise_alarm(self.store, name, made.faults[name][:500], now)
                raised = made.faults
                if made.imported:
                    self._wake()
            except Exception:
                log.exception("The watched folder could not be looked through; the next look tries again.")
            self._stop.wait(INBOX_LOOK_S)

    def stop(self) -> None:
        """Let what is under way finish, then close the store."""
        self._stop.set()
        self._wake()
        for thread in self._threads:
            thread.join(timeout=30)
        self.store.close()

    def _sender(self) -> Worker:
        assert self._worker is not None  # noqa: S101 - start() has made it
        return self._worker

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=f"svar-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _wake(self) -> None:
        if self._publisher is not None:
            self._publisher.wake()
        if self._worker is not None:
            self._worker.wake()

    def _watch_until_stopped(self) -> None:
        seen = ""
        while not self._stop.is_set():
            try:
                version = current_version(self.settings)
                if version and version != seen:
                    watch(self.settings, self.store, datetime.now(UTC))
                    seen = version
            except Exception:
                log.exception("The figures could not be watched for alarms; the next round tries again.")
            self._stop.wait(WATCH_S if seen else 1)

    async def _health(self, _request: Request) -> Response:
        """Whether it lives and its store can be trusted and written (else 503).

        ``faults`` are of store and disk. ``alarms`` names what waits for a person (``python -m surveys
        alarms``).
        """
        faults = list(self._faults)
        try:
            alarms = [alarm.name for alarm in await run_in_threadpool(all_standing, self.store)]
        except SQLAlchemyError:
            alarms, faults = [], sorted({*faults, "store_not_writable"})
        return JSONResponse(
            {
                "status": "failing" if set(faults) & FAILING else "ok",
                "demo": self.settings.demo,
                "version": current_version(self.settings),
                "alarms": alarms,
                "faults": faults,
            },
            status_code=503 if set(faults) & FAILING else 200,
        )

    async def _metrics(self, request: Request) -> Response:
        """Counters: to whoever has the token, and where there is none to this machine alone."""
        if not _may_count(request, self.settings.metrics_token):
            return PlainTextResponse("Say who you are: SVAR_METRICS_TOKEN.\n", status_code=403)
        return PlainTextResponse(
            await run_in_threadpool(counters, self.store), media_type="text/plain; version=0.0.4"
        )


def _may_count(request: Request, token: str) -> bool:
    if token:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    # What a reverse proxy on this machine passes on comes from elsewhere.
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return request.client is not None and request.client.host in LOOPBACK and not forwarded


def make_app(settings: Settings) -> Starlette:
    """The routes as an application of their own, without pages and jobs."""
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        service.start_spool()
        yield
        await run_in_threadpool(service.stop)

    return Starlette(
        routes=service.routes(),
        lifespan=lifespan,
        middleware=[Middleware(SecurityHeaders, settings), Middleware(OwnHost, settings)],
    )


def __getattr__(name: str) -> Starlette:
    # `uvicorn web:app` asks for it by name; importing the module alone opens nothing.
    if name == "app":
        try:
            return make_app(Settings())
        except OSError as problem:
            sys.exit(f"Svar cannot start: its state cannot be kept. {problem}")
    raise AttributeError(name)
