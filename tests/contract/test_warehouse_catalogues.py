"""What is asked of the catalogues of MySQL, Snowflake, BigQuery, SQL Server and Trino, and what is made of the answers.

The products are not there: what is held is that each question is one statement of its dialect.
"""

from typing import Any

import pytest
import sqlglot

from services.kit.catalog import Column, ColumnType, Table
from services.validation.adapters.engines import information_schema
from services.validation.adapters.engines.bigquery import BigqueryDriver
from services.validation.adapters.engines.driver import Driver
from services.validation.adapters.engines.mysql import MysqlDriver
from services.validation.adapters.engines.snowflake import SnowflakeDriver
from services.validation.adapters.engines.sql_server import SqlServerDriver
from services.validation.adapters.engines.trino import TrinoDriver
from services.validation.core.model import (
    BigqueryConnection,
    ColumnRef,
    MysqlConnection,
    SnowflakeConnection,
    SqlServerConnection,
    TrinoConnection,
)

PRODUCTS: list[Driver] = [
    MysqlDriver(MysqlConnection("h", "sh`o'p", "u")),
    SnowflakeDriver(SnowflakeConnection("a", "u", 'SH"OP'), "a.snowflakecomputing.com"),
    BigqueryDriver(BigqueryConnection("shop-1234", "sales"), {}),
    SqlServerDriver(SqlServerConnection("h", "d", "u")),
    TrinoDriver(TrinoConnection("h", 'hi"ve', "u", schema="sa'les")),
]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda each: each.dialect)
def test_what_is_asked_of_a_catalogue_is_one_statement_of_the_dialect(product: Driver) -> None:
    for name, query in information_schema.queries(product.dialect, product.place).items():
        assert "{" not in query, name
        (parsed,) = sqlglot.parse(query, dialect=product.dialect)
        assert parsed is not None
        assert parsed.key in {"select", "show", "command"}, name


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda each: each.dialect)
def test_what_is_asked_for_samples_is_one_read_of_the_dialect(product: Driver) -> None:
    columns = (
        Column('na`m"e]', ColumnType.TEXT),
        Column("password", ColumnType.TEXT, is_sensitive=True),
        Column("raw", ColumnType.BINARY),
    )
    asked = [
        information_schema.distinct_values(product.dialect, ColumnRef("s.ta'b", 'na`m"e]'), 5),
        information_schema.first_rows(product.dialect, Table("s", "t", columns=columns), 200, 100),
    ]
    for sql in asked:
        (parsed,) = sqlglot.parse(sql, dialect=product.dialect)
        assert parsed is not None
        assert parsed.key == "select"
    assert "password" not in asked[1]
    assert "raw" not in asked[1]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda each: each.dialect)
def test_a_catalogue_is_made_of_what_the_queries_bring(product: Driver) -> None:
    dialect = product.dialect
    answers: dict[str, list[Any]] = {
        "tables": [("s", "orders", "VIEW", None, None), ("s", "customers", "BASE TABLE", "Who", 5)],
        "columns": [
            ("s", "customers", "id", "int", "int(11)", "NO", ""),
            ("s", "orders", "id", "int", "int", True, None),
            ("s", "orders", "customer", "int", "int", "YES", "Whose"),
        ],
    }
    keys = [
        ("s", "customers", "pk", "PRIMARY KEY", "id", None, None, None),
        ("s", "orders", "fk", "FOREIGN KEY", "customer", "s", "customers", "id"),
        ("s", "orders", "fk2", "FOREIGN KEY", "id", "other", "unseen", "id"),
    ]
    asked = information_schema.queries(dialect, product.place)

    def ask(query: str) -> tuple[list[str], list[Any]]:
        name = next(name for name, text in asked.items() if text == query)
        if name in answers:
            return [], answers[name]
        for beginning, wanted in information_schema.QUERIES[dialect].get("show", {}).items():
            if query.startswith(beginning):
                kind = next(each[1:] for each in wanted if each.startswith("="))
                names = ["created_on", *reversed([each for each in wanted if not each.startswith("=")])]
                chosen = [row for row in keys if row[3] == kind]
                picked = [[v for v, w in zip(row, wanted, strict=False) if not w.startswith("=")] for row in chosen]
                return names, [["now", *reversed(row)] for row in picked]
        return [], keys if name == min(each for each in asked if each.startswith("keys")) else []

    if dialect == "trino":
        asked["keys_none"] = "-"
        tables, links = information_schema.read(dialect, product.place, ask)
        assert links == ()
    else:
        tables, links = information_schema.read(dialect, product.place, ask)
        assert [(each.table, each.columns, each.referred_table) for each in links] == [
            ("s.orders", ("customer",), "s.customers")
        ]
        assert tables[1].columns[0].is_primary_key
    assert [(each.name, each.kind, each.comment, each.row_estimate) for each in tables] == [
        ("orders", "view", "", -1),
        ("customers", "table", "Who", 5),
    ]
    assert [(each.name, each.nullable, each.comment) for each in tables[0].columns] == [
        ("id", True, ""),
        ("customer", True, "Whose"),
    ]
