"""validation over a real socket, with a real database of its own and real databases to reach."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from candor.validation.v1 import analysis_service_pb2_grpc
from candor.validation.v1 import validation_service_pb2 as pb
from candor.validation.v1 import validation_service_pb2_grpc as rpc
from identities import Signer
from servers_mariadb import MariadbServer
from service.documents.stand import Accounts
from service.validation.engine_stand import Stand

from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import serving
from services.kit.settings import ServiceSettings
from services.storage.embedded import EmbeddedPostgres
from services.validation.__main__ import build
from services.validation.core.model import DuckdbConnection, PostgresConnection, TlsMode
from services.validation.settings import Settings

SHOP = """
CREATE TABLE customers (id integer PRIMARY KEY, name varchar(100) NOT NULL, email varchar(100) UNIQUE, password text);
CREATE TABLE orders (
  id integer PRIMARY KEY, customer_id integer REFERENCES customers (id), amount numeric(10, 2), placed date
);
INSERT INTO customers VALUES (1, 'Ada', 'ada@example.org', 'secret-one'), (2, 'Bo', NULL, 'secret-two');
INSERT INTO orders VALUES (1, 1, 12.50, '2024-01-02'), (2, 1, 3.00, '2024-02-03'), (3, NULL, 7.25, NULL);
"""


@dataclass
class Platform:
    """What a test talks to: the service, by way of a token of its own, and the databases behind it."""

    stub: Any
    signer: Signer
    folder: Path
    reached: Any
    channel: Any

    @property
    def analysis(self) -> Any:
        return analysis_service_pb2_grpc.AnalysisServiceStub(self.channel)

    def as_member(self, organization: str = "local", **kwargs: Any) -> Any:
        return self.signer.metadata(organization, **kwargs)

    async def create(self, source: str, connection: pb.Connection, organization: str = "local") -> str:
        request = pb.CreateDataSourceRequest(
            parent=f"organizations/{organization}",
            data_source_id=source,
            data_source=pb.DataSource(connection=connection),
        )
        response = await self.stub.CreateDataSource(request, metadata=self.as_member(organization))
        return str(response.data_source.name)

    async def check(self, name: str, sql: str) -> pb.CheckStatementResponse:
        request = pb.CheckStatementRequest(name=name, sql=sql)
        return await self.stub.CheckStatement(request, metadata=self.as_member())  # type: ignore[no-any-return]

    def run(self, name: str, sql: str, **limits: Any) -> Any:
        request = pb.RunStatementRequest(name=name, sql=sql, limits=pb.Limits(**limits))
        return self.stub.RunStatement(request, metadata=self.as_member())

    async def rows(self, name: str, sql: str, **limits: int) -> tuple[list[tuple[Any, ...]], Any]:
        """A result's rows, and its summary."""
        found: list[tuple[Any, ...]] = []
        async for part in self.run(name, sql, **limits):
            if part.HasField("rows"):
                found.extend(zip(*(cells(each) for each in part.rows.columns), strict=True))
        return found, part.summary


def cells(values: pb.RowBatch.Values) -> list[Any]:
    """The values of a column as the contract writes them."""
    items: list[Any] = list(getattr(values, str(values.WhichOneof("values"))).items)
    return [None if position in values.null_rows else each for position, each in enumerate(items)]


@pytest.fixture(scope="session")
def shop_server(postgres: EmbeddedPostgres) -> EmbeddedPostgres:
    """A PostgreSQL database to reach, which the role `shop_reader` may only read."""
    owner = postgres.ensure_database("shop")
    postgres.ensure_reader("shop_reader")
    with psycopg.connect(dbname="shop", user="shop", host=str(owner.query["host"])) as connection:
        connection.execute(SHOP)
        connection.execute("COMMENT ON TABLE orders IS 'What was bought'")
        connection.execute("COMMENT ON COLUMN orders.amount IS 'In euros'")
        connection.execute("CREATE VIEW big_orders AS SELECT * FROM orders WHERE amount > 5")
        connection.execute("GRANT CONNECT ON DATABASE shop TO shop_reader")
        connection.execute("GRANT USAGE ON SCHEMA public TO shop_reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO shop_reader")
    return postgres


