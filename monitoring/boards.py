"""What the dashboards show: who may read this table need not read Grafana's JSON."""

from monitoring.dashboards import Board, Panel, Query, Row
from monitoring.rules import BUDGET_LEFT, share
from monitoring.slos import FAULTS


def _rate(metric: str, by: str, selector: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{selector}}}[$__rate_interval]))"


def _share_of(metric: str, part: str, whole: str = "") -> str:
    all_of_it = f"sum(rate({metric}{{{whole}}}[$__rate_interval]))"
    return f"(sum(rate({metric}{{{part}}}[$__rate_interval])) or 0 * {all_of_it}) / {all_of_it}"


def _quantiles(metric: str, selector: str = "", by: str = "") -> list[Query]:
    grouping = f"{by}, le" if by else "le"
    within = f"sum by ({grouping}) (rate({metric}_bucket{{{selector}}}[$__rate_interval]))"
    named = f"{{{{{by}}}}} " if by else ""
    return [Query(f"histogram_quantile({q}, {within})", f"{named}p{round(q * 100)}") for q in (0.5, 0.95, 0.99)]


_OVERVIEW = Board(
    "overview",
    "Overview",
    [
        Row(
            "Is it well?",
            [
                Panel("Programs up", "short", [Query("sum by (job) (up)", "{{job}}")], "stat"),
                Panel(
                    "Alerts",
                    "short",
                    [Query('sum by (alertname) (ALERTS{alertstate="firing",alertname!="Watchdog"})')],
                    "stat",
                    busy=False,
                ),
                Panel("Budget left", "percentunit", [Query(BUDGET_LEFT, "{{slo}}")], "stat", busy=False),
            ],
        ),
        Row(
            "What people get",
            [
                Panel("Questions", "reqps", [Query(_rate("candor_generations_total", "outcome"), "{{outcome}}")]),
                Panel("From accepted to ended", "s", _quantiles("candor_job_seconds", 'state="succeeded"')),
                Panel("Waiting", "short", [Query("max(candor_jobs_queued)", "jobs")]),
            ],
        ),
        Row(
            "What the platform does for it",
            [
                Panel("Calls", "reqps", [Query(_rate("candor_rpc_seconds_count", "service"), "{{service}}")]),
                Panel(
                    "Faults",
                    "percentunit",
                    [Query(_share_of("candor_rpc_seconds_count", f'code=~"{FAULTS}"'), "of all calls")],
                ),
                Panel("Lines logged", "short", [Query(_rate("candor_log_lines_total", "level"), "{{level}}")]),
            ],
        ),
    ],
)

_CALLS = 'service=~"$service"'
_SERVICES = Board(
    "services",
    "Services",
    [
        Row(
            "Rate, errors, duration",
            [
                Panel("Calls", "reqps", [Query(_rate("candor_rpc_seconds_count", "method", _CALLS), "{{method}}")]),
                Panel(
                    "Errors by reason",
                    "reqps",
                    [Query(_rate("candor_rpc_errors_total", "method, reason", _CALLS), "{{method}} {{reason}}")],
                ),
                Panel("Duration of calls", "s", _quantiles("candor_rpc_seconds", f'{_CALLS},method!~"Watch.*"')),
            ],
        ),
        Row(
            "Saturation",
            [
                Panel(
                    "Calls in progress",
                    "short",
                    [Query(f"sum by (service, method) (candor_rpc_in_progress{{{_CALLS}}})", "{{service}} {{method}}")],
                ),
                Panel(
                    "Database connections",
                    "short",
                    [
                        Query('sum by (job) (candor_database_connections{state="in_use"})', "{{job}} in use"),
                        Query("sum by (job) (candor_database_connections_limit)", "{{job}} at most"),
                    ],
                ),
                Panel("Wait for a connection", "s", _quantiles("candor_database_wait_seconds", by="job")),
            ],
        ),
        Row(
            "The process",
            [
                Panel("CPU", "short", [Query(_rate("process_cpu_seconds_total", "job"), "{{job}}")]),
                Panel("Memory", "bytes", [Query("sum by (job) (process_resident_memory_bytes)", "{{job}}")]),
                Panel("Event loop too late by", "s", _quantiles("candor_event_loop_lag_seconds", by="job")),
            ],
        ),
        Row(
            "Between services",
            [
                Panel(
                    "Calls made",
                    "reqps",
                    [Query(_rate("candor_rpc_client_seconds_count", "job, service", _CALLS), "{{job}} to {{service}}")],
                ),
                Panel("Duration as callers see it", "s", _quantiles("candor_rpc_client_seconds", _CALLS)),
                Panel(
                    "Bytes sent", "Bps", [Query(_rate("candor_rpc_sent_bytes_total", "method", _CALLS), "{{method}}")]
                ),
            ],
        ),
    ],
    {"service": "candor_rpc_seconds_count"},
)

