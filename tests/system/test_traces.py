"""The platform seen by whoever runs it: one question is one trace, every line is JSON, every program has metrics."""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx
import pytest
from collector import Span
from system.observed import Observed, observed_platform
from waiting import wait_for

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.xdist_group("observed")]

PROGRAMS = ("accounts", "documents", "generation", "validation", "modelhub", "gateway")
# Words that stand nowhere in the platform's own texts.
QUESTION = "How many customers are in Paris?"
SERVER, CLIENT, CONSUMER = 2, 3, 5


@pytest.fixture(scope="module")
def observed() -> Iterator[Observed]:
    with observed_platform(CANDOR_MODELHUB_PROFILING="true") as running:
        yield running


@pytest.fixture(scope="module")
def browser(observed: Observed) -> Iterator[httpx.Client]:
    with observed.browser() as client:
        yield client


@pytest.fixture(scope="module")
def page() -> tuple[str, str]:
    """The trace and the span of a browser's page."""
    return secrets.token_hex(16), secrets.token_hex(8)


@pytest.fixture(scope="module")
def trace(observed: Observed, browser: httpx.Client, page: tuple[str, str]) -> list[Span]:
    """The spans of one question, once the last of them has come."""
    events = observed.ask(browser, QUESTION, f"00-{page[0]}-{page[1]}-01")
    assert events[-1]["result"]["outcome"] == "OUTCOME_ANSWERED", events[-1]

    def complete() -> bool:
        found = observed.collector.of(page[0])
        known = {each.id for each in found} | {page[1]}
        ends = {"run_job", "GET /ws/generations/{generation_id}"}
        return ends <= {each.name for each in found} and all(each.parent in known for each in found)

    # Envoy tells of its spans every five seconds.
    wait_for(complete, "the spans of the job and of the WebSocket, and the parents of all", 30)
    return observed.collector.of(page[0])


def test_one_question_is_one_trace_through_every_program(trace: list[Span]) -> None:
    assert {each.service for each in trace} == {"edge", *PROGRAMS}


def test_the_trace_is_one_tree_whose_root_is_the_page(trace: list[Span], page: tuple[str, str]) -> None:
    parents = {each.id: each.parent for each in trace}
    assert len(parents) == len(trace)
    for span in trace:
        at, steps = span.id, 0
        while at != page[1]:
            at, steps = parents[at], steps + 1
            assert steps <= len(trace), f"{span.name} is its own ancestor"


def test_a_call_is_seen_by_its_caller_and_by_who_answers(trace: list[Span]) -> None:
    by_id = {each.id: each for each in trace}
    served = [each for each in trace if each.kind == SERVER and each.attributes.get("rpc.system") == "grpc"]
    crossings = {(by_id[each.parent].service, each.service) for each in served if each.parent in by_id}
    assert {
        *(("edge", "generation"), ("gateway", "generation"), ("generation", "documents")),
        *(("generation", "modelhub"), ("generation", "validation"), ("generation", "accounts")),
    } <= crossings
    for each in served:
        caller = by_id[each.parent]
        code = each.attributes["rpc.grpc.status_code"]
        assert (caller.kind, caller.attributes.get("rpc.grpc.status_code", code)) == (CLIENT, code)
        assert f"{each.attributes['rpc.service']}/{each.attributes['rpc.method']}" == each.name


def test_the_work_at_a_question_belongs_to_the_call_that_asked_it(trace: list[Span]) -> None:
    (asked,) = [each for each in trace if each.name.endswith("/CreateGeneration") and each.service == "generation"]
    (job,) = [each for each in trace if each.kind == CONSUMER]
    assert (job.service, job.parent) == ("generation", asked.id)


def test_the_trace_ends_at_the_statement_in_the_users_database(trace: list[Span]) -> None:
    runs = [each for each in trace if each.service == "validation" and each.name == "SELECT"]
    assert runs
    for run in runs:
        assert run.kind == CLIENT
        assert run.attributes["db.system.name"] == "postgresql"
        assert len(run.attributes["candor.fingerprint"]) == 16
        assert run.attributes["db.response.returned_rows"] >= 1


def test_the_platforms_own_statements_are_in_the_trace_with_placeholders(trace: list[Span]) -> None:
    texts = [each.attributes["db.query.text"] for each in trace if "db.query.text" in each.attributes]
    assert any(text.startswith("INSERT INTO jobs") and "%(payload)s" in text for text in texts)


def test_no_span_says_a_word_of_the_question_a_literal_or_a_row(trace: list[Span], observed: Observed) -> None:
    said = json.dumps([[each.name, each.attributes] for each in observed.collector.spans], default=str).lower()
    assert "paris" not in said
    assert "how many" not in said
    # The sign-in code stands in a query string.
    assert "code=" not in said


def test_a_question_that_is_answered_fails_nowhere(trace: list[Span]) -> None:
    # A schema that was never read is asked for, not found, and read: an error to who asks and no fault.
    assert {each.name.rpartition("/")[2] for each in trace if each.failed} <= {"RetrieveContext"}


