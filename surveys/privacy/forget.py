"""Forgetting a person: numbers, texts and the pseudonym go, everywhere; scores and times stay, nobody's.

What stays on purpose is the number's opt-out, and its slot while it is younger than 24 hours: without them
a person who asked to be left alone would be asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, delete, or_, select, text, update

from data.records.identity import customer_key, phone_key, to_e164
from lake.log import Log, publish
from lake.manifest import GRACE_S, Lake
from settings import Settings
from store import Store
from store.lease import waited
from store.schema import (
    answer,
    customer_link,
    decision,
    deed,
    feed,
    message,
    phone_message,
    record,
    reply,
    slot,
    survey,
)
from surveys.privacy.traces import first_day_in_facts, pattern_of, traces

CHUNK = 500
# The lease of builders: how long it outlives its holder, and how long it is waited for.
LEASE_S, PATIENCE_S = 20, 600.0


class BusyError(RuntimeError):
    """Somebody else holds what is needed for too long."""


@dataclass(frozen=True)
class Forgotten:
    """What was found. ``since`` is the first local day whose facts are to be rebuilt, if any."""

    contacts: int
    replies: int
    records: int  # in the store: contacts, sessions, cases, links between a number and a customer
    files: int
    since: date | None
    traces: tuple[str, ...]  # where something of the person still stands; none when all is done

    @property
    def nobody(self) -> bool:
        """Whether nothing was on record of such a person."""
        return not (self.contacts or self.replies or self.records or self.files)


@dataclass
class _Person:
    phones: set[str]
    keys: set[str]
    contacts: list[str]


def forget(
    settings: Settings, store: Store, who: str, now: datetime, rebuild: Callable[[date], object]
) -> Forgotten:
    """Forget the person with this phone number or customer number, in the store and in the lake.

    ``rebuild(since)`` makes the facts anew from a local day on. What leads from one of the person's
    pseudonyms to another is kept until nothing else is left, so that whoever was interrupted runs this again
    and ends the same.
    """
    # No builder holds events of before in its hands, reads the log or writes it, until both are rewritten.
    with waited(store, "build", LEASE_S, PATIENCE_S) as ours:
        if not ours:
            raise BusyError("the figures are being built and did not come to an end; try again")
        with store.read() as connection:
            person = _find(connection, settings, who)
        files, since = _forget_in_log(Log(settings.lake_path), person)
        with _secretly(store) as connection:
            person.contacts += _find(connection, settings, who).contacts  # which came meanwhile
            replies, records = _forget_in_store(
                connection, person, int(now.timestamp()), settings.survey_interval_s
            )
    left = first_day_in_facts(settings.lake_path, person.keys)
    days = [day for day in (since, date.fromisoformat(left) if left else None) if day is not None]
    if days:
        # Days of a month share files, in which former rows stay as long as another day needs the file.
        rebuild(min(days).replace(day=1))
    _sweep(settings, person)
    remaining = tuple(traces(settings, store, person.phones, person.keys))
    if not remaining:
        with _secretly(store) as connection:
            records += _forget_links(connection, person)
    if not store.is_postgres:
        with store.engine.connect() as connection:
            connection.exec_driver_sql("rollback")
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    contacts = len(set(person.contacts))
    return Forgotten(contacts, replies, records, files, min(days, default=None), remaining)


def _sweep(settings: Settings, person: _Person) -> None:
    """Take the person out of reports of imports, and remove former facts when no reader can hold them."""
    pattern = pattern_of(person.phones, person.keys)
    for path in (settings.home / "imports").glob("*"):
        if not path.is_file():
            continue
        # Bytes that are no text pass through as they are.
        content = path.read_bytes().decode(errors="surrogateescape")
        if pattern.search(content):
            draft = path.with_name(f".forget-{path.name}")
            draft.touch(mode=0o600)
            draft.write_bytes(pattern.sub("", content).encode(errors="surrogateescape"))
            publish(draft, path)
    lake = Lake(settings.lake_path)
    until = time.monotonic() + GRACE_S + 10
    while first_day_in_facts(settings.lake_path, person.keys) and time.monotonic() < until:
        time.sleep(0.5)
        lake.sweep(time.time())


def _forget_links(connection: Connection, person: _Person) -> int:
    keys = customer_link.c.phone_key.in_(person.keys) | customer_link.c.customer_key.in_(person.keys)
    return connection.execute(delete(customer_link).where(keys)).rowcount


@contextmanager
def _secretly(store: Store) -> Iterator[Connection]:
    """A writing transaction after which what was deleted cannot be read from SQLite's free pages."""
    with store.write() as connection:
        if not store.is_postgres:
            connection.execute(text("pragma secure_delete = on"))
        yield connection


def _find(connection: Connection, settings: Settings, who: str) -> _Person:
    e164 = to_e164(who, settings.default_region)
    secret = settings.pseudonym_secret
    phones = {who, *([e164] if e164 else [])}
    keys = {customer_key(secret, who, None), *([phone_key(secret, e164)] if e164 else [])}
    linked = select(customer_link).where(
        or_(customer_link.c.phone_key.in_(keys), customer_link.c.customer_key.in_(keys))
    )
    for row in connection.execute(linked).all():
        keys |= {row.phone_key, row.customer_key}
    theirs = select(decision.c.contact_id, decision.c.phone).where(
        or_(decision.c.phone.in_(phones), decision.c.customer_key.in_(keys))
    )
    found = connection.execute(theirs).all()
    phones |= {row.phone for row in found if row.phone}
    # A contact whose number was corrected while its SMS was on the way was asked at the old one.
    asked = connection.scalars(select(survey.c.contact_id).where(survey.c.phone.in_(phones)))
    return _Person(phones, keys, sorted({row.contact_id for row in found} | set(asked)))


