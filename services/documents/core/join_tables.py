"""How tables hang together by their foreign keys: shortest ways, nearest neighbours."""

from collections import defaultdict, deque
from collections.abc import Iterable

from services.documents.core.model import JoinPath
from services.kit.catalog import ForeignKey

# Two tables may be joined in several ways of one length (a flight's origin and its destination); more than this many
# help nobody.
PATHS_PER_PAIR = 3
# A longer chain of joins is no answer to a question.
KEYS_PER_PATH = 6


class KeyGraph:
    """Tables as nodes, foreign keys as edges that are walked both ways."""

    def __init__(self, foreign_keys: Iterable[ForeignKey]) -> None:
        self._edges: dict[str, list[tuple[str, ForeignKey]]] = defaultdict(list)
        for key in foreign_keys:
            if key.table != key.referred_table:
                self._edges[key.table].append((key.referred_table, key))
                self._edges[key.referred_table].append((key.table, key))

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table that take part in a key."""
        return frozenset(
            name
            for _, key in self._edges.get(table, ())
            for name in (key.columns if key.table == table else key.referred_columns)
        )

    def paths(self, start: str, goal: str) -> list[JoinPath]:
        """The shortest ways between two tables, at most three; none when they do not hang together."""
        distances = self._distances(goal)
        if start == goal or start not in distances:
            return []
        found: list[JoinPath] = []
        ways: deque[JoinPath] = deque([JoinPath((start,), ())])
        while ways and len(found) < PATHS_PER_PAIR:
            way = ways.popleft()
            at = way.tables[-1]
            if at == goal:
                found.append(way)
                continue
            closer = [edge for edge in self._edges[at] if distances.get(edge[0], -1) == distances[at] - 1]
            ways.extendleft(JoinPath((*way.tables, table), (*way.foreign_keys, key)) for table, key in reversed(closer))
        return found

    def nearest(self, table: str, others: Iterable[str]) -> tuple[str, ...]:
        """The tables on the shortest way from `table` to the nearest of `others`, both ends included."""
        goals = set(others)
        came_from: dict[str, str | None] = {table: None}
        reached: deque[tuple[str, int]] = deque([(table, 0)])
        while reached:
            at, length = reached.popleft()
            if at in goals:
                way: list[str] = []
                step: str | None = at
                while step is not None:
                    way.append(step)
                    step = came_from[step]
                return tuple(way)
            for neighbour, _ in self._edges.get(at, ()) if length < KEYS_PER_PATH else ():
                if neighbour not in came_from:
                    came_from[neighbour] = at
                    reached.append((neighbour, length + 1))
        return ()

    def _distances(self, goal: str) -> dict[str, int]:
        distances = {goal: 0}
        reached = deque([goal])
        while reached:
            at = reached.popleft()
            for neighbour, _ in self._edges.get(at, ()) if distances[at] < KEYS_PER_PATH else ():
                if neighbour not in distances:
                    distances[neighbour] = distances[at] + 1
                    reached.append(neighbour)
        return distances
