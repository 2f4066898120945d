"""Embeddings by organization, collection and id."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector

from services.storage.sql import isolate

revision = "vectors_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "vector_collections",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("dimensions", sa.Integer, nullable=False),
    )
    op.create_table(
        "vectors",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("vector", Vector(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization", "collection"],
            ["vector_collections.organization", "vector_collections.collection"],
            ondelete="CASCADE",
        ),
    )
    for table in ("vector_collections", "vectors"):
        for statement in isolate(table):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("vectors")
    op.drop_table("vector_collections")
