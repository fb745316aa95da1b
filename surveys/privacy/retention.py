"""Keeping no longer than needed: phone numbers go after a month, texts after a year; scores and times stay.

What is kept on purpose: a number that has said stop (or it would be asked again), decisions, surveys,
answers and statuses without number and text (the ledger must go on adding up), and pseudonyms. The log
keeps its records; of comments only those young enough. The settings are SVAR_KEEP_NUMBERS_DAYS and
SVAR_KEEP_TEXTS_DAYS.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, Select, Table, bindparam, delete, select, text, update

from data.records.identity import without_numbers
from lake.log import Log, publish
from settings import Settings
from store import Store, open_store
from store.lease import held
from store.schema import (
    answer,
    decision,
    deed,
    early_status,
    feed,
    message,
    phone_message,
    reply,
    slot,
    survey,
)

AT_ONCE = 500  # rows of one short transaction: nobody waits for it
PAUSE_S = 0.05  # between two of them, so that senders and webhooks come first
EVERY_S = 6 * 3_600
FIRST_AFTER_S = 120
EARLY_STATUS_DAYS = 7  # a status of an attempt that nobody ever found
DAY_S = 86_400
log = logging.getLogger(__name__)


@dataclass
class Pruned:
    """How many of each there were."""

    numbers: int = 0  # rows that held a phone number
    texts: int = 0  # rows that held words, of customers or of ours
    events: int = 0  # of the feed, which the log holds
    comments: int = 0  # rows of the log


def prune(
    settings: Settings, store: Store, now: datetime, *, rest: Callable[[], object] = lambda: None
) -> Pruned:
    """Delete what is too old to be kept at ``now``; ``rest`` is called between two transactions."""
    done = Pruned()
    # An answer is waited for by its number, however short numbers are kept.
    kept_s = max(settings.keep_numbers_days * DAY_S, settings.answer_window_h * 3_600)
    numbers = int(now.timestamp()) - kept_s
    texts = int(now.timestamp()) - settings.keep_texts_days * DAY_S
    for count in _numbers(store, numbers, int(now.timestamp()) - settings.survey_interval_s):
        done.numbers += count
        rest()
    for count in _texts(store, texts):
        done.texts += count
        rest()
    for count in _events(store, numbers, texts, int(now.timestamp())):
        done.events += count
        rest()
    oldest = (now - timedelta(days=settings.keep_texts_days)).astimezone(settings.zone).date()
    with held(store, "build", 120) as ours:  # or a builder would write an old file's rows anew
        if ours:
            done.comments = _comments(Log(settings.lake_path), oldest)
    return done


def keep(settings: Settings, stop: threading.Event) -> None:
    """Prune now and then until ``stop`` is set: the job of a process that runs anyway."""
    store = open_store(settings.database_url)
    wait_s = float(FIRST_AFTER_S)
    while not stop.wait(wait_s):
        wait_s = float(EVERY_S)
        try:
            with held(store, "prune", EVERY_S // 2) as ours:
                if ours:
                    done = prune(settings, store, datetime.now(UTC), rest=lambda: stop.wait(PAUSE_S))
                    log.info("pruned: %s", asdict(done))
        except Exception:
            log.exception("what is too old could not be deleted; it is tried again")
            wait_s = 600.0
    store.close()


def _numbers(store: Store, before: int, slots_before: int) -> Iterator[int]:
    decided = (decision.c.state != "waiting") & (decision.c.decided_at < before)
    yield from _blank(store, decision, decision.c.phone.is_not(None) & decided, {"phone": None})
    yield from _numbers_in_surveys(store, before)
    sent = message.c.phone.is_not(None) & (message.c.created_at < before)
    yield from _blank(store, message, sent, {"phone": None})
    yield from _numbers_in_replies(store, before)
    # The slot is what the interval between two openings is told by.
    yield from _gone(store, slot, slot.c.last_sent_at < min(before, slots_before))
    yield from _gone(store, phone_message, phone_message.c.at < before)


def _numbers_in_surveys(store: Store, before: int) -> Iterator[int]:
    """The customer's number, and numbers that the customer has written in an answer."""
    old = survey.c.phone.is_not(None) & (survey.c.opened_at < before)
    while True:
        with _secretly(store) as connection:
            ids = list(connection.scalars(select(survey.c.contact_id).where(old).limit(AT_ONCE)))
            worded = answer.c.contact_id.in_(ids) & (answer.c.text != "")
            for row in connection.execute(select(answer).where(worded)).all():
                mine = (answer.c.contact_id == row.contact_id) & (answer.c.question == row.question)
                connection.execute(update(answer).where(mine).values(text=without_numbers(row.text)))
            blank = update(survey).where(survey.c.contact_id.in_(ids))
            connection.execute(blank.values(phone=None, question=""))
        if not ids:
            return
        yield len(ids)


