"""Data quality: planted faults are each found with the right counts, on every engine, and clean data passes."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import psutil
import psycopg
import pytest
from candor.validation.v1 import quality_service_pb2 as pb
from candor.validation.v1 import quality_service_pb2_grpc as rpc
from candor.validation.v1 import validation_service_pb2
from servers_mariadb import MariadbServer
from service.validation.conftest import Platform
from waiting import until

from services.kit.errors import (
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)

PASSED = pb.ExpectationResult.OUTCOME_PASSED
FAILED = pb.ExpectationResult.OUTCOME_FAILED
NOT_JUDGED = pb.ExpectationResult.OUTCOME_NOT_JUDGED
TABLES = ("parcels", "spotless", "senders")
COLUMNS = """
(id integer, number varchar(20), sender integer, weight numeric(10, 2), state varchar(20), email varchar(50),
 sent timestamp, password varchar(50))
"""
ROWS = 100
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def spotless() -> list[list[Any]]:
    return [
        [
            *(row, f"N-{row:04d}", row % 10, f"{row}.50", ["open", "done"][row % 2], f"p{row}@example.org"),
            *((NOW - timedelta(hours=row)).isoformat(" "), f"secret-{row}"),
        ]
        for row in range(ROWS)
    ]


def faulty() -> list[list[Any]]:
    rows = spotless()
    for parcel in rows:
        parcel[6] = (NOW - timedelta(days=400, hours=int(parcel[0]))).isoformat(" ")
    for row in (3, 13, 23, 33, 43, 53, 63):
        rows[row][5] = None
    for row in (4, 14, 24, 34, 44):
        rows[row][5] = "nobody at home"
    for row, number in ((5, "N-0006"), (7, "N-0008"), (9, "N-0010")):
        rows[row][1] = number
    for row, weight in ((1, "-5.00"), (2, "250.50"), (3, "1000.00"), (4, "-0.01")):
        rows[row][3] = weight
    rows[50][4] = rows[51][4] = "lost"
    rows[60][2] = rows[61][2] = rows[62][2] = 999
    rows[70][2] = rows[71][2] = None
    return rows


def fill(execute: Any, insert: Any, mark: str) -> None:
    execute("CREATE TABLE senders (id integer PRIMARY KEY)")
    execute(f"CREATE TABLE parcels {COLUMNS}")
    execute(f"CREATE TABLE spotless {COLUMNS}")
    insert(f"INSERT INTO senders VALUES ({mark})", [[number] for number in range(10)])
    marks = ", ".join([mark] * 8)
    insert(f"INSERT INTO parcels VALUES ({marks})", faulty())
    insert(f"INSERT INTO spotless VALUES ({marks})", spotless())


@pytest.fixture(params=["postgres", "sqlite", "duckdb", "mysql"])
async def parcels(
    request: pytest.FixtureRequest, platform: Platform, watcher: psycopg.Connection[Any]
) -> AsyncIterator[str]:
    """A data source of each engine in turn, with parcels that have every fault, and some that have none."""
    path = platform.folder / f"parcels.{request.param}"
    if request.param == "sqlite":
        with sqlite3.connect(path) as database:
            fill(database.execute, database.executemany, "?")
        database.close()
        connection = validation_service_pb2.Connection(sqlite=validation_service_pb2.SqliteConnection(path=str(path)))
        yield await platform.create("parcels", connection)
    elif request.param == "duckdb":
        with duckdb.connect(str(path)) as files:
            fill(files.execute, files.executemany, "?")
        connection = validation_service_pb2.Connection(duckdb=validation_service_pb2.DuckdbConnection(path=str(path)))
        yield await platform.create("parcels", connection)
    elif request.param == "mysql":
        server: MariadbServer = request.getfixturevalue("mysql_server")
        with server.connect() as connected, connected.cursor() as cursor:
            cursor.execute("USE shop")
            fill(cursor.execute, cursor.executemany, "%s")
            connected.commit()
            yield await platform.create("parcels", request.getfixturevalue("mysql_shop"))
            for table in TABLES:
                cursor.execute(f"DROP TABLE {table}")
    else:
        fill(watcher.execute, watcher.cursor().executemany, "%s")
        for table in TABLES:
            watcher.execute(f"GRANT SELECT ON {table} TO shop_reader")
        yield "organizations/local/dataSources/sample"
        for table in TABLES:
            watcher.execute(f"DROP TABLE {table}")


# Where the engine makes no difference.
one_engine = pytest.mark.parametrize("parcels", ["sqlite"], indirect=True)


class Quality:
    """The service by a stub of its own."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.stub: Any = rpc.QualityServiceStub(platform.channel)

    def call(self, name: str, target: pb.Target, *expectations: pb.Expectation, against: str = "") -> Any:
        request = pb.CheckDataQualityRequest(name=name, target=target, expectations=expectations, against=against)
        return self.stub.CheckDataQuality(request, metadata=self.platform.as_member())

    async def check(self, name: str, table: str, *expectations: pb.Expectation, against: str = "") -> pb.QualityReport:
        target = pb.Target(sql=table) if " " in table else pb.Target(table=table)
        parts = [part async for part in self.call(name, target, *expectations, against=against)]
        assert parts[0].WhichOneof("part") == "progress"
        report: pb.QualityReport = parts[-1].report
        told = sorted((part.result for part in parts if part.HasField("result")), key=lambda each: each.position)
        assert told == list(report.results)
        return report

    async def get(self, name: str, **kwargs: Any) -> pb.QualityReport:
        request = pb.GetQualityReportRequest(name=name)
        answer = await self.stub.GetQualityReport(request, metadata=self.platform.as_member(**kwargs))
        return answer.quality_report  # type: ignore[no-any-return]


