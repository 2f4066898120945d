"""Names as a dialect writes them."""

from sqlglot import exp

from services.kit.catalog import Table
from services.validation.core.dialects import Dialect


def quoted(name: str, dialect: Dialect) -> str:
    """A name in the dialect's quotes, so that it means itself alone."""
    return exp.to_identifier(name, quoted=True).sql(dialect.name)


def distinct_values(table: Table, column: str, dialect: Dialect) -> str:
    """The statement for the different values of a column, NULL aside."""
    name = quoted(column, dialect)
    return f"SELECT DISTINCT {name} FROM {qualified(table, dialect)} WHERE {name} IS NOT NULL"


def qualified(table: Table, dialect: Dialect) -> str:
    """A table's name with its schema, where the engine has any: then no WITH query can stand in for it."""
    schema = table.schema or next(iter(dialect.default_schemas), "")
    own = quoted(table.name, dialect)
    return f"{quoted(schema, dialect)}.{own}" if schema else own
