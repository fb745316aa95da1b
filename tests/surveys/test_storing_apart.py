"""The process that stores while replies keep coming: started by a burst, and none is lost whoever dies."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from settings import Settings
from store import Store
from store.schema import opt_out, reply
from surveys.replies import inbox as inbox_module
from surveys.replies import process as replies
from surveys.replies import storing_apart
from surveys.replies.inbox import Inbox
from surveys.replies.storing_apart import StoringApart
from tests.surveys.carrier import TOKEN, Carrier
from tests.surveys.conftest import rows

CUSTOMERS = 20
PAUSE_S = 0.02  # between a customer's replies: without, a burst is a flood
WEB = str(Path(__file__).with_name("web_process.py"))


@pytest.fixture
def placed(store: Store, settings: Settings) -> Settings:
    """Settings that another process finds the same store by."""
    url = store.engine.url.render_as_string(hide_password=False)
    return settings.model_copy(update={"store_url": url})


def form(number: int, body: str = "8") -> dict[str, str]:
    return {"MessageSid": f"SM{number:05}", "From": f"+4791{number % CUSTOMERS:06}", "Body": body}


def sids(store: Store) -> set[str]:
    return {row.sid for row in rows(store, reply)}


def listening(settings: Settings) -> StoringApart:
    process = StoringApart(settings)
    process.start()
    assert process._link is not None
    process._link.recv(1, socket.MSG_PEEK)
    assert process.listens()
    return process


def test_a_group_is_answered_when_it_is_stored_and_its_stops_are_heard_and_all_is_read_in_the_end(
    placed: Settings, store: Store
) -> None:
    apart = listening(placed)
    group: list[Any] = [form(n, "STOPP" if n == 3 else "8") for n in range(CUSTOMERS)]
    broken = group[5]["Body"] = None
    wrong = [str(error or "") for error in apart.commit(group, 0) or []]
    assert wrong == ["AttributeError" if one["Body"] is broken else "" for one in group]
    assert len(sids(store)) == CUSTOMERS - 1
    assert [row.phone for row in rows(store, opt_out)] == [group[3]["From"]]
    apart.close()
    with store.read() as connection:
        assert connection.scalar(select(reply.c.sid).where(reply.c.read_at.is_(None))) is None


def test_a_group_that_nobody_has_answered_is_handed_back(settings: Settings, sqlite_store: Store) -> None:
    apart = listening(settings)
    assert apart._process is not None
    os.kill(apart._process.pid, signal.SIGKILL)
    assert apart.commit([form(1)], 0) is None
    assert not apart.listens()
    apart.start()
    assert apart._process is None, "not at once: it would only end again"


def test_a_process_that_ends_before_it_listens_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing_apart, "COMMAND", ("false",))
    process = StoringApart(settings)
    process.start()
    assert process._process is not None
    process._process.wait()
    assert not process.listens()
    assert process._process is None


def test_no_reply_is_lost_and_each_is_read_when_the_process_is_killed_in_a_burst(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _kill_in_a_burst(settings, sqlite_store, monkeypatch, 1)


@pytest.mark.slow
def test_no_reply_is_lost_and_each_is_read_however_often_the_process_is_killed(
    placed: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _kill_in_a_burst(placed, store, monkeypatch, 6)


def _kill_in_a_burst(settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, kills: int) -> None:
    monkeypatch.setattr(inbox_module, "LASTING_S", 0.0)
    monkeypatch.setattr(storing_apart, "REST_S", 0.0)
    monkeypatch.setattr("surveys.replies.storing.FEW", 1)  # each is one of many
    inbox = Inbox(settings, store, lambda: None)
    acknowledged: set[str] = set()
    assert asyncio.run(_burst(inbox, acknowledged, kills)) == kills
    while inbox._since is not None:  # the inbox is still reading what was left
        time.sleep(0.01)
    replies.read_pending(store, settings, datetime.now(UTC))  # as a worker would
    inbox._apart.close()
    stored = rows(store, reply)
    assert acknowledged - {row.sid for row in stored} == set()
    assert {(row.kind, row.score) for row in stored} == {("score", 8)}


async def _burst(inbox: Inbox, acknowledged: set[str], kills: int) -> int:
    """Customers who write again as soon as they are answered, until so many processes were killed at work."""
    numbers = itertools.count()
    killed: set[int] = set()

    async def customer() -> None:
        while len(killed) < kills:
            one = form(next(numbers))
            await inbox.put(one)
            acknowledged.add(one["MessageSid"])
            process = inbox._apart._process
            if process is not None and inbox._apart._listens and process.pid not in killed:
                killed.add(process.pid)
                os.kill(process.pid, signal.SIGKILL)

    await asyncio.gather(*(customer() for _ in range(CUSTOMERS)))
    return len(killed)


@pytest.mark.slow
def test_when_the_web_process_is_killed_in_a_burst_what_it_acknowledged_is_stored_and_read_by_the_other(
    placed: Settings, store: Store
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    given = {
        "HOME": placed.home, "STORE_URL": placed.database_url, "PSEUDONYM_KEY": "k",
        "TWILIO_AUTH_TOKEN": TOKEN, "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    environment = {**os.environ, **{f"SVAR_{name}": str(value) for name, value in given.items()}}
    web = subprocess.Popen([sys.executable, WEB, str(port)], env=environment)
    acknowledged: set[str] = set()
    with Carrier() as carrier:
        left = carrier.run(_burst_until_killed(carrier, web, f"http://127.0.0.1:{port}", acknowledged))
    assert acknowledged - sids(store) == set()
    assert len(acknowledged) > CUSTOMERS
    while Path(f"/proc/{left}").exists():  # it reads what is left, and ends
        time.sleep(0.02)
    replies.read_pending(store, placed, datetime.now(UTC))  # what had been stored by the one that was killed
    assert {(row.kind, row.score) for row in rows(store, reply)} == {("score", 8)}


async def _burst_until_killed(
    carrier: Carrier, web: subprocess.Popen[bytes], url: str, acknowledged: set[str]
) -> int:
    """Customers who write again and again until the web process, which has another by then, is killed."""
    numbers = itertools.count()
    left = 0

    async def customer() -> None:
        nonlocal left
        while web.returncode is None:
            one = form(next(numbers))
            if await carrier.post(f"{url}/sms/reply", one) == 200:
                acknowledged.add(one["MessageSid"])
            await asyncio.sleep(PAUSE_S)
            if not left and (children := _children(web.pid)):
                left = children[0]
                await asyncio.sleep(1)  # so that it listens, and has something in hand
                web.kill()
                web.wait()

    await asyncio.gather(*(customer() for _ in range(CUSTOMERS)))
    return left


def _children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for children in found for child in children.read_text().split()]
