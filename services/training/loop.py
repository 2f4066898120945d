"""The training loop: AdamW with warm-up and cosine decay, bf16, averaged weights, and checkpoints to resume from."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from services.training.batches import Batch, Noise, batches
from services.training.network import Parser
from services.training.prepare import Example

_RELEVANCE_WEIGHT = 0.3
_LOG_EVERY = 50
# How much of a schema is left out in the last epochs, at most.
_FULL_THIN = 0.25


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of a run: `tell` takes lines of the log, `evaluate` measures the averaged weights after each epoch."""

    tell: Callable[[dict[str, Any]], None]
    evaluate: Callable[[Parser], dict[str, float]] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One training run. The same plan, data and number of threads give the same weights on the same machine.

    Rates are for AdamW; `full_epochs` of the epochs, the last ones, show whole schemas.
    """

    epochs: int = 10
    full_epochs: int = 2
    batch: int = 16
    reader_rate: float = 1e-4
    rate: float = 5e-4
    weight_decay: float = 0.01
    warm_up: float = 0.04
    dropout: float = 0.1
    average: float = 0.999
    seed: int = 7
    thin: float = 0.8
    hide_links: float = 0.15
    hide_words: float = 0.04


def train(parser: Parser, examples: Sequence[Example], plan: Plan, folder: Path, listeners: Listeners) -> Parser:
    """Trains, from the folder's checkpoint if there is one, and gives the averaged weights.

    Args:
        parser: With MiniLM's weights, on its device.
        examples: To learn from.
        plan: How.
        folder: Where the checkpoint is kept after every epoch.
        listeners: Who hears of it.
    """
    torch.manual_seed(plan.seed)
    made_by = {**asdict(plan), "examples": len(examples)}
    session = _resumed(parser, plan, made_by, folder / "checkpoint.pt")
    steps = math.ceil(len(examples) / plan.batch) * plan.epochs
    for epoch in range(session.epoch, plan.epochs):
        line = _one_epoch(session, examples, plan, steps, listeners.tell)
        session.epoch = epoch + 1
        session.keep(made_by, folder / "checkpoint.pt")
        if listeners.evaluate is not None:
            line |= listeners.evaluate(session.averaged)
        listeners.tell(line)
    return session.averaged


@dataclass
class Session:
    """What changes while training, all of which a checkpoint keeps: `rates` are the optimizer's, before any factor."""

    parser: Parser
    averaged: Parser
    adam: torch.optim.AdamW
    rates: list[float]
    epoch: int = 0
    step: int = 0

    def keep(self, made_by: dict[str, Any], path: Path) -> None:
        """Writes the checkpoint, whole or not at all."""
        kept = {
            "plan": made_by,
            "parser": self.parser.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.adam.state_dict(),
            "epoch": self.epoch,
            "step": self.step,
        }
        torch.save(kept, path.with_suffix(".partial"))
        path.with_suffix(".partial").replace(path)

    def learn(self, now: torch.Tensor, factor: float, decay: float) -> None:
        """One step down the gradient of a loss, at a factor of the plan's rates."""
        for group, rate in zip(self.adam.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        now.backward()
        nn.utils.clip_grad_norm_(self.parser.parameters(), 1.0)
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        self.step += 1
        average(self.averaged, self.parser, min(decay, (1 + self.step) / (10 + self.step)))


def opened(parser: Parser, averaged: Parser, plan: Plan) -> Session:
    """A session at its first step, over those of the parser's weights that are to be learnt."""
    adam = optimizer(parser, plan)
    return Session(parser, averaged, adam, [group["lr"] for group in adam.param_groups])


def _resumed(parser: Parser, plan: Plan, made_by: dict[str, Any], checkpoint: Path) -> Session:
    device = next(parser.parameters()).device
    parser.word_embedding.weight.requires_grad_(requires_grad=False)
    averaged: Parser = Parser(0.0).to(device)
    averaged.load_state_dict(parser.state_dict())
    session = opened(parser, averaged, plan)
    if checkpoint.exists():
        # The file is this run's own: nobody else's is ever opened here.
        kept = torch.load(checkpoint, map_location=device, weights_only=False)
        if kept["plan"] != made_by:
            raise ValueError(f"{checkpoint} is of another plan or other questions: name another folder for this run.")
        parser.load_state_dict(kept["parser"])
        averaged.load_state_dict(kept["averaged"])
        session.adam.load_state_dict(kept["optimizer"])
        session.epoch, session.step = kept["epoch"], kept["step"]
    return session


def _one_epoch(
    session: Session, examples: Sequence[Example], plan: Plan, steps: int, tell: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Shows every example once; the line of the log about it."""
    device = next(session.parser.parameters()).device
    is_full = session.epoch >= plan.epochs - plan.full_epochs
    noise = Noise(_FULL_THIN if is_full else plan.thin, plan.hide_links, plan.hide_words, shuffle=True)
    session.parser.train()
    started, losses, seen = time.monotonic(), [], 0
    for batch in batches(examples, plan.batch, noise, np.random.default_rng((plan.seed, session.epoch))):
        now = loss(session.parser, batch, device)
        losses.append(now.item())
        session.learn(now, _scale(session.step / steps, plan.warm_up), plan.average)
        seen += len(batch.ids)
        if session.step % _LOG_EVERY == 0:
            speed = seen / (time.monotonic() - started)
            recent = round(float(np.mean(losses[-_LOG_EVERY:])), 4)
            tell({"step": session.step, "of": steps, "loss": recent, "per_s": round(speed, 1)})
    seconds = round(time.monotonic() - started)
    return {"epoch": session.epoch + 1, "loss": round(float(np.mean(losses)), 4), "seconds": seconds}


def loss(parser: Parser, batch: Batch, device: torch.device) -> torch.Tensor:
    """Cross-entropy of the actions, and a share of how wrongly items are called relevant."""
    moved = [each.to(device) for each in (batch.ids, batch.owner, batch.features, batch.relations, batch.actions)]
    with torch.autocast(device.type, dtype=torch.bfloat16):
        scores, relevance = parser(*moved)
    said = functional.cross_entropy(scores.float().flatten(0, 1), batch.targets.to(device).flatten(), ignore_index=-100)
    wanted = batch.relevant.to(device)
    known = wanted >= 0
    relevant = functional.binary_cross_entropy_with_logits(relevance.float()[known], wanted[known])
    return said + _RELEVANCE_WEIGHT * relevant


def optimizer(parser: Parser, plan: Plan) -> torch.optim.AdamW:
    """MiniLM's own weights learn slowly, the others fast; vectors (norms, biases) do not decay."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in parser.named_parameters():
        if parameter.requires_grad:
            is_reader = name.startswith(("piece_layers", "position_embedding", "embedded"))
            groups.setdefault((is_reader, parameter.dim() > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": plan.reader_rate if is_reader else plan.rate,
                "weight_decay": plan.weight_decay if decays else 0.0,
            }
            for (is_reader, decays), parameters in groups.items()
        ],
        betas=(0.9, 0.98),
        fused=True,
    )


def _scale(done: float, warm_up: float) -> float:
    """The learning rate's factor: linear warm-up, then half a cosine down to one hundredth."""
    if done < warm_up:
        return done / warm_up
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up)))


