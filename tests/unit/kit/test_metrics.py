"""The catalogue of metrics: names, bounded labels, and its documentation."""

import ast
import re
from pathlib import Path

import pytest
from candor.errors.v1 import error_reason_pb2
from candor.generation.v1 import generation_service_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.core import sign_in
from services.kit import metrics
from services.kit.instruments import OTHER, Catalogue, words
from services.validation.core.model import DIALECT_OF

ROOT = Path(__file__).parents[3]
GENERATION = generation_service_pb2.DESCRIPTOR.services_by_name["GenerationService"].full_name
# What somebody might send: names, questions, SQL, ids.
SENT = ["acme", "organizations/acme", "How many customers?", "SELECT 1", "a@b.example", "", "x" * 5000, "01J\x00", "é"]


@pytest.mark.parametrize("text", SENT)
def test_nothing_that_is_sent_becomes_a_label(text: str) -> None:
    for metric in metrics.METRICS:
        for label, values in metric.labels.items():
            assert label == "version" or not values.holds(text), f"{metric.name} takes {text!r} as its {label}"


@given(st.text(max_size=40))
def test_a_label_that_is_not_allowed_is_counted_as_other(text: str) -> None:
    catalogue = Catalogue()
    counted = catalogue.counter("candor_things", "Things.", kind=words("good", "bad"))
    counted.of(text).inc()
    (family,) = catalogue.registry.collect()
    kinds = {sample.labels["kind"] for sample in family.samples}
    assert kinds == {text if text in {"good", "bad"} else OTHER}


def test_as_many_series_are_remembered_as_there_are_allowed_values() -> None:
    counted = Catalogue().counter("candor_things", "Things.", kind=words("good", "bad"))
    for index in range(1000):
        counted.of(f"sent-{index}").inc()
    counted.of("good").inc()
    assert counted._series.keys() == {("good",)}
    assert counted.of("one")._value.get() == 1000  # type: ignore[attr-defined]  The client shows it nowhere else.


def test_a_metric_is_given_a_value_for_each_of_its_labels() -> None:
    with pytest.raises(ValueError, match="zip"):
        metrics.RPC_IN_PROGRESS.of("accounts")


def test_an_rpc_of_the_contract_is_named_by_its_service_and_method() -> None:
    assert metrics.rpc_of(f"/{GENERATION}/CreateGeneration") == ("generation", "CreateGeneration")
    assert metrics.RPC_SECONDS.labels["method"].holds("CreateGeneration")


@pytest.mark.parametrize(
    "path", ["/candor.generation.v1.GenerationService/Drop", "/acme.Service/Do", "nothing", "", "/"]
)
def test_an_rpc_of_no_contract_is_other(path: str) -> None:
    assert metrics.rpc_of(path) == (OTHER, OTHER)


def test_names_are_those_of_the_rules() -> None:
    for metric in metrics.METRICS:
        assert re.fullmatch(r"candor_[a-z_]+", metric.name)
        assert metric.help.endswith(".")
        assert not metric.name.endswith("_total"), "the client adds it"
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|percent)$", metric.name), "base units alone"
        if metric.kind == "histogram":
            assert metric.name.endswith(("_seconds", "_candidates", "_confidence"))


def test_histograms_have_few_buckets() -> None:
    for metric in metrics.METRICS:
        assert len(getattr(metric.wrapped, "_kwargs", {}).get("buckets", ())) <= 10, metric.name


def test_labels_know_every_word_that_the_platform_uses() -> None:
    assert all(metrics.STATEMENTS.labels["engine"].holds(dialect) for dialect in DIALECT_OF.values())
    reasons = {each.removeprefix("ERROR_REASON_") for each in error_reason_pb2.ErrorReason.keys()}
    assert all(metrics.RPC_ERRORS.labels["reason"].holds(reason) for reason in reasons)


def test_every_act_of_the_audit_log_has_a_word() -> None:
    folder = Path(sign_in.__file__).parent.parent
    acts = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record":
                acts |= {each.value for each in node.args if isinstance(each, ast.Constant) and "." in str(each.value)}
    assert len(acts) >= 6
    assert [each for each in acts if not metrics.AUDIT_EVENTS.labels["action"].holds(str(each))] == []


def test_every_metric_is_fed() -> None:
    sources = "\n".join(
        path.read_text() for folder in ("services", "gateway") for path in sorted((ROOT / folder).rglob("*.py"))
    )
    names = {name for name, value in vars(metrics).items() if any(value is each for each in metrics.METRICS)}
    assert len(names) == len(metrics.METRICS)
    assert [name for name in sorted(names) if f"metrics.{name}.of(" not in sources] == []


def test_the_documentation_is_the_catalogues() -> None:
    written = (ROOT / "docs" / "metrics.md").read_text()
    assert written == metrics.documentation(), "run python -m services.kit.metrics --write docs/metrics.md"
