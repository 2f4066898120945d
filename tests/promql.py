"""What an expression of PromQL asks for, read by a parser: the series, and the labels that it speaks of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser

# A duration that Grafana fills in, and the choices of people.
_VARIABLES = {"$__rate_interval": "5m"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One selector: the metric's name, a pattern where it chooses by one, and its conditions (label, operator, value).

    `spoken_of` are the labels that the expression around it groups or joins by.
    """

    name: str
    matchers: tuple[tuple[str, str, str], ...]
    spoken_of: frozenset[str]


def filled_in(expr: str) -> str:
    """An expression of a dashboard as Prometheus is asked it where nobody chose anything."""
    for variable, value in _VARIABLES.items():
        expr = expr.replace(variable, value)
    return re.sub(r"\$\w+", ".+", expr)


def asked(expr: str) -> list[Asked]:
    """The selectors of an expression.

    Raises:
        ValueError: It is no PromQL.
    """
    return list(_walk(promql_parser.parse(filled_in(expr)), frozenset()))


def _walk(node: Any, spoken_of: frozenset[str]) -> Iterator[Asked]:
    if isinstance(node, promql_parser.VectorSelector):
        found = [(each.name, str(each.op).rpartition(".")[2], each.value) for each in node.matchers.matchers]
        named = [value for label, _, value in found if label == "__name__"]
        rest = tuple(each for each in found if each[0] != "__name__")
        yield Asked(node.name or named[0], rest, spoken_of - {"le"})
        return
    for child in _children(node):
        yield from _walk(child, spoken_of | _labels(node))


def _children(node: Any) -> list[Any]:
    names = ("expr", "lhs", "rhs", "vector_selector", "param")
    parts = [getattr(node, name) for name in names if getattr(node, name, None) is not None]
    return [*parts, *getattr(node, "args", ())]


def _labels(node: Any) -> frozenset[str]:
    modifier = getattr(node, "modifier", None)
    if isinstance(node, promql_parser.AggregateExpr):
        return frozenset(modifier.labels) if modifier else frozenset()
    # A join is by labels that both sides have; of an aggregation on one side it is checked there.
    return frozenset()