@torch.no_grad()
def average(averaged: Parser, parser: Parser, decay: float) -> None:
    """Moves the averaged weights a little towards the present ones (Polyak and Juditsky, 1992)."""
    for kept, now in zip(averaged.parameters(), parser.parameters(), strict=True):
        if now.requires_grad:
            kept.lerp_(now, 1 - decay)


@torch.no_grad()
def teacher_forced(parser: Parser, examples: Sequence[Example], size: int = 32) -> dict[str, float]:
    """How often every action is the likeliest given those before it: a quick stand-in for exact match."""
    parser.eval()
    device = next(parser.parameters()).device
    right = 0
    for batch in batches(examples, size, Noise(), np.random.default_rng(0), shuffle=False):
        moved = [each.to(device) for each in (batch.ids, batch.owner, batch.features, batch.relations, batch.actions)]
        with torch.autocast(device.type, dtype=torch.bfloat16):
            scores, _ = parser(*moved)
        targets = batch.targets.to(device)
        hits = (scores.argmax(-1) == targets) | (targets < 0)
        right += int(hits.all(1).sum())
    return {"exact": round(right / len(examples), 4)}


def write_line(file: Path) -> Callable[[dict[str, Any]], None]:
    """A log that appends JSON lines to a file."""

    def tell(line: dict[str, Any]) -> None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")

    return tell
