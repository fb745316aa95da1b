"""The real worker as a process, a carrier that fails in every way, and `kill -9` at random moments.

Whatever happens: nobody gets two opening messages in 24 hours, no survey more than three messages, no
reply that was acknowledged is missing, every contact has its decision, nobody is texted after a stop, and the
published facts count and sum as the store does.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data.api.intake import accept
from settings import Settings
from store import Store, open_store
from store.lease import note
from store.schema import decision, message, reply
from surveys.sending.live import REACHED
from tests.surveys.carrier import SID, TOKEN, Carrier, Text
from tests.surveys.conftest import assert_the_figures_equal_the_store, assert_the_lake_equals_the_store

ROOT = Path(__file__).resolve().parents[2]
FAULTS: list[str | int] = [
    *["ok"] * 10,
    *("none:hang", "after:hang", "none:reset", "after:reset", "429", "none:500", "after:500"),
    *("after:garbage", "early:", "slow:0.05", 21610, 21211),
    *("after:chunked", "after:close", "after:trickle", "after:long", "after:no-sid", "after:other-types"),
]
STATUSES: list[tuple[tuple[str, ...], str]] = [
    (("sent", "delivered"), ""),
    (("delivered", "sent"), ""),
    (("sent", "sent", "delivered", "delivered"), ""),
    (("sent", "undelivered"), "30003"),
    ((), ""),
]
BODIES = ["8", "10", "1", "2", "hva?", "STOPP", "9 takk", "", "\x00", "x" * 1_600, "ja", "ring meg kl 8"]


class World:
    """A worker or several, the webhooks, the publisher of the figures, the carrier, the customers."""

    def __init__(self, settings: Settings, carrier: Carrier, workers: int) -> None:
        self.settings, self.carrier = settings, carrier
        self.random = random.Random(7)
        self.port = _free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SVAR_")},
            "SVAR_HOME": str(settings.home),
            "SVAR_STORE_URL": settings.database_url,
            "SVAR_PSEUDONYM_KEY": "k",
            "SVAR_GATEWAY": "twilio",
            "SVAR_SENDING": "on",
            "SVAR_DAILY_CAP": "1000000",
            "SVAR_TWILIO_ACCOUNT_SID": SID,
            "SVAR_TWILIO_AUTH_TOKEN": TOKEN,
            "SVAR_TWILIO_FROM": "+4759440000",
            "SVAR_TWILIO_BASE_URL": f"{carrier.url}/",
            "SVAR_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "SVAR_QUIET_HOURS": "",
            "SVAR_CARRIER_TIMEOUT_S": "0.4",
            "SVAR_MESSAGES_PER_SECOND": "1000",
            "CLOCK_AHEAD_S": "-5",  # of the host with the webhooks, beside that of the senders
        }
        placed = open_store(settings.database_url)
        note(placed, REACHED, f"http://127.0.0.1:{self.port}", 0)  # a carrier that has called before
        placed.close()
        self.workers: list[subprocess.Popen[bytes]] = [self._worker() for _ in range(workers)]
        self.web = self._start(str(ROOT / "tests/surveys/web_process.py"), str(self.port))
        self.publisher = self._start("-m", "publisher")
        self.kills = 0
        self.acknowledged: set[str] = set()
        self.stopped_at: dict[str, float] = {}
        self._lock = threading.Lock()
        carrier.behave = lambda form: self.random.choice(FAULTS)
        carrier.retry_after = "0.3"  # a second or more would stop every worker, time and again
        carrier.on_text = self.customer
        wait_for(self._web_listens, 60)

    def _web_listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _worker(self) -> subprocess.Popen[bytes]:
        return self._start("-m", "surveys", "worker")

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *arguments], env=self.environment, cwd=ROOT, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """Kill a worker, what posts for it, the webhooks or the publisher at this moment, and replace it."""
        chance = self.random.random()
        poster = self._poster_of(self.workers[self.kills % len(self.workers)])
        if chance < 0.1:
            self.web.kill()
            self.web.wait()
            self.web = self._start(str(ROOT / "tests/surveys/web_process.py"), str(self.port))
        elif chance < 0.2:
            self.publisher.kill()
            self.publisher.wait()
            self.publisher = self._start("-m", "publisher")
        elif chance < 0.5 and poster is not None:
            with suppress(ProcessLookupError):
                os.kill(poster, signal.SIGKILL)  # its worker notices, and starts another
        else:
            victim = self.kills % len(self.workers)  # the one that has lived longest
            self.workers[victim].kill()
            self.workers[victim].wait()
            self.workers[victim] = self._worker()
        self.kills += 1

    @staticmethod
    def _poster_of(worker: subprocess.Popen[bytes]) -> int | None:
        """The process that posts for a worker; None while there is none, and where the system cannot tell."""
        children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
        found = children.read_text().split() if children.exists() else []
        return int(found[0]) if found else None

    def wait_for_work(self) -> None:
        """Until something is posted, for a while at most."""
        before = self.carrier.posts.total()
        wait_for(lambda: self.carrier.posts.total() > before, 5, every=0.02)

    def customer(self, text: Text) -> None:
        """On the carrier's loop: what happens after a text was accepted."""
        self.carrier.later(self._answer(text))

    async def _answer(self, text: Text) -> None:
        here = f"http://127.0.0.1:{self.port}"
        if self.random.random() < 0.3:  # without a word of the attempt, and perhaps before its id is known
            await self.carrier.post(f"{here}/sms/status", {"MessageSid": text.sid, "MessageStatus": "sent"})
        statuses, error = self.random.choice(STATUSES)
        await self.carrier.call_back(text, statuses, error)
        if self.random.random() < 0.6:
            sid = f"SM{self.random.getrandbits(128):032x}"
            body = self.random.choice(BODIES)
            form = {"MessageSid": sid, "From": text.to, "Body": body, "To": "+4759440000", "NumMedia": "0"}
            url = f"{here}/sms/reply"
            for _ in range(self.random.choice([1, 1, 2])):
                if await self._deliver(url, form):
                    self.acknowledged.add(sid)
                    if body == "STOPP":
                        self.stopped_at.setdefault(text.to, time.time())

    async def _deliver(self, url: str, form: dict[str, str]) -> bool:
        """As a carrier told to retry does: while the webhooks are down, the reply is tried again."""
        for _ in range(30):
            if await self.carrier.post(url, form) == 200:
                return True
            await asyncio.sleep(0.2)
        return False

    def end(self) -> None:
        for process in [*self.workers, self.web, self.publisher]:
            process.send_signal(signal.SIGTERM)
        for process in [*self.workers, self.web, self.publisher]:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def world(settings: Settings, workers: int) -> Iterator[World]:
    with Carrier(hang_s=3.0, prefix="/a/twilio") as carrier:
        here = World(settings, carrier, workers)
        try:
            yield here
        finally:
            here.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(settings: Settings, store: Store, *, kills: int, workers: int, per_kill: int) -> World:
    """Contacts keep coming while processes are killed; afterwards everything settles."""
    with world(settings, workers) as here:
        count = 0
        for _ in range(kills):
            at = datetime.now(UTC)
            items = [
                {
                    "contact_id": f"c{count + n}",
                    "ended_at": at.isoformat(),
                    # Few numbers, so that most contacts meet a slot that is taken or about to be; one of them
                    # is new, or there would soon be nothing to post, and nothing to die at.
                    "phone": f"+4791{here.random.randrange(kills * 4):06d}" if n else f"+4792{count:06d}",
                    "language": here.random.choice(["nb", "nn", "en"]),
                }
                for n in range(per_kill)
            ]
            count += per_kill
            accept(store, settings, "contact", items, at)
            if here.random.random() < 0.9:  # mostly it dies at work, sometimes at birth
                here.wait_for_work()
            time.sleep(here.random.uniform(0, 0.2))
            here.kill()
        wait_for(lambda: waiting(store) == 0, 90)
        here.carrier.behave = lambda form: "ok"
        wait_for(lambda: is_over(here, store), 60)
    check(here, store, count)
    return here


