"""Layer 1, the reading: one statement, read by a parser that fails closed."""

import logging
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlglot import exp
from sqlglot.errors import ParseError

from services.validation.core.dialects import words
from services.validation.core.guard.lexing import Piece
from services.validation.core.guard.reader import STUMBLES, Tokens, TooMuchWorkError, read_tree
from services.validation.core.guard.text import Text
from services.validation.core.model import Finding

# Words that open a statement which does something other than read.
COMMANDS = words("""
    abort alter analyze analyse attach backup begin call checkpoint close cluster comment commit copy create cursor
    deallocate declare delete detach discard do drop end exec execute export fetch force grant handler import insert
    install kill listen load lock merge move notify optimize pragma prepare reassign refresh reindex release rename
    replace reset restore revoke rollback savepoint security set show shutdown start truncate unlisten update upsert
    use vacuum
    """)
KEYWORDS = sorted(
    words("""
all and as asc between by case cast cross desc distinct else end except exists from full group having in inner intersect
into is join left like limit not null offset on or order outer over partition right select then union using values when
where with
""")
)
_RUNS = frozenset({"analyze", "analyse", "serialize"})
_OPTION_VALUES = words("""
    , on off true false text json xml yaml graphviz logical distributed io validate 0 1
    """)
# sqlglot warns where it falls back to opaque commands; those are refused, and a log line would hold the statement.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A statement's tree. `explain` is what stands before it ("EXPLAIN QUERY PLAN "), `start` where it begins."""

    tree: exp.Expr
    explain: str
    start: int


def parse(text: Text) -> Parsed | Finding:
    """The tree of a text's only statement, or the finding that refuses it."""
    several = _second_statement(text)
    if several is not None:
        return several
    explain = _explain(text)
    if isinstance(explain, Finding):
        return explain
    prefix, first = explain
    wrong = _first_word(text, first)
    if wrong is not None:
        return wrong
    start = text.pieces[first].start
    text.pieces = text.pieces[first:]
    tree = _tree(text, bare(text))
    return tree if isinstance(tree, Finding) else Parsed(tree, prefix, start)


_PLAIN = frozenset({"", " ", "\n"})


def bare(text: Text) -> str:
    """The statement alone, without comments and what stands before it; every piece stays at its place."""
    written, end = [], 0
    for piece in text.pieces:
        between = text.sql[end : piece.start]
        written.append(between if between in _PLAIN else "".join(each if each == "\n" else " " for each in between))
        written.append(piece.text)
        end = piece.end
    return "".join(written)


def _second_statement(text: Text) -> Finding | None:
    """The finding for a second statement; semicolons around the first, as in T-SQL's ;WITH, are dropped."""
    first, last = 0, len(text.pieces)
    while text.pieces[first].text == ";":
        first += 1
    while text.pieces[last - 1].text == ";":
        last -= 1
    text.pieces = text.pieces[first:last]
    for position, piece in enumerate(text.pieces):
        if piece.text == ";":
            following = next(each for each in text.pieces[position:] if each.text != ";")
            message = "A second statement begins here. Send one statement at a time."
            return text.finding("SQL_MULTIPLE_STATEMENTS", message, following.start, text.pieces[-1].end)
    return None


def _explain(text: Text) -> tuple[str, int] | Finding:
    """What stands before an explained statement, and the position of the statement's first piece."""
    written: list[str] = []
    position = 0
    for position, piece in enumerate(text.pieces):
        word = piece.text.lower()
        if word in _RUNS and written:
            return _analyze(text, piece)
        if word != "explain" if position == 0 else word not in text.dialect.explain_words:
            break
        written.append(word.upper())
    if not written:
        return "", 0
    following = [piece.text.lower() for piece in text.pieces[position : position + 2]]
    if following[:1] == ["("] and following[1:] and following[1] in text.dialect.explain_options | _RUNS:
        return _explain_options(text, written, position)
    if len(written) == len(text.pieces):
        return text.finding("SQL_SYNTAX", "EXPLAIN needs a statement after it.", 0, text.pieces[-1].end)
    return " ".join(written) + " ", position


def _explain_options(text: Text, opened: list[str], opening: int) -> tuple[str, int] | Finding:
    written: list[str] = []
    expects_name = True
    for position, piece in enumerate(text.pieces[opening + 1 :], opening + 1):
        word = piece.text.lower()
        if word in _RUNS:
            return _analyze(text, piece)
        if word == ")" and position + 1 < len(text.pieces):
            return f"{' '.join(opened)} ({' '.join(written)}) ", position + 1
        known = text.dialect.explain_options if expects_name else _OPTION_VALUES
        if word not in known:
            return _not_a_read(text, piece)
        written.append(word.upper())
        expects_name = word == ","
    return text.finding("SQL_SYNTAX", "EXPLAIN needs a statement after it.", 0, text.pieces[-1].end)


def _analyze(text: Text, piece: Piece) -> Finding:
    return text.finding(
        "SQL_NOT_A_READ",
        "EXPLAIN ANALYZE runs the statement. Leave ANALYZE out to see the plan only.",
        piece.start,
        piece.end,
    )


