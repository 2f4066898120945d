"""Who may call what in the mesh, and how long a call may take: `callers.toml`, checked against the contract."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.contract import Contract, Method

CALLERS = Path(__file__).with_name("callers.toml")


class CallersError(ValueError):
    """The table names something that the contract does not know; the message says what."""


@dataclass(frozen=True)
class Limits:
    """How long calls may take and how often they are tried."""

    unary_s: float
    try_s: float
    stream_idle_s: float
    retries: int
    retry_budget_percent: float
    unhurried: frozenset[Method]
    endpoint_failures: int

    def timeout_s(self, method: Method) -> float | None:
        """What a whole call may take, in seconds; None for streams, which only may not be silent for long."""
        return None if method.server_streaming or method.client_streaming else self.unary_s

    def try_timeout_s(self, method: Method) -> float | None:
        """What one try of a call that may be retried may take; None where only the whole call is bounded.

        A stream has none: it would cut, and repeat, one whose first message takes long.
        """
        whole = self.timeout_s(method)
        return None if whole is None or not method.retryable or method in self.unhurried else min(self.try_s, whole)


@dataclass(frozen=True)
class Rate:
    """How many calls per second one pod of a workload answers."""

    total: int
    caller: int
    """How many of them may come from one caller."""


@dataclass(frozen=True)
class Callers:
    """The table."""

    may_call: Mapping[str, tuple[Method, ...]]
    """By caller, in the contract's order."""
    http: Mapping[str, tuple[str, ...]]
    """Workloads that speak HTTP, and who may call them."""
    limits: Limits
    rates: Mapping[str, Rate]
    """By workload, and under "default" for the others."""

    @property
    def workloads(self) -> tuple[str, ...]:
        """Everything that runs in the mesh, sorted."""
        called = {method.room for methods in self.may_call.values() for method in methods}
        return tuple(sorted({*self.may_call, *self.http, *called}))

    def rate_of(self, workload: str) -> Rate:
        """How many calls per second a pod of a workload answers."""
        return self.rates.get(workload, self.rates["default"])

    def callers_of(self, room: str) -> dict[str, tuple[Method, ...]]:
        """Who may call a service, and which of its methods."""
        found = {
            caller: tuple(method for method in methods if method.room == room)
            for caller, methods in self.may_call.items()
        }
        return {caller: methods for caller, methods in found.items() if methods}

    def called_by(self, caller: str) -> dict[str, tuple[Method, ...]]:
        """Which gRPC services a workload may call, and which of their methods."""
        methods = self.may_call.get(caller, ())
        return {
            room: tuple(each for each in methods if each.room == room) for room in sorted({m.room for m in methods})
        }


def read_callers(contract: Contract, path: Path = CALLERS) -> Callers:
    """The table in a file.

    Raises:
        CallersError: It names a method that the contract does not have, or a workload that is not there, or lets one
            caller take more calls than all callers together.
    """
    table = tomllib.loads(path.read_text())
    known = {f"{method.service.rpartition('.')[2]}/{method.name}": method for method in contract.methods}

    def methods(names: list[str]) -> tuple[Method, ...]:
        unknown = sorted(set(names) - known.keys() - {"*"})
        if unknown:
            raise CallersError(f"{path.name} names {', '.join(unknown)}, which no proto defines.")
        return tuple(method for name, method in known.items() if "*" in names or name in names)

    limits: dict[str, Any] = dict(table["limits"])
    callers = Callers(
        may_call={caller: methods(names) for caller, names in table["may_call"].items()},
        http={name: tuple(allowed) for name, allowed in table["http"].items()},
        limits=Limits(**limits | {"unhurried": frozenset(methods(limits["unhurried"]))}),
        rates={name: Rate(**rate) for name, rate in table["rate"].items()},
    )
    strangers = {each for allowed in callers.http.values() for each in allowed} - callers.may_call.keys()
    if strangers:
        raise CallersError(f"{path.name} lets {', '.join(sorted(strangers))} call, who is no caller.")
    unknown = sorted(callers.rates.keys() - {"default", *callers.workloads})
    if unknown:
        raise CallersError(f"{path.name} gives {', '.join(unknown)} a rate, but nothing is called so.")
    greedy = sorted(name for name, rate in callers.rates.items() if rate.caller > rate.total)
    if greedy:
        raise CallersError(f"{path.name} lets one caller of {', '.join(greedy)} take more than there is.")
    return callers
