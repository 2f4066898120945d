"""RunStatement of a million rows: rows per second against psycopg on the same rows, memory, and small statements."""

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psutil
import psycopg
from bench.table import Measure, median
from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc
from identities import Signer
from service.documents.stand import Accounts

from services.cli.demo import free_ports
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import serving
from services.kit.settings import ServiceSettings
from services.storage.embedded import EmbeddedPostgres

ROWS = 1_000_000
SMALL_ROUNDS = 40
LEAST_RATIO, MOST_MIB = 0.5, 150
SELECT = "SELECT id, big, ratio, price, word, label, day, moment, flag, maybe FROM stream"
SMALL = "SELECT id, word FROM stream WHERE id < 20"
# The columns of a table by PostgreSQL's and DuckDB's words; {n} is the row's number.
COLUMNS = """
{n} AS id, {n}::bigint * 1000003 AS big, {n} / 7.0::double precision AS ratio, ({n} * 0.37)::numeric(12, 2) AS price,
'word ' || ({n} % 1000)::text AS word, 'a somewhat longer text, number ' || ({n})::text AS label,
DATE '2020-01-01' + ({n} % 2000)::int AS day, TIMESTAMP '2020-01-01 00:00:00' + {n} * INTERVAL '1 second' AS moment,
{n} % 3 = 0 AS flag, CASE WHEN {n} % 4 = 0 THEN NULL ELSE ({n} % 97)::int END AS maybe
"""


@dataclass(frozen=True, slots=True)
class Streamed:
    """What one stream took: rows per second, and the most MiB that the service grew by meanwhile."""

    rows_per_s: float
    growth_mib: float


def measure() -> list[Measure]:
    return asyncio.run(_measure(ROWS))


async def _measure(rows: int) -> list[Measure]:
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as text:
        folder = Path(text)
        await asyncio.to_thread(folder.chmod, 0o755)
        with _server(folder / "pg", rows) as server:
            host = server.socket_folder
            async with _service(folder, server) as service:
                await asyncio.to_thread(_make_files, host, folder, rows)
                by_psycopg = await asyncio.to_thread(_by_psycopg, host, rows)
                connect_ms = await asyncio.to_thread(_connecting_ms, host)
                return await _figures(service, folder, by_psycopg, connect_ms)


async def _figures(service: "Service", folder: Path, by_psycopg: float, connect_ms: float) -> list[Measure]:
    connections = {
        "PostgreSQL": None,
        "DuckDB": pb.Connection(duckdb=pb.DuckdbConnection(path=str(folder / "s.duckdb"))),
        "SQLite": pb.Connection(sqlite=pb.SqliteConnection(path=str(folder / "s.sqlite"))),
    }
    how = f"`make bench ONLY=stream`, {ROWS:,} rows of 10 columns over gRPC from a process of its own"
    found = [Measure("psycopg reads the same rows by a server-side cursor", f"{by_psycopg:,.0f} rows/s", how)]
    for engine, connection in connections.items():
        name = await service.create(engine.lower(), connection) if connection else service.sample
        small = await service.small_ms(name)
        streamed = await service.stream(name)
        ratio = streamed.rows_per_s / by_psycopg
        bound = engine == "PostgreSQL"
        found += [
            Measure(
                f"RunStatement streams from {engine}, as a ratio to psycopg",
                f"{ratio:.2f}",
                f"{how}; {streamed.rows_per_s:,.0f} rows/s",
                f"{LEAST_RATIO}" if bound else "",
                ratio >= LEAST_RATIO if bound else None,
            ),
            Measure(
                f"the same, growth of the service ({engine})",
                f"{streamed.growth_mib:.0f} MiB",
                f"{how}; its worker processes counted in",
                f"{MOST_MIB} MiB",
                streamed.growth_mib < MOST_MIB,
            ),
            Measure(
                f"RunStatement of 20 rows from {engine}, as a ratio to psycopg's connecting and reading them",
                f"{small / connect_ms:.2f}",
                f"`make bench ONLY=stream`, median of {SMALL_ROUNDS}; {small:.1f} ms",
            ),
        ]
    return found


@dataclass(frozen=True, slots=True)
class Service:
    """The service, in a process of its own."""

    stub: Any
    signer: Signer
    process: psutil.Process
    sample: str = "organizations/local/dataSources/sample"

    async def create(self, source: str, connection: pb.Connection) -> str:
        request = pb.CreateDataSourceRequest(
            parent="organizations/local", data_source_id=source, data_source=pb.DataSource(connection=connection)
        )
        response = await self.stub.CreateDataSource(request, metadata=self.signer.metadata())
        return str(response.data_source.name)

    async def rows(self, name: str, sql: str) -> int:
        limits = pb.Limits()
        limits.timeout.FromTimedelta(timedelta(minutes=5))
        request = pb.RunStatementRequest(name=name, sql=sql, limits=limits)
        count = 0
        async for part in self.stub.RunStatement(request, metadata=self.signer.metadata()):
            count += part.rows.row_count
        return count

    async def stream(self, name: str) -> Streamed:
        await self.rows(name, f"{SELECT} WHERE id < 5000")
        before = self._resident()
        peak = before
        streaming = asyncio.create_task(_timed(lambda: self.rows(name, SELECT)))
        while not streaming.done():
            peak = max(peak, self._resident())
            await asyncio.wait([streaming], timeout=0.1)
        seconds, count = await streaming
        assert count == ROWS, count
        return Streamed(count / seconds, (peak - before) / 2**20)

    async def small_ms(self, name: str) -> float:
        await self.rows(name, SMALL)
        return median([(await _timed(lambda: self.rows(name, SMALL)))[0] * 1000 for _ in range(SMALL_ROUNDS)])

    def _resident(self) -> int:
        found = 0
        for each in (self.process, *self.process.children(recursive=True)):
            try:
                found += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return found


