"""Statuses that gRPC itself or a proxy made: a caller gets Candor's reason for them, and words for a person."""

import pytest
from google.rpc import code_pb2, status_pb2

from services.kit import errors
from services.kit.rpc.status import error_from_status, status_from_error

# What a status says, and the error that it becomes.
MADE_ELSEWHERE = [
    (code_pb2.UNAVAILABLE, "last error: UNAVAILABLE: unix:/run/x.sock: Connection refused", errors.Unavailable, 1.0),
    (code_pb2.INTERNAL, "Received RST_STREAM with error code 2", errors.Unavailable, 1.0),
    (code_pb2.DEADLINE_EXCEEDED, "Stream removed (Deadline Exceeded)", errors.DeadlineExceeded, None),
    (code_pb2.RESOURCE_EXHAUSTED, "Concurrent RPC limit exceeded!", errors.ResourceExhausted, 1.0),
    (code_pb2.CANCELLED, "Channel closed!", errors.Cancelled, None),
]


@pytest.mark.parametrize(("code", "words", "kind", "retry_after_s"), MADE_ELSEWHERE)
def test_what_a_machine_said_is_said_for_a_person(
    code: int, words: str, kind: type[errors.CandorError], retry_after_s: float | None
) -> None:
    error = error_from_status(status_pb2.Status(code=code, message=words))
    assert type(error) is kind
    assert words not in error.message
    assert error.message.endswith(".")
    assert error.retry_after_s == retry_after_s


@pytest.mark.parametrize("kind", [errors.Unavailable, errors.Internal, errors.DeadlineExceeded, errors.Cancelled])
def test_what_candor_said_stays_as_it_is(kind: type[errors.CandorError]) -> None:
    said = kind("MODEL_UNAVAILABLE", "Our own words", metadata={"a": "b"}, fields={"c": "d"}, retry_after_s=7.0)
    heard = error_from_status(status_from_error(said))
    assert (type(heard), heard.reason, heard.message) == (kind, said.reason, said.message)
    assert (heard.metadata, heard.fields, heard.retry_after_s) == (said.metadata, said.fields, said.retry_after_s)
