"""The dialects that the guard knows: one row of data each, read from the two files that bear its name."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cached_property
from pathlib import Path
from typing import Any

from services.kit.errors import InvalidArgument

HERE = Path(__file__).parent
FUNCTIONS = HERE.parent / "functions"
NAMES = ("bigquery", "duckdb", "mysql", "postgres", "snowflake", "sqlite", "trino", "tsql")
# Other names that people give a dialect.
ALIASES = {"mariadb": "mysql", "postgresql": "postgres", "mssql": "tsql", "sqlserver": "tsql", "presto": "trino"}


@dataclass(frozen=True, slots=True)
class Lexis:
    """How a dialect's text is cut into pieces.

    Args:
        line_comments: What opens a comment to the end of its line; "-- " counts only before white space.
        nested_comments: Whether a comment may hold another.
        hints: The optimizer hints that may stand in a comment that opens with a plus, where it is read at all.
        string_quotes: The quotes of texts.
        backslash_escapes: Whether a backslash escapes in every text.
        escape_strings: Whether one does in E'…'.
        doubled_quotes: Whether a quote is written in a text by doubling it.
        triple_quotes: Whether three quotes open a text that three close.
        dollar_quotes: "tagged" for $tag$…$tag$, "plain" for $$…$$ alone, empty for neither.
        name_quotes: The quotes of names, opening and closing.
        forbidden: What parsers differ on, wherever it stands outside texts and comments.
    """

    line_comments: tuple[str, ...]
    nested_comments: bool
    hints: frozenset[str] | None
    string_quotes: tuple[str, ...]
    backslash_escapes: bool
    escape_strings: bool
    doubled_quotes: bool
    triple_quotes: bool
    dollar_quotes: str
    name_quotes: tuple[str, ...]
    forbidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The catalogues (projects, databases) and schemas (data sets) that may be named; None where any schema may.

    A data source has its own; that of a dialect's file holds where a text is judged with no data source.
    """

    catalogs: frozenset[str]
    schemas: frozenset[str] | None


@dataclass(frozen=True, eq=False)
class Dialect:
    """What the guard knows of one dialect. Names and words are in lower case; patterns are shell globs."""

    name: str
    lexis: Lexis
    folds: str
    default_schemas: tuple[str, ...]
    longest_name_bytes: int | None
    quoted_may_be_text: bool
    dotted_names: bool
    exact_tables: bool
    row_identifiers: frozenset[str]
    reserved: frozenset[str]
    first_words: frozenset[str]
    always_recursive: bool
    unmarked_recursion: bool
    sees_later_queries: bool
    own_words_run: bool
    explain_words: frozenset[str]
    explain_options: frozenset[str]
    extra_nodes: frozenset[str]
    grammar: frozenset[str]
    clause_words: Mapping[str, frozenset[str]]
    files_are_tables: bool
    in_names_tables: bool
    hidden_columns: tuple[str, ...]
    system_schemas: tuple[str, ...]
    system_names: tuple[str, ...]
    system_relations: frozenset[str]
    sequence_columns: frozenset[str]
    scope: Scope
    refused_types: tuple[str, ...]
    functions: frozenset[str]
    function_schemas: frozenset[str]
    method_calls: bool
    methods: frozenset[str]
    table_functions: frozenset[str] | None
    behind_operators: frozenset[str]
    harmless_volatile: frozenset[str]
    kept: frozenset[str]
    denied: Mapping[str, str]
    size_limits: Mapping[str, int]
    size_positions: Mapping[str, int]
    step_limits: Mapping[str, int]
    format_limits: Mapping[str, int]
    refused_arguments: Mapping[str, str]

    def denial(self, function: str) -> str | None:
        """Why a function is refused, in words that follow "because", or None where nobody has reviewed it."""
        if function in self.kept:
            return None
        return next((why for pattern, why in self.denied.items() if fnmatchcase(function, pattern)), None)

    def is_system_relation(self, schema: str, name: str) -> bool:
        """Whether a relation belongs to the engine, by its schema (empty when none is written) and name."""
        if self.is_system_schema(schema):
            return True
        if name in self.system_relations and (not schema or schema in self.default_schemas):
            return True
        return self._system_name.match(name) is not None

    def is_system_schema(self, schema: str) -> bool:
        """Whether a schema or a catalogue belongs to the engine."""
        return self._system_schema.match(schema) is not None

    def key(self, name: str, *, quoted: bool) -> str:
        """What a name is compared by: two names are one exactly when their keys are equal."""
        if quoted and self.folds:
            return name
        return name.upper() if self.folds == "upper" else name.lower()

    @cached_property
    def callable_names(self) -> tuple[str, ...]:
        """The functions that may be called, sorted, for suggestions."""
        return tuple(sorted(self.functions))

    @cached_property
    def _system_schema(self) -> re.Pattern[str]:
        return any_of(self.system_schemas)

    @cached_property
    def _system_name(self) -> re.Pattern[str]:
        return any_of(self.system_names)


def words(text: str) -> frozenset[str]:
    """The words of a text, as tables of them are written."""
    return frozenset(text.split())