async def _timed(act: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = await act()
    return time.perf_counter() - started, result


@contextmanager
def _server(folder: Path, rows: int) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder).start()
    try:
        owner = server.ensure_database("sample")
        server.ensure_database("validation")
        server.ensure_reader("sample_reader")
        columns = COLUMNS.format(n="n")
        with psycopg.connect(dbname="sample", user="sample", host=str(owner.query["host"])) as connection:
            connection.execute(
                f"CREATE UNLOGGED TABLE stream AS SELECT {columns} FROM generate_series(1, {rows}) AS r (n)"
            )
            connection.execute("CREATE INDEX ON stream (id)")
            connection.execute("GRANT CONNECT ON DATABASE sample TO sample_reader")
            connection.execute("GRANT USAGE ON SCHEMA public TO sample_reader")
            connection.execute("GRANT SELECT ON stream TO sample_reader")
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def _service(folder: Path, server: EmbeddedPostgres) -> AsyncIterator[Service]:
    signer = Signer()
    accounts = Servicer(
        accounts_service_pb2.DESCRIPTOR.services_by_name["AccountsService"],
        accounts_service_pb2_grpc.add_AccountsServiceServicer_to_server,
        Accounts(signer),  # type: ignore[abstract]
    )
    address = f"127.0.0.1:{free_ports(1)}"
    async with serving(
        build_server(ServiceSettings(address="127.0.0.1:0"), [accounts], verify=signer.verifier().verify)
    ) as others:
        values = {
            "ADDRESS": address,
            "ACCOUNTS_ADDRESS": others.address,
            "DATABASE_URL": f"postgresql://validation@/validation?host={server.socket_folder}",
            "MASTER_KEY_FILE": str(folder / "secrets" / "master.key"),
            "FILE_ROOTS": f'["{folder}"]',
            "SAMPLE_HOST": server.socket_folder,
            "MAX_ROWS": str(10 * ROWS),
            "MAX_BYTES": str(10 * 1024**3),
            "STATEMENT_TIMEOUT": "PT5M",
            "LOG_LEVEL": "warning",
        }
        environment = os.environ | {f"CANDOR_VALIDATION_{key}": value for key, value in values.items()}
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.validation", env=environment)
        try:
            async with open_channel(address) as channel:
                await asyncio.wait_for(channel.channel_ready(), 60)
                yield Service(rpc.ValidationServiceStub(channel), signer, psutil.Process(process.pid))
        finally:
            process.terminate()
            await process.wait()


def _make_files(host: str, folder: Path, rows: int) -> None:
    with duckdb.connect(str(folder / "s.duckdb")) as ducks:
        columns = COLUMNS.format(n="n")
        ducks.execute(f"CREATE TABLE stream AS SELECT {columns} FROM range(1, {rows} + 1) AS r (n)")
    database = sqlite3.connect(folder / "s.sqlite")
    database.execute(
        "CREATE TABLE stream (id INTEGER PRIMARY KEY, big, ratio, price, word, label, day, moment, flag, maybe)"
    )
    with psycopg.connect(dbname="sample", user="sample", host=host) as connection, connection.cursor("all") as cursor:
        cursor.itersize = 10_000
        cursor.execute(
            SELECT.replace("price", "price::text").replace("day", "day::text").replace("moment", "moment::text")
        )
        database.executemany(f"INSERT INTO stream VALUES ({', '.join('?' * 10)})", cursor)
    database.commit()
    database.close()


def _by_psycopg(host: str, rows: int) -> float:
    """Rows per second of psycopg's own server-side cursor, as its manual shows it; the better of two."""
    best = 0.0
    for _ in range(2):
        started = time.perf_counter()
        with psycopg.connect(dbname="sample", user="sample_reader", host=host) as connection:
            with connection.cursor("stream") as cursor:
                cursor.itersize = 10_000
                cursor.execute(SELECT)
                assert sum(1 for _ in cursor) == rows
        best = max(best, rows / (time.perf_counter() - started))
    return best


def _connecting_ms(host: str) -> float:
    took = []
    for _ in range(SMALL_ROUNDS):
        started = time.perf_counter()
        with psycopg.connect(dbname="sample", user="sample_reader", host=host) as connection:
            connection.execute(SMALL).fetchall()
        took.append((time.perf_counter() - started) * 1000)
    return median(took)
