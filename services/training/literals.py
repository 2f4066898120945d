"""Conditions on one column with literals that are plausible there, and how each is said."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.kit.catalog import ColumnType
from services.modelhub.adapters.built_in.ir import ColumnRef, Condition, Literal, Measure, Operator
from services.training.askable import Askable, Role

# How much more often than others a column of a role is tested, and by which comparisons.
_TESTED: dict[Role, float] = {
    Role.KIND: 3.0,
    Role.NAME: 1.3,
    Role.TEXT: 0.8,
    Role.NUMBER: 2.4,
    Role.YEAR: 1.3,
    Role.MOMENT: 0.8,
    Role.KEY: 0.15,
    Role.FLAG: 0.2,
}
_COMPARED: dict[Role, tuple[tuple[str, float], ...]] = {
    Role.KIND: (("equal", 80), ("differs", 10), ("contains", 3), ("missing", 2)),
    Role.NAME: (("equal", 62), ("contains", 18), ("starts", 12), ("ends", 3), ("differs", 5)),
    Role.TEXT: (("equal", 60), ("contains", 22), ("starts", 8), ("ends", 2), ("differs", 6), ("missing", 4)),
    Role.NUMBER: (
        ("more", 34),
        ("less", 24),
        ("at_least", 10),
        ("at_most", 7),
        ("between", 12),
        ("equal", 10),
        ("differs", 2),
        ("missing", 2),
    ),
    Role.YEAR: (("equal", 50), ("after", 16), ("before", 16), ("between", 10), ("at_least", 4), ("at_most", 4)),
    Role.MOMENT: (("after", 38), ("before", 38), ("between", 10), ("equal", 12), ("missing", 4)),
    Role.KEY: (("equal", 100),),
    Role.FLAG: (("equal", 100),),
}
_OPERATORS = {
    "equal": Operator.EQ,
    "differs": Operator.NE,
    "more": Operator.GT,
    "after": Operator.GT,
    "less": Operator.LT,
    "before": Operator.LT,
    "at_least": Operator.GE,
    "at_most": Operator.LE,
    "between": Operator.BETWEEN,
    "contains": Operator.LIKE,
    "starts": Operator.LIKE,
    "ends": Operator.LIKE,
    "missing": Operator.IS_NULL,
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A condition and the key of phrases.toml under which the ways to say it stand."""

    condition: Condition
    said: str

    @property
    def column(self) -> ColumnRef:
        """The column it tests."""
        return self.condition.left.column

    @property
    def literals(self) -> tuple[Literal, ...]:
        """What it is compared with."""
        return tuple(side for side in self.condition.right if isinstance(side, Literal))


def choose(
    askable: Askable, rng: np.random.Generator, columns: Sequence[ColumnRef], only: Sequence[str] = ()
) -> Chosen | None:
    """A condition on one of the columns, None where none of them has a literal to compare with.

    Args:
        askable: Roles and values.
        rng: Where chance comes from.
        columns: To choose from.
        only: Comparisons to choose from (keys of phrases.toml), all when empty.
    """
    fitting = [ref for ref in columns if not askable.schema.columns[ref].is_sensitive]
    while fitting:
        weights = np.array([_TESTED[askable.roles[ref]] for ref in fitting])
        ref = fitting.pop(int(rng.choice(len(fitting), p=weights / weights.sum())))
        options = [(kind, weight) for kind, weight in _COMPARED[askable.roles[ref]] if not only or kind in only]
        if not options:
            continue
        shares = np.array([weight for _, weight in options])
        kind = options[int(rng.choice(len(options), p=shares / shares.sum()))][0]
        literals = _literals(askable, rng, ref, kind)
        if literals is not None:
            return Chosen(Condition(Measure(ref), _OPERATORS[kind], literals), _said(askable, ref, kind))
    return None


def another(askable: Askable, rng: np.random.Generator, chosen: Chosen) -> Chosen | None:
    """The same comparison with another literal, None where there is none."""
    literals = _literals(askable, rng, chosen.column, "equal")
    if chosen.condition.operator != Operator.EQ or literals is None or literals == chosen.condition.right:
        return None
    return Chosen(Condition(chosen.condition.left, Operator.EQ, literals), chosen.said)


