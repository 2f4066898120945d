"""Accepted answers teach other names and which key to join by, where several agree and none says otherwise."""

import pytest

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.habits import ALIAS_SCORE, Alias, Habits, learn, with_habits
from services.modelhub.adapters.built_in.ir import ColumnRef
from services.modelhub.adapters.built_in.ir_text import parse_query
from services.modelhub.adapters.built_in.linking import link
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import Schema, prepare
from services.modelhub.adapters.built_in.tokens import tokenize
from services.modelhub.core.model import VerifiedPair


def table(name: str, *columns: str) -> Table:
    """Columns as "name:type"; the first is the primary key."""
    parts = [column.partition(":") for column in columns]
    made = [Column(one, ColumnType(kind or "text"), is_primary_key=n == 0) for n, (one, _, kind) in enumerate(parts)]
    return Table("", name, columns=tuple(made))


SCHEMA = prepare(
    (
        table("firm", "id:integer", "name", "employees:integer", "founded:integer", "city"),
        table("airport", "code", "city"),
        table("flight", "id:integer", "origin", "destination", "hub", "miles:number"),
        table("crew", "id:integer", "flight_id:integer", "home", "pilot"),
    ),
    (
        ForeignKey("flight", ("origin",), "airport", ("code",)),
        ForeignKey("flight", ("destination",), "airport", ("code",)),
        ForeignKey("crew", ("flight_id",), "flight", ("id",)),
        ForeignKey("crew", ("home",), "airport", ("code",)),
    ),
)
Pairs = tuple[tuple[str, str], ...]
ACME = ("What is the headcount of the firm 'Acme'?", "SELECT employees FROM firm WHERE name = 'Acme'")
LARGE = ("Which firms have a headcount over 500?", "SELECT name FROM firm WHERE employees > 500")
MEAN = ("Average headcount of firms in each city", "SELECT city, avg(employees) FROM firm GROUP BY city")
HEADCOUNT = Alias(frozenset({"headcount"}), ColumnRef("firm", "employees"))


def learned(*pairs: tuple[str, str]) -> Habits:
    return learn(tuple(VerifiedPair(*pair) for pair in pairs), SCHEMA, "sqlite")


def named(word: str, schema: Schema) -> list[ColumnRef]:
    return [name.ref for item in link(tokenize(word), schema, ()) for name in item.names]


def test_an_alias_needs_two_pairs() -> None:
    assert learned(ACME).aliases == ()
    assert learned(ACME, MEAN).aliases == (HEADCOUNT,)
    assert learned(LARGE, MEAN).aliases == (HEADCOUNT,)


def test_the_same_question_twice_is_one_pair() -> None:
    assert learned(ACME, (ACME[0].upper(), ACME[1])).aliases == ()


def test_a_learned_word_names_its_column_from_then_on() -> None:
    schema = with_habits(SCHEMA, learned(ACME, MEAN))
    assert named("headcount", SCHEMA) == []
    assert named("headcount", schema) == [HEADCOUNT.ref]
    assert schema.names[HEADCOUNT.words][0].score == ALIAS_SCORE


def test_a_learned_word_leaves_the_schema_as_it_was() -> None:
    before = dict(SCHEMA.names)
    with_habits(SCHEMA, learned(ACME, MEAN))
    assert SCHEMA.names == before


def test_words_that_another_pair_uses_otherwise_teach_nothing() -> None:
    other = ("Headcount of flights", "SELECT count(*) FROM flight")
    assert learned(ACME, MEAN, other).aliases == ()


