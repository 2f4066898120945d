"""The parser's network: MiniLM over question and schema, relation-aware layers over items, a pointer decoder.

The reader is MiniLM-L6 (Wang et al., 2020, "MiniLM"); relations enter attention as in RAT-SQL (Wang et al., 2020,
"RAT-SQL", section 3), on the keys only; the decoder is a transformer with a pointer network (Vinyals et al., 2015)
over keywords and items. `encode_items` and `step` are what is exported; training uses the same parameters in parallel.
"""

import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from services.modelhub.adapters.built_in.parser.encode import FLAGS, KINDS, LEVELS, RELATIONS, TYPES, Relation
from services.modelhub.adapters.built_in.parser.vocabulary import KEYWORDS, MAX_ACTIONS

PIECE_WIDTH, PIECE_HEADS, PIECE_LAYERS, PIECE_FEED = 384, 12, 6, 1536
VOCABULARY, POSITIONS = 30_522, 512
WIDTH, HEADS, FEED = 256, 8, 1_024
ITEM_LAYERS, DECODER_LAYERS = 4, 3
HEAD_WIDTH = WIDTH // HEADS
_MASKED = -1e4


class Dropout(nn.Module):
    """Drops the same features at every position of a sequence (Gal and Ghahramani, 2016): one small mask, not many."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """`x` is (batch, positions, width)."""
        if not self.training or self.rate == 0.0:
            return x
        kept = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.rate
        return x * (kept.to(x.dtype) / (1.0 - self.rate))


class PieceLayer(nn.Module):
    """One layer of BERT, normalised after each sum."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(PIECE_WIDTH, 3 * PIECE_WIDTH)
        self.out = nn.Linear(PIECE_WIDTH, PIECE_WIDTH)
        self.attended = nn.LayerNorm(PIECE_WIDTH, eps=1e-12)
        self.up = nn.Linear(PIECE_WIDTH, PIECE_FEED)
        self.down = nn.Linear(PIECE_FEED, PIECE_WIDTH)
        self.fed = nn.LayerNorm(PIECE_WIDTH, eps=1e-12)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`x` is (batch, pieces, width); `mask` is added to attention scores, (batch, 1, 1, pieces)."""
        batch, length, width = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, PIECE_HEADS, width // PIECE_HEADS).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(2, 3) * (PIECE_HEADS / width) ** 0.5 + mask.to(q.dtype)
        attended = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, width)
        x = self.attended(x + self.out(attended))
        return self.fed(x + self.dropout(self.down(functional.gelu(self.up(x)))))


class ItemLayer(nn.Module):
    """Self-attention over items whose scores also depend on how two items are related."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.normal = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.relation_keys = nn.Parameter(torch.randn(RELATIONS, HEAD_WIDTH) * 0.02)
        self.relation_bias = nn.Parameter(torch.zeros(HEADS, RELATIONS))
        self.out = nn.Linear(WIDTH, WIDTH)
        self.feed = _feed(dropout)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, relations: Tensor, mask: Tensor) -> Tensor:
        """`x` is (batch, items, width), `relations` (batch, items, items), `mask` (batch, 1, 1, items)."""
        batch, count, _ = x.shape
        q, k, v = self.qkv(self.normal(x)).view(batch, count, 3, HEADS, HEAD_WIDTH).permute(2, 0, 3, 1, 4)
        related = q @ self.relation_keys.t().to(q.dtype) + self.relation_bias[None, :, None, :].to(q.dtype)
        index = relations[:, None].expand(batch, HEADS, count, count)
        scores = (q @ k.transpose(2, 3) + related.gather(3, index)) / math.sqrt(HEAD_WIDTH) + mask
        attended = scores.float().softmax(-1).to(v.dtype) @ v
        x = x + self.dropout(self.out(attended.transpose(1, 2).reshape(batch, count, WIDTH)))
        return x + self.feed(x)


