"""DuckDB files, each operation in a process of its own: no reach outside, memory bounded, ended by ending it."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.kit.catalog import Column, ForeignKey, Table
from services.kit.errors import CandorError, Internal
from services.validation.adapters.engines import failures
from services.validation.adapters.engines.sampling import samples_of
from services.validation.core.describe import column_type, is_sensitive
from services.validation.core.model import Batch, ColumnRef, ColumnValues, Limits, Part, Plan, ResultColumn, Summary

_WORKER = "services.validation.adapters.engines.duckdb_process"
_INTROSPECTION = timedelta(seconds=30)
# A message is a batch at most; the process that sends more is not ours.
_MAX_MESSAGE_BYTES = 64 * 1024 * 1024


class DuckdbEngine:
    """`core.ports.Engine` over one file.

    Args:
        path: The file.
        memory_mib: What a statement may take in memory.
    """

    dialect = "duckdb"

    def __init__(self, path: Path, memory_mib: int = 512) -> None:
        self._path = path
        self._memory_mib = memory_mib

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
            async with self._process(request, within) as replies:
                async for reply in replies:
                    if "position" in reply:
                        values = reply["values"]
                        column = columns[reply["position"]]
                        found.append(ColumnValues(column, tuple(values[:limit]), len(values) > limit))
        return tuple(found)

    async def explain(self, sql: str) -> Plan:
        """See `core.ports.Engine`."""
        statement = sql if sql.startswith("EXPLAIN") else f"EXPLAIN {sql}"
        return Plan(str(await self._ask({"do": "explain", "sql": statement})))

    async def run(self, sql: str, limits: Limits) -> AsyncGenerator[Part, None]:
        """See `core.ports.Engine`."""
        request = {"do": "run", "sql": sql, "max_rows": limits.max_rows, "max_bytes": limits.max_bytes}
        async with self._process(request, limits.timeout) as replies:
            async for reply in replies:
                if "columns" in reply:
                    yield tuple(ResultColumn(name, column_type(native), native) for name, native in reply["columns"])
                elif "batch" in reply:
                    yield Batch(reply["rows"], tuple(map(tuple, reply["batch"])))
                else:
                    yield Summary(reply["row_count"], reply["limit"])

    async def _ask(self, request: dict[str, Any]) -> Any:
        async with self._process(request, _INTROSPECTION) as replies, aclosing(replies):
            async for reply in replies:
                return reply["value"]
        raise Internal("INTERNAL", "The DuckDB process gave no answer.")

    @asynccontextmanager
    async def _process(
        self, request: dict[str, Any], within: timedelta
    ) -> AsyncIterator[AsyncGenerator[dict[str, Any], None]]:
        """The replies to one request, from a process that ends with this context, whatever it is doing."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _WORKER,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_MAX_MESSAGE_BYTES,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        whole = request | {"path": str(self._path), "memory_mib": self._memory_mib, "seconds": within.total_seconds()}
        try:
            process.stdin.write(json.dumps(whole).encode() + b"\n")
            await process.stdin.drain()
            yield self._replies(process.stdout, within)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())

    async def _replies(self, stream: asyncio.StreamReader, within: timedelta) -> AsyncGenerator[dict[str, Any], None]:
        deadline = asyncio.get_running_loop().time() + within.total_seconds()
        while True:
            try:
                # The process keeps the time itself; this is for one that no longer can.
                async with asyncio.timeout_at(deadline + 2):
                    line = await stream.readline()
            except TimeoutError as error:
                raise failures.timed_out() from error
            if not line and asyncio.get_running_loop().time() >= deadline:
                raise failures.timed_out()
            if not line:
                raise failures.refused("the engine ended, most likely for want of memory")
            reply = json.loads(line)
            if "error" in reply:
                raise self._failure(reply)
            if reply.get("end"):
                return
            yield reply

    def _failure(self, reply: dict[str, str]) -> CandorError:
        match reply["error"]:
            case "missing":
                return failures.missing_file(str(self._path))
            case "not a database":
                return failures.not_a_database(str(self._path), "a DuckDB database")
            case "timeout":
                return failures.timed_out()
        return failures.refused(reply["message"])


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