def test_a_call_that_fails_is_an_error_of_its_reason(observed: Observed, browser: httpx.Client) -> None:
    trace, page = secrets.token_hex(16), secrets.token_hex(8)
    name = "/v1/organizations/local/dataSources/nowhere:checkStatement"
    answer = browser.post(name, json={"sql": "SELECT 1"}, headers={"traceparent": f"00-{trace}-{page}-01"})
    assert answer.status_code == 404

    def served() -> list[Span]:
        return [each for each in observed.collector.of(trace) if each.service == "validation" and each.kind == SERVER]

    wait_for(lambda: bool(served()), "the span of the call")
    (span,) = served()
    assert (span.attributes["candor.reason"], span.attributes["rpc.grpc.status_code"]) == ("DATA_SOURCE_NOT_FOUND", 5)
    # What is not found is an answer, not a fault of the server.
    assert not span.failed


def test_every_line_of_every_program_is_one_json_object_with_the_same_fields(
    observed: Observed, trace: list[Span]
) -> None:
    lines = [json.loads(line) for line in observed.lines]
    for line in lines:
        assert {"timestamp", "level", "service", "event"} <= line.keys(), line
        datetime.fromisoformat(line["timestamp"])
    wait_for(lambda: any('"edge"' in line for line in observed.lines), "a line of the edge")
    assert {json.loads(line)["service"] for line in observed.lines} >= {"edge", "accounts", "generation", "validation"}


def test_a_line_leads_to_its_trace(observed: Observed, trace: list[Span], page: tuple[str, str]) -> None:
    def of_the_trace() -> list[dict[str, str]]:
        return [line for line in map(json.loads, observed.lines) if line.get("trace_id") == page[0]]

    wait_for(lambda: any(line["service"] == "edge" for line in of_the_trace()), "the edge's line of the call")
    known = {each.id for each in trace}
    assert {line["event"] for line in of_the_trace()} >= {"rpc_served", "question_answered", "job_ended", "call_ended"}
    assert {line["span_id"] for line in of_the_trace() if "span_id" in line} <= known


def test_every_program_serves_its_metrics(observed: Observed, trace: list[Span]) -> None:
    for program in PROGRAMS:
        assert any(name == "candor_build_info" for name, _ in observed.metrics(program)), program
        assert any(name == "process_resident_memory_bytes" for name, _ in observed.metrics(program)), program
    assert any(name.startswith("envoy_cluster_upstream_rq") for name, _ in observed.metrics("edge"))


def test_a_question_is_counted_where_it_passed(observed: Observed, trace: list[Span]) -> None:
    generation, validation = observed.metrics("generation"), observed.metrics("validation")
    assert generation["candor_generations_total", frozenset({("outcome", "answered")})] >= 1
    assert generation["candor_jobs_total", frozenset({("event", "succeeded")})] >= 1
    assert generation["candor_jobs_queued", frozenset({("queue", "default")})] == 0
    allowed = {("verdict", "allowed"), ("reason", "none")}
    assert validation["candor_statement_checks_total", frozenset(allowed)] >= 1
    assert validation["candor_statements_total", frozenset({("engine", "postgres"), ("outcome", "completed")})] >= 1
    assert validation["candor_data_source_breakers", frozenset({("state", "closed")})] == 1
    drafted = {("model", "built-in"), ("outcome", "drafted")}
    assert observed.metrics("modelhub")["candor_model_drafts_total", frozenset(drafted)] >= 1
    issued = {("grant", "sign_in_code"), ("outcome", "issued")}
    assert observed.metrics("accounts")["candor_token_requests_total", frozenset(issued)] == 1
    created = {("service", "generation"), ("method", "CreateGeneration"), ("code", "OK")}
    assert generation["candor_rpc_seconds_count", frozenset(created)] >= 1


def test_the_edge_shows_its_statistics_and_nothing_else_of_its_admin_interface(observed: Observed) -> None:
    edge = f"http://{observed.settings.metrics_address('edge')}"
    refused = ["/", "/config_dump", "/stats", "/stats/prometheus?filter=x", "/stats/prometheus/../../quitquitquit"]
    assert [httpx.get(edge + path).status_code for path in refused] == [404] * len(refused)
    assert [httpx.post(edge + path).status_code for path in ("/quitquitquit", "/stats/prometheus")] == [404, 404]


def test_an_operator_sees_where_a_running_service_spends_its_time(observed: Observed, browser: httpx.Client) -> None:
    modelhub = f"http://{observed.settings.metrics_address('modelhub')}"
    with ThreadPoolExecutor(1) as profiler:
        profile = profiler.submit(httpx.get, f"{modelhub}/debug/cpu?seconds=4", timeout=30)
        asked = 0
        while not profile.done():
            observed.ask(browser, f"How many customers have an id above {1000 + asked}?")
            asked += 1
    stacks = profile.result().text.splitlines()
    assert any(stack.startswith("built-in") and "BuiltInEngine.draft" in stack for stack in stacks)


def test_a_service_gives_no_profile_unless_it_is_told_to(observed: Observed) -> None:
    generation = f"http://{observed.settings.metrics_address('generation')}"
    assert httpx.get(f"{generation}/debug/cpu?seconds=1").status_code == 404
