"""Policies in PostgreSQL: one document for each data source that has any, gone with its data source."""

import hashlib
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit.errors import Aborted
from services.validation.core.model import Limits
from services.validation.core.policy import ColumnMask, CostLimits, MaskMethod, Policy, RowFilter

_METADATA = sa.MetaData()
POLICIES = sa.Table(
    "policies",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("data_source", sa.Text, primary_key=True),
    sa.Column("document", JSONB, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("update_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
)


async def put_policy(connection: AsyncConnection, organization: str, source: str, policy: Policy) -> Policy:
    """Keeps a policy in the place of what was there; the data source's row has to be locked.

    Raises:
        Aborted: The policy is not the one any more that this one was made from.
    """
    found = await connection.execute(
        sa.select(POLICIES).where(POLICIES.c.organization == organization, POLICIES.c.data_source == source)
    )
    row = found.one_or_none()
    now = _etag(row.version, row.update_time) if row is not None else Policy().etag
    if policy.etag and policy.etag != now:
        raise Aborted(
            "POLICY_CHANGED",
            "The policy was changed by someone else meanwhile. Read it again and repeat your change.",
            metadata={"data_source": source},
        )
    document, version = _document(policy), row.version + 1 if row is not None else 1
    changed = {"document": document, "version": version, "update_time": sa.func.clock_timestamp()}
    kept = await connection.execute(
        insert(POLICIES)
        .values(organization=organization, data_source=source, **changed)
        .on_conflict_do_update(index_elements=["organization", "data_source"], set_=changed)
        .returning(POLICIES.c.document, POLICIES.c.version, POLICIES.c.update_time)
    )
    return policy_of(*kept.one())


def policy_of(document: dict[str, Any] | None, version: int | None, update_time: datetime | None) -> Policy:
    """The policy that a row holds; the default where there is none."""
    if document is None or version is None or update_time is None:
        return Policy()
    limits = document["limits"]
    return Policy(
        allowed_tables=tuple(document["allowed_tables"]),
        denied_tables=tuple(document["denied_tables"]),
        denied_columns=tuple(document["denied_columns"]),
        masks=tuple(ColumnMask(each["column"], MaskMethod(each["method"])) for each in document["masks"]),
        row_filters=tuple(RowFilter(**each) for each in document["row_filters"]),
        limits=Limits(limits["max_rows"], limits["max_bytes"], timedelta(seconds=limits["timeout_s"])),
        cost_limits=CostLimits(**document["cost_limits"]),
        allow_analyze=document.get("allow_analyze", False),
        etag=_etag(version, update_time),
    )


def _document(policy: Policy) -> dict[str, Any]:
    limits = policy.limits or Limits(0, 0, timedelta(0))
    document = asdict(policy)
    del document["etag"]
    return document | {
        "limits": {
            "max_rows": limits.max_rows,
            "max_bytes": limits.max_bytes,
            "timeout_s": limits.timeout.total_seconds(),
        }
    }


def _etag(version: int, update_time: datetime) -> str:
    """A word that no other state of the policy has, even of a data source that was deleted and made anew."""
    return hashlib.sha256(f"{version} {update_time.isoformat()}".encode()).hexdigest()[:16]
