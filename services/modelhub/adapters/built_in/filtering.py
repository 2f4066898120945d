"""Conditions: comparisons with numbers and dates, stored values, quoted text, LIKE, null tests, counts per group."""

import re

from services.modelhub.adapters.built_in.ir import (
    Aggregate,
    ColumnRef,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
)
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.schema import NUMERIC, TEMPORAL
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch
from services.modelhub.adapters.built_in.tokens import stem
from services.modelhub.core.model import ColumnType, ValueMatch

OPPOSITE = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.GT: Operator.LE,
    Operator.GE: Operator.LT,
    Operator.LT: Operator.GE,
    Operator.LE: Operator.GT,
    Operator.LIKE: Operator.NOT_LIKE,
    Operator.IN: Operator.NOT_IN,
    Operator.IS_NULL: Operator.NOT_NULL,
}
_HAVING = frozenset({"have", "has", "had", "having", "with"})
_DIRECTIONS = {
    "from": frozenset(map(stem, ("origin", "source", "departure", "departing", "from", "start", "sender"))),
    "to": frozenset(map(stem, ("destination", "dest", "arrival", "arriving", "to", "end", "receiver"))),
}
_TRUE = ("y", "yes", "t", "true", "1")
_FALSE = ("n", "no", "f", "false", "0")
_REACH = 5
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_PATTERNS = {"contains": "%{}%", "starts": "{}%", "ends": "%{}"}
_TRAILING = frozenset(
    {
        "or more",
        "or above",
        "or higher",
        "or greater",
        "or less",
        "or fewer",
        "or lower",
        "or below",
        "or older",
        "or later",
        "or over",
        "and above",
        "or smaller",
        "or younger",
        "or earlier",
    }
)


def read_comparisons(sentence: Sentence, sketch: Sketch) -> None:
    """Claims every comparison with a number or a date."""
    for place, item in enumerate(sentence.items):
        if sentence.free(place) and item.kind in {"compare", "comparative"}:
            _comparison(sentence, sketch, place)
    for place, item in enumerate(sentence.items):
        if sentence.free(place) and item.kind == "times":
            sentence.claim("having", place)


def _words(sentence: Sentence, place: int) -> str:
    item = sentence.items[place]
    return " ".join(token.lower for token in sentence.tokens[item.start : item.end])


def _operator(sentence: Sentence, place: int) -> Operator:
    item = sentence.items[place]
    return Operator(item.cue) if item.kind == "compare" else Operator(LEXICON.comparatives[item.cue].direction)


def _operands(sentence: Sentence, place: int) -> list[int]:
    """The numbers or dates a comparison speaks of: two for "between", else one; before it for "3 or more"."""
    wanted = 2 if sentence.items[place].cue == "between" else 1
    if _words(sentence, place) in _TRAILING:
        previous = sentence.previous_content(place, 3)
        steps = [previous] if previous is not None else []
        return [n for n in steps if sentence.free(n) and sentence.items[n].kind in {"number", "date"}]
    found: list[int] = []
    for step in range(place + 1, min(place + 7 if wanted == 2 else place + 4, len(sentence.items))):
        item = sentence.items[step]
        if item.kind in {"number", "date"} or (item.kind in {"quoted", "value"} and _looks_ordered(sentence, step)):
            found.append(step)
            if len(found) == wanted:
                break
        elif item.kind == "times":
            found.append(step)
            break
        elif item.kind not in {"small", "join", "name", "word", "request"} or (
            item.kind == "name" and found == [] and wanted == 1 and step > place + 2
        ):
            break
    return found if len(found) == wanted else []


def _looks_ordered(sentence: Sentence, place: int) -> bool:
    return bool(re.match(r"[\d:/-]+", sentence.tokens[sentence.items[place].start].text))


def literal(sentence: Sentence, place: int) -> Literal:
    """The constant that an item writes."""
    item = sentence.items[place]
    if item.kind == "times":
        return Literal("2" if item.cue == "twice" else "1", is_number=True)
    text = sentence.tokens[item.start].number if item.kind == "number" else None
    scaled = item.cue if text is None else text
    return Literal(scaled, is_number=item.kind == "number")


