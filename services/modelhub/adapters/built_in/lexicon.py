"""The engine's words about language, read once from lexicon.toml: cues, synonyms, abbreviations, numbers."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Scale:
    """A graded adjective: its direction on a column, and the words of columns it speaks of ("older": age)."""

    direction: str
    hints: tuple[str, ...]
    inverse_hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lexicon:
    """All tables of lexicon.toml, with phrases as tuples of lower-case words."""

    function_words: frozenset[str]
    request_words: frozenset[str]
    request_verbs: frozenset[str]
    participles: frozenset[str]
    generic_words: frozenset[str]
    whole_words: frozenset[str]
    reserved_words: frozenset[str]
    tails: tuple[str, ...]
    numbers: dict[str, int]
    irregular: dict[str, str]
    abbreviations: dict[str, tuple[str, ...]]
    synonyms: dict[str, tuple[str, ...]]
    aliases: dict[tuple[str, ...], tuple[str, ...]]
    unfinished: dict[str, tuple[str, ...]]
    superlatives: dict[str, Scale]
    comparatives: dict[str, Scale]
    phrases: dict[tuple[str, ...], tuple[str, str]]
    coded_values: dict[str, tuple[str, ...]]


def _scales(table: dict[str, dict[str, Any]]) -> dict[str, Scale]:
    return {
        word: Scale(entry["direction"], tuple(entry.get("hints", ())), tuple(entry.get("inverse", ())))
        for words, entry in table.items()
        for word in words.split("|")
    }


def _phrases(table: dict[str, dict[str, list[str]]]) -> dict[tuple[str, ...], tuple[str, str]]:
    return {
        tuple(phrase.split()): (kind, value)
        for kind, values in table.items()
        for value, phrases in values.items()
        for phrase in phrases
    }


def load() -> Lexicon:
    """Reads lexicon.toml that is installed beside this module."""
    text = resources.files(__package__).joinpath("lexicon.toml").read_text("utf-8")
    raw = tomllib.loads(text)
    return Lexicon(
        function_words=frozenset(raw["function_words"].split()),
        request_words=frozenset(raw["request_words"].split()),
        request_verbs=frozenset(raw["request_verbs"].split()),
        participles=frozenset(raw["participles"].split()),
        generic_words=frozenset(raw["generic_words"].split()),
        whole_words=frozenset(raw["whole_words"].split()),
        reserved_words=frozenset(raw["reserved_words"].split()),
        tails=tuple(raw["tails"].split()),
        numbers=raw["numbers"],
        irregular=raw["irregular"],
        abbreviations={short: tuple(full.split()) for short, full in raw["abbreviations"].items()},
        synonyms={word: tuple(others.split()) for word, others in raw["synonyms"].items()},
        aliases={tuple(said.split()): tuple(named.split()) for said, named in raw["aliases"].items()},
        unfinished={word: tuple(others.split()) for word, others in raw["unfinished"].items()},
        superlatives=_scales(raw["superlatives"]),
        comparatives=_scales(raw["comparatives"]),
        phrases=_phrases(raw["cues"]),
        coded_values={word: tuple(codes) for word, codes in raw["coded_values"].items()},
    )


LEXICON = load()
