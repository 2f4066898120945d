"""Draws the parts of a made-up question from a schema: conditions, columns, other tables, names for them."""

from services.modelhub.adapters.built_in.ir import ColumnRef, Literal, Operator
from services.modelhub.adapters.built_in.tokens import identifier_words
from services.training.askable import Askable, Link, Role
from services.training.literals import Chosen, choose
from services.training.wording import PHRASES, Wording

_MEASURED = (Role.NUMBER, Role.YEAR, Role.MOMENT)


class Unfit(Exception):
    """A table or schema has nothing for what was to be asked."""


class Draw:
    """Draws for one question; no column is tested twice."""

    def __init__(self, askable: Askable, words: Wording) -> None:
        self.askable = askable
        self.schema = askable.schema
        self.words = words
        self.rng = words.rng
        self.taken: set[ColumnRef] = set()

    def chosen(self, table: str, only: tuple[str, ...] = (), roles: tuple[Role, ...] = ()) -> Chosen:
        """A condition on a column of the table that is not tested yet.

        Raises:
            Unfit: There is none.
        """
        columns = [ref for ref in self.askable.columns(table, *roles) if ref not in self.taken]
        found = choose(self.askable, self.rng, columns, only)
        if found is None:
            raise Unfit
        self.taken.add(found.column)
        return found

    def link(self, table: str, *kinds: str) -> Link:
        """A table that this one may be joined to, near ones rather than far ones.

        Raises:
            Unfit: There is none.
        """
        links = [link for link in self.askable.links[table] if not kinds or link.kind in kinds]
        near = [link for link in links if link.kind != "far"]
        if not links:
            raise Unfit
        options = near if near and self.words.chance(0.75) else links
        return options[int(self.rng.integers(len(options)))]

    def measured(self, table: str, *roles: Role) -> ColumnRef:
        """A column of which there is more or less.

        Raises:
            Unfit: There is none.
        """
        columns = [ref for ref in self.askable.columns(table, *(roles or _MEASURED)) if ref not in self.taken]
        if not columns:
            raise Unfit
        numbers = [ref for ref in columns if self.askable.roles[ref] == Role.NUMBER]
        options = numbers if numbers and self.words.chance(0.8) else columns
        ref = options[int(self.rng.integers(len(options)))]
        self.taken.add(ref)
        return ref

    def key(self, table: str) -> ColumnRef:
        """The column that tells the table's rows apart.

        Raises:
            Unfit: There is none.
        """
        key = self.schema.key_of(table)
        if key is None:
            raise Unfit
        return key

    def children(self, link: Link) -> str:
        """What the rows of a referring table are called: by the other side where it only connects two tables."""
        others = [
            each for each in self.askable.links[link.table] if each.kind == "parent" and each.referred != link.referred
        ]
        connects = others and not self.askable.columns(link.table, Role.NAME, Role.NUMBER)
        named = others[0].table if connects and self.words.chance(0.75) else link.table
        return self.words.noun(named, many=True)

    def amount(self, operator: Operator, number: Literal, things: str) -> str:
        """So many things, as in "more than three orders"."""
        count = self.words.literal(number, counts=True)
        said = self.words.say(self.words.pick(PHRASES["amounts"][operator]), {"n": count})
        return f"{said} {things}"


def adjective(ref: ColumnRef, direction: str) -> str | None:
    """What rows with more, less, most or least of a column are called: "older" for more of an age."""
    for word in identifier_words(ref.column):
        if word in PHRASES["adjectives"] and direction in PHRASES["adjectives"][word]:
            return str(PHRASES["adjectives"][word][direction])
    return None