def _numbers_in_replies(store: Store, before: int) -> Iterator[int]:
    """The sender's number and the form go, and numbers that the customer has written, as from a comment."""
    old = reply.c.phone.is_not(None) & (reply.c.received_at < before) & reply.c.read_at.is_not(None)
    without = (
        update(reply)
        .where(reply.c.sid == bindparam("of"))
        .values(phone=None, form={}, body=bindparam("words"))
    )
    while True:
        with _secretly(store) as connection:
            rows = connection.execute(select(reply.c.sid, reply.c.body).where(old).limit(AT_ONCE)).all()
            if rows:
                values = [{"of": row.sid, "words": without_numbers(row.body)} for row in rows]
                connection.execute(without, values)
        if not rows:
            return
        yield len(rows)


def _texts(store: Store, before: int) -> Iterator[int]:
    old = (reply.c.received_at < before) & (reply.c.body != "") & reply.c.read_at.is_not(None)
    yield from _blank(store, reply, old, {"body": "", "form": {}})
    yield from _blank(store, answer, (answer.c.answered_at < before) & (answer.c.text != ""), {"text": ""})
    yield from _blank(store, message, (message.c.created_at < before) & (message.c.body != ""), {"body": ""})
    noted = (
        (deed.c.subject == "reply") & (deed.c.what == "handled") & (deed.c.at < before) & (deed.c.note != "")
    )
    yield from _blank(store, deed, noted, {"note": ""})


def _events(store: Store, before: int, texts_before: int, now: int) -> Iterator[int]:
    """What the log holds, and statuses of attempts that nobody found. A contact's changes stay longer."""
    drained = feed.c.drained & (feed.c.accepted_us < before * 1_000_000)
    yield from _gone(store, feed, drained & (feed.c.kind != "contact"))
    yield from _gone(store, feed, drained & (feed.c.accepted_us < texts_before * 1_000_000))
    yield from _gone(store, early_status, early_status.c.at < now - EARLY_STATUS_DAYS * DAY_S)


def _blank(store: Store, table: Table, old: ColumnElement[bool], values: dict[str, Any]) -> Iterator[int]:
    key = next(iter(table.primary_key.columns))
    yield from _in_parts(
        store,
        select(key).where(old).limit(AT_ONCE),
        lambda keys: update(table).where(key.in_(keys), old).values(**values),
    )


def _gone(store: Store, table: Table, old: ColumnElement[bool]) -> Iterator[int]:
    key = next(iter(table.primary_key.columns))
    yield from _in_parts(
        store, select(key).where(old).limit(AT_ONCE), lambda keys: delete(table).where(key.in_(keys), old)
    )


def _in_parts(store: Store, found: Select[Any], change: Callable[[list[Any]], Any]) -> Iterator[int]:
    while True:
        with _secretly(store) as connection:
            keys = list(connection.scalars(found))
            count = connection.execute(change(keys)).rowcount if keys else 0
        if not keys:
            return
        yield count


@contextmanager
def _secretly(store: Store) -> Iterator[Any]:
    """A writing transaction after which what was deleted cannot be read from SQLite's free pages."""
    with store.write() as connection:
        if not store.is_postgres:
            connection.execute(text("pragma secure_delete = on"))
        yield connection


def _comments(log: Log, oldest: date) -> int:
    """Take the comments of days before ``oldest`` out of the log; each batch is replaced whole."""
    taken = 0
    for path in log.files("comment"):
        table = pq.read_table(path)
        # Where no day is known, nobody can say how old it is.
        young = pc.fill_null(pc.greater_equal(table["day"], pa.scalar(oldest)), fill_value=True)
        kept = table.filter(young)
        if kept.num_rows < table.num_rows:
            draft = path.with_name(f".prune-{path.name}")
            pq.write_table(kept, draft)
            publish(draft, path)
            taken += table.num_rows - kept.num_rows
    return taken
