"""What a made-up question asks to see: columns, groups and measures, and by what they are sorted."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.modelhub.adapters.built_in.ir import Aggregate, ColumnRef, Measure, Order
from services.modelhub.adapters.built_in.tokens import identifier_words
from services.training.askable import Role
from services.training.draw import Draw, Unfit
from services.training.wording import PHRASES

# How much more often than others a column of a role is shown.
_SHOWN: dict[Role, float] = {
    Role.NAME: 5.0,
    Role.KIND: 1.6,
    Role.TEXT: 1.4,
    Role.NUMBER: 1.3,
    Role.YEAR: 1.0,
    Role.MOMENT: 1.0,
    Role.KEY: 0.5,
    Role.FLAG: 0.1,
}
_AGGREGATES = {
    Aggregate.AVG: ("average", "average", "average", "mean"),
    Aggregate.SUM: ("total", "total"),
    Aggregate.MAX: ("maximum", "highest", "largest", "maximum", "greatest"),
    Aggregate.MIN: ("minimum", "lowest", "smallest", "minimum"),
}
# Words of numbers that make no sense when added up.
_UNSUMMED = frozenset(PHRASES["unsummed"].split())


@dataclass(frozen=True, slots=True)
class Slot:
    """What is said in a place, and what is shown for it."""

    text: str
    shown: tuple[Measure, ...] = ()


def columns_of(draw: Draw, table: str, count: int) -> tuple[ColumnRef, ...]:
    """Columns to show; first and last name mostly go together."""
    fitting = [ref for ref in draw.askable.columns(table) if ref not in draw.taken or draw.words.chance(0.1)]
    names = draw.schema.name_of(table)
    found: list[ColumnRef] = []
    for _ in range(count):
        if not fitting:
            raise Unfit
        weights = [_SHOWN[draw.askable.roles[ref]] for ref in fitting]
        ref = fitting[int(draw.rng.choice(len(fitting), p=[weight / sum(weights) for weight in weights]))]
        chosen = names if ref in names and draw.words.chance(0.75) else (ref,)
        found.extend(each for each in chosen if each in fitting)
        fitting = [each for each in fitting if each not in found]
    return tuple(found)


def linked_column(draw: Draw, table: str) -> tuple[ColumnRef, ...]:
    """A column of another table, shown beside those of this one."""
    link = draw.link(table, "parent") if draw.words.chance(0.75) else draw.link(table, "parent", "child")
    named = [ref for ref in draw.askable.columns(link.table) if draw.askable.roles[ref] != Role.KEY]
    if not named:
        raise Unfit
    return draw.schema.name_of(link.table) or (named[int(draw.rng.integers(len(named)))],)


def said_columns(draw: Draw, columns: Sequence[ColumnRef], table: str) -> dict[str, Slot]:
    """The slots `shown`, of one row, and `showns`, of many."""
    measures = tuple(map(Measure, columns))
    slots = {}
    for slot, many in (("shown", False), ("showns", True)):
        said = [draw.words.column(ref, table, many=many) for ref in columns]
        if said[:2] in (["first name", "last name"], ["first names", "last names"]) and draw.words.chance(0.6):
            said[:2] = [f"first and {said[1]}"]
        slots[slot] = Slot(draw.words.listed(said), measures)
    return slots


def kind_of(draw: Draw, table: str) -> ColumnRef:
    """A column by whose values rows are sorted into kinds."""
    options = [ref for ref in draw.askable.columns(table, Role.KIND, Role.YEAR) if ref not in draw.taken]
    if not options or draw.words.chance(0.06):
        options = [ref for ref in draw.askable.columns(table, Role.TEXT, Role.KIND) if ref not in draw.taken]
    if not options:
        raise Unfit
    ref = options[int(draw.rng.integers(len(options)))]
    draw.taken.add(ref)
    return ref


def group_of(draw: Draw, table: str, *, joined: bool) -> tuple[dict[str, Slot], tuple[ColumnRef, ...]]:
    """What rows are grouped by: how it is said, and the columns of GROUP BY."""
    words = draw.words
    shown: tuple[Measure, ...]
    if not joined:
        ref = kind_of(draw, table)
        shown, by = (Measure(ref),), (ref,)
        said, many = words.column(ref, table), words.column(ref, table, many=True)
    else:
        parent = draw.link(table, "parent").table
        names = draw.schema.name_of(parent)
        if names and words.chance(0.6):
            shown, by = tuple(map(Measure, names)), (draw.key(parent),)
            said, many = words.noun(parent, many=False), words.noun(parent, many=True)
        else:
            ref = kind_of(draw, parent)
            shown, by = (Measure(ref),), (ref,)
            said, many = words.column(ref, table), words.column(ref, table, many=True)
    return {"group": Slot(said, shown), "groups": Slot(many, shown)}, by


def measure_of(draw: Draw, table: str, count: int, among: Sequence[Aggregate] = tuple(_AGGREGATES)) -> Slot:
    """One or two aggregates of a number, or one of two numbers."""
    words = draw.words
    ref = draw.measured(table, Role.NUMBER)
    if _UNSUMMED & set(identifier_words(ref.column)):
        among = [kind for kind in among if kind is not Aggregate.SUM]
    kinds = [Aggregate(kind) for kind in draw.rng.permutation([str(each) for each in dict.fromkeys(among)])[:count]]
    if count == 1:
        kinds = [among[int(draw.rng.integers(len(among)))]]
    said = [words.pick(_AGGREGATES[kind]) for kind in kinds]
    name = words.column(ref, table)
    if count == 2 and words.chance(0.3):
        other = draw.measured(table, Role.NUMBER)
        text = f"{said[0]} {name} and {words.say('(|' + said[0] + ' )')}{words.column(other, table)}"
        return Slot(text, (Measure(ref, kinds[0]), Measure(other, kinds[0])))
    return Slot(f"{words.listed(said)} {name}", tuple(Measure(ref, kind) for kind in kinds))


def sorting(draw: Draw, table: str, columns: Sequence[ColumnRef]) -> tuple[str, tuple[Order, ...]]:
    """How rows are sorted: by what is shown, or by a number."""
    measured = draw.askable.columns(table, Role.NUMBER, Role.YEAR, Role.MOMENT)
    own = [ref for ref in columns if ref.table == table]
    options = measured if measured and draw.words.chance(0.6) else tuple(own)
    ref = options[int(draw.rng.integers(len(options)))]
    role = draw.askable.roles[ref]
    descending = draw.words.chance(0.45)
    kinds = {
        Role.NUMBER: ("ascending", "descending"),
        Role.YEAR: ("ascending", "descending"),
        Role.MOMENT: ("oldest", "newest"),
    }
    kind = kinds.get(role, ("alphabetical", "reverse_alphabetical"))[descending]
    if kind == "alphabetical" and ref != own[0]:
        kind = "ascending"
    return sorted_by(draw, kind, draw.words.column(ref, table)), (Order(Measure(ref), descending),)


def sorted_by(draw: Draw, kind: str, key: str) -> str:
    """What is said at the end of a question of what its rows are sorted by."""
    said = draw.words.say(draw.words.pick(PHRASES["tails"][kind]), {"key": key})
    return f"{' ' if said.startswith('and') or draw.words.chance(0.7) else ', '}{said}"
