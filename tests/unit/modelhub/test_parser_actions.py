"""What the parser says is what it reads: the grammar, the actions and the representation agree with each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.modelhub.shop import items_in, shop

from services.modelhub.adapters.built_in.ir import Aggregate, ColumnRef, Condition, Literal, Measure, Operator, Query
from services.modelhub.adapters.built_in.parser.grammar import MAX_DEPTH, START, Pointer, after, allowed
from services.modelhub.adapters.built_in.parser.hearing import query_of
from services.modelhub.adapters.built_in.parser.items import Items
from services.modelhub.adapters.built_in.parser.saying import actions_of
from services.modelhub.adapters.built_in.parser.search import classes_of
from services.modelhub.adapters.built_in.parser.vocabulary import KEYWORDS, MAX_ACTIONS, Keyword, Unsayable
from services.modelhub.adapters.built_in.realize import realize

QUESTION = "Which 3 customers from Paris older than 40 have a name that contains 'da'?"
ITEMS = items_in(QUESTION)
CLASSES = classes_of(ITEMS)
GENERAL = {Pointer.NUMERIC_COLUMN: Pointer.COLUMN, Pointer.NUMBER_VALUE: Pointer.VALUE}


def options(state: tuple) -> list[int]:
    following = set(allowed(state))
    following |= {special for special, general in GENERAL.items() if general in following}
    return [int(action) for action in np.flatnonzero(np.isin(CLASSES, list(following)))]


@st.composite
def sayings(draw: st.DrawFn) -> list[int]:
    """A walk through the grammar to its end; from half-way on it closes what it can."""
    state, said = START, []
    while state:
        possible = options(state)
        assert possible, "the grammar never leads to a place without a way on"
        ends = len(said) > 12 and Keyword.END in possible
        action = int(Keyword.END) if ends else draw(st.sampled_from(possible))
        said.append(action)
        state = after(state, int(GENERAL.get(CLASSES[action], CLASSES[action])))
        if len(said) > MAX_ACTIONS:
            return said
    return said


@settings(max_examples=100, deadline=None)
@given(sayings())
def test_whatever_the_grammar_allows_is_a_query_that_is_said_the_same_way(said: list[int]) -> None:
    if len(said) > MAX_ACTIONS:
        return
    query = query_of(said, ITEMS)
    try:
        again = actions_of(query, ITEMS)
    except Unsayable:
        return
    assert query_of(again, ITEMS) == query


@settings(max_examples=60, deadline=None)
@given(sayings())
def test_whatever_the_grammar_allows_is_written_or_left_out_but_never_fails(said: list[int]) -> None:
    if len(said) > MAX_ACTIONS:
        return
    realized = realize(query_of(said, ITEMS), shop(), "sqlite")
    assert realized is None or realized.sql.upper().startswith(("SELECT", "("))


def test_a_question_is_said_in_few_actions() -> None:
    city = ColumnRef("customers", "city")
    query = Query(
        (Measure(ColumnRef("customers"), Aggregate.COUNT),),
        where=Condition(Measure(city), Operator.EQ, (Literal("Paris"),)),
    )
    said = actions_of(query, ITEMS)
    assert [Keyword(each).name if each < KEYWORDS else "pointer" for each in said] == [
        "COUNT", "pointer", "WHERE", "pointer", "EQ", "pointer", "END",
    ]  # fmt: skip
    assert query_of(said, ITEMS) == query


def test_a_literal_that_the_question_does_not_hold_is_never_said() -> None:
    where = Condition(Measure(ColumnRef("customers", "city")), Operator.EQ, (Literal("Rome"),))
    said = actions_of(Query((Measure(ColumnRef("customers", "name")),), where=where), ITEMS)
    assert Keyword.UNSAID in said
    with pytest.raises(Unsayable):
        query_of(said, ITEMS)
    reached = {action for state in (START,) for action in allowed(state)}
    assert Keyword.UNSAID not in reached


def test_a_value_is_written_as_its_column_stores_it_and_elsewhere_as_the_question_says_it() -> None:
    paris = next(value for value in ITEMS.values if value.text == "Paris")
    assert paris.literal(ColumnRef("customers", "city"), Operator.EQ) == Literal("Paris")
    number = next(value for value in ITEMS.values if value.text == "40")
    assert number.literal(ColumnRef("customers", "age"), Operator.GT) == Literal("40", is_number=True)


def test_nesting_is_bounded() -> None:
    state = START
    for _ in range(MAX_DEPTH - 1):
        for step in (Pointer.COLUMN, Keyword.WHERE, Pointer.COLUMN, Keyword.EQ, Keyword.OPEN):
            assert step in allowed(state) or step == Pointer.COLUMN
            state = after(state, step)
    for step in (Pointer.COLUMN, Keyword.WHERE, Pointer.COLUMN, Keyword.EQ):
        state = after(state, step)
    assert Keyword.OPEN not in allowed(state)


def test_a_wide_schema_is_cut_to_what_the_question_names() -> None:
    from services.kit.catalog import Column, ColumnType, Table  # noqa: PLC0415
    from services.modelhub.adapters.built_in.parser.items import MAX_COLUMNS, MAX_TABLES, items_of  # noqa: PLC0415
    from services.modelhub.adapters.built_in.schema import prepare  # noqa: PLC0415
    from services.modelhub.adapters.built_in.tokens import tokenize  # noqa: PLC0415

    tables = tuple(
        Table("", f"t{n}", columns=tuple(Column(f"c{n}_{m}", ColumnType.TEXT) for m in range(10))) for n in range(100)
    )
    wanted = Table("", "planets", columns=(Column("moons", ColumnType.INTEGER),))
    cut: Items = items_of(tokenize("How many moons have the planets?"), prepare((*tables, wanted), ()), ())
    assert "planets" in cut.tables
    assert ColumnRef("planets", "moons") in cut.columns
    assert len(cut.tables) <= MAX_TABLES
    assert len(cut.columns) <= MAX_COLUMNS
