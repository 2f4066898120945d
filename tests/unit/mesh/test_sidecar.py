"""A sidecar's configuration: what Envoy says of it, and what holds of it for every workload."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract
from mesh.envoy import find_envoy
from mesh.local.__main__ import main
from mesh.local.authority import Authority
from mesh.local.identities import Identities
from mesh.local.settings import MAX_SOCKET_PATH, MeshSettings
from mesh.local.sidecar import sidecar_config, write_sidecar

CALLERS = read_callers(read_contract(load_descriptors()))
WORKLOADS = tuple(name for name in CALLERS.workloads if name != "edge")
ADDRESSES = {name: [f"127.0.0.1:{18100 + index}"] for index, name in enumerate(WORKLOADS)}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path short enough for a Unix socket, as pytest's own has not."""
    with tempfile.TemporaryDirectory(prefix="candor-") as name:
        yield Path(name)


def config_of(workload: str, folder: Path = Path("/run/candor/mesh")) -> Any:
    return json.loads(json.dumps(sidecar_config(workload, MeshSettings(folder, ADDRESSES), CALLERS)))


def all_of(found: Any, key: str) -> Iterator[Any]:
    """Every value of a key, however deep."""
    if isinstance(found, dict):
        yield from (value for name, value in found.items() if name == key)
        for value in found.values():
            yield from all_of(value, key)
    elif isinstance(found, list):
        for value in found:
            yield from all_of(value, key)


@pytest.mark.slow
@pytest.mark.parametrize("workload", WORKLOADS)
def test_envoy_accepts_the_configuration(workload: str, folder: Path) -> None:
    settings = MeshSettings(folder, ADDRESSES)
    Identities(Authority(), {workload: settings.place(workload).identity}).write()
    config = write_sidecar(workload, settings, CALLERS)
    envoy = [find_envoy(), "--mode", "validate", "--config-path", str(config), "--log-level", "error"]
    checked = subprocess.run(envoy, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr[-2000:]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_nothing_listens_on_tcp_without_a_certificate_of_the_caller(workload: str) -> None:
    for listener in config_of(workload)["static_resources"]["listeners"]:
        if "socket_address" in listener["address"]:
            (chain,) = listener["filter_chains"]
            assert chain["transport_socket"]["typed_config"]["require_client_certificate"] is True
        else:
            assert listener["address"]["pipe"]["mode"] == 0o600


@pytest.mark.parametrize("workload", WORKLOADS)
def test_tls_is_1_3_on_both_sides_and_names_who_is_expected(workload: str) -> None:
    contexts = list(all_of(config_of(workload), "common_tls_context"))
    assert len(contexts) == 1 + len(CALLERS.called_by(workload))
    for context in contexts:
        assert set(context["tls_params"].values()) == {"TLSv1_3"}
        (matcher,) = context["combined_validation_context"]["default_validation_context"][
            "match_typed_subject_alt_names"
        ]
        assert matcher["san_type"] == "URI"


@pytest.mark.parametrize("workload", WORKLOADS)
def test_exactly_the_tables_callers_are_let_in_and_to_exactly_their_methods(workload: str) -> None:
    (rules,) = all_of(config_of(workload), "rules")
    let_in = {
        caller: {each["url_path"]["path"]["exact"] for each in policy["permissions"]}
        for caller, policy in rules["policies"].items()
        if caller not in {"health", *CALLERS.http.get(workload, ())}
    }
    table = CALLERS.callers_of(workload)
    assert let_in == {caller: {method.path for method in methods} for caller, methods in table.items()}
    for caller, policy in rules["policies"].items():
        (principal,) = policy["principals"]
        assert caller == "health" or principal["authenticated"]["principal_name"]["exact"].endswith(f"/sa/{caller}")


@pytest.mark.parametrize("workload", WORKLOADS)
def test_only_what_the_contract_lets_repeat_is_repeated(workload: str) -> None:
    methods = {method.path: method for called in CALLERS.called_by(workload).values() for method in called}
    for route in (route for routes in all_of(config_of(workload), "routes") for route in routes):
        if (method := methods.get(route["match"].get("path"))) is not None:
            assert ("retry_policy" in route["route"]) == method.retryable
            bound = CALLERS.limits.timeout_s(method)
            assert route["route"]["timeout"] == ("0s" if bound is None else f"{bound:g}s")


@pytest.mark.parametrize("workload", WORKLOADS)
def test_what_calls_carry_is_not_logged(workload: str) -> None:
    text = json.dumps(list(all_of(config_of(workload), "json_format")))
    headers = {part.partition(")%")[0] for part in text.split("%REQ(")[1:]}
    assert headers == {"GRPC-TIMEOUT", "TRACEPARENT"}
    assert "%PATH(NQ:" in text


def test_every_socket_of_the_default_folder_has_a_path_that_every_system_takes() -> None:
    paths = [pipe["path"] for name in WORKLOADS for pipe in all_of(config_of(name), "pipe")]
    assert len(paths) > len(WORKLOADS)
    assert max(len(path) for path in paths) <= MAX_SOCKET_PATH


def test_the_command_shows_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generation"]) == 0
    shown = json.loads(capsys.readouterr().out)
    names = {listener["name"] for listener in shown["static_resources"]["listeners"]}
    assert names == {"inbound", "to_accounts", "to_documents", "to_modelhub", "to_validation"}
