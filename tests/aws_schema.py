"""What the AWS provider's schema says of the resources that `terraform/` uses, and how that extract is made again.

The registry of providers is out of a test's reach, but CDK Terrain publishes its types of the provider's whole schema
on npm. `python tests/aws_schema.py FOLDER` reads them from an unpacked `@cdktn/provider-aws` and writes
`aws_schema.json`, in the form of `tofu providers schema -json`. Not in the types, so not in the extract: how many of a
block there may be, which arguments exclude each other, which values one takes, and which the provider fills in itself.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PACKAGE = "@cdktn/provider-aws@25.7.0"
KEPT = Path(__file__).with_name("aws_schema.json")
CODE = Path(__file__).parents[1] / "terraform"

KINDS = {
    "resource": "resource_schemas",
    "data": "data_source_schemas",
    "ephemeral": "ephemeral_resource_schemas",
}
_FOLDERS = {"resources": "resource", "data-sources": "data"}
_PLACE = re.compile(r"registry\.terraform\.io/providers/hashicorp/aws/([\d.]+)/docs/([\w-]+)/(\w+)#(\w+) ")
# Where the provider's blocks hold themselves, the extract ends; nobody writes so deep.
_DEEPEST = 7

# CDK Terrain has no ephemeral resources: this one is from the provider's documentation.
_EPHEMERAL = {
    "aws_secretsmanager_random_password": {
        "block": {
            "attributes": {
                "exclude_punctuation": {"type": "bool", "optional": True},
                "password_length": {"type": "number", "optional": True},
                "random_password": {"type": "string", "computed": True},
            }
        }
    }
}
# A statement of the firewall may hold statements, so its type says nothing: from the documentation, as far as used.
_STATEMENT = {
    "nesting_mode": "list",
    "min_items": 1,
    "block": {
        "attributes": {},
        "block_types": {
            "managed_rule_group_statement": {
                "nesting_mode": "list",
                "block": {
                    "attributes": {
                        "name": {"type": "string", "required": True},
                        "vendor_name": {"type": "string", "required": True},
                        "version": {"type": "string", "optional": True},
                    },
                    "block_types": {
                        "rule_action_override": {
                            "nesting_mode": "list",
                            "block": {
                                "attributes": {"name": {"type": "string", "required": True}},
                                "block_types": {
                                    "action_to_use": {
                                        "nesting_mode": "list",
                                        "min_items": 1,
                                        "block": {
                                            "attributes": {},
                                            "block_types": {
                                                "count": {"nesting_mode": "list", "block": {"attributes": {}}}
                                            },
                                        },
                                    }
                                },
                            },
                        }
                    },
                },
            },
            "rate_based_statement": {
                "nesting_mode": "list",
                "block": {
                    "attributes": {
                        "aggregate_key_type": {"type": "string", "optional": True},
                        "evaluation_window_sec": {"type": "number", "optional": True},
                        "limit": {"type": "number", "required": True},
                    }
                },
            },
        },
    },
}
# The provider's own block, as far as it is used.
_PROVIDER = {
    "block": {
        "attributes": {
            "allowed_account_ids": {"type": ["set", "string"], "optional": True},
            "region": {"type": "string", "optional": True},
        },
        "block_types": {
            "default_tags": {
                "nesting_mode": "list",
                "block": {"attributes": {"tags": {"type": ["map", "string"], "optional": True}}},
            }
        },
    }
}
_PRIMITIVES = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}
_MAPS = {"StringMap": "string", "NumberMap": "number", "BooleanMap": "bool", "AnyMap": "dynamic"}


class _Types:
    """The package's types.

    Args:
        package: The folder of the unpacked npm package.
    """

    def __init__(self, package: Path) -> None:
        self._package = package
        self._types: dict[str, Any] = json.loads((package / ".jsii").read_text())["types"]

    def places(self) -> dict[tuple[str, str], tuple[str, str]]:
        """By kind and type of a resource: the provider's version and the name of its type here."""
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for name, each in self._types.items():
            if each.get("interfaces") == ["cdktn.TerraformMetaArguments"]:
                for property_ in each.get("properties", ()):
                    if place := _place(property_):
                        found[_FOLDERS[place[2]], f"aws_{place[3]}"] = (place[1], name)
                        break
        return found

    def block(self, arguments_of: str, attributes_of: str, depth: int = 0) -> dict[str, Any]:
        """The schema of a block, from the type of what is given to it and the type of what is read from it."""
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        given = self._types.get(arguments_of, {}).get("properties", ())
        for each, place in ((each, _place(each)) for each in given):
            if place is None:
                continue
            name, inner = place[4], _inner(each["type"])
            if name == "statement" and each["type"] == {"primitive": "any"}:
                blocks[name] = _STATEMENT
            elif each["docs"].get("summary", "").endswith(f"{name} block.") and inner:
                if depth < _DEEPEST:
                    nesting = "set" if (name, "true") in self._sets(arguments_of) else "list"
                    blocks[name] = {
                        "nesting_mode": nesting if "collection" in json.dumps(each["type"]) else "list",
                        "block": self.block(inner, f"{inner}OutputReference", depth + 1),
                        **({} if each.get("optional") else {"min_items": 1}),
                    }
            else:
                kind = {"optional": True} if each.get("optional") else {"required": True}
                kind |= {"computed": True} if name in {"id", "tags_all"} and each.get("optional") else {}
                kind |= {"write_only": True} if name.endswith("_wo") else {}
                attributes[name] = {"type": self._type(name, each["type"], arguments_of, depth), **kind}
        for name, type_ in self._read(attributes_of):
            if name not in attributes and name not in blocks:
                attributes[name] = {"type": self._type(name, type_, arguments_of, depth), "computed": True}
        return {"attributes": attributes, **({"block_types": blocks} if blocks else {})}

    def _read(self, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for each in self._types.get(name, {}).get("properties", ()):
            inherited = each["name"].endswith("Input") or each.get("overrides") or each.get("static")
            if not inherited and each["name"] not in {"internalValue", "fqn", "timeouts"}:
                yield _snake(each["name"]), each["type"]

    def _type(self, name: str, type_: Mapping[str, Any], near: str, depth: int) -> Any:
        """A type of jsii as a type of cty."""
        if "primitive" in type_:
            return _PRIMITIVES[type_["primitive"]]
        if "union" in type_:
            known = [each for each in type_["union"]["types"] if each.get("fqn") != "cdktn.IResolvable"]
            return self._type(name, known[0], near, depth)
        if "collection" in type_:
            of = self._type(name, type_["collection"]["elementtype"], near, depth)
            many = "set" if (name, "tolist") in self._sets(near) or (name, "true") in self._sets(near) else "list"
            return ["map" if type_["collection"]["kind"] == "map" else many, of]
        fqn = type_["fqn"]
        short = fqn.rpartition(".")[2]
        if fqn.startswith("cdktn."):
            return ["map", _MAPS[short]] if short in _MAPS else "bool"
        if depth >= _DEEPEST:
            return "dynamic"
        of = self._object(re.sub(r"(List|Map|OutputReference)$", "", fqn), depth + 1)
        if short.endswith("Map"):
            return ["map", of]
        return [("set" if (name, "true") in self._sets(near) else "list"), of] if short.endswith("List") else of

    def _object(self, name: str, depth: int) -> Any:
        block = self.block(name, f"{name}OutputReference", depth)
        return ["object", {key: each["type"] for key, each in block["attributes"].items()}]

    def _sets(self, name: str) -> set[tuple[str, str]]:
        """What is a set: the types do not say, the code does."""
        source = self._types[name]["locationInModule"]["filename"]
        text = _text(self._package / source.replace("src/", "lib/").replace(".ts", ".js"))
        lists = {(each, "true") for each in re.findall(r"new \w+\(this, [\"'](\w+)[\"'], true\)", text)}
        return lists | {(each, "tolist") for each in re.findall(r"tolist\(this\.getListAttribute\('(\w+)'", text)}


_TEXTS: dict[Path, str] = {}


def _text(path: Path) -> str:
    if path not in _TEXTS:
        _TEXTS[path] = path.read_text()
    return _TEXTS[path]


def _place(each: Mapping[str, Any]) -> re.Match[str] | None:
    return _PLACE.search(f"{each['docs'].get('summary', '')} {each['docs'].get('remarks', '')}")


def _inner(type_: Mapping[str, Any]) -> str | None:
    found = re.search(r'"(@cdktn/[^"]+)"', json.dumps(type_))
    return found[1] if found else None


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def used_types() -> set[tuple[str, str]]:
    """What `terraform/` uses, as ("resource", "aws_vpc")."""
    text = "\n".join(path.read_text() for path in CODE.rglob("*.tf"))
    return set(re.findall(r'^(resource|data|ephemeral) "(aws_\w+)"', text, re.MULTILINE))


def write(package: Path) -> list[str]:
    """Writes the extract again, and says what the provider does not know."""
    types = _Types(package)
    places, used = types.places(), used_types()
    schema: dict[str, Any] = {name: {} for name in KINDS.values()}
    for kind, name in sorted(used & places.keys()):
        _, config = places[kind, name]
        block = types.block(config, config.removesuffix("Config"))
        if kind == "data":
            # What may be asked by is answered too.
            block["attributes"] = {
                key: each if each.get("required") else {**each, "computed": True}
                for key, each in block["attributes"].items()
            }
        schema[KINDS[kind]][name] = {"block": block}
    schema["ephemeral_resource_schemas"] = _EPHEMERAL
    version = next(iter(places.values()))[0]
    kept = {"from": PACKAGE, "version": version, "provider": _PROVIDER, **schema}
    KEPT.write_text(json.dumps(kept, separators=(",", ":"), sort_keys=True) + "\n")
    return sorted(".".join(each) for each in used - places.keys() if each[0] != "ephemeral")


if __name__ == "__main__":
    sys.stdout.writelines(f"unknown: {each}\n" for each in write(Path(sys.argv[1])))
