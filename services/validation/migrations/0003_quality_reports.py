"""Reports of data quality."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.storage.sql import isolate

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "quality_reports",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("data_source", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("summary", JSONB, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        # What was found in a data source goes with it.
        sa.ForeignKeyConstraint(
            ["organization", "data_source"], ["data_sources.organization", "data_sources.id"], ondelete="CASCADE"
        ),
    )
    op.create_index("quality_reports_by_target", "quality_reports", ["organization", "data_source", "target", "id"])
    for statement in isolate("quality_reports"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("quality_reports")