@pytest.fixture
def watcher(shop_server: EmbeddedPostgres) -> Iterator[psycopg.Connection[Any]]:
    """A connection that sees what runs in the database."""
    host = str(shop_server.url("shop").query["host"])
    with psycopg.connect(dbname="shop", user="postgres", host=host, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def platform(shop_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Platform]:
    """The service on a database of its own, with the shop as its sample."""
    signer = Signer()
    accounts = Servicer(
        accounts_service_pb2.DESCRIPTOR.services_by_name["AccountsService"],
        accounts_service_pb2_grpc.add_AccountsServiceServicer_to_server,
        Accounts(signer),  # type: ignore[abstract]
    )
    own = shop_server.ensure_database("validation_test").set(drivername="postgresql")
    with psycopg.connect(own.render_as_string(), autocommit=True) as connection:
        connection.execute("DROP OWNED BY validation_test CASCADE")
    async with serving(
        build_server(ServiceSettings(address="127.0.0.1:0"), [accounts], verify=signer.verifier().verify)
    ) as others:
        settings = Settings(
            address="127.0.0.1:0",
            database_url=own.render_as_string(),
            accounts_address=others.address,
            master_key_file=tmp_path / "secrets" / "master.key",
            file_roots=(tmp_path,),
            sample_host=str(shop_server.url("shop").query["host"]),
            sample_database="shop",
            sample_user="shop_reader",
        )
        async with build(settings) as server, serving(server), open_channel(server.address) as channel:
            stub = rpc.ValidationServiceStub(channel)
            yield Platform(stub, signer, tmp_path, shop_server, channel)


@pytest.fixture
def sqlite_file(tmp_path: Path) -> pb.Connection:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(SHOP)
    database.close()
    return pb.Connection(sqlite=pb.SqliteConnection(path=str(path)))


@pytest.fixture
def duckdb_file(tmp_path: Path) -> pb.Connection:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute(SHOP)
    return pb.Connection(duckdb=pb.DuckdbConnection(path=str(path)))


@pytest.fixture(scope="session")
def mysql_server(mariadb: MariadbServer) -> MariadbServer:
    """A MariaDB database to reach, which `shop_reader` may only read and `shop_writer` may change."""
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE shop")
        cursor.execute("USE shop")
        for statement in filter(str.strip, SHOP.split(";")):
            cursor.execute(statement)
        cursor.execute("CREATE USER shop_reader IDENTIFIED BY 'secret'")
        cursor.execute("GRANT SELECT, SHOW VIEW ON shop.* TO shop_reader")
        cursor.execute("CREATE USER shop_writer IDENTIFIED BY 'secret'")
        cursor.execute("GRANT ALL ON shop.* TO shop_writer")
        cursor.execute("GRANT FILE ON *.* TO shop_writer")
    return mariadb


@pytest.fixture
def mysql_shop(mysql_server: MariadbServer) -> pb.Connection:
    return pb.Connection(
        mysql=pb.MysqlConnection(
            host="127.0.0.1", port=mysql_server.port, database="shop", user="shop_reader", password="secret"
        )
    )


@pytest.fixture(params=["postgres", "sqlite", "duckdb", "mysql"])
async def source(request: pytest.FixtureRequest, platform: Platform) -> str:
    """A data source of each engine in turn, with the same shop in it."""
    if request.param == "postgres":
        return "organizations/local/dataSources/sample"
    fixture = {"sqlite": "sqlite_file", "duckdb": "duckdb_file", "mysql": "mysql_shop"}[request.param]
    return await platform.create(request.param, request.getfixturevalue(fixture))


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    made = Stand(tmp_path)
    async with aclosing(made.engines):
        yield made


@pytest.fixture
def shop(shop_server: EmbeddedPostgres) -> PostgresConnection:
    host = str(shop_server.url("shop").query["host"])
    return PostgresConnection(host, "shop", "shop_reader", tls_mode=TlsMode.DISABLE)


@pytest.fixture
def duck(tmp_path: Path) -> Callable[[str], DuckdbConnection]:
    def make(name: str) -> DuckdbConnection:
        path = tmp_path / f"{name}.duckdb"
        with duckdb.connect(str(path)) as database:
            database.execute(f"CREATE TABLE named AS SELECT '{name}' AS name")
        return DuckdbConnection(str(path))

    return make
