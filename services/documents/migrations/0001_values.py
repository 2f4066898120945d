"""The values of data sources."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.storage.sql import isolate

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "column_values",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("data_source", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("column_name", sa.Text, nullable=False),
        sa.Column("stored_values", ARRAY(sa.Text), nullable=False),
    )
    for statement in isolate("column_values"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("column_values")
