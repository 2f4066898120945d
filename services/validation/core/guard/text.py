"""Layer 0: a statement's text cut into pieces, and refused where two readers could see different things in it."""

import re
import unicodedata
from bisect import bisect_right
from functools import cache, cached_property
from typing import NamedTuple

from services.validation.core.dialects import Dialect
from services.validation.core.model import Finding, Severity, Span

MAX_BYTES = 64 * 1024
MAX_PIECES = 20_000
MAX_NESTING = 100
MAX_PREFIXES = 50
MAX_JOINS = 100
MAX_SUBSCRIPTS = 50

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_PREFIXES = frozenset({"-", "+", "~", "!", "@", "not", "exists", "any", "all", "interval", "explain", "describe"})


class Piece(NamedTuple):
    """A part of a text that is not white space or a comment.

    `kind` is "word", "name" (quoted), "string", "number" or "mark" (one character).
    """

    kind: str
    text: str
    start: int
    end: int


class Text:
    """A statement as it was written, with its pieces once `read` has found them."""

    def __init__(self, sql: str, dialect: Dialect) -> None:
        self.sql = sql
        self.dialect = dialect
        self.pieces: list[Piece] = []

    def span(self, start: int, end: int) -> Span:
        """The place between two offsets."""
        line, column = self._place(start)
        end_line, end_column = self._place(end)
        return Span(line, column, end_line, end_column)

    def finding(self, reason: str, message: str, start: int, end: int, **more: str) -> Finding:
        """An error at a place. `suggestion` is a text for the place; other keywords are metadata."""
        suggestion = more.pop("suggestion", "")
        return Finding(reason, message, Severity.ERROR, self.span(start, end), suggestion, more)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.sql))]


