"""The values that a question mentions are found, however it writes them."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.core.find_values import ValueIndex
from services.documents.core.index_values import column_values, normalize
from services.documents.core.model import IndexedValue, MatchKind
from services.kit.catalog import Column, ColumnType, Table

SHOP = {
    "city.name": ["New York", "York", "São Paulo", "Boston", "Hartford"],
    "customer.full_name": ["John Smith", "Ann O'Brien", "Miguel Ángel Díaz"],
    "customer.country": ["USA", "France", "Japan"],
    "employee.hand": ["L", "R"],
    "employee.gender": ["M", "F"],
    "store.is_open": ["0", "1"],
    "orders.status": ["Shipped", "Cancelled", "Backordered"],
    "product.name": ["Wi-Fi Router", "Wi-Fi", "C++ Primer", "The Great Gatsby", "Order"],
    "product.code": ["AX-204", "IN"],
}


def index(values: dict[str, list[str]]) -> ValueIndex:
    found: list[IndexedValue] = []
    for place, stored in values.items():
        table, column = place.split(".")
        kind = ColumnType.INTEGER if set(stored) == {"0", "1"} else ColumnType.TEXT
        samples = tuple(stored) if kind is ColumnType.INTEGER else ()
        found += column_values(Table("", table), Column(column, kind, samples=samples), stored)
    return ValueIndex(found)


@pytest.mark.parametrize(
    ("question", "place", "value", "kind"),
    [
        ("Who lives in Boston?", "city.name", "Boston", MatchKind.EXACT),
        ("who lives in boston", "city.name", "Boston", MatchKind.CASE),
        ("Anyone from Sao Paulo?", "city.name", "São Paulo", MatchKind.FOLDED),
        ("orders by Miguel Angel Diaz", "customer.full_name", "Miguel Ángel Díaz", MatchKind.FOLDED),
        ("orders that were shipped late", "orders.status", "Shipped", MatchKind.CASE),
        ("which orders did we ship?", "orders.status", "Shipped", MatchKind.STEM),
        ("How many live in Bostn?", "city.name", "Boston", MatchKind.TYPO),
        ("How many live in New Yrok?", "city.name", "New York", MatchKind.TYPO),
        ("how many orders are canceled", "orders.status", "Cancelled", MatchKind.TYPO),
        ("How many French customers?", "customer.country", "France", MatchKind.SYNONYM),
        ("customers from the United States", "customer.country", "USA", MatchKind.SYNONYM),
        ("How many left-handed employees?", "employee.hand", "L", MatchKind.SYNONYM),
        ("the number of women", "employee.gender", "F", MatchKind.SYNONYM),
        ("which stores are open", "store.is_open", "1", MatchKind.BOOLEAN),
        ("which stores are not open", "store.is_open", "0", MatchKind.BOOLEAN),
        ("is wifi sold?", "product.name", "Wi-Fi", MatchKind.FOLDED),
        ("who bought 'The Great Gatsby'?", "product.name", "The Great Gatsby", MatchKind.EXACT),
        ("price of AX-204?", "product.code", "AX-204", MatchKind.EXACT),
        ("price of ax 204?", "product.code", "AX-204", MatchKind.FOLDED),
        ("what did Smith buy?", "customer.full_name", "John Smith", MatchKind.PARTIAL),
    ],
)
def test_a_mentioned_value_is_found(question: str, place: str, value: str, kind: MatchKind) -> None:
    matches = index(SHOP).find(question)
    found = [match for match in matches if (f"{match.table}.{match.column}", match.value) == (place, value)]
    assert found, matches
    assert found[0].kind is kind
    assert question[found[0].start : found[0].end] == found[0].phrase


@pytest.mark.parametrize(
    "question",
    ["How many rows are in total?", "", "   ?!", "list the first of all", "show me their names", "1 2 3", "'"],
)
def test_words_of_grammar_are_no_values(question: str) -> None:
    common = {"t.c": ["in", "The", "all", "First", "name", "many"]}
    assert index(common).find(question) == ()


def test_a_capital_makes_a_code_of_a_word_of_grammar() -> None:
    assert [match.value for match in index(SHOP).find("Is the product IN sold?")] == ["IN"]


def test_the_longer_phrase_wins_over_a_value_inside_it() -> None:
    assert [match.value for match in index(SHOP).find("Who lives in New York?")] == ["New York"]


def test_a_value_inside_a_longer_one_of_another_column_stays_possible() -> None:
    matches = index({"river.name": ["Ohio"], "state.lowest_point": ["Ohio River"]}).find(
        "Where does the Ohio River run?"
    )
    assert [(match.column, match.value) for match in matches] == [("lowest_point", "Ohio River"), ("name", "Ohio")]
    assert matches[1].score <= 0.5


def test_a_value_at_the_beginning_of_a_word_is_not_written_there() -> None:
    [match] = index({"weather.event": ["Rain"]}).find("days on which it Rained")
    assert match.kind is MatchKind.STEM


def test_a_number_is_not_the_yes_or_no_of_a_flag() -> None:
    assert index(SHOP).find("stores with 1 till and 0 lifts") == ()


@pytest.mark.parametrize("column", ["gender", "staff_gender", "status_code"])
def test_a_column_of_codes_is_no_flag(column: str) -> None:
    assert index({f"staff.{column}": ["0", "1"]}).find("the gender, status and code of the staff") == ()


def test_all_columns_that_hold_the_value_are_given() -> None:
    matches = index({"a.x": ["Rome"], "b.y": ["Rome"], "b.z": ["ROME"]}).find("the weather in Rome")
    assert [(match.table, match.column, match.score) for match in matches] == [
        ("a", "x", 1.0),
        ("b", "y", 1.0),
        ("b", "z", 0.97),
    ]


def test_a_word_that_also_names_a_column_is_trusted_less() -> None:
    matches = index(SHOP | {"a.b": ["Product"]}).find("the last product of Boston")
    assert [match.value for match in matches] == ["Boston", "Product"]
    assert matches[1].score < 0.7


def test_codes_are_not_guessed_in_a_column_with_other_values() -> None:
    assert index({"employee.hand": ["L", "R", "Q"]}).find("left-handed employees") == ()


def test_the_result_is_bounded_and_always_the_same() -> None:
    values = {f"t{n}.c": ["Rome", "Paris", "Rome Paris"] for n in range(100)}
    matches = index(values).find("Rome, Paris and Rome Paris", limit=15)
    assert len(matches) == 15
    assert matches == index(values).find("Rome, Paris and Rome Paris", limit=15)


@given(st.text(max_size=200))
def test_no_question_breaks_it_and_every_span_is_inside(question: str) -> None:
    for match in index(SHOP).find(question):
        assert 0 <= match.start < match.end <= len(question)
        assert 0 < match.score <= 1


@given(st.lists(st.text(min_size=1, max_size=12).filter(normalize), min_size=1, max_size=20), st.data())
def test_a_quoted_value_is_always_found(values: list[str], data: st.DataObject) -> None:
    stored = [value for value in dict.fromkeys(values) if '"' not in value and "\u201c" not in value]
    if not stored:
        return
    value = data.draw(st.sampled_from(stored))
    found = {match.value for match in index({"t.c": stored}).find(f'Who wrote "{value}"?', limit=100)}
    assert any(normalize(other) == normalize(value) for other in found)


@pytest.mark.slow
def test_twenty_questions_to_a_hundred_thousand_values_take_less_than_reading_them() -> None:
    chance = random.Random(7)  # noqa: S311 - made-up words keep no secret
    parts = ["".join(chance.choice("abcdefghijklmnoprstuvw") for _ in range(6)) for _ in range(30_000)]
    values = {f"t{n}.c": [" ".join(chance.sample(parts, 2)).title() for _ in range(5_000)] for n in range(20)}
    wanted = values["t3.c"][17]
    start = time.process_time()
    large = index(values)
    built = time.process_time()
    for _ in range(20):
        assert any(
            match.value == wanted for match in large.find(f"How many orders did {wanted.lower()} place in 2020?")
        )
    assert time.process_time() - built < built - start


@pytest.mark.parametrize("question", ["x" * 100_000, '"' * 100_000, "'a " * 40_000, "Rome " * 20_000, "\u0301" * 5_000])
def test_a_hostile_question_takes_no_longer(question: str) -> None:
    start = time.process_time()
    shop = index(SHOP | {"a.b": ["Rome"] + [f"Rome {n}" for n in range(2_000)]})
    built = time.process_time()
    shop.find(question)
    # A quarter of the time to read 2,000 values is usual; what grows with the square of the question takes thousands.
    assert time.process_time() - built < 10 * (built - start)
