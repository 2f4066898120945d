"""From a linked question to representations of what it asks: the first reading, then its likely variants."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from services.modelhub.adapters.built_in import nesting
from services.modelhub.adapters.built_in.comparing import read_comparisons
from services.modelhub.adapters.built_in.filtering import OPPOSITE, combined
from services.modelhub.adapters.built_in.ir import (
    STAR,
    Aggregate,
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Order,
    Query,
    SetOperator,
    all_of,
    conditions,
)
from services.modelhub.adapters.built_in.linking import Item
from services.modelhub.adapters.built_in.matching import read_patterns, read_values
from services.modelhub.adapters.built_in.ordering import read_order, read_superlatives
from services.modelhub.adapters.built_in.schema import NUMERIC, Schema
from services.modelhub.adapters.built_in.selecting import (
    default_select,
    read_aggregate_lists,
    read_groups,
    read_select,
)
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch
from services.modelhub.adapters.built_in.states import read_flag_values, read_flags, read_missing, read_states
from services.modelhub.adapters.built_in.tokens import Token, identifier_words

_FARTHEST = 2.7
_EVERYTHING = frozenset({"information", "info", "details", "detail", "data", "record", "records"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """One reading of the question; `variant` names how it departs from the first, `sentence` says what was used."""

    query: Query
    variant: str
    sentence: Sentence


def propose(tokens: tuple[Token, ...], items: tuple[Item, ...], schema: Schema, dialect: str) -> list[Proposal]:
    """The readings of a question, the plainest first, each once."""
    found: dict[Query, Proposal] = {}
    first = _interpret(tokens, items, schema, dialect, {})
    if first is None:
        return []
    for variant, query in _variants(first):
        if not _is_computable(query, schema):
            continue
        found.setdefault(query, Proposal(query, variant, first.sentence))
    for place in sorted(first.sentence.ambiguous, key=lambda n: first.sentence.ambiguous[n][2])[:3]:
        other = _interpret(tokens, items, schema, dialect, {place: 1})
        if other is not None and _is_computable(other.query, schema):
            found.setdefault(other.query, Proposal(other.query, "other column", other.sentence))
    return list(found.values())


def _is_computable(query: Query, schema: Schema) -> bool:
    """Whether what is summed or averaged is a number, or is stored as one."""
    measures = [*query.select, *(order.by for order in query.order)]
    summed = [m.column for m in measures if m.aggregate in {Aggregate.SUM, Aggregate.AVG} and m.column.column != STAR]
    return all(schema.columns[ref].type in NUMERIC or schema.is_ordered(ref) for ref in summed)


def _interpret(
    tokens: tuple[Token, ...], items: tuple[Item, ...], schema: Schema, dialect: str, choices: dict[int, int]
) -> Proposal | None:
    sentence = Sentence(tokens, items, schema, dialect, choices=choices)
    sketch = Sketch()
    read_order(sentence, sketch)
    read_groups(sentence, sketch)
    read_aggregate_lists(sentence, sketch)
    nesting.read_average_comparisons(sentence, sketch)
    read_patterns(sentence, sketch)
    read_comparisons(sentence, sketch)
    read_superlatives(sentence, sketch)
    read_states(sentence, sketch)
    read_flag_values(sentence, sketch)
    read_values(sentence, sketch)
    read_flags(sentence, sketch)
    read_missing(sentence, sketch)
    absent = nesting.read_absences(sentence)
    read_select(sentence, sketch)
    query = _assemble(sentence, sketch, absent)
    if query is None:
        return None
    if sketch.both:
        query = nesting.intersected(query) or query
    query = nesting.pinned(sentence.schema, query, sketch.pinned, sketch.pinned_column) or query
    query = nesting.parent_extreme(sentence.schema, query) or query
    query = _excepted(sentence, sketch, query) or query
    query = nesting.counted_groups(sentence.schema, query) or query
    query = nesting.contradictory(query) or query
    if query.limit is not None and not query.group and all(m.aggregate for m in query.select):
        query = nesting.extreme(query) or query
    return Proposal(query, "first", sentence)


def _excepted(sentence: Sentence, sketch: Sketch, query: Query) -> Query | None:
    """As in "cities that have no branch above 100" and "in fall but not in spring": one set of values without another.

    Only where what is shown does not tell rows apart, or where the same column is asked for and excluded.
    """
    parts = sorted(sketch.where, key=lambda entry: entry[0])
    kept = [condition for place, condition in parts if place not in sketch.negated]
    removed = [condition for place, condition in parts if place in sketch.negated]
    if not removed or query.group or query.limit is not None or len(query.select) > 2 or query.select[0].aggregate:
        return None
    but = next((n for n, item in enumerate(sentence.items) if item.kind == "join" and item.cue == "but"), None)
    if but is not None:
        removed = [condition for place, condition in parts if place > but]
        kept = [condition for place, condition in parts if place < but]
    repeated = {c.left for c in kept} & {c.left for c in removed}
    shown = query.select[0].column
    apart = shown in {*sentence.schema.name_of(shown.table), sentence.schema.key_of(shown.table)}
    same = all(c.left.column.table == shown.table for c in removed)
    if not repeated and (apart or not same or shown in {c.left.column for c in removed} or not _asks_without(sentence)):
        return None
    negative = [
        replace(c, operator=OPPOSITE[c.operator]) if place in sketch.negated else c
        for place, c in parts
        if c in removed and all(isinstance(side, Literal) for side in c.right)
    ]
    other = replace(query, where=all_of([*negative]), order=(), distinct=False)
    return replace(query, where=all_of([*kept]), set_operator=SetOperator.EXCEPT, other=other)


def _asks_without(sentence: Sentence) -> bool:
    """Whether the negation is of having ("have not", "without", "no") rather than of being ("is not")."""
    for item in sentence.items:
        if item.kind == "negation":
            words = {token.lower for token in sentence.tokens[item.start : item.end]}
            return not words & {"are", "is"}
    return False


def _main_table(sentence: Sentence, sketch: Sketch) -> str | None:
    """The table whose rows are asked for."""
    named = [m.column.table for m in sketch.select if m.column.table]
    plain = [m.column.table for m in sketch.select if m.column.table and m.aggregate is None]
    grouped = [ref.table for ref in sketch.group]
    filtered = [condition.left.column.table for _, condition in sketch.where]
    for name in (*plain[:1], sketch.per_group, *grouped[:1], sketch.rows_of, *named, *sketch.through, *filtered):
        if name:
            return name
    ordered = [order.by.column.table for order in sketch.order if order.by.column.table]
    return next(iter(ordered or sentence.tables_in_focus()), None)


def _assemble(sentence: Sentence, sketch: Sketch, absent: list[str]) -> Query | None:
    main = _main_table(sentence, sketch)
    if main is None:
        return None
    schema = sentence.schema
    entity = _entity(sketch, main)
    if not sketch.select and sketch.per_group and _wants_everything(sentence):
        sketch.rows_of, sketch.per_group = sketch.per_group, None
    _fill_select(sentence, sketch, entity)
    sketch.select.extend(sketch.also_shown)
    _per_group_extreme(sketch)
    counted = next((t for t in (*sketch.through, sketch.rows_of) if t), main)
    counted = _counted_child(schema, sentence, sketch, counted)
    select = [_filled(m, sketch.rows_of or counted) for m in sketch.select]
    order = [o for o in (_filled_order(o, select, counted) for o in sketch.order) if _is_sortable(o.by)]
    having = [_filled_condition(p, counted) for p in sketch.having]
    where, through = _absences(schema, combined(sentence, sketch), sketch, absent, entity)
    group = _groups(schema, sketch, select, order, having)
    query = Query(
        select=tuple(dict.fromkeys(select)),
        distinct=sketch.distinct and not group,
        where=all_of(where),
        group=tuple(group),
        having=all_of(having),
        order=tuple(dict.fromkeys(order)),
        limit=sketch.limit,
    )
    reached = set(query.tables)
    extra = [
        t for t in dict.fromkeys([*through, *([sketch.rows_of] if sketch.rows_of else [])]) if t and t not in reached
    ]
    extra = [t for t in extra if schema.joins.distance(main, t) <= _FARTHEST]
    return replace(query, through=tuple(extra))


def _per_group_extreme(sketch: Sketch) -> None:
    """As in "The most expensive product of each maker": an extreme per group is an aggregate, not a limit."""
    if not (sketch.group or sketch.per_group) or sketch.limit != 1 or not sketch.order:
        return
    order = sketch.order[0]
    if order.by.aggregate is not None or not order.by.column.table:
        return
    aggregate = Aggregate.MAX if order.descending else Aggregate.MIN
    extreme = Measure(order.by.column, aggregate)
    sketch.select = [extreme if m == order.by else m for m in sketch.select]
    if extreme not in sketch.select:
        sketch.select.append(extreme)
    sketch.order, sketch.limit = sketch.order[1:], None


def _counted_child(schema: Schema, sentence: Sentence, sketch: Sketch, counted: str) -> str:
    """The table whose rows are counted when counting per row of `counted` would always give one."""
    plain = [m.column for m in sketch.select if m.aggregate is None]
    counts = any(o.by.column.table == "" and o.by.aggregate == Aggregate.COUNT for o in sketch.order)
    if not counts or not plain or plain[0].table != counted:
        return counted
    if plain[0] not in {*schema.name_of(counted), schema.key_of(counted)}:
        return counted
    own = set(identifier_words(schema.tables[counted].name))
    children = [e.left for e in schema.joins.edges_of(counted) if e.right == counted]
    ranked = sorted(
        children,
        key=lambda t: (-sentence.focus.get(t, 0.0), -len(own & set(identifier_words(schema.tables[t].name))), t),
    )
    return ranked[0] if ranked else counted


def _entity(sketch: Sketch, main: str) -> str:
    plain = [m.column.table for m in sketch.select if m.column.table and m.aggregate is None]
    return plain[0] if plain else sketch.rows_of or main


def _fill_select(sentence: Sentence, sketch: Sketch, entity: str) -> None:
    """Adds what is shown although it was not said: the groups, and what a table's rows are called by."""
    schema = sentence.schema
    plain = [m for m in sketch.select if m.aggregate is None]
    if sketch.per_group and not any(m.column.table == sketch.per_group for m in plain):
        names = schema.name_of(sketch.per_group)
        key = schema.key_of(sketch.per_group)
        shown = names or ((key,) if key else ())
        sketch.select[:0] = [Measure(ref) for ref in shown]
    elif sketch.group and not plain:
        sketch.select[:0] = [Measure(ref) for ref in sketch.group]
    if sketch.per_group and all(m.aggregate is None for m in sketch.select) and not sketch.select:
        sketch.select.append(Measure(ColumnRef(entity), Aggregate.COUNT))
    if not sketch.select:
        sketch.select.extend(default_select(sentence, sketch.rows_of or entity, star=_wants_everything(sentence)))


