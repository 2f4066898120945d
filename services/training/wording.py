"""The words of made-up questions: templates of phrases.toml, nouns for tables and columns, literals, and noise."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np

from services.modelhub.adapters.built_in.ir import ColumnRef, Literal
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.tokens import identifier_words, stem

PHRASES: dict[str, Any] = tomllib.loads(resources.files(__package__).joinpath("phrases.toml").read_text("utf-8"))
_IRREGULAR: dict[str, str] = PHRASES["nouns"]["irregular"]
_SINGULAR = {plural: one for one, plural in _IRREGULAR.items()}
_SAME = frozenset(PHRASES["nouns"]["same"].split())
_SIBILANT = re.compile(r"(s|x|z|ch|sh)$")
_CONSONANT_Y = re.compile(r"[^aeiou]y$")
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_AGREEMENT = re.compile(r"\[([^\[\]/]*)/([^\[\]/]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_HELD = re.compile("\x00(\\d+)\x00")
_BARE = re.compile(r"[^\W_][\w .,&+/-]*[\w.]|[^\W_]{3,}")
_TABLE_NOISE = frozenset({"ref", "reference", "tbl", "dim", "fact", "table", "all"})
_SHORT_NAMES = frozenset({"name", "id", "type", "code", "title", "status", "description", "date"})
_SMALL = frozenset({"of", "by", "from", "to", "in", "at", "on", "per", "for", "valid", "with"})
# Words whose synonyms mean something else in the name of a column.
_FIXED = frozenset({"number", "count", "last", "order", "year", "score", "point", "mark", "size"})
_QUESTIONS = frozenset({"what", "what's", "which", "who", "whose", "where", "how", "can", "do", "are", "is"})
_NUMBER_WORDS = {str(number): word for word, number in LEXICON.numbers.items() if 1 < number <= 12 and word.isalpha()}


class Wording:
    """The words of one question: a table is called the same throughout, literals are held until the end."""

    def __init__(self, schema: Schema, rng: np.random.Generator) -> None:
        self.schema = schema
        self.rng = rng
        self._nouns: dict[str, str] = {}
        self._columns: dict[tuple[ColumnRef, str], str] = {}
        self._held: list[str] = []

    def chance(self, share: float) -> bool:
        """Whether something happens that happens this often."""
        return bool(self.rng.random() < share)

    def pick(self, options: Sequence[str]) -> str:
        """One of the options, all alike likely."""
        return options[int(self.rng.integers(len(options)))]

    def open(self, template: str) -> str:
        """A template with one of each `(this|that)` chosen."""
        while found := _ALTERNATIVES.search(template):
            template = template[: found.start()] + self.pick(found[1].split("|")) + template[found.end() :]
        return template

    def say(self, template: str, slots: Mapping[str, str] | None = None) -> str:
        """A template with alternatives chosen and each `{slot}` filled in."""
        return fill(self.open(template), slots or {})

    def noun(self, table: str, *, many: bool) -> str:
        """What a row, or several, of a table are called."""
        if table not in self._nouns:
            words = identifier_words(self.schema.tables[table].name)
            plain = tuple(word for word in words if word not in _TABLE_NOISE) or words or (table.lower(),)
            noun = " ".join([*(singular(word) for word in plain[:-1]), singular(plain[-1])])
            self._nouns[table] = self._reworded(noun, 0.08)
        return plural(self._nouns[table]) if many else self._nouns[table]

    def column(self, ref: ColumnRef, owner: str, *, many: bool = False) -> str:
        """What a column is called where rows of `owner` are spoken of; another table's column says its table."""
        if (ref, owner) not in self._columns:
            self._columns[ref, owner] = self._named(ref, owner)
        name = self._columns[ref, owner]
        return plural(name) if many and not _SMALL & set(name.split()) else name

    def _named(self, ref: ColumnRef, owner: str) -> str:
        words = list(identifier_words(ref.column)) or [ref.column.lower()]
        own = {stem(word) for word in identifier_words(self.schema.tables[ref.table].name)}
        rest = [word for word in words if stem(word) not in own]
        says_table = len(rest) < len(words)
        if says_table and rest and words[-len(rest) :] == rest:
            if ref.table == owner and self.chance(0.2 if rest == ["id"] else 0.6):
                words, says_table = rest, False
        elif ref.table == owner and len(words) == 1 and words[0] in _SHORT_NAMES and self.chance(0.15):
            return f"{self.noun(owner, many=False)} {words[0]}"
        name = self._reworded(_counted(words), 0.08)
        if ref.table != owner and not says_table:
            return f"{self.noun(ref.table, many=False)} {name}"
        return name

    def _reworded(self, name: str, share: float) -> str:
        """The name with a word exchanged for a synonym, now and then, unless the synonym is another's name."""
        words = name.split()
        for place, word in enumerate(words):
            others = [
                other
                for other in (() if word in _FIXED else LEXICON.synonyms.get(word, ()))
                if not any(known.score > 0.8 for known in self.schema.names.get(frozenset({stem(other)}), ()))
            ]
            if others and self.chance(share):
                words[place] = self.pick(others)
        return " ".join(words)

    def literal(self, literal: Literal, *, bare: bool = False, counts: bool = False) -> str:
        """A place for a literal: as it stands, sometimes in quotation marks, or in words where it counts things."""
        text = literal.text.strip("%")
        if literal.is_number:
            text = f"{int(text):,}" if text.isdigit() and int(text) >= 3000 and self.chance(0.2) else text
            text = _NUMBER_WORDS.get(text, text) if counts and self.chance(0.3) else text
        elif not bare and (not _BARE.fullmatch(text) or self.chance(0.8 if text != literal.text else 0.35)):
            mark = '"' if "'" in text or ('"' not in text and self.chance(0.6)) else "'"
            text = f"{mark}{text}{mark}"
        self._held.append(text)
        return f"\x00{len(self._held) - 1}\x00"

    def listed(self, parts: Sequence[str]) -> str:
        """The parts in a row: "a, b and c"."""
        if len(parts) == 1:
            return parts[0]
        last = self.say(" (and|and|and|and|as well as|along with) " if len(parts) == 2 else "(,|) and ")
        return ", ".join(parts[:-1]) + last + parts[-1]

    def sentence(self, text: str) -> str:
        """The finished question: articles fitted, literals put back, capitals and punctuation as people leave them."""
        text = re.sub(r"\ba(?= [aeiou](?!ni|ser|nit|se\b))", "an", text)
        text = re.sub(r"\b(the|their|its|a|an) (the|all the|their|its) ", r"\2 ", text)
        text = re.sub(r"\s+", " ", text).strip()
        text = re.sub(r"\s+([,?.])", r"\1", text)
        last = re.split(r"[?.] ", text)[-1]
        asks = last.split(" ", 1)[0].lower() in _QUESTIONS
        text += self.say("(?|?|?|?|?|?|?| ?|)" if asks else "(.|.|.|.|.|.|)")
        text = re.sub(r"(?<=[?.] )[a-z]", lambda found: found[0].upper(), text)
        text = text if self.chance(0.06) else text[:1].upper() + text[1:]
        text = _HELD.sub(lambda found: self._held[int(found[1])], text)
        return text.lower() if self.chance(0.04) else text


