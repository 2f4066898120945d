"""Order, limits and superlatives: "sorted by age", "the three oldest", "the most common city", "with most orders"."""

from services.modelhub.adapters.built_in.ir import Aggregate, ColumnRef, Measure, Order
from services.modelhub.adapters.built_in.lexicon import LEXICON, Scale
from services.modelhub.adapters.built_in.schema import NUMERIC
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch

_AMOUNT_WORDS = frozenset({"most", "least", "fewest", "top"})


def read_order(sentence: Sentence, sketch: Sketch) -> None:
    """Finds "ordered by X descending" and "in alphabetical order of X" and claims their words."""
    start = next((n for n, item in enumerate(sentence.items) if item.kind in {"order", "direction"}), None)
    if start is None or not sentence.free(start):
        return
    start = _region_start(sentence, start)
    end = _region_end(sentence, start)
    places = range(start, end)
    descending = any(sentence.items[n].kind == "direction" and sentence.items[n].cue == "desc" for n in places)
    keys = _keys(sentence, places)
    sketch.order.extend(Order(key, descending) for key in keys)
    if not keys:
        sketch.order.append(Order(Measure(ColumnRef("", "")), descending))


def _keys(sentence: Sentence, places: range) -> list[Measure]:
    """The sort keys named in these places; claims every word up to the next clause."""
    keys: list[Measure] = []
    aggregate: Aggregate | None = None
    for place in places:
        item = sentence.items[place]
        if not sentence.free(place):
            continue
        if item.kind in {"clause", "compare", "comparative", "each", "value"} or (keys and item.cue == "for"):
            break
        if item.kind in {"aggregate", "count"}:
            aggregate = Aggregate.COUNT if item.kind == "count" else Aggregate(item.cue)
        elif item.kind == "name":
            measure = _key(sentence, place, aggregate)
            keys.extend([measure] if measure is not None else [])
            aggregate = None
        sentence.claim("order", place)
    if aggregate == Aggregate.COUNT:
        keys.append(Measure(ColumnRef(""), Aggregate.COUNT))
    return keys


def _region_start(sentence: Sentence, start: int) -> int:
    """Where the keys start that stand before the direction: "by the price in descending order"."""
    if sentence.items[start].kind != "direction":
        return _second_start(sentence, start)
    for place in range(start - 1, max(start - 5, -1), -1):
        item = sentence.items[place]
        if item.cue == "by" and item.kind == "small" and place + 1 < start:
            return place
        if item.kind not in {"name", "small", "join", "aggregate", "count", "word"} or sentence.is_table(place):
            break
    return start


def _second_start(sentence: Sentence, start: int) -> int:
    """As in "Sort the cities in descending order of their area", where the keys follow what is sorted."""
    opens = all(sentence.items[n].kind in {"small", "mark"} for n in range(start))
    said = {token.lower for token in sentence.tokens[sentence.items[start].start : sentence.items[start].end]}
    if not opens or not said <= {"sort", "order", "rank", "the"}:
        return start
    for place in range(start + 1, len(sentence.items)):
        item = sentence.items[place]
        named = any(sentence.items[n].kind == "name" for n in range(start, place))
        follows = any(other.kind in {"name", "count"} for other in sentence.items[place + 1 :])
        if named and follows and (item.cue == "by" or item.kind == "direction"):
            sentence.claim("order", start)
            return place
    return start


def _region_end(sentence: Sentence, start: int) -> int:
    """An order clause that opens the question ends at its comma; another runs to the end of its sentence."""
    opens = all(sentence.items[n].kind in {"small", "request", "mark"} for n in range(start))
    names = 0
    for place in range(start + 1, len(sentence.items)):
        item = sentence.items[place]
        if item.kind == "mark" and (item.cue in {".", "?", ";", "!"} or (item.cue == "," and names and opens)):
            return place
        if item.kind == "request" and names:
            return place
        names += item.kind == "name"
    return len(sentence.items)


def _key(sentence: Sentence, place: int, aggregate: Aggregate | None) -> Measure | None:
    if aggregate == Aggregate.COUNT:
        table = sentence.table(place)
        if sentence.is_table(place) and table is not None:
            return Measure(ColumnRef(table), Aggregate.COUNT)
    if sentence.is_table(place) and len(sentence.items[place].names) == 1:
        return None
    ref = sentence.column(place)
    if ref is None or (sentence.is_table(place) and aggregate is None):
        return None
    if aggregate == Aggregate.COUNT:
        return Measure(ref) if sentence.schema.is_number(ref) else Measure(ColumnRef(ref.table), Aggregate.COUNT)
    return Measure(ref, aggregate)


