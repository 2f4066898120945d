"""What each data source lets through."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.storage.sql import isolate

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("data_source", sa.Text, primary_key=True),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.ForeignKeyConstraint(
            ["organization", "data_source"], ["data_sources.organization", "data_sources.id"], ondelete="CASCADE"
        ),
    )
    for statement in isolate("policies"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("policies")
