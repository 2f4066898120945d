"""Finds the known words that a misspelled one may have been meant to be."""

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import OSA


class Spelling:
    """Words that differ from a given one by a slip: one edit below eight letters, two from eight on.

    A word with one edit keeps its first or its second half, so both halves are keys (the pigeonhole principle); two
    edits are found where they fall into one half. Distance: optimal string alignment, a swap counts as one.
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._by_half: dict[str, list[str]] = defaultdict(list)
        for word in vocabulary:
            if len(word) >= 4 and word.isalpha():
                middle = len(word) // 2
                self._by_half[f"{word[:middle]}-"].append(word)
                self._by_half[f"-{word[middle:]}"].append(word)

    def find(self, word: str) -> list[tuple[str, float]]:
        """At most three words, likeliest first, each with its likeness in 0..1."""
        if len(word) < 4 or not word.isalpha():
            return []
        allowed = 1 if len(word) < 8 else 2
        sizes = range(len(word) - allowed, len(word) + allowed + 1)
        halves = {f"{word[: size // 2]}-" for size in sizes} | {f"-{word[size // 2 - size :]}" for size in sizes}
        middle = len(word) // 2
        # A swap across the middle touches both halves.
        halves.add(f"{word[: middle - 1]}{word[middle]}-")
        near = {
            candidate
            for half in halves
            for candidate in self._by_half.get(half, ())
            if abs(len(candidate) - len(word)) <= allowed
        }
        scored = ((candidate, OSA.distance(word, candidate, score_cutoff=allowed)) for candidate in near)
        right = [(other, 1 - distance / len(word)) for other, distance in scored if 0 < distance <= allowed]
        return sorted(right, key=lambda pair: (-pair[1], pair[0]))[:3]
