"""Every metric of the platform: its name, its meaning, and what its labels may say.

A label takes its values from the contract or from a list that stands here, never from what somebody sends; anything
else is counted as "other". So the number of series is bounded, and no name of a person, an organization or a table
can get out this way. Names are those of Prometheus: base units, `_total` behind a counter's name when it is scraped.
`docs/metrics.md` is made from this table: `python -m services.kit.metrics --write docs/metrics.md`.
"""

import argparse
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import grpc
from candor.errors.v1 import error_reason_pb2
from google.protobuf import descriptor_pool

from services.kit.instruments import OTHER, Catalogue, Values, words

NONE = "none"

_methods: set[str] = set()
_models: set[str] = set()


@lru_cache(maxsize=1024)
def rpc_of(path: str) -> tuple[str, str]:
    """The service, in one word, and the RPC of a gRPC call's path; "other" for what no contract has."""
    service, _, method = path.removeprefix("/").partition("/")
    try:
        descriptor_pool.Default().FindMethodByName(f"{service}.{method}")
    except KeyError:
        return OTHER, OTHER
    # Names of RPCs are unique within a package, for buf lint wants a message of its own for each.
    _methods.add(method)
    return service.split(".")[1], method


def allow_models(*model_ids: str) -> None:
    """Lets these models be named in labels: those that the settings of modelhub set up."""
    _models.update(model_ids)


_SERVICE = words("accounts", "documents", "generation", "validation", "modelhub")
_METHOD = Values("an RPC of the contract: `CreateGeneration`", _methods.__contains__)
_CODE = Values("a gRPC status: `OK`, `UNAVAILABLE`", frozenset(code.name for code in grpc.StatusCode).__contains__)
_REASONS = {each.removeprefix("ERROR_REASON_") for each in error_reason_pb2.ErrorReason.keys()}
_REASON = Values("an error reason of the contract: `SQL_COST_LIMIT`; `none`", frozenset(_REASONS | {NONE}).__contains__)
_MODEL = Values("a model that the settings name: `built-in`", _models.__contains__)
_ENGINE = words("sqlite", "postgres", "duckdb", "mysql", "snowflake", "bigquery", "tsql", "trino")
_QUEUE = words("default")
_OUTCOME = words("answered", "asked_back", "abstained", "failed", "cancelled")

_CALL_S = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
_WAIT_S = (0.001, 0.01, 0.05, 0.25, 1, 5)
_WORK_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 180)

_ALL = Catalogue()
REGISTRY, METRICS = _ALL.registry, _ALL.metrics
_counter, _gauge, _histogram = _ALL.counter, _ALL.gauge, _ALL.histogram

# Calls that are served, and calls that are made.
RPC_SECONDS = _histogram(
    "candor_rpc_seconds",
    "How long RPCs took that this program served; a stream's whole length.",
    _CALL_S,
    service=_SERVICE,
    method=_METHOD,
    code=_CODE,
)
RPC_IN_PROGRESS = _gauge(
    "candor_rpc_in_progress", "RPCs being served, streams among them.", service=_SERVICE, method=_METHOD
)
RPC_ERRORS = _counter(
    "candor_rpc_errors",
    "RPCs served that ended with an error, by its reason.",
    service=_SERVICE,
    method=_METHOD,
    reason=_REASON,
)
RPC_SENT_BYTES = _counter(
    "candor_rpc_sent_bytes",
    "Bytes of the messages that were answered with; of RunStatement, of the rows.",
    service=_SERVICE,
    method=_METHOD,
)
CALLED_SECONDS = _histogram(
    "candor_rpc_client_seconds",
    "How long RPCs took that this program called; a stream's whole length.",
    _CALL_S,
    service=_SERVICE,
    method=_METHOD,
    code=_CODE,
)
SOCKETS_OPEN = _gauge("candor_websockets_open", "WebSockets that the gateway holds open.")

# The platform's own databases.
DATABASE_CONNECTIONS = _gauge(
    "candor_database_connections", "Connections to the service's own database.", state=words("in_use", "idle")
)
DATABASE_LIMIT = _gauge("candor_database_connections_limit", "Connections that the pool may hold at most.")
DATABASE_WAIT_SECONDS = _histogram(
    "candor_database_wait_seconds", "How long work waited for a connection of the pool.", _WAIT_S
)

# Jobs.
JOBS_QUEUED = _gauge("candor_jobs_queued", "Jobs that nobody works at yet; every copy counts the same.", queue=_QUEUE)
JOBS_OLDEST_SECONDS = _gauge(
    "candor_jobs_oldest_seconds", "How long the oldest queued job has waited; every copy counts the same.", queue=_QUEUE
)
JOBS_RUNNING = _gauge("candor_jobs_running", "Jobs that this program works at.")
JOBS = _counter(
    "candor_jobs",
    "What happened to jobs.",
    event=words("accepted", "claimed", "taken_over", "succeeded", "failed", "cancelled", "released", "lease_lost"),
)
JOB_SECONDS = _histogram(
    "candor_job_seconds",
    "How long jobs took, from accepted to ended.",
    _WORK_S,
    state=words("succeeded", "failed", "cancelled"),
)

