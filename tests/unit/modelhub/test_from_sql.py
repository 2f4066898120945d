"""SQL becomes a representation that names what is asked for, and no join that the keys give back."""

import pytest
from sqlglot import exp, parse_one

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.from_sql import NotRepresentable, from_sqlglot
from services.modelhub.adapters.built_in.ir import Query
from services.modelhub.adapters.built_in.ir_text import print_query
from services.modelhub.adapters.built_in.realize import realize, to_sqlglot
from services.modelhub.adapters.built_in.schema import prepare


def table(name: str, *columns: str) -> Table:
    """Columns as "name:type"; the first is the primary key when it is an id."""
    found = []
    for n, column in enumerate(columns):
        called, _, kind = column.partition(":")
        key = n == 0 and called == "id"
        found.append(Column(called, ColumnType(kind or "integer"), is_primary_key=key))
    return Table("", name, columns=tuple(found))


SCHEMA = prepare(
    (
        table("Person", "id", "Name:text", "City:text", "age", "boss_id"),
        table("Pet", "id", "owner_id", "Kind:text", "weight:number"),
        table("Visit", "id", "pet_id", "vet_id", "second_vet_id", "day:date"),
        table("Vet", "id", "Name:text", "City:text"),
        table("Tag", "id", "pet_id", "Colour:text"),
        table("Weather", "day:date", "rain:number", "City:text"),
    ),
    (
        ForeignKey("Pet", ("owner_id",), "Person", ("id",)),
        ForeignKey("Tag", ("pet_id",), "Pet", ("id",)),
        ForeignKey("Visit", ("pet_id",), "Pet", ("id",)),
        ForeignKey("Visit", ("vet_id",), "Vet", ("id",)),
        ForeignKey("Visit", ("second_vet_id",), "Vet", ("id",)),
    ),
)


def read(sql: str) -> Query:
    tree = parse_one(sql, dialect="sqlite")
    assert isinstance(tree, exp.Query)
    return from_sqlglot(tree, SCHEMA)


def said(sql: str) -> str:
    return print_query(read(sql))


