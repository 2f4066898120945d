"""What tells two readings apart is said in a few words."""

import pytest

from services.modelhub.adapters.built_in.differing import difference
from services.modelhub.adapters.built_in.ir_text import parse_query

PLAIN = "show person.name where person.city = 'Paris' order by person.age limit 3"
COUNTS = "show person.city, count(person.*) group by person.city having count(person.*) > 3"
NESTED = "show person.name where person.age > (show avg(person.age) where person.city = 'Paris')"
BOTH = "show person.name where person.city = 'Paris' intersect show person.name where person.age > 3"


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (PLAIN, PLAIN, "the same"),
        (PLAIN, PLAIN.replace("show person.name", "show person.id"), "the same but for the column shown"),
        (PLAIN, PLAIN.replace("show", "show distinct"), "the same but for repeated rows"),
        (PLAIN, PLAIN.replace("person.name", "person.id, person.name"), "the same but for the number of columns shown"),
        (PLAIN, PLAIN.replace("Paris", "Rome"), "the same but for the value of city"),
        (PLAIN, PLAIN.replace("= 'Paris'", "!= 'Paris'"), "the same but for the comparison of city"),
        (PLAIN, PLAIN.replace("person.city =", "person.home ="), "the same but for the column that is filtered"),
        (PLAIN, PLAIN.replace(" where person.city = 'Paris'", ""), "the same but for the filter on city"),
        (PLAIN, PLAIN.replace("by person.age", "by person.id"), "the same but for the ordering column"),
        (PLAIN, PLAIN.replace("person.age", "person.age desc"), "the same but for the direction of the ordering"),
        (PLAIN, PLAIN.replace(" order by person.age", ""), "the same but for the ordering"),
        (PLAIN, PLAIN.replace(" limit 3", ""), "the same but for the number of rows"),
        (PLAIN, PLAIN + " through home", "the same but for how the tables are joined"),
        (PLAIN, PLAIN + " joined by person.a = home.a", "the same but for how the tables are joined"),
        (
            PLAIN,
            PLAIN.replace("person.name", "person.id").replace("limit 3", "limit 1"),
            "the same but for the column shown and the number of rows",
        ),
        (PLAIN, "show count(home.*)", "the same but for several parts"),
        (
            COUNTS,
            COUNTS.replace("show person.city, count(person.*)", "show count(person.*), person.city"),
            "the same but for the order of the columns",
        ),
        (COUNTS, COUNTS.replace("by person.city", "by person.id"), "the same but for the grouping column"),
        (
            COUNTS,
            COUNTS.replace(", count(person.*) group", ", count(home.*) group"),
            "the same but for what is counted",
        ),
        (
            COUNTS,
            COUNTS.replace(" having count(person.*) > 3", ""),
            "the same but for the filter of groups on the number of person",
        ),
        ("show max(person.age)", "show avg(person.age)", "the same but for what is shown of age"),
        (NESTED, NESTED.replace("Paris", "Rome"), "the same but for the value of city in what age is compared with"),
        (BOTH, BOTH.replace("intersect", "union"), "the same but for how the two queries are combined"),
        (BOTH, BOTH.replace("> 3", "> 4"), "the same but for the value of age in the second query"),
        (
            "show a.b where a.b = 1 and a.c = 2",
            "show a.b where a.b = 1 or a.c = 2",
            "the same but for how the filters are combined",
        ),
        ("show a.b where a.b = 1 and a.c = 2", "show a.b where a.c = 2 and a.b = 1", "the same"),
    ],
)
def test_what_differs_is_named_whichever_comes_first(one: str, other: str, said: str) -> None:
    assert difference(parse_query(one), parse_query(other)) == said
    assert difference(parse_query(other), parse_query(one)) == said
