"""In what a wrong statement differs from the right one."""

import pytest

from services.cli.failures import MEANINGS, Failure, difference, failure
from services.cli.scoring import Status

JOINED = "SELECT T1.name FROM singer AS T1 JOIN concert AS T2 ON T1.id = T2.singer_id WHERE T2.year = 2014"


@pytest.mark.parametrize(
    ("gold", "sql", "kind"),
    [
        ("SELECT name FROM singer WHERE age > 20", "SELECT name FROM singer WHERE age > 30", Failure.VALUE),
        ("SELECT name FROM singer LIMIT 1", "SELECT name FROM singer LIMIT 3", Failure.VALUE),
        ('SELECT name FROM singer WHERE city = "Paris"', "SELECT name FROM singer WHERE city = 'paris'", Failure.VALUE),
        (JOINED, JOINED.replace("2014", "2015"), Failure.VALUE),
        ("SELECT name FROM singer", "SELECT age FROM singer", Failure.LINKING),
        ("SELECT name FROM singer", "SELECT * FROM singer", Failure.LINKING),
        ("SELECT count(*) FROM singer", "SELECT count(*) FROM concert", Failure.LINKING),
        ("SELECT name FROM singer", "SELECT name FROM concert", Failure.LINKING),
        (JOINED, JOINED.replace("T1.name", "T2.name"), Failure.LINKING),
        ("SELECT a FROM t WHERE b = 1 AND c = 2", "SELECT a FROM t WHERE b = 1 AND d = 2", Failure.LINKING),
        ("SELECT a FROM t WHERE b > 1 AND c < 2", "SELECT a FROM t WHERE c > 1 AND b < 2", Failure.LINKING),
        (JOINED, "SELECT name FROM singer WHERE year = 2014", Failure.JOIN),
        (JOINED, JOINED.replace("T1.id", "T1.concert_id"), Failure.JOIN),
        (JOINED, JOINED.replace("JOIN", "LEFT JOIN"), Failure.JOIN),
        ("SELECT max(age) FROM singer", "SELECT min(age) FROM singer", Failure.SKELETON),
        ("SELECT name FROM singer", "SELECT name, age FROM singer", Failure.SKELETON),
        ("SELECT DISTINCT city FROM singer", "SELECT city FROM singer", Failure.SKELETON),
        ("SELECT name FROM singer WHERE age > 20", "SELECT name FROM singer WHERE age >= 20", Failure.SKELETON),
        ("SELECT a FROM t WHERE b = 1 AND c = 2", "SELECT a FROM t WHERE b = 1 OR c = 2", Failure.SKELETON),
        ("SELECT a FROM t ORDER BY b DESC LIMIT 1", "SELECT a FROM t ORDER BY b LIMIT 1", Failure.SKELETON),
        ("SELECT a FROM t ORDER BY b LIMIT 1", "SELECT a FROM t ORDER BY b", Failure.SKELETON),
        ("SELECT a FROM t GROUP BY a HAVING count(*) > 1", "SELECT a FROM t GROUP BY a", Failure.SKELETON),
        ("SELECT a FROM t WHERE b IN (SELECT b FROM u)", "SELECT a FROM t", Failure.NESTING),
        ("SELECT a FROM t UNION SELECT a FROM u", "SELECT a FROM t INTERSECT SELECT a FROM u", Failure.NESTING),
        (
            "SELECT a FROM t WHERE b IN (SELECT b FROM u WHERE c = 1)",
            "SELECT a FROM t WHERE b IN (SELECT b FROM u WHERE c = 2)",
            Failure.VALUE,
        ),
        ("SELECT a FROM t UNION SELECT a FROM u", "SELECT a FROM t UNION SELECT b FROM u", Failure.LINKING),
        ("SELECT a FROM t", "not SQL at all (", Failure.OTHER),
    ],
)
def test_a_failure_is_named_by_the_first_kind_that_fits(gold: str, sql: str, kind: Failure) -> None:
    assert difference(gold, sql) is kind


@pytest.mark.parametrize(
    ("gold", "sql"),
    [
        (
            JOINED,
            "select singer.NAME from singer join concert on concert.singer_id = singer.id where concert.year=2014",
        ),
        ("SELECT a, b FROM t WHERE c = 1 AND d = 2", "SELECT b, t.a FROM t WHERE d = 2 AND (c = 1)"),
        ("SELECT a FROM t GROUP BY a ORDER BY count(*)", "SELECT a FROM t GROUP BY a ORDER BY count(b)"),
        (
            "SELECT a, count(*) FROM t GROUP BY a ORDER BY count(*)",
            "SELECT a, count(*) AS n FROM t GROUP BY a ORDER BY n",
        ),
        ("SELECT a FROM t AS x WHERE x.b = 1 OR x.c = 2", "SELECT a FROM t WHERE c = 2 OR b = 1"),
        ("SELECT a FROM t JOIN u ON t.i = u.i", "SELECT t.a FROM t JOIN u ON u.i = t.i"),
    ],
)
def test_how_a_statement_is_written_is_no_difference(gold: str, sql: str) -> None:
    assert difference(gold, sql) is Failure.OTHER


def test_with_several_right_queries_the_nearest_counts() -> None:
    golds = [
        "SELECT a FROM t WHERE b IN (SELECT b FROM u)",
        "SELECT a FROM t WHERE b = 1",
        "SELECT c FROM t WHERE b = 1",
    ]
    assert failure(Status.WRONG, golds, "SELECT a FROM t WHERE b = 2") is Failure.VALUE


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.CORRECT, None),
        (Status.GOLD_ERROR, None),
        (Status.NO_ANSWER, Failure.NO_ANSWER),
        (Status.ERROR, Failure.ERROR),
        (Status.TIMEOUT, Failure.ERROR),
    ],
)
def test_what_gave_no_rows_is_not_compared(status: Status, kind: Failure | None) -> None:
    assert failure(status, ["SELECT 1"], "SELECT 2") is kind


def test_every_kind_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Failure)