def is_over(here: World, store: Store) -> bool:
    """Whether every customer has said his last word and nothing is on its way any more."""
    with store.read() as connection:
        on_the_way = select(func.count()).where(message.c.state.in_(("ready", "claimed")))
        unread = select(func.count()).where(reply.c.read_at.is_(None))
        left = (connection.scalar(on_the_way) or 0) + (connection.scalar(unread) or 0)
    return not left and not here.carrier.is_busy()


def waiting(store: Store) -> int:
    with store.read() as connection:
        now = int(time.time())
        open_ones = select(func.count()).where(decision.c.state == "waiting", decision.c.due_at <= now + 5)
        return connection.scalar(open_ones) or 0


def wait_for(condition: Callable[[], bool], seconds: float, every: float = 0.2) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(every)


def check(here: World, store: Store, contacts: int) -> None:
    with store.read() as connection:
        decided = connection.execute(select(decision.c.contact_id, decision.c.state)).all()
        messages = connection.execute(select(message)).all()
        stored = set(connection.scalars(select(reply.c.sid)))
    texts: dict[str, list[Text]] = defaultdict(list)
    for text in here.carrier.accepted:
        texts[text.to].append(text)
    openings = Counter(text.to for text in here.carrier.accepted if is_opening(text))
    per_survey = Counter(row.contact_id for row in messages if row.state != "not_sent")
    claimed = {row.message_id: row.created_at for row in messages}
    after_stop = [
        text
        for phone, at in here.stopped_at.items()
        for text in texts[phone]
        if text.at > at and claimed[text.attempt] > at  # what was on its way by then cannot be called back
    ]
    print(
        f"{here.kills} kills, {contacts} contacts, {here.carrier.posts.total()} posts "
        f"({len(here.carrier.accepted)} accepted), {len(here.acknowledged)} replies acknowledged, "
        f"{Counter(row.state for row in messages)}"
    )
    assert {phone: n for phone, n in openings.items() if n > 1} == {}, "two opening messages in 24 hours"
    assert {name: n for name, n in per_survey.items() if n > 3} == {}, "more than three messages a survey"
    assert here.acknowledged - stored == set(), "a reply that was acknowledged is missing"
    assert_the_figures_equal_the_store(store)
    assert_the_lake_equals_the_store(here.settings, store)
    assert len(decided) == contacts, "a contact without a decision"
    assert Counter(state for _, state in decided)["waiting"] == 0
    assert after_stop == [], "a text after a stop"
    assert len(here.carrier.accepted) > 0
    assert len(here.acknowledged) > 0


def is_opening(text: Text) -> bool:
    return "STOP" in text.body


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "kills"), [(1, 20), (3, 100)])
def test_a_hundred_kills_break_no_promise(store: Store, settings: Settings, workers: int, kills: int) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    placed = settings.model_copy(update={"store_url": url})
    here = run(placed, store, kills=kills, workers=workers, per_kill=8)
    assert here.kills == kills


@pytest.mark.slow
def test_a_few_kills_break_no_promise(settings: Settings) -> None:
    store = open_store(settings.database_url)
    run(settings, store, kills=4, workers=2, per_kill=20)
    store.close()
