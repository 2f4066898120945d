"""Which values are indexed, and in what form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.core.index_values import (
    VALUES_PER_COLUMN,
    VALUES_PER_SOURCE,
    index_values,
    indexed_columns,
    is_sensitive,
    normalize,
    stem,
    words,
)
from services.kit.catalog import Catalog, Column, ColumnType, Table


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "user_password",
        "apiKey",
        "SSN",
        "cardNumber",
        "card_no",
        "email",
        "EMAIL_ADDRESS",
        "custEmail",
        "phone",
        "HomePhone",
        "date_of_birth",
        "iban",
        "access_tokens",
        "PasswordHash",
        "ip_address",
    ],
)
def test_a_column_that_sounds_sensitive_is_sensitive(name: str) -> None:
    assert is_sensitive(Column(name))


@pytest.mark.parametrize("name", ["session", "lesson", "passenger", "spin", "tokenizer", "name", "city", "discard_no"])
def test_a_sensitive_word_inside_another_word_is_not_sensitive(name: str) -> None:
    assert not is_sensitive(Column(name))


def test_only_text_like_columns_and_flags_that_are_not_sensitive_are_indexed() -> None:
    columns = (
        Column("city", ColumnType.TEXT),
        Column("nickname", ColumnType.TEXT, is_sensitive=True),
        Column("email", ColumnType.TEXT),
        Column("amount", ColumnType.NUMBER),
        Column("is_open", ColumnType.INTEGER, samples=("0", "1")),
        Column("floors", ColumnType.INTEGER, samples=("0", "1", "2")),
        Column("id", ColumnType.INTEGER, is_primary_key=True, samples=("1",)),
        Column("opened", ColumnType.DATE),
    )
    catalog = Catalog("sqlite", (Table("", "shop", columns=columns),))
    assert [column.name for _, column in indexed_columns(catalog)] == ["city", "is_open"]


def test_values_of_a_sensitive_column_are_dropped_even_when_they_are_handed_in() -> None:
    table = Table("", "person")
    read = [
        (table, Column("ssn", ColumnType.TEXT), ["078-05-1120"]),
        (table, Column("city", ColumnType.TEXT), ["Rome"]),
    ]
    assert [value.value for value in index_values(read)] == ["Rome"]


def test_blank_long_and_repeated_values_are_left_out_and_the_caps_hold() -> None:
    table, column = Table("", "t"), Column("c", ColumnType.TEXT)
    assert [v.value for v in index_values([(table, column, ["a", " ", "--", "a", "b" * 101, "B"])])] == ["a", "B"]
    many = (str(number) for number in range(10**9))
    assert len(list(index_values([(table, column, many)]))) == VALUES_PER_COLUMN
    columns = [(table, Column(f"c{n}", ColumnType.TEXT), map(str, range(VALUES_PER_COLUMN))) for n in range(50)]
    assert len(list(index_values(columns))) == VALUES_PER_SOURCE


def test_case_accents_width_and_punctuation_do_not_matter() -> None:
    assert normalize("  CAFÉ-au-Lait ") == normalize("cafe\u0301 au lait") == "cafe au lait"
    assert normalize("\uff21\uff22\uff23 1\u00bd".replace("\u00bd", "")) == "abc 1"
    assert normalize("McDonald's") == normalize("McDonald\u2019s") == "mcdonald"
    assert normalize("Straße") == "strasse"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cat", "cats"),
        ("city", "cities"),
        ("box", "boxes"),
        ("ship", "shipped"),
        ("complete", "completed"),
        ("run", "running"),
        ("class", "classes"),
        ("study", "studied"),
        ("manage", "managing"),
        ("dress", "dresses"),
    ],
)
def test_plural_and_verb_endings_do_not_matter(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["status", "analysis", "us", "gas", "bus", "2010s", "class"])
def test_a_word_that_only_looks_inflected_stays(word: str) -> None:
    assert stem(word) == word


@given(st.text(max_size=60))
def test_any_text_is_read_and_every_word_stands_where_it_says(text: str) -> None:
    last = 0
    for folded, start, end in words(text):
        assert last <= start < end <= len(text)
        assert folded
        assert not folded.isspace()
        last = end
    assert normalize(normalize(text)) == normalize(text)