def fill(template: str, slots: Mapping[str, str]) -> str:
    """A template with each `{slot}` filled in."""
    return _SLOT.sub(lambda found: slots[found[1]], template)


def slots_of(template: str) -> tuple[str, ...]:
    """The slots of a template, in order."""
    return tuple(dict.fromkeys(_SLOT.findall(template)))


def agree(text: str, *, many: bool) -> str:
    """The text with each `[have/has]` said of many or of one."""
    return _AGREEMENT.sub(lambda found: found[1 if many else 2], text)


def _counted(words: list[str]) -> str:
    """The words of a column, "number of" written out."""
    if len(words) > 1 and words[0] == "number" and words[1] not in {"id", "code", *_SMALL}:
        return "number of " + plural(" ".join(words[1:]))
    return " ".join(words)


@lru_cache(maxsize=4_096)
def plural(noun: str) -> str:
    """A noun, or a phrase by its last word, as said of many; what is plural already stays."""
    head, _, word = noun.rpartition(" ")
    lead = f"{head} " if head else ""
    if not word.isalpha() or word in _SAME or word in _SINGULAR or (is_plural(word) and word not in _IRREGULAR):
        return noun
    if word in _IRREGULAR:
        return lead + _IRREGULAR[word]
    if _SIBILANT.search(word):
        return f"{lead}{word}es"
    if _CONSONANT_Y.search(word):
        return f"{lead}{word[:-1]}ies"
    return f"{lead}{word}s"


@lru_cache(maxsize=4_096)
def singular(noun: str) -> str:
    """A noun, or a phrase by its last word, as said of one; what is singular already stays."""
    head, _, word = noun.rpartition(" ")
    lead = f"{head} " if head else ""
    if word in _SINGULAR:
        return lead + _SINGULAR[word]
    if word in _SAME or word in _IRREGULAR or not is_plural(word):
        return noun
    if word.endswith("ies") and len(word) > 4 and word != "movies":
        return f"{lead}{word[:-3]}y"
    if re.search(r"(ss|x|z|ch|sh)es$", word):
        return lead + word[:-2]
    return lead + word[:-1]


def is_plural(word: str) -> bool:
    """Whether a noun, or a phrase by its last word, looks like it is said of many."""
    word = word.rpartition(" ")[2]
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