def few(rng: np.random.Generator, operator: Operator) -> Literal:
    """A small count, as questions ask for; less than one is never asked for."""
    fewest = 2 if operator in {Operator.LT, Operator.LE} else 1
    return Literal(str(max(fewest, int(rng.choice([1, 2, 2, 2, 3, 3, 3, 4, 5, 10])))), is_number=True)


def _said(askable: Askable, ref: ColumnRef, kind: str) -> str:
    role = askable.roles[ref]
    if kind == "equal":
        special = {Role.NAME: "named", Role.YEAR: "year", Role.KEY: "id", Role.FLAG: "flag"}
        words = askable.schema.words[ref]
        is_plain_name = (
            role == Role.NAME and words[-1] in {"name", "titl"} and "first" not in words and "last" not in words
        )
        if role == Role.NAME and not is_plain_name:
            return "equal"
        if role == Role.YEAR and "year" not in words:
            return "equal"
        return "place" if askable.is_place(ref) else special.get(role, "equal")
    if kind == "differs" and askable.is_place(ref):
        return "elsewhere"
    if role == Role.YEAR and "year" not in askable.schema.words[ref]:
        return {"after": "more", "before": "less"}.get(kind, kind)
    return kind


def _literals(askable: Askable, rng: np.random.Generator, ref: ColumnRef, kind: str) -> tuple[Literal, ...] | None:
    if kind == "missing":
        return () if askable.schema.columns[ref].nullable else None
    role = askable.roles[ref]
    if role in {Role.NUMBER, Role.YEAR}:
        return _amounts(askable, rng, ref, kind)
    values = askable.values(ref)
    if not values:
        return None
    value = values[int(rng.integers(len(values)))]
    if kind in {"contains", "starts", "ends"}:
        return _part(rng, value, kind)
    is_number = askable.schema.columns[ref].type in {ColumnType.INTEGER, ColumnType.NUMBER}
    if kind == "between":
        low, high = sorted((value, values[int(rng.integers(len(values)))]))
        return (Literal(low), Literal(high)) if low < high else None
    return (Literal(value, is_number=is_number),)


def _amounts(askable: Askable, rng: np.random.Generator, ref: ColumnRef, kind: str) -> tuple[Literal, ...] | None:
    known = askable.numbers(ref)
    whole = askable.schema.columns[ref].type == ColumnType.INTEGER or all(number == int(number) for number in known)
    if kind in {"equal", "differs"}:
        return (_number(known[int(rng.integers(len(known)))], whole=whole),)
    low, high = (_rounded(number, rng, whole=whole) for number in np.sort(rng.uniform(known[0], known[-1], 2)))
    if askable.roles[ref] == Role.YEAR:
        low, high = round(low), round(high)
    if kind != "between":
        return (_number(low if rng.random() < 0.5 else high, whole=whole),)
    return (_number(low, whole=whole), _number(high, whole=whole)) if low < high else None


def _rounded(number: float, rng: np.random.Generator, *, whole: bool) -> float:
    """Cut to the digits that people say: one, two or three of them."""
    if number == 0:
        return 0.0
    digits = int(rng.choice([1, 2, 2, 3])) - 1 - int(np.floor(np.log10(abs(number))))
    return round(number, min(digits, 0 if whole else 2))


def _number(number: float, *, whole: bool) -> Literal:
    text = str(int(number)) if whole or number == int(number) else f"{number:.4f}".rstrip("0").rstrip(".")
    return Literal(text, is_number=True)


def _part(rng: np.random.Generator, value: str, kind: str) -> tuple[Literal, ...] | None:
    """Some of a value's characters: a word, or its first or last letters."""
    long = [word for word in value.split() if len(word) >= 3 and word.isalpha()]
    if not long or "_" in value:
        return None
    size = int(rng.integers(1, 4))
    if kind == "starts":
        return (Literal(f"{long[0] if rng.random() < 0.3 and value.startswith(long[0]) else value[:size].strip()}%"),)
    if kind == "ends":
        return (Literal(f"%{value[-size:].strip()}"),)
    word = long[int(rng.integers(len(long)))]
    return (Literal(f"%{word if rng.random() < 0.6 else word[: size + 1].lower()}%"),)
