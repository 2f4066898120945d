"""BigQuery's dry run, which stands for a plan: cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatistics2."""

from typing import Any

from services.validation.core.plans.model import UNKNOWN, Plan, Step, StepKind, number


def read(job: Any) -> Plan:
    """The plan of a job of the REST interface that was only planned.

    What is read: `totalBytesProcessed`, what would be billed before rounding. BigQuery has stages only after a run, so
    the steps are the tables that are read; of a table's bytes alone nothing is said.
    """
    statistics = job.get("statistics") or {}
    query = statistics.get("query") or {}
    read_in_all = number(query.get("totalBytesProcessed", statistics.get("totalBytesProcessed")))
    tables = [f"{each.get('datasetId', '')}.{each.get('tableId', '')}" for each in query.get("referencedTables") or ()]
    steps = tuple(Step(StepKind.SCAN, "referenced table", table) for table in tables)
    amount = "" if read_in_all < 0 else f" {read_in_all:,.0f} bytes"
    text = f"dry run: reads{amount or ' an unknown amount'}" + "".join(f"\n  {table}" for table in tables)
    return Plan(text, UNKNOWN, UNKNOWN, steps, UNKNOWN, read_in_all)