@pytest.fixture
def quality(platform: Platform) -> Quality:
    return Quality(platform)


def expect(type_: str, *columns: str, mostly: float | None = None, **parameters: Any) -> pb.Expectation:
    message = pb.Expectation(type=f"expect_{type_}", columns=columns, mostly=mostly)
    if parameters:
        message.parameters.update(parameters)
    return message


def suite() -> list[pb.Expectation]:
    pattern = r"^[^@\s]+@[^@\s]+$"
    return [
        expect("column_values_to_not_be_null", "email"),
        expect("column_values_to_be_unique", "number"),
        expect("column_values_to_be_between", "weight", min_value=0, max_value=100),
        expect("column_values_to_be_in_set", "state", value_set=["open", "done"]),
        expect("column_values_to_match_regex", "email", regex=pattern),
        expect("column_max_to_be_recent", "sent", max_age_hours=24),
        expect("foreign_keys_to_exist", "sender", referred_table="senders", referred_columns=["id"]),
        expect("column_values_to_be_between", "sent", min_value=(NOW - timedelta(days=30)).isoformat()),
        expect("column_mean_to_be_between", "weight", min_value=45, max_value=55),
        expect("table_row_count_to_equal", value=ROWS),
        expect("column_values_to_not_be_null", "email", mostly=0.9),
        expect("compound_columns_to_be_unique", "id", "number"),
        expect("column_to_exist", "weight"),
    ]


async def test_every_planted_fault_is_found_with_its_count(quality: Quality, parcels: str) -> None:
    report = await quality.check(parcels, "parcels", *suite())
    found = [(each.outcome, each.element_count, each.unexpected_count, each.missing_count) for each in report.results]
    assert found == [
        (FAILED, 100, 7, 0),
        (FAILED, 100, 6, 0),
        (FAILED, 100, 4, 0),
        (FAILED, 100, 2, 0),
        (FAILED, 100, 5, 7),
        (FAILED, -1, -1, -1),
        (FAILED, 100, 3, 2),
        (FAILED, 100, 100, 0),
        (FAILED, -1, -1, -1),
        (PASSED, -1, -1, -1),
        (PASSED, 100, 7, 0),
        (PASSED, 100, 0, 0),
        (PASSED, -1, -1, -1),
    ]
    by_type = {each.expectation.type: each for each in report.results}
    assert set(by_type["expect_column_values_to_be_in_set"].examples) == {"lost"}
    assert list(by_type["expect_foreign_keys_to_exist"].examples) == ["999"]
    assert set(report.results[2].examples) == {"-5", "250.5", "1000", "-0.01"}
    assert by_type["expect_column_max_to_be_recent"].observed.startswith((NOW - timedelta(days=400)).isoformat(" "))
    assert (report.row_count, report.judged_rows, report.sampled) == (100, 100, False)
    assert (report.passed, report.failed, report.not_judged) == (4, 9, 0)
    assert all(each.exact for each in report.results)


@one_engine
async def test_spotless_data_passes(quality: Quality, parcels: str) -> None:
    report = await quality.check(parcels, "spotless", *suite())
    assert [each.outcome for each in report.results] == [PASSED] * len(suite())