_JOBS = Board(
    "jobs",
    "Questions at work",
    [
        Row(
            "The queue",
            [
                Panel("Queued", "short", [Query("max by (queue) (candor_jobs_queued)", "{{queue}}")]),
                Panel("The oldest waits", "s", [Query("max by (queue) (candor_jobs_oldest_seconds)", "{{queue}}")]),
                Panel("Being worked at", "short", [Query("sum by (instance) (candor_jobs_running)", "{{instance}}")]),
            ],
        ),
        Row(
            "What happens to jobs",
            [
                Panel("Events", "short", [Query(_rate("candor_jobs_total", "event"), "{{event}}")]),
                Panel("From accepted to ended", "s", _quantiles("candor_job_seconds", by="state")),
                Panel("The work alone", "s", _quantiles("candor_generation_seconds", by="outcome")),
            ],
        ),
    ],
)

_ANSWERS = Board(
    "answers",
    "Answers and models",
    [
        Row(
            "How sure it is",
            [
                Panel(
                    "Answered",
                    "percentunit",
                    [Query(_share_of("candor_generations_total", 'outcome="answered"'), "of all questions")],
                ),
                Panel("Confidence", "percentunit", _quantiles("candor_generation_confidence", by="outcome")),
                Panel(
                    "Drafts made again",
                    "short",
                    [Query("sum(rate(candor_generation_repairs_total[$__rate_interval]))")],
                ),
            ],
        ),
        Row(
            "The guard",
            [
                Panel("Checks", "short", [Query(_rate("candor_statement_checks_total", "verdict"), "{{verdict}}")]),
                Panel(
                    "Refused, by reason",
                    "short",
                    [Query(_rate("candor_statement_checks_total", "reason", 'verdict="refused"'), "{{reason}}")],
                    busy=False,
                ),
                Panel(
                    "Too dear to run",
                    "short",
                    [Query(_rate("candor_statement_cost_refusals_total", "engine, limit"), "{{engine}} {{limit}}")],
                    busy=False,
                ),
            ],
        ),
        Row(
            "Users' databases",
            [
                Panel(
                    "Statements",
                    "short",
                    [Query(_rate("candor_statements_total", "engine, outcome"), "{{engine}} {{outcome}}")],
                ),
                Panel("Duration", "s", _quantiles("candor_statement_seconds", by="engine")),
                Panel("Rows read", "short", [Query(_rate("candor_statement_rows_total", "engine"), "{{engine}}")]),
                Panel("Breakers", "short", [Query("sum by (state) (candor_data_source_breakers)", "{{state}}")]),
                Panel("In progress", "short", [Query("sum(candor_data_source_operations)", "operations")]),
                Panel("Wait for a turn", "s", _quantiles("candor_data_source_wait_seconds")),
            ],
        ),
        Row(
            "Models",
            [
                Panel(
                    "Drafts",
                    "short",
                    [Query(_rate("candor_model_drafts_total", "model, outcome"), "{{model}} {{outcome}}")],
                ),
                Panel("Duration of drafts", "s", _quantiles("candor_model_draft_seconds", by="model")),
                Panel("Candidates of a draft", "short", _quantiles("candor_generation_candidates")),
                Panel(
                    "Tokens",
                    "short",
                    [Query(_rate("candor_model_tokens_total", "model, direction"), "{{model}} {{direction}}")],
                    busy=False,
                ),
                Panel(
                    "Cost of a day",
                    "currencyUSD",
                    [Query("sum by (model) (increase(candor_model_cost_dollars_total[1d]))", "{{model}}")],
                    "stat",
                    busy=False,
                ),
            ],
        ),
    ],
)