def written(sql: str, dialect: str = "sqlite") -> str:
    realized = realize(read(sql), SCHEMA, dialect)
    assert realized is not None
    return realized.sql


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT NAME FROM person", "show Person.Name"),
        ("SELECT * FROM person AS t", "show Person.*"),
        ("SELECT DISTINCT p.city FROM person p", "show distinct Person.City"),
        (
            "SELECT count(*), count(DISTINCT city), max(age) FROM person",
            "show count(Person.*), count(distinct Person.City), max(Person.age)",
        ),
        (
            "SELECT name FROM person ORDER BY age DESC, name LIMIT 3",
            "show Person.Name order by Person.age desc, Person.Name limit 3",
        ),
        (
            "SELECT city FROM person GROUP BY city HAVING count(*) > 2",
            "show Person.City group by Person.City having count(Person.*) > 2",
        ),
        (
            "SELECT city AS c, count(*) AS n FROM person GROUP BY c ORDER BY n",
            "show Person.City, count(Person.*) group by Person.City order by count(Person.*)",
        ),
        ("SELECT city, age FROM person ORDER BY 2", "show Person.City, Person.age order by Person.age"),
    ],
)
def test_names_are_those_of_the_schema_and_aliases_are_gone(sql: str, text: str) -> None:
    assert said(sql) == text


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("age > 3 AND city = 'x'", "Person.age > 3 and Person.City = 'x'"),
        ("age > 3 AND (city = 'x' OR city = 'y')", "Person.age > 3 and (Person.City = 'x' or Person.City = 'y')"),
        ('city = "Paris"', "Person.City = 'Paris'"),
        ("3 < age", "Person.age > 3"),
        ("age <> -3", "Person.age != -3"),
        ("age BETWEEN 1 AND 2", "Person.age between 1 and 2"),
        ("age NOT BETWEEN 1 AND 2", "Person.age < 1 or Person.age > 2"),
        ("city LIKE '%a%' AND name NOT LIKE 'b%'", "Person.City like '%a%' and Person.Name not like 'b%'"),
        ("city IS NULL OR name IS NOT NULL", "Person.City is null or Person.Name is not null"),
        ("city IN ('x', 'y')", "Person.City in ('x', 'y')"),
        ("NOT (age > 3 OR city = 'x')", "Person.age <= 3 and Person.City != 'x'"),
        ("age > boss_id", "Person.age > Person.boss_id"),
        ("age > (SELECT avg(age) FROM person)", "Person.age > (show avg(Person.age))"),
        ("(SELECT avg(age) FROM person) * 2 <= age", "Person.age >= 2 * (show avg(Person.age))"),
        (
            "id NOT IN (SELECT owner_id FROM pet WHERE kind = 'cat')",
            "Person.id not in (show Pet.owner_id where Pet.Kind = 'cat')",
        ),
    ],
)
def test_each_condition_has_one_form(condition: str, text: str) -> None:
    assert said(f"SELECT name FROM person WHERE {condition}") == f"show Person.Name where {text}"


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        (
            "SELECT t2.kind FROM person t1 JOIN pet t2 ON t1.id = t2.owner_id WHERE t1.city = 'x'",
            "show Pet.Kind where Person.City = 'x'",
        ),
        (
            "SELECT kind FROM person, pet WHERE owner_id = person.id AND city = 'x'",
            "show Pet.Kind where Person.City = 'x'",
        ),
        (
            "SELECT t1.name FROM person t1 JOIN pet t2 JOIN visit ON t1.id = owner_id AND t2.id = pet_id WHERE day > 1",
            "show Person.Name where Visit.day > 1",
        ),
        ("SELECT t1.name FROM person t1 JOIN pet t2 ON t1.id = t2.owner_id", "show Person.Name through Pet"),
        (
            "SELECT t1.name, count(*) FROM person t1 JOIN pet t2 ON t1.id = t2.owner_id GROUP BY t1.id",
            "show Person.Name, count(Pet.*) group by Person.id",
        ),
        (
            "SELECT count(*) FROM person t1 JOIN pet t2 ON t1.id = t2.owner_id WHERE t1.city = 'x' AND t2.kind = 'cat'",
            "show count(Pet.*) where Person.City = 'x' and Pet.Kind = 'cat'",
        ),
        (
            "SELECT pet.* FROM person JOIN pet ON pet.owner_id = person.id WHERE city = 'x'",
            "show Pet.* where Person.City = 'x'",
        ),
        (
            "SELECT count(*) FROM person JOIN pet ON person.id = owner_id WHERE kind = 'cat'",
            "show count(Person.*) where Pet.Kind = 'cat'",
        ),
        (
            "SELECT day, kind, colour FROM pet JOIN visit ON pet_id = pet.id JOIN tag ON tag.pet_id = visit.pet_id",
            "show Visit.day, Pet.Kind, Tag.Colour",
        ),
        (
            "SELECT city FROM person JOIN pet ON person.id = owner_id AND pet.id = weight AND age > 3",
            "show Person.City where Pet.id = Pet.weight and Person.age > 3",
        ),
    ],
)
def test_joins_that_the_keys_give_back_are_gone(sql: str, text: str) -> None:
    assert said(sql) == text
    assert not read(sql).joins


@pytest.mark.parametrize(
    ("sql", "text", "again"),
    [
        (
            "SELECT t2.name FROM visit t1 JOIN vet t2 ON t1.second_vet_id = t2.id WHERE t1.day = '2020-01-01'",
            "show Vet.Name where Visit.day = '2020-01-01' joined by Visit.second_vet_id = Vet.id",
            "SELECT Vet.Name FROM Visit JOIN Vet ON Visit.second_vet_id = Vet.id WHERE Visit.day = '2020-01-01'",
        ),
        (
            "SELECT rain FROM weather JOIN visit ON visit.day = weather.day WHERE vet_id = 1",
            "show Weather.rain where Visit.vet_id = 1 joined by Visit.day = Weather.day",
            "SELECT Weather.rain FROM Visit JOIN Weather ON Visit.day = Weather.day WHERE Visit.vet_id = 1",
        ),
        (
            "SELECT b.id FROM person a JOIN person b ON a.boss_id = b.id",
            "show Person#1.id joined by Person.boss_id = Person#1.id",
            "SELECT Person_2.id FROM Person JOIN Person AS Person_2 ON Person.boss_id = Person_2.id",
        ),
    ],
)
def test_joins_of_another_kind_are_said_and_written_again(sql: str, text: str, again: str) -> None:
    assert said(sql) == text
    assert written(sql) == again


