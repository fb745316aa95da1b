"""The history is played through the real path by a simulated clock.

Contacts go through intake, the sender decides whom to ask, the built-in phones receive the messages, and
those who would answer do: so decisions, slots, readings and the ledger are the product's own, not drawn.
Time passes in ticks of up to an hour; what has no decision to wait for comes in larger batches.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import event as hooks
from sqlalchemy import func, insert, select, text

from data.api import intake
from demo import marker, measures
from demo.history import DAY_S
from demo.plan import Event, Plan, plan
from demo.respondents import Answer, Respondents
from demo.world import STORY
from settings import Settings
from store import Store, open_store
from store.schema import phone_message, survey
from surveys.carriers import make_gateway
from surveys.replies import process as replies
from surveys.sending.worker import Worker
from surveys.web.simulated_phone import Phone

CONTACTS, DAYS, SEED = 18_000, 90, 1
TICK_S = 5_400  # a contact waits so long at most until its tick ends; less while many come in
TICKS_A_DAY = 7  # each costs about 8 ms, whatever happens in it
REPLY_TICK_S = 7_200  # replies wait for the next contact, at night for so long
BULK = 400  # records without a decision are taken in when so many have come together

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Summary:
    """What was loaded, through the real path. All of it is fictitious."""

    contacts: int
    sessions: int
    sales: int
    cases: int
    asked: int
    replies: int
    seed: int
    first_day: str
    last_day: str
    measure: str  # what was launched during the period, and about which topic
    launched: str  # the day it began to work
    note: str = "Demonstration: partners, people and figures are fictitious."

    def __str__(self) -> str:
        return (
            f"{self.note}\n{self.contacts:,} contacts from {self.first_day} to {self.last_day}, "
            f"{self.sessions:,} visits, {self.sales:,} sales, {self.cases:,} cases; "
            f"{self.asked:,} asked by SMS, {self.replies:,} messages back.\n"
            f"Launched on {self.launched}: {self.measure}."
        )


def load(
    settings: Settings,
    store: Store,
    *,
    contacts: int = CONTACTS,
    days: int = DAYS,
    seed: int = SEED,
    until: date | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Summary:
    """Load the demonstration into an empty demonstration home.

    ``until`` is the last day (default: today); of a day that is not over yet only what has happened by
    ``now`` comes in. The same arguments with an ``until`` that has passed give the same figures. An
    interrupted load is started anew. Raises DemoError where the home is not a demonstration's or not empty,
    and where ``contacts`` or ``days`` are too few or too many.
    """
    now = now or datetime.now(UTC)
    until = until or now.astimezone(settings.zone).date()
    said = progress or (lambda _done, _total, _text: None)
    arguments = {"contacts": contacts, "days": days, "seed": seed, "until": until.isoformat()}
    with marker.locked(settings):
        if marker.is_loaded(store):
            return _loaded_before(store, arguments)
        said(0, contacts, "Demonstration: planning")
        try:
            planned = plan(contacts=contacts, days=days, seed=seed, until=until, zone=settings.zone)
        except ValueError as error:
            raise marker.DemoError(f"There is no such demonstration: {error}.") from None
        marker.start(settings, store, arguments, int(now.timestamp()))
        end = min(int(planned.calendar.starts[-1]) + DAY_S, int(now.timestamp()))
        with _relaxed(store) as fast, _out_of_the_collectors_way():
            counts = _Player(settings, fast, planned, end).play(said)
            measures.enter(fast, planned.launched, until, now)
        summary = Summary(
            contacts=counts["contact"],
            sessions=counts["session"],
            sales=counts["sale"],
            cases=counts["case"],
            asked=counts["asked"],
            replies=counts["reply"],
            seed=seed,
            first_day=planned.calendar.days[0].isoformat(),
            last_day=until.isoformat(),
            measure=f"{STORY.measure} ({STORY.measure_topic})",
            launched=planned.launched.isoformat(),
        )
        marker.finish(store, {"arguments": arguments, "summary": asdict(summary)})
    return summary


def _loaded_before(store: Store, arguments: dict[str, Any]) -> Summary:
    before = marker.state(store)
    if before["arguments"] != arguments:
        raise marker.DemoError(
            f"Another demonstration is loaded here already ({before['arguments']}). "
            "Remove its folder, or choose another SVAR_HOME."
        )
    return Summary(**before["summary"])


@contextmanager
def _relaxed(store: Store) -> Iterator[Store]:
    """The same store without waiting for the disk: a load that is cut off starts anew anyway."""
    fast = open_store(store.engine.url.render_as_string(hide_password=False))
    statement = "SET synchronous_commit = off" if fast.is_postgres else "PRAGMA synchronous = OFF"

    def prepare(connection: Any, _entry: object) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        if fast.is_postgres:
            connection.commit()

    hooks.listen(fast.engine, "connect", prepare)
    fast.engine.dispose()  # connections from before the listener was there
    try:
        yield fast
    finally:
        fast.close()
    if not fast.is_postgres:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


@contextmanager
def _out_of_the_collectors_way() -> Iterator[None]:
    """Garbage collections would walk the whole plan each time: a third of a load, with nothing to find."""
    already = gc.get_freeze_count()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        if not already:  # what others have frozen stays so
            gc.unfreeze()


class _Player:
    """Plays a plan up to ``end`` (epoch seconds)."""

    def __init__(self, settings: Settings, store: Store, planned: Plan, end: int) -> None:
        self._settings, self._store, self._plan, self._end = settings, store, planned, end
        self._worker = Worker(settings, store, make_gateway(settings, store))
        self._respondents = Respondents(store)
        self._phone = Phone(settings, store)
        self._others = [event for event in reversed(planned.events) if event.kind != "contact"]
        self._bulk: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._counts = dict.fromkeys(("contact", "session", "sale", "case", "calls_offered", "reply"), 0)

    def play(self, progress: Progress) -> dict[str, int]:
        """Everything that happens until the end; returns how many of each kind."""
        contacts = [event for event in self._plan.events if event.kind == "contact" and event.at <= self._end]
        total = len(contacts)
        contacts.reverse()
        self._batch = max(10, total // (len(self._plan.calendar.days) * TICKS_A_DAY))
        while (now := self._next_tick(contacts)) is not None:
            arrived = []
            while contacts and contacts[-1].at <= now:
                arrived.append(contacts.pop().item)
            self._tick(now, arrived)
            progress(self._counts["contact"], total, "Demonstration: contacts, surveys, replies")
        self._take_others(self._end, 0)
        self._state(self._plan.calendar.days)
        with self._store.read() as connection:
            asked = connection.scalar(select(func.count()).select_from(survey)) or 0
        return {**self._counts, "asked": asked}

    def _next_tick(self, ahead: Sequence[Event]) -> int | None:
        """When the next tick ends: after a number of contacts or a time, whichever comes first.

        ``ahead`` are the contacts to come, latest first. None when nothing is left until the end.
        """
        ends = []
        if ahead:
            ends = [ahead[-1].at + TICK_S, ahead[-min(self._batch, len(ahead))].at]
        reply_at = self._respondents.next_at
        if reply_at is not None and reply_at <= self._end:
            ends.append(reply_at + REPLY_TICK_S)
        return min(*ends, self._end) if ends else None

    def _tick(self, now: int, contacts: Sequence[dict[str, Any]]) -> None:
        clock = datetime.fromtimestamp(now, UTC)
        self._accept("contact", contacts, clock)
        for item in contacts:
            reaction = self._plan.reactions.get(item["contact_id"])
            if reaction:
                self._respondents.watch(item["contact_id"], reaction)
        answers = list(self._respondents.due(now))
        self._reply(answers)
        self._worker.step(clock)
        self._respondents.look(now, [answer.contact_id for answer in answers])
        self._take_others(now, BULK)

    def _accept(self, kind: str, items: Sequence[dict[str, Any]], clock: datetime) -> None:
        if not items:
            return
        for answer in intake.accept(self._store, self._settings, kind, items, clock):
            if answer.status == "rejected":
                raise RuntimeError(f"the demonstration's own {kind} was refused: {answer.errors}")
            self._counts[kind] = self._counts.get(kind, 0) + (answer.status == "accepted")

    def _reply(self, answers: Sequence[Answer]) -> None:
        """Customers' messages, as the carrier would post them; they stand on their phones as well."""
        rows, forms = [], []
        for answer in answers:
            self._counts["reply"] += 1
            sid = f"SM{self._counts['reply']:032x}"
            form = self._phone.form(answer.phone, answer.text, sid)
            forms.append((form, datetime.fromtimestamp(answer.at, UTC)))
            row = {"sid": sid, "phone": answer.phone, "direction": "from_phone"}
            rows.append(row | {"body": answer.text, "at": answer.at, "seq": answer.at * 10**9})
        if rows:
            with self._store.write() as connection:
                for form, at in forms:
                    replies.store_raw(connection, [form], at)
                connection.execute(insert(phone_message), rows)

    def _state(self, days: Sequence[date]) -> None:
        """What the company states beside the events: costs and targets."""
        clock = datetime.fromtimestamp(self._end, UTC)
        for kind, items in measures.stated(days[0], days[-1]).items():
            self._accept(kind, items, clock)

    def _take_others(self, now: int, at_least: int) -> None:
        """Sessions, sales, cases and calls up to now, once so many have come together."""
        while self._others and self._others[-1].at <= now:
            event = self._others.pop()
            self._bulk[event.kind].append(event.item)
        if sum(len(items) for items in self._bulk.values()) < at_least:
            return
        for kind, items in self._bulk.items():
            self._accept(kind, items, datetime.fromtimestamp(now, UTC))
        self._bulk.clear()
