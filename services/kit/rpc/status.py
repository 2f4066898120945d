"""Between Candor's errors and `google.rpc.Status` with one `ErrorInfo`."""

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from services.kit import errors

DOMAIN = "candor"


def status_from_error(error: errors.CandorError) -> status_pb2.Status:
    """The status that tells a caller of an error."""
    details: list[Any] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata),
    ]
    if error.fields:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=name, description=text)
            for name, text in error.fields.items()
        ]
        details.append(error_details_pb2.BadRequest(field_violations=violations))
    if error.retry_after_s is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(int(error.retry_after_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code), message=error.message)
    for detail in details:
        status.details.add().Pack(detail)
    return status


def error_from_status(status: status_pb2.Status) -> errors.CandorError:
    """The error that a status tells of.

    One without our `ErrorInfo` was made by gRPC itself or by a proxy: it gets the reason of its code, and words for a
    person, for theirs name sockets and streams.
    """
    name = code_pb2.Code.Name(status.code) if status.code in code_pb2.Code.values() else "UNKNOWN"
    info, bad_request, retry = (
        _detail(status.details, message)
        for message in (error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo())
    )
    # Ours says more: this one is a stream that was reset on its way, as when whoever answered it ended.
    name = "UNAVAILABLE" if name == "INTERNAL" and info is None else name
    kind = errors.BY_CODE.get(name, errors.Internal)
    foreign = _FOREIGN.get(name, ("INTERNAL", "", None))
    return kind(
        info.reason if info else foreign[0],
        status.message if info else foreign[1] or status.message,
        metadata=dict(info.metadata) if info else None,
        fields={v.field: v.description for v in bad_request.field_violations} if bad_request else None,
        retry_after_s=retry.retry_delay.ToTimedelta().total_seconds() if retry else None if info else foreign[2],
    )


# What is said of statuses that gRPC itself or a proxy made: the reason, the words (empty where theirs say more), and
# after how many seconds trying again may help.
_FOREIGN: Mapping[str, tuple[str, str, float | None]] = {
    "CANCELLED": ("CANCELLED", "The call was cancelled.", None),
    "DEADLINE_EXCEEDED": ("DEADLINE_EXCEEDED", "The call took longer than it was allowed. Allow it more time.", None),
    "RESOURCE_EXHAUSTED": ("OVERLOADED", "Too much at once. Try again in a few seconds.", 1.0),
    "UNAVAILABLE": (
        "SERVICE_UNAVAILABLE",
        "A service that this call needs does not answer. Try again in a few seconds.",
        1.0,
    ),
    "UNIMPLEMENTED": ("UNIMPLEMENTED", "", None),
    "INVALID_ARGUMENT": ("INVALID_ARGUMENT", "", None),
}


def _detail(details: Iterable[any_pb2.Any], message: Any) -> Any:
    return next((message for each in details if each.Unpack(message)), None)
