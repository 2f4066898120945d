"""Alembic's environment of every service: the connection comes from `services.storage.sql.migrate`."""

from alembic import context

attributes = context.config.attributes
context.configure(connection=attributes["connection"], version_table=attributes["version_table"])
with context.begin_transaction():
    context.run_migrations()
