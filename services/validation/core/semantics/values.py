"""The texts that a statement compares columns with, and what is said of one that no row has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlglot import exp

from services.kit.catalog import ColumnType
from services.validation.core.guard.text import Text
from services.validation.core.model import ColumnRef, Finding, Severity, Span
from services.validation.core.semantics.places import extent
from services.validation.core.semantics.query import Query, Ref, text_of

# Longer texts are prose, not names of things.
MAX_LENGTH = 200
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """A text that a stored column is compared with, and where. `is_negated` where equal rows are left out."""

    column: ColumnRef
    value: str
    span: Span | None
    is_negated: bool = False


def compared_values(text: Text, queries: Sequence[Query]) -> list[Compared]:
    """The texts compared with text columns by =, <> and IN. Sensitive columns are left out: nobody looks into them."""
    return [each for query in queries for each in _of_query(text, query)]


def _of_query(text: Text, query: Query) -> Iterator[Compared]:
    for node in query.comparisons:
        if isinstance(node, (exp.EQ, exp.NEQ)):
            left, right = node.this.unnest(), node.args["expression"].unnest()
            for column, value in ((left, right), (right, left)):
                yield from _one(text, query, column, value, negated=isinstance(node, exp.NEQ))
        elif isinstance(node, exp.In) and not node.args.get("query"):
            for value in node.expressions:
                yield from _one(text, query, node.this.unnest(), value, negated=isinstance(node.parent, exp.Not))


def _one(text: Text, query: Query, column: exp.Expr, value: exp.Expr, *, negated: bool) -> Iterator[Compared]:
    ref, literal = query.ref(column), text_of(query, value)
    if ref is None or not literal or len(literal) > MAX_LENGTH:
        return
    origin = _origin(query, ref)
    if origin is not None:
        place = extent(text, value)
        yield Compared(origin, literal, text.span(*place) if place else None, negated)


def _origin(query: Query, ref: Ref) -> ColumnRef | None:
    """The stored text column that may be looked into."""
    stored, outputs = query.stored(ref), query.relations[ref[0]].outputs
    output = outputs.get(ref[1]) if outputs else None
    if stored is None or output is None or stored.type is not ColumnType.TEXT or stored.is_sensitive:
        return None
    return output.origin


def missing(compared: Compared, known: Sequence[str], *, ignores_case: bool = False) -> Finding | None:
    """The finding for a value that is not among all the values of its column, with the nearest of them."""
    wanted = compared.value.casefold() if ignores_case else compared.value
    # Fixed-length columns are padded with blanks, which comparisons do not see.
    if any((each.casefold() if ignores_case else each).rstrip(" ") == wanted.rstrip(" ") for each in known):
        return None
    folded = {each: each.casefold() for each in known}
    near = process.extract(compared.value.casefold(), folded, scorer=fuzz.WRatio, limit=_SHOWN, score_cutoff=65)
    shown = [value for _, _, value in near]
    name = compared.column.column
    message = f"No row has {compared.value!r} in {name}."
    if shown:
        message += f" Did you mean {' or '.join(repr(each) for each in shown)}?"
    elif not known:
        message += " The column has no values at all."
    elif len(known) <= _SHOWN * 4:
        message += f" It has {', '.join(repr(each) for each in known)}."
    suggestion = "'" + shown[0].replace("'", "''") + "'" if shown else ""
    severity = Severity.INFO if compared.is_negated else Severity.WARNING
    metadata = {"column": name, "value": compared.value}
    return Finding("SQL_VALUE_UNKNOWN", message, severity, compared.span, suggestion, metadata)