def negated(sentence: Sentence, place: int) -> bool:
    """Whether a "not" stands within three items before; claims it."""
    content = 0
    for step in range(place - 1, max(place - 8, -1), -1):
        item = sentence.items[step]
        if item.kind == "negation" and sentence.free(step):
            sentence.claim("negation", step)
            return True
        content += item.kind not in {"small", "request"}
        if item.kind in {"mark", "value", "compare", "clause"} or content > 2:
            return False
    return False


def _comparison(sentence: Sentence, sketch: Sketch, place: int) -> None:
    operands = _operands(sentence, place)
    if not operands:
        return
    operator = _operator(sentence, place)
    flip = operator not in {Operator.BETWEEN, Operator.NE} and negated(sentence, place)
    if flip:
        operator = OPPOSITE[operator]
        sketch.negated.add(place)
    side = tuple(literal(sentence, n) for n in operands)
    if sentence.items[operands[0]].kind == "times":
        sketch.having.append(Condition(Measure(ColumnRef(""), Aggregate.COUNT), operator, side))
        sentence.claim("having", place, *operands)
        return
    counted = _counted(sentence, place, operands[-1])
    if counted is not None:
        measure, used = counted
        sketch.having.append(Condition(measure, operator, side))
        sketch.through.append(measure.column.table)
        sentence.claim("having", place, *operands, *used)
        return
    found = _compared_column(sentence, place, operands)
    if found is None:
        return
    ref, used = found
    cue = sentence.previous_content(used[0]) if used and used[0] < place else None
    if (
        cue is not None
        and sentence.free(cue)
        and sentence.items[cue].kind == "aggregate"
        and _in_description(sentence, cue)
    ):
        sketch.having.append(Condition(Measure(ref, Aggregate(sentence.items[cue].cue)), operator, side))
        sentence.claim("having", place, cue, *operands, *used)
        return
    word = _words(sentence, place).split()[0]
    scale = LEXICON.comparatives.get(word)
    inverse = not used and scale is not None and any(h in sentence.schema.words[ref] for h in scale.inverse_hints)
    if inverse and not sentence.hinted(scale.hints if scale else (), [ref.table]):
        operator = {Operator.GT: Operator.LT, Operator.LT: Operator.GT}.get(operator, operator)
    sketch.where.append((place, dated(sentence, Condition(Measure(ref), operator, side))))
    sentence.claim("where", place, *operands, *used)


def dated(sentence: Sentence, condition: Condition) -> Condition:
    """A year compared with a date is compared with the year's first or last day."""
    column = sentence.schema.columns[condition.left.column]
    years = [side for side in condition.right if isinstance(side, Literal) and _YEAR.fullmatch(side.text)]
    if column.type not in TEMPORAL or len(years) != len(condition.right) or not years:
        return condition
    first, last = Literal(f"{years[0].text}-01-01"), Literal(f"{years[-1].text}-12-31")
    if condition.operator in {Operator.EQ, Operator.BETWEEN}:
        return Condition(condition.left, Operator.BETWEEN, (first, last))
    if condition.operator in {Operator.GT, Operator.LE}:
        return Condition(condition.left, condition.operator, (last,))
    return Condition(condition.left, condition.operator, (first,))


