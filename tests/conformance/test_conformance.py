"""Every client keeps every promise: one test per language and case."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from conformance.cases import CASES, Case
from conformance.languages import LANGUAGES, Language
from conformance.stand import Attempt, Stand, stand

ROWS = [
    pytest.param(language, case, id=f"{language.name}-{case.name}", marks=pytest.mark.xdist_group("conformance"))
    for language in LANGUAGES.values()
    for case in CASES.values()
    if case.name not in language.without
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("conformance")) as running:
        yield running


@pytest.fixture(scope="module")
def attempt(running: Stand) -> Callable[[str], Attempt]:
    """What a language's program did, started once for all cases."""
    return cache(lambda name: running.attempt(LANGUAGES[name]))


@pytest.mark.slow
@pytest.mark.parametrize(("language", "case"), ROWS)
def test_a_client_keeps_its_promise(attempt: Callable[[str], Attempt], language: Language, case: Case) -> None:
    if missing := language.missing():
        pytest.skip(f"{language.name} needs {missing}")
    attempt(language.name).check(case)
