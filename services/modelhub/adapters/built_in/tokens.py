"""Words of a question and of identifiers: tokens with stems, numbers, quoted strings, split and expanded names."""

import re
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from services.modelhub.adapters.built_in.lexicon import LEXICON

MAX_CHARACTERS = 4_000
MAX_TOKENS = 160

_TOKEN = re.compile(
    r"""
    (?P<quoted>"[^"\n]{1,200}"|\u201c[^\u201d\n]{1,200}\u201d|\u2018[^\u2019\n]{1,200}\u2019|(?<![^\s(,])'[^'\n]{1,200}?'(?!\w))
  | (?P<date>\d{4}-\d{1,2}-\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?|\d{1,2}:\d{2}(?::\d{2})?)
  | (?P<number>(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|(?<![\w.])-?\d+(?:\.\d+)?(?!\w))
  | (?P<word>\w+(?:['\u2019]\w+)?)
  | (?P<mark>[,;:?.!()&/+%$-])
    """,
    re.VERBOSE | re.UNICODE,
)
_IDENTIFIER_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_STEMMER = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, quoted string or mark at characters [start, end) of the question."""

    text: str
    lower: str
    stem: str
    kind: str
    start: int
    end: int

    @property
    def number(self) -> str | None:
        """The number this token says, as SQL writes it, else None."""
        if self.kind == "number":
            return self.text.replace(",", "")
        word = LEXICON.numbers.get(self.lower)
        return None if word is None else str(word)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a lower-case English word (Porter 2), with the irregular plurals that matter."""
    known = LEXICON.irregular.get(word)
    return known if known is not None else str(_STEMMER.stemWord(word))


def tokenize(question: str) -> tuple[Token, ...]:
    """Tokens of the first `MAX_CHARACTERS` characters, at most `MAX_TOKENS` of them."""
    found: list[Token] = []
    for match in _TOKEN.finditer(question[:MAX_CHARACTERS]):
        kind = match.lastgroup or "mark"
        text, start, end = match.group(), match.start(), match.end()
        if kind == "quoted":
            text = text[1:-1].strip()
        elif kind == "word":
            text = re.sub(r"['\u2019](s|S)?$", "", text)
            end = start + len(text)
        if not text:
            continue
        lower = text.lower()
        found.append(Token(text, lower, stem(lower) if kind == "word" else lower, kind, start, end))
        if len(found) == MAX_TOKENS:
            break
    return tuple(found)


@lru_cache(maxsize=65_536)
def identifier_words(name: str) -> tuple[str, ...]:
    """The lower-case words of an identifier: snake, camel and run-together forms split, abbreviations written out."""
    words: list[str] = []
    for piece in re.split(r"[\W_]+", name):
        whole = LEXICON.abbreviations.get(piece.lower())
        if whole is not None:
            words.extend(whole)
            continue
        for part in _IDENTIFIER_PART.findall(piece):
            lower = part.lower()
            words.extend(LEXICON.abbreviations.get(lower) or _split_run(lower))
    return tuple(words[:8])


def _split_run(word: str) -> tuple[str, ...]:
    """Splits a known last word off a run-together name: "birthdate" is "birth date", "custid" is "customer id"."""
    if len(word) == 3 and word.endswith("id"):
        return (word[0], "id")
    for tail in LEXICON.tails:
        head = word[: -len(tail)]
        if (
            word.endswith(tail)
            and len(head) >= (2 if tail in {"id", "name"} else 3)
            and word not in LEXICON.whole_words
        ):
            known = LEXICON.abbreviations.get(head)
            return (*(known or (head,)), tail)
    return (word,)
