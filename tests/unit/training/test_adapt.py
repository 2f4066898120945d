"""Learning a user's own schema: what changes, what stays, and when the old weights are kept."""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.cli.databases import open_engine
from services.cli.dataset import Item
from services.cli.local import read_source
from services.validation.core.model import SqliteConnection

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")
adapting = pytest.importorskip("services.training.adapt")
network = pytest.importorskip("services.training.network")

ACCEPTED = [
    Item(n, "own", question, (sql,))
    for n, (question, sql) in enumerate(
        [
            ("How many towns are there?", "SELECT COUNT(*) FROM town"),
            ("Which towns are in Kent?", "SELECT name FROM town WHERE county = 'Kent'"),
            ("What is the average population?", "SELECT AVG(population) FROM town"),
        ]
    )
]


@pytest.fixture
async def known(tmp_path: Path) -> AsyncIterator[object]:
    """A database with one table, read as a sync would read it."""
    path = tmp_path / "towns.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE town (id INTEGER PRIMARY KEY, name TEXT, county TEXT, population INTEGER)")
        rows = [("Deal", "Kent", 900), ("Hythe", "Kent", 500), ("Lewes", "Sussex", 700), ("Rye", "Sussex", 400)]
        connection.executemany("INSERT INTO town (name, county, population) VALUES (?, ?, ?)", rows)
    connection.close()
    with open_engine(SqliteConnection(str(path))) as engine:
        source = await read_source(engine, "sqlite")
        yield adapting.Known(source, await adapting.stored_values(source), ACCEPTED)


@pytest.fixture(scope="module")
def parser() -> Iterator[object]:
    """Weights that have learnt nothing; on one thread, which a busy machine slows down least."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    yield network.Parser(0.0)
    torch.set_num_threads(threads)


async def test_values_of_every_readable_column_are_read(known: object) -> None:
    read = {ref.column: values for ref, values in known.stored.items()}  # type: ignore[attr-defined]
    assert set(read["county"]) == {"Kent", "Sussex"}
    assert set(read["population"]) == {"900", "500", "700", "400"}


async def test_items_and_decoder_are_learnt_while_the_reader_of_pieces_stays(known: object, parser: object) -> None:
    plan = adapting.AdaptPlan(questions=16, epochs=1, seconds=60.0, batch=8)
    lesson = adapting._lesson(known, plan, np.random.default_rng(plan.seed), time.monotonic())
    learner, shown = adapting._taught(parser, lesson, plan, time.monotonic() + 60.0, lambda _: None)
    assert shown == len(lesson.learn) > 0
    old, new = dict(parser.named_parameters()), dict(learner.named_parameters())  # type: ignore[attr-defined]
    changed = {name.split(".")[0] for name in old if not torch.equal(old[name], new[name])}
    assert {"item_layers", "decoder_layers"} <= changed
    assert not changed & {"word_embedding", "piece_layers", "position_embedding", "embedded", "piece_features"}


async def test_new_weights_are_measured_beside_the_old_and_the_better_ones_given(known: object, parser: object) -> None:
    lines: list[dict[str, object]] = []
    done = adapting.adapt(parser, known, adapting.AdaptPlan(questions=16, epochs=1, batch=8), lines.append)
    assert done.before.keys() == done.after.keys() == {"accepted", "made"}
    assert done.is_taken == adapting.is_better(done.before, done.after, 0.02) == lines[-1]["taken"]
    assert (done.parser is parser) is not done.is_taken


async def test_learning_stops_when_its_time_is_over(known: object, parser: object) -> None:
    plan = adapting.AdaptPlan(questions=16, epochs=10_000, seconds=1.0, batch=8)
    done = adapting.adapt(parser, known, plan, lambda _: None)
    assert done.learnt < 16 * 10_000


async def test_without_a_made_up_question_that_gives_rows_only_accepted_pairs_are_learnt(
    known: object, parser: object
) -> None:
    examples = adapting.made_examples(known, 30, np.random.default_rng(1))
    assert len(list(examples)) > 20
    silent = adapting.Known(known.source, known.stored, (), (), lambda _: False)  # type: ignore[attr-defined]
    done = adapting.adapt(parser, silent, adapting.AdaptPlan(questions=30), lambda _: None)
    assert done.learnt == 0
    assert done.parser is parser
    assert not done.is_taken


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        ({"accepted": 0.5, "replay": 0.7}, {"accepted": 0.6, "replay": 0.69}, True),
        ({"accepted": 0.5, "replay": 0.7}, {"accepted": 0.5, "replay": 0.7}, False),
        ({"accepted": 0.5, "made": 0.2}, {"accepted": 0.4, "made": 0.9}, False),
        ({"accepted": 0.5, "replay": 0.7}, {"accepted": 0.9, "replay": 0.6}, False),
        ({"made": 0.3}, {"made": 0.2}, False),
        ({"made": 0.3}, {"made": 0.4}, True),
    ],
)
def test_new_weights_are_taken_only_where_they_read_better(
    before: dict[str, float],
    after: dict[str, float],
    *,
    taken: bool,
) -> None:
    assert adapting.is_better(before, after, 0.02) is taken
