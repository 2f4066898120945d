"""Names that lead elsewhere the second time, and the platform's own servers: a connection goes where it was judged."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from services.kit.errors import CandorError, PermissionDenied
from services.validation.__main__ import closed_addresses
from services.validation.adapters.engines.names import is_here
from services.validation.adapters.engines.open import OpenEngines
from services.validation.core.model import MysqlConnection, PostgresConnection
from services.validation.core.reach import Reach
from services.validation.settings import Settings


@dataclass
class Doors:
    """Listeners at two addresses of this machine on one port, and how often each was knocked at."""

    port: int = 0
    knocks: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        first = await self._listen("127.0.0.1", 0)
        self.port = first.sockets[0].getsockname()[1]
        second = await self._listen("127.0.0.2", self.port)
        async with first, second:
            yield

    async def _listen(self, address: str, port: int) -> asyncio.Server:
        async def knock(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.knocks.append(address)
            writer.close()

        return await asyncio.start_server(knock, address, port)


class Answers:
    """A resolver that answers in turn, and the last answer from then on."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize("kind", [PostgresConnection, MysqlConnection])
async def test_the_address_that_was_judged_is_the_one_that_is_connected_to(
    kind: type[PostgresConnection] | type[MysqlConnection],
) -> None:
    doors = Doors()
    async with doors.open():
        # The name has no address but for this resolver, and the second answer is never asked for.
        answers = Answers(["127.0.0.1"], ["127.0.0.2"])
        engines = OpenEngines(Reach(private_hosts=True, file_roots=(), closed_folders=()), resolver=answers)
        with pytest.raises(CandorError):
            await engines.open(kind("rebinding.invalid", "d", "u", port=doors.port)).test()
        assert answers.asked == 1
        assert set(doors.knocks) == {"127.0.0.1"}
        engines.close()


async def test_each_connection_is_judged_anew_and_nothing_is_sent_where_it_may_not_go() -> None:
    doors = Doors()
    async with doors.open():
        answers = Answers(["127.0.0.2"])
        engines = OpenEngines(Reach(private_hosts=False, file_roots=(), closed_folders=()), resolver=answers)
        engine = engines.open(PostgresConnection("rebinding.example", "d", "u", port=doors.port))
        for _ in range(2):
            with pytest.raises(PermissionDenied):
                await engine.test()
        assert answers.asked == 2
        assert doors.knocks == []
        engines.close()


async def test_a_name_of_a_public_and_a_private_address_is_refused() -> None:
    answers = Answers(["93.184.216.34", "10.0.0.1"])
    engines = OpenEngines(Reach(private_hosts=False, file_roots=(), closed_folders=()), resolver=answers)
    with pytest.raises(PermissionDenied):
        await engines.open(PostgresConnection("both.example", "d", "u")).test()
    engines.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "::ffff:127.0.0.1"])
async def test_a_server_of_the_platforms_own_is_no_data_source(host: str) -> None:
    doors = Doors()
    async with doors.open():
        closed = (("localhost", doors.port),)
        engines = OpenEngines(Reach(private_hosts=True, file_roots=(), closed_folders=(), closed_addresses=closed))
        with pytest.raises(PermissionDenied):
            await engines.open(PostgresConnection(host, "d", "u", port=doors.port)).test()
        assert doors.knocks == []
        engines.close()


def test_what_the_service_knows_of_the_platform_is_closed() -> None:
    settings = Settings(
        address="127.0.0.1:8104",
        accounts_address="accounts:8101",
        database_url="postgresql://u:p@db.internal/validation",
        closed_addresses=("[::1]:8080",),
    )
    assert set(closed_addresses(settings)) == {
        ("127.0.0.1", 8104),
        ("accounts", 8101),
        ("db.internal", 5432),
        ("::1", 8080),
    }


def test_this_machines_own_addresses_are_known() -> None:
    assert is_here("127.0.0.1")
    assert is_here("127.9.9.9")
    assert not is_here("93.184.216.34")
    assert not is_here("2606:2800:220:1::1")