def test_combined_queries_are_a_chain_from_left_to_right() -> None:
    sql = "SELECT name FROM person UNION SELECT name FROM vet EXCEPT SELECT kind FROM pet ORDER BY name DESC LIMIT 3"
    assert said(sql) == "show Person.Name order by Person.Name desc limit 3 union show Vet.Name except show Pet.Kind"
    assert written(sql) == (
        "SELECT Name FROM Person UNION SELECT Name FROM Vet EXCEPT SELECT Kind FROM Pet ORDER BY 1 DESC LIMIT 3"
    )
    assert written(sql, "postgres").startswith('(SELECT "Name" FROM "Person" UNION SELECT "Name" FROM "Vet") EXCEPT')


def test_sqlite_groups_by_a_key_or_what_equals_it_alone_and_keeps_the_row_of_an_extreme() -> None:
    joined = "FROM person t1 JOIN pet t2 ON t1.id = t2.owner_id GROUP BY t2.owner_id"
    assert written(f"SELECT t1.name, count(*) {joined}").endswith("GROUP BY Pet.owner_id")
    assert written(f"SELECT t1.name, count(*) {joined}", "postgres").endswith('"Pet".owner_id, "Person"."Name"')
    assert written("SELECT name, max(age) FROM person GROUP BY city") == (
        "SELECT Name, MAX(age) FROM Person GROUP BY City"
    )
    assert written("SELECT name, avg(age) FROM person GROUP BY city").endswith("GROUP BY City, Name")


def test_a_tree_and_its_text_say_the_same() -> None:
    query = read("SELECT name FROM person WHERE age > 3")
    tree = to_sqlglot(query, SCHEMA, "sqlite")
    assert tree is not None
    assert from_sqlglot(tree, SCHEMA) == query


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT 1", "a SELECT without FROM"),
        ("SELECT age + 1 FROM person", "the expression age + 1"),
        ("SELECT upper(name) FROM person", "the expression UPPER(name)"),
        ("SELECT count(*) FILTER (WHERE age > 1) FROM person", "the expression COUNT(*) FILTER"),
        ("SELECT name FROM persons", "there is no table persons"),
        ("SELECT nam FROM person", "no table of this SELECT has a column nam"),
        ("SELECT p.name FROM person AS q", "p is no table of this SELECT"),
        ("SELECT p.* FROM person AS q", "p is no table of this SELECT"),
        ('SELECT "text" FROM person', "the text text where a column is wanted"),
        ("SELECT name FROM person LEFT JOIN pet ON person.id = owner_id", "a LEFT JOIN"),
        ("SELECT person.name FROM person JOIN weather", "tables joined without an equation"),
        ("SELECT name FROM (SELECT name FROM person)", "a query in FROM"),
        ("SELECT name FROM person, vet AS person", "two tables are called person"),
        ("WITH p AS (SELECT 1) SELECT name FROM person", "with in select"),
        ("SELECT name FROM person LIMIT 3 OFFSET 2", "offset in select"),
        ("SELECT name FROM person LIMIT 1 + 1", "a LIMIT that is no whole number"),
        ("SELECT name FROM person UNION ALL SELECT name FROM vet", "union all"),
        ("SELECT name FROM person UNION SELECT name FROM vet ORDER BY age", "ordered by what it does not show"),
        ("SELECT name FROM person WHERE EXISTS (SELECT id FROM pet)", "the condition EXISTS"),
        ("SELECT name FROM person WHERE age = 3 + 4", "the expression 3 + 4"),
        ("SELECT name FROM person WHERE 2 * age > 3", "the arithmetic in 2 * age > 3"),
        ("SELECT name FROM person WHERE 1 = 1", "the condition 1 = 1"),
        (
            "SELECT name FROM person WHERE age > (SELECT weight FROM pet WHERE owner_id = person.id)",
            "person is no table of this SELECT",
        ),
        ("SELECT count(DISTINCT name, age) FROM person", "the expression COUNT(DISTINCT"),
        ("SELECT sum(max(age)) FROM person", "the expression SUM(MAX(age))"),
    ],
)
def test_what_has_no_place_is_refused_with_a_reason(sql: str, reason: str) -> None:
    with pytest.raises(NotRepresentable) as caught:
        read(sql)
    assert reason in str(caught.value)
