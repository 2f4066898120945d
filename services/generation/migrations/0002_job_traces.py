"""The trace in which a job was asked for."""

from alembic import op

revision = "generation_0002"
down_revision = "generation_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A database that is made now has the column from the table's own definition.
    op.execute("ALTER TABLE jobs ADD COLUMN IF NOT EXISTS traceparent text NOT NULL DEFAULT ''")


def downgrade() -> None:
    op.drop_column("jobs", "traceparent")
