"""Alembic's door: the tables of `cardservice.db.tables`, over the connection we hand in."""

from __future__ import annotations

from alembic import context

from cardservice.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
