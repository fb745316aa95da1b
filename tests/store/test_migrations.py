"""A store of any older version opens, with what it held."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from settings import Settings
from store import Store, open_store
from store.migrate import HEAD
from store.schema import metadata


def test_the_migrations_end_at_the_schema_that_the_statements_use(store: Store) -> None:
    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_twice_changes_nothing(store: Store) -> None:
    again = open_store(store.engine.url.render_as_string(hide_password=False))
    with again.read() as connection:
        assert connection.scalar(text("select version_num from alembic_version")) == HEAD
    again.close()


@pytest.mark.parametrize("stamped", [True, False])
def test_a_store_of_the_first_version_keeps_what_it_held(settings: Settings, stamped: bool) -> None:
    from alembic import command
    from alembic.config import Config

    settings.home.mkdir(parents=True)
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "store/migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        if not stamped:
            connection.execute(text("drop table alembic_version"))
        connection.execute(
            text(
                "insert into decision (contact_id, customer_key, state, reason, due_at, created_at)"
                " values ('c1', 'k', 'waiting', 'new', 0, 0)"
            )
        )
    engine.dispose()
    store = open_store(settings.database_url)
    with store.read() as connection:
        assert connection.execute(text("select contact_id, attempts from decision")).all() == [("c1", 0)]
        assert "early_status" in inspect(connection).get_table_names()
    store.close()