@one_engine
async def test_the_result_of_a_statement_is_judged(quality: Quality, parcels: str) -> None:
    report = await quality.check(
        parcels,
        "select state, count(*) as n from parcels group by state",
        expect("column_values_to_be_in_set", "state", value_set=["open", "done"]),
        expect("column_values_to_be_between", "n", min_value=10),
        expect("table_row_count_to_equal", value=3),
        expect("column_values_to_match_regex", "state", regex="("),
    )
    assert [each.outcome for each in report.results] == [FAILED, FAILED, PASSED, NOT_JUDGED]
    assert "unterminated" in report.results[3].message
    assert list(report.results[1].examples) == ["2"]


@one_engine
async def test_a_table_without_rows_is_judged(quality: Quality, parcels: str) -> None:
    report = await quality.check(
        parcels,
        "select weight, sent from parcels where id < 0",
        expect("column_values_to_be_between", "weight", min_value=0),
        expect("column_values_to_not_be_null", "weight"),
        expect("table_row_count_to_equal", value=0),
    )
    assert [each.outcome for each in report.results] == [PASSED] * 3


@one_engine
async def test_private_values_are_counted_and_never_shown(quality: Quality, parcels: str) -> None:
    drift = expect("column_distribution_to_be_stable", "password", max_psi=0.2)
    expectations = [
        expect("column_values_to_be_in_set", "password", value_set=["x"]),
        expect("column_values_to_not_match_regex", "password", regex="secret-1"),
        expect("column_distinct_values_to_equal_set", "password", value_set=["x"]),
        expect("column_unique_value_count_to_be_between", "password", max_value=1),
        drift,
    ]
    report = await quality.check(parcels, "parcels", *expectations)
    assert [each.outcome for each in report.results] == [FAILED] * 4 + [NOT_JUDGED]
    assert report.results[0].unexpected_count == 100
    assert report.results[3].observed == "100"
    assert b"secret-" not in report.SerializeToString().replace(b"secret-1", b"", 1)
    result = await quality.check(
        parcels, "select password as p from parcels", expect("column_values_to_be_in_set", "p", value_set=["x"])
    )
    assert (result.results[0].unexpected_count, list(result.results[0].examples)) == (100, [])


@one_engine
@pytest.mark.parametrize(
    ("expectation", "word"),
    [
        (expect("query_results_to_match_comparison"), "allowed"),
        (pb.Expectation(type="unexpected_rows_expectation"), "allowed"),
        (expect("column_values_to_be_between", "weight", min_value=0, row_condition="1=1"), "row_condition"),
        (expect("column_values_to_be_between", "weight"), "min_value"),
        (expect("column_values_to_be_between", "height", min_value=0), "no such column"),
        (expect("column_values_to_match_regex", "email", regex="x" * 1001), "regular expression"),
        (expect("foreign_keys_to_exist", "sender", referred_table="nowhere", referred_columns=["id"]), "no such table"),
        (expect("column_values_to_be_in_set", "state", value_set=["x" * 900] * 600), "KiB"),
    ],
)
async def test_an_expectation_that_cannot_be_meant_is_refused(
    quality: Quality, parcels: str, expectation: pb.Expectation, word: str
) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await quality.check(parcels, "parcels", expectation)
    assert raised.value.reason == "EXPECTATION_INVALID"
    assert word in raised.value.message


@one_engine
async def test_what_may_not_be_read_is_not_judged(quality: Quality, parcels: str) -> None:
    with pytest.raises(NotFound) as missing:
        await quality.check(parcels, "nowhere", expect("table_row_count_to_equal", value=1))
    assert missing.value.reason == "TABLE_NOT_FOUND"
    with pytest.raises(InvalidArgument) as refused:
        await quality.check(parcels, "delete from parcels", expect("table_row_count_to_equal", value=1))
    assert refused.value.reason == "SQL_NOT_A_READ"


