"""accounts over a real gRPC server and a database of the test's own, with a clock that the test moves."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from accounts_client import KEY, Accounts
from pydantic import SecretStr

from services.accounts.__main__ import build
from services.accounts.settings import Settings
from services.kit.clock import ManualClock
from services.kit.ids import new_id
from services.kit.rpc import open_channel
from services.kit.rpc.server import serving
from services.storage.embedded import EmbeddedPostgres


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def settings(postgres: EmbeddedPostgres, tmp_path: Path) -> Settings:
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    return Settings(
        address="127.0.0.1:0",
        database_url=postgres.ensure_database(f"t{new_id()}").render_as_string(hide_password=False),
        master_key_file=tmp_path / "accounts" / "master.key",
        service_keys=SecretStr(f"generation:{digest},gateway:{digest}"),
        organization_name="Coffee",
        owner_name="Ada",
        attempts_per_minute=1000,
    )


@pytest.fixture
async def start(clock: ManualClock) -> AsyncIterator[Callable[[Settings], Awaitable[Accounts]]]:
    """Starts a copy of the service."""
    async with AsyncExitStack() as stack:

        async def started(settings: Settings) -> Accounts:
            server = await stack.enter_async_context(build(settings, clock))
            await stack.enter_async_context(serving(server))
            return Accounts(await stack.enter_async_context(open_channel(server.address)))

        yield started


@pytest.fixture
async def accounts(start: Callable[[Settings], Awaitable[Accounts]], settings: Settings) -> Accounts:
    return await start(settings)