def read(text: Text) -> Finding | None:
    """Finds the pieces of a text; gives the finding that refuses it, or None."""
    size = len(text.sql.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        return Finding(
            "SQL_TOO_LARGE", f"The statement has {size:,} bytes; at most {MAX_BYTES:,} are read. Shorten it."
        )
    return _control_characters(text) or _cut(text) or _outside_strings(text) or _shape(text)


def _control_characters(text: Text) -> Finding | None:
    found = _CONTROL.search(text.sql)
    if found is None:
        return None
    name = f"U+{ord(found.group()):04X}"
    return text.finding(
        "SQL_FORBIDDEN_TEXT", f"There is a control character ({name}) here. Remove it.", found.start(), found.end()
    )


@cache
def _pattern(dialect: Dialect) -> re.Pattern[str]:
    names = [
        f"{re.escape(quote[0])}(?:[^{re.escape(quote[1])}]|{re.escape(quote[1]) * 2})*{re.escape(quote[1])}"
        if quote != "[]"
        else r"\[[^\]]*\]"
        for quote in dialect.name_quotes
    ]
    strings = [r"'(?:[^']|'')*'"]
    if dialect.escape_strings:
        strings.insert(0, r"[eE]'(?:[^'\\]|''|\\.)*'")
    if dialect.dollar_quotes:
        strings.append(r"(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag)")
    return re.compile(
        rf"(?P<space>[ \t\r\n\f\v]+|--[^\n]*)|(?P<comment>/\*)|(?P<string>{'|'.join(strings)})"
        rf"|(?P<name>{'|'.join(names)})|(?P<word>[^\W\d][\w$]*)|(?P<number>\d[\w.]*)|(?P<mark>.)",
        re.DOTALL,
    )


def _cut(text: Text) -> Finding | None:
    match_at, sql, offset, pieces = _pattern(text.dialect).match, text.sql, 0, text.pieces
    openers = {"'", *(quote[0] for quote in text.dialect.name_quotes if quote != "[]")}
    while offset < len(sql):
        match = match_at(sql, offset)
        assert match is not None, "a mark matches any character"
        kind, end = match.lastgroup, match.end()
        if kind == "comment":
            end = _end_of_comment(sql, offset, nested=text.dialect.nested_comments)
            if end < 0:
                return text.finding("SQL_SYNTAX", "This comment is never closed. Add */.", offset, len(sql))
        elif kind != "space":
            mark = match.group()
            if kind == "mark" and mark in openers:
                message = f"What opens here is never closed. Add {mark} at its end."
                return text.finding("SQL_SYNTAX", message, offset, len(sql))
            pieces.append(Piece("string" if kind == "tag" else str(kind), mark, offset, end))
            if len(pieces) > MAX_PIECES:
                return Finding("SQL_TOO_LARGE", f"The statement has more than {MAX_PIECES:,} words. Shorten it.")
        offset = end
    return None


def _end_of_comment(sql: str, start: int, *, nested: bool) -> int:
    depth, offset = 0, start
    for match in re.compile(r"/\*|\*/").finditer(sql, start):
        if match.start() < offset:
            continue
        offset = match.end()
        depth += 1 if match.group() == "/*" and (nested or depth == 0) else -1 if match.group() == "*/" else 0
        if depth == 0:
            return offset
    return -1


def _outside_strings(text: Text) -> Finding | None:
    lowered = text.sql.lower()
    for forbidden in ("/*!", "/*m!", *(each.lower() for each in text.dialect.forbidden_text)):
        at = lowered.find(forbidden)
        if at >= 0 and not _in_string(text, at):
            message = f"{text.sql[at : at + len(forbidden)]!r} means different things to different readers. Remove it."
            return text.finding("SQL_FORBIDDEN_TEXT", message, at, at + len(forbidden))
    if text.sql.isascii():
        return None
    for match in _FOREIGN.finditer(text.sql):
        piece = _piece_at(text, match.start())
        if not _is_plain(match.group(), piece):
            message = (
                f"The character U+{ord(match.group()):04X} looks like another. Retype this place with plain characters."
            )
            return text.finding("SQL_FORBIDDEN_TEXT", message, match.start(), match.end())
    for piece in text.pieces:
        if piece.kind != "string" and not unicodedata.is_normalized("NFC", piece.text):
            return text.finding(
                "SQL_FORBIDDEN_TEXT", "Write this name with composed characters (NFC).", piece.start, piece.end
            )
    return None


def _is_plain(character: str, piece: Piece | None) -> bool:
    """Whether a character is what it looks like: letters of any script are, invisible and full-width ones are not."""
    if piece is not None and piece.kind == "string":
        return True
    category = unicodedata.category(character)
    if category in {"Cf", "Zl", "Zp"} or (piece is not None and category == "Zs"):
        return False
    if piece is None or piece.kind == "name":
        return piece is None or unicodedata.normalize("NFKC", character) == character
    return category[0] in "LMN" and unicodedata.normalize("NFKC", character) == character


def _in_string(text: Text, offset: int) -> bool:
    piece = _piece_at(text, offset)
    return piece is not None and piece.kind == "string"


def _piece_at(text: Text, offset: int) -> Piece | None:
    index = bisect_right(text.pieces, offset, key=lambda piece: piece.start) - 1
    return text.pieces[index] if index >= 0 and offset < text.pieces[index].end else None


def _shape(text: Text) -> Finding | None:
    """Refuses what no reader can be trusted to survive: nesting, long rows of prefixes, very many joins."""
    if not any(piece.text != ";" for piece in text.pieces):
        return Finding("SQL_EMPTY", "There is no statement. Write a SELECT.")
    depth = prefixes = joins = subscripts = 0
    previous = ""
    for piece in text.pieces:
        word = piece.text.lower() if piece.kind == "word" else piece.text
        if word in _OPEN or word == "case":
            depth += 1
            subscripts += word == "[" and previous == "]"
        elif word in _CLOSE or word == "end":
            depth = max(0, depth - 1)
        repeated = piece.kind == "word" and word == previous
        prefixes = prefixes + 1 if repeated or word in _PREFIXES else 0
        joins += word == "join"
        previous = word
        if depth > MAX_NESTING or prefixes > MAX_PREFIXES or joins > MAX_JOINS or subscripts > MAX_SUBSCRIPTS:
            return text.finding(
                "SQL_TOO_LARGE",
                f"The statement is too deep here: at most {MAX_NESTING} brackets or cases within each other and "
                f"{MAX_JOINS} joins are read. Split it.",
                piece.start,
                piece.end,
            )
    return None
