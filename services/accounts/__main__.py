"""accounts as a program: the one place where its parts are chosen and put together."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc

from services.accounts.adapters.key_ring import KeyRing
from services.accounts.adapters.master_key import load_master_key
from services.accounts.adapters.postgres import PostgresAccounts
from services.accounts.core.issue_token import TokenIssuer
from services.accounts.core.limit_attempts import Attempts
from services.accounts.core.model import Lifetimes
from services.accounts.core.rotate_keys import Rotation
from services.accounts.core.serve_services import ServiceTokens, read_service_keys
from services.accounts.core.set_up import set_up
from services.accounts.core.sign_in import SignIn
from services.accounts.servicer import AccountsServicer
from services.accounts.settings import Settings
from services.kit.clock import Clock, SystemClock
from services.kit.identity import TokenVerifier
from services.kit.rpc import Server, Servicer, build_server, run_service
from services.storage.sql import Database, open_database

_MIGRATIONS = Path(__file__).parent / "migrations"
# How much longer than their tokens old keys are kept, for clocks that differ.
_CLOCK_SKEW = timedelta(minutes=5)


def open_storage(settings: Settings) -> AbstractAsyncContextManager[Database]:
    """What accounts keeps."""
    return open_database(settings.database_url, "accounts", _MIGRATIONS, migrate_at_start=settings.migrate_at_start)


@asynccontextmanager
async def build(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Server]:
    """The server with its parts, not yet started; what it holds is let go when the context ends."""
    clock = clock or SystemClock()
    async with open_storage(settings) as database:
        accounts = PostgresAccounts(database, clock)
        await set_up(accounts, clock, organization_name=settings.organization_name, owner_name=settings.owner_name)
        rotation = Rotation(settings.key_interval, settings.key_lead, settings.token_lifetime + _CLOCK_SKEW)
        master_key = load_master_key(settings.master_key.get_secret_value(), settings.master_key_file)
        keys = KeyRing(database, master_key, clock, rotation)
        await keys.load()
        tokens = TokenIssuer(keys, clock, settings.token_lifetime)
        lifetimes = Lifetimes(settings.code_lifetime, settings.session_lifetime)
        servicer = AccountsServicer(
            accounts,
            SignIn(accounts, tokens, clock, lifetimes),
            ServiceTokens(accounts, tokens, read_service_keys(settings.service_keys.get_secret_value())),
            keys,
            Attempts(settings.attempts_per_minute, clock),
        )
        yield build_server(
            settings,
            [
                Servicer(
                    accounts_service_pb2.DESCRIPTOR.services_by_name["AccountsService"],
                    accounts_service_pb2_grpc.add_AccountsServiceServicer_to_server,
                    servicer,
                )
            ],
            # accounts reads tokens with its own keys, without a call to itself.
            verify=TokenVerifier(keys.public_keys, clock).verify,
        )


if __name__ == "__main__":
    run_service("accounts", Settings(), build, open_storage)
