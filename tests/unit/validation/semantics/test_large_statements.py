"""Statements as large as the guard lets through take a time that grows with their length, and get a short answer."""

import time

import pytest
from unit.validation.semantics.shop import shop

from services.validation.core.guard.guard import guard
from services.validation.core.resolve_names import resolve_names
from services.validation.core.semantics.review import review

LARGE = {
    "one long sum": f"select count(*), {'+'.join(['points'] * 7000)} from customers group by points + 1",
    "many comparisons": f"select 1 from customers where {' or '.join(['name=null'] * 4500)}",
    "many aliases": (
        f"select {','.join(f'points as a{i}' for i in range(3000))}, count(*) from customers group by points "
        f"order by {','.join(f'a{i}' for i in range(3000))}"
    ),
    "many sources": f"select 1 from {','.join(f'customers c{i}' for i in range(4000))}",
    "many joins": "select count(*) from customers c0 "
    + " ".join(f"join customers c{i} on c{i}.points = c{i - 1}.points" for i in range(1, 99)),
    "many groups": (
        f"select {','.join(f'points+{i}' for i in range(2000))}, count(*) from customers "
        f"group by {','.join(f'points+{i}' for i in range(2000))}"
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_statement_is_read_in_a_short_time_and_answered_briefly(name: str) -> None:
    catalog = shop("sqlite")
    guarded = guard(LARGE[name], catalog.dialect, catalog)
    assert guarded.tree is not None, guarded.findings
    started = time.process_time()
    resolved = resolve_names(guarded.text, guarded.tree, catalog)
    found = review(guarded.text, guarded.tree, catalog, resolved)
    # Measured: 0.2 to 0.5 s; what grows with the square of the length takes ten times as long.
    assert time.process_time() - started < 2.5
    assert len(found) <= 110
    assert sum(len(each.message) for each in found) < 100_000
