"""The names that a policy writes: `orders`, `sales.*`, `*.password`, `"My Table".id`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.kit.catalog import Table
from services.validation.core.dialects import Dialect

T = TypeVar("T")
_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a written name; a quoted one holds no star."""

    text: str
    quoted: bool

    @property
    def exact(self) -> bool:
        """Whether it means one name alone."""
        return self.quoted or "*" not in self.text

    def means(self, name: str) -> bool:
        """Whether a name is meant, in whatever letter case: how everything that restricts is compared."""
        return self._matches(self.text.casefold(), name.casefold())

    def means_exactly(self, name: str, dialect: Dialect) -> bool:
        """Whether the engine would take the part for this stored name: how what opens something is compared."""
        return self._matches(dialect.key(self.text, quoted=self.quoted), dialect.key(name, quoted=True))

    def _matches(self, pattern: str, name: str) -> bool:
        if self.exact:
            return pattern == name
        return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def parts_of(written: str) -> tuple[Part, ...] | None:
    """The parts of a written name; None where it is none."""
    found: list[Part] = []
    at = 0
    while match := _PART.match(written, at):
        quoted, plain = match.groups()
        found.append(Part(quoted.replace('""', '"'), quoted=True) if quoted else Part(plain.strip(), quoted=False))
        at = match.end()
        if at == len(written):
            return tuple(found) if all(part.text for part in found) else None
        if written[at] != ".":
            return None
        at += 1
    return None


@dataclass(frozen=True, slots=True)
class TablePattern:
    """The tables that a name means; `schema` is None where none is written."""

    schema: Part | None
    name: Part

    @property
    def exact(self) -> bool:
        """Whether it means no other name than the one that is written."""
        return self.name.exact and (self.schema is None or self.schema.exact)

    def restricts(self, table: Table, dialect: Dialect) -> bool:
        """Whether a rule that takes something away is about a table: without a schema, in every schema."""
        if not self.name.means(table.name):
            return False
        return self.schema is None or any(self.schema.means(each) for each in schemas_of(table, dialect))

    def opens(self, table: Table, dialect: Dialect, search_path: Iterable[str]) -> bool:
        """Whether a rule that gives something is about a table: without a schema, in the search path alone."""
        if not self.name.means_exactly(table.name, dialect):
            return False
        own = schemas_of(table, dialect)
        if self.schema is None:
            return not table.schema or table.schema in search_path
        return any(self.schema.means_exactly(each, dialect) for each in own)


def table_pattern(written: str) -> TablePattern | None:
    """The pattern of "table" or "schema.table"; None where it is neither."""
    parts = parts_of(written)
    if parts is None or len(parts) > 2:
        return None
    return TablePattern(parts[0] if len(parts) == 2 else None, parts[-1])


def column_pattern(written: str) -> tuple[TablePattern, Part] | None:
    """The patterns of "table.column" or "schema.table.column"; None where it is neither."""
    parts = parts_of(written)
    if parts is None or not 2 <= len(parts) <= 3:
        return None
    return TablePattern(parts[0] if len(parts) == 3 else None, parts[-2]), parts[-1]


def schemas_of(table: Table, dialect: Dialect) -> tuple[str, ...]:
    """The names of a table's schema; of one without a schema, those that the engine gives it."""
    return (table.schema,) if table.schema else dialect.default_schemas


class Rules(Generic[T]):
    """What patterns say, looked up by table without trying every pattern on every table.

    Args:
        dialect: Says what schemas a table is in.
        rules: Each pattern with what it says.
    """

    def __init__(self, dialect: Dialect, rules: Iterable[tuple[TablePattern, T]]) -> None:
        self._dialect = dialect
        self._named: dict[str, list[tuple[TablePattern, T]]] = {}
        self._starred: list[tuple[TablePattern, T]] = []
        for pattern, said in rules:
            if pattern.name.exact:
                self._named.setdefault(pattern.name.text.casefold(), []).append((pattern, said))
            else:
                self._starred.append((pattern, said))

    def about(self, table: Table) -> Iterator[T]:
        """What the patterns say that restrict a table."""
        for pattern, said in (*self._named.get(table.name.casefold(), ()), *self._starred):
            if pattern.restricts(table, self._dialect):
                yield said
