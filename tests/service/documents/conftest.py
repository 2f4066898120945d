"""documents, served for the tests of this folder."""

from collections.abc import AsyncIterator

import pytest
from service.documents.stand import Platform, stand

from services.storage.embedded import EmbeddedPostgres


@pytest.fixture(scope="session")
def documents_url(postgres: EmbeddedPostgres) -> str:
    return postgres.ensure_database("documents_test").set(drivername="postgresql").render_as_string()


@pytest.fixture
async def platform(documents_url: str) -> AsyncIterator[Platform]:
    async with stand(documents_url) as served:
        yield served
