"""Comparisons with numbers and dates, on a column ("older than 30") or on a count ("at least 3 orders")."""

import re

from services.modelhub.adapters.built_in.filtering import OPPOSITE, YEAR, dated, in_description, literal, negated
from services.modelhub.adapters.built_in.ir import Aggregate, ColumnRef, Condition, Measure, Operator
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch
from services.modelhub.adapters.built_in.tokens import stem

_HAVING = frozenset({"have", "has", "had", "having", "with"})
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
_AMOUNTS = frozenset({"than", "least", "most", "exactly", "over"})
_VAGUE = ("larger", "bigger", "greater", "smaller", "higher", "lower", "after", "later", "before", "earlier", "prior")
_REACH = 5


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
        elif (item.kind not in {"small", "join", "name", "word", "request"} and item.cue != "$") or (
            item.kind == "name" and found == [] and wanted == 1 and step > place + 2
        ):
            break
    return found if len(found) == wanted else []


def _looks_ordered(sentence: Sentence, place: int) -> bool:
    return bool(re.match(r"[\d:/-]+", sentence.tokens[sentence.items[place].start].text))


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
        and in_description(sentence, cue)
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


def _counted(sentence: Sentence, place: int, operand: int) -> tuple[Measure, tuple[int, ...]] | None:
    """What "at least 3 orders" or "number of orders above 3" counts, when it counts rows rather than compares."""
    before = sentence.previous_content(place, 4)
    after = sentence.next_content(max(place, operand))
    if before is not None and sentence.free(before) and sentence.items[before].kind == "name":
        counted = _count_before(sentence, before)
        if counted is not None:
            return counted
        apart = any(
            sentence.items[n].kind == "clause" or sentence.items[n].cue in _HAVING for n in range(before, place)
        )
        if not apart and not sentence.is_table(before) and _ordered_column(sentence, before) is not None:
            return None
    if after is None or not sentence.free(after) or sentence.items[after].kind != "name":
        return None
    words = _words(sentence, place)
    if not _AMOUNTS & set(words.split()) and words not in _TRAILING:
        return None
    table = sentence.table(after)
    if sentence.is_table(after) and table is not None:
        return Measure(ColumnRef(table), Aggregate.COUNT), (after,)
    ref = sentence.column(after)
    if ref is not None and not sentence.schema.is_number(ref) and sentence.items[after].best > 0.8:
        return Measure(ColumnRef(ref.table), Aggregate.COUNT), (after,)
    return None


def _count_before(sentence: Sentence, place: int) -> tuple[Measure, tuple[int, ...]] | None:
    """The table in "whose number of orders is above 3"."""
    table = sentence.table(place)
    cue = sentence.previous_content(place)
    if table is None or not sentence.is_table(place) or cue is None or not sentence.free(cue):
        return None
    if sentence.items[cue].kind != "count" or not in_description(sentence, cue):
        return None
    return Measure(ColumnRef(table), Aggregate.COUNT), (place, cue)


def _compared_column(sentence: Sentence, place: int, operands: list[int]) -> tuple[ColumnRef, tuple[int, ...]] | None:
    """The column compared and the items that name it: before, after, between, hinted, or the only number."""
    said = _column_before(sentence, place)
    if said is not None:
        hinted = _hinted_column(sentence, place, operands[0]) if _speaks_of_another(sentence, place, said[0]) else None
        return hinted or said
    after, between = sentence.next_content(operands[-1]), sentence.next_content(place)
    if after is not None and sentence.free(after) and not sentence.is_table(after):
        ref = _ordered_column(sentence, after)
        if ref is not None:
            return ref, (after,)
    if between is not None and between < operands[0]:
        ref = _ordered_column(sentence, between)
        if ref is not None:
            return ref, (between,)
    return _hinted_column(sentence, place, operands[0]) or _only_number(sentence)


def _speaks_of_another(sentence: Sentence, place: int, ref: ColumnRef) -> bool:
    """As in "the money requested by people taller than 1.85" speaks of a height, not of the money."""
    scale = LEXICON.comparatives.get(_words(sentence, place).split()[0])
    apart = any(sentence.items[n].kind == "clause" or sentence.is_table(n) for n in range(max(place - 3, 0), place))
    if scale is None or scale.direction not in {">", "<"} or not apart or _words(sentence, place).startswith(_VAGUE):
        return False
    return not {stem(hint) for hint in (*scale.hints, *scale.inverse_hints)} & set(sentence.schema.words[ref])


def _ordered_column(sentence: Sentence, place: int) -> ColumnRef | None:
    if sentence.items[place].kind != "name":
        return None
    ref = sentence.column(place, wanted=sentence.schema.is_ordered)
    return ref if ref is not None and sentence.schema.is_ordered(ref) else None


def _column_before(sentence: Sentence, place: int) -> tuple[ColumnRef, tuple[int, ...]] | None:
    for step in range(place - 1, max(place - 1 - _REACH, -1), -1):
        item = sentence.items[step]
        if item.kind == "mark" and item.cue in {".", "?", ";"}:
            return None
        if item.kind == "name" and sentence.free(step):
            ref = _ordered_column(sentence, step)
            if ref is not None and (not sentence.is_table(step) or item.best > 0.9):
                return ref, (step,)
            if place - step > 2:
                return None
    return None


def _hinted_column(sentence: Sentence, place: int, operand: int) -> tuple[ColumnRef, tuple[int, ...]] | None:
    """The column that "older" or a year speaks of without naming it."""
    tables = sentence.tables_in_focus()[:4]
    scale = LEXICON.comparatives.get(_words(sentence, place).split()[0])
    hints = (*scale.hints, *scale.inverse_hints) if scale is not None else ()
    ref = sentence.hinted(hints, tables)
    if ref is None and (YEAR.fullmatch(sentence.items[operand].cue) or sentence.items[operand].kind == "date"):
        ref = sentence.hinted(("date", "year", "time"), tables)
    return None if ref is None else (ref, ())


def _only_number(sentence: Sentence) -> tuple[ColumnRef, tuple[int, ...]] | None:
    for table in sentence.tables_in_focus()[:1]:
        refs = [ColumnRef(table, c.name) for c in sentence.schema.tables[table].columns]
        numbers = [ref for ref in refs if sentence.schema.is_number(ref)]
        if len(numbers) == 1:
            return numbers[0], ()
    return None