def _counted(sentence: Sentence, place: int, operand: int) -> tuple[Measure, tuple[int, ...]] | None:
    """What "at least 3 orders" or "number of orders above 3" counts, when it counts rows rather than compares."""
    before = sentence.previous_content(place, 4)
    after = sentence.next_content(max(place, operand))
    if before is not None and sentence.free(before) and sentence.items[before].kind == "name":
        table = sentence.table(before)
        cue = sentence.previous_content(before)
        if cue is not None and sentence.items[cue].kind == "count" and sentence.free(cue) and sentence.is_table(before):
            if table is not None and _in_description(sentence, cue):
                return Measure(ColumnRef(table), Aggregate.COUNT), (before, cue)
        if not sentence.is_table(before):
            ref = sentence.column(before, wanted=sentence.schema.is_ordered)
            apart = any(
                sentence.items[n].kind == "clause" or sentence.items[n].cue in _HAVING for n in range(before, place)
            )
            if ref is not None and sentence.schema.is_ordered(ref) and not apart:
                return None
    if after is None or not sentence.free(after) or sentence.items[after].kind != "name":
        return None
    if (
        "than" not in _words(sentence, place)
        and not {"least", "most", "exactly", "over"} & set(_words(sentence, place).split())
        and _words(sentence, place) not in _TRAILING
    ):
        return None
    table = sentence.table(after)
    if sentence.is_table(after) and table is not None:
        return Measure(ColumnRef(table), Aggregate.COUNT), (after,)
    ref = sentence.column(after)
    if ref is not None and not sentence.schema.is_number(ref) and sentence.items[after].best > 0.8:
        return Measure(ColumnRef(ref.table), Aggregate.COUNT), (after,)
    return None


def _in_description(sentence: Sentence, place: int) -> bool:
    return any(sentence.items[n].kind in {"clause", "name"} for n in range(place))


def _compared_column(sentence: Sentence, place: int, operands: list[int]) -> tuple[ColumnRef, tuple[int, ...]] | None:
    wanted = sentence.schema.is_ordered
    for step in range(place - 1, max(place - 1 - _REACH, -1), -1):
        item = sentence.items[step]
        if item.kind == "mark" and item.cue in {".", "?", ";"}:
            break
        if item.kind == "name" and sentence.free(step):
            ref = sentence.column(step, wanted=wanted)
            if ref is not None and wanted(ref) and (not sentence.is_table(step) or item.best > 0.9):
                return ref, (step,)
            if place - step > 2:
                break
    after = sentence.next_content(operands[-1])
    if after is not None and sentence.free(after) and sentence.items[after].kind == "name":
        ref = sentence.column(after, wanted=wanted)
        if ref is not None and wanted(ref) and not sentence.is_table(after):
            return ref, (after,)
    between = sentence.next_content(place)
    if between is not None and between < operands[0] and sentence.items[between].kind == "name":
        ref = sentence.column(between, wanted=wanted)
        if ref is not None and wanted(ref):
            return ref, (between,)
    word = _words(sentence, place).split()[0]
    hints = LEXICON.comparatives[word] if word in LEXICON.comparatives else None
    tables = sentence.tables_in_focus()[:4]
    if hints is not None and hints.hints:
        ref = sentence.hinted((*hints.hints, *hints.inverse_hints), tables)
        if ref is not None:
            return ref, ()
    if _YEAR.fullmatch(sentence.items[operands[0]].cue) or sentence.items[operands[0]].kind == "date":
        ref = sentence.hinted(("date", "year", "time"), tables)
        if ref is not None:
            return ref, ()
    return _only_number(sentence, tables)


def _only_number(sentence: Sentence, tables: list[str]) -> tuple[ColumnRef, tuple[int, ...]] | None:
    for table in tables[:1]:
        refs = [ColumnRef(table, c.name) for c in sentence.schema.tables[table].columns]
        numbers = [ref for ref in refs if sentence.schema.is_number(ref)]
        if len(numbers) == 1:
            return numbers[0], ()
    return None


def read_patterns(sentence: Sentence, sketch: Sketch) -> None:
    """Claims "contains", "starts with" and "ends with" with the text they speak of, and null tests."""
    for place, item in enumerate(sentence.items):
        if not sentence.free(place) or item.kind not in {"like", "null"}:
            continue
        column = _column_after(sentence, place) or _text_column(sentence, place)
        if item.kind == "null":
            if column is not None:
                operator = Operator.IS_NULL if item.cue == "is" else Operator.NOT_NULL
                sketch.where.append((place, Condition(Measure(column[0]), operator)))
                sentence.claim("where", place, column[1])
            continue
        target = _pattern_text(sentence, place)
        if target is None:
            continue
        tables = sentence.tables_in_focus()
        found = column or (None if not tables else _default_text(sentence, tables[0]))
        if found is None:
            continue
        operator = Operator.NOT_LIKE if negated(sentence, place) else Operator.LIKE
        text = sentence.tokens[sentence.items[target].start].text
        sketch.where.append(
            (place, Condition(Measure(found[0]), operator, (Literal(_PATTERNS[item.cue].format(text.strip("%"))),)))
        )
        sentence.claim("where", place, target, *([found[1]] if found[1] >= 0 else []))


