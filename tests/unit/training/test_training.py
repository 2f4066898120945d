"""Training resumes where it stopped, shows what an answer needs, and ships what it trained. Skipped without torch."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.modelhub.shop import items_in

from services.modelhub.adapters.built_in.ir import Aggregate, ColumnRef, Condition, Literal, Measure, Operator, Query
from services.modelhub.adapters.built_in.parser.encode import encode
from services.modelhub.adapters.built_in.parser.saying import actions_of
from services.modelhub.adapters.built_in.parser.vocabulary import KEYWORDS

torch = pytest.importorskip("torch")

from services.modelhub.adapters.built_in.parser.weights import open_network  # noqa: E402
from services.training.batches import Noise, batches  # noqa: E402
from services.training.export import export  # noqa: E402
from services.training.loop import Listeners, Plan, teacher_forced, train  # noqa: E402
from services.training.network import Parser, Step  # noqa: E402
from services.training.prepare import Example  # noqa: E402
from services.training.run import write_card  # noqa: E402

CITY = ColumnRef("customers", "city")
PAIRS = (
    ("How many customers are there?", Query((Measure(ColumnRef("customers"), Aggregate.COUNT),))),
    ("List the names of customers.", Query((Measure(ColumnRef("customers", "name")),))),
    (
        "Which customers live in Paris?",
        Query(
            (Measure(ColumnRef("customers", "name")),),
            where=Condition(Measure(CITY), Operator.EQ, (Literal("Paris"),)),
        ),
    ),
)


def example(question: str, query: Query) -> Example:
    items = items_in(question)
    encoded = encode(items)
    said = np.array(actions_of(query, items), np.int64)
    said[said >= KEYWORDS] += encoded.counts[0]
    return Example("shop", encoded, said)


EXAMPLES = [example(*pair) for pair in PAIRS] * 4
PLAN = Plan(epochs=2, full_epochs=1, batch=4, reader_rate=1e-4, rate=1e-3, dropout=0.0, warm_up=0.1)


class Stopped(Exception):
    """The power went out."""


def fresh() -> Parser:
    torch.manual_seed(1)
    return Parser(0.0)


def test_a_run_that_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "halves").mkdir()
    whole = train(fresh(), EXAMPLES, PLAN, tmp_path / "whole", Listeners(lambda _: None))

    def stop(line: dict[str, Any]) -> None:
        if line.get("epoch") == 1:
            raise Stopped

    with pytest.raises(Stopped):
        train(fresh(), EXAMPLES, PLAN, tmp_path / "halves", Listeners(stop))
    resumed = train(fresh(), EXAMPLES, PLAN, tmp_path / "halves", Listeners(lambda _: None))
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_a_checkpoint_of_another_plan_is_refused(tmp_path: Path) -> None:
    train(fresh(), EXAMPLES[:4], replace(PLAN, epochs=1), tmp_path, Listeners(lambda _: None))
    with pytest.raises(ValueError, match="another folder"):
        train(fresh(), EXAMPLES[:4], PLAN, tmp_path, Listeners(lambda _: None))


def test_what_an_answer_uses_is_never_thinned_out() -> None:
    noise = Noise(thin=1.0, hide_links=0.5, hide_words=0.5, shuffle=True)
    for seed in range(20):
        for batch in batches(EXAMPLES, 4, noise, np.random.default_rng(seed)):
            pointed = batch.targets >= KEYWORDS
            rows = torch.nonzero(pointed)[:, 0]
            kinds = batch.features[rows, batch.targets[pointed] - KEYWORDS, 0]
            assert (kinds > 0).all(), "an action points at a table, a column or a value, never at a word or at padding"
            assert (batch.relevant[rows, batch.targets[pointed] - KEYWORDS] == 1).all()


def test_a_few_questions_are_learnt_and_shipped_as_they_were_learnt(tmp_path: Path) -> None:
    plan = replace(PLAN, epochs=12, full_epochs=12, hide_words=0.0, hide_links=0.0, average=0.5)
    parser = train(fresh(), EXAMPLES, plan, tmp_path, Listeners(lambda _: None))
    assert teacher_forced(parser, EXAMPLES[:3])["exact"] == 1.0
    prints = export(parser, tmp_path)
    assert set(prints) == {"reader.onnx", "stepper.onnx"}
    shipped = open_network(tmp_path)
    said = right = 0
    for one in EXAMPLES[:3]:
        reading = shipped.read(one.encoded)
        last, parents = [0], None
        for action in one.actions:
            place = int(action) if action < KEYWORDS else int(action) - one.encoded.counts[0]
            scores = reading.scores(last, parents)
            said, right = said + 1, right + (int(scores[0].argmax()) == place)
            last, parents = [place], [0]
    # Weights that began at random lose more to eight bits than MiniLM's do.
    assert right >= 0.8 * said


def test_a_step_alone_says_what_the_whole_sequence_says() -> None:
    parser = fresh().eval()
    batch = next(batches(EXAMPLES[:1], 1, Noise(), np.random.default_rng(0), shuffle=False))
    arrays = (batch.ids, batch.owner, batch.features, batch.relations)
    with torch.no_grad():
        whole, _ = parser(*arrays, batch.actions)
        items = parser.read(*arrays)
        keys = torch.stack([layer.keys(items) for layer in parser.decoder_layers])
        vectors, pointed = parser.action_vectors(items), parser.pointed(items)
        past = torch.zeros(keys.shape[0], 2, 1, keys.shape[3], 0, keys.shape[5])
        for at, action in enumerate(batch.actions[0]):
            scores, past = Step(parser)(vectors[:, action], torch.tensor([at]), past, keys, pointed)
            pointable = torch.cat([torch.ones(KEYWORDS, dtype=torch.bool), batch.features[0, :, 0] > 0])
            assert torch.allclose(scores[0][pointable], whole[0, at][pointable], atol=1e-3)


def test_the_card_names_what_was_written(tmp_path: Path) -> None:
    from services.training.run import Run  # noqa: PLC0415

    write_card(Run((), (), tmp_path, PLAN, 1), {"reader.onnx": "ab" * 32, "stepper.onnx": "cd" * 32})
    assert 'version = "abababababab"' in (tmp_path / "weights.toml").read_text()