def any_of(patterns: tuple[str, ...] | list[str]) -> re.Pattern[str]:
    """One expression for shell globs; for none of them, one that matches nothing."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


def dialect_of(name: str) -> Dialect | None:
    """The dialect that a name means, in any letter case and by its aliases, or None."""
    known = name.strip().lower()
    return DIALECTS.get(ALIASES.get(known, known))


def require_dialect(name: str) -> Dialect:
    """The dialect that a name means.

    Raises:
        InvalidArgument: None is called so.
    """
    found = dialect_of(name)
    if found is None:
        raise unknown_dialect(name, sorted(DIALECTS))
    return found


def unknown_dialect(name: str, known: Iterable[str]) -> InvalidArgument:
    """The error for a dialect that is not among those that are known here."""
    message = f"The dialect {name[:40]!r} is not known. Known are {', '.join(known)}."
    return InvalidArgument("DIALECT_UNKNOWN", message, metadata={"dialect": name[:40]})


def _load(name: str) -> Dialect:
    row: dict[str, Any] = tomllib.loads((HERE / f"{name}.toml").read_text())
    path = FUNCTIONS / f"{name}.toml"
    derived: dict[str, str] = tomllib.loads(path.read_text()) if path.exists() else {}
    names, statements, functions, relations = row["names"], row["statements"], row["functions"], row["relations"]
    denied = {pattern: why for patterns, why in functions["denied"].items() for pattern in patterns.split()}
    kept = words(functions["kept"])
    listed = frozenset[str]().union(*(words(names) for kind, names in derived.items() if kind != "relations"))
    refused = any_of(list(denied))
    return Dialect(
        name=name,
        lexis=_lexis(row["text"]),
        folds=names["unquoted"] if names["unquoted"] in {"lower", "upper"} else "",
        default_schemas=tuple(names["default_schemas"]),
        longest_name_bytes=names.get("longest_bytes"),
        quoted_may_be_text=names.get("quoted_may_be_text", False),
        dotted_names=names.get("dotted", False),
        exact_tables=names.get("exact_tables", False),
        row_identifiers=frozenset(names.get("row_identifiers", ())),
        reserved=words(names.get("reserved", "")),
        first_words=frozenset(statements["first_words"]),
        always_recursive=statements.get("always_recursive", False),
        unmarked_recursion=statements.get("unmarked_recursion", False),
        sees_later_queries=statements.get("sees_later_queries", False),
        own_words_run=statements.get("own_words_run", False),
        explain_words=frozenset(statements["explain_words"]),
        explain_options=frozenset(statements["explain_options"]),
        extra_nodes=words(statements.get("nodes", "")),
        grammar=words(statements.get("grammar", "")),
        clause_words={kind: words(each) for kind, each in statements.get("words", {}).items()},
        files_are_tables=relations.get("files_are_tables", False),
        in_names_tables=relations.get("in_names_tables", False),
        hidden_columns=tuple(relations.get("hidden_columns", ())),
        system_schemas=tuple(relations["system_schemas"]),
        system_names=tuple(relations["system_names"]),
        system_relations=words(derived.get("relations", "")),
        sequence_columns=frozenset(relations.get("sequence_columns", ())),
        scope=_scope(relations.get("scope", {})),
        refused_types=tuple(row["types"]["refused"]),
        # A reviewed refusal is stronger than a list.
        functions=frozenset(each for each in listed if each in kept or not refused.match(each))
        | words(functions["syntax"])
        | words(functions["extensions"])
        | words(functions.get("tables", "")),
        function_schemas=frozenset(functions["schemas"]),
        method_calls=functions.get("method_calls", False),
        methods=words(functions.get("methods", "")),
        table_functions=words(functions["tables"]) if "tables" in functions else None,
        behind_operators=words(functions["behind_operators"]),
        harmless_volatile=words(functions["volatile"]),
        kept=kept,
        denied=denied,
        size_limits=row["limits"]["sizes"],
        size_positions=row["limits"].get("positions", {}),
        step_limits=row["limits"]["steps"],
        format_limits=row["limits"]["formats"],
        refused_arguments=row["limits"].get("arguments", {}),
    )


def _lexis(text: dict[str, Any]) -> Lexis:
    return Lexis(
        line_comments=tuple(text.get("line_comments", ("--",))),
        nested_comments=text["nested_comments"],
        hints=words(text["hints"]) if "hints" in text else None,
        string_quotes=tuple(text.get("string_quotes", ("'",))),
        backslash_escapes=text.get("backslash_escapes", False),
        escape_strings=text.get("escape_strings", False),
        doubled_quotes=text.get("doubled_quotes", True),
        triple_quotes=text.get("triple_quotes", False),
        dollar_quotes=text.get("dollar_quotes", ""),
        name_quotes=tuple(text["name_quotes"]),
        forbidden=tuple(each.lower() for each in text["forbidden"]),
    )


def _scope(row: dict[str, list[str]]) -> Scope:
    schemas = row.get("schemas")
    return Scope(frozenset(row.get("catalogs", ())), None if schemas is None else frozenset(schemas))


DIALECTS: Mapping[str, Dialect] = {name: _load(name) for name in NAMES if (HERE / f"{name}.toml").exists()}
