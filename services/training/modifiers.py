"""What a made-up question says of the rows of one table: conditions, superlatives, comparison with the average."""

from collections.abc import Callable

from services.modelhub.adapters.built_in.ir import (
    Aggregate,
    Condition,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
)
from services.modelhub.adapters.built_in.tokens import identifier_words
from services.training.askable import Askable, Role
from services.training.draw import Draw, adjective
from services.training.literals import Chosen, another
from services.training.nouns import Modifier
from services.training.wording import PHRASES, Wording, is_plural

_BEFORE = frozenset(PHRASES["said_before"].split())
_MANY = (
    ("{col} is", "{col} are"),
    ("{col} (equals|is equal to)", "{col} (equal|are equal to)"),
    ("(a |)", ""),
    ("(a |the |)", "(the |)"),
)
_AMOUNTS = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE, Operator.EQ})


def condition(draw: Draw, chosen: Chosen, owner: str) -> Modifier:
    """A chosen condition as said of rows of `owner`."""
    words, ref = draw.words, chosen.column
    values = [words.literal(literal) for literal in chosen.literals]
    said = (
        chosen.said
        if ref.table == owner
        else {"named": "equal", "place": "equal", "elsewhere": "differs"}.get(chosen.said, chosen.said)
    )
    slots = {"col": words.column(ref, owner), "all": words.noun(owner, many=True)}
    slots |= dict(zip(("v", "w"), values, strict=False))
    if ref.table == owner and said == "equal" and _goes_before(draw.askable, chosen) and words.chance(0.35):
        return Modifier(pre=words.literal(chosen.literals[0], bare=True), where=chosen.condition)
    if slots["col"].startswith("number of ") and chosen.condition.operator in _AMOUNTS:
        things = slots["col"].removeprefix("number of ")
        amount = draw.amount(chosen.condition.operator, chosen.literals[0], things)
        post = words.say("(with|that [have/has]|having) ") + amount
        return Modifier(post=post, does=f"[have/has] {amount}", where=chosen.condition)
    entry = PHRASES["conditions"][said]
    posts, does = list(entry.get("post", ())) * 2, list(entry["does"])
    word = adjective(ref, {"after": "more", "before": "less"}.get(said, said)) if ref.table == owner else None
    if word is not None:
        posts, does = [f"{word} than {{v}}", f"that [are/is] {word} than {{v}}"] * 2, [f"[are/is] {word} than {{v}}"]
    if is_plural(slots["col"]):
        entry = {mood: [_of_many(each) for each in ways] for mood, ways in entry.items()}
        does = [_of_many(each) for each in does]
    post = _post(words, entry, posts)
    return Modifier(post=words.say(post, slots), does=words.say(words.pick(does), slots), where=chosen.condition)


def _of_many(phrase: str) -> str:
    """A phrase about a column whose name is plural."""
    for one, many in _MANY:
        phrase = phrase.replace(one, many)
    return phrase


def _post(words: Wording, entry: dict[str, list[str]], posts: list[str]) -> str:
    """One of the ways to say a condition after a noun."""
    clause = words.pick(entry["clause"])
    ways = [
        *posts,
        f"whose {clause}",
        f"whose {clause}",
        f"with {words.pick(entry['with'])}",
        f"with {words.pick(entry['with'])}",
    ]
    return words.pick([*ways, f"that {words.pick(entry['does'])}", f"(where the|where|for which the) {clause}"])


def _goes_before(askable: Askable, chosen: Chosen) -> bool:
    (value,) = chosen.literals
    is_word = value.text.replace(" ", "").isalpha() and 3 <= len(value.text) <= 14
    last = identifier_words(chosen.column.column)[-1]
    return is_word and askable.roles[chosen.column] == Role.KIND and last in _BEFORE


def restricted(draw: Draw, table: str) -> Modifier:
    """Rows of which a condition holds."""
    return condition(draw, draw.chosen(table), table)


def either(draw: Draw, table: str) -> Modifier:
    """One of two conditions, of one column or of two."""
    words = draw.words
    first = draw.chosen(table)
    other = another(draw.askable, draw.rng, first) if words.chance(0.65) else None
    if other is not None:
        return _of_values(draw, first, other, table)
    second = draw.chosen(table)
    parts = [_parts(draw, each, table) for each in (first, second)]
    where = Junction((first.condition, second.condition), any_of=True)
    clauses, does = [part[0] for part in parts], [part[1] for part in parts]
    whose = words.say(f"whose {clauses[0]} or (whose |){clauses[1]}")
    that = words.say(f"that (either |){does[0]} or {does[1]}")
    return Modifier(post=words.pick((whose, that)), does=" or ".join(does), where=where)


