"""Between policies and their messages."""

from typing import Any

from candor.validation.v1 import validation_service_pb2 as pb

from services.validation.core.policy import ColumnMask, CostLimits, MaskMethod, Policy, RowFilter
from services.validation.wire.statements import limits_from_proto

_METHOD_FROM_PROTO: dict[int, MaskMethod] = {
    pb.ColumnMask.METHOD_UNSPECIFIED: MaskMethod.NULL,
    pb.ColumnMask.METHOD_NULL: MaskMethod.NULL,
    pb.ColumnMask.METHOD_STARS: MaskMethod.STARS,
    pb.ColumnMask.METHOD_LAST_FOUR: MaskMethod.LAST_FOUR,
}
_METHOD_TO_PROTO: dict[MaskMethod, Any] = {method: number for number, method in _METHOD_FROM_PROTO.items()}


def policy_from_proto(message: pb.Policy) -> Policy:
    """A policy as a person writes it; the etag is that of the policy it was made from, empty where any may be."""
    return Policy(
        allowed_tables=tuple(message.allowed_tables),
        denied_tables=tuple(message.denied_tables),
        denied_columns=tuple(message.denied_columns),
        masks=tuple(ColumnMask(each.column, _METHOD_FROM_PROTO[each.method]) for each in message.masked_columns),
        row_filters=tuple(RowFilter(each.table, each.condition) for each in message.row_filters),
        limits=limits_from_proto(message.limits),
        cost_limits=CostLimits(
            message.cost_limits.max_cost, message.cost_limits.max_rows_read, message.cost_limits.max_bytes_read
        ),
        allow_analyze=message.allow_analyze,
        etag=message.etag,
    )


def policy_to_proto(policy: Policy, organization: str, source: str) -> pb.Policy:
    """The policy of a data source."""
    message = pb.Policy(
        name=f"organizations/{organization}/dataSources/{source}/policy",
        allowed_tables=policy.allowed_tables,
        denied_tables=policy.denied_tables,
        denied_columns=policy.denied_columns,
        masked_columns=[
            pb.ColumnMask(column=each.column, method=_METHOD_TO_PROTO[each.method]) for each in policy.masks
        ],
        row_filters=[pb.RowFilter(table=each.table, condition=each.condition) for each in policy.row_filters],
        cost_limits=pb.CostLimits(
            max_cost=policy.cost_limits.max_cost,
            max_rows_read=policy.cost_limits.max_rows_read,
            max_bytes_read=policy.cost_limits.max_bytes_read,
        ),
        allow_analyze=policy.allow_analyze,
        etag=policy.etag,
    )
    if policy.limits is not None:
        message.limits.max_rows = policy.limits.max_rows
        message.limits.max_bytes = policy.limits.max_bytes
        message.limits.timeout.FromTimedelta(policy.limits.timeout)
    return message
