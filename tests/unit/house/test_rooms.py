"""The house rules that no linter knows: the same rooms in every service, files and constructors of a readable size."""

import ast
from pathlib import Path

import pytest
from candor.access.v1 import access_pb2
from candor.accounts.v1 import accounts_service_pb2
from candor.documents.v1 import documents_service_pb2
from candor.errors.v1 import error_reason_pb2
from candor.generation.v1 import generation_service_pb2
from candor.modelhub.v1 import modelhub_service_pb2
from candor.validation.v1 import (
    analysis_service_pb2,
    quality_service_pb2,
    trial_service_pb2,
    validation_service_pb2,
)

from services.kit.identity import ROLES
from services.kit.rpc.call import methods_of

ROOT = Path(__file__).parents[3]
SERVICES = ("accounts", "documents", "generation", "validation", "modelhub")
ROOMS = {"README.md", "__init__.py", "__main__.py", "settings.py", "servicer", "wire", "core", "adapters"}
OPTIONAL_ROOMS = {"migrations"}
MAX_LINES = 400
MAX_COLLABORATORS = 5

SOURCES = sorted(path for folder in ("services", "gateway", "mesh") for path in (ROOT / folder).rglob("*.py"))
CONTRACTS = [
    module.DESCRIPTOR.services_by_name[name]
    for module, name in (
        (accounts_service_pb2, "AccountsService"),
        (documents_service_pb2, "DocumentsService"),
        (generation_service_pb2, "GenerationService"),
        (modelhub_service_pb2, "ModelhubService"),
        (validation_service_pb2, "ValidationService"),
        (trial_service_pb2, "TrialService"),
        (analysis_service_pb2, "AnalysisService"),
        (quality_service_pb2, "QualityService"),
    )
]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms_and_no_others(service: str) -> None:
    found = {path.name for path in (ROOT / "services" / service).iterdir() if path.name != "__pycache__"}
    # A service of several gRPC services has a folder of each where the others have a file.
    rooms = {name.removesuffix(".py") if name in {"servicer.py", "wire.py"} else name for name in found}
    assert rooms - OPTIONAL_ROOMS == ROOMS


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_readme_fits_a_screen(service: str) -> None:
    assert len((ROOT / "services" / service / "README.md").read_text().splitlines()) <= 30


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_lives_in_it(path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_constructor_takes_few_collaborators(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            positional = [each.arg for each in node.args.args if each.arg != "self"]
            assert len(positional) <= MAX_COLLABORATORS, f"line {node.lineno}: {positional}"


def test_every_rpc_names_a_permission_that_some_role_holds() -> None:
    held = frozenset[str]().union(*ROLES.values()) | {"public"}
    asked = {method.permission for method in methods_of(CONTRACTS).values()}
    assert asked <= held


def test_every_role_grants_only_permissions_of_the_contract() -> None:
    known = {name.removeprefix("PERMISSION_").lower() for name in access_pb2.Permission.keys()}
    assert frozenset[str]().union(*ROLES.values()) <= known


def test_every_reason_that_is_raised_is_in_the_contract() -> None:
    known = {name.removeprefix("ERROR_REASON_") for name in error_reason_pb2.ErrorReason.keys()}
    errors = {
        *("InvalidArgument", "FailedPrecondition", "NotFound", "AlreadyExists", "Unauthenticated", "PermissionDenied"),
        *("ResourceExhausted", "Cancelled", "DeadlineExceeded", "Unavailable", "Unimplemented", "Internal"),
    }
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors and node.args:
                reason = node.args[0]
                if isinstance(reason, ast.Constant):
                    assert reason.value in known, f"{path}:{node.lineno} raises {reason.value!r}"
