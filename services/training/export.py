"""From trained weights to what is shipped: two ONNX graphs with int8 weights, and their fingerprint."""

import hashlib
import tempfile
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from services.modelhub.adapters.built_in.parser.encode import Relation
from services.modelhub.adapters.built_in.parser.vocabulary import KEYWORDS
from services.modelhub.adapters.built_in.parser.weights import READER, STEPPER
from services.training.network import DECODER_LAYERS, HEAD_WIDTH, HEADS, WIDTH, Parser, Reading, Step

_OPSET = 20


def export(parser: Parser, folder: Path) -> dict[str, str]:
    """Writes the graphs and gives their SHA-256 by file name."""
    parser = parser.eval().float().cpu()
    folder.mkdir(parents=True, exist_ok=True)
    pieces, items, beams, steps = 19, 11, 3, 2
    relations = torch.full((1, items, items), int(Relation.NONE))
    relations[0].fill_diagonal_(int(Relation.SAME))
    owner = torch.arange(pieces)[None] % items
    reading = (torch.full((1, pieces), 1_000), owner, torch.zeros(1, items, 4, dtype=torch.int64), relations)
    keys = torch.randn(DECODER_LAYERS, 2, 1, HEADS, items, HEAD_WIDTH)
    past = torch.randn(DECODER_LAYERS, 2, beams, HEADS, steps, HEAD_WIDTH)
    stepping = (torch.randn(beams, WIDTH), torch.tensor([steps]), past, keys, torch.randn(1, items, WIDTH))
    _write(
        Reading(parser),
        reading,
        folder / READER,
        (["ids", "owner", "features", "relations"], ["vectors", "pointed", "keys", "relevance"]),
        {"ids": {1: "pieces"}, "owner": {1: "pieces"}, "features": {1: "items"}, "relations": {1: "items", 2: "items"}},
    )
    _write(
        Step(parser),
        stepping,
        folder / STEPPER,
        (["said", "step", "past", "keys", "pointed"], ["scores", "whole"]),
        {"said": {0: "beams"}, "past": {2: "beams", 4: "steps"}, "keys": {4: "items"}, "pointed": {1: "items"}},
    )
    assert KEYWORDS < WIDTH
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (READER, STEPPER)}


def _write(
    module: nn.Module,
    inputs: tuple[torch.Tensor, ...],
    path: Path,
    names: tuple[list[str], list[str]],
    axes: dict[str, dict[int, str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "float.onnx"
        torch.onnx.export(
            module,
            inputs,
            str(whole),
            input_names=names[0],
            output_names=names[1],
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
        quantize_dynamic(str(whole), str(path), weight_type=QuantType.QInt8, per_channel=True)
