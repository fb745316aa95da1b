"""Svar: the frame. Routes, pages and background jobs in one process; nothing else.

Step 1 of the way is data/ (what comes in), then surveys/ (from a contact to a score), metrics/ (from
facts to insight) and dashboard/ (what people see).
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dashboard.context
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from settings import PROJECT_ROOT, Settings, SettingsError
from web import LoopbackOnly, Service

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines name URLs with phone numbers

try:
    settings = Settings()
    settings.check_may_serve_pages()
except SettingsError as problem:
    sys.exit(f"Svar cannot start. {problem}")
except ValueError as problem:
    sys.exit(f"Svar cannot start: a setting cannot be read.\n{problem}")

service = Service(settings)
dashboard.context.configure(settings, service.store)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    jobs = []
    if settings.demo:
        import demo.traffic

        jobs.append(demo.traffic.run)
    service.start(*jobs)
    dashboard.context.import_pages()
    # Every script run ends in a full collection, which would walk all imported modules each time.
    gc.collect()
    gc.freeze()
    what = "demonstration" if settings.demo else "ready"
    print(
        f"\n  Svar ({what}): {settings.base_url}\n  Ctrl-C stops it; what has been done stays.\n", flush=True
    )
    yield
    await run_in_threadpool(service.stop)


app = st.App(
    PROJECT_ROOT / "dashboard" / "main.py",
    routes=service.routes(),
    middleware=[Middleware(LoopbackOnly)] if settings.demo else [],
    lifespan=lifespan,
    secrets=settings.auth_secrets,
)

if __name__ == "__main__":
    app.run(
        config={
            "server.port": settings.port,
            "server.address": settings.host,
            "server.headless": True,
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": False,
        }
    )
