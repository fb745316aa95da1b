"""Tokens of sources: each system that sends or reads has one of its own, which can be taken back."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from store.engine import Store
from store.schema import api_token

PREFIX = "svar_"  # so that scanners of secrets know one when they see it
USED_S = 60  # the last use is written down once a minute

May = Literal["write", "read"]


class TokenError(ValueError):
    """There is a token of that name already, or none."""


@dataclass(frozen=True)
class Source:
    """Whose token it is, and what it opens. ``partner`` None is of no partner; no ``kinds`` are all."""

    name: str
    partner: str | None
    kinds: frozenset[str]
    may: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    used_at: int | None

    def is_valid(self, now: int) -> bool:
        """Whether the token is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def create(
    store: Store,
    name: str,
    *,
    partner: str | None,
    kinds: Sequence[str],
    may: May,
    days: int | None,
    who: str,
    now: datetime,
) -> str:
    """Make a token; it is returned once and kept nowhere. TokenError where the name is taken."""
    token = PREFIX + secrets.token_urlsafe(32)
    row = {
        "name": name,
        "digest": _digest(token),
        "partner": partner,
        "kinds": ",".join(sorted(kinds)),
        "may": may,
        "created_at": int(now.timestamp()),
        "created_by": who,
        "expires_at": int((now + timedelta(days=days)).timestamp()) if days is not None else None,
    }
    try:
        with store.write() as connection:
            connection.execute(insert(api_token).values(**row))
    except IntegrityError:
        raise TokenError(f"there is a token called {name!r} already") from None
    return token


def source_of(store: Store, token: str, now: datetime) -> Source | None:
    """Whose token it is; None where it is nobody's, revoked or expired. Its use is written down."""
    digest, at = _digest(token), int(now.timestamp())
    with store.read() as connection:
        row = connection.execute(select(api_token).where(api_token.c.digest == digest)).one_or_none()
    if row is None or not (source := _source(row)).is_valid(at):
        return None
    if source.used_at is None or at - source.used_at >= USED_S:
        with store.write() as connection:
            connection.execute(update(api_token).where(api_token.c.digest == digest).values(used_at=at))
    return source


def revoke(store: Store, name: str, now: datetime) -> None:
    """Take a token back. TokenError where there is none of that name."""
    mine = update(api_token).where(api_token.c.name == name, api_token.c.revoked_at.is_(None))
    with store.write() as connection:
        if not connection.execute(mine.values(revoked_at=int(now.timestamp()))).rowcount:
            raise TokenError(f"there is no token called {name!r} that is valid")


def sources(store: Store) -> list[Source]:
    """Every token there ever was, by name."""
    with store.read() as connection:
        return [_source(row) for row in connection.execute(select(api_token).order_by(api_token.c.name))]


def _source(row: object) -> Source:
    kinds = frozenset(filter(None, row.kinds.split(",")))  # type: ignore[attr-defined]
    names = ("name", "partner", "may", "created_at", "expires_at", "revoked_at", "used_at")
    return Source(kinds=kinds, **{name: getattr(row, name) for name in names})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