def _not_a_read(text: Text, piece: Piece) -> Finding:
    message = f"{piece.text[:40].upper()} is not a way to read. Write one SELECT."
    return text.finding("SQL_NOT_A_READ", message, piece.start, piece.end)


def _first_word(text: Text, position: int) -> Finding | None:
    piece = text.pieces[position]
    word = piece.text.lower()
    while word == "(" and position + 1 < len(text.pieces):
        position += 1
        word = text.pieces[position].text.lower()
    if word in text.dialect.first_words:
        return None
    if word in COMMANDS:
        return _not_a_read(text, piece)
    near = process.extractOne(word, sorted(text.dialect.first_words), scorer=fuzz.ratio, score_cutoff=70)
    hint = f" Did you mean {near[0].upper()}?" if near else " Begin with SELECT or WITH."
    return text.finding(
        "SQL_SYNTAX",
        f"A statement cannot begin with {piece.text[:40]!r}.{hint}",
        piece.start,
        piece.end,
        suggestion=near[0].upper() if near else "",
    )


def _tree(text: Text, sql: str) -> exp.Expr | Finding:
    try:
        tree, tokens = read_tree(sql, text.dialect.name)
    except ParseError as error:
        return _syntax(text, error)
    except STUMBLES as error:
        large = isinstance(error, (RecursionError, TooMuchWorkError))
        kind, reason = ("too deep", "SQL_TOO_LARGE") if large else ("not readable", "SQL_SYNTAX")
        return Finding(reason, f"The statement is {kind}. Write it more simply.")
    if tree is None:
        return Finding("SQL_MULTIPLE_STATEMENTS", "Send exactly one statement.")
    return _cut_alike(text, tokens) or tree


def _cut_alike(text: Text, tokens: Tokens) -> Finding | None:
    """The finding where the parser's tokens and our pieces do not begin and end at the same places.

    Then one of the two reads as a comment or a text what the other reads as a part of the statement.
    """
    position, pieces = 0, text.pieces
    for token in tokens:
        end = token.end + 1
        if position >= len(pieces) or pieces[position].start != token.start:
            break
        while position < len(pieces) and pieces[position].end < end:
            position += 1
        if position >= len(pieces) or pieces[position].end != end:
            break
        position += 1
    else:
        if position == len(pieces):
            return None
    piece = pieces[min(position, len(pieces) - 1)]
    message = "Two readers cut the statement differently here. Put spaces around this, or write it more plainly."
    return text.finding("SQL_PARSERS_DISAGREE", message, piece.start, piece.end)


def _syntax(text: Text, error: ParseError) -> Finding:
    details = error.errors[0] if error.errors else {}
    what = str(details.get("highlight") or "")
    where = _offset(text, details.get("line"), details.get("col"), what)
    return syntax_finding(text, where, what)


def _offset(text: Text, line: object, column: object, what: str) -> int:
    """Where a parser's place lies in the text; sqlglot counts the column to the end of the word."""
    if not isinstance(line, int) or not isinstance(column, int):
        return len(text.sql)
    starts = [0, *(i + 1 for i, character in enumerate(text.sql) if character == "\n")]
    end = starts[min(line, len(starts)) - 1] + column
    return max(0, min(end - len(what), len(text.sql)))


def syntax_finding(text: Text, where: int, what: str) -> Finding:
    """The finding for a statement that stops making sense at an offset, with the keyword that was perhaps meant."""
    meant = _keyword_meant([piece for piece in text.pieces if piece.start <= where][-3:])
    if meant is not None:
        piece, keyword = meant
        message = f"{piece.text!r} does not fit here. Did you mean {keyword}?"
        return text.finding("SQL_SYNTAX", message, piece.start, piece.end, suggestion=keyword)
    if where >= len(text.sql.rstrip()):
        end = len(text.sql.rstrip())
        return text.finding("SQL_SYNTAX", "The statement ends too early: something is missing.", end, end)
    what = what or next((piece.text for piece in text.pieces if piece.end > where), "")
    message = f"{what[:40]!r} does not fit here. Check what stands before it: a comma, a bracket or a keyword."
    return text.finding("SQL_SYNTAX", message, where, where + max(1, len(what)))


def _keyword_meant(pieces: list[Piece]) -> tuple[Piece, str] | None:
    """The piece that is most like a keyword without being one, and the keyword. A plural ("orders") is a name."""
    best: tuple[float, Piece, str] | None = None
    for piece in pieces:
        word = piece.text.lower()
        if piece.kind != "word" or word in KEYWORDS or word.removesuffix("s") in KEYWORDS:
            continue
        near = process.extractOne(word, KEYWORDS, scorer=fuzz.ratio, score_cutoff=75)
        if near and (best is None or near[1] > best[0]):
            best = (near[1], piece, near[0].upper())
    return best and (best[1], best[2])


def place(node: exp.Expr, default: int) -> tuple[int, int]:
    """Where a node stands, by the first of its parts whose place is known."""
    for part in node.walk():
        start, end = part.meta.get("start"), part.meta.get("end")
        if start is not None and end is not None:
            return start, end + 1
    return 0, default
