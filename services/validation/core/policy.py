"""What a data source lets through: the words of a policy. How it is applied is in `core/policies`."""

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.validation.core.model import Limits


class MaskMethod(enum.StrEnum):
    """What is shown in the place of a masked value. Only texts have stars; other types are NULL by every method."""

    NULL = "null"
    STARS = "stars"
    LAST_FOUR = "last_four"


@dataclass(frozen=True, slots=True)
class ColumnMask:
    """Hides the values of the columns that a pattern names: "customers.email", "*.phone"."""

    column: str
    method: MaskMethod = MaskMethod.NULL


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Lets only the rows of a table be read for which a condition on its own columns holds."""

    table: str
    condition: str


@dataclass(frozen=True, slots=True)
class CostLimits:
    """The most that the planner's estimate of a statement may be; 0 means no limit.

    `max_cost` is in the planner's own unit, `max_rows_read` and `max_bytes_read` are what is read from tables.
    """

    max_cost: float = 0.0
    max_rows_read: float = 0.0
    max_bytes_read: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """What a data source lets through, to everybody who may ask it; the default lets everything through.

    Args:
        allowed_tables: Patterns of the tables that may be read; all when empty. Without a schema, a pattern means the
            schemas of the search path alone.
        denied_tables: Patterns of the tables that may not be read nor seen, in every schema where none is written.
        denied_columns: Patterns ("table.column") of the columns that may not be read nor seen.
        masks: The columns whose values are hidden.
        row_filters: The rows that may be read.
        limits: The most that a statement may take; a field of 0, or None, means the installation's own.
        cost_limits: The most that the planner's estimate may be.
        allow_analyze: Whether a statement may be run to measure its plan, which counts rows that the filters hide too.
        etag: A word that changes with every change.
    """

    allowed_tables: tuple[str, ...] = ()
    denied_tables: tuple[str, ...] = ()
    denied_columns: tuple[str, ...] = ()
    masks: tuple[ColumnMask, ...] = ()
    row_filters: tuple[RowFilter, ...] = ()
    limits: "Limits | None" = None
    cost_limits: CostLimits = field(default_factory=CostLimits)
    allow_analyze: bool = False
    etag: str = "0"

    @property
    def restricts(self) -> bool:
        """Whether there is anything that may not be read."""
        return any((self.allowed_tables, self.denied_tables, self.denied_columns, self.masks, self.row_filters))
