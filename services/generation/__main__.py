"""Builds and serves generation: the only place where its adapters are chosen."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from candor.generation.v1 import generation_service_pb2, generation_service_pb2_grpc

from services.generation.adapters.accounts import GrpcDelegation
from services.generation.adapters.answering import Answering, failed, stopped
from services.generation.adapters.documents import GrpcDocuments
from services.generation.adapters.modelhub import GrpcModelhub
from services.generation.adapters.validation import GrpcValidation
from services.generation.core.answer_question import AnswerQuestion
from services.generation.core.decide import Policy
from services.generation.core.prove_answer import Voting
from services.generation.servicer import GenerationServicer
from services.generation.settings import Settings
from services.kit.clock import SystemClock
from services.kit.jobs import Dispatcher, Ledger, Watcher
from services.kit.rpc import Server, Servicer, build_server, open_channel, run_service
from services.kit.rpc.tokens import verifier_for
from services.storage.sql import Database, open_database

_MIGRATIONS = Path(__file__).parent / "migrations"


def open_storage(settings: Settings) -> AbstractAsyncContextManager[Database]:
    """What generation keeps."""
    return open_database(settings.database_url, "generation", _MIGRATIONS, migrate_at_start=settings.migrate_at_start)


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Server]:
    """Generation's server, not yet started, with its workers at work."""
    async with AsyncExitStack() as stack:
        accounts, documents, modelhub, validation_channel = [
            await stack.enter_async_context(open_channel(address))
            for address in (
                settings.accounts_address,
                settings.documents_address,
                settings.modelhub_address,
                settings.validation_address,
            )
        ]
        database = await stack.enter_async_context(open_storage(settings))
        ledger = Ledger(database.transaction)
        watcher = await stack.enter_async_context(Watcher(database.engine.url))
        verifier = verifier_for(accounts)
        validation = GrpcValidation(validation_channel, settings.statement_timeout)
        answer_question = AnswerQuestion(
            GrpcDocuments(documents),
            GrpcModelhub(modelhub),
            validation,
            SystemClock(),
            Policy(settings.answer_from, settings.sure_from, settings.ask_back_from),
            Voting(settings.proof_runs, settings.proof_budget),
        )
        delegation = GrpcDelegation(accounts, settings.service_key.get_secret_value(), verifier)
        dispatcher = Dispatcher(
            url=database.engine.url,
            transactions=database.transaction,
            ledger=ledger,
            watcher=watcher,
            work=Answering(answer_question, delegation.principal_for, settings.answer_timeout),
            failed=failed,
            cancelled=stopped,
            concurrency=settings.concurrency,
        )
        # A process without workers accepts and serves; other processes do the work.
        await stack.enter_async_context(dispatcher.working() if settings.concurrency else dispatcher.open())
        servicer = Servicer(
            generation_service_pb2.DESCRIPTOR.services_by_name["GenerationService"],
            generation_service_pb2_grpc.add_GenerationServiceServicer_to_server,
            GenerationServicer(database, dispatcher, ledger, watcher, validation),
        )
        yield build_server(settings, [servicer], verify=verifier.verify, layers=[database.per_rpc], replays=database)


if __name__ == "__main__":
    run_service("generation", Settings(), build, open_storage)
