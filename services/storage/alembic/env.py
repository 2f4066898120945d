"""Alembic's environment of every service: the connection comes from `services.storage.sql.migrate`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
