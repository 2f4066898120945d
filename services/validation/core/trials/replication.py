"""How a sample becomes as many rows as are asked for: whole copies of it, each with keys of its own.

Copying whole samples keeps every distribution, every correlation between columns and every number of rows per key.
In each copy but the first, keys are moved past those of the copies before, the same for all columns that refer to one
another, so that keys stay unique and references lead to rows of the same copy. A key that holds much of a table keeps
its place instead, since it holds much of the table at any size.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlglot import exp

from services.kit.catalog import Column, ForeignKey, Table
from services.validation.core.model import Cell
from services.validation.core.trials.model import Sample, TrialColumn, TrialTable
from services.validation.core.trials.sample_types import BIGINT, STRING

BLOCK = "__block"
# A key is heavy that holds so many times its even share of the rows, and so much of all of them.
_TIMES_EVEN = 5
_LEAST_SHARE = 0.01
_MAX_HEAVY = 20
# A table that others refer to and that has so small a part of the rows is a list of codes: it does not grow.
_LIST_SHARE = 0.01
_MAX_BIGINT = 1 << 62

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """How a key's value is made another in each copy.

    Args:
        kind: "add" for whole numbers, "days" for dates and moments, "text".
        stride: What is added for each copy; the width of the number that is appended to a text, 0 for "~" and it.
        stay: The values that are the same in every copy.
    """

    kind: str
    stride: int
    stay: frozenset[str] = frozenset()

    def sql(self, column: str, type_: str) -> str:
        """Spark's expression for the value in copy `__block`."""
        name = exp.column(column, quoted=True).sql("spark")
        match self.kind:
            case "add":
                moved = f"CAST({name} + {BLOCK} * {self.stride} AS {type_})"
            case "days":
                moved = f"CAST({name} + MAKE_INTERVAL(0, 0, 0, CAST({BLOCK} * {self.stride} AS INT)) AS {type_})"
            case _ if self.stride:
                number = f"LPAD(CAST({BLOCK} AS STRING), {self.stride}, '0')"
                moved = f"CASE WHEN {BLOCK} = 0 THEN {name} ELSE {name} || {number} END"
            case _:
                moved = f"CASE WHEN {BLOCK} = 0 THEN {name} ELSE {name} || '~' || CAST({BLOCK} AS STRING) END"
        if not self.stay:
            return moved
        values = ", ".join(exp.Literal.string(each).sql("spark") for each in sorted(self.stay))
        return f"CASE WHEN CAST({name} AS STRING) IN ({values}) THEN {name} ELSE {moved} END"


@dataclass(frozen=True, slots=True)
class Heavy:
    """A key that holds a large share of a table's rows."""

    table: str
    column: str
    value: str
    share: float


@dataclass(slots=True)
class Replication:
    """The tables as Spark shall have them, and what is worth saying of them."""

    tables: list[TrialTable]
    moves: dict[Ref, Move]
    heavy: list[Heavy]
    fixed: list[str]
    unmoved: list[Ref] = field(default_factory=list)


def replicate(
    samples: Sequence[Sample],
    stored: Mapping[str, Table],
    foreign_keys: Iterable[ForeignKey],
    joins: Iterable[tuple[Ref, Ref]],
    types: Mapping[Ref, str],
) -> Replication:
    """How each table is copied.

    Args:
        samples: The rows.
        stored: The tables by their qualified names.
        foreign_keys: What the catalogue declares.
        joins: The pairs of columns that the statement joins by: they are references too where one is a key.
        types: Spark's type of every column.
    """
    found = {each.table: each for each in samples}
    columns = {(name, each.name): each for name, table in stored.items() for each in table.columns}
    references = [
        ((key.table, child), (key.referred_table, parent))
        for key in foreign_keys
        for child, parent in zip(key.columns, key.referred_columns, strict=False)
    ]
    declared = set(references)
    joins = list(joins)
    references += [
        each for pair in joins if (each := _reference(pair, columns, found)) is not None and each not in declared
    ]
    references = [each for each in references if all(_is_read(side, found) for side in each)]
    fixed = _lists(found, references)
    referring = {side for pair in references for side in pair}
    groups = _groups(references, [(each.table, name) for each in samples for name in each.columns])
    moves: dict[Ref, Move] = {}
    unmoved: list[Ref] = []
    for group in groups:
        if len(group) == 1 and not _needs_move(group[0], stored, found, referring):
            continue
        if any(table in fixed for table, _ in group):
            continue
        move = _move(group, types, found)
        if move is None:
            unmoved.extend(group)
        else:
            moves.update(dict.fromkeys(group, move))
    joined = [side for pair in joins for side in pair if _is_read(side, found)]
    looked_at = dict.fromkeys([*(child for child, _ in references), *joined])
    heavy = [each for table, column in looked_at for each in _heavy(found[table], column)]
    for ref in list(moves):
        stay = frozenset(each.value for each in heavy if (each.table, each.column) == ref)
        if stay and not _is_key(columns[ref]):
            moves[ref] = replace(moves[ref], stay=stay)
    tables = [
        _table(f"t_{number}", each, moves, types, fixed=each.table in fixed) for number, each in enumerate(samples)
    ]
    return Replication(tables, moves, heavy, sorted(fixed), unmoved)


def _reference(
    pair: tuple[Ref, Ref], columns: Mapping[Ref, Column], found: Mapping[str, Sample]
) -> tuple[Ref, Ref] | None:
    """A joined pair as (child, parent), where one side is a key of its table by itself."""
    for child, parent in (pair, pair[::-1]):
        if (
            child != parent
            and _is_read(parent, found)
            and _is_alone_unique(columns.get(parent), found[parent[0]], parent[1])
        ):
            return child, parent
    return None


