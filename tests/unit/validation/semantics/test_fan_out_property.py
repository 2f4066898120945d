"""Fan-out against SQLite itself: a sum that a join changes is pointed out, one that keys keep from change is not."""

import sqlite3
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.catalog import Column, ColumnType, Table
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS

NAMES = ("a", "b", "c")
COLUMNS = ("k1", "k2", "x")


@dataclass(frozen=True)
class Case:
    """Tables with their keys and rows (k1, k2, x, v), and the equalities that join them."""

    keys: dict[str, tuple[str, ...]]
    rows: dict[str, list[tuple[int, ...]]]
    joins: list[list[tuple[str, str, str, str]]]
    group: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    names = NAMES[: draw(st.integers(2, 3))]
    keys = {name: draw(st.sampled_from([("k1",), ("k1", "k2"), ("k2",)])) for name in names}
    rows = {}
    for name in names:
        places = [COLUMNS.index(each) for each in keys[name]]
        drawn = draw(st.lists(st.tuples(*[st.integers(0, 2)] * 3, st.integers(1, 50)), min_size=1, max_size=6))
        rows[name] = list({tuple(row[place] for place in places): row for row in drawn}.values())
    joins = []
    for position, name in enumerate(names[1:], 1):
        joins.append(
            [
                (name, draw(st.sampled_from(COLUMNS)), draw(st.sampled_from(names[:position])), other)
                for other in draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=2, unique=True))
            ]
        )
    group = draw(st.sampled_from(["", *(f"{name}.{each}" for name in names for each in COLUMNS)]))
    return Case(keys, rows, joins, group)


def from_clause(case: Case) -> str:
    parts = ["a"]
    for equalities in case.joins:
        on = " AND ".join(f"{one}.{mine} = {two}.{other}" for one, mine, two, other in equalities)
        parts.append(f"JOIN {equalities[0][0]} ON {on}")
    return " ".join(parts)


def statement(case: Case, value: str) -> str:
    if not case.group:
        return f"SELECT {value} FROM {from_clause(case)}"
    return f"SELECT {case.group}, {value} FROM {from_clause(case)} GROUP BY {case.group}"


def catalog(case: Case) -> Catalog:
    tables = [
        Table(
            "",
            name,
            columns=tuple(
                Column(each, ColumnType.INTEGER, "integer", each not in key, each in key, key == (each,))
                for each in (*COLUMNS, "v")
            ),
        )
        for name, key in case.keys.items()
    ]
    return Catalog(DIALECTS["sqlite"], tables)


def database(case: Case) -> sqlite3.Connection:
    opened = sqlite3.connect(":memory:")
    for name, key in case.keys.items():
        primary = ", ".join(key)
        opened.execute(f"CREATE TABLE {name} (k1 integer, k2 integer, x integer, v integer, PRIMARY KEY ({primary}))")
        opened.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", case.rows[name])
    return opened


def once(case: Case, name: str) -> str:
    """The sum of a table's column with each of its rows counted once in each group."""
    group = f"{case.group} AS g, " if case.group else ""
    inner = f"SELECT DISTINCT {group}{name}.rowid AS r, {name}.v AS v FROM {from_clause(case)}"
    return f"SELECT {'g, ' if case.group else ''}sum(v) FROM ({inner}){' GROUP BY g' if case.group else ''}"


@settings(max_examples=150, deadline=None)
@given(cases())
def test_every_sum_that_a_join_changes_is_pointed_out(case: Case) -> None:
    known = catalog(case)
    opened = database(case)
    for name in case.keys:
        sql = statement(case, f"sum({name}.v)")
        changed = sorted(opened.execute(sql).fetchall(), key=repr) != sorted(
            opened.execute(once(case, name)).fetchall(), key=repr
        )
        found = [each for each in check_statement(sql, known).findings if each.reason == "SQL_FAN_OUT"]
        assert found or not changed, sql
    opened.close()


@settings(max_examples=100, deadline=None)
@given(cases(), st.data())
def test_joins_to_whole_keys_are_never_pointed_out(case: Case, data: st.DataObject) -> None:
    joins = [
        [
            (name, key, data.draw(st.sampled_from(list(case.keys)[:position])), data.draw(st.sampled_from(COLUMNS)))
            for key in case.keys[name]
        ]
        for position, name in enumerate(list(case.keys)[1:], 1)
    ]
    to_one = Case(case.keys, case.rows, joins, case.group)
    findings = check_statement(statement(to_one, "sum(a.v), count(*)"), catalog(to_one)).findings
    assert [each for each in findings if each.reason == "SQL_FAN_OUT"] == []
