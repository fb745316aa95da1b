"""How long a sign-in lasts: until its own end, the age that the installation allows, or until it is ended.

The browser holds a signed cookie that lives for weeks and cannot be taken back. So every run of a page asks
here whether the sign-in behind it still counts; what was ended is written down and stays ended, also for who
kept the cookie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from store import Store
from store.deeds import deeds, note_down

SESSION, PERSON = "session", "sessions of"  # subjects of what is written down
ENDED = "signed out"
EVERYBODY = "*"
# Claims that differ between two sign-ins of one person.
_OF_ONE_SIGN_IN = ("iss", "sub", "sid", "iat", "auth_time", "nonce", "at_hash")


@dataclass(frozen=True)
class Session:
    """One sign-in of one person. ``names`` are those the provider knows them by, ``id`` tells nothing of
    them."""

    id: str
    names: tuple[str, ...]
    began_at: datetime
    ends_at: datetime


def session_of(claims: Mapping[str, Any], hours: float) -> Session | None:
    """The session that a provider's claims tell of; None where they do not say when it began."""
    began = _moment(claims.get("auth_time")) or _moment(claims.get("iat"))
    if began is None:
        return None
    longest = began + timedelta(hours=hours)
    stated = _moment(claims.get("exp"))
    text = "\n".join(f"{name}={claims.get(name)}" for name in _OF_ONE_SIGN_IN)
    return Session(
        hashlib.sha256(text.encode()).hexdigest()[:32],
        tuple(name for name in (str(claims.get("email") or ""), str(claims.get("sub") or "")) if name),
        began,
        longest if stated is None else min(longest, stated),
    )


def is_over(store: Store, session: Session | None, now: datetime) -> bool:
    """Whether a sign-in no longer counts: too old, or ended by hand."""
    if session is None or not session.began_at - timedelta(minutes=5) <= now < session.ends_at:
        return True
    if deeds(store, SESSION, [session.id]):
        return True
    ended = deeds(store, PERSON, [*session.names, EVERYBODY])
    return any(deed.at >= session.began_at.timestamp() for deed in ended)


def end(store: Store, session: Session, now: datetime) -> None:
    """End one sign-in, by the person themselves."""
    with store.write() as connection:
        note_down(
            connection, SESSION, session.id, ENDED, who=next(iter(session.names), "nobody known"), now=now
        )


def end_all(store: Store, person: str, who: str, now: datetime) -> None:
    """End every sign-in that has begun by now: of a person, by address or subject, or of
    :data:`EVERYBODY`."""
    with store.write() as connection:
        note_down(connection, PERSON, person, ENDED, who=who, now=now)


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return datetime.fromtimestamp(value, UTC)
