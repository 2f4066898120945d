"""A shop under a policy, and the same shop that never held what the policy hides."""

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import DIALECTS
from services.validation.core.policy import ColumnMask, Policy, RowFilter

POLICY = Policy(
    denied_tables=("salaries",),
    denied_columns=("*.password",),
    masks=(ColumnMask("customers.email"),),
    row_filters=(RowFilter("customers", "region = 'EU'"),),
)
WHOLE = """
CREATE TABLE customers (
  id integer PRIMARY KEY, name varchar(100) NOT NULL, email varchar(100), password varchar(100), region varchar(10)
);
INSERT INTO customers VALUES
  (1, 'Ada', 'ada@example.org', 'secret-one', 'EU'), (2, 'Bo', 'bo@example.org', 'secret-two', 'US'),
  (3, 'Cy', NULL, 'secret-three', 'EU'), (4, 'Di', 'di@example.org', 'secret-four', NULL);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, amount integer, region varchar(10));
INSERT INTO orders VALUES (1, 1, 12, 'EU'), (2, 1, 3, 'US'), (3, 2, 70, 'US'), (4, 4, 9, NULL), (5, NULL, 5, 'EU');
CREATE TABLE salaries (id integer PRIMARY KEY, customer_id integer, pay integer);
INSERT INTO salaries VALUES (1, 1, 1000), (2, 2, 2000);
CREATE VIEW everyone AS SELECT id, name, password AS word FROM customers;
"""
RESTRICTED = """
CREATE TABLE customers (id integer PRIMARY KEY, name varchar(100) NOT NULL, email varchar(100), region varchar(10));
INSERT INTO customers VALUES (1, 'Ada', NULL, 'EU'), (3, 'Cy', NULL, 'EU');
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, amount integer, region varchar(10));
INSERT INTO orders VALUES (1, 1, 12, 'EU'), (2, 1, 3, 'US'), (3, 2, 70, 'US'), (4, 4, 9, NULL), (5, NULL, 5, 'EU');
"""


def _columns(**types: ColumnType) -> tuple[Column, ...]:
    native = {ColumnType.INTEGER: "integer", ColumnType.TEXT: "character varying(100)"}
    return tuple(Column(name, kind, native[kind], is_primary_key=name == "id") for name, kind in types.items())


def catalog(dialect: str, *, whole: bool) -> Catalog:
    """What introspection would give for one shop or the other."""
    schema = "public" if dialect == "postgres" else ""
    number, text = ColumnType.INTEGER, ColumnType.TEXT
    customers = {"id": number, "name": text, "email": text, "password": text, "region": text}
    if not whole:
        del customers["password"]
    tables = [
        Table(schema, "customers", columns=_columns(**customers), row_estimate=4),
        Table(schema, "orders", columns=_columns(id=number, customer_id=number, amount=number, region=text)),
    ]
    if whole:
        tables.append(Table(schema, "salaries", columns=_columns(id=number, customer_id=number, pay=number)))
        tables.append(Table(schema, "everyone", "view", columns=_columns(id=number, name=text, word=text)))
    full = [table.qualified_name for table in tables]
    keys = [ForeignKey(full[1], ("customer_id",), full[0], ("id",))]
    return Catalog(DIALECTS[dialect], tables, keys)
