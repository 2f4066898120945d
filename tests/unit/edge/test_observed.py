"""How the edge is seen: what is told to a collector, and what of the admin interface is shown."""

import json
import subprocess
from pathlib import Path
from typing import Any

from mesh.contract import load_descriptors, read_contract
from mesh.edge.__main__ import write_config
from mesh.edge.config import edge_config
from mesh.edge.settings import EdgeSettings
from mesh.envoy import find_envoy

CONTRACT = read_contract(load_descriptors())
WATCHED = EdgeSettings(
    otlp_address="collector.monitoring:4317",
    trace_ratio=0.1,
    metrics_address="0.0.0.0:9901",
    admin_address="unix:/tmp/candor-admin.sock",
)


def manager(settings: EdgeSettings, listener: int = 0) -> dict[str, Any]:
    found = edge_config(settings, CONTRACT)["static_resources"]["listeners"][listener]
    config: dict[str, Any] = found["filter_chains"][0]["filters"][0]["typed_config"]
    return config


def test_envoy_accepts_a_watched_edge(tmp_path: Path) -> None:
    config = write_config(WATCHED, tmp_path / "envoy.json")
    envoy = [find_envoy(), "--mode", "validate", "--config-path", str(config), "--log-level", "error"]
    checked = subprocess.run(envoy, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr[-2000:]


def test_nothing_is_told_and_nothing_is_shown_unless_asked_for() -> None:
    config = edge_config(EdgeSettings(), CONTRACT)
    assert "tracing" not in manager(EdgeSettings())
    assert len(config["static_resources"]["listeners"]) == 1
    assert {each["name"] for each in config["static_resources"]["clusters"]} == {*CONTRACT.rooms, "gateway"}


def test_the_edge_decides_which_traces_are_recorded() -> None:
    provider = manager(WATCHED)["tracing"]["provider"]["typed_config"]
    share = provider["sampler"]["typed_config"]["sampling_percentage"]
    assert share == {"numerator": 100_000, "denominator": "MILLION"}


def test_a_span_of_the_edge_holds_no_query_string() -> None:
    tags = {each["tag"]: each["value"] for each in manager(WATCHED)["tracing"]["custom_tags"]}
    assert tags["http.url"] == "%PATH(NQ:ORIG_OR_PATH)%"
    assert all("NQ" in value for value in tags.values())


def test_one_path_of_the_admin_interface_is_shown_to_who_reads() -> None:
    (host,) = manager(WATCHED, 1)["route_config"]["virtual_hosts"]
    (route,) = host["routes"]
    exact = {each["name"]: each["string_match"] for each in route["match"]["headers"]}
    assert exact == {":method": {"exact": "GET"}, ":path": {"exact": "/stats/prometheus"}}
    assert json.dumps(edge_config(WATCHED, CONTRACT)).count("candor-admin.sock") == 2
