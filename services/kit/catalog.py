"""What a data source holds, in the words that every service shares: tables, columns and the keys between them.

`candor.catalog.v1` says the same between processes; `catalog_wire` turns one into the other.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class ColumnType(StrEnum):
    """A type reduced to what matters to a question, whatever the database calls it."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    BOOLEAN = "boolean"
    BINARY = "binary"
    JSON = "json"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `samples` are a few of its values as text, none where the column is sensitive."""

    name: str
    type: ColumnType = ColumnType.OTHER
    native_type: str = ""
    nullable: bool = True
    is_primary_key: bool = False
    is_unique: bool = False
    is_sensitive: bool = False
    comment: str = ""
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view. `schema` is empty where the engine has none; `row_estimate` is -1 where it is not known."""

    schema: str
    name: str
    kind: Literal["table", "view"] = "table"
    comment: str = ""
    columns: tuple[Column, ...] = ()
    row_estimate: int = -1

    @property
    def qualified_name(self) -> str:
        """`schema.name`, or the bare name where there is no schema: how everything else names a table."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`table(columns)` refers to `referred_table(referred_columns)`; tables by their qualified names."""

    table: str
    columns: tuple[str, ...]
    referred_table: str
    referred_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything a data source declares about itself, in a dialect named as sqlglot names it."""

    dialect: str
    tables: tuple[Table, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
