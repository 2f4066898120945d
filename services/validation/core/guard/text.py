"""Layer 0: a statement's text, refused where two readers could see different things in it."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from services.validation.core.dialects import DIALECTS, Dialect
from services.validation.core.guard.lexing import LexicalError, Piece, cut
from services.validation.core.guard.shape import MAX_JOINS, MAX_NESTING, Shape
from services.validation.core.model import Finding, Severity, Span

MAX_BYTES = 64 * 1024
MAX_PIECES = 20_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_HINT = re.compile(r"([A-Za-z_]+)\s*\(")


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


def too_large(sql: str, dialect: str) -> Finding | None:
    """The finding for a text that no parser may be given, whatever it says."""
    unreadable = read(Text(sql, DIALECTS.get(dialect, DIALECTS["bigquery"])))
    return unreadable if unreadable is not None and unreadable.reason == "SQL_TOO_LARGE" else None


def read(text: Text) -> Finding | None:
    """Finds the pieces of a text; gives the finding that refuses it, or None."""
    size = len(text.sql) if text.sql.isascii() else len(text.sql.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        return Finding(
            "SQL_TOO_LARGE", f"The statement has {size:,} bytes; at most {MAX_BYTES:,} are read. Shorten it."
        )
    found = _CONTROL.search(text.sql)
    if found is not None:
        name = f"U+{ord(found.group()):04X}"
        message = f"There is a control character ({name}) here. Remove it."
        return text.finding("SQL_FORBIDDEN_TEXT", message, found.start(), found.end())
    try:
        text.pieces, comments = cut(text.sql, text.dialect.lexis, MAX_PIECES)
    except LexicalError as error:
        return text.finding(error.reason, error.message, error.start, error.end)
    if text.dialect.lexis.hints is not None:
        for comment in comments:
            if text.sql.startswith("/*+", comment.start):
                refused = _hints(text, comment.start, comment.end)
                if refused is not None:
                    return refused
    return _forbidden(text) or _foreign(text) or _shape(text)


def _hints(text: Text, start: int, end: int) -> Finding | None:
    """The finding for an optimizer hint that does more than choose a way to read."""
    for hint in _HINT.finditer(text.sql, start, end):
        name = hint.group(1).lower()
        if name not in (text.dialect.lexis.hints or ()):
            message = f"The hint {name} changes the session or its limits. Leave it out."
            return text.finding("SQL_CONSTRUCT_REFUSED", message, hint.start(1), hint.end(1), construct=name)
    return None


def _forbidden(text: Text) -> Finding | None:
    lowered = text.sql.lower()
    for forbidden in text.dialect.lexis.forbidden:
        for at in _occurrences(lowered, forbidden):
            piece = _piece_at(text, at)
            if piece is not None and piece.kind != "string":
                end = at + len(forbidden)
                message = f"{text.sql[at:end]!r} means different things to different readers. Remove it."
                return text.finding("SQL_FORBIDDEN_TEXT", message, at, end)
    return None


def _occurrences(sql: str, part: str) -> Iterator[int]:
    at = sql.find(part)
    while at >= 0:
        yield at
        at = sql.find(part, at + 1)


def _foreign(text: Text) -> Finding | None:
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
    category = unicodedata.category(character)
    if category == "Cs":
        return False
    if piece is not None and piece.kind == "string":
        return True
    if category in {"Cc", "Cf", "Zl", "Zp"} or (piece is not None and category == "Zs"):
        return False
    if piece is None or piece.kind == "name":
        return piece is None or unicodedata.normalize("NFKC", character) == character
    return category[0] in "LMN" and unicodedata.normalize("NFKC", character) == character


def _piece_at(text: Text, offset: int) -> Piece | None:
    index = bisect_right(text.pieces, offset, key=lambda piece: piece.start) - 1
    return text.pieces[index] if index >= 0 and offset < text.pieces[index].end else None


def _shape(text: Text) -> Finding | None:
    """Refuses what no reader can be trusted to survive: nesting, long rows of prefixes, very many joins."""
    if not any(piece.text != ";" for piece in text.pieces):
        return Finding("SQL_EMPTY", "There is no statement. Write a SELECT.")
    shape = Shape()
    for piece in text.pieces:
        if shape.take(piece.text.lower() if piece.kind == "word" else piece.text):
            return text.finding(
                "SQL_TOO_LARGE",
                f"The statement is too deep here: at most {MAX_NESTING} brackets or cases within each other and "
                f"{MAX_JOINS} joins are read. Split it.",
                piece.start,
                piece.end,
            )
    return None