def _wants_everything(sentence: Sentence) -> bool:
    """Whether "all information" or "details" of the rows were asked for rather than what they are called."""
    return any(item.kind == "request" and item.cue in _EVERYTHING for item in sentence.items)


def _filled(measure: Measure, table: str) -> Measure:
    return replace(measure, column=ColumnRef(table, STAR)) if measure.column.table == "" else measure


def _filled_order(order: Order, select: list[Measure], counted: str) -> Order:
    if order.by.column == ColumnRef("", ""):
        aggregated = [m for m in select if m.aggregate is not None]
        return Order((aggregated or select)[0], order.descending)
    return Order(_filled(order.by, counted), order.descending)


def _is_sortable(measure: Measure) -> bool:
    """Whether rows can be sorted by it: by how many there are, or by one column, never by all of them."""
    return measure.aggregate is not None or measure.column.column != STAR


def _filled_condition(part: Condition | Junction, table: str) -> Condition | Junction:
    if isinstance(part, Junction):
        return replace(part, parts=tuple(_filled_condition(p, table) for p in part.parts))
    return replace(part, left=_filled(part.left, table))


def _absences(
    schema: Schema, parts: list[Condition | Junction], sketch: Sketch, absent: list[str], entity: str
) -> tuple[list[Condition | Junction], list[str]]:
    where: list[Condition | Junction] = []
    through = list(sketch.through)
    inner: list[Condition | Junction] = []
    for part in parts:
        moved = nesting.away(schema, entity, part) if isinstance(part, Condition) else None
        if moved is None and absent and isinstance(part, Condition) and part.left.column.table == absent[0] != entity:
            inner.append(part)
        else:
            where.append(moved or part)
    for n, table in enumerate(absent):
        found = nesting.absence(schema, entity, table, inner if n == 0 else [])
        if found is not None:
            where.append(found)
            through = [t for t in through if t != table]
    return where, through