def _is_alone_unique(column: Column | None, sample: Sample, name: str) -> bool:
    if column is None:
        return False
    values = [each for each in sample.values(name) if each is not None]
    return bool(values) and len(set(values)) == len(values) and (_is_key(column) or len(values) == len(sample.rows) > 1)


def _is_key(column: Column) -> bool:
    return column.is_primary_key or column.is_unique


def _needs_move(ref: Ref, stored: Mapping[str, Table], found: Mapping[str, Sample], referring: set[Ref]) -> bool:
    """Whether a column that nothing refers to is what keeps a key of its table unique: by itself, or for all of it."""
    table, name = ref
    column = next(each for each in stored[table].columns if each.name == name)
    key = [each.name for each in stored[table].columns if each.is_primary_key]
    if column.is_unique or key == [name]:
        return True
    if name not in key or not set(key) <= set(found[table].columns):
        return False
    return key[0] == name and not any((table, each) in referring for each in key)


def _is_read(ref: Ref, found: Mapping[str, Sample]) -> bool:
    return ref[0] in found and ref[1] in found[ref[0]].columns


def _lists(found: Mapping[str, Sample], references: Sequence[tuple[Ref, Ref]]) -> set[str]:
    largest = max((len(each.rows) for each in found.values()), default=0)
    small = {name for name, each in found.items() if each.complete and len(each.rows) <= _LIST_SHARE * largest} & {
        parent[0] for _, parent in references
    }
    # A list may refer to lists alone: a reference to what grows would lead to its first copy.
    while wrong := {child[0] for child, parent in references if child[0] in small and parent[0] not in small}:
        small -= wrong
    return small


def _groups(references: Sequence[tuple[Ref, Ref]], refs: Sequence[Ref]) -> list[list[Ref]]:
    """The columns that refer to one another, directly or by way of others; every other column by itself."""
    leader = {each: each for each in refs}

    def top(ref: Ref) -> Ref:
        while leader[ref] != ref:
            ref = leader[ref]
        return ref

    for child, parent in references:
        leader[top(child)] = top(parent)
    grouped: dict[Ref, list[Ref]] = {}
    for ref in refs:
        grouped.setdefault(top(ref), []).append(ref)
    return list(grouped.values())


def _move(group: Sequence[Ref], types: Mapping[Ref, str], found: Mapping[str, Sample]) -> Move | None:
    """How the keys of a group are moved, or None where they cannot be: of several kinds, or of one without room."""
    kinds = {_kind(types[each]) for each in group}
    values = [value for table, column in group for value in found[table].values(column) if value is not None]
    if len(kinds) != 1 or (kind := kinds.pop()) is None:
        return None
    if kind == "text":
        texts = [str(value) for value in values]
        if any("~" in each for each in texts) or all(each.isdigit() for each in texts):
            # Longer than every key that there is, so that none of the first copy can be met.
            return Move("text", max(7, *(len(each) for each in texts)) if texts else 7)
        return Move("text", 0)
    if kind == "days":
        days = [_day(str(value)) for value in values]
        return Move("days", (max(days) - min(days) + 1) if days else 1)
    numbers = [int(value) for value in values]
    stride = max(numbers) - min(numbers) + 1 if numbers else 1
    # Half of the range is left for the copies.
    return Move("add", stride) if all(abs(each) < _MAX_BIGINT for each in (*numbers, stride)) else None


def _kind(type_: str) -> str | None:
    if type_ == BIGINT or (type_.startswith("DECIMAL") and type_.endswith(",0)")):
        return "add"
    if type_ == STRING:
        return "text"
    return "days" if type_ in {"DATE", "TIMESTAMP", "TIMESTAMP_NTZ"} else None


def _day(text: str) -> int:
    return date.fromisoformat(text[:10]).toordinal()


def _heavy(sample: Sample, column: str) -> list[Heavy]:
    values = [str(value) for value in sample.values(column) if value is not None]
    counted = Counter(values)
    least = max(_LEAST_SHARE, _TIMES_EVEN / len(counted)) if counted else 1.0
    return [
        Heavy(sample.table, column, value, count / len(sample.rows))
        for value, count in counted.most_common(_MAX_HEAVY)
        if count / len(sample.rows) >= least
    ]


def _table(
    view: str, sample: Sample, moves: Mapping[Ref, Move], types: Mapping[Ref, str], *, fixed: bool
) -> TrialTable:
    columns = []
    for name in sample.columns:
        ref = (sample.table, name)
        type_ = types[ref]
        if ref in moves and type_.startswith("DECIMAL"):
            type_ = "DECIMAL(38,0)"
        kept = exp.column(name, quoted=True).sql("spark")
        columns.append(TrialColumn(name, type_, moves[ref].sql(name, type_) if ref in moves and not fixed else kept))
    return TrialTable(sample.table, view, tuple(columns), sample.rows, fixed)


def blocks(sizes: Sequence[int], largest: int) -> tuple[int, ...]:
    """How often the sample is copied at each size: whole copies, and more at each size than at the one before."""
    found: list[int] = []
    for size in sorted(sizes):
        copies = max(1, round(size / max(1, largest)))
        found.append(max(copies, found[-1] + 1) if found else copies)
    return tuple(found)


def moved(value: Cell, move: Move, block: int) -> Cell:
    """What `Move.sql` makes of a number or text, for those who want to know without Spark."""
    if value is None or str(value) in move.stay or block == 0:
        return value
    match move.kind:
        case "add":
            return int(value) + block * move.stride
        case "text":
            return f"{value}{block:0{move.stride}d}" if move.stride else f"{value}~{block}"
    raise ValueError("days are moved by Spark alone")
