"""Nouns of made-up questions: rows of a table, with everything that restricts them.

A modifier carries both sides of a restriction: the ways to say it, and what it does to a query.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from services.modelhub.adapters.built_in.ir import ColumnRef, Condition, Junction, Order, Query, all_of
from services.training.wording import PHRASES, Wording, agree

_T = TypeVar("_T")
_PEOPLE = frozenset(PHRASES["people"].split())
_LEADS = ("whose", "with", "that", "who", "where", "in", "from")


@dataclass(frozen=True, slots=True)
class Modifier:
    """A restriction: `pre` is said before the noun, `post` after it, `does` as a predicate; empty where it cannot be.

    `[many/one]` in them agrees with the noun. `is_one` where it leaves one row.
    """

    pre: str = ""
    post: str = ""
    does: str = ""
    where: Condition | Junction | None = None
    group: tuple[ColumnRef, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    through: tuple[str, ...] = ()
    is_one: bool = False


@dataclass(frozen=True, slots=True)
class Noun:
    """Rows of a table and all that restricts them."""

    table: str
    modifiers: tuple[Modifier, ...] = ()

    @property
    def is_one(self) -> bool:
        """Whether it is one row."""
        return any(modifier.is_one for modifier in self.modifiers)

    @property
    def is_plain(self) -> bool:
        """Whether it is any row of the table."""
        return not self.modifiers

    def is_person(self, words: Wording) -> bool:
        """Whether its rows are people."""
        return words.noun(self.table, many=False).rpartition(" ")[2] in _PEOPLE

    def head(self, words: Wording, *, many: bool) -> str:
        """The noun with what is said before it."""
        return " ".join([*(m.pre for m in self.modifiers if m.pre), words.noun(self.table, many=many)])

    def subject(self, words: Wording, *, many: bool) -> str:
        """The noun as `does` is said of it: with only what cannot be said as a predicate."""
        return " ".join([*(m.pre for m in self.modifiers if not m.does), words.noun(self.table, many=many)]).strip()

    def text(self, words: Wording, *, many: bool) -> str:
        """The noun with what is said before and after it."""
        posts = [modifier.post for modifier in self.modifiers if modifier.post]
        text = f"{self.head(words, many=many)} {_joined(posts, words)}".strip()
        if self.is_person(words) and words.chance(0.7):
            text = text.replace("that [", "who [")
        return agree(text, many=many)

    def does(self, *, many: bool) -> str:
        """Its restrictions as a predicate, empty where they cannot be one."""
        said = [modifier.does for modifier in self.modifiers if modifier.does or not modifier.pre]
        if not said or not all(said):
            return ""
        return agree(" and ".join(said), many=many)

    def restrict(self, query: Query) -> Query:
        """The query over these rows only."""
        parts: list[Condition | Junction] = [] if query.where is None else [query.where]
        for modifier in self.modifiers:
            if isinstance(modifier.where, Junction) and not modifier.where.any_of:
                parts.extend(modifier.where.parts)
            elif modifier.where is not None:
                parts.append(modifier.where)
        return Query(
            select=query.select,
            distinct=query.distinct,
            where=all_of(parts),
            group=query.group or _given(m.group for m in self.modifiers) or (),
            having=query.having or _given(m.having for m in self.modifiers),
            order=_given(m.order for m in self.modifiers) or query.order,
            limit=query.limit if query.limit is not None else _given(m.limit for m in self.modifiers),
            through=(*query.through, *(table for m in self.modifiers for table in m.through)),
        )


def _given(found: Iterable[_T]) -> _T | None:
    """The first that says something."""
    return next((each for each in found if each), None)


def _joined(posts: list[str], words: Wording) -> str:
    """Restrictions after a noun, one after the other; the second says less where it opens like the first."""
    if len(posts) < 2:
        return "".join(posts)
    text = posts[0]
    for before, post in pairwise(posts):
        lead = post.split(" ", 1)[0]
        if lead == before.split(" ", 1)[0] and lead in _LEADS:
            text += " and " + (post.removeprefix(f"{lead} ") if lead != "that" and words.chance(0.5) else post)
        else:
            text += (" and " if words.chance(0.6) else " ") + post
    return text
