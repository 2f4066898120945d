"""What can be asked of a schema: which part each column plays, how tables stand to each other, plausible literals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.kit.catalog import ColumnType
from services.modelhub.adapters.built_in.ir import ColumnRef
from services.modelhub.adapters.built_in.schema import NUMERIC, TEMPORAL, Schema
from services.modelhub.adapters.built_in.tokens import identifier_words
from services.training.wording import PHRASES

# Longer values are prose that nobody repeats in a question.
_VALUE_CHARACTERS = 36
# A text with at most this many different values sorts rows into kinds.
_KINDS = 40
_HIDDEN = frozenset({ColumnType.BINARY, ColumnType.JSON})
_NOMINAL = frozenset({"year", "zip", "code", "number", "phone", "no", "postal", "isbn", "fax"})
_COUNTED = frozenset({"number", "num", "total", "count"})
_PLACES = frozenset(PHRASES["places"].split())


class Role(StrEnum):
    """The part a column plays in questions."""

    NAME = "name"
    KIND = "kind"
    TEXT = "text"
    NUMBER = "number"
    YEAR = "year"
    MOMENT = "moment"
    KEY = "key"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Link:
    """A table that another may be joined to; `kind` is parent (it is referred to), child (it refers) or far."""

    table: str
    kind: str
    column: str = ""
    referred: str = ""


@dataclass(frozen=True)
class Askable:
    """A schema's columns by role, its links by table, and the values that conditions take their literals from."""

    schema: Schema
    roles: dict[ColumnRef, Role]
    links: dict[str, tuple[Link, ...]]
    stored: Mapping[ColumnRef, Sequence[str]]

    def columns(self, table: str, *roles: Role) -> tuple[ColumnRef, ...]:
        """The table's columns that play one of the roles, any role when none is named."""
        refs = (ColumnRef(table, column.name) for column in self.schema.tables[table].columns)
        return tuple(ref for ref in refs if ref in self.roles and (not roles or self.roles[ref] in roles))

    def is_place(self, ref: ColumnRef) -> bool:
        """Whether its values are where something is or comes from."""
        return self.roles[ref] in {Role.KIND, Role.TEXT} and bool(_PLACES & set(identifier_words(ref.column)))

    def values(self, ref: ColumnRef) -> tuple[str, ...]:
        """Texts that a question may repeat: short, on one line, not quoted with both kinds of quotation marks."""
        return tuple(
            value
            for value in (self.stored.get(ref) or self.schema.columns[ref].samples)
            if 0 < len(value.strip()) <= _VALUE_CHARACTERS and value == value.strip() and _is_sayable(value)
        )

    def numbers(self, ref: ColumnRef) -> tuple[float, ...]:
        """Numbers of the column, in order; plausible ones where none is known."""
        found = (_number(value) for value in (*self.stored.get(ref, ()), *self.schema.columns[ref].samples))
        known = sorted({number for number in found if number is not None})
        return tuple(known) or ((1990.0, 2020.0) if self.roles.get(ref) == Role.YEAR else (1.0, 100.0))


def survey(schema: Schema, stored: Mapping[ColumnRef, Sequence[str]]) -> Askable:
    """Reads what can be asked of a schema.

    Args:
        schema: Tables, columns and joins.
        stored: Distinct values of columns as text; where a column has none, its samples stand in.
    """
    roles: dict[ColumnRef, Role] = {}
    for table in schema.tables:
        names = schema.name_of(table)
        for column in schema.tables[table].columns:
            ref = ColumnRef(table, column.name)
            if column.type not in _HIDDEN and identifier_words(column.name):
                roles[ref] = Role.NAME if ref in names else _role(schema, ref, stored)
    return Askable(schema, roles, {table: tuple(_links(schema, table)) for table in schema.tables}, stored)


def _role(schema: Schema, ref: ColumnRef, stored: Mapping[ColumnRef, Sequence[str]]) -> Role:
    column = schema.columns[ref]
    words = identifier_words(column.name)
    values = stored.get(ref, ()) or column.samples
    if column.type in NUMERIC and (column.is_sensitive or words[-1] in {"to", "by"}):
        return Role.KEY
    if schema.is_key(ref):
        sorts = column.type == ColumnType.TEXT and not column.is_primary_key and words[-1] not in {"id", "code"}
        return Role.KIND if sorts and 0 < len(values) <= _KINDS else Role.KEY
    if column.type == ColumnType.BOOLEAN or (column.type in NUMERIC and values and set(values) <= {"0", "1"}):
        return Role.FLAG
    if column.type in TEMPORAL:
        return Role.MOMENT
    if column.type in NUMERIC:
        return Role.YEAR if words[-1] in _NOMINAL and words[0] not in _COUNTED else Role.NUMBER
    rows = max(schema.tables[ref.table].row_estimate, _most_values(schema, ref.table, stored))
    repeats = len(values) < 0.7 * rows or len(values) <= 3
    return Role.KIND if 0 < len(values) <= _KINDS and repeats and not column.is_unique else Role.TEXT


def _most_values(schema: Schema, table: str, stored: Mapping[ColumnRef, Sequence[str]]) -> int:
    """The most different values that a column of the table has: it has at least as many rows."""
    return max(
        (len(stored.get(ColumnRef(table, column.name), ())) for column in schema.tables[table].columns), default=0
    )


def _links(schema: Schema, table: str) -> list[Link]:
    """Neighbours by one key, then tables two joins away."""
    near: dict[str, Link] = {}
    for edge in schema.joins.edges_of(table):
        other = edge.right if edge.left == table else edge.left
        if len(edge.left_columns) == 1 and edge.left != edge.right and other not in near:
            kind = "parent" if edge.left == table else "child"
            near[other] = Link(other, kind, edge.left_columns[0], edge.right_columns[0])
    far = {
        other: Link(other, "far")
        for neighbour in near
        for other in schema.joins.neighbours(neighbour)
        if other != table and other not in near
    }
    return [*near.values(), *far.values()]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) and abs(number) < 1e12 else None


def _is_sayable(value: str) -> bool:
    return value.isprintable() and not ("'" in value and '"' in value) and "%" not in value
