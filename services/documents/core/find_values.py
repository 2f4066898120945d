"""Finds the stored values that a question mentions, however it writes them.

The index is held in memory and answers in a few milliseconds with 200,000 values.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, permutations

from services.documents.core.correct_words import Spelling
from services.documents.core.index_values import name_words, stem, words
from services.documents.core.model import IndexedValue, MatchKind, ValueMatch
from services.documents.core.read_question import Word, read_question
from services.documents.core.value_words import (
    CODE_FAMILIES,
    CODED_NAMES,
    COMMON_WORDS,
    FALSE_VALUES,
    FLAG_WORDS,
    NEGATIONS,
    PLACE_WORDS,
    SAME_THINGS,
    TRUE_VALUES,
)

PHRASE_WORDS = 12
# A word that occurs in more values than this says nothing about which one is meant.
VALUES_PER_WORD = 40
MATCHES_PER_PHRASE = 12
PARTIAL_MATCHES_PER_COLUMN = 2

COMMON_STEMS = frozenset(stem(word) for word in COMMON_WORDS)
_SCORE = {
    MatchKind.EXACT: 1.0,
    MatchKind.CASE: 0.97,
    MatchKind.FOLDED: 0.94,
    MatchKind.STEM: 0.88,
    MatchKind.SYNONYM: 0.85,
    MatchKind.TYPO: 0.8,
    MatchKind.BOOLEAN: 0.7,
    MatchKind.PARTIAL: 0.6,
}
# What a value is still worth that stands inside a longer one, such as "York" in "New York".
_INSIDE = 0.5
_SURE = frozenset({MatchKind.EXACT, MatchKind.CASE})


@dataclass(frozen=True, slots=True)
class _Hit:
    """A run of the question's words (first to last) that means a value, before overlaps are settled."""

    first: int
    last: int
    value: int
    kind: MatchKind
    score: float