def read_superlatives(sentence: Sentence, sketch: Sketch) -> None:
    """Finds superlatives and turns each into an order with a limit, or a count per group with a limit."""
    for place, item in enumerate(sentence.items):
        if not sentence.free(place) or sketch.limit is not None:
            continue
        if item.kind == "most_number":
            _most_of(sentence, sketch, place, descending=item.cue == "desc")
        elif item.kind == "common":
            _most_common(sentence, sketch, place, descending=item.cue == "desc")
        elif item.kind == "superlative":
            _superlative(sentence, sketch, place)
        elif item.kind == "aggregate" and item.cue in {"min", "max"} and after_clause(sentence, place):
            if place + 1 < len(sentence.items) and sentence.items[place + 1].kind == "count":
                _most_of(sentence, sketch, place + 1, descending=item.cue == "max")
                sentence.claim("superlative", place)
                continue
            column = _measured(sentence, place)
            if column is not None:
                _take(sentence, sketch, place, Order(Measure(column), item.cue == "max"))


def after_clause(sentence: Sentence, place: int) -> bool:
    """Whether the item stands in a describing clause ("with the …", "who has the …") after something was asked for."""
    seen = False
    for before in range(place - 1, -1, -1):
        kind = sentence.items[before].kind
        seen = seen or kind == "clause"
        if seen and kind == "name":
            return True
        if kind in {"mark", "request"} and sentence.items[before].cue != ",":
            return False
    return False


def _asks_for_extreme(sentence: Sentence, sketch: Sketch, place: int, column: ColumnRef) -> bool:
    """As in "What is the highest salary of …" asks for the value itself, not for the row that has it."""
    asked = all(
        sentence.items[n].kind in {"small", "request", "aggregate", "join", "superlative", "each"}
        or (n in sentence.claimed and sentence.claimed[n] in {"each", "select", "order"})
        for n in range(place)
    )
    number = _number_near(sentence, place)
    return asked and number is None and not sketch.order and sentence.schema.is_ordered(column)


def _number_near(sentence: Sentence, place: int) -> int | None:
    """The place of "3" in "top 3", "3 oldest" and "the 3 most expensive"."""
    for near in (place + 1, place - 1, place - 2):
        if sentence.free(near) and sentence.items[near].kind == "number" and sentence.items[near].cue.isdigit():
            between = range(min(near, place) + 1, max(near, place))
            if all(sentence.items[n].kind == "small" for n in between):
                return near
    for far in range(place - 1, max(place - 7, 0), -1):
        ahead = sentence.items[far + 1]
        if sentence.items[far].kind in {"compare", "mark", "value"}:
            return None
        if sentence.free(far) and sentence.items[far].kind == "number" and ahead.kind == "name":
            before = sentence.items[far - 1]
            return far if before.kind in {"request", "small", "clause"} and sentence.items[far].cue.isdigit() else None
    return None


def _take(sentence: Sentence, sketch: Sketch, place: int, order: Order, *used: int) -> None:
    number = _number_near(sentence, place)
    sketch.limit = 1
    sentence.claim("superlative", place, *used)
    if number is not None and 0 < int(sentence.items[number].cue) <= 10_000:
        sketch.limit = int(sentence.items[number].cue)
        sentence.claim("superlative", number)
    sketch.order.insert(0, order)


def _most_of(sentence: Sentence, sketch: Sketch, place: int, *, descending: bool) -> None:
    target = sentence.next_content(place)
    if target is None or sentence.items[target].kind != "name":
        _take(sentence, sketch, place, Order(Measure(ColumnRef(""), Aggregate.COUNT), descending))
        return
    column = sentence.column(target, wanted=sentence.schema.is_number)
    table = sentence.table(target)
    if column is not None and sentence.schema.is_number(column) and not sentence.is_table(target):
        measure = Measure(column)
    elif table is not None and sentence.is_table(target):
        measure = Measure(ColumnRef(table), Aggregate.COUNT)
        sketch.pinned = _described_table(sentence, place)
        sketch.through.append(table)
    else:
        measure = Measure(ColumnRef(column.table if column else ""), Aggregate.COUNT)
    _take(sentence, sketch, place, Order(measure, descending), target)


