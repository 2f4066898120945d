"""Documents that say what is: their links lead somewhere, the words they tell people to type exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "services").glob("*/README.md"),
    ROOT / "clients" / "README.md",
    *(ROOT / "clients").glob("*/README.md"),
]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_word_to_type_is_in_the_makefile(page: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    typed = set(re.findall(r"(?:^|[`$ ])make ([a-z][a-z-]+)(?=[` \n]|$)", page.read_text(), re.MULTILINE))
    commands = {word for word in typed if f"`make {word}" in page.read_text() or f"\nmake {word}" in page.read_text()}
    assert commands <= known


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = re.findall(r"`((?:services|gateway|mesh|web|tests|protos)/[\w/.-]+)`", text)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_decisions_are_numbered_and_each_has_a_sentence_to_quote() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text()
    numbers = [int(number) for number in re.findall(r"^(\d+)\. \*\*[A-Z].+", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert text.count("Rejected:") == len(numbers)
