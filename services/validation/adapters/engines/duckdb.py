"""DuckDB files, held by processes apart: no reach outside, memory bounded, a statement stopped by ending its own."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.kit.catalog import Column, ForeignKey, Table
from services.kit.errors import CandorError, Internal
from services.validation.adapters.engines.duckdb_workers import DuckdbWorkers, Worker
from services.validation.adapters.engines.idle import IdleSessions
from services.validation.adapters.engines.sampling import samples_of
from services.validation.core.describe import column_type, is_sensitive
from services.validation.core.model import Batch, ColumnRef, ColumnValues, Limits, Part, ResultColumn, Summary
from services.validation.core.plans import duckdb_json
from services.validation.core.plans.model import Index, Plan, indexes_of

_INTROSPECTION = timedelta(seconds=30)


class DuckdbEngine:
    """`core.ports.Engine` over one file.

    Args:
        path: The file.
        workers: Start the processes.
        idle: Where a process waits for the data source's next operation; None ends each after its use.
    """

    dialect = "duckdb"

    def __init__(
        self, path: Path, workers: DuckdbWorkers | None = None, idle: IdleSessions[Worker] | None = None
    ) -> None:
        self._path = path
        self._workers = workers or DuckdbWorkers()
        self._idle = idle

    async def test(self) -> str:
        """See `core.ports.Engine`."""
        return str(await self._ask({"do": "version"}))

    async def introspect(self) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
        """See `core.ports.Engine`."""
        found = await self._ask({"do": "introspect"})
        tables = tuple(_table(each, found) for each in found["tables"])
        keys = tuple(
            ForeignKey(_full_name(schema, table), tuple(columns), _full_name(schema, referred), tuple(referred_columns))
            for schema, table, kind, columns, referred, referred_columns in found["constraints"]
            if kind == "FOREIGN KEY"
        )
        return tables, keys

    async def sample_values(
        self, columns: Sequence[ColumnRef], limit: int, within: timedelta
    ) -> tuple[ColumnValues, ...]:
        """See `core.ports.Engine`."""
        asked = [[*_schema_and_name(each.table), each.column] for each in columns]
        found: list[ColumnValues] = []
        request = {"do": "sample", "columns": asked, "limit": limit}
        with suppress(CandorError):
            async with aclosing(self._replies(request, within)) as replies:
                async for reply in replies:
                    values = reply["values"]
                    column = columns[reply["position"]]
                    found.append(ColumnValues(column, tuple(values[:limit]), len(values) > limit))
        return tuple(found)

    async def explain(self, sql: str, analyze: timedelta | None = None) -> Plan:
        """See `core.ports.Engine`."""
        if sql.startswith("EXPLAIN"):
            return Plan(str(await self._ask({"do": "explain", "sql": sql})))
        text = str(await self._ask({"do": "explain", "sql": f"EXPLAIN {sql}"}))
        options = "FORMAT JSON" if analyze is None else "ANALYZE, FORMAT JSON"
        document = await self._ask({"do": "explain", "sql": f"EXPLAIN ({options}) {sql}"}, analyze or _INTROSPECTION)
        return duckdb_json.read(text, json.loads(document))

    async def indexes(self) -> tuple[Index, ...]:
        """See `core.ports.Engine`."""
        found = await self._ask({"do": "indexes"})
        return indexes_of((_full_name(schema, table), *more) for schema, table, *more in found)

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """See `core.ports.Engine`."""
        request = {"do": "run", "sql": sql, "max_rows": limits.max_rows, "max_bytes": limits.max_bytes}
        async with aclosing(self._replies(request, limits.timeout)) as replies:
            async for reply in replies:
                if "header" in reply:
                    yield tuple(ResultColumn(name, column_type(native), native) for name, native in reply["header"])
                elif "columns" in reply:
                    yield Batch(reply["rows"], reply["columns"])
                else:
                    yield Summary(reply["row_count"], reply["limit"])

    async def _ask(self, request: dict[str, Any], within: timedelta = _INTROSPECTION) -> Any:
        replies = [reply async for reply in self._replies(request, within)]
        if len(replies) != 1:
            raise Internal("INTERNAL", "The DuckDB process gave no answer.")
        return replies[0]["value"]

    async def _replies(self, request: dict[str, Any], within: timedelta) -> AsyncGenerator[dict[str, Any], None]:
        """The replies to one request. Who leaves early ends the process, whatever it is doing."""
        whole = self._workers.request(self._path, request, within)
        async with self._workers.worker(self._idle) as worker, aclosing(worker.ask(whole, within)) as replies:
            async for reply in replies:
                yield reply


def _table(row: list[Any], found: dict[str, Any]) -> Table:
    schema, name, comment, rows, is_view = row
    keys = [each for each in found["constraints"] if each[:2] == [schema, name]]
    primary = next((set(each[3]) for each in keys if each[2] == "PRIMARY KEY"), set())
    alone = {each[3][0] for each in keys if each[2] in {"PRIMARY KEY", "UNIQUE"} and len(each[3]) == 1}
    columns = tuple(
        Column(
            name=column,
            type=column_type(native),
            native_type=native,
            nullable=nullable and column not in primary,
            is_primary_key=column in primary,
            is_unique=column in alone,
            comment=remark or "",
            is_sensitive=is_sensitive(column),
        )
        for of_schema, of_table, column, native, nullable, remark in found["columns"]
        if (of_schema, of_table) == (schema, name)
    )
    samples = samples_of(columns, found["samples"].get(f"{schema}.{name}", []))
    sampled = tuple(replace(column, samples=values) for column, values in zip(columns, samples, strict=True))
    schema = "" if schema == "main" else schema
    return Table(schema, name, "view" if is_view else "table", comment or "", sampled, rows)


def _full_name(schema: str, name: str) -> str:
    return name if schema == "main" else f"{schema}.{name}"


def _schema_and_name(table: str) -> tuple[str, str]:
    schema, _, name = table.rpartition(".")
    return schema or "main", name
