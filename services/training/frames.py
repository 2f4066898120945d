"""Forms of a made-up question: rows listed, counted, measured, grouped, and two of these combined.

A form gives templates and, by slot, what is said there and what is shown: columns are selected in the order in which
the chosen template mentions them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.modelhub.adapters.built_in.ir import (
    Aggregate,
    ColumnRef,
    Condition,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
    SetOperator,
)
from services.training.askable import Role
from services.training.draw import Draw, Unfit
from services.training.literals import Chosen, another, choose, few
from services.training.modifiers import OWN, condition
from services.training.nouns import Noun
from services.training.related import RELATED
from services.training.shown import (
    Slot,
    columns_of,
    group_of,
    kind_of,
    linked_column,
    measure_of,
    said_columns,
    sorted_by,
    sorting,
)
from services.training.wording import PHRASES, fill, slots_of

_MODIFIERS = {**OWN, **RELATED}


@dataclass(frozen=True, slots=True)
class Shape:
    """A form with what is restricted in it, and how often it is asked among all.

    `columns` is how many are shown or measured, `modifiers` restrict the rows, `tail` sorts them.
    """

    share: float
    form: str
    modifiers: tuple[str, ...] = ()
    columns: int = 1
    tail: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's words and its query."""

    text: str
    query: Query


Form = Callable[[Draw, Shape, str], Asked]


def ask(draw: Draw, shape: Shape, table: str) -> Asked:
    """A question of a shape about rows of a table.

    Raises:
        Unfit: The table has nothing for it.
    """
    return FORMS[shape.form](draw, shape, table)


def _listing(draw: Draw, shape: Shape, table: str) -> Asked:
    noun = _noun(draw, shape, table)
    columns = columns_of(draw, table, shape.columns)
    linked = linked_column(draw, table) if shape.joined else ()
    slots = {**_said(draw, noun), **said_columns(draw, (*columns, *linked), table)}
    query = noun.restrict(Query(()))
    tail, order = sorting(draw, table, columns) if shape.tail else ("", ())
    key = "one" if noun.is_one else "top" if query.limit is not None else "many"
    templates = list(PHRASES["frames"][f"listing_{key}"])
    if not linked and set(columns) == set(draw.schema.name_of(table)) and draw.words.chance(0.5):
        templates = PHRASES["frames"][f"{'people' if noun.is_person(draw.words) and key != 'top' else 'named'}_{key}"]
        for name in ("heads", "head", "things", "thing", "does_many", "does_one"):
            slots[name] = Slot(slots[name].text, slots["shown"].shown)
    elif key == "many":
        templates += PHRASES["frames"]["listing_then"][: 1 if tail else 2]
        templates += () if tail else PHRASES["frames"]["listing_each"][: 1 if not noun.is_plain else 2]
    return _asked(draw, templates, slots, replace(query, order=query.order or order), tail)


def _everything(draw: Draw, shape: Shape, table: str) -> Asked:
    noun = _noun(draw, shape, table)
    slots = _said(draw, noun)
    slots = {name: Slot(slot.text, (Measure(ColumnRef(table)),)) for name, slot in slots.items()}
    return _asked(draw, PHRASES["frames"]["everything"], slots, noun.restrict(Query(())))


def _distinct(draw: Draw, shape: Shape, table: str) -> Asked:
    noun = _noun(draw, shape, table)
    columns = (kind_of(draw, table), *columns_of(draw, table, shape.columns - 1))
    slots = {**_said(draw, noun), **said_columns(draw, columns, table)}
    return _asked(draw, PHRASES["frames"]["distinct"], slots, noun.restrict(Query((), distinct=True)))


def _counting(draw: Draw, shape: Shape, table: str) -> Asked:
    noun = _noun(draw, shape, table)
    count = (Measure(ColumnRef(table), Aggregate.COUNT),)
    slots = {name: replace(slot, shown=count) for name, slot in _said(draw, noun).items()}
    return _asked(draw, PHRASES["frames"]["counting"], slots, noun.restrict(Query(())))


