"""Connections of every kind: from the wire, to the wire without secrets, and through the sealed JSON."""

import json
from dataclasses import asdict, fields
from typing import Any, get_args

import pytest
from candor.validation.v1 import validation_service_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from services.validation.adapters.sql import _connection
from services.validation.core.model import (
    DIALECT_OF,
    Connection,
    DataSource,
    MysqlConnection,
    PostgresConnection,
    SnowflakeConnection,
    TlsMode,
    TrinoConnection,
    search_path_of,
)
from services.validation.wire.data_sources import connection_from_proto, data_source_to_proto

SECRETS = {"password", "credentials_json"}
KINDS: tuple[type[Any], ...] = get_args(Connection)


def _field(kind: type[Any], name: str) -> st.SearchStrategy[Any]:
    if name == "tls_mode":
        return st.sampled_from(TlsMode)
    if name == "schemas":
        return st.lists(st.text("abc", min_size=1), max_size=2).map(tuple)
    if name == "port":
        return st.integers(1, 65535)
    if name == "plain_text":
        return st.booleans()
    return st.text("abcxyz-", min_size=1, max_size=12)


CONNECTIONS = st.sampled_from(KINDS).flatmap(
    lambda kind: st.builds(kind, **{each.name: _field(kind, each.name) for each in fields(kind)})
)


def test_every_kind_has_its_dialect() -> None:
    assert set(DIALECT_OF) == set(KINDS)
    assert len(set(DIALECT_OF.values())) == len(KINDS)


@given(CONNECTIONS)
def test_a_connection_comes_out_of_its_seal_as_it_went_in(connection: Any) -> None:
    assert _connection(DIALECT_OF[type(connection)], json.loads(json.dumps(asdict(connection)))) == connection


@given(CONNECTIONS)
def test_the_wire_carries_everything_in_and_everything_but_secrets_out(connection: Any) -> None:
    told = data_source_to_proto(DataSource("o", "s", connection)).connection
    back = asdict(connection_from_proto(told))
    for name, value in asdict(connection).items():
        assert back[name] == ("" if name in SECRETS else value)
    for name in SECRETS & {each.name for each in fields(connection)}:
        setattr(getattr(told, told.WhichOneof("engine")), name, getattr(connection, name))
    assert connection_from_proto(told) == connection


@given(CONNECTIONS)
def test_where_the_operators_own_is_reached_is_not_told(connection: Any) -> None:
    told = data_source_to_proto(DataSource("o", "s", connection, own=True)).connection
    message = getattr(told, str(told.WhichOneof("engine")))
    for name in {"path", "host", "port"} & {each.name for each in fields(connection)}:
        assert not getattr(message, name)


@given(CONNECTIONS)
def test_a_secret_is_in_no_printed_connection(connection: Any) -> None:
    for name in SECRETS & {each.name for each in fields(connection)}:
        assert name not in repr(connection)


def test_an_empty_field_has_the_value_that_the_contract_says() -> None:
    given_ = pb.Connection(mysql=pb.MysqlConnection(host="h", database="d", user="u"))
    assert connection_from_proto(given_) == MysqlConnection("h", "d", "u", 3306, "", TlsMode.PREFER)
    given_ = pb.Connection(snowflake=pb.SnowflakeConnection(account="a", database="d", user="u"))
    assert connection_from_proto(given_) == SnowflakeConnection("a", "u", "d", schema="PUBLIC")
    given_ = pb.Connection(trino=pb.TrinoConnection(host="h", catalog="c", user="u", plain_text=True))
    assert connection_from_proto(given_) == TrinoConnection("h", "c", "u", 443, plain_text=True)


@pytest.mark.parametrize(
    ("connection", "path"),
    [
        (MysqlConnection("h", "shop", "u"), ("shop",)),
        (SnowflakeConnection("a", "u", "d"), ("PUBLIC",)),
        (TrinoConnection("h", "c", "u"), ()),
        (TrinoConnection("h", "c", "u", schema="s"), ("s",)),
        (PostgresConnection("h", "d", "u", schemas=("a", "b")), ("a", "b")),
    ],
)
def test_names_are_looked_for_where_the_connection_says(connection: Connection, path: tuple[str, ...]) -> None:
    assert search_path_of(connection) == path
