"""What all conditions share: negation, constants, years against dates, and how conditions are joined."""

import re
from itertools import pairwise

from services.modelhub.adapters.built_in.ir import Condition, Junction, Literal, Operator
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.schema import TEMPORAL
from services.modelhub.adapters.built_in.sentence import Sentence, Sketch

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
_BRANCHES = ("one", "other")
_SHORTEST_PARTICIPLE = 4
YEAR = re.compile(r"1[5-9]\d\d|20\d\d")


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
        ends = item.kind in {"mark", "value", "compare"} or (
            item.kind == "clause" and sentence.tokens[item.start].lower != "with"
        )
        if ends or content > 3:
            return False
    return False


def dated(sentence: Sentence, condition: Condition) -> Condition:
    """A year compared with a date is compared with the year's first or last day."""
    column = sentence.schema.columns[condition.left.column]
    years = [side for side in condition.right if isinstance(side, Literal) and YEAR.fullmatch(side.text)]
    if column.type not in TEMPORAL or len(years) != len(condition.right) or not years:
        return condition
    first, last = Literal(f"{years[0].text}-01-01"), Literal(f"{years[-1].text}-12-31")
    if condition.operator in {Operator.EQ, Operator.BETWEEN}:
        return Condition(condition.left, Operator.BETWEEN, (first, last))
    if condition.operator in {Operator.GT, Operator.LE}:
        return Condition(condition.left, condition.operator, (last,))
    return Condition(condition.left, condition.operator, (first,))


def is_participle(word: str) -> bool:
    """Whether a word tells what was done to something: "closed", "paid"."""
    return word in LEXICON.participles or (word.endswith("ed") and len(word) > _SHORTEST_PARTICIPLE)


def combined(sentence: Sentence, sketch: Sketch) -> list[Condition | Junction]:
    """The conditions in reading order, joined by "or" where it stands between them or where both cannot hold."""
    runs: list[list[Condition]] = []
    last = -1
    either = _alternatives(sentence, sketch)
    if either is not None:
        return [either]
    for place, condition in sorted(sketch.where, key=lambda entry: entry[0]):
        said_or = last >= 0 and any(_is_or(sentence, n) for n in range(last, place))
        if runs and (said_or or _cannot_both_hold(runs[-1][-1], condition)):
            sketch.both = sketch.both or (not said_or and _says_both(sentence, place))
            runs[-1].append(condition)
        else:
            runs.append([condition])
        last = place
    return [run[0] if len(run) == 1 else Junction(tuple(run), any_of=True) for run in runs]


def _alternatives(sentence: Sentence, sketch: Sketch) -> Junction | None:
    """As in "A and B or C" on three different columns: "and" binds closer, as it does in SQL."""
    found = sorted(sketch.where, key=lambda entry: entry[0])
    cuts = [-1, *(n for n in range(len(sentence.items)) if _is_or(sentence, n)), len(sentence.items)]
    parts = [[c for place, c in found if low < place < high] for low, high in pairwise(cuts)]
    if len(parts) != len(_BRANCHES) or not all(parts) or max(map(len, parts)) < len(_BRANCHES):
        return None
    if {c.left for c in parts[0]} & {c.left for c in parts[1]} or _is_about_rows(sentence, found[0][0]):
        return None
    branches = tuple(part[0] if len(part) == 1 else Junction(tuple(part)) for part in parts)
    return Junction(branches, any_of=True)


def _is_about_rows(sentence: Sentence, place: int) -> bool:
    """Whether a condition describes the rows whatever follows ("female students in Paris or Rome")."""
    before = sentence.items[:place]
    return not any(item.kind in {"clause", "compare", "comparative"} or item.cue in {"is", "are"} for item in before)


def _cannot_both_hold(one: Condition, other: Condition) -> bool:
    return one.left == other.left and one.operator == other.operator == Operator.EQ and one.right != other.right


def _says_both(sentence: Sentence, place: int) -> bool:
    either = any(item.kind == "both" and item.cue == "either" for item in sentence.items)
    both = any(item.kind == "both" and item.cue == "both" for item in sentence.items[:place])
    return not either and (both or any(item.kind == "also" for item in sentence.items))


def _is_or(sentence: Sentence, place: int) -> bool:
    return sentence.items[place].kind == "join" and sentence.items[place].cue == "or"


def in_description(sentence: Sentence, place: int) -> bool:
    """Whether something was named before, so that what stands here describes it."""
    return any(sentence.items[n].kind in {"clause", "name"} for n in range(place))
