"""The names that a policy writes mean what a person means by them, and never less where they take something away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.catalog import Table
from services.validation.core.dialects import DIALECTS
from services.validation.core.policies.patterns import Rules, column_pattern, parts_of, table_pattern

POSTGRES = DIALECTS["postgres"]


@pytest.mark.parametrize(
    ("written", "schema", "name", "meant"),
    [
        ("orders", "public", "orders", True),
        ("orders", "sales", "orders", True),
        ("ORDERS", "sales", "Orders", True),
        ("sales.orders", "sales", "orders", True),
        ("sales.orders", "public", "orders", False),
        ("sales.*", "sales", "anything", True),
        ("*", "any", "thing", True),
        ("s*.ord*s", "sales", "orders", True),
        ("ord*", "public", "old_orders", False),
        ("ord.rs", "public", "orders", False),
        ('"ord*"', "public", "orders", False),
        ('"my.table"', "public", "my.table", True),
    ],
)
def test_what_takes_away_is_about_every_schema_and_letter_case(
    written: str, schema: str, name: str, *, meant: bool
) -> None:
    pattern = table_pattern(written)
    assert pattern is not None
    assert pattern.restricts(Table(schema, name), POSTGRES) is meant


@pytest.mark.parametrize(
    ("written", "schema", "name", "meant"),
    [
        ("orders", "public", "orders", True),
        ("Orders", "public", "orders", True),
        ("orders", "public", "Orders", False),
        ('"Orders"', "public", "Orders", True),
        ("orders", "sales", "orders", False),
        ("sales.orders", "sales", "orders", True),
        ("*.orders", "sales", "orders", True),
        ("*", "sales", "orders", False),
    ],
)
def test_what_gives_is_about_the_search_path_and_the_name_as_the_engine_reads_it(
    written: str, schema: str, name: str, *, meant: bool
) -> None:
    pattern = table_pattern(written)
    assert pattern is not None
    assert pattern.opens(Table(schema, name), POSTGRES, ("public",)) is meant


def test_a_table_without_a_schema_is_in_the_engines_own() -> None:
    pattern = table_pattern("main.orders")
    assert pattern is not None
    assert pattern.restricts(Table("", "orders"), DIALECTS["sqlite"])


@pytest.mark.parametrize("written", ["", ".", "a.", ".a", "a..b", "a.b.c", '"a', 'a"b', '""'])
def test_what_is_no_table_is_not_read_as_one(written: str) -> None:
    assert table_pattern(written) is None


@pytest.mark.parametrize("written", ["password", "a.b.c.d", "a."])
def test_what_is_no_column_is_not_read_as_one(written: str) -> None:
    assert column_pattern(written) is None


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(written: str) -> None:
    parts = parts_of(written)
    assert parts is None or all(part.text for part in parts)


@given(st.lists(st.text(min_size=1, max_size=8).filter(lambda each: each.strip()), min_size=1, max_size=3))
def test_a_quoted_name_means_itself(names: list[str]) -> None:
    written = ".".join('"' + name.replace('"', '""') + '"' for name in names)
    parts = parts_of(written)
    assert parts is not None
    assert [part.text for part in parts] == names
    assert all(part.means(name) for part, name in zip(parts, names, strict=True))


def test_rules_are_found_by_exact_names_and_by_stars() -> None:
    patterns = [(pattern, text) for text in ("orders", "sales.ORDERS", "o*", "x*") if (pattern := table_pattern(text))]
    rules = Rules(POSTGRES, patterns)
    assert list(rules.about(Table("sales", "orders"))) == ["orders", "sales.ORDERS", "o*"]
    assert list(rules.about(Table("hr", "people"))) == []
