"""The whole platform under the real monitoring: Prometheus with its rules, the collector, Jaeger behind it."""

import json
import secrets
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
import pytest
from monitored import Jaeger, Kept, Prometheus, collecting_for_real, jaeger, keeping_logs, prometheus
from promql import asked, filled_in
from system.observed import Observed, observed_platform
from waiting import wait_for

from monitoring.boards import BOARDS
from monitoring.prometheus import prometheus_config
from monitoring.rules import JOBS, PROGRAMS, rule_files

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.xdist_group("monitored")]

QUESTION = "How many customers are in Paris?"


@dataclass(frozen=True)
class Monitored:
    """A platform and what watches it."""

    platform: Observed
    prometheus: Prometheus
    jaeger: Jaeger
    logs: Kept
    trace: str


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    """One question was asked, and a statement refused."""
    folder = tmp_path_factory.mktemp("monitored")
    with ExitStack() as stack:
        kept = stack.enter_context(keeping_logs())
        traces = stack.enter_context(jaeger(folder))
        places = stack.enter_context(
            collecting_for_real(folder, traces=traces.spans, logs=kept.url, kept_percent=100),
        )
        platform = stack.enter_context(observed_platform(spans=places.listen))
        targets = {program: platform.settings.metrics_address(program) for program in PROGRAMS}
        # An alert waits a fiftieth of its time, so ServiceDown's two minutes are two seconds.
        config = prometheus_config(targets | {"collector": places.metrics}, rules="rules/*.yaml", interval="1s")
        watching = stack.enter_context(prometheus(folder, config, rule_files(pace=1 / 50)))
        trace, page = secrets.token_hex(16), secrets.token_hex(8)
        with platform.browser() as browser:
            # Rates need a value before the first question.
            wait_for(lambda: len(watching.ask("up == 1")) == len(JOBS), "every target", 30)
            platform.ask(browser, "How many orders are there?")
            events = platform.ask(browser, QUESTION, f"00-{trace}-{page}-01")
            assert events[-1]["result"]["outcome"] == "OUTCOME_ANSWERED"
            sql = {"sql": "DELETE FROM customers"}
            refused = browser.post("/v1/organizations/local/dataSources/sample:checkStatement", json=sql)
            assert refused.status_code == 200
        (folder / "platform.log").write_text("\n".join(platform.lines) + "\n")
        yield Monitored(platform, watching, traces, kept, trace)


def test_prometheus_reaches_every_program(monitored: Monitored) -> None:
    assert {each["metric"]["job"] for each in monitored.prometheus.ask("up == 1")} == set(JOBS)


def test_every_rule_can_be_reckoned(monitored: Monitored) -> None:
    def reckoned() -> list[dict[str, Any]]:
        answer = httpx.get(f"http://{monitored.prometheus.address}/api/v1/rules").json()
        return [rule for group in answer["data"]["groups"] for rule in group["rules"]]

    wait_for(lambda: all(rule["health"] != "unknown" for rule in reckoned()), "the rules' first evaluation", 30)
    assert {rule["name"]: rule.get("lastError") for rule in reckoned() if rule["health"] != "ok"} == {}


def test_every_panel_has_its_data(monitored: Monitored) -> None:
    panels = [
        (f"{board.name}: {panel.title}", panel.busy, filled_in(query.expr))
        for board in BOARDS
        for row in board.rows
        for panel in row.panels
        for query in panel.queries
    ]

    def empty() -> list[str]:
        answers = {(name, busy): monitored.prometheus.ask(expr) for name, busy, expr in panels}
        return [name for (name, busy), found in answers.items() if busy and not found]

    with suppress(AssertionError):
        wait_for(lambda: not empty(), "data for every panel", 30)
    assert empty() == []


def test_the_metrics_of_others_are_there(monitored: Monitored) -> None:
    expressions = [
        query.expr for board in BOARDS for row in board.rows for panel in row.panels for query in panel.queries
    ]
    expressions += [
        rule["expr"] for file in rule_files().values() for group in file["groups"] for rule in group["rules"]
    ]
    # What counts failures of the collector comes with the first of them.
    names = {each.name for expr in expressions for each in asked(expr) if "failed" not in each.name}
    foreign = {name for name in names if name.startswith(("envoy_", "otelcol_", "process_"))}
    assert len(foreign) > 10
    assert [name for name in sorted(foreign) if not monitored.prometheus.ask(f'{{__name__=~"{name}"}}')] == []


def test_nothing_but_the_watchdog_fires_on_a_platform_that_is_well(monitored: Monitored) -> None:
    firing = monitored.prometheus.ask('ALERTS{alertstate="firing"}')
    assert {each["metric"]["alertname"] for each in firing} == {"Watchdog"}


def test_a_question_is_counted_in_its_promises(monitored: Monitored) -> None:
    shares = 'slo:broken:ratio_5m{slo=~"AskingSlo|EndingSlo|GuardSlo|EdgeSlo"}'
    wait_for(lambda: len(monitored.prometheus.ask(shares)) == 4, "the shares")
    assert {each["value"][1] for each in monitored.prometheus.ask(shares)} == {"0"}


def test_one_question_is_one_trace_in_jaeger_with_every_service_and_the_database(monitored: Monitored) -> None:
    def spans() -> list[dict[str, Any]]:
        return monitored.jaeger.trace(monitored.trace)

    wait_for(lambda: {each["service"] for each in spans()} >= set(PROGRAMS), "the spans of every program", 60)
    found = spans()
    assert {each["traceID"] for each in found} == {monitored.trace}
    systems = {tag["value"] for each in found for tag in each["tags"] if tag["key"] == "db.system.name"}
    assert systems == {"postgresql"}
    statements = [each for each in found if any(tag["key"] == "candor.fingerprint" for tag in each["tags"])]
    assert {each["service"] for each in statements} == {"validation"}


def test_what_jaeger_keeps_says_nothing_of_people(monitored: Monitored) -> None:
    wait_for(lambda: bool(monitored.jaeger.trace(monitored.trace)), "the trace", 60)
    tags = [tag for each in monitored.jaeger.trace(monitored.trace) for tag in each["tags"]]
    assert {"user_agent", "peer.address"}.isdisjoint(tag["key"] for tag in tags)
    assert "paris" not in json.dumps(tags).lower()


def test_a_line_that_was_logged_arrives_with_its_trace(monitored: Monitored) -> None:
    def events() -> dict[str, str]:
        found = [each for each in monitored.logs.lines if each["trace_id"] == monitored.trace]
        return {each["body"]["event"]: each["resource"]["service.name"] for each in found}

    wait_for(lambda: "question_answered" in events(), "the lines of the question", 30)
    assert events()["question_answered"] == "generation"


@contextmanager
def held(program: str, address: str) -> Iterator[None]:
    """The program that serves at an address and no longer does anything, as if its machine hung."""
    (process,) = (
        each
        for each in psutil.Process().children(recursive=True)
        if f"services.{program}" in each.cmdline()
        and each.environ().get(f"CANDOR_{program.upper()}_ADDRESS") == address
    )
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_a_service_that_hangs_is_alerted_of_until_it_is_back(monitored: Monitored) -> None:
    def down() -> set[str]:
        return {each["job"] for each in monitored.prometheus.firing("ServiceDown")}

    with held("modelhub", monitored.platform.settings.service_address("modelhub")):
        wait_for(lambda: down() == {"modelhub"}, "the alert", 30)
    wait_for(lambda: not down(), "the end of the alert", 30)
