"""When the store was away: the spool is replayed, and the carrier is asked what it said meanwhile.

Every host with webhooks keeps a beat in the store while its spool is empty. A beat that has gone silent tells
the senders that a stop may lie on that host's disk, and they wait.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from sqlalchemy import delete, select, update

from settings import Settings
from store import Store, is_away, slots
from store import lease as lease_of
from store.schema import lease, message, reply
from surveys.carriers import list_messages
from surveys.carriers.base import RANK, Listed
from surveys.ledger import faults, statuses
from surveys.ledger.open_surveys import NOT_OUT
from surveys.replies import process
from surveys.replies.spool import Spool
from surveys.replies.storing import Storing

KIND = "spool"  # the kind of note that is a host's beat
CLOSED = "closed"  # what a beat says when its host has stopped with an empty spool
LOOK_S = 1.0
BEAT_S = 3.0
LIFE_S = 10  # a beat older than this is silent
GIVEN_UP_S = (
    900  # a host silent for so long holds up nobody any more: an alarm stands, the carrier's list is read
)
MARGIN = timedelta(minutes=2)  # before an outage, for what was under way when it began
RESTORED = "restored"  # the note that the store is a backup's, and its alarm
SILENT = "spool_silent"  # the alarm while a host's beat is missing
log = logging.getLogger(__name__)


class Keeper:
    """Replays this host's spool and keeps its beat, in a thread of its own."""

    def __init__(self, settings: Settings, store: Store, replied: Callable[[], None]) -> None:
        self._settings, self._store, self._replied = settings, store, replied
        self._spool = Spool(settings)
        self._storing = Storing(settings, store, replied)
        where = blake2b(str(self._spool.path).encode(), digest_size=4).hexdigest()
        self._name = f"{KIND}:{socket.gethostname()}:{where}"
        self._beat_at = 0.0  # s of time.monotonic
        self._since: datetime | None = None  # when the outage began that has not been caught up with
        self._resumed = False

    def run(self, stop: threading.Event) -> None:
        """Keep until stopped."""
        while not stop.is_set():
            self.step(datetime.now(UTC))
            stop.wait(LOOK_S)
        if self._spool.is_empty():
            self._tell(CLOSED, datetime.now(UTC))

    def step(self, now: datetime) -> None:
        """Replay what waits, catch up with the carrier after an outage, keep the beat."""
        try:
            if not self._resumed:
                self._resume(now)
            if not self._spool.is_empty():
                self._since = self._since or now
                count = self._spool.replay(self._storing.write_down)
                self._replied()
                log.warning("The store is back; %d webhooks were replayed.", count)
            reconcile_restored(self._settings, self._store, now)
            if time.monotonic() - self._beat_at >= BEAT_S:
                self._tell("", now)
        except Exception as error:
            self._since = self._since or now
            if not is_away(error):
                log.exception("The spool could not be replayed; the next round tries again.")
            return
        if self._since is not None:
            self._catch_up(self._since - MARGIN, now)

    def _resume(self, now: datetime) -> None:
        """The webhooks of this host were down since its last beat, unless it has never had one."""
        with self._store.read() as connection:
            row = connection.execute(select(lease.c.expires_at).where(lease.c.name == self._name)).first()
        if row is not None and row.expires_at < now.timestamp():
            self._since = datetime.fromtimestamp(row.expires_at - LIFE_S, UTC)
        self._resumed = True

    def _tell(self, said: str, now: datetime) -> None:
        try:
            lease_of.note(self._store, self._name, said, int(now.timestamp()) + LIFE_S)
            self._beat_at = time.monotonic()
        except Exception as error:
            if said != CLOSED or not is_away(error):
                raise

    def _catch_up(self, since: datetime, now: datetime) -> None:
        try:
            caught = catch_up(self._settings, self._store, since, now)
        except Exception as error:
            log.warning(
                "The carrier could not be asked what it said since %s (%s).", since, type(error).__name__
            )
            self._since = None if isinstance(error, NotImplementedError) else self._since
            return
        self._since = None
        if any(caught):
            log.warning("Caught up with the carrier since %s: %d replies, %d statuses.", since, *caught)
            self._replied()


def catch_up(settings: Settings, store: Store, since: datetime, now: datetime) -> tuple[int, int]:
    """Take over what the carrier lists since a moment and the store lacks: how many replies and statuses.

    A message of ours that the store has never heard of takes its number's slot: the store may be a backup's.
    """
    listed = list_messages(settings, since)
    _take_over_unseen(store, [item for item in listed if not item.inbound])
    came = _new_replies(store, [item for item in listed if item.inbound])
    told = _later_statuses(store, [item for item in listed if not item.inbound])
    for item in came:
        with store.write() as connection:
            process.store_raw(connection, [_form(item)], item.made_at)
    if came:
        process.read_pending(store, settings, now)
    if told:
        statuses.receive(store, told, now)
    return len(came), len(told)


