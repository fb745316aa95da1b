"""Alembic's entry: runs the migrations on the connection that :mod:`store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The caller's transaction: a migration is applied whole, or not at all.
    transactional_ddl=True,
)
context.run_migrations()
