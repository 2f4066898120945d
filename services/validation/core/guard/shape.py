"""Layer 0, the shape: how deep and how long a statement is, by its words alone, before any parser sees it.

The parser goes back and tries again wherever a construct could have been another one. Within each other, such places
double its work each time, and each of its steps takes a part of the stack. They are few, and they are counted here:
each limit is far from what people write, and near enough for what is left to be read in a moment.
"""

from services.validation.core.dialects import words

MAX_NESTING = 100
MAX_PREFIXES = 50
MAX_JOINS = 100
MAX_SELECTS = 500
MAX_SUBSCRIPTS = 50
# Of what doubles the work: IF without brackets, types with brackets in each other, joins with no ON after each other.
MAX_DOUBLINGS = 8

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_PREFIXES = words("- + ~ ! @ not exists any all interval explain describe prior connect_by_root")
# Before an operand an END is a name, and closes no CASE.
_BEFORE_OPERAND = words("case when then else not and or is in like between ( , . + - * / < > = %")
_TYPES = words("""
    array struct map row list object record union nested file char tuple variant isnull current_time time enum vector
    """)
_COUNTED = _OPEN | _CLOSE | words("case end join on using select if <")


class Shape:
    """What has been counted so far, piece by piece."""

    __slots__ = (
        "_angles",
        "_brackets",
        "_cases",
        "_choices",
        "_joins",
        "_loose",
        "_prefixes",
        "_previous",
        "_selects",
        "_subscripts",
        "_types",
    )  # fmt: skip

    def __init__(self) -> None:
        # For each open bracket, whether it follows the name of a type; for each level, joins that wait for their ON.
        self._brackets: list[bool] = []
        self._loose: list[int] = [0]
        self._previous = ""
        self._cases = self._joins = self._prefixes = self._selects = self._subscripts = 0
        self._choices = self._types = self._angles = 0

    def take(self, word: str) -> bool:
        """Counts one more piece, a word in lower case, and says whether that is too much."""
        previous, self._previous = self._previous, word
        if word in _PREFIXES or (word == previous and word.isalpha()):
            self._prefixes += 1
            if self._prefixes > MAX_PREFIXES:
                return True
        else:
            self._prefixes = 0
        # Most pieces are names and texts, which change nothing.
        if word not in _COUNTED:
            return False
        self._count(word, previous)
        return self._is_too_much()

    def _count(self, word: str, previous: str) -> None:
        if word in _OPEN:
            self._open(word, previous)
        elif word in _CLOSE:
            self._close()
        elif word == "join":
            self._joins += 1
            self._loose[-1] += previous not in {"cross", "natural"}
        elif word in {"on", "using"}:
            self._loose[-1] = max(0, self._loose[-1] - 1)
        elif word == "end":
            self._cases -= bool(self._cases and previous not in _BEFORE_OPERAND)
        else:
            self._cases += word == "case"
            self._selects += word == "select"
            self._choices += word == "if"
            self._angles += word == "<" and previous in _TYPES

    def _open(self, word: str, previous: str) -> None:
        typed = previous in _TYPES
        self._brackets.append(typed)
        self._loose.append(0)
        self._types += typed
        self._subscripts += word == "[" and previous == "]"
        self._choices -= previous == "if"

    def _close(self) -> None:
        if self._brackets:
            self._types -= self._brackets.pop()
            self._loose.pop()

    def _is_too_much(self) -> bool:
        return (
            len(self._brackets) + self._cases + self._angles > MAX_NESTING
            or self._joins > MAX_JOINS
            or self._selects > MAX_SELECTS
            or self._subscripts > MAX_SUBSCRIPTS
            or self._choices > MAX_DOUBLINGS
            or self._types > MAX_DOUBLINGS
            or self._loose[-1] > MAX_DOUBLINGS
        )
