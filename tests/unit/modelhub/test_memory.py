"""A question that was answered before is answered the same way, with its own literals; in doubt nothing is recalled."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.ir_text import print_query
from services.modelhub.adapters.built_in.memory import ALIKE, Recalled, recall
from services.modelhub.adapters.built_in.parser.items import items_of
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import prepare
from services.modelhub.adapters.built_in.tokens import tokenize
from services.modelhub.adapters.built_in.verified import read_pair
from services.modelhub.core.model import Context, ValueMatch, VerifiedPair, without_private


def table(name: str, *columns: str) -> Table:
    """Columns as "name:type"; the first is the primary key."""
    parts = [column.partition(":") for column in columns]
    return Table(
        "",
        name,
        columns=tuple(
            Column(one, ColumnType(kind or "text"), is_primary_key=n == 0) for n, (one, _, kind) in enumerate(parts)
        ),
    )


TABLES = (
    table("person", "id:integer", "name", "city", "age:integer"),
    table(
        "trip", "id:integer", "person_id:integer", "origin", "destination", "year:integer", "fare:number", "day:date"
    ),
)
KEYS = (ForeignKey("trip", ("person_id",), "person", ("id",)),)
SCHEMA = prepare(TABLES, KEYS)
CITIES = ("Paris", "Rome", "New York", "York")
PLACES = (("person", "city"), ("trip", "origin"), ("trip", "destination"))


def matches_in(question: str) -> tuple[ValueMatch, ...]:
    """Every city that the question names, in each column that holds cities."""
    return tuple(
        ValueMatch(*place, city, found.group(), found.start(), found.end())
        for city in CITIES
        for found in re.finditer(rf"\b{city}\b", question, re.IGNORECASE)
        for place in PLACES
    )


def recalled(question: str, *pairs: tuple[str, str], matches: tuple[ValueMatch, ...] | None = None) -> list[Recalled]:
    tokens = tokenize(question)
    items = items_of(tokens, SCHEMA, matches_in(question) if matches is None else matches)
    return recall(tokens, SCHEMA, items, [VerifiedPair(*pair) for pair in pairs], "sqlite")


def statements(question: str, *pairs: tuple[str, str]) -> list[str]:
    written = [realize(each.query, SCHEMA, "sqlite") for each in recalled(question, *pairs)]
    return [each.sql for each in written if each is not None]


IN_PARIS = ("How many people live in Paris?", "SELECT count(*) FROM person WHERE city = 'Paris'")
IN_YEAR = ("Show the fares of trips in 2010.", "SELECT fare FROM trip WHERE year = 2010")
ROUTE = (
    "List the days of trips from Paris to Rome.",
    "SELECT day FROM trip WHERE origin = 'Paris' AND destination = 'Rome'",
)
TOP = ("Who are the 3 oldest people?", "SELECT name FROM person ORDER BY age DESC LIMIT 3")
LIKE = ("Which people have a name that contains 'da'?", "SELECT name FROM person WHERE name LIKE '%da%'")
BETWEEN = ("Names of people aged between 20 and 30", "SELECT name FROM person WHERE age BETWEEN 20 AND 30")
ALL = (IN_PARIS, IN_YEAR, ROUTE, TOP, LIKE, BETWEEN)


def test_the_same_question_with_another_city_gives_the_same_statement_with_that_city() -> None:
    assert statements("How many people live in Rome?", IN_PARIS) == ["SELECT COUNT(*) FROM person WHERE city = 'Rome'"]


def test_a_value_is_refilled_as_it_is_stored() -> None:
    assert statements("how many people live in rome", IN_PARIS) == ["SELECT COUNT(*) FROM person WHERE city = 'Rome'"]


def test_a_year_is_refilled() -> None:
    assert statements("Show the fares of trips in 2012.", IN_YEAR) == ["SELECT fare FROM trip WHERE year = 2012"]


def test_how_many_rows_is_refilled() -> None:
    (found,) = recalled("Who are the five oldest people?", TOP)
    assert found.query.limit == 5


def test_a_pattern_keeps_its_wildcards() -> None:
    assert statements("Which people have a name that contains 'bo'?", LIKE) == [
        "SELECT name FROM person WHERE name LIKE '%bo%'"
    ]


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("List the days of trips from Rome to Paris.", "origin = 'Rome' AND destination = 'Paris'"),
        ("List the days of trips from New York to York.", "origin = 'New York' AND destination = 'York'"),
        ("List the days of trips from Paris to Paris.", "origin = 'Paris' AND destination = 'Paris'"),
    ],
)
def test_each_literal_goes_to_its_own_place(question: str, condition: str) -> None:
    assert statements(question, ROUTE) == [f"SELECT day FROM trip WHERE {condition}"]


def test_two_literals_that_have_changed_places_are_not_guessed_at() -> None:
    assert recalled("List the days of trips to Rome from Paris.", ROUTE) == []


def test_the_words_before_two_literals_tell_which_is_which() -> None:
    split = ("From Paris which trips go to Rome?", ROUTE[1])
    (found,) = recalled("Which trips go to York from Rome?", split)
    assert print_query(found.query) == "show trip.day where trip.origin = 'Rome' and trip.destination = 'York'"
    alike = ("With Paris which trips go with Rome?", ROUTE[1])
    assert recalled("Which trips go with York with Rome?", alike) == []


def test_a_literal_that_the_pair_says_twice_has_no_place() -> None:
    pair = ("Trips of 3 people for 3 days", "SELECT id FROM trip WHERE fare = 3")
    assert recalled("Trips of 3 people for 3 days", pair)
    assert recalled("Trips of 5 people for 3 days", pair) == []


def test_a_question_about_another_column_recalls_nothing_however_much_is_the_same() -> None:
    pair = ("Show the origin, year, fare and day of trips.", "SELECT origin, year, fare, day FROM trip")
    assert recalled("Give me the origin, year, fare and day of all trips.", pair)
    assert recalled("Show the destination, year, fare and day of trips.", pair) == []


def test_a_question_without_words_recalls_nothing() -> None:
    assert recalled("?", ("!", IN_PARIS[1])) == []


def test_other_words_for_the_same_are_recalled_as_less_similar() -> None:
    (same,) = recalled("How many people live in Paris?", IN_PARIS)
    (other,) = recalled("What is the number of people that live in Paris?", IN_PARIS)
    assert same.query == other.query
    assert same.similarity == 1.0
    assert ALIKE <= other.similarity < 1.0
    assert other.pair.question == IN_PARIS[0]


@pytest.mark.parametrize(
    "question",
    [
        "What is the average fare of trips in 2010?",
        "Show the fares of trips not in 2010.",
        "Show the fares of trips after 2010.",
        "Show the destinations of trips in 2010.",
        "Show the fares of trips in 2010 or 2012.",
        "Show the fares of trips from Paris in 2010.",
        "How many people are there?",
        "?",
        "",
    ],
)
def test_a_different_question_recalls_nothing(question: str) -> None:
    assert recalled(question, IN_YEAR, ROUTE) == []


def test_or_is_not_and() -> None:
    both = ("Trips from Paris and in 2010", "SELECT id FROM trip WHERE origin = 'Paris' AND year = 2010")
    assert recalled("Trips that are from Paris and in 2010", both)
    assert recalled("Trips that are from Paris or in 2010", both) == []


@pytest.mark.parametrize(
    ("question", "pair"),
    [
        ("How many people live in Atlantis?", IN_PARIS),
        ("How many people live in?", IN_PARIS),
        ("Show the fares of trips in May.", IN_YEAR),
        ("Who are the oldest people?", TOP),
        ("Which people have a name that contains '%'?", LIKE),
        ("Names of people aged between 20 and old", BETWEEN),
    ],
)
def test_a_question_with_a_literal_that_is_not_found_recalls_nothing(question: str, pair: tuple[str, str]) -> None:
    assert recalled(question, pair) == []


def test_a_value_that_may_be_two_stored_ones_recalls_nothing() -> None:
    question = "How many people live in Spring?"
    place = question.index("Spring")
    matches = [ValueMatch("person", "city", city, "Spring", place, place + 6, 0.9) for city in ("Spring A", "Spring B")]
    assert recalled(question, IN_PARIS, matches=tuple(matches)) == []
    assert recalled(question, IN_PARIS, matches=tuple(matches[:1]))


def test_a_literal_that_no_word_says_is_kept_only_for_the_same_words() -> None:
    grown = ("Which adults live in Paris?", "SELECT name FROM person WHERE city = 'Paris' AND age >= 18")
    assert statements("Which adults live in Rome?", grown) == [
        "SELECT name FROM person WHERE city = 'Rome' AND age >= 18"
    ]
    assert recalled("Which are the adults that live in Rome?", grown) == []
    assert recalled("Which children live in Paris?", grown) == []


def test_another_literal_allows_no_other_words() -> None:
    assert recalled("How many people live in sunny Paris?", IN_PARIS)
    assert recalled("How many people live in sunny Rome?", IN_PARIS) == []


def test_two_pairs_that_disagree_give_both_the_best_first() -> None:
    others = (
        "How many different people live in Paris?",
        "SELECT count(DISTINCT name) FROM person WHERE city = 'Paris'",
    )
    older = ("What is the number of people who live in Paris?", "SELECT count(name) FROM person WHERE city = 'Paris'")
    found = recalled("How many people live in Paris?", older, others, IN_PARIS)
    assert [print_query(each.query) for each in found] == [
        "show count(person.*) where person.city = 'Paris'",
        "show count(person.name) where person.city = 'Paris'",
    ]


def test_two_pairs_that_agree_give_their_query_once() -> None:
    again = ("What is the number of people who live in Rome?", "SELECT COUNT(*) FROM person WHERE city = 'Rome'")
    (found,) = recalled("How many people live in Rome?", again, IN_PARIS)
    assert found.pair.question == IN_PARIS[0]


@pytest.mark.parametrize("sql", ["", "SELECT", "DELETE FROM person", "SELECT x FROM nowhere", "SELECT 1 " * 5_000])
def test_what_cannot_be_read_is_passed_over(sql: str) -> None:
    assert recalled("How many people live in Paris?", ("How many people live in Paris?", sql)) == []


def test_a_pair_that_mentions_a_sensitive_column_reaches_no_model() -> None:
    secret = Table("", "person", columns=(Column("name"), Column("Code", is_sensitive=True)))
    pairs = (VerifiedPair("Who has 42?", 'SELECT name FROM person WHERE "code" = 42'), VerifiedPair(*IN_PARIS))
    assert without_private(Context("sqlite", (secret,), verified=pairs)).verified == pairs[1:]


WORDS = [
    "people",
    "fare",
    "of",
    "from",
    "to",
    "in",
    "and",
    "or",
    "most",
    "not",
    "'da'",
    "?",
    ",",
    "each",
    "Rome",
    "york",
]
QUERIES = [sql for _, sql in ALL] + [
    "SELECT city, count(*) FROM person GROUP BY city HAVING count(*) > 3 ORDER BY count(*) DESC LIMIT 5",
    "SELECT name FROM person WHERE city IN ('Paris', 'Rome') UNION SELECT name FROM person WHERE age > 30",
    "SELECT name FROM person WHERE id NOT IN (SELECT person_id FROM trip WHERE year = 2010 OR destination = 'York')",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*WORDS, *CITIES, "2010", "3", "5", "20", "30"]), min_size=1, max_size=12),
    st.sampled_from(QUERIES),
)
def test_its_own_question_recalls_its_own_query(words: list[str], sql: str) -> None:
    question = " ".join(["show", *words])
    own = read_pair(VerifiedPair(question, sql), SCHEMA, "sqlite")
    assert own is not None
    (found,) = recalled(question, (question, sql))
    assert (found.query, found.similarity) == (own.query, 1.0)