class ValueIndex:
    """The values of one snapshot, ready to be found in questions. Immutable; safe to share between threads.

    Holds per value one reference and about two dictionary entries: 200,000 values take some 140 MB in all.
    """

    def __init__(self, values: Iterable[IndexedValue]) -> None:
        self._values = tuple(values)
        self._by_key: dict[str, list[int]] = {}
        self._by_word: dict[str, list[int]] = {}
        self._longest = 1
        by_column: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, value in enumerate(self._values):
            self._add(self._stems(number), number, value)
            by_column[value.table, value.column].append(number)
        self._spelling = Spelling(self._by_word)
        self._synonyms = self._code_words(by_column)
        self._flags = self._flag_words(by_column)
        # A number in a question is not the yes or no of a flag.
        self._flag_values = {number for meanings in self._flags.values() for number, _ in meanings}
        self._names = frozenset(
            stem(word) for column in by_column for name in column for word in name_words(name.rpartition(".")[2])
        )

    def __len__(self) -> int:
        """The number of values."""
        return len(self._values)

    def find(self, question: str, limit: int = 20) -> tuple[ValueMatch, ...]:
        """The values that the question seems to mention, best first, at most `limit`.

        A phrase may mean values of several columns: all are given, for the reader to choose. A shorter phrase inside
        a longer one that matched as well is left out.
        """
        read = read_question(question)
        hits = [*self._whole(read, question), *self._worded(read), *self._flagged(read)]
        hits += self._partial(read, hits)
        found = (self._match(question, read, hit) for hit in self._settle(hits))
        best = sorted(found, key=lambda match: (-match.score, match.start, -match.end, match.table, match.column))
        return tuple(_bounded(best))[:limit]

    def _add(self, stems: list[str], number: int, value: IndexedValue) -> None:
        self._longest = max(self._longest, min(len(stems), PHRASE_WORDS))
        self._by_key.setdefault(" ".join(stems), []).append(number)
        # "Wi-Fi" is found by "wifi" too.
        if 1 < len(stems) <= 3 and " " not in value.value:
            self._by_key.setdefault("".join(stems), []).append(number)
        for word in stems:
            numbers = self._by_word.setdefault(word, [])
            if len(numbers) <= VALUES_PER_WORD and (not numbers or numbers[-1] != number):
                numbers.append(number)

    def _code_words(self, by_column: dict[tuple[str, str], list[int]]) -> dict[str, list[int]]:
        """Other words -> the values they mean: codes in columns that hold nothing else, and well-known other names."""
        found: dict[str, list[int]] = defaultdict(list)
        for numbers in by_column.values():
            codes = {self._values[number].normalized: number for number in numbers[:16]}
            for family in CODE_FAMILIES if 1 < len(numbers) <= 16 else ():
                if codes.keys() <= family.keys():
                    for code, number in codes.items():
                        for word in family[code].split():
                            found[stem(word)].append(number)
        for stored, said in _other_names():
            found[said] += self._by_key.get(stored, ())
        return {said: numbers for said, numbers in found.items() if numbers}

    def _flag_words(self, by_column: dict[tuple[str, str], list[int]]) -> dict[str, list[tuple[int, bool]]]:
        """The words of a flag column's name -> its values, each with whether it means yes."""
        found: dict[str, list[tuple[int, bool]]] = defaultdict(list)
        for (table, column), numbers in by_column.items():
            stored = {number: self._values[number].normalized for number in numbers[:3]}
            if len(numbers) > 2 or not set(stored.values()) <= TRUE_VALUES | FALSE_VALUES:
                continue
            for word in _flagged_words(table, column):
                found[stem(word)] += [(number, text in TRUE_VALUES) for number, text in stored.items()]
        return dict(found)

    def _whole(self, read: list[Word], question: str) -> Iterator[_Hit]:
        """Phrases that are a whole value: as written, inflected, or with one misspelled word."""
        typos = {at: self._corrections(word) for at, word in enumerate(read) if not self._known(word.stem)}
        for first in range(len(read)):
            for last in range(first, min(first + self._longest, len(read))):
                if not self._known(read[last].stem) and not typos[last]:
                    break
                stems = [word.stem for word in read[first : last + 1]]
                wrong = [at for at in range(first, last + 1) if at in typos]
                if not wrong:
                    yield from self._exact(read, question, first, last, " ".join(stems))
                elif len(wrong) == 1:
                    for right, likeness in typos[wrong[0]]:
                        stems[wrong[0] - first] = right
                        for number in self._by_key.get(" ".join(stems), ()):
                            yield _Hit(first, last, number, MatchKind.TYPO, _SCORE[MatchKind.TYPO] * likeness)
        for first, (word, following) in enumerate(pairwise(read)):
            for number in self._by_key.get(word.stem + following.stem, ()):
                yield _Hit(first, first + 1, number, MatchKind.FOLDED, _SCORE[MatchKind.FOLDED])

    def _known(self, word: str) -> bool:
        return word in self._by_word or word in self._by_key

    def _exact(self, read: list[Word], question: str, first: int, last: int, key: str) -> Iterator[_Hit]:
        numbers = self._by_key.get(key)
        if not numbers or not _may_be_value(read, first, last):
            return
        start, end = read[first].start, read[last].end
        for number in numbers:
            if number in self._flag_values and key.isdigit():
                continue
            kind = _kind(question, start, end, self._values[number])
            score = _SCORE[kind] * self._trust(read[first : last + 1], kind)
            yield _Hit(first, last, number, kind, score)

    def _trust(self, phrase: list[Word], kind: MatchKind) -> float:
        """How far a phrase that could be something else is believed to be a value."""
        word = phrase[0]
        if len(phrase) > 1 or word.is_quoted:
            return 1.0
        if word.stem.isdigit() and len(word.stem) < 4:
            return 0.5
        if word.stem in self._names and not (word.is_marked and kind is MatchKind.EXACT):
            return 0.6
        if len(word.stem) <= 2 and kind is not MatchKind.EXACT:
            return 0.4
        return 1.0

    def _corrections(self, word: Word) -> list[tuple[str, float]]:
        if word.stem in self._names or word.stem in COMMON_STEMS or (len(word.stem) < 5 and not word.is_marked):
            return []
        found = self._spelling.find(word.stem)
        return found if word.is_marked or word.is_quoted else [(right, likeness * 0.85) for right, likeness in found]

    def _worded(self, read: list[Word]) -> Iterator[_Hit]:
        """Phrases that mean a value stored as a code or under another name."""
        for first, word in enumerate(read):
            for last in range(first, min(first + 4, len(read))):
                numbers = self._synonyms.get(" ".join(each.stem for each in read[first : last + 1]), ())
                if numbers and (last > first or word.is_marked or word.stem not in COMMON_STEMS):
                    for number in numbers:
                        yield _Hit(first, last, number, MatchKind.SYNONYM, _SCORE[MatchKind.SYNONYM])

    def _flagged(self, read: list[Word]) -> Iterator[_Hit]:
        """Words that name a flag column: its yes, or its no after a negation or in a negated form (`inactive`)."""
        for at, word in enumerate(read):
            for prefix in ("", "un", "in", "non", "dis"):
                name = word.stem.removeprefix(prefix)
                if prefix and name == word.stem:
                    continue
                is_no = bool(prefix) or any(before.stem in NEGATIONS for before in read[max(0, at - 2) : at])
                for number, means_yes in self._flags.get(name, ()):
                    if means_yes != is_no:
                        yield _Hit(at, at, number, MatchKind.BOOLEAN, _SCORE[MatchKind.BOOLEAN])

    def _partial(self, read: list[Word], hits: list[_Hit]) -> Iterator[_Hit]:
        """Names and quoted words that are a part of longer values, where nothing matched whole."""
        taken = {at for hit in hits for at in range(hit.first, hit.last + 1)}
        for first, last in _runs(read, taken):
            stems = [word.stem for word in read[first : last + 1]]
            rarest = min((self._by_word.get(word, []) for word in stems), key=len)
            if len(rarest) > VALUES_PER_WORD:
                continue
            longer = [(number, words) for number in rarest if _holds(words := self._stems(number), stems)]
            for number, words in sorted(longer, key=lambda pair: (len(pair[1]), pair[0]))[:MATCHES_PER_PHRASE]:
                score = _SCORE[MatchKind.PARTIAL] * (1 + len(stems) / len(words)) / 2
                yield _Hit(first, last, number, MatchKind.PARTIAL, score)

    def _settle(self, hits: list[_Hit]) -> Iterator[_Hit]:
        """The hits without repetitions, and fewer and weaker ones inside a longer phrase that is matched as surely."""
        best: dict[tuple[int, int, int], _Hit] = {}
        for hit in hits:
            key = (hit.first, hit.last, hit.value)
            if key not in best or best[key].score < hit.score:
                best[key] = hit
        longer: dict[int, list[_Hit]] = defaultdict(list)
        for hit in best.values():
            for at in range(hit.first, hit.last + 1) if hit.last > hit.first else ():
                longer[at].append(hit)
        for hit in best.values():
            around = [each for each in longer[hit.first] if _stands_inside(hit, each)]
            if not around:
                yield hit
            elif hit.kind in _SURE and self._column(hit) not in {self._column(each) for each in around}:
                # "ohio river" is a place, and yet a river's name may be "ohio".
                yield replace(hit, score=hit.score * _INSIDE)

    def _column(self, hit: _Hit) -> tuple[str, str]:
        return self._values[hit.value].table, self._values[hit.value].column

    def _stems(self, number: int) -> list[str]:
        return [stem(word) for word in self._values[number].normalized.split()]

    def _match(self, question: str, read: list[Word], hit: _Hit) -> ValueMatch:
        value = self._values[hit.value]
        start, end = read[hit.first].start, read[hit.last].end
        if hit.kind is MatchKind.EXACT:
            end = max(end, start + len(value.value.strip()))
        return ValueMatch(
            value.table, value.column, value.value, question[start:end], start, end, round(hit.score, 4), hit.kind
        )


