"""What the documents service knows about a data source.

Its catalogue, the versions of it, its values, and the part of all that which one question is about.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.kit.catalog import Catalog, ForeignKey, Table
from services.kit.ids import resource_name


@dataclass(frozen=True, slots=True)
class DataSource:
    """Which data source, of which organization."""

    organization: str
    id: str

    @property
    def name(self) -> str:
        """Its resource name."""
        return resource_name("organizations", self.organization, "dataSources", self.id)


@dataclass(frozen=True, slots=True)
class Version:
    """What is kept of a version beside its catalogue.

    `id` is made from the content, so the same catalogue has the same version. `create_time` is when it was first read,
    `sync_time` when the data source was last found to be like this, which is also how old its samples and its
    `indexed_values` values are.
    """

    id: str
    create_time: datetime
    sync_time: datetime
    indexed_values: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A data source's catalogue at one version."""

    version: Version
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class IndexedValue:
    """A value that occurs in a column; `normalized` is what `index_values.normalize` makes of it."""

    table: str
    column: str
    value: str
    normalized: str


class MatchKind(StrEnum):
    """How a phrase of the question came to mean a value, surest first."""

    EXACT = "exact"
    CASE = "case"
    FOLDED = "folded"
    STEM = "stem"
    SYNONYM = "synonym"
    TYPO = "typo"
    BOOLEAN = "boolean"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A value that the question seems to mention, in `question[start:end]`; `score` in 0..1, 1 for letter by letter."""

    table: str
    column: str
    value: str
    phrase: str
    start: int
    end: int
    score: float
    kind: MatchKind = MatchKind.EXACT


@dataclass(frozen=True, slots=True)
class JoinPath:
    """A shortest way from one table to another over foreign keys, in walking order."""

    tables: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """The part of a snapshot that a question is about, in the snapshot's own order."""

    dialect: str
    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...]
    join_paths: tuple[JoinPath, ...]
    value_matches: tuple[ValueMatch, ...]
