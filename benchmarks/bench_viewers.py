"""Fifty viewers with live pages while a reply and a contact come in every second.

The server is ``python app.py`` on a demonstration's ninety days, without its own traffic. Viewers speak
Streamlit's protocol (``viewers/session.py``) from a process of their own. Reported: from the post of a
reply until it is counted on each page; how long drawing a page takes; processor time and memory; and the
same while nothing happens.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import metrics
from benchmarks.viewers.load import Customers, Reply
from benchmarks.viewers.server import Server, prepare, serving
from benchmarks.viewers.session import Session
from benchmarks.viewers.views import views

IDLE_S = 10
READY_S = 120  # the longest wait for all pages to be drawn once
SETTLE_S = 8  # after the last reply, and until everything of the beginning has been drawn
GOAL_S, GOAL_MB = 1.0, 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--replies", type=int, default=40)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two replies")
    parser.add_argument("--contacts", type=int, default=18_000, help="of the history")
    parser.add_argument("--home", type=Path, help="keep the history here, or use the one that is here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = (given.home or Path(scratch) / "home").absolute()
        prepare(home, given.contacts)
        with serving(home) as server:
            asyncio.run(_measure(server, given))


async def _measure(server: Server, given: argparse.Namespace) -> None:
    reader = metrics.open_reader(server.settings, metrics.Scope.everything())
    partners = [name for name in reader.members("partner") if name]
    customers = Customers(server.settings, partners)
    asked = await asyncio.to_thread(customers.get_in_touch, given.replies)
    await customers.wait_until_asked(asked)
    sessions = [Session(server.settings.base_url, view) for view in views(given.viewers, partners)]
    alone = server.cost()
    tasks = [asyncio.create_task(session.run()) for session in sessions]
    try:
        for session in sessions:
            await asyncio.wait_for(session.ready.wait(), READY_S)
        await asyncio.sleep(SETTLE_S)
        await _idle(server, sessions)
        await _busy(server, sessions, customers, asked, given.every)
        print(f"memory: {alone.memory / 2**20:.0f} MB without viewers")
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task
        customers.close()


async def _idle(server: Server, sessions: Sequence[Session]) -> None:
    _forget(sessions)
    before = server.cost()
    await asyncio.sleep(IDLE_S)
    after = server.cost()
    print(f"idle: {len(sessions)} viewers take {after.share_since(before):.0%} of a core")
    _say("  a look", [look for session in sessions for look in session.seen.looks])


async def _busy(
    server: Server,
    sessions: Sequence[Session],
    customers: Customers,
    asked: Sequence[tuple[str, str]],
    every: float,
) -> None:
    _forget(sessions)
    began = [session.seen.count for session in sessions]
    before, published = server.cost(), server.publishing()
    replies: list[Reply] = []
    for at, (phone, partner) in enumerate(asked):
        start = time.monotonic()
        await asyncio.to_thread(customers.get_in_touch, 1)
        replies.append(await asyncio.to_thread(customers.reply, phone, partner, at % 10 + 1))
        await asyncio.sleep(max(0.0, every - (time.monotonic() - start)))
    after, publishing = server.cost(), server.publishing()
    await asyncio.sleep(SETTLE_S)
    print(
        f"busy: a reply and a contact every {every:g} s, {after.share_since(before):.0%} of a core, "
        f"and {publishing.share_since(published):.0%} for publishing"
    )
    _say(f"  drawing a page (goal p95 {GOAL_S:g} s)", [t for s in sessions for t in s.seen.drawn])
    _say("  looking", [look for session in sessions for look in session.seen.looks])
    took, missing = _delivered(sessions, began, replies)
    _say(f"  reply posted → counted on a page (goal p95 {GOAL_S:g} s)", took)
    for page in sorted({session.view.page for session in sessions}):
        of = [session for session in sessions if session.view.page == page]
        starts = [count for session, count in zip(sessions, began, strict=True) if session in of]
        _say(f"    {page or 'comparison'}", _delivered(of, starts, replies)[0])
    if missing:
        print(f"  {missing} never came")
    sent = sum(session.seen.bytes for session in sessions) / len(sessions) / (after.at - before.at)
    print(f"  sent to each viewer: {sent / 1000:.0f} kB a second")
    print(
        f"memory: {after.memory / 2**20:.0f} MB with {len(sessions)} viewers (goal {GOAL_MB} MB), "
        f"and {publishing.memory / 2**20:.0f} MB for publishing"
    )


def _forget(sessions: Sequence[Session]) -> None:
    for session in sessions:
        session.seen.drawn.clear()
        session.seen.looks.clear()
        session.seen.bytes = 0


def _delivered(
    sessions: Sequence[Session], began: Sequence[int], replies: Sequence[Reply]
) -> tuple[list[float], int]:
    """Seconds from each reply to each page that counts it, and how many never came."""
    took, missing = [], 0
    for session, count in zip(sessions, began, strict=True):
        mine = [reply for reply in replies if session.view.partner in ("", reply.partner)]
        for at, reply in enumerate(mine, 1):
            seen = session.seen.at_least(count + at)
            if seen is None:
                missing += 1
            else:
                took.append(seen - reply.at)
    return took, missing


def _say(what: str, seconds: Sequence[float]) -> None:
    if not seconds:
        print(f"{what}: none")
        return
    ordered = sorted(seconds)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    print(
        f"{what}: median {statistics.median(ordered) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, "
        f"longest {ordered[-1] * 1000:.0f} ms ({len(ordered)})",
        flush=True,
    )


if __name__ == "__main__":
    main()