def _groups(
    schema: Schema, sketch: Sketch, select: list[Measure], order: list[Order], having: list[Condition | Junction]
) -> list[ColumnRef]:
    """The columns to group by: those said, else those shown beside an aggregate, by their table's key."""
    plain = [m.column for m in select if m.aggregate is None and m.column.column != STAR]
    aggregated = [m for m in select if m.aggregate is not None]
    asked = bool(having) or any(o.by.aggregate for o in order)
    if sketch.per_group or sketch.group:
        keys = [*sketch.group]
        key = schema.key_of(sketch.per_group) if sketch.per_group else None
        if key is not None and key not in keys:
            keys.insert(0, key)
        shown = plain if key is None else [ref for ref in plain if ref.table != key.table]
        return list(dict.fromkeys([*keys, *shown]))
    if not ((aggregated and plain) or (asked and plain)):
        if asked and not aggregated and any(m.column.column == STAR for m in select):
            key = schema.key_of(select[0].column.table)
            return [key] if key else []
        return []
    counted = {m.column.table for m in aggregated} | {o.by.column.table for o in order if o.by.aggregate}
    counted |= {c.left.column.table for part in having for c in conditions(part)}
    key = schema.key_of(plain[0].table)
    if (
        key is not None
        and key not in plain
        and plain[0].table not in counted
        and plain[0] in schema.name_of(plain[0].table)
    ):
        return [key, *(ref for ref in plain if ref.table != key.table)]
    return list(dict.fromkeys(plain))


