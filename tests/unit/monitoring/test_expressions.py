"""Every expression of the rules and the dashboards asks for metrics that exist, by labels and values that they have."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.utils import floatToGoString
from promql import asked

from mesh.contract import load_descriptors, read_contract
from monitoring.__main__ import documents
from monitoring.boards import BOARDS
from monitoring.rules import rule_files
from services.kit import metrics

# What others serve, as it was scraped: tests/system/test_monitoring.py finds each on a running platform.
FOREIGN: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("foreign.toml").read_text())
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
OURS = {
    f"{each.name}{suffix}": (each, {*each.labels, *({"le"} if suffix == "_bucket" else set())})
    for each in metrics.METRICS
    for suffix in SUFFIXES[each.kind]
}
METHODS = {method.name for method in read_contract(load_descriptors()).methods}
# Prometheus' own of every target.
TARGET = {"job", "instance"}


def rules() -> Iterator[dict[str, Any]]:
    for file in rule_files().values():
        for group in file["groups"]:
            yield from group["rules"]


RECORDED = {rule["record"]: set(rule["labels"]) for rule in rules() if "record" in rule}
EXPRESSIONS = {
    **{f"{each.get('alert') or each['record']} {each['labels']}": each["expr"] for each in rules()},
    **{
        f"{board.name} {panel.title} {index}": query.expr
        for board in BOARDS
        for row in board.rows
        for panel in row.panels
        for index, query in enumerate(panel.queries)
    },
}


def labels_of(name: str) -> set[str]:
    """The labels of a metric, or of all that a pattern chooses."""
    if name in OURS:
        return OURS[name][1]
    if name in RECORDED:
        return RECORDED[name]
    known = [set(labels) for each, labels in FOREIGN.items() if re.fullmatch(name, each)]
    assert known, f"nothing serves {name}"
    return set.intersection(*known)


@pytest.mark.parametrize("expr", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
def test_an_expression_asks_for_what_exists(expr: str) -> None:
    for each in asked(expr):
        known = labels_of(each.name) | TARGET
        assert {label for label, _, _ in each.matchers} <= known, each
        if each.name not in RECORDED:
            assert each.spoken_of <= known, each


@pytest.mark.parametrize("expr", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
def test_a_condition_names_only_values_that_its_label_may_take(expr: str) -> None:
    for each in asked(expr):
        if each.name in OURS:
            metric = OURS[each.name][0]
            for label, operator, value in each.matchers:
                assert _may_say(metric, label, operator, value), f"{label} of {each.name} is never {value}"


def _may_say(metric: Any, label: str, operator: str, value: str) -> bool:
    if label == "le":
        return value in {floatToGoString(bound) for bound in metric.wrapped._kwargs["buckets"]}
    words = value.split("|") if operator in {"Re", "NotRe"} else [value]
    if label == "method":
        return all(any(re.fullmatch(word, method) for method in METHODS) for word in words)
    return label in TARGET or value == ".+" or all(metric.labels[label].holds(word) for word in words)


def test_a_dashboards_choices_come_from_labels_that_exist() -> None:
    for board in BOARDS:
        for label, metric in board.variables.items():
            assert label in labels_of(metric)


def test_what_a_person_may_choose_is_used() -> None:
    for name, text in documents().items():
        if "/dashboards/" in name:
            chosen = {each["name"] for each in json.loads(text)["templating"]["list"]} - {"datasource"}
            assert chosen == set(re.findall(r"\$([a-z]+)(?!\w)", text)) - {"datasource", "__all"}