def _of_values(draw: Draw, first: Chosen, other: Chosen, table: str) -> Modifier:
    words = draw.words
    one, two = (words.literal(each.literals[0]) for each in (first, other))
    entry = PHRASES["conditions"][first.said]
    value = words.say(f"(either |){one} or {two}") if words.chance(0.3) else f"{one} or {two}"
    slots = {"col": words.column(first.column, table), "v": value}
    post = words.say(_post(words, entry, list(entry.get("post", ())) * 2), slots)
    where = Junction((first.condition, other.condition), any_of=True)
    return Modifier(post=post, does=words.say(words.pick(entry["does"]), slots), where=where)


def _parts(draw: Draw, chosen: Chosen, table: str) -> tuple[str, str]:
    """A condition as a clause and as a predicate."""
    words = draw.words
    values = [words.literal(literal) for literal in chosen.literals]
    entry = PHRASES["conditions"][chosen.said]
    slots = {"col": words.column(chosen.column, table), **dict(zip(("v", "w"), values, strict=False))}
    return words.say(words.pick(entry["clause"]), slots), words.say(words.pick(entry["does"]), slots)


def most(draw: Draw, table: str) -> Modifier:
    """The row with the most or least of something."""
    words, ref = draw.words, draw.measured(table)
    descending = words.chance(0.62)
    order = (Order(Measure(ref), descending),)
    col = words.column(ref, table)
    word = adjective(ref, "most" if descending else "least")
    if word is not None and words.chance(0.6):
        return Modifier(pre=word, does=f"[are/is] the {word}", order=order, limit=1, is_one=True)
    is_moment = draw.askable.roles[ref] in {Role.MOMENT, Role.YEAR} and "year" in (
        *identifier_words(ref.column),
        "year",
    )
    key = ("latest" if descending else "earliest") if is_moment else "most" if descending else "least"
    if col.startswith("number of ") or (is_plural(col) and not is_moment):
        col, key = col.removeprefix("number of "), f"{key}_of"
    entry = PHRASES["superlatives"][key]
    post, does = (words.say(words.pick(entry[mood]), {"col": col}) for mood in ("post", "does"))
    return Modifier(post=post, does=does, order=order, limit=1, is_one=True)


def top(draw: Draw, table: str) -> Modifier:
    """The few rows with the most or least of something."""
    words, ref = draw.words, draw.measured(table)
    descending = words.chance(0.75)
    number = Literal(str(draw.rng.choice([2, 3, 3, 3, 4, 5, 5, 8, 10])), is_number=True)
    count = words.literal(number, counts=True)
    order, limit = (Order(Measure(ref), descending),), int(number.text)
    word = adjective(ref, "most" if descending else "least")
    if word is not None and words.chance(0.6):
        return Modifier(pre=words.say(f"(top |){count} {word}"), order=order, limit=limit)
    entry = PHRASES["superlatives"]["top" if descending else "bottom"]
    pre = words.say(words.pick(PHRASES["superlatives"]["top"]["lead"]) if descending else "{k}", {"k": count})
    by = {"col": words.column(ref, table)}
    options = [each for each in entry["post"] if pre.startswith("top") or not each.startswith("by")]
    return Modifier(pre=pre, post=words.say(words.pick(options), by), order=order, limit=limit)


def compared(draw: Draw, table: str) -> Modifier:
    """Rows above or below the average."""
    words, ref = draw.words, draw.measured(table, Role.NUMBER)
    above = words.chance(0.7)
    nested = Query((Measure(ref, Aggregate.AVG),))
    where = Condition(Measure(ref), Operator.GT if above else Operator.LT, (nested,))
    slots = {"col": words.column(ref, table), "all": words.noun(table, many=True)}
    word = adjective(ref, "more" if above else "less")
    if word is not None and words.chance(0.6):
        said = words.say(f"{word} than (the |)average( {{all}}|)", slots)
        return Modifier(post=words.say(f"(|that [are/is] ){said}"), does=f"[are/is] {said}", where=where)
    entry = PHRASES["conditions"]["above_average" if above else "below_average"]
    if is_plural(slots["col"]):
        entry = {mood: [_of_many(each) for each in ways] for mood, ways in entry.items()}
    post = words.say(_post(words, entry, []), slots)
    return Modifier(post=post, does=words.say(words.pick(entry["does"]), slots), where=where)


OWN: dict[str, Callable[[Draw, str], Modifier]] = {
    "filter": restricted,
    "either": either,
    "most": most,
    "top": top,
    "compared": compared,
}
