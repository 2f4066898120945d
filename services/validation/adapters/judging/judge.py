"""Great Expectations over the rows that came: an ephemeral context, no progress bars, no files, no telemetry."""

import logging
import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.registry import get_expectation_impl

from services.kit.catalog import ColumnType
from services.validation.adapters.judging.columns import NUMBERS, TIMES, Column, read_times, shown, spread
from services.validation.core.quality.model import Distribution

_EXAMPLES = 10
_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": _EXAMPLES}
_BOUNDS = ("min_value", "max_value", "value_set")
_MAX_MESSAGE = 300
# A value beyond the reference's range must not make the divergence infinite.
_TAIL = 0.001


def answers(task: Mapping[str, Any], cells: list[list[Any]], row_count: int) -> Iterator[dict[str, Any] | Distribution]:
    """The answer to each question of a task, then the distributions that are wanted."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    columns = {
        name: Column(name, ColumnType(kind), held) for (name, kind), held in zip(task["columns"], cells, strict=True)
    }
    batches = _Batches(columns, task["schema"], row_count)
    for question in task["questions"]:
        yield {"position": question["position"], **_answer(question, columns, batches)}
    for name in task["count"]:
        reference = task["references"].get(name)
        known = _distribution(name, reference) if reference else None
        found = spread(columns[name], known)
        if found is not None:
            yield found


def _distribution(name: str, kept: Mapping[str, Any]) -> Distribution:
    return Distribution(name, tuple(kept["counts"]), tuple(kept["edges"]), tuple(kept["values"]))


class _Batches:
    """The rows as the library takes them, each form made when it is first asked for.

    Args:
        columns: By name.
        schema: The names of all columns of the target, also of those that were not read.
        row_count: How many rows the target has.
    """

    def __init__(self, columns: Mapping[str, Column], schema: list[str], row_count: int) -> None:
        context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(),
                progress_bars=ProgressBarsConfig(globally=False),
                analytics_enabled=False,
            ),
        )
        self._source = context.data_sources.add_pandas("rows")
        self._columns = columns
        self._schema = schema
        self._row_count = row_count
        self._made: dict[str, Any] = {}

    def get(self, question: Mapping[str, Any]) -> Any:
        """The batch that a question looks at."""
        reads = question["reads"]
        partition = question["arguments"].get("partition_object")
        if partition is not None:
            return self._batch(f"partition {question['position']}", self._divided(question["columns"][0], partition))
        if reads not in self._made:
            self._made[reads] = self._batch(reads, self._frame(reads))
        return self._made[reads]

    def _frame(self, reads: str) -> pd.DataFrame:
        if reads == "schema":
            return pd.DataFrame(columns=self._schema)
        if reads == "count":
            return pd.DataFrame(index=pd.RangeIndex(self._row_count))
        return pd.DataFrame({name: getattr(column, reads) for name, column in self._columns.items()}, copy=False)

    def _divided(self, name: str, partition: Mapping[str, Any]) -> pd.DataFrame:
        column = self._columns[name]
        if "bins" in partition:
            return pd.DataFrame({name: column.ordered})
        return pd.DataFrame({name: column.of_values(partition["values"])})

    def _batch(self, name: str, frame: pd.DataFrame) -> Any:
        whole = self._source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        return whole.get_batch({"dataframe": frame})


def _answer(question: Mapping[str, Any], columns: Mapping[str, Column], batches: _Batches) -> dict[str, Any]:
    own = [columns[name] for name in question["columns"] if name in columns]
    try:
        arguments = _suited(question, own[0] if len(own) == 1 else None)
        expectation = get_expectation_impl(question["type"])(**arguments)
        found = batches.get(question).validate(expectation, result_format=_FORMAT)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  Whatever the library says of one expectation, the others go on.
        return {"outcome": "not_judged", "message": _brief(error)}
    raised = _raised(found.exception_info)
    if raised:
        return {"outcome": "not_judged", "message": raised}
    return _found(question, own, found)


def _found(question: Mapping[str, Any], own: list[Column], found: Any) -> dict[str, Any]:
    result = found.result or {}
    answer: dict[str, Any] = {"outcome": "passed" if found.success else "failed"}
    for name in ("element_count", "unexpected_count", "missing_count"):
        if "element_count" in result:
            answer[name] = int(result.get(name) or 0)
    if question["show"]:
        listed = [each for each in result.get("partial_unexpected_list") or () if each is not None]
        answer["examples"] = list(dict.fromkeys(map(shown, listed)))
    observed = result.get("observed_value")
    if observed is not None and (question["show"] or question["reads"] == "raw"):
        answer["observed"] = shown(observed["values"] if isinstance(observed, dict) else observed)
    unreadable = sum(column.unreadable for column in own) if question["reads"] == "typed" else 0
    return _with_unreadable(answer, question, unreadable) if unreadable else answer


def _with_unreadable(answer: dict[str, Any], question: Mapping[str, Any], unreadable: int) -> dict[str, Any]:
    """A value that is not of its column's type meets no expectation about values; the library takes it as missing."""
    if "element_count" not in answer or len(question["columns"]) > 1:
        return answer | {"message": f"{unreadable} values are not of the column's type and were left out."}
    unexpected, missing = answer["unexpected_count"] + unreadable, answer["missing_count"] - unreadable
    present = answer["element_count"] - missing
    good = 1 - unexpected / present >= question["arguments"].get("mostly", 1) - 1e-12
    return answer | {
        "outcome": "passed" if good else "failed",
        "unexpected_count": unexpected,
        "missing_count": missing,
        "message": f"{unreadable} values are not of the column's type.",
    }


def _suited(question: Mapping[str, Any], column: Column | None) -> dict[str, Any]:
    """The arguments as the column's type takes them: times where it holds times, numbers where numbers."""
    arguments = dict(question["arguments"])
    if "partition_object" in arguments:
        return arguments | {"tail_weight_holdout": _TAIL if "bins" in arguments["partition_object"] else 0}
    if column is None or question["reads"] != "typed":
        return arguments
    for name in set(arguments) & set(_BOUNDS):
        value = arguments[name]
        arguments[name] = (
            [_as(column.type, each) for each in value] if isinstance(value, list) else _as(column.type, value)
        )
    return arguments


def _as(kind: ColumnType, value: Any) -> Any:
    if kind in TIMES and isinstance(value, str):
        (time,) = read_times([value])
        if time is pd.NaT:
            raise ValueError(f"{value!r} cannot be read as a time.")
        return time.to_pydatetime()
    if kind in NUMBERS and isinstance(value, str):
        number = float(value)
        if math.isnan(number):
            raise ValueError(f"{value!r} is not a number.")
        return number
    return value


def _raised(info: Mapping[str, Any]) -> str:
    """What went wrong in the library's own words; empty where nothing did."""
    if "raised_exception" in info:
        return (
            str(info["exception_message"] or "The library failed.")[:_MAX_MESSAGE] if info["raised_exception"] else ""
        )
    for each in info.values():
        if isinstance(each, Mapping) and each.get("raised_exception"):
            return str(each["exception_message"] or "The library failed.")[:_MAX_MESSAGE]
    return ""


def _brief(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:_MAX_MESSAGE]