@pytest.mark.parametrize(
    "pairs",
    [
        # Two columns without a name.
        (
            ("Vitals of the firm 'Acme'", "SELECT employees, founded FROM firm WHERE name = 'Acme'"),
            ("Vitals of the firm 'Bolt'", "SELECT employees, founded FROM firm WHERE name = 'Bolt'"),
        ),
        # Two runs of words.
        (
            ("Headcount of audacious firms", "SELECT employees FROM firm WHERE name = 'Acme'"),
            ("Headcount of audacious firms in Rome", "SELECT employees FROM firm WHERE city = 'Rome'"),
        ),
        # The name of a thing is shown without being asked for.
        (
            ("Which firms prosper?", "SELECT name FROM firm WHERE employees > 500"),
            ("Which firms prosper in Rome?", "SELECT name FROM firm WHERE employees > 500 AND city = 'Rome'"),
        ),
        (
            ("Which firms in Rome prosper?", "SELECT name FROM firm WHERE city = 'Rome'"),
            ("Which firms in Oslo prosper?", "SELECT name FROM firm WHERE city = 'Oslo'"),
        ),
        # A city is named by its value, a year by its number.
        (
            ("Prospering firms in 'Rome'", "SELECT count(*) FROM firm WHERE city = 'Rome'"),
            ("Prospering firms in 'Oslo'", "SELECT count(*) FROM firm WHERE city = 'Oslo'"),
        ),
        (
            ("Prospering firms since 1990", "SELECT count(*) FROM firm WHERE founded >= 1990"),
            ("Prospering firms since 2010", "SELECT count(*) FROM firm WHERE founded >= 2010"),
        ),
        # "oldest" says what it speaks of, whatever word is beside it.
        (
            ("Oldest splendid firm", "SELECT name FROM firm ORDER BY founded LIMIT 1"),
            ("The oldest splendid firm of all", "SELECT name FROM firm ORDER BY founded LIMIT 1"),
        ),
        (("Headcount", "SELECT x FROM nowhere"), ("The headcount", "no SQL")),
    ],
)
def test_what_may_mean_several_things_teaches_nothing(pairs: Pairs) -> None:
    assert learned(*pairs).aliases == ()


def test_a_table_gets_another_name_where_its_columns_have_theirs() -> None:
    pairs = (
        ("How many outfits are there?", "SELECT count(*) FROM firm"),
        ("Names of outfits in 'Rome'", "SELECT name FROM firm WHERE city = 'Rome'"),
    )
    assert learned(*pairs).aliases == (Alias(frozenset({"outfit"}), ColumnRef("firm")),)


def test_neighbouring_words_are_one_name() -> None:
    pairs = (
        ("Labour force of the firm 'Acme'", "SELECT employees FROM firm WHERE name = 'Acme'"),
        ("Which firms have a labour force over 500?", "SELECT name FROM firm WHERE employees > 500"),
    )
    assert [alias.words for alias in learned(*pairs).aliases] == [frozenset({"labour", "forc"})]


def landing(miles: int) -> tuple[str, str]:
    join = "flight JOIN airport ON flight.destination = airport.code"
    return (f"Cities of flights over {miles} miles", f"SELECT airport.city FROM {join} WHERE flight.miles > {miles}")


def leaving(miles: int) -> tuple[str, str]:
    question, sql = landing(miles)
    return (question, sql.replace("destination", "origin"))


def joined(query: str, habits: Habits) -> str:
    realized = realize(parse_query(query), with_habits(SCHEMA, habits), "sqlite")
    assert realized is not None
    return realized.sql + (" -- tied" if realized.is_tied else "")


def test_a_learned_join_is_taken_where_two_are_as_short() -> None:
    query = "show airport.city, flight.miles"
    assert joined(query, Habits()).endswith("ON flight.origin = airport.code -- tied")
    assert joined(query, learned(landing(1), landing(2))).endswith("ON flight.destination = airport.code")
    assert joined(query, learned(leaving(1), leaving(2))).endswith("ON flight.origin = airport.code")


def test_a_learned_join_needs_two_pairs_and_more_than_any_other() -> None:
    assert learned(landing(1)).edges == frozenset()
    assert learned(landing(1), landing(1)).edges == frozenset()
    assert learned(landing(1), landing(2), leaving(3), leaving(4)).edges == frozenset()
    (edge,) = learned(landing(1), landing(2), leaving(3)).edges
    assert edge.left_columns == ("destination",)


def test_a_column_that_the_question_says_outweighs_a_learned_join() -> None:
    habits = learned(landing(1), landing(2))
    assert joined("show airport.city, flight.origin", habits).endswith("ON flight.origin = airport.code")


def test_a_learned_join_makes_no_longer_way_the_shorter() -> None:
    habits = learned(landing(1), landing(2))
    assert joined("show airport.city, crew.pilot", habits).endswith("ON crew.home = airport.code")


def test_a_join_that_leaves_no_choice_teaches_nothing() -> None:
    crews = [
        (
            f"Pilots over {miles} miles",
            f"SELECT pilot FROM crew JOIN flight ON flight_id = flight.id WHERE miles > {miles}",
        )
        for miles in (1, 2)
    ]
    assert learned(*crews).edges == frozenset()


def test_a_join_by_no_key_teaches_nothing() -> None:
    by_hub = [(question, sql.replace("destination", "hub")) for question, sql in (landing(1), landing(2))]
    assert learned(*by_hub).edges == frozenset()


def test_nothing_learned_is_the_schema_itself() -> None:
    assert with_habits(SCHEMA, learned()) is SCHEMA
