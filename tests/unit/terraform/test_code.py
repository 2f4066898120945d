"""What holds for all of `terraform/`, read as text: nothing open, nothing unsaid, environments alike but for values."""

import json
import re
from pathlib import Path

import pytest
from aws_schema import KEPT, used_types

ROOT = Path(__file__).parents[3]
CODE = ROOT / "terraform"
FILES = sorted(path for path in CODE.rglob("*.tf") if ".terraform" not in path.parts)
MODULES = sorted(path.name for path in (CODE / "modules").iterdir() if path.is_dir())
ENVIRONMENTS = ("production", "staging")


def _blocks(kind: str, path: Path) -> dict[str, str]:
    """The text of each block of a kind, by its last label; `tofu fmt` ends one with a brace that begins a line."""
    found = re.finditer(rf'^{kind} (?:"(\w+)" )?"([\w-]+)" {{(.*?)^}}', path.read_text(), re.MULTILINE | re.DOTALL)
    return {f"{each[1]}.{each[2]}" if each[1] else each[2]: each[3] for each in found}


def _says(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.MULTILINE) is not None


def _everywhere(kind: str) -> dict[str, str]:
    return {f"{path.relative_to(CODE)}:{name}": text for path in FILES for name, text in _blocks(kind, path).items()}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_inputs_outputs_versions_and_an_example(module: str) -> None:
    folder = CODE / "modules" / module
    assert {"main.tf", "variables.tf", "outputs.tf", "versions.tf"} <= {path.name for path in folder.iterdir()}
    examples = [CODE / "examples" / module / "main.tf", *(CODE / "envs").glob("*/main.tf")]
    assert any(path.exists() and f'modules/{module}"' in path.read_text() for path in examples)


def test_everything_that_is_asked_for_or_given_is_described() -> None:
    for kind in ("variable", "output"):
        blocks = _everywhere(kind)
        assert len(blocks) > 50
        assert [name for name, text in blocks.items() if not _says(r'^  description = ".{5,}"$', text)] == []


def test_everything_that_is_asked_for_has_a_type() -> None:
    assert [name for name, text in _everywhere("variable").items() if not _says(r"^  type +=", text)] == []


def test_the_provider_is_the_one_whose_schema_is_kept() -> None:
    version = json.loads(KEPT.read_text())["version"]
    asked = {each for path in FILES for each in re.findall(r'version = "(~> [\d.]+)"', path.read_text())}
    assert asked == {f"~> {version.rpartition('.')[0]}"}


def test_the_schema_that_is_kept_is_of_what_is_used() -> None:
    kept = json.loads(KEPT.read_text())
    found = {
        (kind, name)
        for kind, schemas in (("resource", "resource_schemas"), ("data", "data_source_schemas"))
        for name in kept[schemas]
    }
    assert found == {each for each in used_types() if each[0] != "ephemeral"}


def test_environments_differ_in_values_alone() -> None:
    folders = [CODE / "envs" / name for name in ENVIRONMENTS]
    assert sorted(path.name for path in (CODE / "envs").iterdir()) == list(ENVIRONMENTS)
    first, second = ({path.relative_to(each): path for path in each.rglob("*") if path.is_file()} for each in folders)
    assert first.keys() == second.keys()
    own = {str(name) for name in first if not (first[name].is_symlink() and first[name].samefile(second[name]))}
    assert own == {"backend.hcl", "terraform.tfvars"}


def test_environments_share_neither_account_nor_network_nor_state() -> None:
    texts = [(CODE / "envs" / name / "terraform.tfvars").read_text() for name in ENVIRONMENTS]
    backends = [(CODE / "envs" / name / "backend.hcl").read_text() for name in ENVIRONMENTS]
    for word in ("account_id", "cidr", "domain", "environment"):
        assert len({re.search(rf'^{word} += "(.+)"$', text, re.MULTILINE)[1] for text in texts}) == 2
    assert len({re.search(r"^bucket +=.+", text, re.MULTILINE)[0] for text in backends}) == 2


def test_state_is_sealed_and_locked() -> None:
    for name in ENVIRONMENTS:
        text = (CODE / "envs" / name / "versions.tf").read_text()
        assert 'backend "s3"' in text
        assert re.search(r"encrypt += true", text)
        assert re.search(r"use_lockfile += true", text)
        assert "kms_key_id" in (CODE / "envs" / name / "backend.hcl").read_text()


def test_every_resource_carries_the_environments_tags() -> None:
    roots = [*(CODE / "envs").glob("*/main.tf"), CODE / "bootstrap" / "main.tf"]
    assert len(roots) == 3
    assert all("tags = module.tags.tags" in path.read_text() for path in roots)


