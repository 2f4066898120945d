"""Conditions on what is stored: values found in the question, quoted text, bare numbers, LIKE and null."""

from services.kit.catalog import ColumnType
from services.modelhub.adapters.built_in.filtering import OPPOSITE, YEAR, dated, literal, negated
from services.modelhub.adapters.built_in.ir import ColumnRef, Condition, Literal, Measure, Operator
from services.modelhub.adapters.built_in.linking import ref_of
from services.modelhub.adapters.built_in.schema import NUMERIC
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch
from services.modelhub.adapters.built_in.tokens import stem
from services.modelhub.core.model import ValueMatch

_DIRECTIONS = {
    "from": frozenset(map(stem, ("origin", "source", "departure", "departing", "from", "start", "sender"))),
    "to": frozenset(map(stem, ("destination", "dest", "arrival", "arriving", "to", "end", "receiver"))),
}
_PATTERNS = {"contains": "%{}%", "starts": "{}%", "ends": "%{}"}
_HOLDING = frozenset({"with", "having", "have", "has", "had", "contain", "contains", "containing"})
_REACH = 5


def read_patterns(sentence: Sentence, sketch: Sketch) -> None:
    """Claims "contains", "starts with" and "ends with" with the text they speak of, and null tests."""
    for place, item in enumerate(sentence.items):
        if not sentence.free(place) or item.kind not in {"like", "null"}:
            continue
        column = _column_after(sentence, place) or _text_column(sentence, place)
        if item.kind == "null":
            column = column or _column_named(sentence, place)
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
        pattern = _PATTERNS[item.cue].format(_text_of(sentence, target).strip("%"))
        sketch.where.append((place, Condition(Measure(found[0]), operator, (Literal(pattern),))))
        sentence.claim("where", place, target, *([found[1]] if found[1] >= 0 else []))
    _contained(sentence, sketch)


def _contained(sentence: Sentence, sketch: Sketch) -> None:
    """Claims "with 'Tea' in its name": a part of the text, even where some value is just that."""
    for place, item in enumerate(sentence.items):
        before = sentence.previous_words(place)
        if not sentence.free(place) or item.kind not in {"quoted", "value"} or before not in _HOLDING:
            continue
        column = _column_after(sentence, place, reach=3)
        if column is None or sentence.schema.columns[column[0]].type != ColumnType.TEXT:
            continue
        operator = Operator.NOT_LIKE if negated(sentence, place) else Operator.LIKE
        pattern = _PATTERNS["contains"].format(_text_of(sentence, place).strip("%"))
        sketch.where.append((place, Condition(Measure(column[0]), operator, (Literal(pattern),))))
        sentence.claim("where", place, column[1])


def _text_of(sentence: Sentence, place: int) -> str:
    item = sentence.items[place]
    return " ".join(token.text for token in sentence.tokens[item.start : item.end])


def _column_named(sentence: Sentence, place: int) -> tuple[ColumnRef, int] | None:
    """The column in "with a missing phone number"."""
    target = sentence.next_content(place)
    if (
        target is None
        or not sentence.free(target)
        or sentence.items[target].kind != "name"
        or sentence.is_table(target)
    ):
        return None
    ref = sentence.column(target)
    return None if ref is None else (ref, target)


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


def _column_after(sentence: Sentence, place: int, reach: int = 7) -> tuple[ColumnRef, int] | None:
    """The column in "with the substring 'Book' in its name"."""
    for step in range(place + 1, min(place + reach, len(sentence.items))):
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
            if ref is not None and not _could_match(sentence, place, ref) and not sentence.is_table(step):
                continue
            if ref is not None and (ref.table == sentence.entity or not (sentence.is_table(step) and item.best > 0.9)):
                return ref, step
            if sentence.is_table(step):
                return None
        if item.kind == "mark" and item.cue != ",":
            return None
    return None


def _could_match(sentence: Sentence, place: int, ref: ColumnRef) -> bool:
    """Whether a pattern may be meant on the column: a number is not said to contain a word."""
    return sentence.items[place].kind == "null" or sentence.schema.columns[ref].type not in NUMERIC


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
    """Whether "is not", "are not" or "other than" stands before the value, verbs apart; claims it and "equal to"."""
    for step in range(place - 1, max(place - 6, -1), -1):
        item = sentence.items[step]
        if item.kind == "compare" and item.cue in {"!=", "="} and sentence.free(step):
            sentence.claim("where", step)
            return item.cue == "!="
        if item.kind not in {"small", "request", "word"} and not (item.kind == "name" and step >= place - 2):
            return False
    return False


def _value_condition(sentence: Sentence, place: int) -> tuple[Condition, tuple[int, ...]] | None:
    item = sentence.items[place]
    near = _near_columns(sentence, place)
    ranked: list[tuple[float, int, ValueMatch]] = []
    for match in item.values:
        ref = ref_of(match)
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
    ref = ref_of(match)
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
    return is_verb or ref_of(match) in sentence.schema.name_of(match.table)


def _directed(sentence: Sentence, place: int, ref: ColumnRef) -> float:
    """As in "from A to B" chooses between columns of origin and of destination."""
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
    """As in "level 6", "id 5", "in 2009" and "named 'X'" where no stored value was found."""
    item = sentence.items[place]
    if sentence.tokens[item.start].lower == "one":
        return None
    side = Literal(item.cue) if item.kind == "quoted" else literal(sentence, place)
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
    ref = _unnamed_column(sentence, place)
    return None if ref is None else (dated(sentence, Condition(Measure(ref), Operator.EQ, (side,))), ())


def _unnamed_column(sentence: Sentence, place: int) -> ColumnRef | None:
    """Where a year, a date or a quoted name goes when no column was named for it."""
    item = sentence.items[place]
    tables = sentence.tables_in_focus()[:4]
    if not tables:
        return None
    if item.kind == "date" or (item.kind == "number" and YEAR.fullmatch(item.cue)):
        near = [t for t in sentence.schema.joins.neighbours(tables[0]) if t not in tables]
        own = sentence.hinted(("year", "date", "time"), tables)
        return own or sentence.moment_of(sentence.entity or tables[0]) or sentence.hinted(("year", "date"), near)
    return next(iter(sentence.schema.name_of(tables[0])), None) if item.kind == "quoted" else None


def _holds(sentence: Sentence, ref: ColumnRef, kind: str) -> bool:
    """Whether a number, or a text, may stand in the column."""
    column = sentence.schema.columns[ref]
    if kind != "number":
        return column.type not in {*NUMERIC, ColumnType.BINARY}
    if column.type in {ColumnType.TEXT, ColumnType.OTHER}:
        return any(sample[:1].isdigit() for sample in column.samples) or sentence.schema.is_key(ref)
    return column.type not in {ColumnType.BINARY, ColumnType.JSON}