@one_engine
async def test_a_former_report_shows_the_drift(quality: Quality, parcels: str) -> None:
    stable = [
        expect("column_distribution_to_be_stable", "weight", max_psi=0.25, max_ks=0.2),
        expect("column_kl_divergence_to_be_less_than", "weight", threshold=0.1),
        expect("column_distribution_to_be_stable", "state", max_psi=0.25),
        expect("column_kl_divergence_to_be_less_than", "state", threshold=0.1),
        expect("column_distribution_to_be_stable", "sent", max_psi=0.25),
    ]
    everything = "select id, weight, state, sent from spotless"
    first = await quality.check(parcels, everything, *stable)
    assert [each.outcome for each in first.results] == [NOT_JUDGED] * 5
    again = await quality.check(parcels, everything, *stable, against=f"{parcels}/qualityReports/latest")
    assert again.against == first.name
    assert [each.outcome for each in again.results] == [PASSED] * 5
    assert again.results[0].observed == "psi 0.0000, ks 0.0000"
    # Half of the weights are of another order, and the sending has moved by a month.
    shifted = "select id, weight + 60 as weight, 'done' as state, sent from spotless where id < 50"
    moved = await quality.check(parcels, shifted, *stable, against=first.name)
    assert [each.outcome for each in moved.results] == [FAILED] * 5
    comparison = await quality.stub.CompareQualityReports(
        pb.CompareQualityReportsRequest(name=moved.name, against=again.name), metadata=quality.platform.as_member()
    )
    assert {each.kind for each in comparison.changes} == {pb.CompareQualityReportsResponse.Change.KIND_BROKEN}
    assert (comparison.row_count_before, comparison.row_count_after) == (100, 50)
    drifts = {each.column: each for each in comparison.drifts}
    assert set(drifts) == {"weight", "state", "sent"}
    assert drifts["weight"].psi > 0.25
    assert drifts["state"].ks == -1


@one_engine
async def test_reports_are_kept_listed_and_shown_to_nobody_else(quality: Quality, parcels: str) -> None:
    names = [(await quality.check(parcels, "spotless", expect("column_to_exist", "id"))).name for _ in range(2)]
    assert (await quality.get(names[0])).results[0].outcome == PASSED
    request = pb.ListQualityReportsRequest(parent=parcels, page_size=1)
    member = quality.platform.as_member()
    page = await quality.stub.ListQualityReports(request, metadata=member)
    assert [each.name for each in page.quality_reports] == names[:0:-1]
    assert (page.quality_reports[0].passed, len(page.quality_reports[0].results)) == (1, 0)
    request.page_token = page.next_page_token
    rest = await quality.stub.ListQualityReports(request, metadata=member)
    assert ([each.name for each in rest.quality_reports], rest.next_page_token) == (names[:1], "")
    with pytest.raises(PermissionDenied):
        await quality.get(names[0], organization="other")
    # The same path in one's own organization leads nowhere.
    own = names[0].replace("organizations/local", "organizations/other")
    with pytest.raises(NotFound) as raised:
        await quality.get(own, organization="other")
    assert raised.value.reason == "DATA_SOURCE_NOT_FOUND"


@one_engine
async def test_a_report_goes_with_its_data_source(quality: Quality, parcels: str) -> None:
    report = await quality.check(parcels, "spotless", expect("column_to_exist", "id"))
    request = validation_service_pb2.DeleteDataSourceRequest(name=parcels)
    await quality.platform.stub.DeleteDataSource(request, metadata=quality.platform.as_member())
    with pytest.raises(NotFound):
        await quality.get(report.name)


async def test_a_table_gets_proposals_that_it_meets(quality: Quality, parcels: str) -> None:
    request = pb.ProposeExpectationsRequest(name=parcels, table="spotless")
    proposed = await quality.stub.ProposeExpectations(request, metadata=quality.platform.as_member())
    assert proposed.row_count == ROWS
    found = {(each.expectation.type, *each.expectation.columns): each for each in proposed.expectations}
    assert ("expect_column_values_to_be_unique", "number") in found
    assert ("expect_column_values_to_be_in_set", "state") in found
    assert ("expect_column_max_to_be_recent", "sent") in found
    between = found["expect_column_values_to_be_between", "weight"]
    assert between.expectation.parameters["min_value"] == 0
    assert 99.5 < between.expectation.parameters["max_value"] < 130
    assert "0.5" in between.reason
    # Of a private column only what is counted is proposed.
    assert {name for name, column, *_ in (key for key in found if len(key) > 1) if column == "password"} <= {
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_unique",
    }
    assert b"secret-" not in proposed.SerializeToString()
    if "sample" in parcels:
        suggested = [each.expectation for each in proposed.expectations]
        assert (await quality.check(parcels, "spotless", *suggested)).failed == 0
        assert (await quality.check(parcels, "parcels", *suggested)).failed > 4


async def police(quality: Quality, name: str, **rules: Any) -> None:
    policy = validation_service_pb2.Policy(**rules)
    request = validation_service_pb2.UpdatePolicyRequest(name=f"{name}/policy", policy=policy)
    await quality.platform.stub.UpdatePolicy(request, metadata=quality.platform.as_member())


