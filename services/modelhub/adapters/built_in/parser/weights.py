"""The trained network, run by onnxruntime: one graph reads a question and its schema, one says the next action."""

import hashlib
import os
import threading
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from services.modelhub.adapters.built_in.parser.encode import Encoded, assemble
from services.modelhub.adapters.built_in.parser.vocabulary import KEYWORDS
from services.modelhub.adapters.built_in.ranker import Ranker, open_ranker
from services.modelhub.adapters.built_in.trained import TRAINED

READER, STEPPER, RANKER = "reader.onnx", "stepper.onnx", "ranker.npz"
CARD = "weights.toml"
# Two cores give what there is to have at these sizes; more threads wait for each other.
_THREADS = min(2, os.cpu_count() or 1)


@dataclass(frozen=True)
class Network:
    """Both graphs, and the ranker that was fitted to them. Threads may share it: a question has a state of its own."""

    reader: Any
    stepper: Any
    ranker: Ranker | None = None

    def read(self, encoded: Encoded) -> "Reading":
        """Reads a question once."""
        ids, owner = assemble(encoded)
        vectors, pointed, keys, relevance = self.reader.run(
            None,
            {
                "ids": ids[None],
                "owner": owner[None],
                "features": encoded.features[None].astype(np.int64),
                "relations": encoded.relations[None].astype(np.int64),
            },
        )
        words = encoded.counts[0]
        pointable = np.r_[0:KEYWORDS, KEYWORDS + words : vectors.shape[1]]
        return Reading(self.stepper, vectors[0][pointable], pointed[:, words:], keys, relevance[0, words:, 0])


@dataclass
class Reading:
    """A question that was read: what the search asks step by step (see `search.Scorer`)."""

    stepper: Any
    vectors: np.ndarray
    pointed: np.ndarray
    keys: np.ndarray
    relevance: np.ndarray
    _past: np.ndarray | None = field(default=None)
    _step: int = 0

    def scores(self, last: Sequence[int], parents: Sequence[int] | None) -> np.ndarray:
        """See `search.Scorer.scores`."""
        layers, _, _, heads, _, width = self.keys.shape
        if parents is None or self._past is None:
            self._step = 0
            past = np.zeros((layers, 2, len(last), heads, 0, width), np.float32)
        else:
            self._step += 1
            past = self._past[:, :, list(parents)]
        scores: np.ndarray
        scores, self._past = self.stepper.run(
            None,
            {
                "said": self.vectors[list(last)],
                "step": np.array([self._step], np.int64),
                "past": past,
                "keys": self.keys,
                "pointed": self.pointed,
            },
        )
        return scores


_LOCK = threading.Lock()


def loader(weights: str = "") -> Callable[[], Network | None]:
    """What gives the network of a folder: the installed one when empty, never one for "none"."""
    if weights == "none":
        return lambda: None
    folder = Path(weights) if weights else TRAINED
    return lambda: _loaded(folder)


def network() -> Network | None:
    """The installed network; None where this installation has no weights."""
    return _loaded(TRAINED)


def _loaded(folder: Path) -> Network | None:
    """Loaded on first use and kept; two questions that come at once load it once."""
    with _LOCK:
        return _load(folder)


@lru_cache(maxsize=4)
def _load(folder: Path) -> Network | None:
    if folder == TRAINED and not (folder / READER).exists():
        return None
    return open_network(folder)


def open_network(folder: Path) -> Network:
    """The network in a folder.

    Raises:
        OSError: A file is missing.
        ValueError: A file is not the one that the folder's card names.
    """
    import onnxruntime  # noqa: PLC0415  It takes a third of a second to import, and is wanted by questions alone.

    card = folder / CARD
    known = tomllib.loads(card.read_text("utf-8")) if card.exists() else {}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin between questions would take the cores from everything else.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Without it, processors that have no VNNI add the 8-bit products with saturation, and read questions otherwise
    # (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
    options.add_session_config_entry("session.x64quantprecision", "1")
    weigher = open_ranker(folder / RANKER) if (folder / RANKER).exists() else None
    sessions = []
    for name in (READER, STEPPER):
        content = (folder / name).read_bytes()
        expected = known.get("sha256", {}).get(name)
        if expected is not None and hashlib.sha256(content).hexdigest() != expected:
            raise ValueError(f"{name} is not the file that {CARD} names: reinstall Candor.")
        sessions.append(onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"]))
    return Network(sessions[0], sessions[1], weigher)
