"""What is asked for: columns, counts, averages, and what to show when only a table was named."""

from services.modelhub.adapters.built_in.filtering import is_participle
from services.modelhub.adapters.built_in.ir import STAR, Aggregate, ColumnRef, Measure
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch

_AGGREGATE_WORDS = {
    **dict.fromkeys(("lowest", "smallest", "minimum", "min", "least", "earliest", "cheapest"), Aggregate.MIN),
    **dict.fromkeys(("highest", "largest", "greatest", "biggest", "maximum", "max", "latest"), Aggregate.MAX),
    **dict.fromkeys(("average", "mean"), Aggregate.AVG),
    **dict.fromkeys(("total", "sum"), Aggregate.SUM),
}


_AUXILIARIES = frozenset({"is", "are", "was", "were", "been"})
_IN_PART = 0.75


def read_groups(sentence: Sentence, sketch: Sketch) -> None:
    """Claims "for each X", "per X" and "by X" after a count."""
    for place, item in enumerate(sentence.items):
        if item.kind != "each" or not sentence.free(place):
            continue
        target = sentence.next_content(place)
        if target is None or sentence.items[target].kind != "name":
            continue
        sentence.claim("each", place, target)
        table = sentence.table(target)
        column = sentence.column(target)
        if sentence.is_table(target) and table is not None:
            sketch.per_group = table
        elif column is not None:
            sketch.group.append(column)
            _more_groups(sentence, sketch, target)


def _more_groups(sentence: Sentence, sketch: Sketch, place: int) -> None:
    """As in "each city and state" groups by both."""
    following = place + 1
    if following + 1 < len(sentence.items) and sentence.items[following].kind == "join":
        other = following + 1
        if sentence.free(other) and sentence.items[other].kind == "name" and not sentence.is_table(other):
            ref = sentence.column(other)
            if ref is not None and not sentence.schema.is_number(ref):
                sketch.group.append(ref)
                sentence.claim("each", other)


def read_aggregate_lists(sentence: Sentence, sketch: Sketch) -> None:
    """Claims "the lowest, average and highest ratings": several aggregates of the one column that follows them."""
    place = 0
    while place < len(sentence.items):
        run = _aggregate_run(sentence, place)
        target = sentence.next_content(run[-1]) if len(run) > 1 else None
        place = max(place, run[-1] if run else place) + 1
        if target is None or not sentence.free(target) or sentence.items[target].kind != "name":
            continue
        column = sentence.column(target, wanted=sentence.schema.is_number)
        described = any(sentence.items[n].kind == "name" for n in range(run[0]))
        if column is None or described or not sentence.schema.is_ordered(column):
            continue
        sketch.select.extend(Measure(column, _AGGREGATE_WORDS[_said(sentence, n)]) for n in run)
        sentence.claim("select", target, *run)


def _aggregate_run(sentence: Sentence, start: int) -> list[int]:
    """The places of aggregate words from `start` on, parted by commas and "and" alone."""
    run: list[int] = []
    for place in range(start, len(sentence.items)):
        item = sentence.items[place]
        if _said(sentence, place) in _AGGREGATE_WORDS and sentence.free(place):
            run.append(place)
        elif not run or (item.kind not in {"join", "small"} and item.cue != ","):
            break
    return run


def _said(sentence: Sentence, place: int) -> str:
    item = sentence.items[place]
    return sentence.tokens[item.start].lower if item.end - item.start == 1 else ""


def read_select(sentence: Sentence, sketch: Sketch) -> None:
    """Reads what is asked for from the items that no other clause claimed."""
    described = False
    aggregates: list[Aggregate] = []
    last_aggregate = -1
    starts = _asking_from(sentence)
    for place, item in enumerate(sentence.items):
        described = _still_described(sentence, sketch, place, described=described)
        if not sentence.free(place):
            continue
        if item.kind == "distinct":
            sketch.distinct = True
            sentence.claim("select", place)
        elif item.kind == "count" and not described:
            sentence.claim("select", place)
            _count(sentence, sketch, place)
            _spread(sentence, sketch, aggregates)
            aggregates = []
        elif item.kind == "aggregate" and not described:
            sentence.claim("select", place)
            aggregates.append(Aggregate(item.cue))
            last_aggregate = place
        elif item.kind == "name" and (sketch.select or sketch.rows_of) and _is_verb(sentence, place):
            described = True
            sentence.claim("mention", place)
        elif item.kind == "name":
            _name(sentence, sketch, place, aggregates, described=described or place < starts)
            if not sentence.is_table(place) and not _and_follows(sentence, place):
                aggregates = []
    if aggregates and not any(measure.aggregate for measure in sketch.select):
        # It found no column to be of, and that has to be told.
        sentence.claimed.pop(last_aggregate, None)