@one_engine
async def test_a_masked_column_cannot_be_judged_and_a_denied_one_is_not_there(quality: Quality, parcels: str) -> None:
    mask = validation_service_pb2.ColumnMask(column="parcels.email")
    await police(quality, parcels, masked_columns=[mask], denied_columns=["*.weight"])
    for expectation, word in (
        (expect("column_values_to_not_be_null", "email"), "masked"),
        (expect("column_values_to_be_between", "weight", min_value=0), "no such column"),
    ):
        with pytest.raises(InvalidArgument) as raised:
            await quality.check(parcels, "parcels", expectation)
        assert word in raised.value.message
    with pytest.raises(InvalidArgument) as masked:
        await quality.check(parcels, "select email as e from parcels", expect("column_values_to_not_be_null", "e"))
    assert "masked" in masked.value.message
    report = await quality.check(parcels, "parcels", expect("table_columns_to_match_set", column_set=["weight"]))
    assert "weight" not in report.results[0].observed
    request = pb.ProposeExpectationsRequest(name=parcels, table="parcels")
    proposed = await quality.stub.ProposeExpectations(request, metadata=quality.platform.as_member())
    assert not {"email", "weight"} & {each.column for each in proposed.columns}


@one_engine
async def test_a_report_shows_no_values_once_the_policy_is_another(quality: Quality, parcels: str) -> None:
    report = await quality.check(parcels, "parcels", expect("column_values_to_be_unique", "number"))
    assert report.results[0].examples
    await police(quality, parcels, masked_columns=[validation_service_pb2.ColumnMask(column="parcels.number")])
    found = await quality.get(report.name)
    assert (found.results[0].outcome, found.results[0].unexpected_count) == (FAILED, 6)
    assert (list(found.results[0].examples), found.results[0].observed, found.results[0].message) == ([], "", "")


@one_engine
async def test_where_rows_are_left_out_aggregates_decide_what_they_can(quality: Quality, parcels: str) -> None:
    await police(quality, parcels, limits=validation_service_pb2.Limits(max_rows=20))
    try:
        report = await quality.check(parcels, "parcels", *suite())
    finally:
        await police(quality, parcels)
    assert (report.row_count, report.judged_rows, report.sampled) == (100, 20, True)
    found = [(each.outcome, each.unexpected_count, each.exact) for each in report.results]
    assert found[0] == (FAILED, 7, True)
    assert found[1] == (FAILED, 6, True)
    assert found[2] == (FAILED, -1, True)
    # The rows with these faults are not among the first twenty.
    assert found[3] == (PASSED, 0, False)
    assert "first 20 rows" in report.results[3].message
    assert found[4][2] is False
    assert found[5] == (FAILED, -1, True)
    assert found[6] == (FAILED, 3, True)
    assert found[8] == (FAILED, -1, True)
    assert found[9] == (PASSED, -1, True)
    assert found[10] == (PASSED, 7, True)


def judging() -> list[psutil.Process]:
    """The processes that judge; one that has ended counts until the service has taken note of it."""
    return [each for each in psutil.Process().children() if _judges(each)]


def _judges(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        # What has ended has no command line any more.
        return process.status() == psutil.STATUS_ZOMBIE or "judging.process" in " ".join(process.cmdline())
    return False


# Tries every way to divide the letters before it gives up.
ENDLESS = expect("column_values_to_match_regex", "a", regex="^(x+x+)+y$")
LETTERS = "select 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' as a"
SAMPLE = "organizations/local/dataSources/sample"


async def test_cancelling_ends_the_judging(quality: Quality) -> None:
    call = quality.call(SAMPLE, pb.Target(sql=LETTERS), ENDLESS)
    reader = asyncio.create_task(drained(call))
    await until(lambda: len(judging()) == 1)
    call.cancel()
    await until(lambda: not judging())
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert call.cancelled()


async def drained(call: Any) -> None:
    async for _ in call:
        pass


async def test_judging_that_is_ended_from_outside_is_an_error_that_says_so(quality: Quality) -> None:
    reader = asyncio.create_task(drained(quality.call(SAMPLE, pb.Target(sql=LETTERS), ENDLESS)))
    await until(lambda: len(judging()) == 1)
    os.kill(judging()[0].pid, signal.SIGKILL)
    with pytest.raises(ResourceExhausted) as raised:
        await reader
    assert raised.value.reason == "TOO_LARGE"


async def test_other_expectations_are_known_before_one_that_never_ends(quality: Quality) -> None:
    call = quality.call(SAMPLE, pb.Target(sql=LETTERS), expect("column_values_to_not_be_null", "a"), ENDLESS)
    async for part in call:
        if part.HasField("result"):
            assert part.result.outcome == PASSED
            break
    call.cancel()
    await until(lambda: not judging())
