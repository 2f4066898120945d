"""Data sources, the keys that seal them, and answers by request id."""

import sqlalchemy as sa
from alembic import op

from services.storage.sql import isolate, request_answers_table

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "data_sources",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("sealed_connection", sa.LargeBinary, nullable=False),
        sa.Column("own", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "organization_keys",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.execute(sa.schema.CreateTable(request_answers_table()))
    for table in ("data_sources", "organization_keys", "request_answers"):
        for statement in isolate(table):
            op.execute(statement)


def downgrade() -> None:
    for table in ("request_answers", "organization_keys", "data_sources"):
        op.drop_table(table)
