"""A client's manners: where to call, with which token and deadline, what a refusal says, how a broken watch goes on."""

import ipaddress
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from google.rpc import error_details_pb2, status_pb2

VERSION = "0.1.0"
DEADLINE_S = 15.0
# Seconds before each further try of a watch that brings nothing new; after the last one its failure is raised.
BACKOFF_S = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
RESUMABLE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
OPTIONS = [
    ("grpc.primary_user_agent", f"candor-python/{VERSION}"),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # The mesh retries, and only the mesh: two layers would multiply.
    ("grpc.enable_retries", 0),
    ("grpc.service_config_disable_resolution", 1),
]


class Incomplete(Exception):
    """A generation's stream kept ending without a result or an error."""


@dataclass(frozen=True)
class Failure:
    """What a failed call says, for a program to decide by."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    retry_after_s: float | None = None


def failure(error: grpc.RpcError) -> Failure:
    """Reads google.rpc.ErrorInfo and google.rpc.RetryInfo out of a failed call."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    retry_after_s = None
    for detail in status.details:
        detail.Unpack(info)
        if detail.Unpack(retry):
            retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
    return Failure(error.code(), error.details() or "", info.reason, dict(info.metadata), retry_after_s)


def open_channel(address: str, token: str | Callable[[], str], *, plaintext: bool | None = None) -> grpc.Channel:
    """A channel that sends the token with every call and gives every unary call without a deadline one of 15 seconds.

    Args:
        address: Host and port.
        token: An access token, or what gives one that is good now: it is asked before every call.
        plaintext: Without TLS. Where None, only for this machine's own addresses.
    """
    bare = is_loopback(address) if plaintext is None else plaintext
    if bare:
        channel = grpc.insecure_channel(address, options=OPTIONS)
    else:
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(), options=OPTIONS)
    return grpc.intercept_channel(channel, _Manners(token if callable(token) else lambda: token))


def watch(channel: grpc.Channel, name: str, *, after_sequence: int = 0) -> Generator[pb.GenerationEvent, None, None]:
    """A generation's events after a sequence, each once and in order, to its result or error; heartbeats are left out.

    A stream that breaks or ends early goes on after the last event, as often as that brings something new.

    Raises:
        grpc.RpcError: The call was refused, or it kept failing; `failure` reads it.
        Incomplete: The stream kept ending without a result or an error.
    """
    stub, place = rpc.GenerationServiceStub(channel), Place(name, after_sequence)
    while True:
        call, problem = stub.WatchGeneration(place.request()), None
        try:
            for response in call:
                yield from place.new_in(response)
                if place.is_end:
                    return
        except grpc.RpcError as error:
            problem = error
        finally:
            call.cancel()
        time.sleep(place.pause_s(problem))


@dataclass
class Place:
    """How far a watch has come, and whether it may go on after a stream that broke or ended early."""

    name: str
    last: int
    is_end: bool = False
    tries: int = 0

    def request(self) -> pb.WatchGenerationRequest:
        """Asks for what comes next."""
        return pb.WatchGenerationRequest(name=self.name, after_sequence=self.last)

    def new_in(self, response: pb.WatchGenerationResponse) -> Iterator[pb.GenerationEvent]:
        """The events that were not seen before, up to the end."""
        for event in response.events:
            kind = event.WhichOneof("event")
            if kind == "heartbeat" or event.sequence <= self.last or self.is_end:
                continue
            self.last, self.tries = event.sequence, 0
            self.is_end = kind in {"result", "error"}
            yield event

    def pause_s(self, problem: grpc.RpcError | None) -> float:
        """Seconds until the next try; raises the problem, or Incomplete where there is none, when there is to be none.

        INTERNAL without a reason is a stream that was reset on its way, as when a service dies.
        """
        lost = Incomplete(f"{self.name} ended after event {self.last} without a result or an error")
        code = problem.code() if problem else None
        resumable = problem is None or code in RESUMABLE
        if not resumable and not (code is grpc.StatusCode.INTERNAL and not failure(problem).reason):
            raise problem
        if self.tries == len(BACKOFF_S):
            raise problem or lost
        self.tries += 1
        return BACKOFF_S[self.tries - 1]


def is_loopback(address: str) -> bool:
    """Whether an address of a host and a port is one of this machine's own."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Details(grpc.ClientCallDetails):
    def __init__(self, details: Any, *, token: str, timeout: float | None) -> None:
        self.method, self.timeout = details.method, timeout
        self.metadata = [*(details.metadata or ()), ("authorization", f"Bearer {token}")]
        self.credentials, self.wait_for_ready = details.credentials, details.wait_for_ready
        self.compression = details.compression


class _Manners(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        timeout = DEADLINE_S if details.timeout is None else details.timeout
        return continuation(_Details(details, token=self._token(), timeout=timeout), request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(_Details(details, token=self._token(), timeout=details.timeout), request)
