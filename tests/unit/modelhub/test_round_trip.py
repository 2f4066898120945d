"""SQL that people wrote, read as a representation and written again, gives the same rows."""

import json
from pathlib import Path

import pytest
from sqlglot import exp, parse_one

from services.cli.catalogs import context_for_modelhub
from services.cli.databases import open_engine
from services.cli.local import read_source
from services.cli.scoring import Status, score
from services.modelhub.adapters.built_in.from_sql import NotRepresentable, from_sqlglot
from services.modelhub.adapters.built_in.ir_text import parse_query, print_query
from services.modelhub.adapters.built_in.realize import realize
from services.modelhub.adapters.built_in.schema import Schema, prepare
from services.validation.core.model import SqliteConnection

EVERY = 10
ALL_TABLES = 1_000_000


async def read_schema(path: Path) -> Schema:
    with open_engine(SqliteConnection(str(path))) as engine:
        source = await read_source(engine, "sqlite")
    context = context_for_modelhub(source.retriever.retrieve("", ALL_TABLES))
    return prepare(context.tables, context.foreign_keys)


def written_again(sql: str, schema: Schema) -> str | None:
    tree = parse_one(sql, dialect="sqlite")
    assert isinstance(tree, exp.Query)
    try:
        query = from_sqlglot(tree, schema)
    except NotRepresentable:
        return None
    assert parse_query(print_query(query)) == query
    realized = realize(query, schema, "sqlite")
    return realized.sql if realized is not None else None


@pytest.mark.slow
async def test_of_statements_people_wrote_nearly_all_survive_the_way_there_and_back(shared_data: Path) -> None:
    folder = shared_data / "spider-train"
    schemas: dict[str, Schema] = {}
    lost, counted = [], 0
    for item in json.loads((folder / "train.json").read_text())[::EVERY]:
        name, sql = item["db_id"], item["query"]
        path = folder / "database" / name / f"{name}.sqlite"
        if not path.is_file():
            continue
        if name not in schemas:
            schemas[name] = await read_schema(path)
        status = score(path, [sql], written_again(sql, schemas[name]))
        counted += status is not Status.GOLD_ERROR
        if status not in {Status.CORRECT, Status.GOLD_ERROR}:
            lost.append((name, sql, status))
    assert counted > 0
    assert 1 - len(lost) / counted >= 0.975, lost
