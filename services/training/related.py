"""What a made-up question says of rows by what other tables hold: the most orders, no orders, an order of this kind."""

from collections.abc import Callable
from dataclasses import replace

from services.modelhub.adapters.built_in.ir import (
    Aggregate,
    ColumnRef,
    Condition,
    Measure,
    Operator,
    Order,
    Query,
)
from services.training.askable import Link, Role
from services.training.draw import Draw
from services.training.literals import few
from services.training.modifiers import condition, either, most
from services.training.nouns import Modifier, Noun
from services.training.wording import PHRASES

_AMOUNTS = (Operator.GT, Operator.GE, Operator.LT, Operator.LE, Operator.EQ)
_SHARES = (0.36, 0.38, 0.1, 0.06, 0.1)


def joined(draw: Draw, table: str) -> Modifier:
    """Rows that go with certain rows of another table."""
    words, link = draw.words, draw.link(table)
    preferred = (Role.NAME, Role.KIND) if link.kind == "parent" and words.chance(0.6) else ()
    draw.taken.add(ColumnRef(link.table, link.column if link.kind == "child" else link.referred))
    chosen = draw.chosen(link.table, roles=preferred)
    if words.chance(0.15 if link.kind == "child" else 0.35):
        return condition(draw, chosen, table)
    inner = Noun(link.table, (condition(draw, chosen, link.table),))
    one, many = inner.text(words, many=False), inner.text(words, many=True)
    if chosen.said == "named" and link.kind == "parent" and words.chance(0.5):
        value = words.literal(chosen.literals[0])
        one = words.say("({other} {v}|{v} {other})", {"other": words.noun(link.table, many=False), "v": value})
    slots = {"inner": one, "inners": many}
    post, does = (words.say(words.pick(PHRASES["links"][key]), slots) for key in (link.kind, f"{link.kind}_does"))
    verb = PHRASES["verbs"].get(words.noun(link.table, many=False).rpartition(" ")[2])
    if verb and link.kind == "child" and Noun(table).is_person(words) and words.chance(0.6):
        post = words.say(f"that [have/has] {verb} (a|any|at least one) {{inner}}", slots)
    return Modifier(post=post, does=does, where=chosen.condition)


def joined_either(draw: Draw, table: str) -> Modifier:
    """Rows that go with rows of another table of which one of two conditions holds."""
    link = draw.link(table)
    inner = Noun(link.table, (either(draw, link.table),))
    slots = {"inner": inner.text(draw.words, many=False), "inners": inner.text(draw.words, many=True)}
    keys = (link.kind, f"{link.kind}_does")
    post, does = (draw.words.say(draw.words.pick(PHRASES["links"][key]), slots) for key in keys)
    return Modifier(post=post, does=does, where=inner.modifiers[0].where)


def joined_most(draw: Draw, table: str) -> Modifier:
    """Rows that go with the row of another table that has most of something."""
    link = draw.link(table, "parent", "child")
    inner = Noun(link.table, (most(draw, link.table),))
    slots = {"inner": inner.text(draw.words, many=False)}
    keys = (link.kind, f"{link.kind}_does")
    post, does = (draw.words.say(draw.words.pick(PHRASES["links_one"][key]), slots) for key in keys)
    return Modifier(post=post, does=does, order=inner.modifiers[0].order, limit=1, is_one=True)


def children_most(draw: Draw, table: str) -> Modifier:
    """The row with the most or fewest rows that refer to it."""
    link = draw.link(table, "child")
    return _ranked(draw, table, link, draw.children(link))


def children_most_such(draw: Draw, table: str) -> Modifier:
    """The row with the most of certain rows that refer to it."""
    link = draw.link(table, "child")
    draw.taken.add(ColumnRef(link.table, link.column))
    inner = Noun(link.table, (condition(draw, draw.chosen(link.table), link.table),))
    ranked = _ranked(draw, table, link, inner.text(draw.words, many=True))
    return replace(ranked, where=inner.modifiers[0].where)


def _ranked(draw: Draw, table: str, link: Link, children: str) -> Modifier:
    descending = draw.words.chance(0.8)
    key = "most" if descending else "fewest"
    post, does = _said(draw, PHRASES["children"], key, {"children": children})
    order = (Order(Measure(ColumnRef(link.table), Aggregate.COUNT), descending),)
    return Modifier(post=post, does=does, group=(draw.key(table),), order=order, limit=1, is_one=True)


def children_sum(draw: Draw, table: str) -> Modifier:
    """The row whose referring rows have the highest total or average."""
    words, link = draw.words, draw.link(table, "child")
    ref = draw.measured(link.table, Role.NUMBER)
    aggregate = Aggregate.SUM if words.chance(0.5) else Aggregate.AVG
    measure = f"{'total' if aggregate is Aggregate.SUM else 'average'} {words.column(ref, link.table)}"
    slots = {"measure": measure, "children": draw.children(link)}
    post, does = _said(draw, PHRASES["children"], "measured", slots)
    order = (Order(Measure(ref, aggregate), descending=True),)
    return Modifier(post=post, does=does, group=(draw.key(table),), order=order, limit=1, is_one=True)


def children_enough(draw: Draw, table: str) -> Modifier:
    """Rows that more or less than so many others refer to."""
    link = draw.link(table, "child")
    operator = _AMOUNTS[int(draw.rng.choice(len(_AMOUNTS), p=_SHARES))]
    number = few(draw.rng, operator)
    slots = {"amount": draw.amount(operator, number, draw.children(link))}
    post, does = _said(draw, PHRASES["children"], "enough", slots)
    having = Condition(Measure(ColumnRef(link.table), Aggregate.COUNT), operator, (number,))
    return Modifier(post=post, does=does, group=(draw.key(table),), having=having)


def childless(draw: Draw, table: str) -> Modifier:
    """Rows that nothing refers to."""
    link = draw.link(table, "child")
    return _without(
        draw,
        ColumnRef(table, link.referred),
        draw.children(link),
        Query((Measure(ColumnRef(link.table, link.column)),)),
    )


def childless_such(draw: Draw, table: str) -> Modifier:
    """Rows that none of certain rows refer to."""
    link = draw.link(table, "child")
    draw.taken.add(ColumnRef(link.table, link.column))
    inner = Noun(link.table, (condition(draw, draw.chosen(link.table), link.table),))
    query = inner.restrict(Query((Measure(ColumnRef(link.table, link.column)),)))
    return _without(draw, ColumnRef(table, link.referred), inner.text(draw.words, many=True), query)


def _without(draw: Draw, referred: ColumnRef, children: str, query: Query) -> Modifier:
    post, does = _said(draw, PHRASES["children"], "none", {"children": children})
    return Modifier(post=post, does=does, where=Condition(Measure(referred), Operator.NOT_IN, (query,)))


def _said(draw: Draw, phrases: dict[str, list[str]], key: str, slots: dict[str, str]) -> tuple[str, str]:
    """What is said after the noun, and as a predicate."""
    return draw.words.say(draw.words.pick(phrases[key]), slots), draw.words.say(
        draw.words.pick(phrases[f"{key}_does"]), slots
    )


RELATED: dict[str, Callable[[Draw, str], Modifier]] = {
    "joined": joined,
    "joined_either": joined_either,
    "joined_most": joined_most,
    "children_most": children_most,
    "children_most_such": children_most_such,
    "children_sum": children_sum,
    "children_enough": children_enough,
    "childless": childless,
    "childless_such": childless_such,
}