_SLOS = Board(
    "slos",
    "Promises",
    [
        Row(
            "Error budgets",
            [
                Panel(
                    "Left of 30 days",
                    "percentunit",
                    [Query(f'{BUDGET_LEFT}{{slo=~"$slo"}}', "{{slo}}")],
                    "stat",
                    busy=False,
                ),
                Panel("Left over time", "percentunit", [Query(f'{BUDGET_LEFT}{{slo=~"$slo"}}', "{{slo}}")], busy=False),
            ],
        ),
        Row(
            "Which share broke its promise",
            [
                Panel(f"Within {window}", "percentunit", [Query(f'{share(window)}{{slo=~"$slo"}}', "{{slo}}")])
                for window in ("5m", "1h", "6h")
            ],
        ),
    ],
    {"slo": share("5m")},
)

_BACKEND = 'envoy_cluster_name!~"admin|traces"'
_EDGE = Board(
    "edge",
    "Edge",
    [
        Row(
            "Requests",
            [
                Panel(
                    "Answers by class",
                    "reqps",
                    [
                        Query(
                            _rate(
                                "envoy_http_downstream_rq_xx",
                                "envoy_response_code_class",
                                'envoy_http_conn_manager_prefix="edge"',
                            ),
                            "{{envoy_response_code_class}}xx",
                        )
                    ],
                ),
                Panel(
                    "Duration",
                    "ms",
                    _quantiles("envoy_http_downstream_rq_time", 'envoy_http_conn_manager_prefix="edge"'),
                ),
                Panel(
                    "Connections",
                    "short",
                    [Query('sum(envoy_http_downstream_cx_active{envoy_http_conn_manager_prefix="edge"})', "open")],
                ),
            ],
        ),
        Row(
            "Behind it",
            [
                Panel(
                    "Answers",
                    "reqps",
                    [
                        Query(
                            _rate(
                                "envoy_cluster_upstream_rq_xx",
                                "envoy_cluster_name, envoy_response_code_class",
                                _BACKEND,
                            ),
                            "{{envoy_cluster_name}} {{envoy_response_code_class}}xx",
                        )
                    ],
                ),
                Panel(
                    "Healthy copies",
                    "short",
                    [
                        Query(
                            f"sum by (envoy_cluster_name) (envoy_cluster_membership_healthy{{{_BACKEND}}})",
                            "{{envoy_cluster_name}}",
                        )
                    ],
                ),
                Panel(
                    "Retried, refused, out of time",
                    "reqps",
                    [
                        Query(
                            _rate("envoy_cluster_upstream_rq_retry", "envoy_cluster_name", _BACKEND),
                            "{{envoy_cluster_name}} retried",
                        ),
                        Query(
                            _rate("envoy_cluster_upstream_rq_pending_overflow", "envoy_cluster_name", _BACKEND),
                            "{{envoy_cluster_name}} refused",
                        ),
                        Query(
                            _rate("envoy_cluster_upstream_rq_timeout", "envoy_cluster_name", _BACKEND),
                            "{{envoy_cluster_name}} out of time",
                        ),
                    ],
                ),
            ],
        ),
        Row(
            "People",
            [
                Panel("WebSockets", "short", [Query("sum(candor_websockets_open)", "open")]),
                Panel(
                    "Proofs for a token",
                    "short",
                    [Query(_rate("candor_token_requests_total", "grant, outcome"), "{{grant}} {{outcome}}")],
                ),
                Panel(
                    "Acts in the audit log",
                    "short",
                    [Query(_rate("candor_audit_events_total", "action"), "{{action}}")],
                ),
            ],
        ),
        Row(
            "What observes it",
            [
                Panel(
                    "Spans of the edge lost",
                    "short",
                    [Query("sum(rate(envoy_tracing_opentelemetry_spans_dropped[$__rate_interval]))", "lost")],
                    busy=False,
                ),
                Panel(
                    "Spans through the collector",
                    "short",
                    [
                        Query(
                            _rate("", "exporter", '__name__=~"otelcol_exporter_sent_spans(_total)?"'),
                            "{{exporter}}",
                        )
                    ],
                    busy=False,
                ),
                Panel(
                    "Days until a certificate ends",
                    "short",
                    [Query("min(envoy_server_days_until_first_cert_expiring)", "days")],
                    "stat",
                ),
            ],
        ),
    ],
)

BOARDS = (_OVERVIEW, _SERVICES, _JOBS, _ANSWERS, _SLOS, _EDGE)