def _other_names() -> Iterator[tuple[str, str]]:
    """Pairs of stemmed names of one place or thing: as it may be stored, as it may be said."""
    for group in (*SAME_THINGS, *(f"{place},{','.join(other.split())}" for place, other in PLACE_WORDS.items())):
        keys = [" ".join(stem(word) for word in name.split()) for name in group.split(",")]
        yield from permutations(keys, 2)


def _flagged_words(table: str, column: str) -> list[str]:
    """The words that say what a flag is about: of `is_open_late` open and late, of `gender` none."""
    parts = name_words(column)
    words = [word for word in parts if word not in FLAG_WORDS and len(word) > 2]
    if CODED_NAMES & set(parts):
        return []
    if len(words) == len(parts) > 1:
        # Nothing in the name says that it is a flag: it must be one word beside the table's own.
        own = {stem(word) for word in name_words(table.rpartition(".")[2])}
        words = [word for word in words if stem(word) not in own]
    return words if len(words) == 1 or len(words) < len(parts) else []


def _may_be_value(read: list[Word], first: int, last: int) -> bool:
    """Not a lone word of grammar, nor a phrase that a quotation mark cuts."""
    phrase = read[first : last + 1]
    return any(word.is_quoted or word.is_marked or word.stem not in COMMON_STEMS for word in phrase)