def _counting_distinct(draw: Draw, shape: Shape, table: str) -> Asked:
    ref = kind_of(draw, table)
    noun = _noun(draw, shape, table)
    said = Slot(draw.words.column(ref, table, many=True), (Measure(ref, Aggregate.COUNT, distinct=True),))
    slots = {**_said(draw, noun), "showns": said}
    return _asked(draw, PHRASES["frames"]["counting_distinct"], slots, noun.restrict(Query(())))


def _aggregating(draw: Draw, shape: Shape, table: str) -> Asked:
    slots = {"measure": measure_of(draw, table, shape.columns)}
    noun = _noun(draw, shape, table)
    return _asked(draw, PHRASES["frames"]["aggregating"], {**_said(draw, noun), **slots}, noun.restrict(Query(())))


def _grouped(draw: Draw, shape: Shape, table: str) -> Asked:
    """The number, or a measure, of rows by a column of theirs or of a table they refer to."""
    group, by = group_of(draw, table, joined=shape.joined)
    measure = measure_of(draw, table, shape.columns) if shape.form == "group_measure" else None
    noun = _noun(draw, shape, table)
    count = Slot(noun.text(draw.words, many=True), (Measure(ColumnRef(table), Aggregate.COUNT),))
    slots = {**_said(draw, noun), **group} | ({"measure": measure} if measure else {"things": count})
    said = measure.text if measure else f"number of {draw.words.noun(table, many=True)}"
    tail, order = _ranking(draw, shape, (measure or count).shown[0], said)
    return _asked(draw, PHRASES["frames"][shape.form], slots, noun.restrict(Query((), group=by, order=order)), tail)


def _group_ranked(draw: Draw, shape: Shape, table: str) -> Asked:
    """The value of a column that the most rows have, or whose rows have the highest average of something."""
    group, by = group_of(draw, table, joined=shape.joined)
    descending = draw.words.chance(0.75)
    if shape.form == "group_best":
        measure = measure_of(draw, table, 1, (Aggregate.AVG, Aggregate.AVG, Aggregate.SUM))
        extreme = Slot(draw.words.say("(highest|largest|greatest)" if descending else "(lowest|smallest)"))
        group |= {"measure": Slot(measure.text), "extreme": extreme}
        form, key = "group_best", measure.shown[0]
    else:
        form = "group_most" if descending else "group_least"
        key = Measure(ColumnRef(table), Aggregate.COUNT)
    noun = _noun(draw, shape, table)
    query = noun.restrict(Query((), group=by, order=(Order(key, descending),), limit=1))
    return _asked(draw, PHRASES["frames"][form], {**_said(draw, noun), **group}, query)


def _group_enough(draw: Draw, shape: Shape, table: str) -> Asked:
    """The values of a column that so many rows have."""
    group, by = group_of(draw, table, joined=shape.joined)
    operator = (Operator.GT, Operator.GE, Operator.GE, Operator.GT, Operator.LT, Operator.EQ)[int(draw.rng.integers(6))]
    number = few(draw.rng, operator)
    noun = _noun(draw, shape, table)
    having = Condition(Measure(ColumnRef(table), Aggregate.COUNT), operator, (number,))
    slots = {**_said(draw, noun), **group, "amount": Slot(draw.amount(operator, number, "").strip())}
    return _asked(draw, PHRASES["frames"]["group_enough"], slots, noun.restrict(Query((), group=by, having=having)))


def _children_each(draw: Draw, shape: Shape, table: str) -> Asked:
    """Rows with the number of those that refer to them."""
    link = draw.link(table, "child")
    count = Measure(ColumnRef(link.table), Aggregate.COUNT)
    columns = columns_of(draw, table, shape.columns)
    noun = _noun(draw, shape, table)
    slots = {**_said(draw, noun), **said_columns(draw, columns, table), "children": Slot(draw.children(link), (count,))}
    templates = PHRASES["frames"]["children_each"]
    if set(columns) == set(draw.schema.name_of(table)) and draw.words.chance(0.3):
        templates = PHRASES["frames"]["children_each_name"]
        slots["thing"] = replace(slots["thing"], shown=slots["shown"].shown)
    tail, order = _ranking(draw, shape, count, f"number of {slots['children'].text}")
    return _asked(draw, templates, slots, noun.restrict(Query((), group=(draw.key(table),), order=order)), tail)