# Questions.
GENERATIONS = _counter("candor_generations", "Questions that ended, by what came of them.", outcome=_OUTCOME)
GENERATION_SECONDS = _histogram(
    "candor_generation_seconds", "How long the work at a question took.", _WORK_S, outcome=_OUTCOME
)
CANDIDATES = _histogram("candor_generation_candidates", "Candidates of each draft.", (0, 1, 2, 3, 5, 10, 20, 50))
REPAIRS = _counter("candor_generation_repairs", "Drafts made again because every candidate was refused.")
CONFIDENCE = _histogram(
    "candor_generation_confidence",
    "How sure the platform was of a question's outcome, from 0 to 1.",
    (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    outcome=words("answered", "asked_back", "abstained"),
)

# Statements and the users' databases.
STATEMENT_CHECKS = _counter(
    "candor_statement_checks",
    "Statements that were checked; the reason is that of the first error.",
    verdict=words("allowed", "refused"),
    reason=_REASON,
)
STATEMENTS = _counter(
    "candor_statements",
    "Statements that reached a user's database, by how their run ended; cut is a result above a limit.",
    engine=_ENGINE,
    outcome=words("completed", "cut", "timed_out", "cancelled", "refused", "unavailable", "failed"),
)
STATEMENT_SECONDS = _histogram(
    "candor_statement_seconds", "How long runs took, from the turn to the last row.", _CALL_S, engine=_ENGINE
)
STATEMENT_ROWS = _counter("candor_statement_rows", "Rows that were read.", engine=_ENGINE)
COST_REFUSALS = _counter(
    "candor_statement_cost_refusals",
    "Statements that were not run because their plan is above a limit of the data source.",
    engine=_ENGINE,
    limit=words("max_bytes_read", "max_rows_read", "max_cost"),
)
BREAKERS = _gauge(
    "candor_data_source_breakers",
    "Circuit breakers of the data sources in use, by state.",
    state=words("closed", "open"),
)
OPERATIONS = _gauge("candor_data_source_operations", "Operations on users' databases in progress.")
OPERATION_WAIT_SECONDS = _histogram(
    "candor_data_source_wait_seconds", "How long operations on users' databases waited for their turn.", _WAIT_S
)

# Models.
DRAFTS = _counter(
    "candor_model_drafts",
    "Drafts that models were asked for.",
    model=_MODEL,
    outcome=words("drafted", "empty", "unavailable", "refused", "cancelled", "failed"),
)
DRAFT_SECONDS = _histogram("candor_model_draft_seconds", "How long drafts took.", _CALL_S, model=_MODEL)
MODEL_TOKENS = _counter(
    "candor_model_tokens", "Tokens that providers counted.", model=_MODEL, direction=words("input", "output")
)
MODEL_COST = _counter(
    "candor_model_cost_dollars", "What the tokens cost, where the settings name their price.", model=_MODEL
)

# Who asks.
TOKEN_REQUESTS = _counter(
    "candor_token_requests",
    "Proofs that were shown for a token; limited is one refused unread, after too many that were wrong.",
    grant=words("sign_in_code", "session", "service"),
    outcome=words("issued", "refused", "limited", "failed"),
)
AUDIT_EVENTS = _counter(
    "candor_audit_events",
    "Acts that were written into the audit log.",
    action=words(
        *("organization.created", "member.created", "sign_in_code.created", "session.created", "session.revoked"),
        *("token.issued", "signing_key.created", "signing_key.removed"),
    ),
)

# The process.
LOG_LINES = _counter(
    "candor_log_lines", "Lines that were logged.", level=words("debug", "info", "warning", "error", "critical")
)
LOOP_LAG_SECONDS = _histogram(
    "candor_event_loop_lag_seconds", "By how much a timer of the event loop came too late, sampled.", _WAIT_S
)
BUILD_INFO = _gauge(
    "candor_build_info",
    "1; its labels say what runs.",
    program=words("accounts", "documents", "generation", "validation", "modelhub", "gateway"),
    version=Values("the version of Candor", str.isascii),
)


def documentation() -> str:
    """The table of all metrics, as Markdown."""
    rows = [
        f"| `{each.name}{'_total' if each.kind == 'counter' else ''}` | {each.kind} | "
        f"{', '.join(f'`{label}`' for label in each.labels) or '-'} | {each.help} |"
        for each in METRICS
    ]
    labels = {(label, values.meaning) for each in METRICS for label, values in each.labels.items()}
    meanings = [f"| `{label}` | {meaning} |" for label, meaning in sorted(labels)]
    return "\n".join((_HEAD, *rows, _LABELS, *meanings, ""))


_HEAD = """# Metrics

Made from `services/kit/metrics.py` by `python -m services.kit.metrics --write docs/metrics.md`.

Every program serves these at `/metrics` of its `CANDOR_<PROGRAM>_METRICS_ADDRESS`, in Prometheus' text format or, to
who asks for it, in OpenMetrics with the trace ids of examples; beside them `process_*` of the Prometheus client. A
histogram has `_bucket`, `_sum` and `_count` behind its name. The edge serves Envoy's own at
`CANDOR_EDGE_METRICS_ADDRESS`.

| metric | kind | labels | meaning |
| --- | --- | --- | --- |"""
_LABELS = """
A label never says anything that somebody sent; a value that is not one of these is `other`.

| label | values |
| --- | --- |"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the documentation, or writes it to a file."""
    parser = argparse.ArgumentParser(prog="python -m services.kit.metrics", description="The table of all metrics.")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write to FILE instead of printing")
    options = parser.parse_args(arguments)
    if options.write:
        options.write.write_text(documentation(), encoding="utf-8")
    else:
        print(documentation())  # noqa: T201


if __name__ == "__main__":
    main()
