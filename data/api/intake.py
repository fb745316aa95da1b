"""A batch of records becomes durable, all at once, before anybody hears "accepted".

For each batch there is one transaction: the records as they now stand, the feed that carries them to the
lake, and for every new contact its decision, waiting for the sender. Sending a record again is harmless
(``unchanged``); sending it with other values corrects it (``updated``) and tells the lake again. A wrong
record is refused with its reasons and harms no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from pydantic import ValidationError
from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    bindparam,
    exists,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from data.records import identity, log_rows
from data.records.errors import explain, printed
from data.records.events import RECORDS, Contact, Sale
from settings import Settings
from store import Store, feed
from store.schema import customer_link, decision, message, record

Status = Literal["accepted", "updated", "unchanged", "rejected"]
CHUNK = 5_000  # ids looked up in one statement
_PARTNER: ColumnElement[str] = literal_column("(record.payload ->> 'partner')", Text)
_CONTACT: ColumnElement[str] = literal_column("(record.payload ->> 'contact_id')", Text)
NOT_YOURS = "is not yours to send"


@dataclass(frozen=True)
class Answer:
    """What became of one item of a batch. ``errors`` holds ``{field, value, reason}`` for a rejected one."""

    index: int
    id: str
    status: Status
    errors: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Item:
    """A valid record, ready to be compared with what is known."""

    index: int
    id: str
    row: dict[str, Any]  # of the log
    digest: str
    phone: str | None  # E.164, or as given where it cannot be read
    link: dict[str, str] | None
    comment: str


@dataclass
class _Known:
    """How a record stands in the store, and while a batch is being worked through."""

    digest: str
    revision: int
    received_at: int
    partner: str | None
    contact_id: str | None  # of a sale


def accept(
    store: Store,
    settings: Settings,
    kind: str,
    items: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    source: str = "api",
    owner: str | None = None,
) -> list[Answer]:
    """Take in a batch of one kind (a key of ``RECORDS``); when this returns it is committed.

    One answer per item, in order. ``source`` is kept with contacts: ``api`` or ``hand``. The same id twice
    in a batch counts as sent twice, the later one last. ``now`` must be aware. With an ``owner`` only that
    partner's records are taken in: a contact of another's and one that does not exist are refused alike.
    """
    if now.utcoffset() is None:
        raise ValueError("now must carry its offset from UTC")
    answers: dict[int, Answer] = {}
    valid: list[_Item] = []
    for index, given in enumerate(items):
        checked = _check(settings, kind, index, given, now=now, source=source)
        if isinstance(checked, Answer):
            answers[index] = checked
        else:
            valid.append(checked)
    if valid:
        with store.write() as connection:
            for answer in _Batch(connection, store, kind, now, owner).take(valid):
                answers[answer.index] = answer
    return [answers[index] for index in range(len(items))]


def _check(
    settings: Settings, kind: str, index: int, given: Mapping[str, Any], *, now: datetime, source: str
) -> _Item | Answer:
    model = RECORDS[kind]
    try:
        parsed = model.model_validate(given, context={"now": now})
    except ValidationError as error:
        name = given.get(model.ID) if isinstance(given, Mapping) else None
        return Answer(index, "" if name is None else printed(name), "rejected", explain(error))
    phone = parsed.phone if isinstance(parsed, Contact) else None
    e164 = identity.to_e164(phone, settings.default_region) if phone else None
    secret = settings.pseudonym_secret
    row = log_rows.log_row(parsed, zone=settings.zone, secret=secret, e164=e164)
    link, comment = None, ""
    if isinstance(parsed, Contact):
        row |= {"source": source, "asked": "score" in given}
        link = log_rows.link(parsed, secret=secret, e164=e164)
        comment = identity.without_numbers(parsed.comment or "")
    said = {name: value for name, value in row.items() if name != "source"}
    digest = _digest(secret, [said, e164 or phone, comment])
    return _Item(index, row[model.ID], row, digest, e164 or phone, link, comment)


def _digest(secret: bytes, content: Any) -> str:
    # Keyed: an unkeyed digest of a record would let a phone number be found by trying them all.
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), key=secret[:64], digest_size=16).hexdigest()


# A post whose outcome is open may turn out not to have been sent: then the next one goes to the right number.
# The message that is out keeps its own.
_open_post = exists().where(
    message.c.contact_id == decision.c.contact_id,
    message.c.purpose == "opening",
    (message.c.state == "claimed") | (message.c.state == "unknown"),
)
_TELL_WHOM = (
    update(decision)
    .where(decision.c.contact_id == bindparam("id"))
    .where((decision.c.state == "waiting") | ((decision.c.state == "asked") & _open_post))
    .values(phone=bindparam("number"), customer_key=bindparam("key"))
)


class _Batch:
    """One transaction's work on a batch of valid items."""

    def __init__(
        self, connection: Connection, store: Store, kind: str, now: datetime, owner: str | None
    ) -> None:
        self.connection, self.owner = connection, owner
        self.insert = postgresql.insert if store.is_postgres else sqlite.insert
        self.kind = kind
        self.now = int(now.timestamp())
        self.now_us = int(now.timestamp() * 1_000_000)

    def take(self, items: Sequence[_Item]) -> list[Answer]:
        foreign = self._foreign(items)
        # Before an id is claimed, or what is refused would leave empty records behind.
        known = self._known({item.id for item in items if item.index not in foreign})
        foreign |= self._taken(items, known, foreign)
        # A host whose clock is behind must not show a correction as older than what it corrects.
        latest = max((each.received_at for each in known.values()), default=0)
        if latest > self.now:
            self.now, self.now_us = latest, (latest + 1) * 1_000_000
        answers, changed, new = [], [], set()
        for item in items:
            if item.index in foreign:
                errors = [{"field": foreign[item.index], "value": "", "reason": NOT_YOURS}]
                answers.append(Answer(item.index, item.id, "rejected", errors))
                continue
            before = known[item.id]
            if before.digest == item.digest:
                answers.append(Answer(item.index, item.id, "unchanged"))
                continue
            if before.revision == 0:
                new.add(item.id)
            answers.append(Answer(item.index, item.id, "updated" if before.revision else "accepted"))
            known[item.id] = _Known(
                item.digest,
                before.revision + 1,
                self.now,
                item.row.get("partner"),
                item.row.get("contact_id"),
            )
            changed.append(item)
        if changed:
            self._keep(changed, known)
            if self.kind == Contact.KIND:
                # First, since it locks the decisions: a comment is told under their lock.
                self._decide({item.id: item for item in changed}, new)
            self._tell(changed, new)
        return answers

    def _foreign(self, items: Sequence[_Item]) -> dict[int, str]:
        """The items that by themselves are not the owner's to send, each with the field that says so."""
        if self.owner is None:
            return {}
        if self.kind != Sale.KIND:
            return {item.index: "partner" for item in items if item.row["partner"] != self.owner}
        own = self._own_contacts({item.row["contact_id"] for item in items})
        return {item.index: "contact_id" for item in items if item.row["contact_id"] not in own}

    def _taken(
        self, items: Sequence[_Item], known: Mapping[str, _Known], foreign: Mapping[int, str]
    ) -> dict[int, str]:
        """The other items whose id is that of a record of somebody else."""
        if self.owner is None:
            return {}
        there = {name for name, each in known.items() if each.revision}
        if self.kind == Sale.KIND:
            own = self._own_contacts({known[name].contact_id or "" for name in there})
            taken = {name for name in there if known[name].contact_id not in own}
        else:
            taken = {name for name in there if known[name].partner != self.owner}
        field = RECORDS[self.kind].ID
        return {item.index: field for item in items if item.index not in foreign and item.id in taken}

    def _own_contacts(self, ids: set[str]) -> set[str]:
        own: set[str] = set()
        for chunk in _chunks(sorted(ids), CHUNK):
            query = select(record.c.record_id).where(
                record.c.kind == Contact.KIND, record.c.record_id.in_(chunk), _PARTNER.in_([self.owner])
            )
            own |= set(self.connection.scalars(query))
        return own

    def _known(self, ids: set[str]) -> dict[str, _Known]:
        """Claim the ids' rows, made empty where they are new, and see what stands in them.

        On PostgreSQL this makes two batches with the same id wait for each other (in the order of the ids, so
        never for each other crosswise); SQLite has one writer anyway.
        """
        if not ids:
            return {}
        ordered = sorted(ids)
        empty = {"kind": self.kind, "digest": "", "payload": {}, "received_at": 0, "revision": 0}
        claim = self.insert(record)
        claim = claim.on_conflict_do_nothing(index_elements=[record.c.kind, record.c.record_id])
        self.connection.execute(claim, [{**empty, "record_id": each} for each in ordered])
        known = {}
        for chunk in _chunks(ordered, CHUNK):
            query = (
                select(
                    record.c.record_id,
                    record.c.digest,
                    record.c.revision,
                    record.c.received_at,
                    _PARTNER,
                    _CONTACT,
                )
                .where(record.c.kind == self.kind, record.c.record_id.in_(chunk))
                .order_by(record.c.record_id)
                .with_for_update()
            )
            for name, *state in self.connection.execute(query):
                known[name] = _Known(*state)
        return known

    def _keep(self, changed: Sequence[_Item], known: Mapping[str, _Known]) -> None:
        statement = (
            update(record)
            .where(record.c.kind == self.kind, record.c.record_id == bindparam("key"))
            .values(
                digest=bindparam("new_digest"),
                payload=bindparam("new_payload"),
                received_at=self.now,
                revision=bindparam("new_revision"),
            )
        )
        latest = {item.id: item for item in changed}
        values = [
            {
                "key": item.id,
                "new_digest": item.digest,
                "new_payload": item.row,
                "new_revision": known[item.id].revision,
            }
            for item in latest.values()
        ]
        self.connection.execute(statement, values)

    def _tell(self, changed: Sequence[_Item], new: set[str]) -> None:
        feed.append(self.connection, self.kind, ((item.id, item.row) for item in changed), self.now_us)
        if self.kind != Contact.KIND:
            return
        learnt = self._new_links({item.link["phone_key"]: item.link for item in changed if item.link})
        feed.append(self.connection, "link", ((each["phone_key"], each) for each in learnt), self.now_us)
        comments = (
            (item.id, {"contact_id": item.id, "day": item.row["day"], "text": item.comment})
            for item in changed
            if item.comment or item.id not in new  # a correction may take a comment back
        )
        feed.append(self.connection, "comment", comments, self.now_us)

    def _new_links(self, links: Mapping[str, dict[str, str]]) -> list[dict[str, str]]:
        pairs = [(link["phone_key"], link["customer_key"]) for link in links.values()]
        there: set[str] = set()
        for chunk in _chunks(pairs, CHUNK):
            columns = (customer_link.c.phone_key, customer_link.c.customer_key)
            query = select(*columns).where(tuple_(*columns).in_(chunk))
            there.update(row.phone_key for row in self.connection.execute(query))
        learnt = [links[key] for key in sorted(links.keys() - there)]
        if learnt:
            statement = self.insert(customer_link)
            statement = statement.on_conflict_do_update(
                index_elements=[customer_link.c.phone_key],
                set_={"customer_key": statement.excluded.customer_key},
            )
            self.connection.execute(statement, learnt)
        return learnt

    def _decide(self, changed: Mapping[str, _Item], new: set[str]) -> None:
        """A new contact's one decision; a corrected one's is only told whom to ask, while that is open."""
        fresh = [self._decision(item) for item in changed.values() if item.id in new]
        if fresh:
            statement = self.insert(decision).on_conflict_do_nothing(index_elements=[decision.c.contact_id])
            self.connection.execute(statement, fresh)
        corrected = [
            {"id": item.id, "number": item.phone, "key": item.row["customer_key"]}
            for item in changed.values()
            if item.id not in new
        ]
        if corrected:
            # Locked before it is looked at, or what a sender is just claiming would not be seen.
            for ids in _chunks(sorted(each["id"] for each in corrected), CHUNK):
                theirs = select(decision.c.contact_id).where(decision.c.contact_id.in_(ids))
                self.connection.execute(theirs.order_by(decision.c.contact_id).with_for_update()).all()
            self.connection.execute(_TELL_WHOM, corrected)

    def _decision(self, item: _Item) -> dict[str, Any]:
        return {
            "contact_id": item.id,
            "phone": item.phone,
            "customer_key": item.row["customer_key"],
            "state": "waiting",
            "reason": "new",
            "due_at": self.now,
            "created_at": self.now,
        }


def _chunks(values: Iterable[Any], size: int) -> Iterable[list[Any]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
