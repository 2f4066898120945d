"""The table of promises in clients/README.md, made from the tables that the tests run."""

from conformance.cases import CASES
from conformance.languages import CLIENTS, LANGUAGES

PAGE = CLIENTS / "README.md"
MARK = "<!-- Written by `python -m conformance --write`. -->\n\n"


def table() -> str:
    """One row a promise, one column a client."""
    rows = [["promise", *LANGUAGES], ["---"] * (len(LANGUAGES) + 1)]
    for case in CASES.values():
        kept = ["" if case.name in language.without else "yes" for language in LANGUAGES.values()]
        rows.append([case.promise, *kept])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def written(page: str) -> str:
    """The page with the table as it is now; it is the page's end."""
    head, mark, _ = page.partition(MARK)
    assert mark, f"{PAGE} has no place for the table"
    return head + mark + table()
