"""What callers do with calls to a service: one GRPCRoute for each way of treating a method.

Linkerd applies these in the caller's proxy. Its retries are told by annotations of a route, so methods that are treated
alike share one. Every Service has a catch-all too: where a Service has any GRPCRoute, a call that matches none of them
has no route at all, and health checks would fail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mesh.callers import Limits
from mesh.contract import Contract, Method
from mesh.linkerd.resources import GRPC_PORT, Manifest, duration, in_rules, reference, resource

RETRIED_CODE = "unavailable"
"""The only code that says that nothing was done (AIP-194). A list must have no spaces: Linkerd does not trim it."""


@dataclass(frozen=True)
class _Treatment:
    name: str
    takes: Callable[[Limits, Method], bool]
    annotations: Callable[[Limits], Mapping[str, str]]


def _is_stream(limits: Limits, method: Method) -> bool:
    return limits.timeout_s(method) is None


def _is_repeatable(limits: Limits, method: Method) -> bool:
    return method.retryable and not _is_stream(limits, method)


def _whole(limits: Limits) -> dict[str, str]:
    return {"timeout.linkerd.io/request": duration(limits.unary_s)}


def _repeated(limits: Limits) -> dict[str, str]:
    return {
        "retry.linkerd.io/grpc": RETRIED_CODE,
        "retry.linkerd.io/limit": str(limits.retries),
        **_whole(limits),
    }


def _silence(limits: Limits) -> dict[str, str]:
    return {"timeout.linkerd.io/idle": duration(limits.stream_idle_s)}


_TREATMENTS = (
    # A request timeout would bound the whole stream, and a stream that has begun is the caller's to resume.
    _Treatment("streams", _is_stream, _silence),
    _Treatment("once", lambda limits, method: not _is_repeatable(limits, method), _whole),
    _Treatment("retried-unhurried", lambda limits, method: method in limits.unhurried, _repeated),
    _Treatment(
        "retried",
        _is_repeatable,
        lambda limits: {**_repeated(limits), "retry.linkerd.io/timeout": duration(limits.try_s)},
    ),
)


def routes_to(room: str, contract: Contract, limits: Limits) -> list[Manifest]:
    """The GRPCRoutes of a service; each method is in exactly one, beside the catch-all."""
    treated: dict[str, list[Method]] = {treatment.name: [] for treatment in _TREATMENTS}
    for method in contract.methods:
        if method.room == room:
            treated[next(each.name for each in _TREATMENTS if each.takes(limits, method))].append(method)
    made = [
        _route(room, treatment.name, treatment.annotations(limits), treated[treatment.name])
        for treatment in _TREATMENTS
        if treated[treatment.name]
    ]
    # It may match a stream of health or reflection, so that it has no request timeout either.
    return [*made, _route(room, "rest", _silence(limits), [])]


def _route(room: str, name: str, annotations: Mapping[str, str], methods: list[Method]) -> Manifest:
    backends = [{"name": room, "port": GRPC_PORT}]
    matches = [{"method": {"type": "Exact", "service": each.service, "method": each.name}} for each in methods]
    rules = in_rules(matches, backendRefs=backends) if matches else [{"backendRefs": backends}]
    parent = {**reference("Service", room), "port": GRPC_PORT}
    return resource("GRPCRoute", f"{room}-{name}", {"parentRefs": [parent], "rules": rules}, annotations)


def resting(limits: Limits) -> dict[str, str]:
    """The annotations of a Service by which callers let a failing endpoint rest, 1 s at first and 60 s at most."""
    prefix = "balancer.linkerd.io/failure-accrual"
    return {
        prefix: "consecutive",
        f"{prefix}-consecutive-max-failures": str(limits.endpoint_failures),
        f"{prefix}-consecutive-min-penalty": "1s",
        f"{prefix}-consecutive-max-penalty": "60s",
    }
