"""Who may send what: the source behind a token, and which records are its own.

A token of one partner writes that partner's contacts, their sales and calls offered, and nothing else. For a
sale it hears the same of a contact that is another's as of one that does not exist.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from settings import Settings
from store import Store
from store.api_tokens import Source, source_of

# What a token of one partner can write: records that say whose they are, or whose contact does.
OF_A_PARTNER = frozenset({"contact", "sale", "calls_offered"})


class AccessError(Exception):
    """A request that this token does not open. ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def authorise(settings: Settings, store: Store, header: str, kind: str, now: datetime) -> Source | None:
    """The source that may write a kind of record; None for the demonstration's own token, which may all.

    AccessError: 401 for nobody's token, 403 for one that does not open this.
    """
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise AccessError(401, "Send the source's token as `Authorization: Bearer …`.")
    if settings.demo and hmac.compare_digest(token.encode(), settings.api_secret.encode()):
        return None
    source = source_of(store, token, now)
    if source is None:
        raise AccessError(
            401,
            "This token is not valid: `python -m data tokens list` shows which are. Nothing was taken in.",
        )
    if source.may != "write":
        raise AccessError(403, "This token reads only.")
    if (source.kinds and kind not in source.kinds) or (
        source.partner is not None and kind not in OF_A_PARTNER
    ):
        raise AccessError(403, f"This token does not open records of the kind {kind}.")
    return source


def own_items(source: Source | None, kind: str, items: Sequence[Any]) -> list[Any]:
    """The items with the source's partner where they name none; a sale's is its contact's."""
    if source is None or source.partner is None or kind == "sale":
        return list(items)
    return [
        {**item, "partner": source.partner}
        if isinstance(item, Mapping) and item.get("partner") in (None, "")
        else item
        for item in items
    ]