def test_no_rule_lets_everybody_in() -> None:
    rules = _everywhere("resource")
    ingress = {name: text for name, text in rules.items() if "aws_vpc_security_group_ingress_rule" in name}
    assert len(ingress) >= 6
    assert [name for name, text in ingress.items() if "0.0.0.0/0" in text or "::/0" in text] == []
    # Rules within a group or a subnet's own address would be seen by no test of rules.
    assert [name for name, text in rules.items() if _says(r"^  ingress \{|map_public_ip_on_launch += true", text)] == []
    assert {name for name, text in rules.items() if _says(r"^  internal += false", text)} == {
        "modules/edge/main.tf:aws_lb.this"
    }


def test_no_role_may_do_everything_or_more_than_describe_everything() -> None:
    for path in FILES:
        for statement in re.findall(r"\{ actions = \[(.*?)\], resources = \[\"\*\"\]", path.read_text()):
            for action in re.findall(r'"(.*?)"', statement):
                assert re.match(r"\w+:(Describe|List|Get)\w+$", action), f"{path}: {action}"
        for statement in re.findall(r"^  statement \{(.*?)^  \}", path.read_text(), re.MULTILINE | re.DOTALL):
            if 'effect    = "Deny"' in statement:
                continue
            actions = re.findall(r'"(.*?)"', re.search(r"actions += \[?(.*?)$", statement, re.MULTILINE)[1])
            assert not any("*" in action for action in actions), f"{path}: {actions}"
            if re.search(r'resources += \["\*"\]', statement):
                assert actions == ["ecr:GetAuthorizationToken"], f"{path}: {actions}"


@pytest.mark.parametrize("word", ["password", "secret_string", "auth_token", "master_password"])
def test_no_state_holds_a_secret(word: str) -> None:
    # The write-only twins of these arguments end in _wo.
    assert [name for name, text in _everywhere("resource").items() if _says(rf"^\s+{word} +=", text)] == []


def test_secrets_are_the_ones_that_the_cluster_asks_for() -> None:
    asked = (ROOT / "k8s" / "components" / "external-secrets" / "secrets.yaml").read_text()
    names = set(re.findall(r"key: candor/([\w-]+), property: (\w+)", asked))
    text = (CODE / "modules" / "secrets" / "main.tf").read_text()
    services = re.search(r"services = \[(.*?)\]", text)[1].replace('"', "").split(", ")
    made = {(f"{service}{role}", "database_url") for service in services for role in ("", "-migrations")}
    for name, values in re.findall(r"^    (\w+) += \{(.*?)\}?$\n", text, re.MULTILINE):
        made |= {(name, key) for key in re.findall(r"(\w+) = ", values)}
    made |= {
        ("accounts", key) for key in re.findall(r"^      (\w+) += ", text[text.index("accounts = {") :], re.MULTILINE)
    }
    assert names <= made


def test_the_cluster_finds_the_roles_and_taints_that_it_names() -> None:
    store = (ROOT / "k8s" / "components" / "external-secrets" / "store.yaml").read_text()
    identity = (CODE / "modules" / "identity" / "secrets.tf").read_text()
    account = re.search(r"serviceAccountRef: \{name: ([\w-]+)\}", store)[1]
    assert f"system:serviceaccount:candor:{account}" in identity
    assert '"${var.name}-secrets-reader"' in identity
    tolerated = (ROOT / "k8s" / "components" / "spot" / "tolerate.yaml").read_text()
    key, value, effect = re.search(r"key: (\S+), operator: Equal, value: \"(\w+)\", effect: (\w+)", tolerated).groups()
    cluster = (CODE / "modules" / "cluster" / "main.tf").read_text()
    assert (key in cluster, f'value  = "{value}"' in cluster, effect) == (True, True, "NoSchedule")


def test_every_workload_has_a_place_for_its_image() -> None:
    asked = (ROOT / "k8s" / "overlays" / "production" / "kustomization.yaml").read_text()
    text = (CODE / "modules" / "images" / "variables.tf").read_text()
    kept = set(re.search(r"default     = \[(.*?)\]", text)[1].replace('"', "").split(", "))
    assert kept == set(re.findall(r"name: candor/(\w+),", asked))


def test_the_readme_fits_a_screen_and_names_outputs_that_exist() -> None:
    text = (CODE / "README.md").read_text()
    assert len(text.splitlines()) <= 60
    outputs = _blocks("output", CODE / "envs" / "staging" / "outputs.tf")
    named = set(re.findall(r"`output ([a-z_]+)`", text))
    assert len(named) >= 5
    assert named <= outputs.keys()
