"""Bringing a store to the newest schema, from nothing or from any older version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import column, table

HEAD = "0007"
_VERSION: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))
_LOCK = 7_382_001  # any number of our own


class UnknownVersion(Exception):
    """The schema is of a version that this program does not know."""


def migrate(engine: Engine) -> None:
    """Apply what is missing, in one transaction; of several processes at once only one does."""
    if _version(engine) == HEAD:
        return
    with engine.connect().execution_options(svar_writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _upgrade(connection)


def _version(engine: Engine) -> str | None:
    # The usual case costs one query; Alembic itself is loaded only when there is something to do.
    try:
        with engine.connect() as connection:
            version: str | None = connection.scalar(_VERSION)
    except DBAPIError:
        return None
    return version


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    tables = set(inspect(connection).get_table_names())
    if "decision" in tables and "alembic_version" not in tables:
        # Made before there were migrations: by the first version, or by a later one.
        command.stamp(config, "0002" if "early_status" in tables else "0001")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise UnknownVersion(str(error)) from error
