"""Svar: the frame. Routes, pages and background jobs in one process, and one beside it that publishes.

The way through the house: data/ (what comes in), surveys/ (from a contact to a score), metrics/ (from facts
to insight), dashboard/ (what people see).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

import dashboard.context
import logs
from dashboard import back_channel, uploads
from dashboard.push import keep_fresh
from dashboard.warm import warm_up
from middleware import LoopbackOnly, OwnHost, PageAddress, SecurityHeaders, UploadGate
from publisher import Publisher
from settings import PROJECT_ROOT, SettingsError, read_settings
from surveys.privacy import retention
from surveys.questions import lint
from surveys.questions.questions import QuestionsError
from web import Job, Service

MOST_UPLOAD_MB = 150  # larger files are for the command line

logs.set_up()

try:
    settings = read_settings()
    settings.check_may_serve_pages()
    lint.checked(settings)
    service = Service(settings)
except (SettingsError, QuestionsError) as problem:
    sys.exit(f"Svar cannot start. {problem}")
except OSError as problem:
    sys.exit(f"Svar cannot start: its state cannot be kept. {problem}")

dashboard.context.configure(settings, service.store)


def _demo_jobs() -> list[Job]:
    """Live traffic, where the demonstration's history is: a home without it stays as quiet as it is."""
    if not settings.demo:
        return []
    import demo

    if not demo.is_loaded(service.store):
        return []
    from demo import traffic

    return [traffic.run]


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    # Before any thread runs: plotly looks at a pandas that another thread has half imported, and fails.
    warm_up()
    publisher = Publisher(settings, service.store)
    service.start(retention.keep, *_demo_jobs(), publisher=publisher)
    # Every script run ends in a full collection, which would walk all imported modules each time.
    gc.collect()
    gc.freeze()
    what = "demonstration" if settings.demo else "ready"
    print(
        f"\n  Svar ({what}): {settings.base_url}\n  Ctrl-C stops it; what has been done stays.\n", flush=True
    )
    pushing = asyncio.create_task(keep_fresh())
    yield
    pushing.cancel()
    gc.unfreeze()
    await run_in_threadpool(service.stop)


app = st.App(
    PROJECT_ROOT / "dashboard" / "shell" / "main.py",
    routes=[*service.routes(), *back_channel.routes(settings, service.store)],
    middleware=[
        Middleware(SecurityHeaders, settings),
        *([Middleware(LoopbackOnly)] if settings.demo else []),
        Middleware(OwnHost, settings),
        Middleware(UploadGate, uploads.is_expected, MOST_UPLOAD_MB * 1_000_000 + 10_000),
        Middleware(PageAddress),
    ],
    lifespan=lifespan,
    secrets=settings.auth_secrets,
)

if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C; the lifespan has ended everything by then
        app.run(
            config={
                "server.port": settings.port,
                "server.address": settings.host,
                "server.headless": True,
                "server.fileWatcherType": "none",
                "browser.gatherUsageStats": False,
                # Known without asking the network, which the framework does inside its event loop.
                "browser.serverAddress": urlsplit(settings.base_url).hostname,
                "server.maxUploadSize": MOST_UPLOAD_MB,
                "server.enableCORS": True,
                "server.enableXsrfProtection": True,
                "logger.hideWelcomeMessage": True,
            }
        )
