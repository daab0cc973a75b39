"""Alembic's entry point. The connection, inside its transaction, is handed in by `rawk.adapters.postgres.migrate`."""

from alembic import context

from rawk.adapters.postgres.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
context.run_migrations()
