"""Fits the ranker on tried pools, and measures it on databases that it was not fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from services.modelhub.adapters.built_in.ranker import Ranker
from services.training.pools import TriedPool

FOLDS = 11
_EPOCHS = 160
_SEEDS = 3
_HIDDEN = 16
_LEAST_USES = 15
_DECAY = 5e-3


@dataclass(frozen=True, slots=True)
class _Padded:
    """Pools as arrays: features (pools, most, names), which candidates exist, and which are right."""

    features: torch.Tensor
    exists: torch.Tensor
    right: torch.Tensor


def names_in(pools: Sequence[TriedPool]) -> tuple[str, ...]:
    """Every feature that occurs often enough to learn from."""
    counts: dict[str, int] = {}
    for pool in pools:
        for candidate in pool.candidates:
            for name, value in candidate.features.items():
                counts[name] = counts.get(name, 0) + (value != 0)
    return tuple(sorted(name for name, count in counts.items() if count >= _LEAST_USES))


def fit(pools: Sequence[TriedPool], names: tuple[str, ...], *, decay: float = _DECAY, hidden: int = _HIDDEN) -> Ranker:
    """A ranker that makes the right candidates likely, or "none" where there is none; the mean of several seeds."""
    data = _padded(pools, names)
    flat = data.features[data.exists].numpy()
    mean, scale = flat.mean(0), flat.std(0) + 1e-2
    x = torch.from_numpy(np.clip((data.features.numpy() - mean) / scale, -4, 4)).float()
    layers = [_fit_once(x, data, decay, hidden, seed) for seed in range(_SEEDS)]
    return Ranker(
        names,
        mean,
        scale,
        np.concatenate([each[0] for each in layers], 1),
        np.concatenate([each[1] for each in layers]),
        np.concatenate([each[2] for each in layers]) / _SEEDS,
        np.mean([each[3] for each in layers], 0),
    )


def _fit_once(x: torch.Tensor, data: _Padded, decay: float, hidden: int, seed: int) -> tuple[np.ndarray, ...]:
    torch.manual_seed(seed)
    width = x.shape[2]
    w = torch.nn.Parameter(torch.randn(width, hidden) * (0.3 / width**0.5))
    b = torch.nn.Parameter(torch.zeros(hidden))
    v = torch.nn.Parameter(torch.randn(hidden) * 0.1)
    u = torch.nn.Parameter(torch.zeros(width))
    optimizer = torch.optim.Adam([w, b, v, u], lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _EPOCHS)
    for _ in range(_EPOCHS):
        scores = x @ u + torch.tanh(x @ w + b) @ v
        loss = _loss(scores, data) + decay * (w.square().sum() + v.square().sum() + u.square().sum() * 0.3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return tuple(each.detach().numpy().astype(np.float64) for each in (w, b, v, u))


def _loss(scores: torch.Tensor, data: _Padded) -> torch.Tensor:
    """Minus the log of all probability that lies on right candidates, or on "none"."""
    hidden = torch.where(data.exists, scores, torch.tensor(-1e9))
    none = torch.zeros(len(scores), 1)
    whole = torch.cat([hidden, none], 1).logsumexp(1)
    right = torch.where(data.right, scores, torch.tensor(-1e9))
    none_right = torch.where(data.right.any(1, keepdim=True), torch.tensor(-1e9), none)
    return (whole - torch.cat([right, none_right], 1).logsumexp(1)).mean()


def _padded(pools: Sequence[TriedPool], names: tuple[str, ...]) -> _Padded:
    most = max(len(pool.candidates) for pool in pools)
    features = np.zeros((len(pools), most, len(names)), np.float32)
    exists, right = np.zeros((len(pools), most), bool), np.zeros((len(pools), most), bool)
    for n, pool in enumerate(pools):
        for m, candidate in enumerate(pool.candidates):
            features[n, m] = [candidate.features.get(name, 0.0) for name in names]
            exists[n, m], right[n, m] = True, candidate.is_right
    return _Padded(torch.from_numpy(features), torch.from_numpy(exists), torch.from_numpy(right))


def cross_fitted(
    pools: Sequence[TriedPool], extra: Sequence[TriedPool] = (), decay: float = _DECAY
) -> list[tuple[TriedPool, list[float]]]:
    """Probabilities of each pool from a ranker fitted on other databases (folds are databases, never questions).

    Args:
        pools: What is measured, and fitted on in turn.
        extra: Only fitted on, where its database is not the fold's.
        decay: As `fit` takes it.
    """
    databases = sorted({pool.database for pool in pools})
    fold_of = {name: n % FOLDS for n, name in enumerate(databases)}
    names = names_in([*pools, *extra])
    found: list[tuple[TriedPool, list[float]]] = []
    for fold in range(FOLDS):
        held = [pool for pool in pools if fold_of[pool.database] == fold]
        known = [pool for pool in (*pools, *extra) if fold_of.get(pool.database, -1) != fold and pool.candidates]
        model = fit(known, names, decay=decay)
        found.extend((pool, model.probabilities([each.features for each in pool.candidates])) for pool in held)
    return found


def save(ranker: Ranker, path: Path) -> None:
    """Writes the ranker as the engine reads it."""
    arrays = {name: getattr(ranker, name) for name in ("mean", "scale", "hidden", "hidden_bias", "out", "linear")}
    np.savez_compressed(path, names=np.array(ranker.names), **{k: v.astype(np.float32) for k, v in arrays.items()})
