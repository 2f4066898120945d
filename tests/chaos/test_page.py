"""`docs/chaos.md` and the rows are the same, and what is asked for is explained there."""

import re
from pathlib import Path

from chaos.person import ASKS
from chaos.rows import ROWS

PAGE = (Path(__file__).parents[2] / "docs" / "chaos.md").read_text()


def test_the_page_shows_each_row_and_no_other() -> None:
    shown = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| What", "| ---"))]
    assert shown == [row.line for row in ROWS]


def test_each_row_has_a_name_of_its_own() -> None:
    assert len({str(row) for row in ROWS}) == len(ROWS)


def test_a_row_refuses_only_what_is_asked_and_says_why() -> None:
    for row in ROWS:
        assert row.refused <= ASKS.keys(), row
        assert bool(row.refused) == bool(row.told), row


def test_all_that_is_asked_for_is_explained() -> None:
    explained = set(re.findall(r"`([^`]+)`", PAGE.partition("## Asked for")[2]))
    assert {*ASKS} - {"sign in"} <= explained