def _default_text(sentence: Sentence, table: str) -> tuple[ColumnRef, int] | None:
    names = sentence.schema.name_of(table)
    return (names[0], -1) if names else None


def _pattern_text(sentence: Sentence, place: int) -> int | None:
    for step in range(place + 1, min(place + 5, len(sentence.items))):
        item = sentence.items[step]
        token = sentence.tokens[item.start]
        if item.kind in {"quoted", "value", "number"} or (token.text.isupper() and len(token.text) > 0):
            return step
        if item.kind == "like" and item.cue == "contains":
            continue
        if item.kind in {"word", "name"} and (
            token.text[:1].isupper() or sentence.items[place].end - sentence.items[place].start > 2
        ):
            return step
        if item.kind == "mark" and item.cue not in {",", ":"}:
            return None
    return None


def _column_after(sentence: Sentence, place: int) -> tuple[ColumnRef, int] | None:
    """The column in "with the substring 'Book' in its name"."""
    for step in range(place + 1, min(place + 7, len(sentence.items))):
        item = sentence.items[step]
        if item.cue == "in" and sentence.free(step):
            target = sentence.next_content(step, 3)
            if target is not None and sentence.items[target].kind == "name" and sentence.free(target):
                ref = sentence.column(target)
                return None if ref is None or sentence.is_table(target) else (ref, target)
        if item.kind in {"mark", "clause", "name"}:
            return None
    return None


def _text_column(sentence: Sentence, place: int) -> tuple[ColumnRef, int] | None:
    for step in range(place - 1, max(place - 1 - _REACH, -1), -1):
        item = sentence.items[step]
        if item.kind == "name" and sentence.free(step):
            ref = sentence.column(step)
            if ref is not None and not (sentence.is_table(step) and item.best > 0.9):
                return ref, step
            if sentence.is_table(step):
                return None
        if item.kind == "mark" and item.cue != ",":
            return None
    return None


def read_values(sentence: Sentence, sketch: Sketch) -> None:
    """Claims stored values, quoted text and bare numbers, each as a condition on the column that holds it."""
    for place, item in enumerate(sentence.items):
        if not sentence.free(place):
            continue
        found = None
        if item.kind == "value":
            found = _value_condition(sentence, place)
        elif item.kind in {"quoted", "number", "date"}:
            found = _bare_condition(sentence, place)
        if found is None:
            continue
        condition, used = found
        if negated(sentence, place) or _preceded_by_unequal(sentence, place):
            operator = OPPOSITE.get(condition.operator, condition.operator)
            sketch.negated.add(place)
            condition = Condition(condition.left, operator, condition.right)
        sentence.claim("where", place, *used)
        sketch.where.append((place, condition))


def _preceded_by_unequal(sentence: Sentence, place: int) -> bool:
    previous = sentence.previous_content(place, 4)
    if previous is not None and sentence.free(previous):
        item = sentence.items[previous]
        if item.kind == "compare" and item.cue in {"!=", "="}:
            sentence.claim("where", previous)
            return item.cue == "!="
    return False


def read_flags(sentence: Sentence, sketch: Sketch) -> None:
    """ "students on scholarship": a yes-or-no column named in a description is a condition, negated by "not"."""
    for place, item in enumerate(sentence.items):
        if (
            not sentence.free(place)
            or item.kind != "name"
            or sentence.is_table(place)
            or not _in_description(sentence, place)
        ):
            continue
        ref = sentence.column(place)
        codes = {} if ref is None else {s.lower(): s for s in sentence.schema.columns[ref].samples}
        if (
            ref is None
            or len(codes) > 2
            or not codes
            or not set(codes) <= {*_TRUE, *_FALSE}
            or not _describes(sentence, place)
        ):
            continue
        wanted = _FALSE if negated(sentence, place) else _TRUE
        stored = next((codes[code] for code in wanted if code in codes), None)
        if stored is not None:
            sketch.where.append((place, Condition(Measure(ref), Operator.EQ, (Literal(stored, stored.isdigit()),))))
            sentence.claim("where", place)


