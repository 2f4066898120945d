"""Chance from a seed, the same in every Python: built on `Random.random` alone."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Repeatable choices; every method takes exactly one number from the generator."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - made-up data keeps no secret

    def share(self) -> float:
        """A number in 0..1, without 1."""
        return self._random.random()

    def happens(self, share: float) -> bool:
        """True as often as `share` says."""
        return self._random.random() < share

    def below(self, end: int) -> int:
        """A whole number from 0, without `end`."""
        return int(self._random.random() * end)

    def pick(self, items: Sequence[T], skew: float = 1.0) -> T:
        """One of the items; the first ones more often the higher `skew` is."""
        return items[int(len(items) * self._random.random() ** skew)]

    def one_of(self, *shares: tuple[float, T]) -> T:
        """One of the items, by their shares, which sum up to 1."""
        left = self._random.random()
        for share, item in shares:
            left -= share
            if left < 0:
                return item
        return shares[-1][1]

    def day(self, first: date, last: date, skew: float = 1.0) -> date:
        """A day from `first` to `last`, both included; later ones more often the lower `skew` is below 1."""
        return first + timedelta(int(((last - first).days + 1) * self._random.random() ** skew))