def _still_described(sentence: Sentence, sketch: Sketch, place: int, *, described: bool) -> bool:
    """Whether the item describes what was asked for ("who …", a condition) rather than asks for more."""
    item = sentence.items[place]
    their = item.kind == "join" and sentence.tokens[item.end - 1].lower in {"their", "its"}
    if their or item.kind == "request" or (item.kind == "mark" and item.cue in {".", "?"}):
        return False
    if item.kind == "clause" or sentence.claimed.get(place) in {"where", "having"}:
        return described or (bool(sketch.select or sketch.rows_of) and not _their(sentence, place))
    return described


def _is_verb(sentence: Sentence, place: int) -> bool:
    """As in "the location of performances they attended" names no column of attendance."""
    item = sentence.items[place]
    token = sentence.tokens[item.start]
    previous = sentence.items[place - 1] if place else None
    pronoun = previous is not None and previous.cue in {"they", "he", "she", "it", "we"}
    auxiliary = previous is not None and previous.cue in _AUXILIARIES and item.best < _IN_PART
    after_name = (previous is not None and previous.kind == "name") or auxiliary
    told = is_participle(token.lower) and (pronoun or after_name)
    return item.end - item.start == 1 and (told or (auxiliary and previous is not None and previous.cue == "been"))


def _and_follows(sentence: Sentence, place: int) -> bool:
    """As in "average age and weight" takes both averages."""
    following = place + 1
    return (
        following + 1 < len(sentence.items)
        and (sentence.items[following].kind == "join" or sentence.items[following].cue == ",")
        and sentence.items[following + 1].kind == "name"
    )


def _their(sentence: Sentence, place: int) -> bool:
    following = place + 1
    return following < len(sentence.items) and sentence.items[following].cue in {"their", "its", "his", "her"}


def _asking_from(sentence: Sentence) -> int:
    """Where the asking starts: a later sentence that asks for columns replaces what an earlier one only describes."""
    start = 0
    for place, item in enumerate(sentence.items[:-1]):
        if item.kind == "mark" and item.cue in {".", "?", ";"}:
            following = range(place + 1, min(place + 4, len(sentence.items)))
            asks = any(sentence.items[n].kind == "request" for n in following)
            names = any(
                sentence.items[n].kind in {"name", "count"}
                and sentence.free(n)
                and (sentence.items[n].kind == "count" or not sentence.is_table(n))
                for n in range(place + 1, len(sentence.items))
            )
            adds = any(item.kind == "also" or item.cue == "also" for item in sentence.items[place + 1 :])
            if asks and names and not adds:
                start = place + 1
    return start


def _count(sentence: Sentence, sketch: Sketch, place: int) -> None:
    target = sentence.next_content(place)
    cue = " ".join(t.lower for t in sentence.tokens[sentence.items[place].start : sentence.items[place].end])
    if target is not None and sentence.items[target].kind == "distinct":
        target = sentence.next_content(target)
    between = range(place + 1, target if target is not None else place + 1)
    distinct = sketch.distinct or sentence.items[place].cue == "distinct"
    distinct = distinct or any(sentence.items[n].kind == "distinct" for n in between)
    sketch.distinct = False
    if target is None or not sentence.free(target) or sentence.items[target].kind != "name":
        sketch.select.append(Measure(ColumnRef(""), Aggregate.COUNT))
        return
    sentence.claim("select", target, *[n for n in between if sentence.items[n].kind == "distinct"])
    table, column = sentence.table(target), sentence.column(target)
    if table is not None and sentence.is_table(target):
        if sketch.rows_of is None:
            sketch.rows_of = table
        sketch.select.append(_count_rows(sentence, table, distinct=distinct))
        return
    assert column is not None
    if sentence.schema.is_number(column):
        if "total" in cue:
            sketch.select.append(Measure(column, Aggregate.SUM))
        elif cue.startswith(("number", "amount")):
            sketch.select.append(Measure(column))
        else:
            sketch.select.append(Measure(column, Aggregate.SUM))
    elif distinct and _and_follows(sentence, target) and not sentence.is_table(target + 2):
        other = sentence.column(target + 2)
        sentence.claim("select", target + 2)
        columns = [ref for ref in (column, other) if ref is not None]
        sketch.select.extend(Measure(ref, Aggregate.COUNT, distinct=True) for ref in columns)
    elif sentence.schema.columns[column].is_primary_key and not distinct:
        sketch.select.append(Measure(ColumnRef(column.table), Aggregate.COUNT))
    else:
        sketch.select.append(Measure(column, Aggregate.COUNT, distinct=True))


