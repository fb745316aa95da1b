"""Live traffic through the front door, over real HTTP; it outlives the server and ends at once."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette

from data.records.identity import FICTITIOUS
from demo import loading, traffic, world
from settings import Settings
from store import Store, open_store
from store.schema import decision, record, reply
from tests.serving import free_port, until
from web import Service


@pytest.fixture
def demo_settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", demo=True, quiet_hours="", port=free_port())


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """The routes and the jobs on a real port, as app.py has them, without the pages."""
    service = Service(settings)
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=service.routes()), port=settings.port, log_level="warning")
    )
    thread = threading.Thread(target=server.run)
    service.start()
    thread.start()
    try:
        until(lambda: server.started, "the start of the server")
        yield
    finally:
        server.should_exit = True
        thread.join()
        service.stop()


@pytest.fixture
def store(demo_settings: Settings) -> Iterator[Store]:
    opened = open_store(demo_settings.database_url)
    yield opened
    opened.close()


def counted(store: Store) -> Counter[str]:
    with store.read() as connection:
        return Counter(connection.scalars(select(record.c.kind)))


def answered(store: Store) -> Counter[str]:
    with store.read() as connection:
        return Counter(connection.scalars(select(reply.c.kind).where(reply.c.read_at.is_not(None))))


def numbers(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.scalars(select(decision.c.phone).where(decision.c.phone.is_not(None))))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy day: everything within a second."""
    monkeypatch.setattr(traffic, "PAUSE_S", (0.01, 0.02))
    monkeypatch.setattr(traffic, "LOOK_S", 0.1)
    monkeypatch.setattr(traffic, "AFTER_S", (0, 1))
    monkeypatch.setattr(traffic, "THEN_S", (0, 1))
    monkeypatch.setattr(traffic, "RETRY_S", (0.1, 0.5))


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Live traffic for the block; it must end when it is told."""
    stop = threading.Event()
    thread = threading.Thread(target=traffic.run, args=(settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)
        assert not thread.is_alive()


@pytest.mark.usefixtures("hurried")
def test_contacts_visits_sales_and_replies_come_in_through_the_api_and_the_webhook(
    demo_settings: Settings, store: Store
) -> None:
    with serving(demo_settings), running(demo_settings):
        until(lambda: answered(store)["score"] >= 5, "five scores", timeout=60)
        until(lambda: counted(store)["sale"] >= 1, "a sale", timeout=60)
        until(lambda: counted(store)["contact"] >= 25, "25 contacts", timeout=60)
    kinds = counted(store)
    assert kinds["session"] >= 15
    assert kinds["case"] >= 1
    with store.read() as connection:
        ids = connection.scalars(select(record.c.record_id)).all()
        rows = connection.scalars(select(record.c.payload).where(record.c.kind == "contact")).all()
    assert all(name.startswith("DEMO-L") for name in ids)
    assert {row["partner"] for row in rows} <= {partner.name for partner in world.PARTNERS}
    assert {row["source"] for row in rows} == {"api"}
    ages = [time.time() - row["ended_at"] for row in rows]
    assert all(0 <= age < 120 for age in ages)


@pytest.mark.usefixtures("hurried")
def test_numbers_are_its_own_and_nobody_elses(demo_settings: Settings, store: Store) -> None:
    with serving(demo_settings), running(demo_settings):
        until(lambda: len(numbers(store)) >= 30, "thirty numbers", timeout=60)
    whole = [phone for phone in numbers(store) if FICTITIOUS.fullmatch(phone)]
    assert len(whole) >= 25
    assert all(int(phone.removeprefix(world.PHONE_PREFIX)) in world.TRAFFIC_PHONES for phone in whole)


@pytest.mark.usefixtures("hurried")
def test_it_outlives_a_restart_of_the_server_and_tells_no_number(
    demo_settings: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="demo.traffic"), running(demo_settings):
        with serving(demo_settings):
            until(lambda: counted(store)["contact"] >= 3, "three contacts", timeout=60)
        before = counted(store)["contact"]
        until(lambda: "ConnectError" in caplog.text, "a fault")
        with serving(demo_settings):
            until(lambda: counted(store)["contact"] > before + 3, "contacts after the restart", timeout=60)
    assert world.PHONE_PREFIX not in caplog.text
    with store.read() as connection:
        decided = connection.scalars(select(decision.c.contact_id)).all()
    assert counted(store)["contact"] == len(decided)


def test_it_ends_at_once_also_while_it_waits(demo_settings: Settings, store: Store) -> None:
    with serving(demo_settings), running(demo_settings):
        until(lambda: counted(store)["contact"] >= 1, "a contact", timeout=60)
    with running(demo_settings):  # nobody serves: it waits for the server to come back
        time.sleep(0.5)


def test_at_first_a_contact_comes_every_three_to_five_seconds(demo_settings: Settings) -> None:
    source = traffic.Traffic(demo_settings, seed=1)
    pauses = [source.pause() for _ in range(200)]
    source.close()
    assert 3 <= min(pauses) < 3.5
    assert 4.5 < max(pauses) <= 5


@pytest.mark.parametrize(("after_s", "lively"), [(-1, True), (0, False)])
def test_after_a_while_contacts_are_as_seldom_as_in_the_history(
    demo_settings: Settings, monkeypatch: pytest.MonkeyPatch, after_s: int, lively: bool
) -> None:
    source = traffic.Traffic(demo_settings, seed=1)
    began = source._began
    monkeypatch.setattr("demo.traffic.time.monotonic", lambda: began + traffic.LIVELY_S + after_s)
    pauses = [source.pause() for _ in range(2_000)]
    source.close()
    if lively:
        assert max(pauses) <= 5
    else:
        a_day = 86_400 / (sum(pauses) / len(pauses))
        assert a_day == pytest.approx(loading.CONTACTS / loading.DAYS, rel=0.1)


def test_outside_a_demonstration_there_is_none(tmp_path: Path) -> None:
    real = Settings(home=tmp_path / "home", api_token="a-token-of-the-tests")
    traffic.run(real, threading.Event())
    assert not (tmp_path / "home").exists()
