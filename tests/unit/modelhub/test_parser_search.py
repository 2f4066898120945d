"""The beam search finds what scoring every sequence would find, and scores what it is given the same way."""

from collections.abc import Sequence

import numpy as np
from unit.modelhub.shop import items_in

from services.modelhub.adapters.built_in.parser.grammar import START, Pointer, after, allowed
from services.modelhub.adapters.built_in.parser.search import classes_of, score, search
from services.modelhub.adapters.built_in.parser.vocabulary import Keyword

CLASSES = classes_of(items_in("How many orders are there?"))
GENERAL = {Pointer.NUMERIC_COLUMN: Pointer.COLUMN, Pointer.NUMBER_VALUE: Pointer.VALUE}


class Toy:
    """Scores that depend on the last action alone, drawn once; it likes to end, so that sequences stay short."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.table = rng.normal(0, 2, (len(CLASSES), len(CLASSES)))
        self.table[:, Keyword.END] += 6
        self.asked = 0

    def scores(self, last: Sequence[int], parents: Sequence[int] | None) -> np.ndarray:
        assert parents is None or len(parents) == len(last)
        self.asked += 1
        return self.table[list(last)]


def possible(state: tuple) -> np.ndarray:
    following = set(allowed(state))
    following |= {special for special, general in GENERAL.items() if general in following}
    return np.flatnonzero(np.isin(CLASSES, list(following)))


def everything(toy: Toy, longest: int) -> dict[tuple[int, ...], float]:
    """Every complete sequence of at most `longest` actions with its log-probability."""
    found: dict[tuple[int, ...], float] = {}
    open_ = [((), START, 0.0)]
    for _ in range(longest):
        grown = []
        for said, state, total in open_:
            row = toy.table[said[-1] if said else 0]
            options = possible(state)
            if not len(options):
                continue
            likely = row[options] - np.log(np.exp(row[options] - row[options].max()).sum()) - row[options].max()
            for action, now in zip(options, likely, strict=True):
                following = after(state, int(GENERAL.get(CLASSES[action], CLASSES[action])))
                entry = ((*said, int(action)), following, total + float(now))
                if following:
                    grown.append(entry)
                else:
                    found[entry[0]] = entry[2]
        open_ = grown
    return found


def test_the_search_finds_the_likeliest_sequences_of_all() -> None:
    for seed in range(3):
        whole = everything(Toy(seed), 4)
        best = sorted(whole.values(), reverse=True)[:3]
        found = search(Toy(seed), CLASSES, 400)
        assert np.allclose([each.score for each in found[:3]], best, atol=1e-6)


def test_a_narrow_search_is_no_better_than_a_wide_one_and_its_scores_are_true() -> None:
    for seed in range(5):
        narrow, wide = search(Toy(seed), CLASSES, 3), search(Toy(seed), CLASSES, 30)
        assert narrow[0].score <= wide[0].score + 1e-9
        again = score(Toy(seed), CLASSES, [each.actions for each in narrow])
        assert [each.score for each in again if each] == [each.score for each in narrow]
        assert [each.least for each in again if each] == [each.least for each in narrow]


def test_what_the_grammar_forbids_has_no_score() -> None:
    assert score(Toy(0), CLASSES, [(int(Keyword.END),), (int(Keyword.UNSAID),)]) == [None, None]


def test_the_search_ends_when_nothing_can_overtake() -> None:
    toy = Toy(1)
    search(toy, CLASSES, 5)
    assert toy.asked < 20