def _spread(sentence: Sentence, sketch: Sketch, aggregates: list[Aggregate]) -> None:
    """As in "the maximum and total number of followers" takes both of the one column."""
    last = sketch.select[-1]
    if last.column.table and last.column.column != STAR and sentence.schema.is_number(last.column) and aggregates:
        sketch.select[-1:] = [*(Measure(last.column, a) for a in aggregates), *([last] if last.aggregate else [])]


def _count_rows(sentence: Sentence, table: str, *, distinct: bool) -> Measure:
    key = sentence.schema.key_of(table)
    if distinct and key is not None:
        return Measure(key, Aggregate.COUNT, distinct=True)
    return Measure(ColumnRef(table), Aggregate.COUNT)


def _name(sentence: Sentence, sketch: Sketch, place: int, aggregates: list[Aggregate], *, described: bool) -> None:
    table = sentence.table(place)
    if sentence.is_table(place) and table is not None:
        _table(sentence, sketch, place, table, described=described)
        return
    column = sentence.column(place)
    if column is None:
        return
    if described or (not aggregates and _qualifies(sentence, place)):
        sentence.claim("mention", place)
        return
    sentence.claim("select", place)
    measures = [Measure(ref, a) for a in (aggregates or (None,)) for ref in _in_full(sentence, place, column)]
    sketch.select.extend(measure for measure in measures if measure not in sketch.select)


def _qualifies(sentence: Sentence, place: int) -> bool:
    """Whether a word that is but part of a column's name says more of the name beside it: music in "music artists"."""
    item = sentence.items[place]
    if item.best >= _IN_PART or item.end - item.start > 1:
        return False
    following, counted = place + 1, place > 1 and sentence.items[place - 2].kind == "count"
    before = following < len(sentence.items) and sentence.items[following].kind == "name"
    return (before and sentence.items[following].best > item.best) or (counted and sentence.is_table(place - 1))


def _table(sentence: Sentence, sketch: Sketch, place: int, table: str, *, described: bool) -> None:
    sentence.claim("table", place)
    if sketch.rows_of is None and not described:
        sketch.rows_of = table
    elif sentence.items[place].best >= 0.8:
        sketch.through.append(table)
    if not described and _is_listed(sentence, place):
        sketch.select.extend(Measure(ref) for ref in sentence.schema.name_of(table))


def _is_listed(sentence: Sentence, place: int) -> bool:
    """Whether a table stands in the list of what is asked for: "show all ministers and their parties"."""
    before = next(
        (n for n in range(place - 1, -1, -1) if sentence.items[n].cue not in {"the", "all", "of"} or n == 0), 0
    )
    opens = sentence.items[before].kind in {"request", "distinct"} or sentence.items[before].cue in {"are", "is", "all"}
    of = (
        place > 0
        and any(sentence.items[n].cue == "of" for n in range(before, place))
        and sentence.items[before].kind == "name"
    )
    follows = place + 2 < len(sentence.items) and sentence.items[place + 1].kind == "join"
    target = sentence.next_content(place + 1) if follows else None
    named = target is not None and sentence.items[target].kind in {"name", "count"}
    return opens and not of and named


def _in_full(sentence: Sentence, place: int, column: ColumnRef) -> tuple[ColumnRef, ...]:
    """First and last name where "name" was said of a table that keeps them apart, else the column itself."""
    pair = sentence.schema.name_of(column.table)
    item = sentence.items[place]
    said = {token.stem for token in sentence.tokens[item.start : item.end]}
    apart = len(pair) == 2 and column == pair[0] and not said & (set(sentence.schema.words[column]) - {"name"})
    return pair if apart and "name" in said else (column,)


def default_select(sentence: Sentence, table: str, *, star: bool) -> list[Measure]:
    """What to show of a table that was asked for without columns: what people call its rows by, else everything."""
    names = sentence.schema.name_of(table)
    if names and not star:
        return [Measure(ref) for ref in names]
    return [Measure(ColumnRef(table, STAR))]
