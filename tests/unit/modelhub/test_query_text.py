"""A representation printed and read back is the same, whatever it holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.modelhub.adapters.built_in.ir import (
    Aggregate,
    ColumnRef,
    Condition,
    Join,
    Junction,
    Literal,
    Measure,
    Operator,
    Order,
    Query,
    SetOperator,
)
from services.modelhub.adapters.built_in.ir_text import MAX_DEPTH, Unreadable, parse_query, print_query

CITY = ColumnRef("person", "city")
AGE = ColumnRef("person", "age")

names = st.one_of(
    st.sampled_from(["person", "sales.order", "union", "show", "where", "and", "in", "count", "Größe", 'a"b', "x#1"]),
    st.text(max_size=6),
)
numbers = st.integers(-(10**9), 10**9)
columns = st.builds(ColumnRef, names, st.one_of(st.just("*"), names), st.integers(-1, 3))
measures = st.builds(Measure, columns, st.one_of(st.none(), st.sampled_from(Aggregate)), st.booleans())
literals = st.builds(
    Literal, st.one_of(numbers.map(str), st.sampled_from(["1.5", "", "it's", "a\\u", "\n"]), st.text()), st.booleans()
)


def operands(operator: Operator, sides: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    sizes = {Operator.IS_NULL: (0, 0), Operator.NOT_NULL: (0, 0), Operator.BETWEEN: (2, 2)}
    low, high = (0, 3) if operator in {Operator.IN, Operator.NOT_IN} else sizes.get(operator, (1, 1))
    return st.lists(sides, min_size=low, max_size=high).map(tuple)


@st.composite
def comparisons(draw: st.DrawFn, sides: st.SearchStrategy[object]) -> Condition:
    operator = draw(st.sampled_from(Operator))
    factor = draw(st.sampled_from([1, 1, 2, -3]))
    return Condition(draw(measures), operator, draw(operands(operator, sides)), factor)  # type: ignore[arg-type]


@st.composite
def combined(draw: st.DrawFn, nested: st.SearchStrategy[Query]) -> Query:
    """One SELECT whose conditions hold `nested`, and perhaps another one."""
    parts: st.SearchStrategy[Condition | Junction] = comparisons(st.one_of(literals, measures, nested))
    filters = st.recursive(
        parts,
        lambda inner: st.builds(Junction, st.lists(inner, max_size=3).map(tuple), st.booleans()),
        max_leaves=4,
    )
    operator, other = draw(st.one_of(st.just((None, None)), st.tuples(st.sampled_from(SetOperator), nested)))
    return Query(
        select=tuple(draw(st.lists(measures, max_size=3))),
        distinct=draw(st.booleans()),
        where=draw(st.one_of(st.none(), filters)),
        group=tuple(draw(st.lists(columns, max_size=2))),
        having=draw(st.one_of(st.none(), filters)),
        order=tuple(draw(st.lists(st.builds(Order, measures, st.booleans()), max_size=2))),
        limit=draw(st.one_of(st.none(), numbers)),
        through=tuple(draw(st.lists(names, max_size=2))),
        set_operator=operator,
        other=other,
        joins=tuple(draw(st.lists(st.builds(Join, columns, columns), max_size=2))),
    )


plain = st.builds(Query, st.lists(measures, max_size=2).map(tuple))
queries = st.recursive(plain, combined, max_leaves=3)


@settings(max_examples=300, deadline=None)
@given(queries)
def test_what_is_printed_is_one_line_and_reads_back_as_the_same(query: Query) -> None:
    text = print_query(query)
    assert len(text.splitlines()) == 1
    assert parse_query(text) == query


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    "show",
                    "distinct",
                    "a.b",
                    "(",
                    ")",
                    "where",
                    "=",
                    "in",
                    "'x'",
                    "3",
                    "and",
                    "not",
                    "union",
                    ",",
                    "all",
                    "any",
                ]
            ),
            max_size=16,
        ).map(" ".join),
    )
)
def test_any_text_is_a_representation_or_refused_as_unreadable(text: str) -> None:
    try:
        query = parse_query(text)
    except Unreadable:
        return
    assert parse_query(print_query(query)) == query


def test_a_query_reads_like_a_sentence() -> None:
    oldest = Query((Measure(AGE, Aggregate.MAX),), where=Condition(Measure(CITY), Operator.EQ, (Literal("Paris"),)))
    query = Query(
        (Measure(CITY), Measure(ColumnRef("person"), Aggregate.COUNT)),
        where=Junction(
            (
                Condition(Measure(AGE), Operator.BETWEEN, (Literal("3", is_number=True), Literal("9", is_number=True))),
                Condition(Measure(AGE), Operator.LT, (oldest,), factor=2),
            )
        ),
        group=(CITY,),
        order=(Order(Measure(ColumnRef("person"), Aggregate.COUNT), descending=True),),
        limit=3,
    )
    assert print_query(query) == (
        "show person.city, count(person.*) where person.age between 3 and 9"
        " and person.age < 2 * (show max(person.age) where person.city = 'Paris')"
        " group by person.city order by count(person.*) desc limit 3"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "show was expected at character 0, not the end"),
        ("show a.b where", "a column was expected at character 14, not the end"),
        ("show a.b where a.b ~ 3", "nothing that is known starts at character 18"),
        ("show a.b where a.b 3", "a comparison was expected at character 19, not 3"),
        ("show a.b limit 1.5", "a whole number was expected at character 15, not 1.5"),
        ("show a.b where a.b = 1 and a.b = 2 or a.b = 3", "the end was expected at character 35, not or"),
        ("show a.b where a.b = '\\uffffff'", "\\uffffff is no character"),
    ],
)
def test_other_text_is_refused_with_what_was_expected_where(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_query(text)
    assert str(caught.value) == said


def test_text_nested_without_end_is_refused() -> None:
    with pytest.raises(Unreadable, match=f"more than {MAX_DEPTH} levels"):
        parse_query("show a.b where " + "(" * 10_000)