def _combined(draw: Draw, shape: Shape, table: str) -> Asked:
    """What two kinds of rows have in common, or only one of them has."""
    words = draw.words
    if shape.joined:
        tested = draw.link(table, "child").table
        columns: tuple[ColumnRef, ...] = draw.schema.name_of(table)
        groups = words.noun(table, many=True)
        if not columns:
            raise Unfit
    else:
        tested, columns = table, (kind_of(draw, table),)
        groups = words.column(columns[0], table, many=True)
    sides = _two_sides(draw, tested)
    nouns = [Noun(tested, (condition(draw, chosen, tested),)) for chosen in sides]
    shown = tuple(map(Measure, columns))
    first, second = (noun.restrict(Query(shown)) for noun in nouns)
    said = [Slot(noun.text(words, many=True)) for noun in nouns]
    slots = {"groups": Slot(groups, shown), "first": said[0], "second": said[1]}
    operator = {"both": SetOperator.INTERSECT, "either": SetOperator.UNION}.get(shape.form, SetOperator.EXCEPT)
    if shape.form == "none_such":
        first, second = Query(shown), first
    return _asked(draw, PHRASES["frames"][shape.form], slots, replace(first, set_operator=operator, other=second))


FORMS: dict[str, Form] = {
    "listing": _listing,
    "everything": _everything,
    "distinct": _distinct,
    "counting": _counting,
    "counting_distinct": _counting_distinct,
    "aggregating": _aggregating,
    "group_count": _grouped,
    "group_measure": _grouped,
    "group_most": _group_ranked,
    "group_best": _group_ranked,
    "group_enough": _group_enough,
    "children_each": _children_each,
    "both": _combined,
    "but_not": _combined,
    "either": _combined,
    "none_such": _combined,
}


def _asked(draw: Draw, templates: Sequence[str], slots: dict[str, Slot], query: Query, tail: str = "") -> Asked:
    """The question in one of the templates that can be filled; its columns are shown as they are mentioned."""
    usable = [each for each in templates if all(slots[name].text for name in slots_of(each) if name in slots)]
    if not usable:
        raise Unfit
    template = draw.words.open(draw.words.pick(usable))
    shown = dict.fromkeys(measure for name in slots_of(template) for measure in slots[name].shown)
    text = fill(template, {name: slot.text for name, slot in slots.items()})
    whole = draw.words.sentence(text + tail)
    return Asked(whole, replace(query, select=query.select or tuple(shown)))


def _noun(draw: Draw, shape: Shape, table: str) -> Noun:
    return Noun(table, tuple(_MODIFIERS[kind](draw, table) for kind in shape.modifiers))


def _said(draw: Draw, noun: Noun) -> dict[str, Slot]:
    words = draw.words
    return {
        "things": Slot(noun.text(words, many=True)),
        "thing": Slot(noun.text(words, many=False)),
        "heads": Slot(noun.subject(words, many=True)),
        "head": Slot(noun.subject(words, many=False)),
        "does_many": Slot(noun.does(many=True)),
        "does_one": Slot(noun.does(many=False)),
    }


def _two_sides(draw: Draw, table: str) -> tuple[Chosen, Chosen]:
    """Two values of one column, or more and less of it."""
    first = draw.chosen(table, ("equal", "more"), (Role.KIND, Role.NAME, Role.NUMBER, Role.YEAR))
    if first.condition.operator == Operator.EQ:
        second = another(draw.askable, draw.rng, first)
    else:
        second = choose(draw.askable, draw.rng, [first.column], ("less",))
        (high,), (low,) = (each.condition.right if each else first.condition.right for each in (first, second))
        assert isinstance(high, Literal)
        assert isinstance(low, Literal)
        second = second if float(low.text) < float(high.text) else None
    if second is None:
        raise Unfit
    return first, second


def _ranking(draw: Draw, shape: Shape, measure: Measure, said: str) -> tuple[str, tuple[Order, ...]]:
    """How groups are sorted by what is counted or measured in them, where the shape sorts."""
    if not shape.tail:
        return "", ()
    descending = draw.words.chance(0.65)
    return sorted_by(draw, "descending" if descending else "ascending", said), (Order(measure, descending),)
