"""What Linkerd's proxies let in is what the table of callers says, for every caller and every method."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.callers import CALLERS, Callers, CallersError, read_callers
from mesh.contract import Contract, Method, load_descriptors, read_contract
from mesh.linkerd.lint import findings
from mesh.linkerd.manifests import component, manifests
from mesh.linkerd.policies import grpc_policies
from mesh.linkerd.resources import Manifest, duration, of_kind, reference, resource
from mesh.linkerd.verdict import Call, verdict

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = read_contract(load_descriptors())
TABLE = read_callers(CONTRACT)
METHODS = [method for method in CONTRACT.methods if method.room == "accounts"]


def everything(contract: Contract = CONTRACT, callers: Callers = TABLE) -> list[Manifest]:
    return [each for found in manifests(contract, callers).values() for each in found]


def call(caller: str | None, method: Method) -> Call:
    return Call(("candor", caller) if caller else None, method.room, 8100, "POST", method.path)


def test_the_component_that_is_committed_is_what_the_table_makes() -> None:
    folder = ROOT / "k8s" / "components" / "linkerd"
    committed = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.yaml")}
    assert committed == component(CONTRACT, TABLE), "run `make generate`"


def test_nothing_is_wrong_with_what_is_generated() -> None:
    assert findings(everything(), CONTRACT, TABLE) == []


@given(
    table=st.dictionaries(
        st.sampled_from(["edge", "gateway", "generation", "modelhub"]), st.sets(st.sampled_from(METHODS)), min_size=1
    )
)
def test_whatever_the_table_says_is_what_is_let_in(table: Mapping[str, set[Method]]) -> None:
    may_call = {
        caller: tuple(method for method in CONTRACT.methods if method in methods) for caller, methods in table.items()
    }
    made = grpc_policies("accounts", replace(TABLE, may_call=may_call))
    for caller in ("edge", "gateway", "generation", "modelhub", "stranger", None):
        for method in METHODS:
            may = method in table.get(caller or "", ())
            assert verdict(made, call(caller, method)).allowed == may, (caller, method.path)


def test_one_line_of_the_table_lets_a_caller_in(tmp_path: Path) -> None:
    method = next(each for each in CONTRACT.methods if each.name == "GetDataSource")
    assert not verdict(everything(), call("modelhub", method)).allowed
    line = 'modelhub = ["AccountsService/GetJwks"'
    (tmp_path / "callers.toml").write_text(
        CALLERS.read_text().replace(line, f'{line}, "ValidationService/GetDataSource"')
    )
    callers = read_callers(CONTRACT, tmp_path / "callers.toml")
    assert verdict(everything(callers=callers), call("modelhub", method)).allowed
    assert findings(everything(callers=callers), CONTRACT, callers) == []


def test_a_new_rpc_is_routed_and_for_the_edge_alone() -> None:
    new = replace(METHODS[0], name="Invented", idempotent=True)
    contract = Contract((*CONTRACT.methods, new))
    callers = read_callers(contract)
    assert findings(everything(contract, callers), contract, callers) == []
    allowed = [
        caller for caller in TABLE.workloads if verdict(everything(contract, callers), call(caller, new)).allowed
    ]
    assert allowed == ["edge"]


def test_an_identity_counts_with_its_namespace() -> None:
    method = METHODS[0]
    stranger = replace(call("edge", method), caller=("elsewhere", "edge"))
    assert verdict(everything(), call("edge", method)).allowed
    assert not verdict(everything(), stranger).allowed


def test_a_port_that_no_server_claims_is_closed() -> None:
    said = verdict(everything(), replace(call("edge", METHODS[0]), port=6060))
    assert (said.allowed, said.why) == (False, "no Server claims port 6060: the default policy refuses")


def test_a_policy_holds_only_with_all_that_it_requires() -> None:
    made = grpc_policies("accounts", TABLE)
    policy = next(
        each for each in of_kind(made, "AuthorizationPolicy") if each["metadata"]["name"] == "accounts-health"
    )
    health = Call(None, "accounts", 8100, "POST", "/grpc.health.v1.Health/Check")
    assert verdict(everything(), health).allowed
    policy["spec"]["requiredAuthenticationRefs"].append(reference("MeshTLSAuthentication", "accounts-for-edge"))
    assert not verdict([*of_kind(everything(), "NetworkAuthentication"), *made], health).allowed


def test_the_exact_path_decides_before_a_prefix_and_a_longer_one_before_a_shorter() -> None:
    def route(name: str, kind: str, value: str) -> list[Manifest]:
        matches = [{"matches": [{"path": {"type": kind, "value": value}}]}]
        return [
            resource("HTTPRoute", name, {"parentRefs": [reference("Server", "web")], "rules": matches}),
            resource(
                "AuthorizationPolicy",
                name,
                {
                    "targetRef": reference("HTTPRoute", name),
                    "requiredAuthenticationRefs": [reference("MeshTLSAuthentication", name)],
                },
            ),
            resource("MeshTLSAuthentication", name, {"identityRefs": [{"kind": "ServiceAccount", "name": name}]}),
        ]

    labels = {"matchLabels": {"app.kubernetes.io/name": "web"}}
    made = [
        resource("Server", "web", {"podSelector": labels, "port": 80, "proxyProtocol": "HTTP/1"}),
        *route("all", "PathPrefix", "/"),
        *route("some", "PathPrefix", "/a"),
        *route("same", "PathPrefix", "/a/b"),
        *route("one", "Exact", "/a/b"),
    ]
    deciding = {"/a/b": "one", "/a/b/c": "same", "/a/c": "some", "/ab": "all", "/": "all"}
    for path, decides in deciding.items():
        allowed = [
            who
            for who in ("all", "some", "same", "one")
            if verdict(made, Call(("candor", who), "web", 80, "GET", path)).allowed
        ]
        assert allowed == [decides], path


def test_every_rate_limit_is_on_a_server_whose_protocol_has_one() -> None:
    protocols = {each["metadata"]["name"]: each["spec"]["proxyProtocol"] for each in of_kind(everything(), "Server")}
    limited = {
        each["metadata"]["name"]: protocols[each["spec"]["targetRef"]["name"]]
        for each in of_kind(everything(), "HTTPLocalRateLimitPolicy")
    }
    assert limited == {**dict.fromkeys(CONTRACT.rooms, "HTTP/2"), "gateway": "HTTP/1"}


@pytest.mark.parametrize(("seconds", "told"), [(60, "60s"), (0.5, "500ms"), (1.25, "1250ms"), (120.0, "120s")])
def test_a_duration_has_a_whole_number_and_a_unit(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [("invented = { total = 1, caller = 1 }", "invented"), ("gateway = { total = 1, caller = 2 }", "gateway")],
)
def test_a_rate_of_nobody_or_of_more_than_all_is_refused(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "callers.toml").write_text(f"{CALLERS.read_text()}{line}\n")
    with pytest.raises(CallersError, match=told):
        read_callers(CONTRACT, tmp_path / "callers.toml")
