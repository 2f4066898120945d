"""Envoy's configuration: what holds whatever the settings are, and what Envoy itself says of it."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from mesh.contract import load_descriptors, read_contract
from mesh.edge.__main__ import main, write_config
from mesh.edge.config import edge_config
from mesh.edge.settings import EdgeSettings
from mesh.envoy import find_envoy

CONTRACT = read_contract(load_descriptors())


def routes(settings: EdgeSettings) -> list[dict[str, Any]]:
    listener = edge_config(settings, CONTRACT)["static_resources"]["listeners"][0]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    found: list[dict[str, Any]] = manager["route_config"]["virtual_hosts"][0]["routes"]
    return found


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"address": "0.0.0.0:18080", "admin_address": "127.0.0.1:0", "workers": 2, "trusted_hops": 1},
        {f"{room}_address": f"{room}.candor.svc.cluster.local:8080" for room in (*CONTRACT.rooms, "gateway")},
        {"accounts_address": "unix:/run/candor/accounts.sock", "admin_address": "unix:/run/candor/admin.sock"},
        {"address": "[::1]:18080"},
        {"origins": ["https://candor.example"]},
    ],
    ids=str,
)
def test_envoy_accepts_the_configuration(settings: dict[str, Any], tmp_path: Path) -> None:
    config = write_config(EdgeSettings(**settings), tmp_path / "envoy.json")
    envoy = [find_envoy(), "--mode", "validate", "--config-path", str(config), "--log-level", "error"]
    checked = subprocess.run(envoy, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr[-2000:]


def test_envoy_accepts_a_certificate(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now)
    (tmp_path / "cert.pem").write_bytes(built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings = EdgeSettings(tls_certificate=tmp_path / "cert.pem", tls_private_key=tmp_path / "key.pem")
    test_envoy_accepts_the_configuration(settings.model_dump(exclude_defaults=True), tmp_path)
    assert "strict-transport-security" in json.dumps(edge_config(settings, CONTRACT))


def test_no_route_retries() -> None:
    assert "retry_policy" not in json.dumps(edge_config(EdgeSettings(), CONTRACT))


def test_every_rpc_has_its_own_route_and_streams_have_no_request_timeout() -> None:
    by_path = {route["match"].get("path"): route["route"] for route in routes(EdgeSettings()) if "route" in route}
    for method in CONTRACT.methods:
        assert by_path[method.path]["cluster"] == method.room
        assert (by_path[method.path]["timeout"] == "0s") is method.server_streaming


def test_only_websockets_are_upgraded_and_only_there() -> None:
    upgraded = [route["match"] for route in routes(EdgeSettings()) if "upgrade_configs" in route.get("route", {})]
    assert upgraded == [{"prefix": "/ws/"}]


def test_there_is_no_admin_interface_unless_asked_for() -> None:
    assert "admin" not in edge_config(EdgeSettings(), CONTRACT)


@pytest.mark.parametrize(
    "settings",
    [
        {"admin_address": "0.0.0.0:9901"},
        {"admin_address": "10.0.0.1:9901"},
        {"address": "localhost:8080"},
        {"address": "127.0.0.1"},
        {"address": "127.0.0.1:99999"},
        {"tls_certificate": "/only/one"},
        {"workers": 0},
        {"nothing": "1"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EdgeSettings(**settings)


def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CANDOR_EDGE_ADDRESS", "127.0.0.1:18081")
    main(["--print"])
    printed = json.loads(capsys.readouterr().out)
    address = printed["static_resources"]["listeners"][0]["address"]["socket_address"]
    assert address == {"address": "127.0.0.1", "port_value": 18081}


def test_the_written_configuration_is_its_owners_alone(tmp_path: Path) -> None:
    path = write_config(EdgeSettings(), tmp_path / "deep" / "envoy.json")
    assert path.stat().st_mode & 0o077 == 0