def _describes(sentence: Sentence, place: int) -> bool:
    """Whether the column follows a noun ("students on …", "who are …") rather than stands in a list of columns."""
    before = [sentence.items[n] for n in range(max(place - 3, 0), place)]
    asked = any(item.kind in {"request", "join", "count", "each", "aggregate", "order", "direction"} for item in before)
    return not asked and any(item.kind in {"clause", "negation"} or item.cue in {"on", "is", "are"} for item in before)


def combined(sentence: Sentence, sketch: Sketch) -> list[Condition | Junction]:
    """The conditions in reading order, joined by "or" where it stands between them or where both cannot hold."""
    runs: list[list[Condition]] = []
    last = -1
    for place, condition in sorted(sketch.where, key=lambda entry: entry[0]):
        said_or = last >= 0 and any(_is_or(sentence, n) for n in range(last, place))
        if runs and (said_or or _cannot_both_hold(runs[-1][-1], condition)):
            sketch.both = sketch.both or (not said_or and _says_both(sentence, place))
            runs[-1].append(condition)
        else:
            runs.append([condition])
        last = place
    return [run[0] if len(run) == 1 else Junction(tuple(run), any_of=True) for run in runs]


def _cannot_both_hold(one: Condition, other: Condition) -> bool:
    return one.left == other.left and one.operator == other.operator == Operator.EQ and one.right != other.right


def _says_both(sentence: Sentence, place: int) -> bool:
    either = any(item.kind == "both" and item.cue == "either" for item in sentence.items)
    both = any(item.kind == "both" and item.cue == "both" for item in sentence.items[:place])
    return not either and (both or any(item.kind == "also" for item in sentence.items))


def _is_or(sentence: Sentence, place: int) -> bool:
    return sentence.items[place].kind == "join" and sentence.items[place].cue == "or"


def _value_condition(sentence: Sentence, place: int) -> tuple[Condition, tuple[int, ...]] | None:
    item = sentence.items[place]
    near = _near_columns(sentence, place)
    ranked: list[tuple[float, int, ValueMatch]] = []
    for match in item.values:
        ref = ColumnRef(match.table, match.column)
        if ref not in sentence.schema.columns:
            continue
        fit = match.score + sentence.focus.get(match.table, 0.0)
        used = -1
        for step, score in near.get(ref, ()):
            if score > 0:
                fit, used = fit + 0.3 * score, step
        if ref in sentence.schema.name_of(match.table):
            fit += 0.05
        fit += _beside(sentence, place, match) + _directed(sentence, place, ref)
        if sentence.schema.is_key(ref) and used < 0:
            fit -= 0.05
        ranked.append((fit, used, match))
    if not ranked:
        return None
    ranked.sort(key=lambda entry: (-entry[0], entry[2].table, entry[2].column, entry[2].value))
    fit, used, match = ranked[min(sentence.choices.get(place, 0), len(ranked) - 1)]
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < 0.12:
        one, other = (ColumnRef(m.table, m.column) for _, _, m in ranked[:2])
        sentence.ambiguous[place] = (one, other, ranked[0][0] - ranked[1][0])
    if used < 0 and _is_idle_word(sentence, place, match):
        return None
    ref = ColumnRef(match.table, match.column)
    return Condition(Measure(ref), Operator.EQ, (Literal(match.value),)), ((used,) if used >= 0 else ())


