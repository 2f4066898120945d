"""Builds and serves modelhub: the only place where its adapters are chosen."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from candor.modelhub.v1 import modelhub_service_pb2, modelhub_service_pb2_grpc

from services.kit import telemetry
from services.kit.errors import Unavailable
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import Server, run_service
from services.kit.rpc.tokens import verifier_for
from services.modelhub.adapters.built_in_drafter import BuiltInDrafter
from services.modelhub.adapters.observed_drafter import ObservedDrafter
from services.modelhub.adapters.openai import OpenAIDrafter
from services.modelhub.core.draft_sql import DraftSql
from services.modelhub.core.ports import Drafter, Model
from services.modelhub.servicer import ModelhubServicer
from services.modelhub.settings import Settings

_log = telemetry.log("modelhub")


@asynccontextmanager
async def open_draft_sql(settings: Settings) -> AsyncIterator[DraftSql]:
    """The models that the settings set up: OpenAI's first, where there is one.

    Raises:
        NotFound: The default model is not one of them.
    """
    async with AsyncExitStack() as stack:
        built_in = BuiltInDrafter(settings.built_in_workers, settings.built_in_weights)
        stack.callback(built_in.close)
        drafters: list[Drafter] = [built_in]
        if settings.has_openai:
            provider = OpenAIDrafter(
                settings.openai_api_key.get_secret_value(),
                settings.openai_base_url,
                settings.openai_model,
                timeout=settings.openai_timeout,
                send_samples=settings.openai_send_samples,
                prices={"input": settings.openai_input_price, "output": settings.openai_output_price},
            )
            stack.push_async_callback(provider.close)
            drafters.insert(0, provider)
        yield DraftSql([ObservedDrafter(each) for each in drafters], _log_fallback, settings.default_model)


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Server]:
    """The server, not yet started."""
    async with open_channel(settings.accounts_address) as accounts, open_draft_sql(settings) as draft_sql:
        servicer = Servicer(
            modelhub_service_pb2.DESCRIPTOR.services_by_name["ModelhubService"],
            modelhub_service_pb2_grpc.add_ModelhubServiceServicer_to_server,
            ModelhubServicer(draft_sql),
        )
        yield build_server(settings, [servicer], verify=verifier_for(accounts).verify)


def _log_fallback(model: Model, error: Unavailable) -> None:
    _log.warning("model_fell_back", model=model.model_id, reason=error.reason)


if __name__ == "__main__":
    run_service("modelhub", Settings(), build)
