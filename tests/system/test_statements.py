"""Statements and data sources that must be refused, through the whole platform."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from system.conftest import RunningPlatform
from system.test_questions import ORGANIZATION, SAMPLE, reason

from services.cli.demo import free_ports

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("platform")]


def check(session: httpx.Client, sql: str) -> dict[str, Any]:
    response = session.post(f"/v1/{SAMPLE}:checkStatement", json={"sql": sql})
    assert response.status_code == 200, response.text
    verdict: dict[str, Any] = response.json()
    return verdict


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELEC name FROM customers", "SQL_SYNTAX"),
        ("SELECT 1; DROP TABLE customers", "SQL_MULTIPLE_STATEMENTS"),
        ("DELETE FROM customers", "SQL_NOT_A_READ"),
        ("SELECT pg_sleep(10)", "SQL_FUNCTION_REFUSED"),
        ("SELECT * FROM custmers", "SQL_TABLE_UNKNOWN"),
        ("SELECT emial FROM customers", "SQL_COLUMN_UNKNOWN"),
        ("SELECT * FROM pg_authid", "SQL_RELATION_REFUSED"),
        ("", "SQL_EMPTY"),
    ],
)
def test_a_bad_statement_is_refused_with_its_reason_and_never_runs(
    session: httpx.Client, sql: str, expected: str
) -> None:
    verdict = check(session, sql)
    errors = [each for each in verdict["findings"] if each["severity"] == "SEVERITY_ERROR"]
    assert not verdict["allowed"]
    assert expected in [each["reason"] for each in errors]
    run = session.post(f"/v1/{SAMPLE}:runStatement", json={"sql": sql})
    assert run.status_code == 400
    assert reason(run).startswith("SQL_")


def test_an_unknown_name_has_its_place_and_a_suggestion(session: httpx.Client) -> None:
    (finding,) = check(session, "SELECT id\nFROM custmers")["findings"]
    assert (finding["span"]["line"], finding["span"]["column"], finding["suggestion"]) == (2, 6, "customers")


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ({"sqlite": {"path": "{folder}/missing.db"}}, "DATA_SOURCE_"),
        ({"sqlite": {"path": "{folder}/text.db"}}, "DATA_SOURCE_NOT_A_DATABASE"),
        ({"sqlite": {"path": "/etc/passwd"}}, "DATA_SOURCE_NOT_ALLOWED"),
        ({"duckdb": {"path": "{folder}/text.db"}}, "DATA_SOURCE_NOT_A_DATABASE"),
        (
            {"postgres": {"host": "127.0.0.1", "port": "{port}", "database": "x", "user": "x"}},
            "DATA_SOURCE_UNREACHABLE",
        ),
        (
            {"postgres": {"host": "{state}/postgres", "database": "accounts", "user": "postgres"}},
            "DATA_SOURCE_NOT_ALLOWED",
        ),
    ],
    ids=["missing file", "not SQLite", "outside the allowed folders", "not DuckDB", "nobody listens", "our own socket"],
)
def test_a_data_source_that_cannot_be_is_refused_in_words(
    platform: RunningPlatform, session: httpx.Client, connection: dict[str, Any], expected: str
) -> None:
    folder = platform.state.parent
    Path(folder / "text.db").write_text("not a database " * 100)
    known = {"folder": folder, "state": platform.state, "port": free_ports(8)}
    ((engine, fields),) = connection.items()
    filled = {key: value.format_map(known) if isinstance(value, str) else value for key, value in fields.items()}
    body = {"dataSourceId": "wrong", "dataSource": {"displayName": "Wrong", "connection": {engine: filled}}}
    refused = session.post(f"/v1/{ORGANIZATION}/dataSources", json=body)
    assert refused.status_code in {400, 403, 404, 503}, refused.text
    assert reason(refused).startswith(expected)
    assert len(refused.json()["message"]) > 20
    assert session.get(f"/v1/{ORGANIZATION}/dataSources/wrong").status_code == 404