def mark_restored(store: Store, backup_at: datetime, now: datetime) -> None:
    """Say that the store was restored: nothing is sent until the carrier's list since then is taken over.

    What was sent after the backup was made is not in the store, and its customers would be asked again.
    """
    lease_of.note(store, RESTORED, backup_at.isoformat(), int(now.timestamp()))


def reconcile_restored(settings: Settings, store: Store, now: datetime) -> tuple[int, int] | None:
    """Take over the carrier's list since the backup, where the store was restored, and let sending begin.

    Returns how many replies and statuses were taken over, None where the store is no backup's. When the
    carrier cannot be asked its error is raised, and nothing is sent until a later attempt.
    """
    backup_at = lease_of.noted(store, RESTORED)
    if backup_at is None:
        return None
    since = datetime.fromisoformat(backup_at)
    replies, later_statuses = catch_up(settings, store, since - MARGIN, now)
    log.warning(
        "The restored store has what was sent since %s (%d replies, %d statuses).",
        since,
        replies,
        later_statuses,
    )
    with store.write() as connection:
        connection.execute(delete(lease).where(lease.c.name == RESTORED, lease.c.holder == backup_at))
    faults.clear(store, RESTORED, now)
    return replies, later_statuses


def _take_over_unseen(store: Store, listed: Sequence[Listed]) -> None:
    """Let the slots, and messages that wait here, know of what the carrier has sent without our knowledge."""
    with store.write() as connection:
        sids = [item.sid for item in listed]
        known = set(connection.scalars(select(message.c.sid).where(message.c.sid.in_(sids))))
        unseen = [item for item in listed if item.sid not in known and item.status not in NOT_OUT]
        slots.sent_unseen(
            connection,
            [{"phone": i.to, "contact_id": "", "at": slots.rounded_up(i.made_at)} for i in unseen],
        )
        waits = message.c.state.in_(("ready", "claimed", "unknown"))
        for item in unseen:
            mine = waits & (message.c.phone == item.to) & (message.c.body == item.body)
            found = connection.execute(select(message.c.message_id).where(mine)).scalars().all()
            if len(found) == 1:
                sent = update(message).where(message.c.message_id == found[0])
                connection.execute(sent.values(sid=item.sid, state="accepted", look_at=None))


def _new_replies(store: Store, listed: Sequence[Listed]) -> list[Listed]:
    with store.read() as connection:
        known = set(
            connection.scalars(select(reply.c.sid).where(reply.c.sid.in_([item.sid for item in listed])))
        )
    return sorted((item for item in listed if item.sid not in known), key=lambda item: item.made_at)


def _later_statuses(store: Store, listed: Sequence[Listed]) -> list[statuses.Status]:
    """What the carrier says of our messages that is further than what we know of them."""
    query = select(message.c.sid, message.c.state).where(message.c.sid.in_([item.sid for item in listed]))
    with store.read() as connection:
        known = {sid: state for sid, state in connection.execute(query)}  # noqa: C416 (rows are no pairs to mypy)
    return [
        statuses.Status(item.sid, "", item.status, item.error)
        for item in listed
        if item.sid in known and RANK.get(item.status, 0) > RANK.get(known[item.sid], 0)
    ]


def _form(item: Listed) -> dict[str, str]:
    return {
        "MessageSid": item.sid,
        "From": item.sender,
        "To": item.to,
        "Body": item.body,
        "SmsStatus": "received",
    }


def missing(store: Store, now: datetime) -> tuple[str, str] | None:
    """Why the store may lack what it must know before anything is sent, as an alarm's name and text; or None.

    A host's beat has gone silent, and not long ago: its spool may hold what was not replayed. Or the store
    was restored, and the carrier's list has not been taken over.
    """
    at = int(now.timestamp())
    silent = (
        lease.c.name.startswith(f"{KIND}:", autoescape=True)
        & (lease.c.holder != CLOSED)
        & lease.c.expires_at.between(at - GIVEN_UP_S, at - 1)
    )
    query = select(lease.c.name).where(silent | (lease.c.name == RESTORED)).order_by(lease.c.name)
    with store.read() as connection:
        names = list(connection.scalars(query))
    if RESTORED in names:
        return RESTORED, "The store was restored: nothing is sent until the carrier's list is taken over."
    hosts = ", ".join(sorted({name.split(":")[1] for name in names}))
    return (
        (SILENT, f"Replies acknowledged by {hosts} may be missing; nothing is sent for now.")
        if hosts
        else None
    )
