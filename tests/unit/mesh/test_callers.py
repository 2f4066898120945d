"""Who may call what: the table names what exists, bounds what must be bounded, and refuses what it does not know."""

from pathlib import Path

import pytest

from mesh.callers import CALLERS, CallersError, read_callers
from mesh.contract import Contract, load_descriptors, read_contract


@pytest.fixture
def contract() -> Contract:
    return read_contract(load_descriptors())


def test_the_edge_may_call_the_whole_contract_and_nobody_else_may(contract: Contract) -> None:
    callers = read_callers(contract)
    assert callers.may_call["edge"] == contract.methods
    assert all(len(methods) < len(contract.methods) / 2 for name, methods in callers.may_call.items() if name != "edge")


def test_both_ways_of_reading_the_table_agree(contract: Contract) -> None:
    callers = read_callers(contract)
    forwards = {
        (caller, method) for caller in callers.may_call for ms in callers.called_by(caller).values() for method in ms
    }
    backwards = {
        (caller, method) for room in contract.rooms for caller, ms in callers.callers_of(room).items() for method in ms
    }
    assert forwards == backwards


def test_streams_have_no_timeout_and_tries_are_shorter_than_calls(contract: Contract) -> None:
    limits = read_callers(contract).limits
    for method in contract.methods:
        whole, single = limits.timeout_s(method), limits.try_timeout_s(method)
        assert (whole is None) == (method.server_streaming or method.client_streaming)
        assert single is None or (whole is not None and single < whole and method.retryable)


def test_a_call_that_would_do_its_work_twice_is_not_tried_twice(contract: Contract) -> None:
    retryable = {method.name: method.retryable for method in contract.methods}
    assert retryable["CheckStatement"]
    assert retryable["CreateGeneration"], "its request_id answers a repeated call with the first one's answer"
    assert not retryable["IssueToken"]
    assert not retryable["CheckDataQuality"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('documents = ["ValidationService/Nothing"]', "ValidationService/Nothing"),
        ('documents = ["IntrospectSchema"]', "IntrospectSchema"),
    ],
)
def test_a_method_that_no_proto_defines_is_refused(contract: Contract, tmp_path: Path, line: str, told: str) -> None:
    table = CALLERS.read_text().replace('modelhub = ["AccountsService/GetJwks"]', line.replace("documents", "modelhub"))
    (tmp_path / "callers.toml").write_text(table)
    with pytest.raises(CallersError, match=told):
        read_callers(contract, tmp_path / "callers.toml")


def test_a_stranger_among_the_callers_is_refused(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "callers.toml").write_text(CALLERS.read_text().replace('gateway = ["edge"]', 'gateway = ["egde"]'))
    with pytest.raises(CallersError, match="egde"):
        read_callers(contract, tmp_path / "callers.toml")
