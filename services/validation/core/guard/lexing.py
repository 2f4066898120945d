"""Layer 0, the pieces: a text cut by its dialect's rules into words, names, texts, numbers and marks."""

import re
from functools import cache
from typing import NamedTuple

from services.validation.core.dialects import Lexis

_COMMENT_MARK = re.compile(r"/\*|\*/")
# Characters that end a line for one reader and not for another.
_LINE_END = re.compile(r"[\r\x0b\x0c]")
_BEFORE_SPACE = r"(?=[ \t\r\n\f\v]|$)"


class Piece(NamedTuple):
    """A part of a text that is not white space or a comment.

    `kind` is "word", "name" (quoted), "string", "number" or "mark" (one character).
    """

    kind: str
    text: str
    start: int
    end: int


class Comment(NamedTuple):
    """A comment between two offsets."""

    start: int
    end: int


class LexicalError(Exception):
    """What keeps a text from being cut: `reason` of a finding, `message`, and the place."""

    def __init__(self, reason: str, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.start = start
        self.end = end


@cache
def _pattern(lexis: Lexis) -> re.Pattern[str]:
    """One expression for every piece. Repetitions never give back, so that time grows with the text alone."""
    line_comments = [
        re.escape(each.rstrip()) + (_BEFORE_SPACE if each.endswith(" ") else "") + r"[^\n]*+"
        for each in lexis.line_comments
    ]
    return re.compile(
        rf"[ \t\r\n\f\v]*+(?:(?P<line>{'|'.join(line_comments)})|(?P<comment>/\*)"
        rf"|(?P<string>{'|'.join(_strings(lexis))})|(?P<name>{'|'.join(map(_name, lexis.name_quotes))})"
        rf"|(?P<word>[^\W\d][\w$]*+)|(?P<number>\d[\w.]*+)|(?P<mark>.)|(?P<over>))",
        re.DOTALL,
    )


def _strings(lexis: Lexis) -> list[str]:
    body = r"[^{q}\\]|\\." if lexis.backslash_escapes else "[^{q}]"
    # Where a quote cannot be doubled, a line's end closes the text by force; only three quotes run on.
    body = (body + "|{q}{q}") if lexis.doubled_quotes else body.replace("[^", r"[^\n")
    patterns = [f"{q}(?:{body.format(q=q)})*+{q}" for q in lexis.string_quotes]
    if lexis.triple_quotes:
        patterns = [rf"{q * 3}(?:(?!{q * 3})(?:[^\\]|\\.))*+{q * 3}" for q in lexis.string_quotes] + patterns
    if lexis.escape_strings:
        patterns.insert(0, r"[eE]'(?:[^'\\]|''|\\.)*+'")
    if lexis.dollar_quotes == "tagged":
        patterns.append(r"(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag)")
    elif lexis.dollar_quotes == "plain":
        patterns.append(r"\$\$.*?\$\$")
    return patterns


def _name(quotes: str) -> str:
    opening, closing = re.escape(quotes[0]), re.escape(quotes[1])
    if quotes[2:] == "\\":
        return rf"{opening}(?:[^{closing}\\\n]|\\.)*+{closing}"
    doubled = "" if quotes[2:] == "!" else f"|{closing}{closing}"
    return f"{opening}(?:[^{closing}]{doubled})*+{closing}"


def cut(sql: str, lexis: Lexis, most: int) -> tuple[list[Piece], list[Comment]]:
    """The pieces and the comments of a text.

    Raises:
        LexicalError: Something is never closed, there are more than `most` pieces, or a comment is not one for
            every reader.
    """
    match_at, offset, pieces, comments = _pattern(lexis).match, 0, list[Piece](), list[Comment]()
    openers = {*lexis.string_quotes, *(quotes[0] for quotes in lexis.name_quotes)}
    length = len(sql)
    while offset < length:
        match = match_at(sql, offset)
        assert match is not None, "a mark matches any character"
        kind = "string" if match.lastgroup == "tag" else str(match.lastgroup)
        start, offset = match.span(kind)
        if kind == "comment":
            offset = _end_of_comment(sql, start, lexis)
            comments.append(Comment(start, offset))
        elif kind == "line":
            _require_one_line(sql, start, offset)
            comments.append(Comment(start, offset))
        elif kind != "over":
            mark = sql[start:offset]
            if kind == "mark" and mark in openers:
                message = f"What opens here is never closed. Add {mark} at its end."
                raise LexicalError("SQL_SYNTAX", message, start, length)
            pieces.append(Piece(kind, mark, start, offset))
            if len(pieces) > most:
                message = f"The statement has more than {most:,} words. Shorten it."
                raise LexicalError("SQL_TOO_LARGE", message, start, offset)
    return pieces, comments


def _end_of_comment(sql: str, start: int, lexis: Lexis) -> int:
    opening = sql[start + 2 : start + 4].lower()
    if opening.startswith("!") or opening == "m!":
        message = "This comment is run by MySQL and MariaDB, and by nobody else. Remove it."
        raise LexicalError("SQL_FORBIDDEN_TEXT", message, start, start + 2 + len(opening.rstrip("0123456789")))
    depth, offset = 0, start
    for match in _COMMENT_MARK.finditer(sql, start):
        if match.start() < offset:
            continue
        offset = match.end()
        opens = match.group() == "/*"
        depth += 1 if opens and (lexis.nested_comments or depth == 0) else -1 if not opens else 0
        if depth == 0:
            return offset
    raise LexicalError("SQL_SYNTAX", "This comment is never closed. Add */.", start, len(sql))


def _require_one_line(sql: str, start: int, end: int) -> None:
    found = _LINE_END.search(sql, start, end)
    if found is not None and sql[found.start() : found.start() + 2] != "\r\n":
        message = "This comment ends here for some readers and goes on for others. End its line."
        raise LexicalError("SQL_FORBIDDEN_TEXT", message, found.start(), found.end())
