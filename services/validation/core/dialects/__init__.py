"""The dialects that the guard knows: one row of data each, read from the two files that bear its name."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FUNCTIONS = HERE.parent / "functions"
NAMES = ("duckdb", "postgres", "sqlite")


@dataclass(frozen=True, eq=False)
class Dialect:
    """What the guard knows of one dialect. Names and words are in lower case; patterns are shell globs."""

    name: str
    nested_comments: bool
    escape_strings: bool
    dollar_quotes: bool
    name_quotes: tuple[str, ...]
    forbidden_text: tuple[str, ...]
    folds_to_lower: bool
    default_schemas: tuple[str, ...]
    longest_name_bytes: int | None
    quoted_may_be_text: bool
    row_identifiers: frozenset[str]
    first_words: frozenset[str]
    explain_words: frozenset[str]
    explain_options: frozenset[str]
    files_are_tables: bool
    system_schemas: tuple[str, ...]
    system_names: tuple[str, ...]
    system_relations: frozenset[str]
    refused_types: tuple[str, ...]
    functions: frozenset[str]
    function_schemas: frozenset[str]
    method_calls: bool
    table_functions: frozenset[str] | None
    behind_operators: frozenset[str]
    harmless_volatile: frozenset[str]
    kept: frozenset[str]
    denied: Mapping[str, str]
    size_limits: Mapping[str, int]
    step_limits: Mapping[str, int]
    format_limits: Mapping[str, int]

    def denial(self, function: str) -> str | None:
        """Why a function is refused, in words that follow "because", or None where nobody has reviewed it."""
        if function in self.kept:
            return None
        return next((why for pattern, why in self.denied.items() if fnmatchcase(function, pattern)), None)

    def is_system_relation(self, schema: str, name: str) -> bool:
        """Whether a relation belongs to the engine, by its schema (empty when none is written) and name."""
        if any(fnmatchcase(schema, pattern) for pattern in self.system_schemas):
            return True
        if name in self.system_relations and (not schema or schema in self.default_schemas):
            return True
        return any(fnmatchcase(name, pattern) for pattern in self.system_names)

    def key(self, name: str, *, quoted: bool) -> str:
        """What a name is compared by: two names are one exactly when their keys are equal."""
        return name if quoted and self.folds_to_lower else name.lower()

    @cached_property
    def callable_names(self) -> tuple[str, ...]:
        """The functions that may be called, sorted, for suggestions."""
        return tuple(sorted(self.functions))


def words(text: str) -> frozenset[str]:
    """The words of a text, as tables of them are written."""
    return frozenset(text.split())


def _load(name: str) -> Dialect:
    row: dict[str, Any] = tomllib.loads((HERE / f"{name}.toml").read_text())
    path = FUNCTIONS / f"{name}.toml"
    derived: dict[str, str] = tomllib.loads(path.read_text()) if path.exists() else {}
    text, names, statements, functions = row["text"], row["names"], row["statements"], row["functions"]
    callable_now = frozenset[str]().union(
        *(words(names) for kind, names in derived.items() if kind != "relations"),
        words(functions["syntax"]),
        words(functions["extensions"]),
        words(functions.get("tables", "")),
    )
    return Dialect(
        name=name,
        nested_comments=text["nested_comments"],
        escape_strings=text["escape_strings"],
        dollar_quotes=text["dollar_quotes"],
        name_quotes=tuple(text["name_quotes"]),
        forbidden_text=tuple(text["forbidden"]),
        folds_to_lower=names["unquoted"] == "lower",
        default_schemas=tuple(names["default_schemas"]),
        longest_name_bytes=names.get("longest_bytes"),
        quoted_may_be_text=names.get("quoted_may_be_text", False),
        row_identifiers=frozenset(names.get("row_identifiers", ())),
        first_words=frozenset(statements["first_words"]),
        explain_words=frozenset(statements["explain_words"]),
        explain_options=frozenset(statements["explain_options"]),
        files_are_tables=row["relations"].get("files_are_tables", False),
        system_schemas=tuple(row["relations"]["system_schemas"]),
        system_names=tuple(row["relations"]["system_names"]),
        system_relations=words(derived.get("relations", "")),
        refused_types=tuple(row["types"]["refused"]),
        functions=callable_now,
        function_schemas=frozenset(functions["schemas"]),
        method_calls=functions.get("method_calls", False),
        table_functions=words(functions["tables"]) if "tables" in functions else None,
        behind_operators=words(functions["behind_operators"]),
        harmless_volatile=words(functions["volatile"]),
        kept=words(functions["kept"]),
        denied={pattern: why for patterns, why in functions["denied"].items() for pattern in patterns.split()},
        size_limits=row["limits"]["sizes"],
        step_limits=row["limits"]["steps"],
        format_limits=row["limits"]["formats"],
    )


DIALECTS: Mapping[str, Dialect] = {name: _load(name) for name in NAMES}