def _forget_in_store(connection: Connection, person: _Person, at: int, interval_s: int) -> tuple[int, int]:
    """Returns how many replies and how many records there were."""
    phones = sorted(person.phones)
    replies = _forget_replies(connection, phones, person.contacts)
    connection.execute(delete(phone_message).where(phone_message.c.phone.in_(phones)))
    connection.execute(update(message).where(message.c.phone.in_(phones)).values(phone=None, body=""))
    connection.execute(delete(slot).where(slot.c.phone.in_(phones), slot.c.last_sent_at <= at - interval_s))
    for ids in _chunks(person.contacts):
        _forget_contacts(connection, ids, at)
    theirs = select(record.c.record_id).where(
        record.c.kind.in_(("contact", "session", "case")),
        record.c.payload["customer_key"].as_string().in_(person.keys),
    )
    ids = list(connection.scalars(theirs))
    for chunk in _chunks([*ids, *person.contacts]):
        _forget_records(connection, chunk)
    connection.execute(delete(feed).where(feed.c.kind == "link", feed.c.key.in_(person.keys)))
    return replies, len({*ids, *person.contacts})


def _forget_replies(connection: Connection, phones: Sequence[str], contacts: Sequence[str]) -> int:
    """By number, and by contact: of an old reply the number is gone and the words are not."""
    sids = set(connection.scalars(select(reply.c.sid).where(reply.c.phone.in_(phones))))
    for ids in _chunks(contacts):
        sids |= set(connection.scalars(select(reply.c.sid).where(reply.c.contact_id.in_(ids))))
    for chunk in _chunks(sorted(sids)):
        blank = update(reply).where(reply.c.sid.in_(chunk))
        connection.execute(blank.values(phone=None, body="", form={}))
        # What somebody noted about them may name the person.
        noted = (deed.c.subject == "reply") & (deed.c.what == "handled") & deed.c.key.in_(chunk)
        connection.execute(update(deed).where(noted).values(note=""))
    return len(sids)


def _forget_contacts(connection: Connection, ids: Sequence[str], at: int) -> None:
    connection.execute(
        update(decision)
        .where(decision.c.contact_id.in_(ids), decision.c.state == "waiting")
        .values(state="skipped", reason="forgotten", eligible=False, decided_at=at)
    )
    connection.execute(
        update(decision).where(decision.c.contact_id.in_(ids)).values(phone=None, customer_key="")
    )
    connection.execute(
        update(message)
        .where(message.c.contact_id.in_(ids), message.c.state == "ready")
        .values(state="not_sent", error="forgotten", settled_at=at)
    )
    connection.execute(update(message).where(message.c.contact_id.in_(ids)).values(phone=None, body=""))
    connection.execute(
        update(survey).where(survey.c.contact_id.in_(ids)).values(phone=None, question="", closes_at=at)
    )
    connection.execute(update(answer).where(answer.c.contact_id.in_(ids)).values(text=""))


def _forget_records(connection: Connection, ids: Sequence[str]) -> None:
    rows = connection.execute(select(record).where(record.c.record_id.in_(ids))).all()
    for row in rows:
        connection.execute(
            update(record)
            .where(record.c.kind == row.kind, record.c.record_id == row.record_id)
            .values(payload=_without_person(row.payload))
        )
    told = select(feed.c.seq, feed.c.payload).where(
        feed.c.key.in_(ids), feed.c.kind.in_(("contact", "comment", "session", "case"))
    )
    for row in connection.execute(told).all():
        connection.execute(
            update(feed).where(feed.c.seq == row.seq).values(payload=_without_person(row.payload))
        )


def _without_person(payload: dict[str, Any]) -> dict[str, Any]:
    blank = {"customer_key": "", "text": ""}
    return {name: blank.get(name, value) for name, value in payload.items()}


def _forget_in_log(log: Log, person: _Person) -> tuple[int, date | None]:
    """Take the words and the pseudonym out of every batch that holds them; each batch is replaced whole."""
    changed, days = 0, set[date]()
    # Those from files are in the log alone. Words are found by these ids, so they go before the pseudonym.
    keys = pa.array(sorted(person.keys), pa.string())
    for path in log.files("contact"):
        contacts = pq.read_table(path, columns=["contact_id", "customer_key"])
        person.contacts += contacts.filter(pc.is_in(contacts["customer_key"], value_set=keys))[
            "contact_id"
        ].to_pylist()
    for kind, column, wanted in (
        ("comment", "contact_id", person.contacts),
        ("contact", "customer_key", person.keys),
        ("case", "customer_key", person.keys),
        ("session", "customer_key", person.keys),
        ("link", "customer_key", person.keys),
        ("link", "phone_key", person.keys),
    ):
        for path in log.files(kind):
            table = pq.read_table(path)
            hit = pc.is_in(table[column], value_set=pa.array(sorted(set(wanted)), pa.string()))
            if kind == "comment":
                hit = pc.and_(hit, pc.not_equal(table["text"], ""))
            if not pc.any(hit).as_py():
                continue
            if "day" in table.column_names:
                days |= set(table.filter(hit)["day"].to_pylist()) - {None}
            blanked = "text" if kind == "comment" else column
            _replace(path, table, blanked, hit)
            changed += 1
    return changed, min(days, default=None)


def _replace(path: Path, table: pa.Table, column: str, hit: Any) -> None:
    blanked = pc.if_else(hit, pa.scalar("", pa.string()), table[column])
    draft = path.with_name(f".forget-{path.name}")
    pq.write_table(
        table.set_column(table.column_names.index(column), table.schema.field(column), blanked), draft
    )
    publish(draft, path)


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
