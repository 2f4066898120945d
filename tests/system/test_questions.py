"""Questions to the whole platform, by every protocol."""

import asyncio
import json
import sqlite3
import time
import uuid
from typing import Any

import httpx
import psycopg
import pytest
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from system.conftest import RunningPlatform
from waiting import wait_for
from websockets.asyncio.client import connect

from services.cli.demo import ask
from services.cli.sample.load import write_sqlite

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("platform")]

ORGANIZATION = "organizations/local"
SAMPLE = f"{ORGANIZATION}/dataSources/sample"
QUESTION = "How many customers do we have?"


def create(session: httpx.Client, question: str = QUESTION, source: str = SAMPLE, **fields: Any) -> httpx.Response:
    body = {"generation": {"dataSource": source, "question": question}, **fields}
    return session.post(f"/v1/{ORGANIZATION}/generations", json=body)


def ended(session: httpx.Client, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        # The stream ends with the last event, so reading it is waiting.
        session.get(f"/v1/{name}:watch")
        generation: dict[str, Any] = session.get(f"/v1/{name}").json()["generation"]
        if generation["state"] not in {"STATE_QUEUED", "STATE_RUNNING"}:
            return generation
    pytest.fail("the generation did not end")


def reason(response: httpx.Response) -> str:
    details = response.json()["details"]
    return str(next(each["reason"] for each in details if each["@type"].endswith("ErrorInfo")))


def test_a_question_by_rest_is_answered_with_checked_sql_rows_and_words(session: httpx.Client) -> None:
    created = create(session)
    assert created.status_code == 200, created.text
    generation = ended(session, created.json()["generation"]["name"])
    result = generation["result"]
    assert (generation["state"], result["outcome"]) == ("STATE_SUCCEEDED", "OUTCOME_ANSWERED")
    assert "count(*)" in result["sql"].lower()
    assert result["explanation"]
    assert int(result["rows"]["columns"][0]["integers"]["items"][0]) > 100


def test_a_generation_is_accepted_before_it_is_answered(session: httpx.Client) -> None:
    created = create(session)
    assert created.json()["generation"]["state"] == "STATE_QUEUED"


async def test_a_question_by_grpc_streams_its_steps(platform: RunningPlatform, token: str) -> None:
    events = [event async for event in ask(platform.address, token, QUESTION)]
    kinds = [event.WhichOneof("event") for event in events]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert {"step", "candidates", "check", "rows", "explanation"} <= set(kinds)
    assert kinds[-1] == "result"
    steps = [event.step for event in events if event.WhichOneof("event") == "step"]
    assert all(step.HasField("duration") for step in steps if step.state != step.STATE_STARTED)


async def watch(platform: RunningPlatform, token: str, name: str, after: int, most: int = 1000) -> list[dict[str, Any]]:
    """What a browser's WebSocket gets, until the end or until it has `most` events."""
    url = f"ws://localhost:{platform.port}/ws/generations/{name.rpartition('/')[2]}?after={after}"
    events: list[dict[str, Any]] = []
    headers = {"Cookie": f"candor_token={token}", "Origin": platform.url}
    async with asyncio.timeout(60), connect(url, additional_headers=headers) as socket:
        async for frame in socket:
            message = json.loads(frame)
            if "end" in message:
                assert message["end"].get("code", 0) == 0
                return events
            events += [each for each in message["events"] if "heartbeat" not in each]
            if len(events) >= most:
                return events
    return events


async def test_a_dropped_websocket_resumes_without_gap_or_double(
    platform: RunningPlatform, token: str, session: httpx.Client
) -> None:
    name = create(session).json()["generation"]["name"]
    seen: list[int] = []
    for _ in range(50):
        part = await watch(platform, token, name, seen[-1] if seen else 0, most=2)
        if not part:
            break
        seen += [int(each["sequence"]) for each in part]
    whole = await watch(platform, token, name, 0)
    assert seen == [int(each["sequence"]) for each in whole] == list(range(1, len(seen) + 1))
    assert "result" in whole[-1]


async def test_a_reader_that_leaves_does_not_stop_the_work(
    platform: RunningPlatform, token: str, session: httpx.Client
) -> None:
    name = create(session).json()["generation"]["name"]
    await watch(platform, token, name, 0, most=1)
    assert ended(session, name)["state"] == "STATE_SUCCEEDED"


def test_the_same_request_id_is_one_generation(session: httpx.Client) -> None:
    request_id = str(uuid.uuid4())
    names = {create(session, requestId=request_id).json()["generation"]["name"] for _ in range(3)}
    assert len(names) == 1
    other = create(session, "How many orders are there?", requestId=request_id)
    assert (other.status_code, reason(other)) == (409, "REQUEST_ID_REUSED")


def test_what_is_not_in_the_data_is_not_answered(session: httpx.Client) -> None:
    name = create(session, "Which zeppelins were blue on the moon?").json()["generation"]["name"]
    result = ended(session, name)["result"]
    assert result["outcome"] in {"OUTCOME_ABSTAINED", "OUTCOME_ASKED_BACK"}
    assert not result["sql"]
    if result["outcome"] == "OUTCOME_ABSTAINED":
        assert result["abstention"]["message"]


def test_history_lists_the_newest_first_page_by_page(session: httpx.Client) -> None:
    names = [create(session).json()["generation"]["name"] for _ in range(3)]
    first = session.get(f"/v1/{ORGANIZATION}/generations", params={"pageSize": 2}).json()
    second = session.get(
        f"/v1/{ORGANIZATION}/generations", params={"pageSize": 2, "pageToken": first["nextPageToken"]}
    ).json()
    listed = [each["name"] for page in (first, second) for each in page["generations"]]
    assert listed[:3] == names[::-1]


SLOW = """
SELECT COUNT(*) FROM order_items AS a JOIN order_items AS b ON a.qty = b.qty JOIN order_items AS c ON b.qty = c.qty
"""


def statements_at_work(platform: RunningPlatform) -> int:
    """How many statements of the sample's reader PostgreSQL is at."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'sample_reader' AND state = 'active'"
    with psycopg.connect(host=str(platform.state / "postgres"), user="postgres", dbname="postgres") as connection:
        (count,) = connection.execute(query).fetchone() or (0,)
    return int(count)


def test_cancelling_a_question_stops_its_statement_in_the_database(
    platform: RunningPlatform, session: httpx.Client
) -> None:
    name = create(session, SLOW).json()["generation"]["name"]
    wait_for(lambda: statements_at_work(platform) == 1, "the statement", 30)
    assert session.post(f"/v1/{name}:cancel", json={}).status_code == 200
    wait_for(lambda: statements_at_work(platform) == 0, "the statement's end", 2)
    assert ended(session, name)["state"] == "STATE_CANCELLED"
    assert session.post(f"/v1/{name}:cancel", json={}).status_code == 200


def test_an_ended_question_cannot_be_cancelled(session: httpx.Client) -> None:
    name = create(session).json()["generation"]["name"]
    ended(session, name)
    cancelled = session.post(f"/v1/{name}:cancel", json={})
    assert (cancelled.status_code, reason(cancelled)) == (400, "GENERATION_ENDED")


@pytest.mark.parametrize("question", ["", "   ", "\u0000\u0001", "?!", "x" * 100_000])
def test_a_question_that_is_none_is_refused_at_the_door(session: httpx.Client, question: str) -> None:
    refused = create(session, question)
    assert (refused.status_code, reason(refused)) == (400, "INVALID_ARGUMENT")


def test_an_unknown_data_source_is_said(session: httpx.Client) -> None:
    refused = create(session, source=f"{ORGANIZATION}/dataSources/nothing")
    assert (refused.status_code, reason(refused)) == (404, "DATA_SOURCE_NOT_FOUND")


def test_an_unknown_generation_is_said(session: httpx.Client) -> None:
    missing = session.get(f"/v1/{ORGANIZATION}/generations/nothing")
    assert (missing.status_code, reason(missing)) == (404, "GENERATION_NOT_FOUND")


def test_another_organization_is_refused_whether_it_exists_or_not(session: httpx.Client) -> None:
    refused = session.get("/v1/organizations/other/generations")
    assert (refused.status_code, reason(refused)) == (403, "ORGANIZATION_DENIED")


def test_a_data_source_of_ones_own_can_be_added_and_asked(platform: RunningPlatform, session: httpx.Client) -> None:
    path = platform.state.parent / "coffee.db"
    write_sqlite(path)
    body = {
        "dataSourceId": "coffee",
        "dataSource": {"displayName": "Coffee", "connection": {"sqlite": {"path": str(path)}}},
    }
    added = session.post(f"/v1/{ORGANIZATION}/dataSources", json=body)
    assert added.status_code == 200, added.text
    name = create(session, source=f"{ORGANIZATION}/dataSources/coffee").json()["generation"]["name"]
    result = ended(session, name)["result"]
    (expected,) = sqlite3.connect(path).execute("SELECT COUNT(*) FROM customers").fetchone()
    assert int(result["rows"]["columns"][0]["integers"]["items"][0]) == expected


def test_a_data_source_that_went_away_fails_the_question_in_words(
    platform: RunningPlatform, session: httpx.Client
) -> None:
    path = platform.state.parent / "fleeting.db"
    write_sqlite(path)
    source = {"displayName": "Fleeting", "connection": {"sqlite": {"path": str(path)}}}
    added = session.post(f"/v1/{ORGANIZATION}/dataSources", json={"dataSourceId": "fleeting", "dataSource": source})
    assert added.status_code == 200, added.text
    path.unlink()
    name = create(session, source=f"{ORGANIZATION}/dataSources/fleeting").json()["generation"]["name"]
    generation = ended(session, name)
    assert generation["state"] == "STATE_FAILED"
    reasons = [each["reason"] for each in generation["error"]["details"] if "reason" in each]
    assert reasons[0].startswith("DATA_SOURCE_")
    assert len(generation["error"]["message"]) > 20


async def test_a_call_on_an_insecure_stub_without_a_token_is_refused(platform: RunningPlatform) -> None:
    from services.kit.errors import Unauthenticated  # noqa: PLC0415
    from services.kit.rpc import open_channel  # noqa: PLC0415

    async with open_channel(platform.address) as edge:
        with pytest.raises(Unauthenticated):
            await rpc.GenerationServiceStub(edge).ListGenerations(pb.ListGenerationsRequest(parent=ORGANIZATION))