def _variants(first: Proposal) -> Iterator[tuple[str, Query]]:
    query = first.query
    yield "first", query
    for name, change in _CHANGES:
        other = change(query, first.sentence)
        if other is not None and other != query:
            yield name, other


def _toggle_distinct(query: Query, _: Sentence) -> Query | None:
    if query.group or any(m.aggregate for m in query.select):
        return None
    return replace(query, distinct=not query.distinct)


def _count_distinct(query: Query, sentence: Sentence) -> Query | None:
    if len(query.select) != 1 or query.select[0].aggregate != Aggregate.COUNT:
        return None
    measure = query.select[0]
    if measure.distinct:
        return replace(query, select=(Measure(ColumnRef(measure.column.table), Aggregate.COUNT),))
    key = sentence.schema.key_of(measure.column.table)
    return None if key is None else replace(query, select=(Measure(key, Aggregate.COUNT, distinct=True),))


def _as_extreme(query: Query, _: Sentence) -> Query | None:
    return nesting.extreme(query)


def _without_detours(query: Query, _: Sentence) -> Query | None:
    return replace(query, through=()) if query.through else None


def _all_columns(query: Query, _: Sentence) -> Query | None:
    if query.group or any(m.aggregate for m in query.select) or len({m.column.table for m in query.select}) > 1:
        return None
    return replace(query, select=(Measure(ColumnRef(query.select[0].column.table, STAR)),))


def _by_key(query: Query, sentence: Sentence) -> Query | None:
    if query.group or any(m.aggregate for m in query.select):
        return None
    key = sentence.schema.key_of(query.select[0].column.table)
    return None if key is None else replace(query, select=(Measure(key),))


def _both(query: Query, _: Sentence) -> Query | None:
    return nesting.intersected(query)


_CHANGES: tuple[tuple[str, Callable[[Query, Sentence], Query | None]], ...] = (
    ("no detour", _without_detours),
    ("distinct", _toggle_distinct),
    ("count distinct", _count_distinct),
    ("extreme", _as_extreme),
    ("both", _both),
    ("all columns", _all_columns),
    ("key", _by_key),
)
