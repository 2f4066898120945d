"""The question as it will be read: normalized text, and whether it is SQL already."""

import re
import unicodedata
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from services.kit.errors import InvalidArgument

MAX_CHARACTERS = 10_000

# Which dialect the data source speaks is not known yet; the check decides with the right one.
_DIALECTS = ("postgres", "sqlite", "duckdb")
_OPENS_LIKE_SQL = re.compile(r"(select|with)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Understood:
    """`statement` is the question itself where it reads as SQL, to be checked like any other."""

    text: str
    statement: str | None
    note: str


def understand_question(text: str) -> Understood:
    """Reads a question.

    Raises:
        InvalidArgument: There is nothing to read in it, or too much.
    """
    if len(text) > MAX_CHARACTERS:
        raise _invalid(
            f"is longer than {MAX_CHARACTERS:,} characters", "Ask one question at a time, in a few sentences."
        )
    composed = unicodedata.normalize("NFC", text)
    # Control and format characters are invisible, so nobody means them.
    visible = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in composed)
    normalized = " ".join(visible.split())
    if not any(each.isalnum() for each in normalized):
        raise _invalid("holds no words", 'Ask in plain language, such as "How many orders came in last month?".')
    statement = normalized if _is_statement(normalized) else None
    note = "It is SQL already, so it is checked as it is." if statement else ""
    return Understood(normalized, statement, note)


def _is_statement(text: str) -> bool:
    if not _OPENS_LIKE_SQL.match(text):
        return False
    return any(_parses(text, dialect) for dialect in _DIALECTS)


def _parses(text: str, dialect: str) -> bool:
    try:
        return isinstance(sqlglot.parse_one(text, dialect=dialect), exp.Query)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return False


def _invalid(wrong: str, advice: str) -> InvalidArgument:
    return InvalidArgument(
        "INVALID_ARGUMENT",
        f"The question {wrong}. {advice}",
        metadata={"field": "generation.question"},
        fields={"generation.question": wrong},
    )