def _stands_inside(hit: _Hit, other: _Hit) -> bool:
    """Whether `other` is a longer phrase around a hit, matched about as surely."""
    is_around = other.first <= hit.first and hit.last <= other.last and other.last - other.first > hit.last - hit.first
    return is_around and other.score >= hit.score * 0.8


def _holds(words: list[str], run: list[str]) -> bool:
    return any(words[at : at + len(run)] == run for at in range(len(words) - len(run) + 1))


def _kind(question: str, start: int, end: int, value: IndexedValue) -> MatchKind:
    stored = value.value.strip()
    # What is stored may end in signs that are no words (`C++`), but not inside the question's word (`rain` in rained).
    written = question[start : max(end, start + len(stored))]
    if written == stored:
        return MatchKind.EXACT
    if written.casefold() == stored.casefold():
        return MatchKind.CASE
    folded = "".join(word for word, _, _ in words(question[start:end]))
    return MatchKind.FOLDED if folded == value.normalized.replace(" ", "") else MatchKind.STEM


def _runs(read: list[Word], taken: set[int]) -> Iterator[tuple[int, int]]:
    """Runs of up to four words that are names or quoted, and that nothing else has matched."""

    def is_free(at: int) -> bool:
        word = read[at]
        return at not in taken and word.is_marked and word.stem not in COMMON_STEMS and not word.stem.isdigit()

    for first in range(len(read)):
        for last in range(first, min(first + 4, len(read))):
            if not is_free(last):
                break
            yield first, last


def _bounded(matches: Iterable[ValueMatch]) -> Iterator[ValueMatch]:
    """The matches, with at most so many for one phrase, and fewer partial ones for one column."""
    per_phrase: dict[tuple[int, int], int] = defaultdict(int)
    partial: dict[tuple[int, int, str, str], int] = defaultdict(int)
    for match in matches:
        phrase = (match.start, match.end)
        column = (*phrase, match.table, match.column)
        per_phrase[phrase] += 1
        partial[column] += match.kind is MatchKind.PARTIAL
        if per_phrase[phrase] <= MATCHES_PER_PHRASE and partial[column] <= PARTIAL_MATCHES_PER_COLUMN:
            yield match
