"""How a table may be read under a policy."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.kit.catalog import Column, Table
from services.validation.core.policy import MaskMethod


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table may be read: its visible columns, what is shown for the masked ones, and which rows.

    `unfit` where the table no longer has a column that the policy names: then nothing of it may be read.
    """

    table: Table
    visible: tuple[Column, ...]
    masks: Mapping[str, MaskMethod]
    conditions: tuple[str, ...]
    unfit: bool

    @property
    def is_plain(self) -> bool:
        """Whether the table is read as it is."""
        whole = len(self.visible) == len(self.table.columns)
        return whole and not self.masks and not self.conditions and not self.unfit
