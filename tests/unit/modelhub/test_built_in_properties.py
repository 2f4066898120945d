"""Whatever the question and the schema, the built-in engine drafts valid SQL on what exists, or nothing."""

import time

import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.engine import BuiltInEngine
from services.modelhub.core.model import Context, Draft, DraftRequest, ValueMatch

WORDS = [
    "order",
    "group",
    "Unit Price",
    "customer",
    "customer_id",
    "name",
    "id",
    "日本語",
    'a"b',
    "city",
    "select",
    "birthDate",
    "stuid",
    "x",
    "Größe",
    "date",
    "total amount",
    "first_name",
    "last_name",
    "_",
    "1st",
    "status",
    "orders",
    "employee",
]
PHRASES = [
    "how many",
    "what is the",
    "names of",
    "with the most",
    "more than 3",
    "ordered by",
    "in descending order",
    "for each",
    "never",
    "without",
    "average",
    "maximum",
    "at least 2",
    "between 1 and 5",
    "both",
    "and",
    "or",
    "not",
    "Paris",
    "'x'",
    "?",
    ",",
    "who",
    "highest",
    "top 3",
    "number of",
    "different",
    "contains",
    "older than",
    "above the average",
    "in 2012",
    "but not",
    "most common",
    "is null",
    "\x00",
    "'",
    "each",
    "fewest",
    "per",
    "before 2020-01-02",
    "twice",
    "whose",
    "1e999",
    "--",
    "grouped by",
    "least",
    "no",
    "difference between",
]
names = st.one_of(st.sampled_from(WORDS), st.text(min_size=1, max_size=12))


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    """A schema of up to five tables with keys between any of their columns, and values found anywhere."""
    tables = []
    for name in draw(st.lists(names, min_size=1, max_size=5, unique_by=str.lower)):
        columns = tuple(
            Column(
                column,
                draw(st.sampled_from(ColumnType)),
                is_primary_key=draw(st.booleans()),
                is_unique=draw(st.booleans()),
                samples=draw(st.sampled_from([(), ("1", "2"), ("Y", "N"), ("M", "F"), ("Paris",)])),
            )
            for column in draw(st.lists(names, max_size=6, unique_by=str.lower))
        )
        tables.append(Table(draw(st.sampled_from(["", "main"])), name, columns=columns))
    places = [(table.qualified_name, column.name) for table in tables for column in table.columns] or [
        ("nowhere", "nothing")
    ]
    pairs = draw(st.lists(st.tuples(st.sampled_from(places), st.sampled_from(places)), max_size=4))
    keys = tuple(ForeignKey(one[0], (one[1],), other[0], (other[1],)) for one, other in pairs)
    found = draw(st.lists(st.tuples(st.sampled_from(places), st.integers(0, 30), st.integers(1, 9)), max_size=3))
    matches = tuple(ValueMatch(*place, "Paris", "Paris", start, start + size) for place, start, size in found)
    return Context(draw(st.sampled_from(["sqlite", "postgres", "duckdb"])), tuple(tables), keys, matches)


questions = st.one_of(
    st.lists(st.one_of(st.sampled_from(PHRASES), st.sampled_from(WORDS)), max_size=14).map(" ".join),
    st.text(max_size=120),
)


def check(context: Context, answer: Draft) -> None:
    tables = {table.name for table in context.tables}
    columns = {column.name for table in context.tables for column in table.columns}
    for candidate in answer.candidates:
        assert 0.0 <= candidate.confidence <= 1.0
        assert candidate.reading
        tree = sqlglot.parse_one(candidate.sql, dialect=context.dialect)
        assert isinstance(tree, exp.Query)
        assert {table.name for table in tree.find_all(exp.Table)} <= tables
        assert {c.name for c in tree.find_all(exp.Column) if not isinstance(c.this, exp.Star)} <= columns


@settings(max_examples=300, deadline=None)
@given(contexts(), questions)
def test_any_question_on_any_schema_gives_parsable_sql_that_names_only_what_exists(
    context: Context, question: str
) -> None:
    request = DraftRequest(question, context)
    answer = BuiltInEngine().draft(request)
    check(context, answer)
    assert len(answer.candidates) <= request.max_candidates
    assert [c.confidence for c in answer.candidates] == sorted((c.confidence for c in answer.candidates), reverse=True)
    assert BuiltInEngine().draft(request) == answer


def test_a_schema_of_a_thousand_tables_is_read_once_and_then_answered_sooner() -> None:
    tables = tuple(
        Table(
            "",
            f"{kind}_{n}",
            columns=tuple(Column(f"{kind}_{c}_{n}", ColumnType.TEXT) for c in ("id", "name", "city", "kind")),
        )
        for n in range(250)
        for kind in ("customer", "orders", "machine", "visit")
    )
    context = Context("postgres", tables)
    engine = BuiltInEngine()
    started = time.process_time()
    engine.draft(DraftRequest("Show the city of customer 18 ordered by name.", context))
    read = time.process_time()
    answer = engine.draft(DraftRequest("Show the name of customer 17 ordered by city.", context))
    assert time.process_time() - read < read - started
    check(context, answer)


def test_tables_without_keys_between_them_are_not_joined_by_guess() -> None:
    tables = (
        Table("", "planet", columns=(Column("planet_name", ColumnType.TEXT),)),
        Table("", "recipe", columns=(Column("recipe_title", ColumnType.TEXT),)),
    )
    answer = BuiltInEngine().draft(DraftRequest("Show the planet name and recipe title.", Context("sqlite", tables)))
    assert all("JOIN" not in candidate.sql for candidate in answer.candidates)
