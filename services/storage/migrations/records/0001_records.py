"""Documents by organization, collection and id."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.storage.sql import isolate

revision = "records_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "records",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("collection", sa.Text, primary_key=True),
        # Ids sort by their bytes, as in every other adapter.
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    for statement in isolate("records"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("records")
