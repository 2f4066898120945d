"""A linked question while it is being interpreted: which items are spoken for, and which column an item means here."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from services.modelhub.adapters.built_in.ir import ColumnRef, Condition, Junction, Measure, Order
from services.modelhub.adapters.built_in.linking import Item
from services.modelhub.adapters.built_in.schema import TEMPORAL, Name, Schema
from services.modelhub.adapters.built_in.tokens import Token, stem

_TABLE_SCORE = 0.8


@dataclass
class Sketch:
    """A query in the making: what each clause has contributed so far."""

    select: list[Measure] = field(default_factory=list)
    where: list[tuple[int, Condition]] = field(default_factory=list)
    having: list[Condition | Junction] = field(default_factory=list)
    group: list[ColumnRef] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    distinct: bool = False
    through: list[str] = field(default_factory=list)
    per_group: str | None = None
    rows_of: str | None = None
    both: bool = False
    also_shown: list[Measure] = field(default_factory=list)
    pinned: str | None = None
    pinned_column: ColumnRef | None = None
    negated: set[int] = field(default_factory=set)


@dataclass
class Sentence:
    """Tokens, items and schema of one question; `claimed` maps an item's place to the role it plays."""

    tokens: tuple[Token, ...]
    items: tuple[Item, ...]
    schema: Schema
    dialect: str
    claimed: dict[int, str] = field(default_factory=dict)
    focus: dict[str, float] = field(default_factory=dict)
    choices: dict[int, int] = field(default_factory=dict)
    ambiguous: dict[int, tuple[ColumnRef, ColumnRef, float]] = field(default_factory=dict)
    entity: str | None = None

    def __post_init__(self) -> None:
        votes: dict[str, float] = defaultdict(float)
        for item in self.items:
            best: dict[str, float] = {}
            for name in item.names:
                weight = name.score * (1.3 if name.is_table or name.says_table else 1.0)
                best[name.ref.table] = max(best.get(name.ref.table, 0.0), weight)
            for match in item.values:
                best[match.table] = max(best.get(match.table, 0.0), 0.8 * match.score)
            for table, weight in best.items():
                votes[table] += weight
        top = max(votes.values(), default=1.0)
        self.focus = {table: 0.15 * vote / top for table, vote in votes.items()}
        for item in self.items:
            said = [name for name in item.names if (name.is_table or name.says_table) and name.score >= _TABLE_SCORE]
            for name in said:
                if name.score >= item.best - 0.05:
                    self.focus[name.ref.table] = max(self.focus[name.ref.table], 0.15) + 0.12 / len(said) + 0.12

        tables = (self.table(n) for n, item in enumerate(self.items) if self.is_table(n) and item.best >= _TABLE_SCORE)
        self.entity = next(tables, None)

    def owner(self, place: int) -> str | None:
        """The table a column item belongs to by its place: in "the name and age of students", or "students' names"."""
        if place > 0 and self.is_table(place - 1) and self.items[place - 1].best >= _TABLE_SCORE:
            return self.table(place - 1)
        described = False
        for step in range(place - 1, max(place - 5, -1), -1):
            described = described or self.items[step].kind == "clause"
            if described and self.is_table(step) and self.items[step].best >= _TABLE_SCORE:
                return self.table(step)
            if self.items[step].kind not in {"clause", "small"}:
                break
        for step in range(place + 1, min(place + 12, len(self.items))):
            item = self.items[step]
            if item.kind == "name" and item.names[0].says_table:
                return item.names[0].ref.table
            if self.is_table(step) and item.best >= _TABLE_SCORE:
                return self.table(step)
            if item.kind not in {"name", "join", "small", "distinct", "aggregate"} and item.cue != ",":
                break
        return self.entity

    def free(self, place: int) -> bool:
        """Whether the item exists and no clause has claimed it."""
        return 0 <= place < len(self.items) and place not in self.claimed

    def claim(self, role: str, *places: int) -> None:
        """Gives items their role; what is claimed is not read again."""
        for place in places:
            self.claimed.setdefault(place, role)

    def is_table(self, place: int) -> bool:
        """Whether the item names a table rather than a column."""
        item = self.items[place]
        if item.kind != "name":
            return False
        table = max((name.score for name in item.names if name.is_table), default=0.0)
        column = max((name.score for name in item.names if not name.is_table), default=0.0)
        return table > 0 and (table >= column or (table >= _TABLE_SCORE and column < table + 0.1))

    def table(self, place: int) -> str | None:
        """The table an item names, the one in focus among equals."""
        tables = [name for name in self.items[place].names if name.is_table]
        if not tables:
            return None
        return max(tables, key=lambda name: name.score + self.focus.get(name.ref.table, 0.0)).ref.table

    def column(
        self, place: int, near: str | None = None, wanted: Callable[[ColumnRef], bool] | None = None
    ) -> ColumnRef | None:
        """The column an item means, given the tables in focus, the table nearby, and the kind of column wanted."""
        ranked = self.ranked_columns(place, near or self.owner(place), wanted)
        if not ranked:
            return None
        if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < 0.12:
            self.ambiguous[place] = (ranked[0][1], ranked[1][1], ranked[0][0] - ranked[1][0])
        return ranked[min(self.choices.get(place, 0), len(ranked) - 1)][1]

    def ranked_columns(
        self, place: int, near: str | None = None, wanted: Callable[[ColumnRef], bool] | None = None
    ) -> list[tuple[float, ColumnRef]]:
        """All columns an item may mean, best first."""
        names = [name for name in self.items[place].names if not name.is_table]
        ranked = [(self._fit(name, near, wanted), name.ref) for name in names]
        return sorted(ranked, key=lambda pair: (-pair[0], pair[1].table, pair[1].column))

    def _fit(self, name: Name, near: str | None, wanted: Callable[[ColumnRef], bool] | None) -> float:
        ref = name.ref
        fit = name.score + self.focus.get(ref.table, 0.0)
        if near is not None:
            distance = self.schema.joins.distance(near, ref.table)
            fit += 0.2 if ref.table == near else -1.0 if distance == float("inf") else -0.12 * min(distance, 4.0)
        if (ref.table, ref.column) in self.schema.joins.references:
            fit -= 0.04
        if wanted is not None and wanted(ref):
            fit += 0.25
        return fit

    def hinted(self, hints: tuple[str, ...], tables: list[str]) -> ColumnRef | None:
        """The first ordered column of these tables whose name has one of the hinted words, hints in order."""
        for hint in map(stem, hints):
            for table in tables:
                for column in self.schema.tables[table].columns:
                    ref = ColumnRef(table, column.name)
                    if hint in self.schema.words[ref] and (self.schema.is_ordered(ref) or hint in _SPOKEN_ORDER):
                        return ref
        return None

    def moment_of(self, table: str) -> ColumnRef | None:
        """The one date that every row of a table has, else its only date: when the thing itself came about."""
        dates = [column for column in self.schema.tables[table].columns if column.type in TEMPORAL]
        kept = [column for column in dates if not column.nullable] or dates
        return ColumnRef(table, kept[0].name) if len(kept) == 1 else None

    def tables_in_focus(self) -> list[str]:
        """Tables that the question speaks of, most likely first."""
        return [t for t, weight in sorted(self.focus.items(), key=lambda pair: (-pair[1], pair[0])) if weight > 0]

    def next_content(self, place: int, reach: int = 3) -> int | None:
        """The next item after `place` that is not a small word, within `reach` items."""
        for step in range(place + 1, min(place + 1 + reach, len(self.items))):
            kind = self.items[step].kind
            if kind == "mark":
                return None
            if kind not in {"small", "distinct", "request"}:
                return step
        return None

    def previous_words(self, place: int) -> str:
        """The word before an item, articles apart; empty at the start."""
        start = self.items[place].start - 1
        while start > 0 and self.tokens[start].lower in {"the", "a", "an"}:
            start -= 1
        return self.tokens[start].lower if start >= 0 else ""

    def previous_content(self, place: int, reach: int = 3) -> int | None:
        """The last item before `place` that is not a small word, within `reach` items."""
        for step in range(place - 1, max(place - 1 - reach, -1), -1):
            kind = self.items[step].kind
            if kind == "mark":
                return None
            if kind not in {"small", "distinct", "request", "clause"}:
                return step
        return None


_SPOKEN_ORDER = frozenset({"birth", "date", "year", "time"})
