"""Expectations as the library takes them: Candor's own put in its words, types that the bounds decide."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.kit.catalog import ColumnType
from services.validation.core.quality.drift import partition_of
from services.validation.core.quality.exact import comparable
from services.validation.core.quality.model import Distribution, Expectation
from services.validation.core.quality.ports import Question
from services.validation.core.quality.vocabulary import Kind, vocabulary

_RECENT = "expect_column_max_to_be_recent"
_DIVERGENCE = "expect_column_kl_divergence_to_be_less_than"
_TYPED = frozenset(ColumnType) - {ColumnType.TEXT, ColumnType.OTHER}


def in_library_words(expectation: Expectation, now: datetime) -> Expectation:
    """The same expectation by a name that the library has: an age becomes a bound."""
    if expectation.type != _RECENT:
        return expectation
    oldest = now - timedelta(hours=float(expectation.parameters["max_age_hours"]))
    return replace(expectation, type="expect_column_max_to_be_between", parameters={"min_value": oldest.isoformat(" ")})


def question_of(position: int, expectation: Expectation, before: Distribution | None, *, show: bool) -> Question | None:
    """An expectation as the library takes it; None where the library is not asked.

    Args:
        position: The expectation's.
        expectation: In the library's words.
        before: The column's distribution in the report that is compared with.
        show: Whether values may be told.
    """
    kind = vocabulary()[expectation.type]
    if kind.reads == "own" or (expectation.type == _DIVERGENCE and before is None):
        return None
    arguments = _named(expectation.columns, kind) | _parameters(expectation, kind)
    if kind.rows and expectation.mostly < 1:
        arguments["mostly"] = expectation.mostly
    if expectation.type == _DIVERGENCE and before is not None:
        arguments["partition_object"] = partition_of(before)
    return Question(position, expectation.type, arguments, kind.reads, expectation.columns, show)


def type_by_bounds(declared: ColumnType, column: str, expectations: Sequence[Expectation]) -> ColumnType:
    """The type that a column is read as: where the database says no more than text, its bounds decide."""
    about = [each for each in expectations if each.columns == (column,)]
    if any(each.type == _RECENT for each in about):
        return ColumnType.TIMESTAMP
    if declared in _TYPED:
        return declared
    for expectation in about:
        bounds = [expectation.parameters.get(name) for name in ("min_value", "max_value")]
        if vocabulary()[expectation.type].reads != "typed" or all(each is None for each in bounds):
            continue
        kinds = {type(comparable(each)) for each in bounds if each is not None}
        if kinds == {float}:
            return ColumnType.NUMBER
        if kinds == {datetime}:
            return ColumnType.TIMESTAMP
    return declared


def _named(columns: Sequence[str], kind: Kind) -> dict[str, Any]:
    match kind.columns:
        case "one":
            return {"column": columns[0]}
        case "two":
            return {"column_A": columns[0], "column_B": columns[1]}
        case "many":
            return {"column_list": list(columns)}
    return {}


def _parameters(expectation: Expectation, kind: Kind) -> dict[str, Any]:
    return {name: _plain(value, kind.parameters[name]) for name, value in expectation.parameters.items()}


def _plain(value: Any, kind: str) -> Any:
    """Numbers that are whole as such: a request knows one kind of number alone."""
    if isinstance(value, list | tuple):
        return [_plain(each, kind) for each in value]
    if isinstance(value, Mapping):
        return {name: _plain(each, kind) for name, each in value.items()}
    whole = isinstance(value, float) and value.is_integer() and kind in {"count", "values", "bound"}
    return int(value) if whole else value
