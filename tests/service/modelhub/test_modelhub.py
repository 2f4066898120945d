"""modelhub over gRPC: the built-in engine, a provider, and one standing in for the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from candor.catalog.v1 import catalog_pb2
from candor.modelhub.v1 import modelhub_service_pb2 as pb
from candor.modelhub.v1 import modelhub_service_pb2_grpc as rpc
from chat_server import chat_server, reply
from identities import Signer

from services.kit import errors
from services.kit.rpc import Servicer, build_server, open_channel
from services.kit.rpc.server import serving
from services.modelhub.__main__ import open_draft_sql
from services.modelhub.servicer import ModelhubServicer
from services.modelhub.settings import Settings

PARENT = "organizations/local"
COUNT = "SELECT COUNT(*) FROM customers"


@asynccontextmanager
async def modelhub(**settings: Any) -> AsyncIterator[tuple[Any, Signer]]:
    signer = Signer()
    built = Settings(address="127.0.0.1:0", **settings)
    async with open_draft_sql(built) as draft_sql:
        servicer = Servicer(
            pb.DESCRIPTOR.services_by_name["ModelhubService"],
            rpc.add_ModelhubServiceServicer_to_server,
            ModelhubServicer(draft_sql),
        )
        server = build_server(built, [servicer], verify=signer.verifier().verify)
        async with serving(server), open_channel(server.address) as channel:
            yield rpc.ModelhubServiceStub(channel), signer


def request(question: str = "How many customers are there?", **fields: Any) -> pb.DraftSqlRequest:
    columns = [
        catalog_pb2.Column(name="id", type=catalog_pb2.COLUMN_TYPE_INTEGER, primary_key=True),
        catalog_pb2.Column(name="city", type=catalog_pb2.COLUMN_TYPE_TEXT, samples=["Paris"]),
        catalog_pb2.Column(name="pin", type=catalog_pb2.COLUMN_TYPE_TEXT, sensitive=True, samples=["4711"]),
    ]
    table = catalog_pb2.Table(name="customers", kind=catalog_pb2.Table.KIND_TABLE, columns=columns, row_estimate=9)
    match = catalog_pb2.ValueMatch(table="customers", column="pin", value="4711", phrase="4711", score=1)
    context = catalog_pb2.Context(catalog=catalog_pb2.Catalog(dialect="sqlite", tables=[table]), value_matches=[match])
    return pb.DraftSqlRequest(parent=PARENT, question=question, context=context, **fields)


async def draft(stub: Any, signer: Signer, asked: pb.DraftSqlRequest) -> tuple[str, pb.Draft]:
    responses = [each async for each in stub.DraftSql(asked, metadata=signer.metadata())]
    assert responses[-1].WhichOneof("part") == "draft"
    return "".join(each.text for each in responses[:-1]), responses[-1].draft


async def test_the_built_in_engine_drafts_without_key_or_network() -> None:
    async with modelhub() as (stub, signer):
        text, drafted = await draft(stub, signer, request())
    assert text == ""
    assert drafted.candidates[0].sql == COUNT
    assert drafted.candidates[0].source == "built-in"
    assert 0 < drafted.candidates[0].confidence <= 1
    assert [(link.phrase, link.kind) for link in drafted.links if link.kind == "table"] == [("customers", "table")]


async def test_nothing_usable_is_a_draft_without_candidates() -> None:
    async with modelhub() as (stub, signer):
        _, drafted = await draft(stub, signer, request("flurb the zonk"))
    assert not drafted.candidates
    assert set(drafted.unlinked) == {"flurb", "zonk"}


async def test_what_was_refused_is_not_drafted_again() -> None:
    async with modelhub() as (stub, signer):
        _, first = await draft(stub, signer, request())
        refused = [pb.Rejection(sql=first.candidates[0].sql, reason="SQL_TABLE_UNKNOWN")]
        _, second = await draft(stub, signer, request(rejections=refused))
    assert first.candidates[0].sql not in {each.sql for each in second.candidates}


async def test_two_settings_bring_a_provider_and_make_it_the_default() -> None:
    async with chat_server(texts=[reply((COUNT, 0.9))]) as chat:
        async with modelhub(openai_api_key="k", openai_base_url=chat.url) as (stub, signer):
            text, drafted = await draft(stub, signer, request())
            models = await stub.ListModels(pb.ListModelsRequest(parent=PARENT), metadata=signer.metadata())
    assert text == reply((COUNT, 0.9))
    assert drafted.candidates[0].source == "openai:local-model"
    assert [(each.model_id, each.default, each.local) for each in models.models] == [
        ("openai:default", True, False),
        ("built-in", False, True),
    ]
    assert all(each.name.startswith(f"{PARENT}/models/") for each in models.models)


async def test_sensitive_values_never_reach_a_provider() -> None:
    async with chat_server(texts=[reply((COUNT, 0.9))]) as chat:
        settings = {"openai_base_url": chat.url, "openai_send_samples": True}
        async with modelhub(**settings) as (stub, signer):
            await draft(stub, signer, request())
    sent = chat.requests[0]["messages"][1]["content"]
    assert "Paris" in sent
    assert "4711" not in sent


async def test_the_built_in_engine_stands_in_and_says_so() -> None:
    async with chat_server(status=503) as chat:
        async with modelhub(openai_base_url=chat.url) as (stub, signer):
            _, drafted = await draft(stub, signer, request())
    assert drafted.candidates[0].source == "built-in"


async def test_nobody_stands_in_for_a_model_that_was_named() -> None:
    async with chat_server(status=503) as chat:
        async with modelhub(openai_base_url=chat.url) as (stub, signer):
            with pytest.raises(errors.Unavailable) as raised:
                await draft(stub, signer, request(model="openai"))
    assert raised.value.reason == "MODEL_UNAVAILABLE"


async def test_a_refused_key_is_told_and_not_hidden_by_a_stand_in() -> None:
    async with chat_server(status=401) as chat:
        async with modelhub(openai_api_key="wrong", openai_base_url=chat.url) as (stub, signer):
            with pytest.raises(errors.FailedPrecondition) as raised:
                await draft(stub, signer, request())
    assert raised.value.reason == "MODEL_LOGIN_FAILED"


async def test_the_default_can_be_the_built_in_engine_all_the_same() -> None:
    async with chat_server() as chat:
        async with modelhub(openai_base_url=chat.url, default_model="built-in") as (stub, signer):
            _, drafted = await draft(stub, signer, request())
    assert drafted.candidates[0].source == "built-in"
    assert chat.headers == []


async def test_a_default_that_is_not_set_up_stops_the_start() -> None:
    with pytest.raises(errors.NotFound, match="not configured"):
        async with open_draft_sql(Settings(default_model="openai")):
            pytest.fail("it started")


async def test_an_unknown_model_is_not_found_and_the_known_ones_are_named() -> None:
    async with modelhub() as (stub, signer):
        with pytest.raises(errors.NotFound, match="built-in") as raised:
            await draft(stub, signer, request(model="llama"))
    assert raised.value.reason == "MODEL_NOT_FOUND"


@pytest.mark.parametrize("question", ["", " ", "x" * 10_001])
async def test_a_question_that_is_empty_or_too_long_is_refused(question: str) -> None:
    async with modelhub() as (stub, signer):
        with pytest.raises(errors.InvalidArgument):
            await draft(stub, signer, request(question))


async def test_a_viewer_may_not_use_models() -> None:
    async with modelhub() as (stub, signer):
        with pytest.raises(errors.PermissionDenied):
            async for _ in stub.DraftSql(request(), metadata=signer.metadata(roles=("viewer",))):
                pytest.fail("a viewer was served")


async def test_a_caller_that_leaves_closes_the_providers_stream() -> None:
    async with chat_server(texts=["{", "}"], hang_after=1) as chat:
        async with modelhub(openai_base_url=chat.url) as (stub, signer):
            call = stub.DraftSql(request(), metadata=signer.metadata())
            async for response in call:
                assert response.text == "{"
                break
            await asyncio.wait_for(chat.hanging.wait(), 10)
            call.cancel()
            await asyncio.wait_for(chat.closed.wait(), 10)
