"""Reads a question as words, each with its stem, its place, and whether it looks like a name."""

import re
from dataclasses import dataclass

from services.documents.core.index_values import stem, words

# Bounds that keep a question of any length within its milliseconds.
QUESTION_CHARACTERS = 8_000
QUESTION_WORDS = 200

_QUOTED = re.compile(
    r"\"([^\"]{1,200})\"|\u201c([^\u201d]{1,200})\u201d|\u2018([^\u2019]{1,200})\u2019|(?<!\w)'([^']{1,200})'(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the question: its stem, where it stands, and whether it is quoted or looks like a name or a code."""

    stem: str
    start: int
    end: int
    is_quoted: bool
    is_marked: bool


def read_question(question: str) -> list[Word]:
    """The words of a question, as many as are looked at."""
    question = question[:QUESTION_CHARACTERS]
    quoted = [match.span() for match in _QUOTED.finditer(question)]
    read: list[Word] = []
    for folded, start, end in words(question):
        if len(read) == QUESTION_WORDS:
            break
        written = question[start:end]
        is_quoted = any(opens < start and end < closes for opens, closes in quoted)
        # A capital at the start of a sentence marks nothing; inside it, it marks a name or a code.
        opens_sentence = not question[:start].rstrip(" \"'\u201c\u2018([") or question[:start].rstrip()[-1:] in ".?!"
        is_marked = is_quoted or any(c.isdigit() for c in written) or (written[0].isupper() and not opens_sentence)
        read.append(Word(stem(folded), start, end, is_quoted, is_marked))
    return read
