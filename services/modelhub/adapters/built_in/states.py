"""Conditions that a column states by itself: yes or no ("certified"), done or not ("closed"), and missing values."""

from services.kit.catalog import ColumnType
from services.modelhub.adapters.built_in.filtering import in_description, is_participle, negated
from services.modelhub.adapters.built_in.ir import ColumnRef, Condition, Literal, Measure, Operator
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.schema import TEMPORAL
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch
from services.modelhub.adapters.built_in.tokens import stem

_TRUE = ("y", "yes", "t", "true", "1")
_FALSE = ("n", "no", "f", "false", "0")
_BOOLEAN = frozenset({"true", "false", "0", "1"})
_ASKING = frozenset({"request", "join", "count", "each", "aggregate", "order", "direction"})
_STATING = frozenset({"on", "is", "are", "was", "were", "to", "be", "been"})
_AUXILIARIES = frozenset({"is", "are", "was", "were", "been", "be", "being", "have", "has", "had", "already", "yet"})
_OF_TIME = frozenset(map(stem, ("on", "at", "date", "time", "day", "when", "is")))
_LACKING = frozenset({"no", "without", "lack", "lacking", "lacks", "have", "has", "had"})
_REACH = 5


def read_flags(sentence: Sentence, sketch: Sketch) -> None:
    """As in "students on scholarship": a yes-or-no column named in a description is a condition, negated by "not"."""
    for place, item in enumerate(sentence.items):
        if not sentence.free(place) or item.kind != "name" or sentence.is_table(place):
            continue
        ref = sentence.column(place)
        if ref is None or not _is_flag(sentence, ref):
            continue
        if _is_of_rows(sentence, place, ref):
            sketch.rows_of = ref.table
        elif not _describes(sentence, place):
            continue
        operand = _stored(sentence, ref, wanted=not _denied(sentence, place))
        if operand is not None:
            sketch.where.append((place, Condition(Measure(ref), Operator.EQ, (operand,))))
            sentence.claim("where", place)


def _is_of_rows(sentence: Sentence, place: int, ref: ColumnRef) -> bool:
    """Whether a flag and its table were said in one name: "student members"."""
    item = sentence.items[place]
    last = sentence.tokens[item.end - 1].stem
    said = next((name.says_table for name in item.names if name.ref == ref), False)
    return said and item.end - item.start > 1 and last not in sentence.schema.words[ref]


def read_flag_values(sentence: Sentence, sketch: Sketch) -> None:
    """As in "certified suppliers", where the word was found as the value of a yes-or-no column."""
    for place, item in enumerate(sentence.items):
        if item.kind != "value" or not sentence.free(place):
            continue
        match = item.values[0]
        ref = ColumnRef(match.table, match.column)
        said = {token.stem for token in sentence.tokens[item.start : item.end]}
        if not said & set(sentence.schema.words[ref]) or not _is_flag(sentence, ref):
            continue
        operand = _stored(sentence, ref, wanted=not _denied(sentence, place))
        if operand is not None:
            sketch.where.append((place, Condition(Measure(ref), Operator.EQ, (operand,))))
            sentence.claim("where", place)


def _denied(sentence: Sentence, place: int) -> bool:
    """Whether "not" or "are not" stands before; claims it."""
    for step in range(place - 1, max(place - _REACH, -1), -1):
        if sentence.items[step].cue == "!=" and sentence.free(step):
            sentence.claim("negation", step)
            return True
        if sentence.items[step].kind not in {"small", "word"}:
            break
    return negated(sentence, place)


def _is_flag(sentence: Sentence, ref: ColumnRef) -> bool:
    column = sentence.schema.columns[ref]
    codes = {sample.lower() for sample in column.samples}
    if sentence.schema.is_key(ref):
        return False
    coded = 0 < len(codes) <= len({True, False}) and codes <= {*_TRUE, *_FALSE}
    return coded or (column.type == ColumnType.BOOLEAN and not codes - {*_TRUE, *_FALSE})


def _stored(sentence: Sentence, ref: ColumnRef, *, wanted: bool) -> Literal | None:
    """How the column writes yes or no; of a boolean column, the constant."""
    column = sentence.schema.columns[ref]
    if column.type == ColumnType.BOOLEAN and not {sample.lower() for sample in column.samples} - _BOOLEAN:
        return Literal("true" if wanted else "false")
    codes = {sample.lower(): sample for sample in column.samples}
    stored = next((codes[code] for code in (_TRUE if wanted else _FALSE) if code in codes), None)
    return None if stored is None else Literal(stored, stored.isdigit())