def _described_table(sentence: Sentence, place: int) -> str | None:
    """The table a superlative clause describes: dorm in "students in the dorm that has the most amenities"."""
    seen = False
    for step in range(place - 1, max(place - 6, -1), -1):
        kind = sentence.items[step].kind
        if sentence.is_table(step) and seen:
            return sentence.table(step)
        seen = seen or kind == "clause"
        if kind not in {"clause", "small", "word"}:
            return None
    return None


def _most_common(sentence: Sentence, sketch: Sketch, place: int, *, descending: bool) -> None:
    target = sentence.next_content(place)
    if target is not None and sentence.items[target].kind == "name" and not sentence.is_table(target):
        tables_before = any(
            sentence.is_table(n) or (item.names and item.names[0].says_table)
            for n, item in enumerate(sentence.items[:place])
        )
        columns_before = any(
            sentence.items[n].kind in {"name", "count"} and not sentence.is_table(n) for n in range(place)
        )
        linked = sentence.items[place - 1].kind in {"small", "clause", "word"} if place else False
        if tables_before and columns_before and linked:
            sketch.pinned_column = sentence.column(target)
            sentence.claim("superlative", target)
    counted = ""
    if target is not None and sentence.items[target].kind == "name" and not sentence.is_table(target):
        column = sentence.column(target)
        counted = column.table if column is not None and not sentence.schema.is_key(column) else ""
    _take(sentence, sketch, place, Order(Measure(ColumnRef(counted), Aggregate.COUNT), descending))


def _measured(sentence: Sentence, place: int, *, may_be_text: bool = True) -> ColumnRef | None:
    """The ordered column that the words after a superlative name; claims it."""
    target = sentence.next_content(place, reach=4)
    while target is not None and sentence.items[target].kind in {"aggregate", "number"}:
        target = sentence.next_content(target)
    if target is None or sentence.items[target].kind != "name":
        return None
    if sentence.is_table(target) and not _doubles_as_number(sentence, target):
        return None
    head = _head(sentence, target)
    column = sentence.column(head, wanted=sentence.schema.is_ordered)
    if column is None or not (sentence.schema.is_ordered(column) or (may_be_text and sentence.items[head].best > 0.9)):
        return None
    sentence.claim("superlative", head)
    sentence.claim("mention", *range(target, head))
    return column


def _head(sentence: Sentence, place: int) -> int:
    """The last of two column names side by side: density in "population density"."""
    following = place + 1
    if not sentence.free(following) or sentence.items[following].kind != "name" or sentence.is_table(following):
        return place
    ref = sentence.column(following)
    return following if ref is not None and sentence.schema.is_ordered(ref) else place


def _doubles_as_number(sentence: Sentence, place: int) -> bool:
    names = [n for n in sentence.items[place].names if not n.is_table and n.score > 0.9]
    return any(sentence.schema.is_number(name.ref) for name in names)


def _superlative(sentence: Sentence, sketch: Sketch, place: int) -> None:
    word = sentence.items[place].cue
    scale = LEXICON.superlatives[word]
    descending = scale.direction == "desc"
    following = sentence.next_content(place, reach=1)
    used: tuple[int, ...] = ()
    if word in _AMOUNT_WORDS and following is not None and sentence.items[following].kind == "superlative":
        inner = LEXICON.superlatives[sentence.items[following].cue]
        descending = (inner.direction == "desc") == (word != "least")
        scale, used = inner, (following,)
    elif word in {"recent", "recently", "expensive"} and not descending:
        return
    anchor = used[0] if used else place
    summed = sentence.items[anchor + 1].kind == "aggregate" if anchor + 1 < len(sentence.items) else False
    if word == "top" and _top_by(sentence, sketch, place, used):
        return
    column = _measured(sentence, anchor, may_be_text=not scale.hints)
    if column is not None:
        aggregate = Aggregate(sentence.items[anchor + 1].cue) if summed else None
        if not used and aggregate is None and _asks_for_extreme(sentence, sketch, place, column):
            sketch.select.append(Measure(column, Aggregate.MAX if descending else Aggregate.MIN))
            sentence.claim("select", place)
            return
        _take(sentence, sketch, place, Order(Measure(column, aggregate), descending), *used)
        if summed:
            sentence.claim("superlative", anchor + 1)
        return
    before = _measured_before(sentence, place) if sentence.next_content(anchor) is None else None
    if before is not None:
        _take(sentence, sketch, place, Order(before, descending), *used)
        return
    _by_hint_or_count(sentence, sketch, place, scale, used, descending=descending)


