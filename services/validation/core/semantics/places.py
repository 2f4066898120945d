"""Where an expression stands in the text, from its first character to its last."""

from bisect import bisect_left

from sqlglot import exp

from services.validation.core.guard.text import Text
from services.validation.core.model import Finding, Severity, Span

_LONGEST = 80
_LONGEST_MESSAGE = 600


def extent(text: Text, node: exp.Expr) -> tuple[int, int] | None:
    """The offsets of an expression, its brackets and arguments included; None where no part of it has a place."""
    start, end = len(text.sql), -1
    for part in node.walk():
        if "start" in part.meta:
            start = min(start, part.meta["start"])
            end = max(end, part.meta["end"] + 1)
    if end < 0:
        return None
    return _balanced(text, start, end)


def _balanced(text: Text, start: int, end: int) -> tuple[int, int]:
    """Widens a place to the right until every bracket that opens in it, or right after a name in it, is closed."""
    at = bisect_left(text.pieces, start, key=lambda piece: piece.start)
    depth = 0
    while at < len(text.pieces):
        piece = text.pieces[at]
        if piece.start >= end and depth == 0 and not (piece.text == "(" and piece.start == end):
            break
        depth += (piece.text == "(") - (piece.text == ")")
        if depth < 0:
            break
        end = max(end, piece.end)
        at += 1
    return start, end


def written(text: Text, node: exp.Expr) -> str:
    """An expression as it is written, or as SQL where its place is not known."""
    place = extent(text, node)
    return text.sql[slice(*place)] if place else node.sql(text.dialect.name)


def quoted(text: Text, node: exp.Expr) -> str:
    """An expression for a sentence about it: on one line, and no longer than is read."""
    shown = " ".join(written(text, node).split())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def note(
    text: Text,
    node: exp.Expr,
    reason: str,
    message: str,
    severity: Severity = Severity.WARNING,
    *,
    suggestion: str = "",
    **metadata: str,
) -> Finding:
    """A finding at the place of an expression."""
    place = extent(text, node)
    message = message if len(message) <= _LONGEST_MESSAGE else f"{message[: _LONGEST_MESSAGE - 1]}…"
    if place is None:
        return Finding(reason, message, severity, None, "", metadata)
    return Finding(reason, message, severity, text.span(*place), suggestion, metadata)


def keyword(text: Text, word: str) -> Span | None:
    """The place of a keyword that stands in no brackets, the last one."""
    depth = 0
    found = None
    for piece in text.pieces:
        depth += (piece.text == "(") - (piece.text == ")")
        if depth == 0 and piece.kind == "word" and piece.text.lower() == word:
            found = text.span(piece.start, piece.end)
    return found
