"""Organizations, members, their proofs, the audit log and the signing keys."""

import sqlalchemy as sa
from alembic import op

from services.storage.sql import isolate

revision = "0001"
down_revision = None

_TENANT_TABLES = ("organizations", "members", "sign_in_codes", "sessions", "audit_heads", "audit_events")


def upgrade() -> None:
    _people()
    _proofs()
    _audit()
    for table in _TENANT_TABLES:
        for statement in isolate(table):
            op.execute(statement)
    # The keys are the platform's, so they belong to no organization.
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_time", _time(), nullable=False),
    )


def downgrade() -> None:
    for table in ("signing_keys", *reversed(_TENANT_TABLES)):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change")


def _people() -> None:
    op.create_table(
        "organizations",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("create_time", _time(), nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("organization", sa.Text, sa.ForeignKey("organizations.organization"), primary_key=True),
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("create_time", _time(), nullable=False),
    )


def _proofs() -> None:
    for table, columns in {
        "sign_in_codes": (),
        "sessions": (
            sa.Column("id", sa.Text, nullable=False),
            sa.Column("create_time", _time(), nullable=False),
            sa.Column("use_time", _time(), nullable=False),
            sa.Column("revoke_time", _time()),
        ),
    }.items():
        op.create_table(
            table,
            sa.Column("organization", sa.Text, primary_key=True),
            sa.Column("digest", sa.LargeBinary, primary_key=True),
            sa.Column("member", sa.Text(collation="C"), nullable=False),
            sa.Column("expire_time", _time(), nullable=False),
            *columns,
            sa.ForeignKeyConstraint(
                ["organization", "member"], ["members.organization", "members.id"], ondelete="CASCADE"
            ),
        )
        op.create_index(f"{table}_member", table, ["organization", "member"])


def _audit() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "audit_events",
        sa.Column("organization", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("create_time", _time(), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
    )
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)
