"""Runs the migrations on the connection that ``storage.upgrade`` hands over."""

from __future__ import annotations

from alembic import context

from kb_assist.storage.schema import complete_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=complete_metadata(),
    render_as_batch=True,
    # SQLite can roll back table changes; Alembic assumes it cannot.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
