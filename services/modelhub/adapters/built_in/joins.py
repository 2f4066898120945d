"""The foreign-key graph, declared and inferred, and the smallest join tree over a set of tables."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from services.kit.catalog import Column, ColumnType, ForeignKey, Table

DECLARED_COST = 1.0
INFERRED_COST = 1.6
_PREFERRED_DISCOUNT = 0.3
# What a learned edge costs less: of a whole path less than ways of different length differ by, so that it decides
# only between ways that are as short, and less than a column that the question says.
_LEARNED_DISCOUNT = 1 / 64
_TEXTUAL = {ColumnType.TEXT, ColumnType.OTHER}
_COUNTED = {ColumnType.INTEGER, ColumnType.NUMBER}


@dataclass(frozen=True, slots=True)
class Edge:
    """A way to join two tables: equal columns, paired by position. The left side holds the key's reference."""

    left: str
    left_columns: tuple[str, ...]
    right: str
    right_columns: tuple[str, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class JoinTree:
    """Tables in joining order, each edge reaching one new table; `is_tied` when another tree is as short."""

    tables: tuple[str, ...]
    edges: tuple[Edge, ...]
    is_tied: bool = False


class JoinGraph:
    """Tables joined by keys; inferred keys fill in between tables that declare none.

    Args:
        tables: The tables.
        keys: The keys that are declared between them.
        learned: Edges that are taken where another way is as short, because people joined so before.
    """

    def __init__(
        self, tables: Sequence[Table], keys: Iterable[ForeignKey], learned: frozenset[Edge] = frozenset()
    ) -> None:
        self._tables = tuple(tables)
        self._keys = tuple(keys)
        self._learned = learned
        self._edges: dict[str, list[Edge]] = defaultdict(list)
        known = {table.qualified_name: table for table in tables}
        declared = [
            Edge(key.table, key.columns, key.referred_table, key.referred_columns, DECLARED_COST)
            for key in self._keys
            if key.table != key.referred_table
            and _exists(known, key.table, key.columns)
            and _exists(known, key.referred_table, key.referred_columns)
            and len(key.columns) == len(key.referred_columns)
        ]
        joined = {frozenset((edge.left, edge.right)) for edge in declared}
        inferred = [edge for edge in _inferred(tables) if frozenset((edge.left, edge.right)) not in joined]
        for edge in dict.fromkeys([*declared, *inferred]):
            self._edges[edge.left].append(edge)
            self._edges[edge.right].append(edge)
        self.references = {(e.left, c) for e in [*declared, *inferred] for c in e.left_columns}

    def having_learned(self, edges: frozenset[Edge]) -> "JoinGraph":
        """The same graph, which takes these edges where another way is as short."""
        return JoinGraph(self._tables, self._keys, edges)

    def edges_between(self, one: str, other: str) -> list[Edge]:
        """Every edge that joins the two tables directly."""
        return [edge for edge in self._edges[one] if other in {edge.left, edge.right} and edge.left != edge.right]

    def edges_of(self, table: str) -> list[Edge]:
        """Every edge that touches the table."""
        return list(self._edges[table])

    def neighbours(self, table: str) -> list[str]:
        """Tables one join away."""
        return list(dict.fromkeys(e.right if e.left == table else e.left for e in self._edges[table]))

    def distance(self, one: str, other: str) -> float:
        """Cost of the shortest path between two tables; infinite when there is none."""
        if one == other:
            return 0.0
        path = self._path({one}, other, frozenset())
        return sum(edge.cost for edge in path[0]) if path is not None else float("inf")

    def tree(self, tables: Sequence[str], preferred: frozenset[tuple[str, str]] = frozenset()) -> JoinTree | None:
        """A small tree over `tables` (shortest-path heuristic for Steiner trees), None when they do not connect.

        `preferred` columns (table, name) make the edges that use them cheaper: words of the question chose them.
        """
        order = [tables[0]] if tables else []
        edges: list[Edge] = []
        is_tied = False
        remaining = list(dict.fromkeys(tables[1:]))
        while remaining:
            paths = [(path, target) for target in remaining if (path := self._path(set(order), target, preferred))]
            if not paths:
                return None
            (best, tied), _ = min(paths, key=lambda item: sum(edge.cost for edge in item[0][0]))
            is_tied = is_tied or tied
            for edge in best:
                edges.append(edge)
                order.append(edge.right if edge.left in order else edge.left)
            remaining = [name for name in remaining if name not in order]
        return JoinTree(tuple(order), tuple(edges), is_tied)

    def without_idle_leaves(self, tree: JoinTree, used: set[str]) -> JoinTree:
        """Drops tables at the end of a longer tree that only complete a reference and of which nothing is used."""
        edges = list(tree.edges)
        tables = list(tree.tables)
        for table in reversed(tree.tables[1:]):
            touching = [edge for edge in edges if table in {edge.left, edge.right}]
            if table not in used and len(tables) > 2 and len(touching) == 1 and touching[0].right == table:
                edges.remove(touching[0])
                tables.remove(table)
        return JoinTree(tuple(tables), tuple(edges), tree.is_tied)

    def _path(
        self, sources: set[str], target: str, preferred: frozenset[tuple[str, str]]
    ) -> tuple[list[Edge], bool] | None:
        """Dijkstra from any source; the flag says that a second path costs the same."""
        if target in sources:
            return [], False
        heap: list[tuple[float, int, str, tuple[Edge, ...]]] = [
            (0.0, n, name, ()) for n, name in enumerate(sorted(sources))
        ]
        done: dict[str, float] = {}
        counter = len(heap)
        found: tuple[Edge, ...] | None = None
        best = float("inf")
        while heap:
            cost, _, name, path = heappop(heap)
            if cost > best:
                break
            if name == target:
                if found is not None:
                    return list(found), True
                found, best = path, cost
                continue
            if name in done and done[name] < cost:
                continue
            done[name] = cost
            for edge in self._edges[name]:
                other = edge.right if edge.left == name else edge.left
                step = edge.cost - self._discount(edge, preferred)
                if other not in done:
                    counter += 1
                    heappush(heap, (cost + step, counter, other, (*path, edge)))
        return None if found is None else (list(found), False)

    def _discount(self, edge: Edge, preferred: frozenset[tuple[str, str]]) -> float:
        said = _PREFERRED_DISCOUNT if _uses(edge, preferred) else 0.0
        return said + (_LEARNED_DISCOUNT if edge in self._learned else 0.0)


def _exists(tables: dict[str, Table], table: str, columns: tuple[str, ...]) -> bool:
    return table in tables and set(columns) <= {column.name for column in tables[table].columns}


def _uses(edge: Edge, preferred: frozenset[tuple[str, str]]) -> bool:
    return any((edge.left, column) in preferred for column in edge.left_columns)


def _inferred(tables: Sequence[Table]) -> list[Edge]:
    """Keys nobody declared: a column named as another table's key ("city_id" and city.city_id, or city.id)."""
    targets: dict[str, list[tuple[Table, Column]]] = defaultdict(list)
    for table in tables:
        keys = [column for column in table.columns if column.is_primary_key]
        for column in table.columns:
            alone = column.is_unique or (column.is_primary_key and len(keys) == 1)
            name = column.name.lower()
            own = table.name.lower()
            if not alone and name.replace("_", "") not in {f"{own}id", f"{own.removesuffix('s')}id"}:
                continue
            if name not in {"id", "name", "code", "key"}:
                targets[name].append((table, column))
            else:
                for stem in {table.name.lower(), table.name.lower().removesuffix("s")}:
                    targets[f"{stem}_{name}"].append((table, column))
                    targets[f"{stem}{name}"].append((table, column))
    found = []
    for table in tables:
        for column in table.columns:
            for target, key in targets.get(column.name.lower()) or _by_last_words(column.name.lower(), targets):
                if (
                    target.qualified_name != table.qualified_name
                    and _same_family(column.type, key.type)
                    and not column.is_unique
                ):
                    found.append(
                        Edge(table.qualified_name, (column.name,), target.qualified_name, (key.name,), INFERRED_COST)
                    )
    return found


def _by_last_words(name: str, targets: dict[str, list[tuple[Table, Column]]]) -> list[tuple[Table, Column]]:
    """As in "start_station_id" may refer to station.id."""
    words = name.split("_")
    for start in range(1, len(words) - 1):
        found = targets.get("_".join(words[start:]))
        if found:
            return found
    return []


def _same_family(one: ColumnType, other: ColumnType) -> bool:
    return one == other or {one, other} <= _COUNTED or {one, other} <= _TEXTUAL
