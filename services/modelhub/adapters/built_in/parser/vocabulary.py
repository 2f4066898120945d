"""Representations as sequences of actions: keywords, and pointers at tables, columns and literals.

    query   := [DISTINCT] measure+ [WHERE filter] [GROUP column+] [HAVING filter] ((ASC|DESC) measure+)*
               [LIMIT (literal|ONE)] [THROUGH table+] (END | (UNION|INTERSECT|EXCEPT) query)
    measure := [COUNT|SUM|AVG|MIN|MAX [DISTINCT]] (column|table)        a table stands for its rows
    filter  := test ((AND|OR) test)*                                    AND binds tighter
    test    := measure (IS_NULL | NOT_NULL | BETWEEN literal literal | comparison (literal|ONE|column|OPEN query))

The action of keyword k is `k`; those of tables, columns and literals follow, in the order of the question's items.
"""

from enum import IntEnum, auto

from services.modelhub.adapters.built_in.ir import Aggregate, Operator, SetOperator

MAX_ACTIONS = 48


class Keyword(IntEnum):
    """Actions that are the same for every question."""

    START = 0
    END = auto()
    DISTINCT = auto()
    COUNT = auto()
    SUM = auto()
    AVG = auto()
    MIN = auto()
    MAX = auto()
    WHERE = auto()
    AND = auto()
    OR = auto()
    GROUP = auto()
    HAVING = auto()
    ASC = auto()
    DESC = auto()
    LIMIT = auto()
    THROUGH = auto()
    UNION = auto()
    INTERSECT = auto()
    EXCEPT = auto()
    EQ = auto()
    NE = auto()
    GT = auto()
    LT = auto()
    GE = auto()
    LE = auto()
    BETWEEN = auto()
    IN = auto()
    NOT_IN = auto()
    CONTAINS = auto()
    STARTS = auto()
    ENDS = auto()
    LIKE = auto()
    NOT_CONTAINS = auto()
    NOT_STARTS = auto()
    NOT_ENDS = auto()
    NOT_LIKE = auto()
    IS_NULL = auto()
    NOT_NULL = auto()
    OPEN = auto()
    ONE = auto()
    # A literal that the question does not hold; read in training, never said.
    UNSAID = auto()


KEYWORDS = 48
AGGREGATES = {
    Keyword.COUNT: Aggregate.COUNT,
    Keyword.SUM: Aggregate.SUM,
    Keyword.AVG: Aggregate.AVG,
    Keyword.MIN: Aggregate.MIN,
    Keyword.MAX: Aggregate.MAX,
}
COMPARISONS = {
    Keyword.EQ: Operator.EQ,
    Keyword.NE: Operator.NE,
    Keyword.GT: Operator.GT,
    Keyword.LT: Operator.LT,
    Keyword.GE: Operator.GE,
    Keyword.LE: Operator.LE,
    Keyword.IN: Operator.IN,
    Keyword.NOT_IN: Operator.NOT_IN,
}
PATTERNS = {
    Keyword.CONTAINS: (Operator.LIKE, "%{}%"),
    Keyword.STARTS: (Operator.LIKE, "{}%"),
    Keyword.ENDS: (Operator.LIKE, "%{}"),
    Keyword.LIKE: (Operator.LIKE, "{}"),
    Keyword.NOT_CONTAINS: (Operator.NOT_LIKE, "%{}%"),
    Keyword.NOT_STARTS: (Operator.NOT_LIKE, "{}%"),
    Keyword.NOT_ENDS: (Operator.NOT_LIKE, "%{}"),
    Keyword.NOT_LIKE: (Operator.NOT_LIKE, "{}"),
}
NULLS = {Keyword.IS_NULL: Operator.IS_NULL, Keyword.NOT_NULL: Operator.NOT_NULL}
SETS = {
    Keyword.UNION: SetOperator.UNION,
    Keyword.INTERSECT: SetOperator.INTERSECT,
    Keyword.EXCEPT: SetOperator.EXCEPT,
}


class Unsayable(ValueError):
    """A representation that these actions cannot say, or actions that say none."""
