"""Telling open pages that there is something new, so that not every one of them has to ask all the time.

A page that asks costs Streamlit five milliseconds whatever the answer is: fifty pages that ask twice a second
took half a core. Here pages say what they have drawn (``watch``), one task of the server looks whether that
is still so, and draws those pages again that are behind: a few at a time, whoever has waited longest first,
so that the first see it at once and nobody waits for a crowd.

Streamlit has no public way to start a run from outside. This is the one file that reaches into its sessions;
``tests/dashboard/test_pushing.py`` holds it against the pinned version.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from starlette.concurrency import run_in_threadpool
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

log = logging.getLogger(__name__)

PAUSE_S = 0.1  # between two looks when all pages are up to date
BUSY_PAUSE_S = 0.01  # while some are not
AT_ONCE = 2  # pages drawn at the same time: one is sent while the other is being drawn
REST_S = 0.4  # between two drawings of one page
GIVE_UP_S = 5.0  # a drawing that did not come to its end is begun again after so long


@dataclass(frozen=True)
class Source:
    """Where the state of a page comes from, and how often it is worth a look (seconds)."""

    look: Callable[..., object]
    arguments: tuple[object, ...]
    every_s: float


@dataclass(frozen=True)
class _Page:
    """An open page: what it has drawn, and when it may be drawn again (``time.monotonic``)."""

    source: Source
    shown: object
    fragment: str  # "" is the whole page
    rests_until: float


@dataclass
class _Kept:
    """The last state of a source, and when it was looked at."""

    at: float = float("-inf")
    value: object = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_pages: dict[str, _Page] = {}  # by session
_kept: dict[Source, _Kept] = {}


def clear() -> None:
    """Forget all pages and states: they belonged to other settings."""
    _pages.clear()
    _kept.clear()


def latest(source: Source) -> object:
    """The state of a source, no older than it is worth a look; asked once for all who need it."""
    kept = _kept.setdefault(source, _Kept())
    with kept.lock:
        if time.monotonic() - kept.at >= source.every_s:
            kept.value = source.look(*source.arguments)
            kept.at = time.monotonic()
        return kept.value


def watch(source: Source, shown: object) -> None:
    """Have this page drawn again when the source's state is no longer ``shown``. Called when it is drawn.

    Of the page, the fragment is drawn that calls this.
    """
    context = get_script_run_ctx()
    if context is not None:
        fragment = ThreadState.get().fragment_id or ""
        _pages[context.session_id] = _Page(source, shown, fragment, time.monotonic() + REST_S)


def unwatch() -> None:
    """The page of this session is left, or drawn as a whole."""
    context = get_script_run_ctx()
    if context is not None:
        _pages.pop(context.session_id, None)


async def keep_fresh() -> None:
    """Draw open pages again whenever they are behind, until cancelled. Runs in the server's event loop."""
    failed = False
    while True:
        try:
            behind = await _round() if Runtime.exists() else False
            failed = False
        except Exception:
            # The pages stay as they are meanwhile; said once, not ten times a second.
            if not failed:
                log.exception("Open pages could not be brought up to date; it is tried again.")
            failed, behind = True, False
        await asyncio.sleep(BUSY_PAUSE_S if behind else PAUSE_S)


async def _round() -> bool:
    """One look at all open pages; whether some are still behind."""
    sessions = _sessions()
    for session_id in _pages.keys() - sessions.keys():
        _pages.pop(session_id, None)
    sources = {page.source for page in _pages.values()}
    for source in _kept.keys() - sources:
        _kept.pop(source, None)
    states = {source: await _state(source) for source in sources}
    behind = [
        (page.rests_until, session_id)
        for session_id, page in list(_pages.items())
        if page.source in states and page.shown != states[page.source]
    ]
    due = [session_id for rests_until, session_id in sorted(behind) if rests_until <= time.monotonic()]
    # Each source has its own turn: pages that are quickly drawn do not wait behind those that are not.
    under_way = Counter(page.source for name, page in _pages.items() if _is_running(sessions.get(name)))
    for session_id in due:
        source = _pages[session_id].source
        if under_way[source] < AT_ONCE:
            under_way[source] += 1
            _draw(sessions, session_id)
    return bool(due)


async def _state(source: Source) -> object:
    kept = _kept.get(source)
    if kept is not None and time.monotonic() - kept.at < source.every_s:
        return kept.value
    return await run_in_threadpool(latest, source)


def _sessions() -> dict[str, AppSession]:
    """The sessions that a browser is connected to, by id."""
    manager = Runtime.instance()._session_mgr
    return {info.session.id: info.session for info in manager.list_active_sessions()}


def _is_running(session: AppSession | None) -> bool:
    return session is not None and session._scriptrunner is not None


def _draw(sessions: Mapping[str, AppSession], session_id: str) -> None:
    """Ask for a run of what the page watches, as its browser would: with the widgets as they are."""
    page, session = _pages.get(session_id), sessions.get(session_id)
    if page is None or session is None or _is_running(session):
        return
    _pages[session_id] = replace(page, rests_until=time.monotonic() + GIVE_UP_S)
    state = ClientState()
    state.CopyFrom(session._client_state)
    state.fragment_id = page.fragment
    state.is_auto_rerun = True
    session.request_rerun(state)