def _describes(sentence: Sentence, place: int) -> bool:
    """Whether a flag describes rows ("who are …", "certified suppliers") rather than stands in a list of columns."""
    if place + 1 < len(sentence.items) and sentence.is_table(place + 1):
        return not sentence.items[place].names[0].says_table
    if not in_description(sentence, place):
        return False
    before = [sentence.items[n] for n in range(max(place - _REACH, 0), place)]
    named = [n for n, item in enumerate(before) if item.kind == "name"]
    near = before[max(named, default=-1) + 1 :][-3:]
    asked = any(item.kind in _ASKING for item in near)
    stated = any(item.kind in {"clause", "negation"} or item.cue == "!=" for item in near) or any(
        item.cue in _STATING for item in before
    )
    return not asked and stated


def read_states(sentence: Sentence, sketch: Sketch) -> None:
    """As in "stores that have been closed" or "products not discontinued": a date tells by being there at all."""
    for place, item in enumerate(sentence.items):
        if not sentence.free(place) or item.end - item.start != 1 or item.kind not in {"name", "value", "word"}:
            continue
        word = sentence.tokens[item.start].lower
        deeds = LEXICON.unfinished.get(word, ())
        ref = _state_column(sentence, deeds or ((word,) if is_participle(word) else ()))
        if ref is None or not _is_predicate(sentence, place, is_deed=not deeds):
            continue
        undone = bool(deeds) != _is_negated(sentence, place)
        if item.kind == "value" and not undone:
            other = ColumnRef(item.values[0].table, item.values[0].column)
            sentence.ambiguous[place] = (other, ref, 0.0)
            continue
        sketch.where.append((place, Condition(Measure(ref), Operator.IS_NULL if undone else Operator.NOT_NULL)))
        _denied(sentence, place)
        sentence.claim("where", place)
        if any(sentence.tokens[other.start].lower == "when" for other in sentence.items[place + 1 :]):
            sketch.also_shown.append(Measure(ref))


def _is_negated(sentence: Sentence, place: int) -> bool:
    """Whether "not" stands right before, small words apart, or with an auxiliary ("have not been", "is not")."""
    previous = sentence.previous_content(place)
    if previous is None:
        return False
    item = sentence.items[previous]
    return item.kind == "negation" or (item.kind == "compare" and item.cue == "!=")


def _state_column(sentence: Sentence, deeds: tuple[str, ...]) -> ColumnRef | None:
    """The nullable date of the rows asked for that tells when one of these things was done."""
    if sentence.entity is None:
        return None
    for deed in map(stem, deeds):
        for column in sentence.schema.tables[sentence.entity].columns:
            ref = ColumnRef(sentence.entity, column.name)
            if column.type in TEMPORAL and column.nullable and set(sentence.schema.words[ref]) - _OF_TIME == {deed}:
                return ref
    return None


def _is_predicate(sentence: Sentence, place: int, *, is_deed: bool) -> bool:
    """Whether a word says what happened to rows ("have been closed", "closed stores"), not what they did."""
    if sentence.tokens[0].lower == "when":
        return False
    following = sentence.items[place + 1] if place + 1 < len(sentence.items) else None
    if following is not None and sentence.is_table(place + 1):
        return True
    if following is not None and (following.kind in {"name", "date", "number", "value"} or following.cue == "by"):
        return False
    target = sentence.next_content(place)
    if is_deed and target is not None and sentence.is_table(target):
        return False
    before = [sentence.items[n] for n in range(max(place - 3, 0), place)]
    return any(item.kind == "negation" or item.cue in {*_AUXILIARIES, "!=", "still"} for item in before)


def read_missing(sentence: Sentence, sketch: Sketch) -> None:
    """As in "customers without a phone number" and "employees who have no manager": a column that holds nothing."""
    for place, item in enumerate(sentence.items):
        if item.kind != "negation" or not sentence.free(place):
            continue
        words = {token.lower for token in sentence.tokens[item.start : item.end]}
        target = sentence.next_content(place)
        if target is None or not words & _LACKING or sentence.items[target].kind != "name":
            continue
        ref = _lacked(sentence, target)
        if ref is not None:
            sketch.where.append((place, Condition(Measure(ref), Operator.IS_NULL)))
            sentence.claim("where", place, target)


def _lacked(sentence: Sentence, place: int) -> ColumnRef | None:
    """The nullable column of the rows asked for that the item names."""
    if sentence.is_table(place) or not sentence.free(place) or sentence.entity is None:
        return None
    following = sentence.next_content(place)
    if following is not None and sentence.items[following].kind in {
        "compare",
        "comparative",
        "number",
        "value",
        "quoted",
    }:
        return None
    ref = sentence.column(place)
    if ref is None or ref.table != sentence.entity:
        return None
    column = sentence.schema.columns[ref]
    return ref if column.nullable and not column.is_primary_key else None
