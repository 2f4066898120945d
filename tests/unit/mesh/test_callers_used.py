"""The table of callers against the code: what a workload calls is in the table, and the table holds nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.callers import read_callers
from mesh.contract import load_descriptors, read_contract

ROOT = Path(__file__).parents[3]
CALLERS = read_callers(read_contract(load_descriptors()))
FOLDERS = {"gateway": ROOT / "gateway"} | {
    name: ROOT / "services" / name for name in CALLERS.workloads if name not in {"edge", "gateway"}
}
# What stands for a call of another's: kit's verifier asks for the keys that tokens are signed with.
LENT = {"verifier_for(": "AccountsService/GetJwks"}


def calls_in(folder: Path) -> Iterator[str]:
    """The RPCs that a folder's code calls: "AccountsService/GetJwks"."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text()
        stubs = set(re.findall(r"\b(\w+Service)Stub\(", text))
        methods = set(re.findall(r"\bstub\.([A-Z]\w+)\(|\b_stub\.([A-Z]\w+)\(", text))
        assert len(stubs) <= 1, f"{path} calls several services: this test could not tell whose method is which"
        assert stubs or not methods, f"{path} calls a stub that it does not make"
        yield from (f"{stub}/{one or other}" for stub in stubs for one, other in methods)
        yield from (call for sign, call in LENT.items() if sign in text)


@pytest.mark.parametrize("workload", FOLDERS)
def test_a_workload_calls_what_the_table_allows_and_is_allowed_nothing_that_it_does_not_call(workload: str) -> None:
    allowed = {f"{method.service.rpartition('.')[2]}/{method.name}" for method in CALLERS.may_call.get(workload, ())}
    assert set(calls_in(FOLDERS[workload])) == allowed


def test_kit_lends_what_this_test_knows_of() -> None:
    found = {
        call
        for path in (ROOT / "services" / "kit").rglob("*.py")
        for call in re.findall(r"stub\.(\w+)\(", path.read_text())
    }
    assert {f"AccountsService/{call}" for call in found} == set(LENT.values())
