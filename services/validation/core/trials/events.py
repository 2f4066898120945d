"""Spark's event log read: what the tasks of one group of jobs took, and how Spark joined.

Source: the events that Spark writes with `spark.eventLog.enabled` (org.apache.spark.util.JsonProtocol).
"""

import json
import re
from collections.abc import Iterable
from statistics import median
from typing import Any

from services.validation.core.trials.model import Cost, StageCost

_JOIN = re.compile(r"\b(BroadcastHashJoin|SortMergeJoin|ShuffledHashJoin|BroadcastNestedLoopJoin|CartesianProduct)\b")
_ADAPTED = "org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate"
_PLANNED = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart"


def read_cost(lines: Iterable[str], group: str) -> Cost:
    """What the jobs of a group took. Lines that are no events, as the last may be, are left out."""
    stages: set[int] = set()
    executions: set[str] = set()
    tasks: list[dict[str, Any]] = []
    plans: dict[str, str] = {}
    for event in _events(lines):
        match event["Event"]:
            case "SparkListenerJobStart":
                properties = event.get("Properties") or {}
                if properties.get("spark.jobGroup.id") == group:
                    stages.update(event["Stage IDs"])
                    executions.add(str(properties.get("spark.sql.execution.id")))
            case "SparkListenerTaskEnd":
                tasks.append(event)
            case kind if kind in {_ADAPTED, _PLANNED}:
                plans[str(event["executionId"])] = event["physicalPlanDescription"]
    return _cost([task for task in tasks if task["Stage ID"] in stages], [plans.get(each, "") for each in executions])


def _events(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _cost(tasks: list[dict[str, Any]], plans: list[str]) -> Cost:
    metrics = [task.get("Task Metrics") or {} for task in tasks]
    by_stage: dict[int, list[dict[str, Any]]] = {}
    for task in tasks:
        by_stage.setdefault(task["Stage ID"], []).append(task.get("Task Metrics") or {})
    costs = [
        StageCost(
            tuple(each.get("Executor Run Time", 0) for each in of_stage),
            tuple(_records_read(each) for each in of_stage),
        )
        for of_stage in by_stage.values()
    ]
    widest = max(costs, key=lambda each: (len(each.records), sum(each.records)), default=StageCost((), ()))
    reads = [each.get("Shuffle Read Metrics") or {} for each in metrics]
    return Cost(
        task_seconds=sum(each.get("Executor Run Time", 0) for each in metrics) / 1000,
        shuffle_read_bytes=sum(each.get("Remote Bytes Read", 0) + each.get("Local Bytes Read", 0) for each in reads),
        shuffle_write_bytes=sum(
            (each.get("Shuffle Write Metrics") or {}).get("Shuffle Bytes Written", 0) for each in metrics
        ),
        memory_spilled_bytes=sum(each.get("Memory Bytes Spilled", 0) for each in metrics),
        disk_spilled_bytes=sum(each.get("Disk Bytes Spilled", 0) for each in metrics),
        time_skew=skew(widest.milliseconds),
        record_skew=skew(widest.records),
        stages=len(by_stage),
        tasks=len(tasks),
        joins=tuple(dict.fromkeys(name for plan in plans for name in _JOIN.findall(_final(plan)))),
    )


def skew(of_tasks: tuple[int, ...]) -> float:
    """The largest as a multiple of the median; 1 where there is nothing to compare."""
    if len(of_tasks) < 2:
        return 1.0
    # A median below one is no measure: tasks that read nothing are counted as reading one record.
    return max(1.0, max(of_tasks) / max(1.0, median(of_tasks)))


def _records_read(metrics: dict[str, Any]) -> int:
    shuffled = (metrics.get("Shuffle Read Metrics") or {}).get("Total Records Read", 0)
    return int(shuffled or (metrics.get("Input Metrics") or {}).get("Records Read", 0))


def _final(plan: str) -> str:
    """The part of a plan's text that ran: adaptive plans hold the first one too."""
    return plan.partition("== Initial Plan ==")[0]
