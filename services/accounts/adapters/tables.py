"""The tables of accounts, as `migrations` makes them."""

import sqlalchemy as sa

_METADATA = sa.MetaData()
_TIME = sa.DateTime(timezone=True)

organizations = sa.Table(
    "organizations",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("display_name", sa.Text),
    sa.Column("create_time", _TIME),
)
members = sa.Table(
    "members",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("display_name", sa.Text),
    sa.Column("roles", sa.ARRAY(sa.Text)),
    sa.Column("create_time", _TIME),
)
sign_in_codes = sa.Table(
    "sign_in_codes",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("member", sa.Text),
    sa.Column("expire_time", _TIME),
)
sessions = sa.Table(
    "sessions",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("id", sa.Text),
    sa.Column("member", sa.Text),
    sa.Column("create_time", _TIME),
    sa.Column("use_time", _TIME),
    sa.Column("expire_time", _TIME),
    sa.Column("revoke_time", _TIME),
)
audit_heads = sa.Table(
    "audit_heads",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger),
)
audit_events = sa.Table(
    "audit_events",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    sa.Column("create_time", _TIME),
    sa.Column("actor", sa.Text),
    sa.Column("action", sa.Text),
    sa.Column("resource", sa.Text),
)
signing_keys = sa.Table(
    "signing_keys",
    _METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("public_key", sa.LargeBinary),
    sa.Column("sealed_private_key", sa.LargeBinary),
    sa.Column("sign_time", _TIME),
)
