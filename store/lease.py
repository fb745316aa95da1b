"""Leases: one holder at a time for work that must not be done twice at once."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from store.engine import Store

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

    The lease outlives a killed holder by ``seconds`` at most.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    now = int(time.time())
    with store.write() as connection:
        values = {"name": name, "holder": holder, "expires_at": now + seconds, "now": now}
        taken = connection.execute(_TAKE, values).first() is not None
    try:
        yield taken
    finally:
        if taken:
            with store.write() as connection:
                connection.execute(_GIVE_BACK, {"name": name, "holder": holder})