def _measured_before(sentence: Sentence, place: int) -> Measure | None:
    """The column in "whose price is the lowest"; claims it."""
    target = sentence.previous_content(place, 4)
    if target is None or sentence.items[target].kind != "name" or not sentence.free(target):
        return None
    if sentence.is_table(target) and not _doubles_as_number(sentence, target):
        return None
    if not any(sentence.items[n].kind in {"clause", "name"} for n in range(target)):
        return None
    ref = sentence.column(target, wanted=sentence.schema.is_ordered)
    if ref is None or not sentence.schema.is_ordered(ref):
        return None
    sentence.claim("superlative", target)
    cue = sentence.previous_content(target)
    if cue is not None and sentence.items[cue].kind == "aggregate" and sentence.free(cue):
        sentence.claim("superlative", cue)
        return Measure(ref, Aggregate(sentence.items[cue].cue))
    return Measure(ref)


def _by_hint_or_count(
    sentence: Sentence, sketch: Sketch, place: int, scale: Scale, used: tuple[int, ...], *, descending: bool
) -> None:
    target = sentence.next_content(used[0] if used else place)
    named = target is not None and sentence.items[target].kind == "name"
    table = sentence.table(target) if named and target is not None else None
    tables = ([table] if table else []) + sentence.tables_in_focus()[:3]
    tables += sentence.schema.joins.neighbours(tables[0]) if tables else []
    hinted = sentence.hinted(scale.hints, tables[:1])
    if hinted is None and "date" in scale.hints and tables:
        hinted = sentence.moment_of(tables[0])
    hinted = hinted or sentence.hinted(scale.hints, tables)
    inverse = None if hinted else sentence.hinted(scale.inverse_hints, tables)
    if hinted is not None or inverse is not None:
        ref = hinted or inverse
        assert ref is not None
        _take(sentence, sketch, place, Order(Measure(ref), descending if hinted else not descending), *used)
        return
    word = sentence.items[place].cue
    if word not in _AMOUNT_WORDS:
        return
    if word == "top" and table is not None:
        number = next(
            (ColumnRef(table, c.name) for c in sentence.schema.tables[table].columns if c.type in NUMERIC), None
        )
        if number is None or sentence.schema.is_key(number):
            return
    if named and target is not None:
        counted = table if table is not None and sentence.is_table(target) else None
        column = sentence.column(target)
        counted = counted or (column.table if column else "")
        sketch.through.append(counted)
        sketch.pinned = _described_table(sentence, place)
        _take(sentence, sketch, place, Order(Measure(ColumnRef(counted), Aggregate.COUNT), descending), target, *used)
    else:
        _take(sentence, sketch, place, Order(Measure(ColumnRef(""), Aggregate.COUNT), descending), *used)


def _top_by(sentence: Sentence, sketch: Sketch, place: int, used: tuple[int, ...]) -> bool:
    """As in "the top 5 countries by number of invoices"."""
    for step in range(place + 1, min(place + 8, len(sentence.items) - 1)):
        if sentence.items[step].cue not in {"by", "according to", "in terms of"}:
            continue
        target = step + 1
        if sentence.items[target].kind == "count":
            counted = sentence.next_content(target)
            table = sentence.table(counted) if counted is not None and sentence.items[counted].kind == "name" else None
            sketch.through.extend([table] if table else [])
            order = Order(Measure(ColumnRef(table or ""), Aggregate.COUNT), descending=True)
            _take(
                sentence,
                sketch,
                place,
                order,
                step,
                target,
                *([counted] if table and counted is not None else []),
                *used,
            )
            return True
        aggregate = sentence.items[target].kind == "aggregate" and target + 1 < len(sentence.items)
        keyed = target + 1 if aggregate else target
        named = sentence.items[keyed].kind == "name"
        column = sentence.column(keyed, wanted=sentence.schema.is_ordered) if named else None
        if column is not None:
            measure = Measure(column, Aggregate(sentence.items[target].cue) if aggregate else None)
            _take(sentence, sketch, place, Order(measure, descending=True), step, target, keyed, *used)
            return True
    return False
