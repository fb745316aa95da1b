"""Opening the operational store, and the two ways of using it: read, and write."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from store.documents import from_text, to_text
from store.migrate import UnknownVersion, migrate

_IN_THE_WAY = ("40P01", "40001", "55P03")  # PostgreSQL: deadlock, serialization, lock not available
_BROKEN = ("malformed", "not a database", "readonly", "read-only", "disk I/O", "is full")
# Seconds: a carrier that is not answered within fifteen takes its webhook for lost.
_CONNECT_S = 3


@dataclass(frozen=True)
class Store:
    """The operational store. One object a process; safe to share between threads."""

    engine: Engine

    @property
    def is_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; what it sees is committed."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction: committed when the block ends, rolled back when it raises."""
        with self.engine.connect().execution_options(svar_writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def is_passing(error: BaseException) -> bool:
    """Whether the same may work later: the store is away, or two transactions stood in each other's way."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | PoolTimeoutError | OSError)


class Absence:
    """Tells the log once that the store is away, and once that it is back, however much fails meanwhile."""

    def __init__(self, log: logging.Logger, consequence: str) -> None:
        self._log, self._consequence = log, consequence
        self._began: float | None = None  # s of time.monotonic

    def begins(self, error: BaseException) -> None:
        """The store was found to be away."""
        if self._began is None:
            self._began = time.monotonic()
            self._log.error("The store is away (%s); %s", type(error).__name__, self._consequence)

    def ends(self) -> bool:
        """The store was found to be there; whether it had been away."""
        if self._began is None:
            return False
        self._log.warning("The store is back after %.0f s.", time.monotonic() - self._began)
        self._began = None
        return True


class StoreFault(OSError):
    """The store cannot be opened; the message says why and what to do."""


def is_away(error: BaseException) -> bool:
    """Whether the store itself cannot be reached or written, so that nothing else would fare better.

    Two transactions that stood in each other's way are not meant: one of them has been done.
    """
    if isinstance(error, DBAPIError):
        if getattr(error.orig, "sqlstate", None) in _IN_THE_WAY:
            return False
        return is_passing(error) or any(word in str(error.orig) for word in _BROKEN)
    return is_passing(error)


def open_store(url: str) -> Store:
    """Open the store at an SQLAlchemy URL, created or brought to the newest schema where needed."""
    # Errors are logged, and a statement's values hold phone numbers: hide_parameters leaves them out.
    parsed = make_url(url)
    given: dict[str, Any] = {
        "hide_parameters": True,
        "json_serializer": to_text,
        "json_deserializer": from_text,
    }
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
        arguments = {"timeout": 30, "check_same_thread": False}
        engine = create_engine(parsed, connect_args=arguments, **given)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            parsed,
            pool_size=10,
            max_overflow=20,
            pool_pre_ping=True,
            pool_timeout=10,
            connect_args={"connect_timeout": _CONNECT_S, "tcp_user_timeout": 8_000},
            **given,
        )
    try:
        migrate(engine)
    except (DBAPIError, sqlite3.Error, UnknownVersion) as error:
        raise StoreFault(_explained(parsed, error)) from error
    return Store(engine)


def _explained(url: URL, error: Exception) -> str:
    """Why a store cannot be opened, and what to do about it, in a sentence or two."""
    where = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    if "malformed" in said or "not a database" in said:
        return f"The store {where} is damaged ({said}). Keep the file, and restore the latest backup."
    if "readonly" in said or "read-only" in said:
        return f"The store {where} cannot be written ({said}). Let this user write it and its folder."
    if "is full" in said:
        return f"The store {where} cannot be written: its disk is full."
    if isinstance(error, UnknownVersion):
        return f"The store {where} was made by a newer version of Svar ({said}). Start that version."
    return f"The store {where} cannot be opened: {said}."


def _prepare_sqlite(connection: object, _entry: ConnectionPoolEntry) -> None:
    # The driver's own implicit BEGIN is switched off: Store.write says BEGIN IMMEDIATE itself.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that later writes fails at once, whatever the busy time-out.
    writes = connection.get_execution_options().get("svar_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
