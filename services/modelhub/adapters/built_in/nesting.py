"""Nested queries: "without any orders" as NOT IN, "above the average age" against an aggregate, both as INTERSECT."""

from dataclasses import replace

from services.modelhub.adapters.built_in.filtering import is_participle
from services.modelhub.adapters.built_in.ir import (
    Aggregate,
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
    Query,
    SetOperator,
    conditions,
)
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch

_IN_PART = 0.8


def read_average_comparisons(sentence: Sentence, sketch: Sketch) -> None:
    """Claims "older than the average age" and "above the maximum price of …" as a comparison with a nested query."""
    for place, item in enumerate(sentence.items):
        if item.kind not in {"compare", "comparative"} or not sentence.free(place) or item.cue == "between":
            continue
        inner = sentence.next_content(place, reach=4)
        factor, scaled = _factor(sentence, inner)
        inner = sentence.next_content(scaled[-1]) if scaled else inner
        if inner is None or sentence.items[inner].kind != "aggregate" or sentence.items[inner].cue == "sum":
            continue
        after, before = sentence.next_content(inner, 4), sentence.previous_content(place, 4)
        if not scaled and _implied(sentence, sketch, place, inner, after):
            continue
        for target in (after, before):
            ref = _measured(sentence, target)
            if ref is None or target is None:
                continue
            nested = Query((Measure(ref, Aggregate(sentence.items[inner].cue)),))
            condition = Condition(Measure(ref), _operator(sentence, place), (nested,), factor)
            sketch.where.append((place, condition))
            sentence.claim("where", *scaled)
            same = before is not None and any(name.ref == ref for name in sentence.items[before].names)
            sentence.claim("where", place, inner, target, *([before] if same and before is not None else []))
            break


def _factor(sentence: Sentence, place: int | None) -> tuple[int, tuple[int, ...]]:
    """The 2 of "twice the average" and the 3 of "three times the average", with the items that say it."""
    if place is None:
        return 1, ()
    item = sentence.items[place]
    if item.kind == "times" and item.cue == "twice":
        return 2, (place,)
    following = sentence.items[place + 1].cue if place + 1 < len(sentence.items) else ""
    if item.kind == "number" and following == "times" and item.cue.isdigit():
        return int(item.cue), (place, place + 1)
    return 1, ()


def _operator(sentence: Sentence, place: int) -> Operator:
    item = sentence.items[place]
    return Operator(item.cue if item.kind == "compare" else LEXICON.comparatives[item.cue].direction)


def _measured(sentence: Sentence, place: int | None) -> ColumnRef | None:
    if place is None or sentence.items[place].kind != "name" or not sentence.free(place):
        return None
    ref = sentence.column(place, wanted=sentence.schema.is_ordered)
    return ref if ref is not None and sentence.schema.is_ordered(ref) else None


def _implied(sentence: Sentence, sketch: Sketch, place: int, inner: int, after: int | None) -> bool:
    """As in "older than average" speaks of the column that "older" hints at."""
    word = sentence.tokens[sentence.items[place].start].lower
    scale = LEXICON.comparatives.get(word)
    if (
        scale is None
        or not scale.hints
        or (after is not None and sentence.items[after].kind == "name" and not sentence.is_table(after))
    ):
        return False
    tables = ([sentence.entity] if sentence.entity else []) + sentence.tables_in_focus()[:2]
    ref = sentence.hinted(scale.hints, tables)
    if ref is None:
        return False
    nested = Query((Measure(ref, Aggregate(sentence.items[inner].cue)),))
    sketch.where.append((place, Condition(Measure(ref), Operator(scale.direction), (nested,))))
    sentence.claim("where", place, inner)
    return True


