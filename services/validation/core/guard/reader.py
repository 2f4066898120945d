"""sqlglot's reader of a dialect, held to an amount of work: it goes back and tries again, and nesting doubles that."""

from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as Grammar
from sqlglot.errors import SqlglotError

# Choices of a dialect that its compiled parser asks for again and again, wherever it reads an expression, a table, a
# type, a call or a query. Nothing else of it can be watched from outside.
_ASKED = (
    "DPIPE_IS_STRING_CONCAT",
    "ALIAS_POST_TABLESAMPLE",
    "SUPPORTS_USER_DEFINED_TYPES",
    "ORIGINAL_NAME_META_KEY",
    "INTERSECT_BINDS_TIGHTER_THAN_UNION_AND_EXCEPT",
)
# A plain statement asks about once for each of its tokens.
QUESTIONS_EACH = 30
QUESTIONS_AT_LEAST = 2_000

Tokens = list[Any]  # sqlglot does not export the type of its compiled tokens


class TooMuchWorkError(Exception):
    """The parser has gone back too often."""


# What reading a hostile text may end in; the parser was not written for it.
STUMBLES = (
    SqlglotError, RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError, TooMuchWorkError,
)  # fmt: skip


@cache
def grammar(name: str) -> Grammar:
    """Sqlglot's grammar of a dialect, for writing and for cutting."""
    return Grammar.get_or_raise(name)


@cache
def _counting(name: str) -> Any:
    base = type(grammar(name))
    made: Any = type(base)

    def asked(choice: str) -> property:
        value = getattr(base, choice)

        def answer(self: Any) -> object:
            self.left -= 1
            if self.left < 0:
                raise TooMuchWorkError
            return value

        return property(answer)

    return made(f"Counting{base.__name__}", (base,), {choice: asked(choice) for choice in _ASKED})


def read_tree(sql: str, name: str) -> tuple[exp.Expr | None, Tokens]:
    """The tree of a text's only statement and the tokens that it was read from; None where there is not exactly one.

    Raises:
        STUMBLES: It is not a statement of the dialect, or none that can be read with a bearable amount of work.
    """
    tokens = grammar(name).tokenize(sql)
    reader = _counting(name)()
    reader.left = QUESTIONS_AT_LEAST + QUESTIONS_EACH * len(tokens)
    trees = reader.parser().parse(tokens, sql)
    found = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    return (found[0] if len(found) == 1 else None), tokens
