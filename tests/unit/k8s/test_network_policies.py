"""The generator of network policies: what is made says what the tables say, and is what lies in the repository."""

from pathlib import Path

import pytest
from manifests import K8S

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract
from mesh.kubernetes.__main__ import documents, main
from mesh.kubernetes.policies import linkerd_policies, network_policies, read_outside

CALLERS = read_callers(read_contract(load_descriptors()))


def test_what_lies_in_the_repository_is_what_the_tables_make() -> None:
    assert {path: (K8S / "components" / path).read_text() for path in documents()} == documents()


def test_the_command_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in documents():
        (tmp_path / path).parent.mkdir()
    main(["--write", str(tmp_path)])
    main([])
    assert capsys.readouterr().out == "".join((tmp_path / path).read_text() for path in documents())


def test_a_stranger_may_not_be_given_a_network(tmp_path: Path) -> None:
    table = tmp_path / "outside.toml"
    table.write_text('[everywhere]\ncallers = ["mallory"]\ninternet = true\n')
    with pytest.raises(ValueError, match="mallory"):
        read_outside(CALLERS, table)


def test_every_name_is_used_once() -> None:
    policies = [*network_policies(CALLERS, read_outside(CALLERS)), *linkerd_policies(CALLERS)]
    names = [each["metadata"]["name"] for each in policies]
    assert len(names) == len(set(names))