class DecoderLayer(nn.Module):
    """Causal self-attention, attention to the items, feed-forward; normalised before each."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.self_normal, self.cross_normal = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.self_out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.cross_q, self.cross_kv = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.cross_out = nn.Linear(WIDTH, WIDTH)
        self.feed = _feed(dropout)
        self.dropout = Dropout(dropout)

    def keys(self, items: Tensor) -> Tensor:
        """Keys and values of the items, (2, batch, heads, items, head width)."""
        batch, count, _ = items.shape
        return self.cross_kv(items).view(batch, count, 2, HEADS, HEAD_WIDTH).permute(2, 0, 3, 1, 4)

    def forward(self, x: Tensor, past: Tensor | None, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """`past` is (2, batch, heads, steps, head width) or None to attend causally within `x`; gives the new past."""
        batch, length, _ = x.shape
        qkv = self.qkv(self.self_normal(x)).view(batch, length, 3, HEADS, HEAD_WIDTH).permute(2, 0, 3, 1, 4)
        q, now = qkv[0], qkv[1:]
        if past is None:
            whole = now
            attended = functional.scaled_dot_product_attention(q, now[0], now[1], is_causal=True)
        else:
            whole = torch.cat([past, now], 3)
            attended = _attend(q, whole[0], whole[1], None)
        x = x + self.dropout(self.self_out(attended.transpose(1, 2).reshape(batch, length, WIDTH)))
        q = self.cross_q(self.cross_normal(x)).view(batch, length, HEADS, HEAD_WIDTH).transpose(1, 2)
        attended = _attend(q, keys[0], keys[1], mask)
        x = x + self.dropout(self.cross_out(attended.transpose(1, 2).reshape(batch, length, WIDTH)))
        return x + self.feed(x), whole


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    scores = (q @ k.transpose(2, 3)).float() / math.sqrt(HEAD_WIDTH)
    if mask is not None:
        scores = scores + mask
    return scores.softmax(-1).to(v.dtype) @ v


def _feed(dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(WIDTH),
        nn.Linear(WIDTH, FEED),
        nn.GELU(),
        Dropout(dropout),
        nn.Linear(FEED, WIDTH),
        Dropout(dropout),
    )


class Parser(nn.Module):
    """Reads pieces and items; says, step by step, how likely each action is."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.word_embedding = nn.Embedding(VOCABULARY, PIECE_WIDTH)
        self.position_embedding = nn.Embedding(POSITIONS, PIECE_WIDTH)
        self.embedded = nn.LayerNorm(PIECE_WIDTH, eps=1e-12)
        self.piece_features = nn.ModuleList(nn.Embedding(size, PIECE_WIDTH) for size in (KINDS, TYPES, LEVELS, FLAGS))
        self.piece_layers = nn.ModuleList(PieceLayer(dropout) for _ in range(PIECE_LAYERS))
        self.to_item = nn.Linear(PIECE_WIDTH, WIDTH)
        self.item_features = nn.ModuleList(nn.Embedding(size, WIDTH) for size in (KINDS, TYPES, LEVELS, FLAGS))
        self.item_layers = nn.ModuleList(ItemLayer(dropout) for _ in range(ITEM_LAYERS))
        self.items_normal = nn.LayerNorm(WIDTH)
        self.relevance = nn.Linear(WIDTH, 1)
        self.keyword_embedding = nn.Parameter(torch.randn(KEYWORDS, WIDTH) * 0.05)
        self.to_action = nn.Linear(WIDTH, WIDTH)
        self.step_embedding = nn.Embedding(MAX_ACTIONS + 1, WIDTH)
        self.decoder_layers = nn.ModuleList(DecoderLayer(dropout) for _ in range(DECODER_LAYERS))
        self.said = nn.LayerNorm(WIDTH)
        self.to_keyword = nn.Linear(WIDTH, KEYWORDS)
        self.to_pointer, self.pointed = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.dropout = Dropout(dropout)
        for each in (*self.piece_features, *self.item_features):
            nn.init.normal_(each.weight, std=0.01)

    def read(self, ids: Tensor, owner: Tensor, features: Tensor, relations: Tensor) -> Tensor:
        """Items as vectors, (batch, items, WIDTH).

        Args:
            ids: Word pieces, (batch, pieces), 0 where padded.
            owner: The item of each piece, (batch, pieces), -1 for marks and padding.
            features: Kind, type, link level and flags of each item, (batch, items, 4).
            relations: Between items, (batch, items, items); NONE throughout for padded items.
        """
        mask = torch.where(ids == 0, _MASKED, 0.0)[:, None, None, :]
        owned = (owner >= 0).unsqueeze(-1)
        place = owner.clamp(min=0)
        # Counted rather than ranged over, so that the exported graph keeps whole numbers and any length.
        positions = torch.ones_like(ids).cumsum(1) - 1
        numbers = torch.ones_like(features[..., 0]).cumsum(1) - 1
        x = self.word_embedding(ids) + self.position_embedding(positions)
        at_piece = features.gather(1, place.unsqueeze(-1).expand(-1, -1, 4))
        extra = sum(embedding(at_piece[..., n]) for n, embedding in enumerate(self.piece_features))
        x = self.dropout(self.embedded(x + extra * owned))
        for layer in self.piece_layers:
            x = layer(x, mask)
        belongs = (owner[:, None, :] == numbers[:, :, None]).to(x.dtype)
        pooled = belongs @ x / belongs.sum(-1, keepdim=True).clamp(min=1)
        spans = (relations == int(Relation.HAS_WORD)).to(x.dtype)
        pooled = pooled + spans @ pooled / spans.sum(-1, keepdim=True).clamp(min=1)
        items = self.to_item(pooled) + sum(e(features[..., n]) for n, e in enumerate(self.item_features))
        item_mask = torch.where(relations.sum(-1) == 0, _MASKED, 0.0)[:, None, None, :]
        for layer in self.item_layers:
            items = layer(items, relations, item_mask)
        return self.items_normal(items)

    def action_vectors(self, items: Tensor) -> Tensor:
        """What the decoder is told of each action: keywords, then items, (batch, KEYWORDS + items, WIDTH)."""
        keywords = self.keyword_embedding[None].expand(items.shape[0], -1, -1).to(items.dtype)
        return torch.cat([keywords, self.to_action(items)], 1)

    def scores(self, said: Tensor, pointed: Tensor) -> Tensor:
        """Unnormalised log-probabilities of actions, (batch, steps, KEYWORDS + items)."""
        pointers = self.to_pointer(said) @ pointed.transpose(1, 2) / math.sqrt(WIDTH)
        return torch.cat([self.to_keyword(said), pointers], -1)

    def forward(
        self, ids: Tensor, owner: Tensor, features: Tensor, relations: Tensor, actions: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Scores of every action after each prefix of `actions` (batch, steps), and of each item's relevance."""
        items = self.read(ids, owner, features, relations)
        item_mask = torch.where(relations.sum(-1) == 0, _MASKED, 0.0)
        vectors = self.action_vectors(items)
        x = vectors.gather(1, actions.unsqueeze(-1).expand(-1, -1, WIDTH))
        x = self.dropout(x + self.step_embedding.weight[: actions.shape[1]][None])
        for layer in self.decoder_layers:
            x, _ = layer(x, None, layer.keys(items), item_mask[:, None, None, :])
        scores = self.scores(self.said(x), self.pointed(items))
        pointable = (features[..., 0] > 0) & (relations.sum(-1) != 0)
        hidden = torch.cat([torch.zeros_like(scores[:, 0, :KEYWORDS]), torch.where(pointable, 0.0, _MASKED)], 1)
        return scores + hidden[:, None], self.relevance(items).squeeze(-1)


class Reading(nn.Module):
    """The first exported graph: from pieces and items to everything that the decoder asks of them."""

    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.parser = parser

    def forward(
        self, ids: Tensor, owner: Tensor, features: Tensor, relations: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Vectors of actions, pointer keys, and attention keys and values (layers, 2, 1, heads, items, head width)."""
        items = self.parser.read(ids, owner, features, relations)
        keys = torch.stack([layer.keys(items) for layer in self.parser.decoder_layers])
        return self.parser.action_vectors(items), self.parser.pointed(items), keys, self.parser.relevance(items)


class Step(nn.Module):
    """The second exported graph: one step of all beams at once."""

    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.parser = parser

    def forward(self, said: Tensor, step: Tensor, past: Tensor, keys: Tensor, pointed: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the next action and the new past.

        Args:
            said: The vector of the last action of each beam, (beams, WIDTH).
            step: The number of this step, (1,).
            past: (layers, 2, beams, heads, steps so far, head width).
            keys: As `Reading` gives it.
            pointed: As `Reading` gives it.
        """
        x = (said + self.parser.step_embedding(step)).unsqueeze(1)
        whole = []
        for n, layer in enumerate(self.parser.decoder_layers):
            x, now = layer(x, past[n], keys[n], torch.zeros(1))
            whole.append(now)
        scores = self.parser.scores(self.parser.said(x), pointed)
        return scores.squeeze(1), torch.stack(whole)


def load_minilm(parser: Parser, path: Path) -> None:
    """Fills the reader with MiniLM's published weights."""
    found = load_file(path)
    target = parser.state_dict()
    plain = {
        "word_embedding.weight": "embeddings.word_embeddings.weight",
        "position_embedding.weight": "embeddings.position_embeddings.weight",
        "embedded.weight": "embeddings.LayerNorm.weight",
        "embedded.bias": "embeddings.LayerNorm.bias",
    }
    parts = {
        "out": "attention.output.dense",
        "attended": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "fed": "output.LayerNorm",
    }
    for n in range(PIECE_LAYERS):
        for kind in ("weight", "bias"):
            theirs = f"encoder.layer.{n}."
            target[f"piece_layers.{n}.qkv.{kind}"] = torch.cat(
                [found[f"{theirs}attention.self.{each}.{kind}"] for each in ("query", "key", "value")]
            )
            plain |= {f"piece_layers.{n}.{ours}.{kind}": f"{theirs}{name}.{kind}" for ours, name in parts.items()}
    for ours, name in plain.items():
        assert target[ours].shape == found[name].shape, ours
        target[ours] = found[name]
    target["position_embedding.weight"] = (
        target["position_embedding.weight"] + found["embeddings.token_type_embeddings.weight"][0]
    )
    parser.load_state_dict(target)