def _is_idle_word(sentence: Sentence, place: int, match: ValueMatch) -> bool:
    """A plain lower-case word that happens to be somebody's name or title is a word, not a value."""
    item = sentence.items[place]
    token = sentence.tokens[item.start]
    plain = item.end - item.start == 1 and token.kind == "word" and token.text == token.lower
    if not plain:
        return False
    following = sentence.items[place + 1].cue if place + 1 < len(sentence.items) else ""
    is_verb = token.lower.endswith("ed") and (
        following in {"by", "in", "on", "at", "to", "for", "the", "a", "any"}
        or match.score < 0.9
        or (place + 1 < len(sentence.items) and sentence.items[place + 1].kind in {"compare", "comparative"})
    )
    return is_verb or ColumnRef(match.table, match.column) in sentence.schema.name_of(match.table)


def _directed(sentence: Sentence, place: int, ref: ColumnRef) -> float:
    """ "from A to B" chooses between columns of origin and of destination."""
    before = sentence.items[place - 1].cue if place else ""
    return 0.3 if set(sentence.schema.words[ref]) & _DIRECTIONS.get(before, frozenset()) else 0.0


def _beside(sentence: Sentence, place: int, match: ValueMatch) -> float:
    """Two values side by side ("Nancy Edwards") are rather two columns of one table."""
    for step in (place - 1, place + 1):
        if 0 <= step < len(sentence.items):
            others = sentence.items[step].values
            if any(other.table == match.table and other.column != match.column for other in others):
                return 0.2
    return 0.0


def _near_columns(sentence: Sentence, place: int) -> dict[ColumnRef, list[tuple[int, float]]]:
    """Columns named within a few items of a value, with how near and how well."""
    near: dict[ColumnRef, list[tuple[int, float]]] = {}
    for step in (*range(max(place - 5, 0), place), *range(place + 1, min(place + 3, len(sentence.items)))):
        item = sentence.items[step]
        if item.kind != "name" or not sentence.free(step):
            continue
        gap = abs(step - place)
        for name in item.names:
            if not name.is_table:
                near.setdefault(name.ref, []).append((step, name.score * (1.1 - 0.15 * gap)))
    return near


def _bare_condition(sentence: Sentence, place: int) -> tuple[Condition, tuple[int, ...]] | None:
    """ "level 6", "id 5", "in 2009", "named 'X'" where no stored value was found."""
    item = sentence.items[place]
    side = literal(sentence, place)
    if sentence.tokens[item.start].lower == "one":
        return None
    if item.kind == "quoted":
        side = Literal(item.cue)
    for step in (*range(place - 1, max(place - 5, -1), -1), place + 1):
        if not sentence.free(step) or sentence.items[step].kind != "name":
            continue
        if sentence.is_table(step) and sentence.items[step].best > 0.9:
            continue
        ref = sentence.column(step)
        if ref is not None and _holds(sentence, ref, item.kind):
            if item.kind == "quoted" and len(item.cue) <= 2:
                return Condition(Measure(ref), Operator.LIKE, (Literal(f"%{item.cue}%"),)), (step,)
            return dated(sentence, Condition(Measure(ref), Operator.EQ, (side,))), (step,)
    tables = sentence.tables_in_focus()[:4]
    if item.kind == "date" or (item.kind == "number" and _YEAR.fullmatch(item.cue)):
        near = [t for t in sentence.schema.joins.neighbours(tables[0]) if t not in tables] if tables else []
        ref = sentence.hinted(("year", "date", "time"), tables) or sentence.hinted(("year", "date"), near)
        if ref is not None:
            return dated(sentence, Condition(Measure(ref), Operator.EQ, (side,))), ()
    if item.kind == "quoted" and tables:
        names = sentence.schema.name_of(tables[0])
        if names:
            return Condition(Measure(names[0]), Operator.EQ, (side,)), ()
    return None


def _holds(sentence: Sentence, ref: ColumnRef, kind: str) -> bool:
    """Whether a number, or a text, may stand in the column."""
    column = sentence.schema.columns[ref]
    if kind != "number":
        return column.type not in {*NUMERIC, ColumnType.BINARY}
    if column.type in {ColumnType.TEXT, ColumnType.OTHER}:
        return any(sample[:1].isdigit() for sample in column.samples) or sentence.schema.is_key(ref)
    return column.type not in {ColumnType.BINARY, ColumnType.JSON}
