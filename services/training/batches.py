"""Batches of examples: bucketed by length, schemas shuffled and thinned, links and words sometimes hidden.

Each epoch shows a question with other distractors in another order, so that what is learnt is the question and not the
place of a column. What an answer uses is never thinned out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from services.modelhub.adapters.built_in.parser.encode import Relation, assemble
from services.modelhub.adapters.built_in.parser.vocabulary import KEYWORDS, Keyword
from services.training.prepare import Example

MASK_PIECE = 103
# Batches are cut from runs of this many, sorted by length, so that little is padded.
_RUN = 40


@dataclass(frozen=True, slots=True)
class Noise:
    """How much is changed on the way in; all zero leaves examples as they are.

    `thin` is how often a table or column that the answer does not use is left out, at most; `hide_links` how often a
    link between a word and a name is hidden; `hide_words` how often a word piece of the question is masked.
    """

    thin: float = 0.0
    hide_links: float = 0.0
    hide_words: float = 0.0
    shuffle: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded arrays as `network.Parser.forward` takes them; `targets` are the actions after each of `actions`."""

    ids: Tensor
    owner: Tensor
    features: Tensor
    relations: Tensor
    actions: Tensor
    targets: Tensor
    relevant: Tensor


def batches(
    examples: Sequence[Example], size: int, noise: Noise, rng: np.random.Generator, *, shuffle: bool = True
) -> Iterator[Batch]:
    """All examples once, `size` at a time."""
    order = rng.permutation(len(examples)) if shuffle else np.arange(len(examples))
    lengths = np.array([sum(map(len, example.encoded.pieces)) for example in examples])
    for start in range(0, len(order), size * _RUN):
        run = order[start : start + size * _RUN]
        run = run[np.argsort(lengths[run], kind="stable")]
        groups = [run[at : at + size] for at in range(0, len(run), size)]
        for group in rng.permutation(len(groups)) if shuffle else range(len(groups)):
            yield collate([_varied(examples[n], noise, rng) for n in groups[group]])


@dataclass(frozen=True, slots=True)
class _Shown:
    ids: np.ndarray
    owner: np.ndarray
    features: np.ndarray
    relations: np.ndarray
    actions: np.ndarray


def _varied(example: Example, noise: Noise, rng: np.random.Generator) -> _Shown:
    """One example as this epoch shows it."""
    encoded = example.encoded
    words, tables, columns, values = encoded.counts
    used = set((example.actions[example.actions >= KEYWORDS] - KEYWORDS).tolist())
    owners = encoded.owners
    used |= {int(owners[item]) for item in used if words + tables <= item < words + tables + columns}
    rate = rng.uniform(0, noise.thin) if noise.thin else 0.0
    shown = []
    table_order = rng.permutation(tables) if noise.shuffle else range(tables)
    for table in table_order:
        at = words + int(table)
        if at not in used and rng.random() < rate:
            continue
        own = [item for item in range(words + tables, words + tables + columns) if owners[item] == at]
        kept = [item for item in own if item in used or rng.random() >= rate]
        if noise.shuffle:
            rng.shuffle(kept)
        shown.append([at, *kept])
    order = [item for group in shown for item in group]
    ids, owner = assemble(encoded, order)
    kept_tables = [group[0] for group in shown]
    kept_columns = [item for group in shown for item in group[1:]]
    items = np.array(
        [
            *range(words),
            *kept_tables,
            *kept_columns,
            *range(words + tables + columns, words + tables + columns + values),
        ]
    )
    place = np.full(len(owners), -1, np.int64)
    place[items] = np.arange(len(items))
    features = encoded.features[items]
    relations = encoded.relations[np.ix_(items, items)]
    if noise.hide_links:
        features, relations = _with_hidden_links(features, relations, words, noise.hide_links, rng)
    if noise.hide_words:
        hidden = (rng.random(len(ids)) < noise.hide_words) & (owner >= 0) & (owner < words)
        ids = np.where(hidden, MASK_PIECE, ids)
    actions = example.actions.copy()
    pointing = actions >= KEYWORDS
    actions[pointing] = KEYWORDS + place[actions[pointing] - KEYWORDS]
    return _Shown(ids, np.where(owner >= 0, place[owner], -1), features, relations, actions)


def _with_hidden_links(
    features: np.ndarray, relations: np.ndarray, words: int, rate: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Hides some words' links to names, as if they were synonyms that no table knows."""
    features, relations = features.copy(), relations.copy()
    for word in np.flatnonzero(rng.random(words) < rate):
        row, column = relations[word], relations[:, word]
        named = np.isin(row, (Relation.NAMES_PARTLY, Relation.NAMES_WELL, Relation.NAMES_EXACTLY))
        if not named.any():
            continue
        row[named] = Relation.NONE
        column[named] = Relation.NONE
        for item in (word, *np.flatnonzero(named)):
            if features[item, 2] < 4:
                features[item, 2] = 0
    return features, relations


def collate(shown: Sequence[_Shown]) -> Batch:
    """Pads examples to the longest."""
    size = len(shown)
    pieces = max(len(each.ids) for each in shown)
    items = max(len(each.features) for each in shown)
    steps = max(len(each.actions) for each in shown)
    ids, owner = np.zeros((size, pieces), np.int64), np.full((size, pieces), -1, np.int64)
    features = np.zeros((size, items, 4), np.int64)
    relations = np.zeros((size, items, items), np.int64)
    actions = np.zeros((size, steps), np.int64)
    targets = np.full((size, steps), -100, np.int64)
    relevant = np.full((size, items), -1.0, np.float32)
    for n, each in enumerate(shown):
        count, length = len(each.features), len(each.actions)
        ids[n, : len(each.ids)] = each.ids
        owner[n, : len(each.owner)] = each.owner
        features[n, :count] = each.features
        relations[n, :count, :count] = each.relations
        actions[n, 0] = Keyword.START
        actions[n, 1:length] = each.actions[:-1]
        targets[n, :length] = each.actions
        relevant[n, :count] = np.where(each.features[:, 0] > 0, 0.0, -1.0)
        relevant[n, each.actions[each.actions >= KEYWORDS] - KEYWORDS] = 1.0
    return Batch(*(torch.from_numpy(a) for a in (ids, owner, features, relations, actions, targets, relevant)))
