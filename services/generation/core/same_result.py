"""When two results are the same: by value, in whatever order their rows and columns stand.

Rows are compared as multisets, or in order where the statement asks for one. Columns may stand in another order where
there are at most six of them. Numbers compare by value, floats to nine significant digits; text exactly; NULL equals
NULL. The rules are those of execution accuracy (Zhong et al., 2020, "Semantic Evaluation for Text-to-SQL with Distilled
Test Suites").
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence

from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

# Orders of more columns than these are too many to try.
MAX_PERMUTED_COLUMNS = 6

Column = Sequence[Hashable]


def comparable(value: object) -> Hashable:
    """What stands for a value where values are compared: equal for values that count as the same."""
    match value:
        case None:
            return ("null",)
        case float() if math.isnan(value):
            return ("nan",)
        case float() if value == 0 or math.isinf(value):
            return ("number", value + 0.0)
        case float():
            return ("number", float(f"{value:.9g}"))
        case int():
            return ("number", float(value) if abs(value) < 10**15 else value)
        case bytes():
            return ("bytes", value)
        case _:
            return ("text", value)


def same_columns(one: Sequence[Column], other: Sequence[Column], *, ordered: bool) -> bool:
    """Whether two results hold the same rows, given column by column, each of comparable values.

    Args:
        one: A result's columns, all of one length.
        other: Another's.
        ordered: Whether the order of the rows is part of the result.
    """
    if len(one) != len(other):
        return False
    if ordered:
        columns = [[tuple(column) for column in each] for each in (one, other)]
        return columns[0] == columns[1] or (
            len(one) <= MAX_PERMUTED_COLUMNS and Counter(columns[0]) == Counter(columns[1])
        )
    if _rows(one) == _rows(other):
        return True
    return len(one) <= MAX_PERMUTED_COLUMNS and _fits(one, other, ())


def is_ordered(sql: str, dialect: str) -> bool:
    """Whether a statement orders its result: ORDER BY outside every parenthesis.

    Args:
        sql: The statement.
        dialect: Its dialect, by sqlglot's name.
    """
    depth = 0
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(sql)
    except SqlglotError:
        # What cannot be read into words has no order that could be relied on.
        return False
    for token in tokens:
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if token.token_type is TokenType.ORDER_BY and depth <= 0:
            return True
    return False


def _rows(columns: Sequence[Column]) -> Counter[tuple[Hashable, ...]]:
    return Counter(zip(*columns, strict=True))


def _fits(one: Sequence[Column], other: Sequence[Column], chosen: tuple[int, ...]) -> bool:
    """Whether the other's columns, of which some are chosen, can be put into the order of the first's.

    Each choice must already give the same rows, so that hopeless orders are left early.
    """
    at = len(chosen)
    if _rows(one[:at]) != _rows([other[position] for position in chosen]):
        return False
    return at == len(one) or any(
        _fits(one, other, (*chosen, position)) for position in range(len(other)) if position not in chosen
    )
