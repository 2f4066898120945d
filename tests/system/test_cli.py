"""The `candor` command as it is installed: every word, exit code and file format that people and scripts rely on."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from chat_server import ChatServer, chat_server, reply

from services.storage.embedded import EmbeddedPostgres

CANDOR = Path(sys.executable).with_name("candor")
TIMEOUT_S = 120
SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, age INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), amount REAL);
INSERT INTO customers VALUES (1, 'Ann', 'Paris', 30), (2, 'Bob', 'Rome', 40), (3, 'Cid', 'Paris', 50);
INSERT INTO orders VALUES (1, 1, 10.5), (2, 1, 20.0), (3, 2, 5.0);
"""
IN_PARIS = "How many customers are in Paris?"
QUESTIONS = [
    {"id": "q1", "question": "How many customers are there?", "query": "SELECT count(*) FROM customers"},
    {
        "id": "q2",
        "question": "List the name of customers in Paris.",
        "query": "SELECT name FROM customers WHERE city = 'Paris'",
    },
    {"question": "flurb the zonk", "query": "SELECT 1 WHERE 0"},
    {"id": "q4", "question": "How many orders are there?", "query": "SELECT count(*) FROM nowhere"},
]


def candor(*arguments: object, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CANDOR_", "FORCE_COLOR"))}
    return subprocess.run(
        [CANDOR, *map(str, arguments)],
        cwd=folder,
        env={**kept, "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database and a question set about it."""
    folder = tmp_path_factory.mktemp("shop")
    for database in (folder / "shop.db", folder / "set" / "database" / "shop" / "shop.sqlite"):
        database.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(database)
        connection.executescript(SCHEMA)
        connection.close()
    listed = [{"db_id": "shop", **each} for each in QUESTIONS]
    listed.insert(1, {"id": "lost", "db_id": "nowhere", "question": "How many?", "query": "SELECT 1"})
    (folder / "set" / "dev.json").write_text(json.dumps(listed))
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_help_comes_at_once(shop: Path) -> None:
    took = []
    for _ in range(3):
        started = time.perf_counter()
        done = candor("--help", folder=shop)
        took.append(time.perf_counter() - started)
        assert done.returncode == 0
        assert all(word in done.stdout for word in ("ask", "predict", "eval", "check"))
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import services.cli.local"], check=True, timeout=TIMEOUT_S)
    assert min(took) < time.perf_counter() - started


def test_an_answer_shows_steps_sql_rows_and_confidence(shop: Path) -> None:
    done = candor("ask", IN_PARIS, "--database", "sqlite:///shop.db", folder=shop)
    assert done.returncode == 0, done.stderr
    page = done.stdout
    assert [page.index(step) for step in ("Reading the question", "Drafting SQL", "Checking", "Running it")]
    assert "FROM customers" in page
    assert "city = 'Paris'" in page
    assert "Confidence" in page
    assert "built-in" in page
    assert "\x1b" not in page


def test_an_answer_is_one_json_object_when_asked_for(shop: Path) -> None:
    done = candor("ask", IN_PARIS, "--database", f"sqlite:///{shop}/shop.db", "--json", folder=shop)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["outcome"] == "answered"
    assert answer["rows"] == [[2]]
    assert answer["columns"][0]["type"] == "integer"
    assert 0.5 <= answer["confidence"] <= 1
    assert [step["id"] for step in answer["steps"]] == [
        *("understand", "retrieve", "draft", "check", "prove", "explain", "decide"),
    ]


def test_a_withheld_answer_has_an_exit_code_of_its_own_and_says_what_was_not_found(shop: Path) -> None:
    done = candor("ask", "flurb the zonk", "--database", "sqlite:///shop.db", "--json", folder=shop)
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert (answer["outcome"], answer["sql"]) == ("abstained", None)
    assert answer["abstention"]["reason"] == "NOTHING_UNDERSTOOD"
    assert set(answer["abstention"]["unknown"]) == {"flurb", "zonk"}
    page = candor("ask", "flurb the zonk", "--database", "sqlite:///shop.db", folder=shop)
    assert page.returncode == 3
    assert "No answer." in page.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["ask", "How many?", "--database", "oracle://u:hidden@h/d"], 2, "oracle"),
        (["ask", "How many?", "--database", "shop.db"], 2, "sqlite:///"),
        (["ask", "How many?"], 2, "--database"),
        (["ask", "How many?", "--database", "sqlite:///nope.db"], 1, "nope.db"),
        (["ask", "How many?", "--database", "sqlite:///set/dev.json"], 1, "not an SQLite database"),
        (["ask", "", "--database", "sqlite:///shop.db"], 1, "no words"),
        (["ask", "x" * 10_001, "--database", "sqlite:///shop.db"], 1, "longer than"),
        (["ask", "How many?", "--database", "sqlite:///shop.db", "--model", "llama"], 1, "built-in"),
        (["predict", "nowhere", "--out", "p.jsonl"], 2, "dev.json"),
        (["predict", "set", "--split", "valid.json", "--out", "p.jsonl"], 2, "valid.json"),
        (["predict", "set", "--out", "missing/p.jsonl"], 2, "missing/p.jsonl"),
        (["eval", "set", "--predictions", "none.jsonl"], 2, "none.jsonl"),
        (["check", "--cases", "none.jsonl", "--out", "v.jsonl"], 2, "none.jsonl"),
        (["dance"], 2, "dance"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(shop: Path, arguments: Sequence[str], code: int, told: str) -> None:
    done = candor(*arguments, folder=shop)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr + done.stdout


def test_a_set_is_predicted_in_its_own_order(shop: Path) -> None:
    done = candor("predict", "set", "--out", "p.jsonl", folder=shop)
    assert done.returncode == 0, done.stderr
    predictions = lines(shop / "p.jsonl")
    assert [each["id"] for each in predictions] == ["q1", "lost", "q2", 3, "q4"]
    assert all(list(each) == ["id", "sql", "confidence", "abstained", "ms"] for each in predictions)
    first, lost, _, unknown, _ = predictions
    assert first["sql"] == "SELECT COUNT(*) FROM customers"
    assert not first["abstained"]
    assert first["ms"] > 0
    assert (unknown["sql"], unknown["abstained"]) == (None, True)
    assert (lost["sql"], lost["abstained"]) == (None, True)
    assert "nowhere" in done.stderr


def test_several_processes_predict_the_same(shop: Path) -> None:
    for jobs in (1, 2):
        done = candor("predict", "set", "--out", f"p{jobs}.jsonl", "--jobs", jobs, folder=shop)
        assert done.returncode == 0, done.stderr
    one, two = (
        [{name: value for name, value in each.items() if name != "ms"} for each in lines(shop / f"p{jobs}.jsonl")]
        for jobs in (1, 2)
    )
    assert one == two


def test_an_evaluation_tells_accuracy_coverage_risk_and_time(shop: Path) -> None:
    done = candor("eval", "set", "--out", "kept.jsonl", folder=shop)
    assert done.returncode == 0, done.stderr
    assert "execution accuracy: 2/3 = 66.67%" in done.stdout
    assert "no_database 1" in done.stdout
    assert "gold_error 1" in done.stdout
    assert "answered rather than withheld: 66.7%, and right in 2/2 = 100.00%" in done.stdout
    assert "median" in done.stdout
    assert "Coverage and risk" in done.stdout
    assert "Calibration: ECE" in done.stdout
    again = candor("eval", "set", "--predictions", "kept.jsonl", folder=shop)
    assert again.stdout == done.stdout


def test_an_evaluation_is_one_json_object_when_asked_for(shop: Path) -> None:
    done = candor("eval", "set", "--json", folder=shop)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["questions"], found["accuracy"]["correct"], found["accuracy"]["total"]) == (5, 2, 3)
    assert found["outcomes"] == {"correct": 2, "no_database": 1, "no_answer": 1, "gold_error": 1}
    assert found["failures"] == {"no_answer": 1}
    assert sum(each["count"] for each in found["calibration"]["bins"]) == 2


def test_the_totals_are_those_of_the_independent_scorer(shop: Path, shared_data: Path) -> None:
    candor("predict", "set", "--out", "p.jsonl", folder=shop)
    scorer = [sys.executable, str(shared_data / "score.py"), "set", "p.jsonl"]
    theirs = subprocess.run(scorer, cwd=shop, capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    ours = candor("eval", "set", "--predictions", "p.jsonl", folder=shop)
    line = next(each for each in theirs.stdout.splitlines() if each.startswith("execution accuracy"))
    assert line in ours.stdout.splitlines()


def test_statements_are_judged_one_line_each(shop: Path) -> None:
    cases = [
        {"dialect": "sqlite", "sql": "SELECT name FROM customers"},
        {"dialect": "postgres", "sql": "SELECT 1; DROP TABLE customers"},
        {"dialect": "cobol", "sql": "SELECT 1"},
    ]
    (shop / "cases.jsonl").write_text("".join(json.dumps(each) + "\n" for each in cases))
    done = candor("check", "--cases", "cases.jsonl", "--out", "v.jsonl", folder=shop)
    assert done.returncode == 0, done.stderr
    verdicts = lines(shop / "v.jsonl")
    assert [each["verdict"] for each in verdicts] == ["allow", "refuse", "refuse"]
    assert verdicts[1]["reason"] == "SQL_MULTIPLE_STATEMENTS"
    assert all(list(each) == ["verdict", "reason", "message"] for each in verdicts)


def test_a_duckdb_file_is_asked_the_same_way(shop: Path) -> None:
    # In a process of its own: the driver keeps the file open as long as it lives.
    script = "import duckdb, sys; duckdb.connect('shop.duckdb').execute(sys.argv[1])"
    subprocess.run([sys.executable, "-c", script, SCHEMA], cwd=shop, check=True, timeout=TIMEOUT_S)
    done = candor("ask", IN_PARIS, "--database", "duckdb:///shop.duckdb", "--json", folder=shop)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == [[2]]


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres) -> str:
    """The URL of a PostgreSQL database that holds the shop."""
    url = postgres.ensure_database("cli_shop")
    parts: Mapping[str, str] = {"dbname": "cli_shop", "user": "cli_shop", "host": str(url.query["host"])}
    with psycopg.connect(**parts, autocommit=True) as connection:  # type: ignore[arg-type]
        for statement in SCHEMA.strip().split(";\n"):
            connection.execute(statement.removesuffix(";").encode())
        connection.execute("ANALYZE")
    return f"postgresql://cli_shop@/cli_shop?host={url.query['host']}"


def test_a_postgresql_server_is_asked_the_same_way(shop: Path, server: str) -> None:
    done = candor("ask", IN_PARIS, "--database", server, "--json", folder=shop)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == [[2]]


async def candor_with_provider(chat: ChatServer, folder: Path) -> tuple[int | None, dict[str, Any], str]:
    process = await asyncio.create_subprocess_exec(
        *(CANDOR, "ask", IN_PARIS, "--database", "sqlite:///shop.db", "--json"),
        cwd=folder,
        env={**os.environ, "CANDOR_MODELHUB_OPENAI_API_KEY": "k", "CANDOR_MODELHUB_OPENAI_BASE_URL": chat.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    return process.returncode, json.loads(out), err.decode()


async def test_two_variables_bring_a_model_of_ones_own(shop: Path) -> None:
    sql = "SELECT COUNT(*) FROM customers WHERE city = 'Paris'"
    async with chat_server(texts=[reply((sql, 0.9))]) as chat:
        code, answer, err = await candor_with_provider(chat, shop)
    assert (code, err) == (0, "")
    assert (answer["model"], answer["sql"], answer["rows"]) == ("openai:local-model", sql, [[2]])


async def test_what_a_model_writes_passes_the_same_checks(shop: Path) -> None:
    async with chat_server(
        texts=[reply(("DELETE FROM customers", 0.99), ("SELECT COUNT(nme) FROM customers", 0.9))]
    ) as chat:
        code, answer, _ = await candor_with_provider(chat, shop)
    assert code == 3
    assert answer["abstention"]["reason"] == "NO_CANDIDATE_PASSED"
    repair = chat.requests[1]["messages"][1]["content"]
    assert "DELETE FROM customers" in repair
    assert "SQL_COLUMN_UNKNOWN" in repair


async def test_the_built_in_engine_stands_in_for_a_model_that_does_not_answer(shop: Path) -> None:
    async with chat_server(status=503) as chat:
        code, answer, err = await candor_with_provider(chat, shop)
    assert (code, answer["model"], answer["rows"]) == (0, "built-in", [[2]])
    assert "503" in err
