"""A script cut into statements, and each statement written so that rules about words can be matched against it."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import Token, TokenType

from services.validation.core.model import Span

TEXT = "'…'"
_TEXTS = frozenset(
    {
        TokenType.STRING,
        TokenType.NATIONAL_STRING,
        TokenType.RAW_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.UNICODE_STRING,
        TokenType.BYTE_STRING,
    }
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script.

    `words` is how rules see it; `starts` and `ends` are, for each of its pieces, the offsets in `words` and in the
    script. `texts` are the contents of its texts with their places in the script.
    """

    words: str
    starts: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    texts: tuple[tuple[str, int, int], ...]

    @property
    def begin(self) -> int:
        """Where it begins in the script."""
        return self.places[0][0]

    @property
    def end(self) -> int:
        """Where it ends in the script."""
        return self.places[-1][1]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The place in the script of a part of `words`."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, max(start, end - 1)) - 1
        return self.places[max(0, first)][0], self.places[max(0, last)][1]


def statements(script: str, dialect: str) -> Iterator[Statement]:
    """The statements of a script; `;`, and GO alone on its line, end one. A `;` inside a body in texts ends none.

    Raises:
        TokenError: The script cannot be cut into pieces: a text or a comment is never closed.
    """
    gathered: list[Token] = []
    for token in _tokens(script, dialect):
        if token.token_type == TokenType.SEMICOLON or _is_batch_end(script, token):
            if gathered:
                yield _statement(gathered)
            gathered = []
        elif token.token_type != TokenType.HINT:
            gathered.append(token)
    if gathered:
        yield _statement(gathered)


def _tokens(script: str, dialect: str, offset: int = 0) -> Iterator[Token]:
    """The tokens of a script. What sqlglot leaves whole after a command's word, as no text in quotes, is cut too."""
    tokenizer = Dialect.get_or_raise(dialect)
    for token in tokenizer.tokenize(script):
        # The text of a text in quotes is not what stands there, quotes and all.
        start = token.end + 1 - len(token.text)
        left_whole = token.token_type == TokenType.STRING and script[start : token.end + 1] == token.text
        if left_whole and start > 0:
            yield from _tokens(token.text, dialect, offset + start)
        else:
            yield Token(token.token_type, token.text, start=token.start + offset, end=token.end + offset)


class Places:
    """Lines and columns of offsets in a script."""

    def __init__(self, script: str) -> None:
        self._lines = [0, *(match.end() for match in re.finditer("\n", script))]

    def span(self, start: int, end: int) -> Span:
        """The place between two offsets."""
        first, last = bisect_right(self._lines, start), bisect_right(self._lines, end)
        return Span(first, start - self._lines[first - 1] + 1, last, end - self._lines[last - 1] + 1)


def _is_batch_end(script: str, token: Token) -> bool:
    if token.text.lower() != "go":
        return False
    before = script.rfind("\n", 0, token.start) + 1
    after = script.find("\n", token.end)
    line = script[before : after if after >= 0 else len(script)]
    return line.strip().lower() == "go"


def _statement(tokens: list[Token]) -> Statement:
    written, starts, places, texts, length = [], [], [], [], 0
    for token in tokens:
        if token.token_type in _TEXTS:
            texts.append((token.text, token.start, token.end + 1))
        word = TEXT if token.token_type in _TEXTS else token.text.lower()
        starts.append(length)
        places.append((token.start, token.end + 1))
        written.append(word)
        length += len(word) + 1
    return Statement(" ".join(written), tuple(starts), tuple(places), tuple(texts))
