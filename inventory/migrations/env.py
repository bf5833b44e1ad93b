"""Run by Alembic on the connection that `inventory.migrations.upgrade` gives; nothing else to set up."""

from __future__ import annotations

from alembic import context

from inventory.sql.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