def read_absences(sentence: Sentence) -> list[str]:
    """Claims "without orders" and "have never placed an order"; gives the tables whose rows must be absent."""
    absent: list[str] = []
    for place, item in enumerate(sentence.items):
        if item.kind != "negation" or not sentence.free(place):
            continue
        for step in range(place + 1, min(place + 7, len(sentence.items))):
            other = sentence.items[step]
            if other.kind in {"mark", "clause"}:
                break
            if _is_deed(sentence, step):
                sentence.claim("negation", step)
                continue
            if other.kind == "name" and sentence.free(step) and other.best > 0.6:
                table = sentence.table(step) if sentence.is_table(step) else None
                if table is None:
                    column = sentence.column(step)
                    table = column.table if column is not None else None
                if table is not None:
                    absent.append(table)
                    sentence.claim("negation", place, step)
                    _claim_objects(sentence, step)
                break
    return absent


def _is_deed(sentence: Sentence, place: int) -> bool:
    """As in "have not left a review": the verb names no column when what it is about follows."""
    item = sentence.items[place]
    target = sentence.next_content(place)
    partial = item.kind == "name" and item.best < _IN_PART and is_participle(sentence.tokens[item.start].lower)
    return partial and target is not None and sentence.is_table(target)


def _claim_objects(sentence: Sentence, place: int) -> None:
    """What else the negated clause names ("have not reported any event") is part of the absence."""
    for step in range(place + 1, min(place + 4, len(sentence.items))):
        if sentence.items[step].kind in {"mark", "clause", "join"}:
            return
        if sentence.free(step) and sentence.is_table(step):
            sentence.claim("negation", step)


def absence(schema: Schema, main: str, table: str, inner: list[Condition | Junction]) -> Condition | None:
    """The rows of `main` that no row of `table` (for which `inner` holds) refers to; None when they do not connect."""
    if main == table:
        return None
    tree = schema.joins.tree((main, table))
    if tree is None or not tree.edges:
        return None
    edge = tree.edges[0]
    own, other = (
        (edge.left_columns, edge.right_columns) if edge.left == main else (edge.right_columns, edge.left_columns)
    )
    next_table = edge.right if edge.left == main else edge.left
    where = inner[0] if len(inner) == 1 else Junction(tuple(inner)) if inner else None
    through = (table,) if next_table != table else ()
    left, held = ColumnRef(main, own[0]), ColumnRef(next_table, other[0])
    if edge.left == main and next_table == table and where is None and schema.columns[left].nullable:
        return Condition(Measure(left), Operator.IS_NULL)
    if schema.columns[held].nullable and not schema.columns[held].is_primary_key:
        # NOT IN holds for no row at all when the list has a null.
        known = Condition(Measure(held), Operator.NOT_NULL)
        where = known if where is None else Junction((where, known))
    nested = Query((Measure(held),), where=where, through=through)
    return Condition(Measure(left), Operator.NOT_IN, (nested,))


def away(schema: Schema, main: str, condition: Condition) -> Condition | None:
    """As in "students who do not have a cat": a negation on a table that refers to `main` excludes whole rows."""
    table = condition.left.column.table
    edges = schema.joins.edges_between(main, table)
    refers = any(edge.left == table and edge.right == main for edge in edges)
    far = not edges
    if condition.operator != Operator.NE or table == main or not (refers or far):
        return None
    return absence(schema, main, table, [replace(condition, operator=Operator.EQ)])


def counted_groups(schema: Schema, query: Query) -> Query | None:
    """As in "How many customers have more than 3 orders?": the rows counted are those that a nested query keeps."""
    only = query.select[0]
    counts = len(query.select) == 1 and only.aggregate == Aggregate.COUNT
    if not counts or query.having is None or query.group or query.order or query.limit is not None:
        return None
    key = schema.key_of(only.column.table)
    tables = {c.left.column.table for c in conditions(query.having)} - {only.column.table}
    if key is None or not tables:
        return None
    through = tuple(dict.fromkeys([*query.through, *sorted(tables)]))
    nested = Query((Measure(key),), where=query.where, group=(key,), having=query.having, through=through)
    rows = Measure(ColumnRef(only.column.table), Aggregate.COUNT)
    return Query((rows,), where=Condition(Measure(key), Operator.IN, (nested,)))


