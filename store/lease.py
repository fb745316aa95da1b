"""Leases: one holder at a time for work that must not be done twice at once."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from store.engine import Store

log = logging.getLogger("svar.store")

_TAKE = text(
    """
    insert into lease (name, holder, expires_at) values (:name, :holder, :expires_at)
    on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where lease.expires_at < :now or lease.holder = excluded.holder
    returning holder
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
