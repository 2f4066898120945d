"""What may stand before a table's name: the data source's own database and its schemas, and nothing else."""

import pytest

from services.kit.catalog import Column, Table
from services.validation.core.check_statement import check_statement
from services.validation.core.model import (
    BigqueryConnection,
    Connection,
    DataSource,
    PostgresConnection,
    SnowflakeConnection,
    SqlServerConnection,
    TrinoConnection,
)
from services.validation.core.read_catalogs import catalog_of

SOURCES: list[tuple[Connection, str]] = [
    (SnowflakeConnection("org-acc", "ann", "SHOP", schema="SALES"), "SHOP.SALES.ORDERS"),
    (BigqueryConnection("acme-prod", "sales"), "`acme-prod`.sales.orders"),
    (BigqueryConnection("acme-prod", "sales"), "`acme-prod.sales.orders`"),
    (SqlServerConnection("h", "Shop", "ann"), "Shop.sales.orders"),
    (TrinoConnection("h", "lake", "ann", schema="sales"), "lake.sales.orders"),
]


def allowed(connection: Connection, sql: str) -> bool:
    upper = isinstance(connection, SnowflakeConnection)
    names = ("SALES", "ORDERS", "ID") if upper else ("sales", "orders", "id")
    table = Table(names[0], names[1], columns=(Column(names[2]),))
    return check_statement(sql, catalog_of(DataSource("o", "s", connection), [table], [])).allowed


@pytest.mark.parametrize(("connection", "name"), SOURCES)
def test_the_database_that_is_connected_to_may_be_named(connection: Connection, name: str) -> None:
    assert allowed(connection, f"SELECT id FROM {name}")


@pytest.mark.parametrize(("connection", "name"), SOURCES)
def test_another_database_may_not(connection: Connection, name: str) -> None:
    for own, other in (("SHOP", "HR"), ("acme-prod", "acme-hr"), ("Shop", "Hr"), ("lake", "hive")):
        if own in name:
            assert not allowed(connection, f"SELECT id FROM {name.replace(own, other)}")


def test_postgres_reads_one_database_by_its_schemas() -> None:
    connection = PostgresConnection("h", "shop", "ann")
    assert allowed(connection, "SELECT id FROM sales.orders")
    assert not allowed(connection, "SELECT id FROM hr.sales.orders")
