"""Jobs, their events, answers by request id, and procrastinate's own tables."""

from alembic import op
from procrastinate.schema import SchemaManager

from services.kit.jobs.tables import EVENTS, JOBS
from services.storage.sql import isolate, request_answers_table

revision = "generation_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    for table in (JOBS, EVENTS, request_answers_table()):
        table.create(connection)
        for statement in isolate(table.name):
            op.execute(statement)
    # The driver's own cursor: SQLAlchemy passes parameters always, and then a bare % would be read as one of them.
    connection.connection.cursor().execute(SchemaManager.get_schema())


def downgrade() -> None:
    for table in ("request_answers", "job_events", "jobs"):
        op.drop_table(table)
