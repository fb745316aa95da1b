"""Whether the store can be trusted and written, and whether its disk has room: what health is made of."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from store.engine import Store
from store.lease import note

LOW_BYTES = 1_000_000_000  # free on a disk of ours: under this a person must see to it
PROBE = "health:probe"  # the note that is written to see whether writes succeed
# Codes of what can be wrong, in words for whoever runs the installation.
FAULTS = {
    "store_damaged": "The store's file is damaged. Stop Svar, keep the file, and restore the latest backup.",
    "store_not_writable": "The store cannot be written: it is away, read-only, or its disk is full.",
    "disk_low": "The disk of the state is nearly full; nothing can be kept when it is.",
}


def damaged(store: Store) -> bool:
    """Whether pages of an SQLite file contradict each other. PostgreSQL sees to its own.

    It reads the whole file.
    """
    if store.is_postgres:
        return False
    try:
        with store.read() as connection:
            return bool(connection.scalar(text("pragma quick_check(1)")) != "ok")
    except (SQLAlchemyError, sqlite3.Error) as error:
        return "malformed" in str(error) or "not a database" in str(error)


def writable(store: Store) -> bool:
    """Whether a write is committed just now."""
    try:
        note(store, PROBE, "", int(time.time()))
    except (SQLAlchemyError, sqlite3.Error, OSError):
        return False
    return True


def disk_low(folders: Iterable[Path], low: int = LOW_BYTES) -> bool:
    """Whether a disk that holds one of these folders has less than ``low`` bytes free."""
    return any(shutil.disk_usage(folder).free < low for folder in folders if folder.exists())
