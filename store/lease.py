"""Leases: one holder at a time for work that must not be done twice at once; and notes between processes."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, func, select, text

from store.engine import Store
from store.schema import lease

log = logging.getLogger("svar.store")

_TAKE = text(
    """
    insert into lease (name, holder, expires_at) values (:name, :holder, :expires_at)
    on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where lease.expires_at < :now or lease.holder = excluded.holder
    returning holder
    """
)
_NOTE = text(
    """
    insert into lease (name, holder, expires_at) values (:name, :holder, :expires_at)
    on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
    """
)
_GIVE_BACK = text("delete from lease where name = :name and holder = :holder")


@contextmanager
def held(store: Store, name: str, seconds: int = 60) -> Iterator[bool]:
    """Hold a lease for the block; yields False (and holds nothing) when somebody else has it.

    However long the block takes, the lease stays; it outlives a killed holder by ``seconds`` at most.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    if not _taken(store, name, holder, seconds):
        yield False
        return
    ended = threading.Event()
    renewing = threading.Thread(
        target=_renew, args=(store, name, holder, seconds, ended), name=f"lease {name}", daemon=True
    )
    renewing.start()
    try:
        yield True
    finally:
        ended.set()
        renewing.join()
        with store.write() as connection:
            connection.execute(_GIVE_BACK, {"name": name, "holder": holder})


@contextmanager
def waited(store: Store, name: str, seconds: int, patience: float) -> Iterator[bool]:
    """The same, waited for; yields False when it did not come in ``patience`` seconds."""
    until = time.monotonic() + patience
    while True:
        with held(store, name, seconds) as ours:
            if ours or time.monotonic() >= until:
                yield ours
                return
        time.sleep(0.05)


def _taken(store: Store, name: str, holder: str, seconds: int) -> bool:
    now = int(time.time())
    values = {"name": name, "holder": holder, "expires_at": now + seconds, "now": now}
    with store.write() as connection:
        return connection.execute(_TAKE, values).first() is not None


def _renew(store: Store, name: str, holder: str, seconds: int, ended: threading.Event) -> None:
    while not ended.wait(seconds / 3):
        try:
            if not _taken(store, name, holder, seconds):
                return
        except Exception:
            log.exception(
                "The lease %s could not be renewed; the next attempt is in %.0f s.", name, seconds / 3
            )


def note(store: Store, name: str, said: str, until: int) -> None:
    """Leave a note that every process can read; of one name there is one, the latest."""
    with store.write() as connection:
        connection.execute(_NOTE, {"name": name, "holder": said, "expires_at": until})


def noted(store: Store, name: str) -> str | None:
    """What a note says; None where there is none."""
    with store.read() as connection:
        said: str | None = connection.scalar(select(lease.c.holder).where(lease.c.name == name))
    return said


def present(store: Store, kind: str, who: str, now: int, seconds: int) -> int:
    """Say that one of a kind is here for so long; returns how many of that kind are."""
    here = lease.c.name.startswith(f"{kind}:", autoescape=True)
    with store.write() as connection:
        connection.execute(delete(lease).where(here, lease.c.expires_at < now))
        connection.execute(_NOTE, {"name": f"{kind}:{who}", "holder": who, "expires_at": now + seconds})
        return connection.scalar(select(func.count()).select_from(lease).where(here)) or 1


def leave(store: Store, kind: str, who: str) -> None:
    """Say that one of a kind is gone."""
    with store.write() as connection:
        connection.execute(delete(lease).where(lease.c.name == f"{kind}:{who}"))