def intersected(query: Query) -> Query | None:
    """Splits the one OR of two values into two queries that must both give the row."""
    parts = query.where.parts if isinstance(query.where, Junction) and not query.where.any_of else (query.where,)
    for part in parts:
        if isinstance(part, Junction) and part.any_of and len(part.parts) == 2:
            rest = [p for p in parts if p is not part and p is not None]
            halves = [_with(query, [*rest, half]) for half in part.parts]
            return replace(halves[0], set_operator=SetOperator.INTERSECT, other=halves[1])
    return None


def contradictory(query: Query) -> Query | None:
    """As in "both above 5600 and below 5200": no row is both, so two sets of rows are meant."""
    if not isinstance(query.where, Junction) or query.where.any_of:
        return None
    parts = query.where.parts
    for one in parts:
        for other in parts:
            if isinstance(one, Condition) and isinstance(other, Condition) and _excludes(one, other):
                rest = [p for p in parts if p is not one and p is not other]
                halves = [_with(query, [*rest, half]) for half in (one, other)]
                return replace(halves[0], set_operator=SetOperator.INTERSECT, other=halves[1])
    return None


def _excludes(above: Condition, below: Condition) -> bool:
    if (
        above.left != below.left
        or above.operator not in {Operator.GT, Operator.GE}
        or below.operator not in {Operator.LT, Operator.LE}
    ):
        return False
    sides = [side.text for condition in (above, below) for side in condition.right if isinstance(side, Literal)]
    try:
        return len(sides) == 2 and float(sides[0]) >= float(sides[1])
    except ValueError:
        return False


def _with(query: Query, parts: list[Condition | Junction]) -> Query:
    where = parts[0] if len(parts) == 1 else Junction(tuple(parts))
    return replace(query, where=where, order=(), limit=None)


def extreme(query: Query) -> Query | None:
    """ORDER BY x LIMIT 1 said as x = (SELECT max(x)), which keeps ties; only without groups."""
    if query.limit != 1 or len(query.order) != 1 or query.group or query.order[0].by.aggregate is not None:
        return None
    key = query.order[0].by
    wanted = Aggregate.MAX if query.order[0].descending else Aggregate.MIN
    nested = Query((Measure(key.column, wanted),), where=query.where)
    condition = Condition(key, Operator.EQ, (nested,))
    where = condition if query.where is None else Junction((query.where, condition))
    return replace(query, where=where, order=(), limit=None)


def pinned(schema: Schema, query: Query, table: str | None, column: ColumnRef | None) -> Query | None:
    """Rows that belong to the `table` row (or `column` value) with the greatest count, found by a nested query."""
    if query.limit is None or not query.order or query.order[0].by.aggregate != Aggregate.COUNT:
        return None
    key = column or (schema.key_of(table) if table is not None else None)
    shown = query.select[0].column.table
    if key is None or (column is None and shown == key.table):
        return None
    counted = query.order[0].by.column.table
    through = (counted,) if counted != key.table and column is None else ()
    nested = Query((Measure(key),), group=(key,), order=query.order[:1], limit=query.limit, through=through)
    if column is not None:
        nested = replace(nested, order=(replace(query.order[0], by=Measure(ColumnRef(key.table), Aggregate.COUNT)),))
    condition = Condition(Measure(key), Operator.IN, (nested,))
    where = condition if query.where is None else Junction((query.where, condition))
    kept = tuple(name for name in query.through if name != counted)
    aggregated = any(m.aggregate for m in query.select)
    group = query.group if aggregated and any(m.aggregate is None for m in query.select) else ()
    return replace(query, where=where, group=group, order=(), limit=None, through=kept)


def parent_extreme(schema: Schema, query: Query) -> Query | None:
    """The students of the largest dorm are many: an extreme of a table that the shown rows refer to keeps them all."""
    if query.limit != 1 or not query.order or query.order[0].by.aggregate is not None:
        return None
    shown, table = query.select[0].column.table, query.order[0].by.column.table
    tree = schema.joins.tree((shown, table)) if shown != table else None
    return extreme(query) if tree is not None and tree.edges and tree.edges[-1].right == table else None
