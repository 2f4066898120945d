"""The errors that Candor raises, each with a reason that never changes and a message that says what to do.

    CandorError
    ├── InvalidArgument       the request is wrong in itself
    ├── FailedPrecondition    the request is right, the state is not
    ├── NotFound
    ├── AlreadyExists
    ├── Aborted               someone else changed it meanwhile; read it and try again
    ├── Unauthenticated       who is asking is not known
    ├── PermissionDenied      who is asking may not
    ├── ResourceExhausted     too much at once
    ├── Cancelled
    ├── DeadlineExceeded
    ├── Unavailable           a part that is needed does not answer; trying again may help
    ├── Unimplemented
    └── Internal              our fault; the caller learns a trace id and nothing else

Reasons are the values of `candor.errors.v1.ErrorReason` without their prefix. `core` raises these;
`services.kit.rpc` turns them into `google.rpc.Status` on the way out and raises them again in the caller.
"""

from collections.abc import Mapping
from typing import ClassVar


class CandorError(Exception):
    """An error with a stable reason, a message for a person, and metadata for a program.

    Args:
        reason: A value of `candor.errors.v1.ErrorReason` without `ERROR_REASON_`, such as "TABLE_NOT_FOUND".
        message: What is wrong and what to do next, as a sentence or two.
        metadata: The parts of the message that vary, as text; never a secret.
        fields: For each field of the request that is wrong, what is wrong with it.
        retry_after_s: After how many seconds trying again may help.
    """

    code: ClassVar[str] = "UNKNOWN"

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.fields = dict(fields or {})
        self.retry_after_s = retry_after_s

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.reason}: {self.message})"


class InvalidArgument(CandorError):
    """The request is wrong in itself and stays wrong when it is repeated."""

    code = "INVALID_ARGUMENT"


class FailedPrecondition(CandorError):
    """The request is right, but the state of things does not allow it now."""

    code = "FAILED_PRECONDITION"


class NotFound(CandorError):
    """What the request names does not exist, or is not the caller's to see."""

    code = "NOT_FOUND"


class AlreadyExists(CandorError):
    """What the request would create exists."""

    code = "ALREADY_EXISTS"


class Aborted(CandorError):
    """Someone else changed it meanwhile; reading it again and repeating the change may help."""

    code = "ABORTED"


class Unauthenticated(CandorError):
    """Who is asking is not known."""

    code = "UNAUTHENTICATED"


class PermissionDenied(CandorError):
    """Who is asking may not do this."""

    code = "PERMISSION_DENIED"


class ResourceExhausted(CandorError):
    """Too much was asked at once."""

    code = "RESOURCE_EXHAUSTED"


class Cancelled(CandorError):
    """The work was stopped on request."""

    code = "CANCELLED"


class DeadlineExceeded(CandorError):
    """The work took longer than it was allowed."""

    code = "DEADLINE_EXCEEDED"


class Unavailable(CandorError):
    """A part that is needed does not answer; trying again may help."""

    code = "UNAVAILABLE"


class Unimplemented(CandorError):
    """Nothing here does this."""

    code = "UNIMPLEMENTED"


class Internal(CandorError):
    """Our fault; the log has the rest."""

    code = "INTERNAL"


BY_CODE: Mapping[str, type[CandorError]] = {
    error.code: error
    for error in (
        InvalidArgument,
        FailedPrecondition,
        NotFound,
        AlreadyExists,
        Aborted,
        Unauthenticated,
        PermissionDenied,
        ResourceExhausted,
        Cancelled,
        DeadlineExceeded,
        Unavailable,
        Unimplemented,
        Internal,
    )
}
